// What a picture can be made of: cells with a glyph and two colours, or an image that the terminal draws.
#ifndef TUI_RENDERER_H
#define TUI_RENDERER_H

#include "terminal/facts.h"

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

// Whether the terminal draws such pictures, and how that is known. NULL: cells, which every terminal draws.
const struct fact *renderer_fact(enum renderer r, const struct terminal_facts *f);

// True for cells, and for images of a terminal that draws them and gets them: a multiplexer stands in between.
bool renderer_works(enum renderer r, const struct terminal_facts *f);

// What `auto` draws with, the best first: a later one where the one before costs too much. Returns how many.
#define RENDERER_CHOICES_MAX 4
unsigned renderer_choices(const struct terminal_facts *f, bool utf8, enum renderer ret[RENDERER_CHOICES_MAX]);

#endif
