// The colour cube and the greys of the 256 colours.
#include "terminal/color.h"

#include "base/lex.h"

#define CUBE_FIRST 16
#define GREY_FIRST 232

static const uint8_t cube_levels[] = {0, 95, 135, 175, 215, 255};

uint8_t color_nearest(struct rgb c)
{
    const uint8_t in[3] = {c.r, c.g, c.b};
    int cube = CUBE_FIRST, cube_error = 0, scale = 36;
    for (int i = 0; i < 3; i++, scale /= 6) {
        int n = in[i] < 48 ? 0 : in[i] < 115 ? 1 : (in[i] - 35) / 40;
        cube += n * scale;
        cube_error += (cube_levels[n] - in[i]) * (cube_levels[n] - in[i]);
    }
    int mean = (c.r + c.g + c.b) / 3;
    int grey = mean > 238 ? 23 : mean < 8 ? 0 : (mean - 3) / 10;
    int value = 8 + grey * 10, grey_error = 0;
    for (int i = 0; i < 3; i++)
        grey_error += (value - in[i]) * (value - in[i]);
    return (uint8_t)(grey_error < cube_error ? GREY_FIRST + grey : cube);
}

bool color_rgb(color c, struct rgb *ret)
{
    unsigned v = c & 0xffffff;
    if (c & COLOR_RGB_BIT) {
        *ret = (struct rgb){(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
        return true;
    }
    if (!(c & COLOR_INDEX_BIT) || v < CUBE_FIRST)
        return false;
    if (v >= GREY_FIRST) {
        uint8_t grey = (uint8_t)(8 + 10 * (v - GREY_FIRST));
        *ret = (struct rgb){grey, grey, grey};
        return true;
    }
    v -= CUBE_FIRST;
    *ret = (struct rgb){cube_levels[v / 36], cube_levels[v / 6 % 6], cube_levels[v % 6]};
    return true;
}

// --- where there are fewer

static color nearest_of_16(struct rgb c)
{
    static const struct rgb xterm[16] = {{0, 0, 0},       {205, 0, 0},   {0, 205, 0},   {205, 205, 0},
                                         {0, 0, 238},     {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
                                         {127, 127, 127}, {255, 0, 0},   {0, 255, 0},   {255, 255, 0},
                                         {92, 92, 255},   {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};
    unsigned best = 0;
    for (unsigned i = 1; i < 16; i++)
        if (color_distance(xterm[i], c) < color_distance(xterm[best], c))
            best = i;
    return COLOR_INDEX(best);
}

color color_for_depth(color c, bool has_direct, bool has_256)
{
    struct rgb rgb;
    if (!color_rgb(c, &rgb) || has_direct || (has_256 && (c & COLOR_INDEX_BIT)))
        return c;
    return has_256 ? COLOR_INDEX(color_nearest(rgb)) : nearest_of_16(rgb);
}

// --- names

static bool parse_name(struct kin_span text, color *ret)
{
    static const char *const names[8] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
    static const char bright[] = "bright-";
    bool is_bright = kin_span_case_starts(text, bright);
    struct kin_span name = kin_span_skip(text, is_bright ? sizeof bright - 1 : 0);
    for (unsigned i = 0; i < 8; i++) {
        if (!kin_span_case_is(name, names[i]))
            continue;
        *ret = COLOR_INDEX(i + (is_bright ? 8 : 0));
        return true;
    }
    return false;
}

bool color_parse(struct kin_span text, color *ret)
{
    uint64_t n;
    if (kin_span_case_is(text, "default"))
        *ret = COLOR_DEFAULT;
    else if (text.n == 7 && text.p[0] == '#' && kin_lex_hex(kin_span_skip(text, 1), 0xffffff, &n))
        *ret = COLOR_RGB(n);
    else if (kin_lex_u64(text, 255, &n))
        *ret = COLOR_INDEX(n);
    else
        return parse_name(text, ret);
    return true;
}
