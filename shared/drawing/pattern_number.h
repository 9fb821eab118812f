// The frame number of a test picture as black and white squares: their places, drawing and reading.
#ifndef KIN_DRAWING_PATTERN_NUMBER_H
#define KIN_DRAWING_PATTERN_NUMBER_H

#include "drawing/pattern.h"
#include "drawing/picture.h"

// 32 cells side by side, each with a bit in its upper half and the inverted bit in its lower half.
struct kin_pattern_squares {
    uint32_t x, y; // of the first cell
    uint32_t cell; // width of a cell: a multiple of 8 wherever the picture is at least 256 wide
    uint32_t half; // height of half a cell, a multiple of 8
    uint32_t band; // y of the dark band around them, which reaches to the lower edge
};

struct kin_pattern_squares kin_pattern_number_place(uint32_t width, uint32_t height);

void kin_pattern_number_draw(const struct kin_pattern_squares *s, struct kin_picture *p, uint32_t n);

#endif
