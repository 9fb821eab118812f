// The terminal itself: opened anew so that it can be non-blocking, asked of terminfo (ncursesw) what it can do and
// which bytes its keys send, put into raw mode and back. The only file that includes curses.
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <termios.h>

#include "terminal/input.h"
#include "terminal/theme.h"

#define TERM_SEQUENCE_MAX 512

enum term_colors { TERM_COLORS_AUTO, TERM_COLORS_16M, TERM_COLORS_256, TERM_COLORS_16, TERM_COLORS_2 };

struct terminal {
    int fd; // O_RDWR | O_NONBLOCK, a description of our own; -1 = closed
    struct termios cooked;
    bool utf8;
    enum color_depth depth;
    bool depth_fixed;               // chosen by the user: no answer of the terminal changes it
    const char *charset_advice;     // charset.h
    bool lacks_charset;             // ... is worth a word after leaving
    char color_advice[128];         // what to set where the terminal may show more colours; "" when that is known
    kin_us answers_max_us;          // how long to wait for its last answers: TERM_NEAR_US or TERM_FAR_US
    char enter[TERM_SEQUENCE_MAX];  // alternate screen, no cursor, application keys, mouse, bracketed paste
    char leave[TERM_SEQUENCE_MAX];  // all of that undone, also out of the middle of a sequence
    char survey[TERM_SEQUENCE_MAX]; // the questions asked once: synchronized output, direct colour, DA1
};

// A terminal on this machine answers at once or never; over SSH answers take the line's time, and one that comes after
// the end would stand on the shell's command line.
#define TERM_NEAR_US (60 * KIN_US_PER_MS)
#define TERM_FAR_US KIN_US_PER_S

// Opens the terminal behind standard output. False with a sentence in why when there is none or it cannot do.
bool term_open(struct terminal *t, enum term_colors colors, char why[TERM_SEQUENCE_MAX]);
void term_close(struct terminal *t); // leaves the mode as it is

void term_raw(struct terminal *t);    // no echo, no lines; ^C and ^Z stay signals
void term_cooked(struct terminal *t); // as found; input that nobody has read is dropped

// Its size in cells and the height of a cell over its width (2.0 when it does not say).
void term_size(const struct terminal *t, int *ret_cols, int *ret_rows, double *ret_cell_aspect);

// The key sequences that terminfo knows.
void term_keys(const struct terminal *t, struct input *in);

// Reads what is there. > 0 bytes; 0 nothing now; < 0 the terminal is gone.
int term_read(const struct terminal *t, void *bytes, int size);

// What to tell the user once the screen is left: that the terminal got less than it may be able to show, and what to
// set.
// "" when there is nothing.
void term_advice(const struct terminal *t, char dst[TERM_SEQUENCE_MAX]);

// Writes the sequences that leave the terminal, where there is no loop to come back to. A terminal that does not read
// loses the output that it has not taken yet, so that there is room for them: never takes longer than TERM_LEAVE_US.
#define TERM_LEAVE_US (100 * KIN_US_PER_MS)
void term_write_leave(int fd, const char *leave);

#endif
