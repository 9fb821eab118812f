// Changes the width of chroma: transforms coefficients to samples along lines, filters those, and transforms back. The
// filter never mixes lines, so the columns stay transformed (dct.h). One row of blocks at a time.
#include "jpeg/dct.h"
#include "jpeg/rewrite_internal.h"

// Eight lines, one for each vertical frequency.
struct lines {
    float *p;
    size_t stride; // a whole number of blocks
    size_t width;  // samples of the picture; the rest is padding
};

static struct lines new_lines(struct kin_jpeg_run *r, size_t width, size_t blocks)
{
    j_common_ptr in = (j_common_ptr)&r->library.in;
    struct lines l = {.stride = blocks * DCTSIZE, .width = width};
    l.p = (float *)in->mem->alloc_large(in, JPOOL_IMAGE, l.stride * DCTSIZE * sizeof *l.p);
    return l;
}

// Returns which lines are not all zero, as kin_dct_inverse_lines().
static unsigned decode_row(JBLOCKROW blocks, const UINT16 *steps, struct lines *to)
{
    unsigned nonzero = 0;
    for (size_t b = 0; b < to->stride / DCTSIZE; b++)
        nonzero |= kin_dct_inverse_lines(blocks[b], steps, to->p + b * DCTSIZE, to->stride);
    return nonzero;
}

// Halves the number of samples; each is the mean of two.
static void halve_width(const float *from, size_t width, float *restrict to, size_t n)
{
    for (size_t i = 0; i < width / 2; i++)
        to[i] = (from[2 * i] + from[2 * i + 1]) / 2;
    if (width % 2 != 0)
        to[n - 1] = from[width - 1];
}

// Doubles the number of samples, mixing each with a part of its neighbour. Some decoders repeat the samples of 4:1:1,
// others interpolate linearly; this lies between the two.
#define NEIGHBOUR_WEIGHT 0.125f

static void double_width(const float *from, size_t width, float *restrict to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t x = i / 2;
        size_t beside = i % 2 != 0 ? (x + 1 < width ? x + 1 : x) : x > 0 ? x - 1 : x;
        to[i] = from[x] + NEIGHBOUR_WEIGHT * (from[beside] - from[x]);
    }
}

static void resample_line(const struct lines *from, struct lines *to, size_t v)
{
    const float *source = from->p + v * from->stride;
    float *line = to->p + v * to->stride;
    if (from->width < to->width)
        double_width(source, from->width, line, to->width);
    else
        halve_width(source, from->width, line, to->width);
    for (size_t x = to->width; x < to->stride; x++)
        line[x] = line[to->width - 1];
}

static void encode_row(const struct lines *from, const float scales[DCTSIZE2], JBLOCKROW blocks)
{
    for (size_t b = 0; b < from->stride / DCTSIZE; b++)
        kin_dct_forward_lines(from->p + b * DCTSIZE, from->stride, scales, blocks[b]);
}

static void resample_row(JBLOCKROW blocks, const UINT16 *steps, struct lines *from, struct lines *to)
{
    unsigned nonzero = decode_row(blocks, steps, from);
    for (size_t v = 0; v < DCTSIZE; v++) {
        if ((nonzero >> v & 1) != 0)
            resample_line(from, to, v);
        else
            memset(to->p + v * to->stride, 0, to->stride * sizeof *to->p);
    }
}

void kin_jpeg_run_resample(struct kin_jpeg_run *r, int ci, jvirt_barray_ptr input)
{
    j_common_ptr in = (j_common_ptr)&r->library.in;
    const jpeg_component_info *c = &r->library.in.comp_info[ci];
    size_t width = (r->info->width + 1u) / 2;
    struct lines from = new_lines(r, c->downsampled_width, c->width_in_blocks);
    struct lines to = new_lines(r, width, (width + DCTSIZE - 1) / DCTSIZE);
    float scales[DCTSIZE2];
    for (int k = 0; k < DCTSIZE2; k++)
        scales[k] = 1 / (float)r->steps[1][k];
    for (JDIMENSION row = 0; row < c->height_in_blocks; row++) {
        kin_jpeg_library_check(&r->library);
        JBLOCKROW blocks = in->mem->access_virt_barray(in, input, row, 1, FALSE)[0];
        resample_row(blocks, c->quant_table->quantval, &from, &to);
        encode_row(&to, scales, in->mem->access_virt_barray(in, r->planes[ci], row, 1, TRUE)[0]);
    }
}
