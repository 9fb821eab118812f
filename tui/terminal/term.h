// The terminal itself: reopened so that it can be non-blocking, put into raw mode and back. terminfo (ncursesw) says
// what it can do and which bytes its keys send. The only file that includes curses.
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <termios.h>

#include "terminal/input.h"
#include "terminal/theme.h"

#define TERM_SEQUENCE_MAX 512

enum term_colors { TERM_COLORS_AUTO, TERM_COLORS_16M, TERM_COLORS_256, TERM_COLORS_16, TERM_COLORS_2 };

struct terminal {
    int fd;          // O_RDWR | O_NONBLOCK, an open file description of our own; -1 = closed
    bool only_lines; // it was not opened: there is one, but nothing is known to place text on it
    struct termios cooked;
    bool utf8;
    enum color_depth depth;
    bool depth_fixed;              // chosen by the user: answers of the terminal do not change it
    const char *charset_advice;    // charset.h
    bool lacks_charset;            // print charset_advice after leaving
    char color_advice[128];        // what to set for more colours; "" when their number is certain
    bool direct_color;             // terminfo says that it takes direct colours
    char enter[TERM_SEQUENCE_MAX]; // alternate screen, no cursor, application keys, mouse, bracketed paste
    char leave[TERM_SEQUENCE_MAX]; // undoes all of that, also in the middle of a sequence
};

// What ends a sequence that was cut off: CAN, and ST for a string.
#define TERM_ABANDON "\030\033\\"

// Opens the terminal behind standard output. False with a sentence in why when there is none or it is unusable.
bool term_open(struct terminal *t, enum term_colors colors, char why[TERM_SEQUENCE_MAX]);
void term_close(struct terminal *t); // leaves the mode as it is

// False while another job has the terminal in the foreground. A terminal without job control, as one that does not
// control this session, is nobody else's.
bool term_is_ours(int fd);

void term_raw(struct terminal *t);    // no echo, no lines; ^C and ^Z stay signals
void term_cooked(struct terminal *t); // as found; drops unread input

struct term_window {
    int cols, rows;
    int width, height; // pixels; 0 unknown
};

// What the tty says about its window; all 0 when it says nothing.
struct term_window term_window(const struct terminal *t);

// Its size in cells and the height of a cell over its width (2.0 when unknown).
void term_size(const struct terminal *t, int *ret_cols, int *ret_rows, double *ret_cell_aspect);

// The key sequences that terminfo knows.
void term_keys(const struct terminal *t, struct input *in);

// Reads what is there. > 0 bytes; 0 nothing now; < 0 the terminal is gone.
int term_read(const struct terminal *t, void *bytes, int size);

// A report of the terminal says how many colours it shows. False: the user has chosen, and nothing changes.
bool term_set_depth(struct terminal *t, enum color_depth depth);

// Advice to print once the screen is left: what to set so that the terminal shows more characters or colours. "" when
// there is none.
void term_advice(const struct terminal *t, char dst[TERM_SEQUENCE_MAX]);

// Reads and drops what comes until then (kin_clock_mono_us()), or until the terminal is gone.
void term_drain(int fd, kin_us until);

// Writes the sequences that leave the terminal, without a loop. If the terminal does not read, its pending output is
// dropped to make room for them. Takes TERM_LEAVE_US at most.
#define TERM_LEAVE_US (200 * KIN_US_PER_MS)
void term_write_leave(int fd, const char *leave);

#endif
