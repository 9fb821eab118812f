// What a picture can be made of: cells with a glyph and two colours, or an image that the terminal draws.
#ifndef TUI_RENDERER_H
#define TUI_RENDERER_H

#include <stdbool.h>

enum renderer {
    RENDERER_SYMBOLS, // block elements of any shape, fitted by chafa
    RENDERER_HALF,    // blocks of our own (blocks.h)
    RENDERER_QUADRANTS,
    RENDERER_SEXTANTS,
    RENDERER_ASCII,
    RENDERER_SIXEL, // images (image.h)
    RENDERER_KITTY,
    RENDERER_ITERM,
    RENDERER_COUNT,
};

static inline bool renderer_is_image(enum renderer r)
{
    return r >= RENDERER_SIXEL;
}

const char *renderer_name(enum renderer r); // "half blocks"

#endif
