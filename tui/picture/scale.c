// Interpolates between the two nearest lines, then between the two nearest pixels.
#include "picture/scale.h"

#include <stdlib.h>

#include "base/err.h"

#define ONE 256

struct tap { // a place between pixels `at` and `at + step`
    uint32_t at;
    uint16_t step;   // 0 at the edge
    uint16_t weight; // of the second, of ONE
};

struct scaler {
    uint8_t *line, *rgb; // one block
    struct tap *taps;    // of the columns
    size_t size;         // of the block
    int columns;
    int from_width, to_width; // that the taps are for
};

int scaler_new(struct scaler **ret)
{
    struct scaler *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    *ret = s;
    return KIN_OK;
}

void scaler_free(struct scaler *s)
{
    if (s == NULL)
        return;
    free(s->line);
    free(s->taps);
    free(s);
}

// Where the middle of pixel i of `to` lies in a row of `from`.
static struct tap tap_of(int i, int to, int from)
{
    int64_t at = ((2 * (int64_t)i + 1) * from * ONE / to - ONE) / 2; // middles are half a pixel in
    at = at < 0 ? 0 : at;
    int64_t whole = at / ONE;
    if (whole >= from - 1)
        return (struct tap){(uint32_t)from - 1, 0, 0};
    return (struct tap){(uint32_t)whole, 1, (uint16_t)(at % ONE)};
}

static int prepare(struct scaler *s, const struct canvas_pixels *p, int width, int height, size_t stride)
{
    size_t line = (size_t)p->width * 3, size = line + stride * (size_t)height;
    if (size > s->size) {
        free(s->line);
        s->line = malloc(size);
        s->size = s->line != NULL ? size : 0;
    }
    if (s->line == NULL)
        return KIN_ENOMEM;
    s->rgb = s->line + line;
    if (s->from_width == p->width && s->to_width == width)
        return KIN_OK;
    s->from_width = 0;
    struct tap *taps = realloc(s->taps, (size_t)width * sizeof *taps);
    if (taps == NULL)
        return KIN_ENOMEM;
    for (int x = 0; x < width; x++)
        taps[x] = tap_of(x, width, p->width);
    s->taps = taps;
    s->from_width = p->width;
    s->to_width = width;
    return KIN_OK;
}

static void blend_lines(const uint8_t *restrict a, const uint8_t *restrict b, unsigned weight, uint8_t *restrict to,
                        size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)((a[i] * (ONE - weight) + b[i] * weight + ONE / 2) / ONE);
}

static void blend_pixels(const uint8_t *restrict line, const struct tap *taps, int width, uint8_t *restrict to)
{
    for (int x = 0; x < width; x++, to += 3) {
        const uint8_t *a = line + (size_t)taps[x].at * 3, *b = a + (size_t)taps[x].step * 3;
        unsigned weight = taps[x].weight;
        for (int i = 0; i < 3; i++)
            to[i] = (uint8_t)((a[i] * (ONE - weight) + b[i] * weight + ONE / 2) / ONE);
    }
}

int scaler_scale(struct scaler *s, const struct canvas_pixels *p, int width, int height, struct canvas_pixels *ret)
{
    size_t stride = ((size_t)width * 3 + CANVAS_STRIDE_ALIGN - 1) / CANVAS_STRIDE_ALIGN * CANVAS_STRIDE_ALIGN;
    if (p->width == width && p->height == height) {
        *ret = *p;
        return KIN_OK;
    }
    if (prepare(s, p, width, height, stride) != KIN_OK)
        return KIN_ENOMEM;
    for (int y = 0; y < height; y++) {
        struct tap t = tap_of(y, height, p->height);
        const uint8_t *line = p->rgb + t.at * p->stride;
        blend_lines(line, line + t.step * p->stride, t.weight, s->line, (size_t)p->width * 3);
        blend_pixels(s->line, s->taps, width, s->rgb + (size_t)y * stride);
    }
    *ret = (struct canvas_pixels){s->rgb, width, height, stride};
    return KIN_OK;
}

static int lesser(int pixels, int cells, int size)
{
    int64_t shown = (int64_t)cells * size;
    return shown > 0 && shown < pixels ? (int)shown : pixels;
}

int scaler_shrink(struct scaler *s, const struct image_request *q, struct canvas_pixels *ret)
{
    const struct canvas_pixels *p = q->pixels;
    return scaler_scale(s, p, lesser(p->width, q->cols, q->cell_width), lesser(p->height, q->rows, q->cell_height),
                        ret);
}
