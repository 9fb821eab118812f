// Shrinks pictures line by line: first along each line of pixels, then from line to line.
#include "picture/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

// The three colours of a pixel are parts of one number, so that one multiplication does for all.
#define PART_BITS 21
#define PARTS(value) ((value) | (uint64_t)(value) << PART_BITS | (uint64_t)(value) << 2 * PART_BITS)
// What the weights of one sample add up to. A mean of a line keeps 12 bits: with its weight it just fills its part.
#define WIDTH_BITS 11
#define HEIGHT_BITS 9
#define LINE_BITS 12
#define LINE_SHIFT (8 + WIDTH_BITS - LINE_BITS)
#define SHIFT (LINE_BITS + HEIGHT_BITS - 8)

struct axis { // one side of the picture
    int size, samples;
    uint32_t *first;   // pixel of each sample
    uint32_t *at;      // its weight, with those of the following pixels up to where the next sample's begin
    uint16_t *weights; // of all samples
};

struct shrink {
    struct axis x, y;
    uint64_t *pixels;   // of the line that is read
    uint64_t *lines[2]; // shrunk; line y of the pixels is in [y % 2]
    int line_y[2];      // which those are, or -1
    uint64_t *sum;      // of lines
    uint8_t *rgb;
};

// --- weights

// How much of sample i lies before pixel p, in units.
static uint32_t share_before(const struct axis *a, int i, int p, uint32_t unit)
{
    int64_t covered = (int64_t)p * a->samples - (int64_t)i * a->size; // in parts of 1 / (size * samples)
    covered = covered < 0 ? 0 : covered > a->size ? a->size : covered;
    return (uint32_t)((covered * unit + a->size / 2) / a->size);
}

// The weights of sample i, from a->first[i] on, at `ret`. Returns how many.
static uint32_t cover(struct axis *a, int i, uint32_t unit, uint16_t *ret)
{
    uint32_t n = 0;
    int p = (int)((int64_t)i * a->size / a->samples);
    a->first[i] = (uint32_t)p;
    for (uint32_t before = 0; before < unit; p++) {
        uint32_t behind = share_before(a, i, p + 1, unit);
        ret[n++] = (uint16_t)(behind - before);
        before = behind;
    }
    return n;
}

// The same for a sample between the middles of two pixels.
static uint32_t interpolate(struct axis *a, int i, uint32_t unit, uint16_t *ret)
{
    int64_t middle = (2 * (int64_t)i + 1) * a->size - a->samples, pixel = 2 * (int64_t)a->samples;
    int64_t last = (a->size - 1) * pixel, at = middle < 0 ? 0 : middle > last ? last : middle;
    uint32_t next = (uint32_t)((at % pixel * unit + pixel / 2) / pixel);
    a->first[i] = (uint32_t)(at / pixel);
    ret[0] = (uint16_t)(unit - next);
    ret[1] = (uint16_t)next;
    return next > 0 ? 2 : 1;
}

static int axis_init(struct axis *a, int size, int samples, uint32_t unit)
{
    *a = (struct axis){.size = size, .samples = samples};
    a->first = malloc((size_t)samples * sizeof *a->first);
    a->at = malloc(((size_t)samples + 1) * sizeof *a->at);
    a->weights = malloc(((size_t)samples * 2 + (size_t)size) * sizeof *a->weights); // at most two beside whole pixels
    if (a->first == NULL || a->at == NULL || a->weights == NULL)
        return KIN_ENOMEM;
    bool blocks = samples / 2 > size;
    a->at[0] = 0;
    for (int i = 0; i < samples; i++)
        a->at[i + 1] = a->at[i] + (blocks ? interpolate : cover)(a, i, unit, a->weights + a->at[i]);
    return KIN_OK;
}

static void axis_deinit(struct axis *a)
{
    free(a->first);
    free(a->at);
    free(a->weights);
}

int shrink_new(int from_width, int from_height, int width, int height, struct shrink **ret)
{
    const int sides[] = {from_width, from_height, width, height};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        if (sides[i] < 1 || sides[i] > SHRINK_SIDE_MAX)
            return KIN_EINVAL;
    struct shrink *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    int err = axis_init(&s->x, from_width, width, 1u << WIDTH_BITS);
    if (err == KIN_OK)
        err = axis_init(&s->y, from_height, height, 1u << HEIGHT_BITS);
    s->pixels = malloc((size_t)from_width * sizeof *s->pixels);
    s->lines[0] = malloc((size_t)width * sizeof *s->lines[0]);
    s->lines[1] = malloc((size_t)width * sizeof *s->lines[1]);
    s->sum = malloc((size_t)width * sizeof *s->sum);
    s->rgb = malloc((size_t)width * 3);
    if (err != KIN_OK || s->pixels == NULL || s->lines[0] == NULL || s->lines[1] == NULL || s->sum == NULL ||
        s->rgb == NULL) {
        shrink_free(s);
        return KIN_ENOMEM;
    }
    *ret = s;
    return KIN_OK;
}

void shrink_free(struct shrink *s)
{
    if (s == NULL)
        return;
    axis_deinit(&s->x);
    axis_deinit(&s->y);
    free(s->pixels);
    free(s->lines[0]);
    free(s->lines[1]);
    free(s->sum);
    free(s->rgb);
    free(s);
}

bool shrink_fits(const struct shrink *s, int from_width, int from_height, int width, int height)
{
    return s->x.size == from_width && s->y.size == from_height && s->x.samples == width && s->y.samples == height;
}

// --- pixels

static void pack(const uint8_t *rgb, int n, uint64_t *ret)
{
    for (int x = 0; x < n; x++, rgb += 3)
        ret[x] = rgb[0] | (uint64_t)rgb[1] << PART_BITS | (uint64_t)rgb[2] << 2 * PART_BITS;
}

static void shrink_line(const struct axis *a, const uint64_t *pixels, uint64_t *ret)
{
    const uint64_t half = PARTS(1u << (LINE_SHIFT - 1)), mask = PARTS((1u << LINE_BITS) - 1);
    for (int i = 0; i < a->samples; i++) {
        const uint64_t *p = pixels + a->first[i];
        uint64_t sum = half;
        for (uint32_t k = a->at[i]; k < a->at[i + 1]; k++)
            sum += *p++ * a->weights[k];
        ret[i] = sum >> LINE_SHIFT & mask;
    }
}

// Line y of the pixels, shrunk.
static const uint64_t *line_of(struct shrink *s, const struct canvas_pixels *from, int y)
{
    uint64_t *line = s->lines[y % 2];
    if (s->line_y[y % 2] != y) {
        pack(from->rgb + (size_t)y * from->stride, s->x.size, s->pixels);
        shrink_line(&s->x, s->pixels, line);
        s->line_y[y % 2] = y;
    }
    return line;
}

static void add(uint64_t *sum, const uint64_t *line, unsigned weight, int n)
{
    for (int x = 0; x < n; x++)
        sum[x] += line[x] * weight;
}

static void unpack(const uint64_t *sum, int n, uint8_t *rgb)
{
    for (int x = 0; x < n; x++, rgb += 3) {
        uint64_t v = sum[x] + PARTS(1u << (SHIFT - 1));
        rgb[0] = (uint8_t)(v >> SHIFT);
        rgb[1] = (uint8_t)(v >> (SHIFT + PART_BITS));
        rgb[2] = (uint8_t)(v >> (SHIFT + 2 * PART_BITS));
    }
}

void shrink_pixels(struct shrink *s, const struct canvas_pixels *from, shrink_line_fn *line, void *ctx)
{
    int width = s->x.samples;
    s->line_y[0] = s->line_y[1] = -1;
    for (int i = 0; i < s->y.samples; i++) {
        int y = (int)s->y.first[i];
        memset(s->sum, 0, (size_t)width * sizeof *s->sum);
        for (uint32_t k = s->y.at[i]; k < s->y.at[i + 1]; k++, y++)
            add(s->sum, line_of(s, from, y), s->y.weights[k], width);
        unpack(s->sum, width, s->rgb);
        line(ctx, i, s->rgb);
    }
}
