// What things look like: roles resolved to colours and attributes for the number of colours the terminal has.
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

// A colour is the terminal's own, an index of its palette, or RGB.
typedef uint32_t color;
#define COLOR_DEFAULT 0u
#define COLOR_INDEX_BIT 0x01000000u
#define COLOR_RGB_BIT 0x02000000u
#define COLOR_INDEX(n) (COLOR_INDEX_BIT | (uint32_t)(n))
#define COLOR_RGB(rgb) (COLOR_RGB_BIT | (uint32_t)(rgb))

enum { ATTR_BOLD = 1, ATTR_UNDERLINE = 2, ATTR_REVERSE = 4 };

struct style {
    color fg, bg;
    uint8_t attrs;
};

enum color_depth { DEPTH_2, DEPTH_16, DEPTH_256, DEPTH_16M };

enum role {
#define X(role, ...) ROLE_##role,
#include "terminal/theme.def"
#undef X
    ROLE_COUNT
};

struct style theme_style(enum role role, enum color_depth depth);

// "16 million colours", "no colours"
const char *theme_depth_name(enum color_depth depth);

#endif
