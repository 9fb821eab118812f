// Ordered dithering and error diffusion.
#include "picture/dither.h"

#include <stdlib.h>

#include "base/err.h"

#define PLACES (DITHER_SIDE * DITHER_SIDE)
#define AMPLITUDE 8 // with PALETTE_COLORS_MAX colours: the width of a bin

void dither_deinit(struct dither *d)
{
    free(d->errors);
    *d = (struct dither){0};
}

static uint8_t clamp(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

// 0..PLACES-1 of Bayer's pattern: the bits of x^y and y, interleaved from the lowest on.
static int threshold(int x, int y)
{
    int t = 0;
    for (int bit = 1; bit < DITHER_SIDE; bit <<= 1)
        t = t << 2 | ((x ^ y) & bit ? 2 : 0) | (y & bit ? 1 : 0);
    return t;
}

// Half the colours are steps of some 7/5.
static int amplitude_of(int colors)
{
    int amplitude = AMPLITUDE;
    for (int n = PALETTE_COLORS_MAX; n > colors; n /= 2)
        amplitude = amplitude * 7 / 5;
    return amplitude;
}

static void make_levels(struct dither *d, int amplitude)
{
    for (int place = 0; place < PLACES; place++) {
        int t = threshold(place % DITHER_SIDE, place / DITHER_SIDE);
        int shift = (2 * t + 1 - PLACES) * amplitude / (2 * PLACES);
        for (int v = 0; v < 256; v++)
            d->level[place][v] = clamp(v + shift) >> 3;
    }
    d->amplitude = amplitude;
}

int dither_begin(struct dither *d, int colors, int width)
{
    size_t size = 2 * ((size_t)width + 2) * 3; // a pixel more on both sides
    if (size > d->size) {
        int16_t *errors = realloc(d->errors, size * sizeof *errors);
        if (errors == NULL)
            return KIN_ENOMEM;
        d->errors = errors;
        d->size = size;
    }
    memset(d->errors, 0, size * sizeof *d->errors);
    if (d->amplitude != amplitude_of(colors))
        make_levels(d, amplitude_of(colors));
    return KIN_OK;
}

void dither_ordered(const struct dither *d, struct palette *p, const uint8_t *rgb, int y, int width, uint8_t *index)
{
    const uint8_t(*levels)[256] = &d->level[y % DITHER_SIDE * DITHER_SIDE];
    for (int x = 0; x < width; x++, rgb += 3) {
        const uint8_t *level = levels[x % DITHER_SIDE];
        index[x] = palette_nearest(p, (size_t)level[rgb[0]] << 10 | (size_t)level[rgb[1]] << 5 | level[rgb[2]]);
    }
}

// Errors of one channel: 7/16 go to the right, 3/16, 5/16 and 1/16 to the line below.
static void spread(int16_t *here, int16_t *below, int error)
{
    here[3] = (int16_t)(here[3] + 7 * error);
    below[-3] = (int16_t)(below[-3] + 3 * error);
    below[0] = (int16_t)(below[0] + 5 * error);
    below[3] = (int16_t)(below[3] + error);
}

void dither_diffuse(struct dither *d, struct palette *p, const uint8_t *rgb, int width, uint8_t *index)
{
    size_t line = ((size_t)width + 2) * 3;
    int16_t *here = d->errors + 3, *below = here + line;
    for (int x = 0; x < width; x++, rgb += 3, here += 3, below += 3) {
        uint8_t wanted[3];
        for (int i = 0; i < 3; i++)
            wanted[i] = clamp(rgb[i] + here[i] / 16);
        index[x] = palette_nearest(p, palette_bin(wanted[0], wanted[1], wanted[2]));
        for (int i = 0; i < 3; i++)
            spread(here + i, below + i, wanted[i] - p->rgb[index[x]][i]);
    }
    memcpy(d->errors, d->errors + line, line * sizeof *d->errors);
    memset(d->errors + line, 0, line * sizeof *d->errors);
}
