// Fills the output's coefficients, reusing the input's arrays where their shape allows it.
#include "base/err.h"
#include "jpeg/rewrite_internal.h"

#define AC_MAX 1023  // the standard tables have codes for 10 bits
#define DC_MIN -1024 // differences within this range have 11 bits
#define DC_MAX 1023

static JDIMENSION rounded_up(JDIMENSION value, JDIMENSION to)
{
    return (value + to - 1) / to;
}

static jvirt_barray_ptr request(struct kin_jpeg_run *r, JDIMENSION width, JDIMENSION height, JDIMENSION at_once)
{
    j_common_ptr in = (j_common_ptr)&r->library.in;
    return in->mem->request_virt_barray(in, JPOOL_IMAGE, TRUE, width, rounded_up(height, at_once) * at_once, at_once);
}

// A gray picture becomes 4:2:0, whose luma is written two rows of blocks at a time.
static void request_colourless(struct kin_jpeg_run *r)
{
    const jpeg_component_info *y = &r->library.in.comp_info[0];
    r->planes[0] = request(r, y->width_in_blocks, y->height_in_blocks, 2);
    for (int ci = 1; ci < 3; ci++)
        r->planes[ci] = request(r, rounded_up(y->width_in_blocks, 2), rounded_up(y->height_in_blocks, 2), 1);
}

// Chroma that becomes narrower stays in the input's array.
void kin_jpeg_run_request_planes(struct kin_jpeg_run *r)
{
    const jpeg_component_info *c = r->library.in.comp_info;
    if (r->info->component_count == 1)
        request_colourless(r);
    else if (r->conversion == KIN_JPEG_CONVERSION_RESAMPLE && kin_jpeg_chroma_ratio(r->info).x > 2)
        for (int ci = 1; ci < 3; ci++)
            r->planes[ci] = request(r, rounded_up(r->info->width, 2 * DCTSIZE), c[ci].height_in_blocks, 1);
}

static JBLOCKROW row_of(struct kin_jpeg_run *r, jvirt_barray_ptr plane, JDIMENSION row, boolean writable)
{
    j_common_ptr in = (j_common_ptr)&r->library.in;
    kin_jpeg_library_check(&r->library);
    return in->mem->access_virt_barray(in, plane, row, 1, writable)[0];
}

static void copy(struct kin_jpeg_run *r, const jpeg_component_info *c, jvirt_barray_ptr from, jvirt_barray_ptr to)
{
    for (JDIMENSION row = 0; row < c->height_in_blocks; row++)
        memcpy(row_of(r, to, row, TRUE), row_of(r, from, row, FALSE), c->width_in_blocks * sizeof(JBLOCK));
}

static bool has_steps(const jpeg_component_info *c, const uint16_t *steps)
{
    return memcmp(c->quant_table->quantval, steps, DCTSIZE2 * sizeof steps[0]) == 0;
}

static void requantize(struct kin_jpeg_run *r, const jpeg_component_info *c, jvirt_barray_ptr plane,
                       const uint16_t *steps)
{
    for (JDIMENSION row = 0; row < c->height_in_blocks; row++) {
        JBLOCKROW blocks = row_of(r, plane, row, TRUE);
        for (JDIMENSION i = 0; i < c->width_in_blocks; i++)
            kin_jpeg_requantize(blocks[i], c->quant_table->quantval, steps);
    }
}

// ORs the magnitudes of the coefficients: a bit above AC_MAX shows that one of them is too large. In 16 bits
// throughout, so that the compiler can vectorise it.
static unsigned magnitudes(const JCOEF *c, int from)
{
    uint16_t all = 0;
    for (int k = from; k < DCTSIZE2; k++) {
        uint16_t sign = (uint16_t)(c[k] >> 15);
        all = (uint16_t)(all | (((uint16_t)c[k] ^ sign) - sign));
    }
    return all;
}

static bool has_codes(const JCOEF *block)
{
    if (magnitudes(block, 0) <= AC_MAX)
        return true;
    return magnitudes(block, 1) <= AC_MAX && block[0] >= DC_MIN && block[0] <= DC_MAX;
}

static void check(struct kin_jpeg_run *r, jvirt_barray_ptr plane, JDIMENSION width, JDIMENSION height)
{
    for (JDIMENSION row = 0; row < height; row++) {
        JBLOCKROW blocks = row_of(r, plane, row, FALSE);
        for (JDIMENSION i = 0; i < width; i++)
            if (!has_codes(blocks[i]))
                kin_jpeg_library_fail(&r->library, KIN_EUNSUPPORTED,
                                      "a coefficient is too large for the standard Huffman tables");
    }
}

// For Y of every picture, and chroma that keeps its shape.
static void keep(struct kin_jpeg_run *r, int ci, jvirt_barray_ptr input)
{
    const jpeg_component_info *c = &r->library.in.comp_info[ci];
    const uint16_t *steps = r->steps[ci > 0];
    if (r->planes[ci] != NULL)
        copy(r, c, input, r->planes[ci]);
    else
        r->planes[ci] = input;
    if (!has_steps(c, steps))
        requantize(r, c, r->planes[ci], steps);
    check(r, r->planes[ci], c->width_in_blocks, c->height_in_blocks);
}

void kin_jpeg_run_fill_planes(struct kin_jpeg_run *r, jvirt_barray_ptr *input)
{
    keep(r, 0, input[0]);
    for (int ci = 1; ci < r->info->component_count; ci++) {
        if (r->conversion != KIN_JPEG_CONVERSION_RESAMPLE) {
            keep(r, ci, input[ci]);
            continue;
        }
        if (r->planes[ci] == NULL)
            r->planes[ci] = input[ci];
        kin_jpeg_run_resample(r, ci, input[ci]);
    }
}
