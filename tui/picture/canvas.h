// Pixels into cells: half blocks by ourselves, other symbols by chafa; the only user of chafa.
// One canvas is used by one thread at a time.
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include "picture/pixels.h"
#include "terminal/screen.h"

enum canvas_kind { CANVAS_SYMBOLS, CANVAS_HALF, CANVAS_ASCII };

struct canvas_settings {
    enum canvas_kind kind;
    enum color_depth depth;
    bool utf8; // false makes every kind CANVAS_ASCII
};

struct canvas;

// KIN_OK (caller owns) or KIN_ENOMEM.
int canvas_new(struct canvas **ret);
void canvas_free(struct canvas *c); // accepts NULL

// Renders all pixels into cols x rows cells (each at least 1). KIN_OK, KIN_EINVAL or KIN_ENOMEM.
int canvas_render(struct canvas *c, const struct canvas_settings *settings, const struct canvas_pixels *pixels,
                  int cols, int rows, struct cell *cells);

// The largest cols x rows within the area that keeps the picture's aspect; at least 1x1. cell_aspect is the height of a
// cell over its width (2.0 when unknown).
void canvas_fit(int width, int height, double cell_aspect, int max_cols, int max_rows, int *ret_cols, int *ret_rows);

// The picture size worth decoding for cols x rows cells.
void canvas_wanted_pixels(enum canvas_kind kind, int cols, int rows, int *ret_width, int *ret_height);

// The nearest of the 256 colours, without the first 16, which users may have changed.
uint8_t canvas_nearest_256(uint8_t r, uint8_t g, uint8_t b);

#endif
