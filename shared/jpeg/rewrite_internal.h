// What the parts of the rewrite share: the run of one picture. All functions are steps of kin_jpeg_library_run() or
// called from one. Private to this room.
#ifndef KIN_JPEG_REWRITE_INTERNAL_H
#define KIN_JPEG_REWRITE_INTERNAL_H

#include "jpeg/conversion.h"
#include "jpeg/library.h"

#define KIN_JPEG_REWRITE_ROWS 128 // lines of working memory, in bytes for a pixel and component: generous

struct kin_jpeg_run {
    struct kin_jpeg_library library;
    const struct kin_jpeg_info *info; // as the walk saw it
    enum kin_jpeg_conversion conversion;
    uint16_t steps[2][DCTSIZE2]; // quantization of the output: luma, chroma; natural order
    jvirt_barray_ptr planes[3];  // coefficients of the output
};

// --- rewrite.c

// The output's frame header: size, factors (luma_v 1: 4:2:2, 2: 4:2:0) and tables. space: of the pixels given, if any.
void kin_jpeg_run_begin_output(struct kin_jpeg_run *r, J_COLOR_SPACE space, int luma_v);

// --- rewrite_tables.c

// Chooses `steps` from the input's tables: 8 bits, one for both chroma components. With `luma_only` the chroma takes
// luma's (a picture without chroma, or with components that are none).
void kin_jpeg_run_choose_steps(struct kin_jpeg_run *r, bool luma_only);
// Divides the steps of luma (0) or chroma (1), for samples that no longer are what the input's encoder rounded: a
// second rounding as coarse as the first would add as large an error again.
#define KIN_JPEG_RESAMPLED_FINER 2 // film in 4:4:4 becomes no longer by it
#define KIN_JPEG_CONVERTED_FINER 3 // nor film in RGB or CMYK
void kin_jpeg_run_refine_steps(struct kin_jpeg_run *r, int table, unsigned by);
// Quantizes a block again; `from` and `to` in natural order.
void kin_jpeg_requantize(JCOEF block[DCTSIZE2], const uint16_t from[DCTSIZE2], const uint16_t to[DCTSIZE2]);

// --- rewrite_planes.c

// Before the input's coefficients are read: asks libjpeg for the arrays of the output that cannot be the input's own.
void kin_jpeg_run_request_planes(struct kin_jpeg_run *r);
// After: fills `planes`, and makes sure that the standard Huffman tables have codes for all of it.
void kin_jpeg_run_fill_planes(struct kin_jpeg_run *r, jvirt_barray_ptr *input);

// --- rewrite_resample.c

// Fills planes[ci] (half the luma's width) from the input's, which has all of it or a quarter; the height is the same.
// Both may be the same array where it becomes narrower. All coefficients get codes.
void kin_jpeg_run_resample(struct kin_jpeg_run *r, int ci, jvirt_barray_ptr input);

// --- rewrite_pixels.c: a step

// Decodes and encodes again, for what has no Y of its own: RGB, CMYK, odd factors.
void kin_jpeg_run_pixels(void *run);

#endif
