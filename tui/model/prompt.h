// A line of text being edited.
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "terminal/input.h"

#define PROMPT_MAX 1024

struct prompt {
    char text[PROMPT_MAX]; // NUL-terminated UTF-8
    size_t len, cursor;    // bytes; the cursor stands at the start of a character
    bool selected;         // all of it: what is typed or pasted next takes its place
};

void prompt_set(struct prompt *p, const char *text); // cursor at the end
void prompt_select(struct prompt *p);                // all of it, until a key moves the cursor or cuts
// Puts text in at the cursor, without controls and line ends; what does not fit is left out.
void prompt_insert(struct prompt *p, struct kin_span text);

// Handles a key: characters, arrows, Home, End, Backspace, Delete, ^A ^E ^U ^W ^K. False when it is none of these.
bool prompt_key(struct prompt *p, uint32_t key);

#endif
