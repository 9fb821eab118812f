// A planar 4:2:0 picture, and how to draw boxes, a gradient and text in it.
#ifndef KIN_DRAWING_PICTURE_H
#define KIN_DRAWING_PICTURE_H

#include "base/span.h"

// Planes are padded to whole 16x16 blocks. The padding is never seen, but drawing there keeps the edges clean.
struct kin_picture {
    uint32_t width, height; // padded: multiples of 16
    uint8_t *y;             // width * height, owned
    uint8_t *cb, *cr;       // width/2 * height/2 each, within the same block of memory
};

struct kin_colour {
    uint8_t y, cb, cr; // full range, as JFIF has it
};

struct kin_box {
    uint32_t x, y, w, h;
};

#define KIN_PICTURE_MAX_SIDE 8192u

// KIN_OK, KIN_ERANGE or KIN_ENOMEM; contents undefined. _deinit accepts a zeroed picture.
int kin_picture_init(struct kin_picture *p, uint32_t width, uint32_t height);
void kin_picture_deinit(struct kin_picture *p);

// Fills a box, clipped. Chroma changes in every 2x2 block that the box touches.
void kin_picture_fill(struct kin_picture *p, struct kin_box box, struct kin_colour colour);
void kin_picture_fill_luma(struct kin_picture *p, struct kin_box box, uint8_t luma);

// A gradient over the whole picture, whose luma and hue move with `phase` (in steps of drawing/trig.h).
void kin_picture_gradient(struct kin_picture *p, uint32_t phase);

// Text in the 5x7 font, `scale` pixels a dot, upper left corner at x, y; luma only, clipped.
void kin_picture_text(struct kin_picture *p, uint32_t x, uint32_t y, uint32_t scale, uint8_t luma, const char *text);

// Width in pixels of a text at scale 1, and the largest scale at which it fits w x h (0: none does).
uint32_t kin_picture_text_width(const char *text);
uint32_t kin_picture_text_fit(const char *text, uint32_t w, uint32_t h);

#endif
