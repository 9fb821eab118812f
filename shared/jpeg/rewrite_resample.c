// Chroma of another width: coefficients to samples, a filter along the lines, and back. One row of blocks at a time.
#include <math.h>

#include "jpeg/dct.h"
#include "jpeg/rewrite_parts.h"

#define SAMPLE_LEAST -128.0f // samples are level-shifted, as the transform has them
#define SAMPLE_MOST 127.0f

// Eight lines of samples.
struct lines {
    float *p;
    size_t stride; // a whole number of blocks
    size_t width;  // samples that are picture; what follows is padding
};

static float limited(float sample)
{
    return sample < SAMPLE_LEAST ? SAMPLE_LEAST : sample > SAMPLE_MOST ? SAMPLE_MOST : sample;
}

static struct lines new_lines(struct kin_jpeg_run *r, size_t width, size_t blocks)
{
    j_common_ptr in = (j_common_ptr)&r->library.in;
    struct lines l = {.stride = blocks * DCTSIZE, .width = width};
    l.p = (float *)in->mem->alloc_large(in, JPOOL_IMAGE, l.stride * DCTSIZE * sizeof *l.p);
    return l;
}

static bool is_flat(const JCOEF *block)
{
    int any = 0;
    for (int k = 1; k < DCTSIZE2; k++)
        any |= block[k];
    return any == 0;
}

// As every decoder does it: the samples are cut to their range.
static void decode_block(const JCOEF *block, const UINT16 *steps, float samples[DCTSIZE2])
{
    float coefficients[DCTSIZE2];
    for (int k = 0; k < DCTSIZE2; k++)
        coefficients[k] = (float)(block[k] * steps[k]);
    if (!is_flat(block))
        kin_dct_inverse(coefficients, samples);
    else
        for (int k = 0; k < DCTSIZE2; k++)
            samples[k] = coefficients[0] / DCTSIZE;
    for (int k = 0; k < DCTSIZE2; k++)
        samples[k] = limited(samples[k]);
}

static void decode_row(JBLOCKROW blocks, const UINT16 *steps, struct lines *to)
{
    float samples[DCTSIZE2];
    for (size_t b = 0; b < to->stride / DCTSIZE; b++) {
        decode_block(blocks[b], steps, samples);
        for (size_t y = 0; y < DCTSIZE; y++)
            memcpy(to->p + y * to->stride + b * DCTSIZE, samples + y * DCTSIZE, DCTSIZE * sizeof samples[0]);
    }
}

static float at(const float *line, size_t width, ptrdiff_t x)
{
    return line[x < 0 ? 0 : x >= (ptrdiff_t)width ? (ptrdiff_t)width - 1 : x];
}

// Between the two samples in the middle: the sharpest four taps that keep flat areas flat.
static float between(float before, float left, float right, float after)
{
    return limited((9 * (left + right) - before - after) / 16);
}

// Half the samples, each between two old ones.
static void halve(const float *from, size_t width, float *to, size_t n)
{
    size_t inner = width >= 4 ? (width - 2) / 2 : 1; // the first that needs a sample past the end
    for (size_t i = 1; i < inner; i++)
        to[i] = between(from[2 * i - 1], from[2 * i], from[2 * i + 1], from[2 * i + 2]);
    for (size_t i = 0; i < n; i = i == 0 ? inner : i + 1) {
        ptrdiff_t x = 2 * (ptrdiff_t)i;
        to[i] = between(at(from, width, x - 1), at(from, width, x), at(from, width, x + 1), at(from, width, x + 2));
    }
}

// Twice the samples, a quarter to each side of the old one: what decoders do with 4:2:2.
static void twice(const float *from, size_t width, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ptrdiff_t x = (ptrdiff_t)(i / 2);
        to[i] = (3 * at(from, width, x) + at(from, width, i % 2 == 0 ? x - 1 : x + 1)) / 4;
    }
}

static void resample_lines(const struct lines *from, struct lines *to)
{
    for (size_t y = 0; y < DCTSIZE; y++) {
        float *line = to->p + y * to->stride;
        const float *source = from->p + y * from->stride;
        (from->width < to->width ? twice : halve)(source, from->width, line, to->width);
        for (size_t x = to->width; x < to->stride; x++)
            line[x] = line[to->width - 1];
    }
}

static void encode_row(const struct lines *from, const uint16_t *steps, JBLOCKROW blocks)
{
    float samples[DCTSIZE2], coefficients[DCTSIZE2];
    for (size_t b = 0; b < from->stride / DCTSIZE; b++) {
        for (size_t y = 0; y < DCTSIZE; y++)
            memcpy(samples + y * DCTSIZE, from->p + y * from->stride + b * DCTSIZE, DCTSIZE * sizeof samples[0]);
        kin_dct_forward(samples, coefficients);
        for (int k = 0; k < DCTSIZE2; k++)
            blocks[b][k] = (JCOEF)lrintf(coefficients[k] / (float)steps[k]);
    }
}

void kin_jpeg_run_resample(struct kin_jpeg_run *r, int ci, jvirt_barray_ptr input)
{
    j_common_ptr in = (j_common_ptr)&r->library.in;
    const jpeg_component_info *c = &r->library.in.comp_info[ci];
    size_t width = (r->info->width + 1u) / 2;
    struct lines from = new_lines(r, c->downsampled_width, c->width_in_blocks);
    struct lines to = new_lines(r, width, (width + DCTSIZE - 1) / DCTSIZE);
    for (JDIMENSION row = 0; row < c->height_in_blocks; row++) {
        JBLOCKROW blocks = in->mem->access_virt_barray(in, input, row, 1, FALSE)[0];
        decode_row(blocks, c->quant_table->quantval, &from);
        resample_lines(&from, &to);
        encode_row(&to, r->steps[1], in->mem->access_virt_barray(in, r->planes[ci], row, 1, TRUE)[0]);
    }
}
