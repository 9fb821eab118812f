// Two colours and a glyph for each cell.
#include "picture/blocks.h"

#include "base/text.h"
#include "terminal/color.h"

#define PARTS_MAX 6
#define UPPER_HALF 0x0fu // of the samples
#define FULL_BLOCK 0x2588u
#define LEFT_HALF 0x258cu
#define RIGHT_HALF 0x2590u
#define SEXTANT_FIRST 0x1fb00u // U+1FB00: the upper left sextant

struct parts { // left to right, top to bottom, two a row; in 3rds of a sample's sum
    int count;
    unsigned rgb[PARTS_MAX][3];
};

static color to_color(struct rgb c, enum color_depth depth)
{
    if (depth == DEPTH_256)
        return COLOR_INDEX(color_nearest(c));
    return COLOR_RGB((uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b);
}

// The mean of the samples that `mask` selects; at least one.
static struct rgb mean_of(const struct cell_samples *s, unsigned mask)
{
    unsigned sum[3] = {0, 0, 0}, n = 0;
    for (int i = 0; i < CELL_SAMPLES; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        for (int k = 0; k < 3; k++)
            sum[k] += s->rgb[i][k];
        n++;
    }
    return (struct rgb){(uint8_t)((sum[0] + n / 2) / n), (uint8_t)((sum[1] + n / 2) / n),
                        (uint8_t)((sum[2] + n / 2) / n)};
}

static void set_glyph(struct cell *c, uint32_t code)
{
    c->len = (uint8_t)kin_text_put_utf8(code, c->glyph);
}

static void set_colors(struct cell *c, struct rgb fg, struct rgb bg, enum color_depth depth)
{
    c->style = (struct style){to_color(fg, depth), to_color(bg, depth), 0};
    if (c->style.fg != c->style.bg)
        return;
    set_glyph(c, ' ');
    c->mask = 0;
}

static struct rgb sample_of(const struct cell_samples *s, int i)
{
    return (struct rgb){s->rgb[i][0], s->rgb[i][1], s->rgb[i][2]};
}

static void set_half(struct cell *c, enum color_depth depth)
{
    set_glyph(c, 0x2580);
    c->mask = UPPER_HALF;
    if (c->halves)
        set_colors(c, sample_of(&c->samples, 0), sample_of(&c->samples, CELL_SAMPLES / 2), depth);
    else
        set_colors(c, mean_of(&c->samples, UPPER_HALF), mean_of(&c->samples, 0xff & ~UPPER_HALF), depth);
}

// --- parts

static void add(unsigned to[3], const uint8_t sample[3], unsigned weight)
{
    for (int k = 0; k < 3; k++)
        to[k] += weight * sample[k];
}

// Quadrants have two rows of samples each, sextants one and a third.
static struct parts parts_of(const struct cell_samples *s, enum blocks kind)
{
    static const uint8_t quadrant_weights[2][4] = {{3, 3, 0, 0}, {0, 0, 3, 3}};
    static const uint8_t sextant_weights[3][4] = {{3, 1, 0, 0}, {0, 2, 2, 0}, {0, 0, 1, 3}};
    int rows = kind == BLOCKS_QUADRANTS ? 2 : 3;
    struct parts p = {.count = 2 * rows};
    for (int row = 0; row < rows; row++)
        for (int i = 0; i < CELL_SAMPLES; i++)
            add(p.rgb[2 * row + i % 2], s->rgb[i],
                kind == BLOCKS_QUADRANTS ? quadrant_weights[row][i / 2] : sextant_weights[row][i / 2]);
    return p;
}

// The channel in which the parts differ most.
static int widest_channel(const struct parts *p)
{
    unsigned widest = 0;
    int found = 1;
    for (int k = 0; k < 3; k++) {
        unsigned low = ~0u, high = 0;
        for (int i = 0; i < p->count; i++) {
            low = p->rgb[i][k] < low ? p->rgb[i][k] : low;
            high = p->rgb[i][k] > high ? p->rgb[i][k] : high;
        }
        if (high - low > widest) {
            widest = high - low;
            found = k;
        }
    }
    return found;
}

// How well two colours stand for the parts if those in `mask` have the one and the rest the other: the larger the
// better.
static float fitness(const struct parts *p, unsigned mask)
{
    static const float share[PARTS_MAX + 1] = {0, 1, 1 / 2.0f, 1 / 3.0f, 1 / 4.0f, 1 / 5.0f, 1 / 6.0f};
    float in[3] = {0, 0, 0}, out[3] = {0, 0, 0}, fit = 0;
    int n = 0;
    for (int i = 0; i < p->count; i++) {
        bool inside = mask >> i & 1;
        float *sum = inside ? in : out;
        n += inside;
        for (int k = 0; k < 3; k++)
            sum[k] += (float)p->rgb[i][k];
    }
    for (int k = 0; k < 3; k++)
        fit += in[k] * in[k] * share[n] + out[k] * out[k] * share[p->count - n];
    return fit;
}

// Of the divisions at a level of the widest channel, the one that fits best; 0 when all parts are equal there.
static unsigned best_division(const struct parts *p)
{
    int channel = widest_channel(p);
    unsigned best = 0, all = (1u << p->count) - 1;
    float best_fit = 0;
    for (int i = 0; i < p->count; i++) {
        unsigned mask = 0;
        for (int k = 0; k < p->count; k++)
            mask |= (unsigned)(p->rgb[k][channel] >= p->rgb[i][channel]) << k;
        float fit = mask == all ? 0 : fitness(p, mask);
        if (fit > best_fit) {
            best_fit = fit;
            best = mask;
        }
    }
    return best;
}

// --- glyphs

static uint32_t quadrant_glyph(unsigned mask)
{
    static const uint16_t glyphs[16] = {' ',    0x2598, 0x259d,     0x2580, 0x2596, LEFT_HALF, 0x259e, 0x259b,
                                        0x2597, 0x259a, RIGHT_HALF, 0x259c, 0x2584, 0x2599,    0x259f, FULL_BLOCK};
    return glyphs[mask];
}

static uint32_t sextant_glyph(unsigned mask)
{
    const unsigned left = 0x15, right = 0x2a;
    if (mask == 0 || mask == 0x3f)
        return mask == 0 ? ' ' : FULL_BLOCK;
    if (mask == left || mask == right)
        return mask == left ? LEFT_HALF : RIGHT_HALF;
    return SEXTANT_FIRST + mask - 1 - (mask > left) - (mask > right);
}

// The samples that parts cover: a sample belongs to the part in which its middle lies.
static unsigned samples_of(unsigned parts, enum blocks kind)
{
    static const uint8_t quadrant[CELL_SAMPLES] = {0, 1, 0, 1, 2, 3, 2, 3},
                         sextant[CELL_SAMPLES] = {0, 1, 2, 3, 2, 3, 4, 5};
    unsigned mask = 0;
    for (int i = 0; i < CELL_SAMPLES; i++)
        mask |= (parts >> (kind == BLOCKS_QUADRANTS ? quadrant[i] : sextant[i]) & 1) << i;
    return mask;
}

static struct rgb part_mean(const struct parts *p, unsigned mask)
{
    unsigned sum[3] = {0, 0, 0}, n = 0, weight = (unsigned)(3 * CELL_SAMPLES / p->count);
    for (int i = 0; i < p->count; i++)
        if (mask >> i & 1) {
            n += weight;
            for (int k = 0; k < 3; k++)
                sum[k] += p->rgb[i][k];
        }
    return (struct rgb){(uint8_t)((sum[0] + n / 2) / n), (uint8_t)((sum[1] + n / 2) / n),
                        (uint8_t)((sum[2] + n / 2) / n)};
}

void blocks_set(struct cell *c, enum blocks kind, enum color_depth depth)
{
    c->picture = true;
    if (kind == BLOCKS_HALF) {
        set_half(c, depth);
        return;
    }
    struct parts p = parts_of(&c->samples, kind);
    unsigned division = best_division(&p), all = (1u << p.count) - 1;
    set_glyph(c, kind == BLOCKS_QUADRANTS ? quadrant_glyph(division) : sextant_glyph(division));
    c->mask = (uint8_t)samples_of(division, kind);
    struct rgb bg = part_mean(&p, all & ~division);
    set_colors(c, division == 0 ? bg : part_mean(&p, division), bg, depth);
}
