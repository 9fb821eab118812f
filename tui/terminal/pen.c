// Styles as bytes.
#include "terminal/pen.h"

#include "terminal/color.h"

#define ALL_SAMPLES 0xffu

// --- bytes

static void put_number(struct kin_wr *out, unsigned v)
{
    uint8_t digits[4] = {';', (uint8_t)('0' + v / 100), (uint8_t)('0' + v / 10 % 10), (uint8_t)('0' + v % 10)};
    size_t skip = v >= 100 ? 0 : v >= 10 ? 1 : 2;
    digits[skip] = ';';
    kin_wr_bytes(out, digits + skip, sizeof digits - skip);
}

static void put_color(struct kin_wr *out, color c, unsigned base)
{
    unsigned v = c & 0xffffff;
    if (c & COLOR_RGB_BIT) {
        kin_wr_str(out, base == 30 ? ";38;2" : ";48;2");
        put_number(out, v >> 16);
        put_number(out, v >> 8 & 255);
        put_number(out, v & 255);
    } else if (!(c & COLOR_INDEX_BIT)) {
        put_number(out, base + 9);
    } else if (v < 8) {
        put_number(out, base + v);
    } else if (v < 16) {
        put_number(out, base + 60 + v - 8);
    } else {
        kin_wr_str(out, base == 30 ? ";38;5" : ";48;5");
        put_number(out, v);
    }
}

static void put_attrs(struct kin_wr *out, uint8_t attrs)
{
    kin_wr_str(out, ";0");
    if (attrs & ATTR_BOLD)
        kin_wr_str(out, ";1");
    if (attrs & ATTR_UNDERLINE)
        kin_wr_str(out, ";4");
    if (attrs & ATTR_REVERSE)
        kin_wr_str(out, ";7");
}

void pen_set(struct pen *p, const struct style *want, bool any_fg, struct kin_wr *out)
{
    uint8_t bytes[64];
    struct kin_wr sgr = kin_wr_init(bytes, sizeof bytes);
    struct style style = *want;
    if (any_fg && p->known && p->style.attrs == style.attrs)
        style.fg = p->style.fg;
    if (!p->known || p->style.attrs != style.attrs) {
        put_attrs(&sgr, style.attrs);
        p->style = (struct style){COLOR_DEFAULT, COLOR_DEFAULT, style.attrs};
        p->known = true;
    }
    if (p->style.fg != style.fg)
        put_color(&sgr, style.fg, 30);
    if (p->style.bg != style.bg)
        put_color(&sgr, style.bg, 40);
    p->style = style;
    if (sgr.len == 0)
        return;
    kin_wr_str(out, "\033[");
    kin_wr_put(out, kin_span_skip(kin_wr_span(&sgr), 1));
    kin_wr_u8(out, 'm');
}

// --- approximations

struct paint { // a colour on its way to a cell
    color drawn;
    struct rgb rgb; // of `drawn`
    unsigned bytes; // to set it
};

static unsigned bytes_of(color c)
{
    return c & COLOR_RGB_BIT ? 16 : 9;
}

// The cheapest colour within tolerance of `want`: the one in force, one of the 256, or itself.
static struct paint paint(color in_force, bool known, color want, struct rgb rgb, unsigned tolerance)
{
    struct rgb now;
    if (known && in_force == want)
        return (struct paint){want, rgb, 0};
    if (known && color_rgb(in_force, &now) && color_distance(now, rgb) <= tolerance)
        return (struct paint){in_force, now, 0};
    if (want & COLOR_RGB_BIT) {
        color index = COLOR_INDEX(color_nearest(rgb));
        color_rgb(index, &now);
        if (color_distance(now, rgb) <= tolerance)
            return (struct paint){index, now, bytes_of(index)};
    }
    return (struct paint){want, rgb, bytes_of(want)};
}

// The glyph with foreground and background exchanged: half blocks and quadrants have one. 0: none.
static uint8_t inverse_block(const struct cell *c)
{
    static const uint8_t pairs[][2] = {{0x80, 0x84}, {0x8c, 0x90}, {0x96, 0x9c}, {0x97, 0x9b},
                                       {0x98, 0x9f}, {0x99, 0x9d}, {0x9a, 0x9e}};
    if (c->len != 3 || (uint8_t)c->glyph[0] != 0xe2 || (uint8_t)c->glyph[1] != 0x96)
        return 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (int side = 0; side < 2; side++)
            if (pairs[i][side] == (uint8_t)c->glyph[2])
                return pairs[i][1 - side];
    return 0;
}

static uint8_t moved(uint8_t sample, uint8_t from, uint8_t to)
{
    int v = sample + to - from;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

// The samples that `mask` selects change as their colour does.
static void move_samples(struct cell *c, unsigned mask, struct rgb from, struct rgb to)
{
    for (int i = 0; i < CELL_SAMPLES; i++) {
        uint8_t *s = c->samples.rgb[i];
        if ((mask >> i & 1) == 0)
            continue;
        s[0] = moved(s[0], from.r, to.r);
        s[1] = moved(s[1], from.g, to.g);
        s[2] = moved(s[2], from.b, to.b);
    }
}

static struct rgb mean_of(struct rgb a, unsigned weight, struct rgb b)
{
    unsigned w = CELL_SAMPLES - weight;
    return (struct rgb){(uint8_t)((a.r * weight + b.r * w) / CELL_SAMPLES),
                        (uint8_t)((a.g * weight + b.g * w) / CELL_SAMPLES),
                        (uint8_t)((a.b * weight + b.b * w) / CELL_SAMPLES)};
}

static unsigned weight_of(unsigned mask)
{
    unsigned n = 0;
    for (; mask != 0; mask &= mask - 1)
        n++;
    return n;
}

static void make_blank(const struct pen *p, unsigned tolerance, struct rgb fg, struct rgb bg, struct cell *c)
{
    struct rgb mean = mean_of(fg, weight_of(c->mask), bg);
    color want = c->style.bg & COLOR_RGB_BIT ? COLOR_RGB((uint32_t)mean.r << 16 | (uint32_t)mean.g << 8 | mean.b)
                                             : COLOR_INDEX(color_nearest(mean));
    struct paint one = paint(p->style.bg, p->known, want, mean, tolerance);
    move_samples(c, c->mask, fg, one.rgb);
    move_samples(c, ~(unsigned)c->mask & ALL_SAMPLES, bg, one.rgb);
    c->style.bg = one.drawn;
    c->style.fg = COLOR_DEFAULT;
    c->mask = 0;
    c->len = 1;
    c->glyph[0] = ' ';
}

void pen_approximate(const struct pen *p, unsigned tolerance, struct cell *c)
{
    struct rgb fg, bg;
    bool blank = c->len == 1 && c->glyph[0] == ' ';
    if (tolerance == 0 || !color_rgb(c->style.bg, &bg) || !color_rgb(blank ? c->style.bg : c->style.fg, &fg))
        return;
    if (color_distance(fg, bg) <= tolerance) {
        make_blank(p, tolerance, fg, bg, c);
        return;
    }
    const struct style *now = &p->style;
    bool known = p->known && now->attrs == c->style.attrs;
    struct paint straight[2] = {paint(now->fg, known, c->style.fg, fg, tolerance),
                                paint(now->bg, known, c->style.bg, bg, tolerance)};
    struct paint crossed[2] = {paint(now->bg, known, c->style.fg, fg, tolerance),
                               paint(now->fg, known, c->style.bg, bg, tolerance)};
    uint8_t inverse = inverse_block(c);
    bool cross = inverse != 0 && crossed[0].bytes + crossed[1].bytes < straight[0].bytes + straight[1].bytes;
    const struct paint *use = cross ? crossed : straight;
    move_samples(c, c->mask, fg, use[0].rgb);
    move_samples(c, ~(unsigned)c->mask & ALL_SAMPLES, bg, use[1].rgb);
    c->style.fg = use[cross].drawn;
    c->style.bg = use[!cross].drawn;
    if (cross) {
        c->glyph[2] = (char)inverse;
        c->mask = (uint8_t)~c->mask;
    }
}
