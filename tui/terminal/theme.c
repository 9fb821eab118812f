// Resolves the roles of theme.def.
#include "terminal/theme.h"

struct look {
    int32_t rgb_fg, rgb_bg;
    int16_t fg256, bg256;
    int8_t fg16, bg16;
    uint8_t attrs, attrs_mono;
};

static const struct look looks[ROLE_COUNT] = {
#define X(role, f, b, f256, b256, f16, b16, attrs, mono) [ROLE_##role] = {f, b, f256, b256, f16, b16, attrs, mono},
#include "terminal/theme.def"
#undef X
};

static color indexed(int n)
{
    return n < 0 ? COLOR_DEFAULT : COLOR_INDEX(n);
}

static color direct(int32_t rgb)
{
    return rgb < 0 ? COLOR_DEFAULT : COLOR_RGB(rgb);
}

struct style theme_style(enum role role, enum color_depth depth)
{
    const struct look *l = &looks[role];
    struct style s = {COLOR_DEFAULT, COLOR_DEFAULT, l->attrs};
    if (depth == DEPTH_16M) {
        s.fg = direct(l->rgb_fg);
        s.bg = direct(l->rgb_bg);
    } else if (depth == DEPTH_256) {
        s.fg = indexed(l->fg256);
        s.bg = indexed(l->bg256);
    } else if (depth == DEPTH_16) {
        s.fg = indexed(l->fg16);
        s.bg = indexed(l->bg16);
    } else {
        s.attrs = l->attrs_mono;
    }
    return s;
}

const char *theme_depth_name(enum color_depth depth)
{
    static const char *const names[] = {"no colours", "16 colours", "256 colours", "16 million colours"};
    return names[depth];
}
