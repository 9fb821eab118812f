// The cells that a terminal shows after some output: what the programs of the terminal bench send, and no more.
#ifndef TESTS_TTYGRID_H
#define TESTS_TTYGRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRID_DEFAULT 0x01000000u // no colour was set
#define GRID_SEQUENCE_MAX 256    // bytes of a control sequence, or the beginning of a string, that are looked at

struct grid_cell {
    uint32_t glyph, fg, bg; // code point, 0xRRGGBB or GRID_DEFAULT; reverse video is resolved
};

// What has been seen in the bytes so far.
struct grid_counts {
    uint64_t bytes, painted; // cells that were written to
    uint64_t sync_ends,
        rewinds; // ends of DEC mode 2026; moves of the cursor upwards by a quarter of the screen or more
    uint64_t sixels, kitty, iterm; // images that began
    uint64_t letters;              // written outside of the first two and the last eight rows
};

struct grid {
    int cols, rows, x, y, saved_x, saved_y;
    struct grid_cell *cells;
    struct grid_counts counts;
    uint32_t fg, bg;
    bool reverse, wraps; // the next glyph begins a new line
    enum { GRID_TEXT, GRID_ESC, GRID_CSI, GRID_SKIP, GRID_STRING, GRID_STRING_ESC } state;
    char sequence[GRID_SEQUENCE_MAX];
    size_t length;
    uint32_t point; // of an incomplete UTF-8 sequence
    int more;       // bytes that it lacks
    // A query: what a truecolor xterm that knows mode 2026 answers.
    void (*answer)(void *ctx, const char *text);
    void *ctx;
};

// False when there is no memory.
bool grid_init(struct grid *g, int cols, int rows);
void grid_deinit(struct grid *g);

// Takes one byte of output.
void grid_feed(struct grid *g, uint8_t byte);

#endif
