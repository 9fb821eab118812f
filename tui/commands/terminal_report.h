// What kinora terminal has found out, and how it is shown. Private to the files terminal*.c.
#ifndef TUI_TERMINAL_REPORT_H
#define TUI_TERMINAL_REPORT_H

#include <stdio.h>

#include "picture/canvas.h"
#include "terminal/probe.h"
#include "terminal/term.h"

struct terminal_report {
    struct facts_environment environment;
    struct probe probe;
    struct terminal term;        // fd -1: nothing was asked
    char why[TERM_SEQUENCE_MAX]; // the reason for that
    struct term_window window;
    bool utf8;
};

// The ways to draw a picture, in the order of --render.
struct terminal_mode {
    const char *name, *gives;
    bool unicode; // needs it
};
extern const struct terminal_mode terminal_modes[RENDERER_COUNT];

// Whether the mode can be used now.
bool terminal_mode_works(const struct terminal_report *r, enum renderer mode);

// --- terminal_report.c
void terminal_print_text(const struct terminal_report *r, FILE *out);
void terminal_print_json(const struct terminal_report *r, FILE *out);

// --- terminal_picture.c: a test picture in each mode that works. KIN_OK or KIN_ENOMEM.
int terminal_print_pictures(const struct terminal_report *r, FILE *out);

#endif
