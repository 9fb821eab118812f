// The screen as a grid of cells: what the views draw on, in characters, before any terminal is involved.
// Drawing outside the grid is clipped. Text from peers passes through here and can never carry a control character.
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "base/span.h"
#include "terminal/theme.h"

#define SCREEN_COLS_MAX 1024
#define SCREEN_ROWS_MAX 512
#define CELL_GLYPH_MAX 12 // bytes of UTF-8 with combining characters
#define CELL_SAMPLES 8    // 2 columns x 4 rows

// The part of the picture that a cell shows: the mean colour of each of its eight parts.
struct cell_samples {
    uint8_t rgb[CELL_SAMPLES][3];
};

struct cell {
    char glyph[CELL_GLYPH_MAX]; // not NUL-terminated
    uint8_t len;                // bytes; 0 = the right half of a wide character
    bool covered;               // by the image of the screen: blank
    bool picture;               // `samples` and `mask` are valid: the encoder may skip or approximate a change
    bool halves;                // the first four samples are equal, and so are the last four
    uint8_t mask;               // the samples that the foreground covers, the first in the lowest bit
    struct style style;
    struct cell_samples samples;
};

struct rect {
    int x, y, w, h;
};

struct screen_image { // that the terminal draws over cells which are `covered`
    struct rect area;
    uint64_t serial;         // another image has another one; 0: there is none
    struct kin_span bytes;   // draw it at the cursor
    struct kin_span base;    // what must stand there for that, written once; may be empty
    bool spills;             // the terminal erases the column to its right as well
    struct kin_span removal; // removes it; empty: erasing the screen does. At most SCREEN_REMOVAL_MAX bytes
};
#define SCREEN_REMOVAL_MAX 128

struct screen {
    int cols, rows;
    bool utf8; // else only ASCII is put into cells
    enum color_depth depth;
    const struct theme *theme; // borrowed; NULL: that for dark ground
    struct cell *cells;
    struct screen_image image; // its bytes are borrowed until the screen is cleared
};

// An empty grid of no cells is valid. KIN_OK, KIN_ENOMEM (the grid keeps its old size), KIN_ERANGE (beyond the maxima).
int screen_resize(struct screen *s, int cols, int rows);
void screen_deinit(struct screen *s);

struct cell *screen_at(const struct screen *s, int x, int y); // NULL outside

void screen_clear(struct screen *s); // all blank in ROLE_TEXT, without an image
void screen_fill(struct screen *s, struct rect r, enum role role);

// Puts text at (x, y), at most `width` columns (negative: to the right edge). Returns the columns used. Longer text
// ends in dots, where there is room for them, and never in half of a wide character; controls and invalid bytes become
// U+FFFD or '?'.
int screen_put(struct screen *s, int x, int y, int width, enum role role, const char *text);
int screen_put_span(struct screen *s, int x, int y, int width, enum role role, struct kin_span text);
// The same, ending before column `right`.
int screen_put_right(struct screen *s, int right, int y, enum role role, const char *text);

// Columns that text takes, as screen_put() counts them.
int screen_text_width(struct kin_span text);

// The glyph, or its substitute without UTF-8.
static inline const char *screen_glyph(const struct screen *s, const char *utf8, const char *ascii)
{
    return s->utf8 ? utf8 : ascii;
}

// The grid as text, rows without trailing blanks, each with '\n'. NUL-terminated; returns the length, cut at size.
size_t screen_text(const struct screen *s, char *dst, size_t size);

#endif
