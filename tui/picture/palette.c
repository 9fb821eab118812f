// Cuts the colour cube into boxes, always the box that its mean colour stands for worst, where that helps most.
#include "picture/palette.h"

#include <limits.h>
#include <stdlib.h>

#include "base/err.h"

#define SIDE 33 // bins of a channel, and a zeroth plane for the sums
#define CELLS ((size_t)SIDE * SIDE * SIDE)
#define LEVELS 32

// Of the pixels of a bin, and then of all bins up to this one in each channel.
struct palette_moment {
    int64_t n, squares, sum[3];
};

struct box {
    int low[3], high[3]; // bins (low, high]
    double spread;       // sum of squared distances from the mean
};

int palette_init(struct palette *p)
{
    p->moments = malloc(CELLS * sizeof *p->moments);
    return p->moments != NULL ? KIN_OK : KIN_ENOMEM;
}

void palette_deinit(struct palette *p)
{
    free(p->moments);
    p->moments = NULL;
}

// --- moments

static void add(struct palette_moment *to, const struct palette_moment *m, int sign)
{
    to->n += sign * m->n;
    to->squares += sign * m->squares;
    for (int i = 0; i < 3; i++)
        to->sum[i] += sign * m->sum[i];
}

static size_t cell(int r, int g, int b)
{
    return ((size_t)r * SIDE + (size_t)g) * SIDE + (size_t)b;
}

static void count_pixels(struct palette_moment *m, const struct canvas_pixels *p)
{
    memset(m, 0, CELLS * sizeof *m);
    for (int y = 0; y < p->height; y += 2) {
        const uint8_t *px = p->rgb + (size_t)y * p->stride;
        for (int x = 0; x < p->width; x += 2, px += 6) {
            struct palette_moment *at = &m[cell((px[0] >> 3) + 1, (px[1] >> 3) + 1, (px[2] >> 3) + 1)];
            at->n++;
            at->squares += px[0] * px[0] + px[1] * px[1] + px[2] * px[2];
            for (int i = 0; i < 3; i++)
                at->sum[i] += px[i];
        }
    }
}

static void sum_along(struct palette_moment *m, size_t step)
{
    for (size_t i = step; i < CELLS; i++)
        if (i / step % SIDE != 0)
            add(&m[i], &m[i - step], 1);
}

static struct palette_moment moment_of(const struct palette_moment *m, const struct box *b)
{
    struct palette_moment sum = {0};
    for (int corner = 0; corner < 8; corner++) {
        int at[3], sign = 1;
        for (int i = 0; i < 3; i++) {
            bool low = corner >> i & 1;
            at[i] = low ? b->low[i] : b->high[i];
            sign = low ? -sign : sign;
        }
        add(&sum, &m[cell(at[0], at[1], at[2])], sign);
    }
    return sum;
}

// Squared length of the sum over the number: what the mean explains of the squares.
static double explained(const struct palette_moment *m)
{
    double r = (double)m->sum[0], g = (double)m->sum[1], b = (double)m->sum[2];
    return m->n > 0 ? (r * r + g * g + b * b) / (double)m->n : 0;
}

static void measure(const struct palette_moment *moments, struct box *b)
{
    struct palette_moment m = moment_of(moments, b);
    b->spread = (double)m.squares - explained(&m);
}

// --- boxes

static double gain(const struct palette_moment *moments, const struct palette_moment *whole, const struct box *half)
{
    struct palette_moment a = moment_of(moments, half), b = *whole;
    add(&b, &a, -1);
    return a.n > 0 && b.n > 0 ? explained(&a) + explained(&b) : 0;
}

// Cuts in two where the parts are most alike in themselves. False when there is nothing to part.
static bool split(const struct palette_moment *moments, struct box *b, struct box *ret)
{
    struct palette_moment whole = moment_of(moments, b);
    struct box first = {{0}, {0}, 0};
    int axis = -1;
    double best = 0;
    for (int i = 0; i < 3; i++) {
        struct box half = *b;
        for (half.high[i] = b->low[i] + 1; half.high[i] < b->high[i]; half.high[i]++) {
            double g = gain(moments, &whole, &half);
            if (g > best) {
                best = g;
                axis = i;
                first = half;
            }
        }
    }
    if (axis < 0)
        return false;
    *ret = *b;
    ret->low[axis] = first.high[axis];
    *b = first;
    measure(moments, b);
    measure(moments, ret);
    return true;
}

static int cut_cube(const struct palette_moment *moments, struct box boxes[PALETTE_COLORS_MAX], int colors)
{
    int count = 1;
    boxes[0] = (struct box){{0, 0, 0}, {LEVELS, LEVELS, LEVELS}, 0};
    measure(moments, &boxes[0]);
    while (count < colors) {
        struct box *widest = &boxes[0];
        for (int i = 1; i < count; i++)
            if (boxes[i].spread > widest->spread)
                widest = &boxes[i];
        if (widest->spread <= 0)
            break;
        if (split(moments, widest, &boxes[count]))
            count++;
        else
            widest->spread = 0;
    }
    return count;
}

static void set_color(struct palette *p, int i, const struct palette_moment *m)
{
    for (int k = 0; k < 3; k++) {
        int64_t mean = m->n > 0 ? (m->sum[k] + m->n / 2) / m->n : 0;
        p->percent[i][k] = (uint8_t)((mean * 100 + 127) / 255);
        p->rgb[i][k] = (uint8_t)((p->percent[i][k] * 255 + 50) / 100);
    }
}

void palette_make(struct palette *p, const struct canvas_pixels *pixels, int colors)
{
    struct box boxes[PALETTE_COLORS_MAX];
    count_pixels(p->moments, pixels);
    for (size_t step = 1; step < CELLS; step *= SIDE)
        sum_along(p->moments, step);
    p->count = cut_cube(p->moments, boxes, colors);
    for (int i = 0; i < p->count; i++) {
        struct palette_moment m = moment_of(p->moments, &boxes[i]);
        set_color(p, i, &m);
    }
    memset(p->nearest, 0, sizeof p->nearest);
}

// --- use

static int distance(const uint8_t a[3], const uint8_t b[3])
{
    int r = a[0] - b[0], g = a[1] - b[1], c = a[2] - b[2];
    return r * r + g * g + c * c;
}

uint8_t palette_search(struct palette *p, size_t bin)
{
    const uint8_t middle[3] = {(uint8_t)((bin >> 10) << 3 | 4), (uint8_t)((bin >> 5 & 31) << 3 | 4),
                               (uint8_t)((bin & 31) << 3 | 4)};
    int best = INT_MAX, found = 0;
    for (int i = 0; i < p->count; i++) {
        int d = distance(p->rgb[i], middle);
        if (d < best) {
            best = d;
            found = i;
        }
    }
    p->nearest[bin] = (uint16_t)(found + 1);
    return (uint8_t)found;
}

double palette_error(struct palette *p, const struct canvas_pixels *pixels)
{
    int64_t sum = 0, n = 0;
    for (int y = 0; y < pixels->height; y += 4) {
        const uint8_t *px = pixels->rgb + (size_t)y * pixels->stride;
        for (int x = 0; x < pixels->width; x += 4, px += 12, n++)
            sum += distance(px, p->rgb[palette_nearest(p, palette_bin(px[0], px[1], px[2]))]);
    }
    return (double)sum / (double)(3 * n);
}
