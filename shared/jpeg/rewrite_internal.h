// What the parts of the rewrite share: the state of one picture. All functions are steps of kin_jpeg_library_run(), or
// called from one.
#ifndef KIN_JPEG_REWRITE_INTERNAL_H
#define KIN_JPEG_REWRITE_INTERNAL_H

#include "jpeg/conversion.h"
#include "jpeg/library.h"

#define KIN_JPEG_REWRITE_ROWS 128 // working memory in lines of one byte per sample: generous

struct kin_jpeg_run {
    struct kin_jpeg_library library;
    const struct kin_jpeg_info *info; // from kin_jpeg_walk()
    enum kin_jpeg_conversion conversion;
    uint16_t steps[2][DCTSIZE2]; // quantization of the output: luma, chroma; natural order
    jvirt_barray_ptr planes[3];  // coefficients of the output
};

// --- rewrite.c

// Sets the output's size, sampling (luma_v 1: 4:2:2, 2: 4:2:0) and tables. space: colours of the pixels to be written,
// if any.
void kin_jpeg_run_begin_output(struct kin_jpeg_run *r, J_COLOR_SPACE space, int luma_v);

// --- rewrite_tables.c

// Derives `steps` from the input's tables: 8 bits, one table for both chroma components. With `luma_only` chroma gets
// luma's steps, for pictures whose components are not YCbCr.
void kin_jpeg_run_choose_steps(struct kin_jpeg_run *r, bool luma_only);
// Divides the steps of luma (0) or chroma (1). For samples that are computed anew: quantizing them as coarsely as the
// input's encoder did would add as large an error a second time.
#define KIN_JPEG_RESAMPLED_FINER 2 // does not make film in 4:4:4 longer
#define KIN_JPEG_CONVERTED_FINER 3 // nor this film in RGB or CMYK
void kin_jpeg_run_refine_steps(struct kin_jpeg_run *r, int table, unsigned by);
// Requantizes a block from steps `from` to steps `to`, both in natural order.
void kin_jpeg_requantize(JCOEF block[DCTSIZE2], const uint16_t from[DCTSIZE2], const uint16_t to[DCTSIZE2]);

// --- rewrite_planes.c

// Call before the input's coefficients are read: requests the output arrays that cannot be the input's own.
void kin_jpeg_run_request_planes(struct kin_jpeg_run *r);
// Call afterwards: fills `planes`, and fails if the standard Huffman tables lack a code for a coefficient.
void kin_jpeg_run_fill_planes(struct kin_jpeg_run *r, jvirt_barray_ptr *input);

// --- rewrite_resample.c

// Fills planes[ci] (half the width of luma) from the input's plane of full or quarter width and the same height. Both
// may be the same array if the plane becomes narrower. All coefficients have codes afterwards.
void kin_jpeg_run_resample(struct kin_jpeg_run *r, int ci, jvirt_barray_ptr input);

// --- rewrite_pixels.c: a step

// Decodes and encodes again, for pictures without a usable Y plane: RGB, CMYK, unusual factors.
void kin_jpeg_run_pixels(void *run);

#endif
