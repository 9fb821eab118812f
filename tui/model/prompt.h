// A line of text being edited.
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "terminal/input.h"

#define PROMPT_MAX 1024

struct prompt {
    char text[PROMPT_MAX]; // NUL-terminated UTF-8
    size_t len, cursor;    // bytes; the cursor stands at the start of a character
    bool selected;         // the whole line: typing or pasting replaces it
};

void prompt_set(struct prompt *p, const char *text); // cursor at the end
void prompt_select(struct prompt *p);                // the whole line, until a key moves the cursor or deletes
// Inserts text at the cursor, without controls and line ends; characters that do not fit are left out.
void prompt_insert(struct prompt *p, struct kin_span text);

// Handles a key: characters, arrows, Home, End, Backspace, Delete, ^A ^E ^U ^W ^K. False when it is none of these.
bool prompt_key(struct prompt *p, uint32_t key);

#endif
