// JPEG knows one way of making colours from YCbCr, that of BT.601 (JFIF); films of high definition use others. Pictures
// are moved from theirs to it without a detour over RGB.
#ifndef PREP_RECOLOUR_H
#define PREP_RECOLOUR_H

#include <stdbool.h>

#include "drawing/picture.h"

// Shares of red and blue in luma.
struct recolour_from {
    double red, blue;
};
#define RECOLOUR_BT601 ((struct recolour_from){0.299, 0.114})
#define RECOLOUR_BT709 ((struct recolour_from){0.2126, 0.0722})
#define RECOLOUR_BT2020 ((struct recolour_from){0.2627, 0.0593})
#define RECOLOUR_SMPTE240 ((struct recolour_from){0.212, 0.087})

// What becomes of a colour: luma gains a share of both chroma values; these are mixed. In 1/65536.
struct recolour {
    bool needed;
    int32_t y_cb, y_cr, cb_cb, cb_cr, cr_cb, cr_cr;
};

struct recolour recolour_init(struct recolour_from from);

// A picture of full range, in place. Chroma is interpolated between its samples, which lie in the middle of four luma
// samples.
void recolour_picture(const struct recolour *r, struct kin_picture *p);

#endif
