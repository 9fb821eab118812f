// Turns pictures that were filmed on their side or mirrored: copies planes turned by a multiple of 90 degrees.
#ifndef PREP_TURN_H
#define PREP_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Rows and columns are exchanged first, then the result is mirrored.
struct turn {
    bool swap, mirror_x, mirror_y;
};

// From the 3x3 display matrix of ISO/IEC 14496-12 (8.3.2.3) as libavutil/display.h stores it. Other angles are rounded
// to the nearest right angle.
struct turn turn_from_matrix(const int32_t matrix[9]);

struct plane {
    uint8_t *p;
    size_t stride; // bytes from one row to the next
    uint32_t width, height;
};

// Copies src, turned, to the upper left corner of dst. The rest of dst, to the right and below, repeats the last column
// and row. dst is at least as large as the turned src; neither is empty.
void turn_copy(struct turn turn, const struct plane *src, const struct plane *dst);

#endif
