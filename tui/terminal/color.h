// Colours of terminal cells as RGB, and the 256 colours of xterm as far as they are the same everywhere.
#ifndef TUI_COLOR_H
#define TUI_COLOR_H

#include "terminal/theme.h"

struct rgb {
    uint8_t r, g, b;
};

// The nearest of the 256 colours, without the first 16, which users may have changed.
uint8_t color_nearest(struct rgb c);

// What a colour looks like. False for the terminal's own and the first 16: nobody knows.
bool color_rgb(color c, struct rgb *ret);

// The difference that is seen between two colours: the mean over the channels, weighted towards green, 0..255.
static inline unsigned color_distance(struct rgb a, struct rgb b)
{
    unsigned r = a.r > b.r ? (unsigned)(a.r - b.r) : (unsigned)(b.r - a.r);
    unsigned g = a.g > b.g ? (unsigned)(a.g - b.g) : (unsigned)(b.g - a.g);
    unsigned blue = a.b > b.b ? (unsigned)(a.b - b.b) : (unsigned)(b.b - a.b);
    return (3 * r + 3 * g + 2 * blue + 4) / 8;
}

#endif
