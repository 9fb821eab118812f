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
    const char *name;
    const char *gives; // NULL: pixels, which are not sent yet
    enum canvas_kind kind;
    bool unicode;                                               // needs it
    const struct fact *(*fact)(const struct terminal_facts *f); // says whether the terminal can; NULL: any can
    // Draws the pixels over cols x rows cells from the beginning of the line on; NULL: not there yet.
    int (*draw)(const struct terminal_report *r, const struct terminal_mode *mode, const struct canvas_pixels *pixels,
                int cols, int rows, FILE *out);
};

#define TERMINAL_MODES 6
extern const struct terminal_mode terminal_modes[TERMINAL_MODES];

// Whether the mode can be used now.
bool terminal_mode_works(const struct terminal_report *r, const struct terminal_mode *mode);

// The mode that auto begins with.
const struct terminal_mode *terminal_mode_auto(const struct terminal_report *r);

// --- terminal_report.c
void terminal_print_text(const struct terminal_report *r, FILE *out);
void terminal_print_json(const struct terminal_report *r, FILE *out);

// --- terminal_picture.c: a test picture in each mode that works. KIN_OK or KIN_ENOMEM.
int terminal_print_pictures(const struct terminal_report *r, FILE *out);

#endif
