// Converts pictures between YCbCr matrices, without going through RGB. JPEG (JFIF) has only that of BT.601; films in
// high definition use others.
#ifndef PREP_RECOLOUR_H
#define PREP_RECOLOUR_H

#include <stdbool.h>

#include "drawing/picture.h"

// Weights of red and blue in luma.
struct recolour_from {
    double red, blue;
};
#define RECOLOUR_BT601 ((struct recolour_from){0.299, 0.114})
#define RECOLOUR_BT709 ((struct recolour_from){0.2126, 0.0722})
#define RECOLOUR_BT2020 ((struct recolour_from){0.2627, 0.0593})
#define RECOLOUR_SMPTE240 ((struct recolour_from){0.212, 0.087})

// The conversion, in 1/65536: luma gains a share of each chroma value, and the chroma values are mixed.
struct recolour {
    bool needed;
    int32_t y_cb, y_cr, cb_cb, cb_cr, cr_cb, cr_cr;
};

struct recolour recolour_init(struct recolour_from from);

// Converts a full-range picture in place. Chroma is interpolated between its samples, each of which lies in the middle
// of four luma samples.
void recolour_picture(const struct recolour *r, struct kin_picture *p);

#endif
