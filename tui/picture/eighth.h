// The picture that the means of a JPEG's blocks are, in RGB.
#ifndef TUI_EIGHTH_H
#define TUI_EIGHTH_H

#include "jpeg/dc.h"
#include "picture/pixels.h"

#define EIGHTH_WIDTH_MAX 8192 // of 65535

// Converts YCbCr or gray (T.871 section 7) into the pixels `rgb` of `to`: an eighth of the picture's size, rounded up,
// at most EIGHTH_WIDTH_MAX wide. A sample that stands for several pixels is repeated: so the mean of a cell's pixels is
// right, and what is beside a gap does not show it. `luma`: in gray.
void eighth_to_rgb(uint8_t *rgb, const struct canvas_pixels *to, const struct kin_jpeg_dc_picture *picture, bool luma);

#endif
