// Pixels into cells: blocks of our own (blocks.h) where there are colours enough, other symbols by chafa; the only user
// of chafa.
// One canvas is used by one thread at a time.
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include "picture/pixels.h"
#include "picture/renderer.h"
#include "terminal/screen.h"

struct canvas_settings {
    enum renderer kind;
    enum color_depth depth;
    bool utf8;  // false makes every kind RENDERER_ASCII
    bool still; // worth any time: the picture stays
    bool gaps;  // glyphs of neighbouring cells may not meet: a film has none that draw thin lines along their edges
};

struct canvas;

// KIN_OK (caller owns) or KIN_ENOMEM.
int canvas_new(struct canvas **ret);
void canvas_free(struct canvas *c); // accepts NULL

// Renders all pixels into cols x rows cells (each at least 1), whatever they were before. KIN_OK, KIN_EINVAL or
// KIN_ENOMEM.
int canvas_render(struct canvas *c, const struct canvas_settings *settings, const struct canvas_pixels *pixels,
                  int cols, int rows, struct cell *cells);

// The largest cols x rows within the area that keeps the picture's aspect; at least 1x1. cell_aspect is the height of a
// cell over its width (2.0 when unknown).
void canvas_fit(int width, int height, double cell_aspect, int max_cols, int max_rows, int *ret_cols, int *ret_rows);

// The picture size worth decoding for cols x rows cells.
void canvas_wanted_pixels(const struct canvas_settings *settings, int cols, int rows, int *ret_width, int *ret_height);

#endif
