// Colours of terminal cells, as RGB too, and the 256 colours of xterm as far as they are the same everywhere.
#ifndef TUI_COLOR_H
#define TUI_COLOR_H

#include "base/span.h"

// A colour is the terminal's own, an index of its palette, or RGB.
typedef uint32_t color;
#define COLOR_DEFAULT 0u
#define COLOR_INDEX_BIT 0x01000000u
#define COLOR_RGB_BIT 0x02000000u
#define COLOR_INDEX(n) (COLOR_INDEX_BIT | (uint32_t)(n))
#define COLOR_RGB(rgb) (COLOR_RGB_BIT | (uint32_t)(rgb))

struct rgb {
    uint8_t r, g, b;
};

// The nearest of the 256 colours, without the first 16, which users may have changed.
uint8_t color_nearest(struct rgb c);

// What a colour looks like. False for the terminal's own and the first 16: nobody knows.
bool color_rgb(color c, struct rgb *ret);

// The colour for a terminal that may lack direct colours or all but its first 16: the nearest that it has, where nobody
// knows these better by what xterm makes of them.
color color_for_depth(color c, bool has_direct, bool has_256);

// Reads "#RRGGBB", a number of 0 to 255, "default", or the name of one of the first 16 ("red", "bright-red"). False on
// anything else.
bool color_parse(struct kin_span text, color *ret);

// The difference that is seen between two colours: the mean over the channels, weighted towards green, 0..255.
static inline unsigned color_distance(struct rgb a, struct rgb b)
{
    unsigned r = a.r > b.r ? (unsigned)(a.r - b.r) : (unsigned)(b.r - a.r);
    unsigned g = a.g > b.g ? (unsigned)(a.g - b.g) : (unsigned)(b.g - a.g);
    unsigned blue = a.b > b.b ? (unsigned)(a.b - b.b) : (unsigned)(b.b - a.b);
    return (3 * r + 3 * g + 2 * blue + 4) / 8;
}

#endif
