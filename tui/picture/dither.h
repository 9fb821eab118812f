// Lines of pixels as colours of a palette, in a way that hides the steps between these.
//
// Ordered dithering for moving pictures: the same pixels always become the same colours, so that what rests does not
// flicker, and runs stay long (7 % more bytes of sixels than without at 256 colours). Error diffusion (Floyd and
// Steinberg) for stills: nearer to the picture, but longer in bytes, and it takes three times as long.
#ifndef TUI_DITHER_H
#define TUI_DITHER_H

#include "picture/palette.h"

#define DITHER_SIDE 8

struct dither { // zero it to begin
    int amplitude;
    uint8_t level[DITHER_SIDE * DITHER_SIDE][256]; // upper 5 bits of a sample at each place of the pattern
    int16_t *errors;                               // of this line and of the next, in 16ths
    size_t size;
};

void dither_deinit(struct dither *d);

// To be called before the first line of each picture. KIN_OK or KIN_ENOMEM.
int dither_begin(struct dither *d, int colors, int width);

// Line y of the picture, `width` pixels, into one index for each. p is filled as colours are looked for.
void dither_ordered(const struct dither *d, struct palette *p, const uint8_t *rgb, int y, int width, uint8_t *index);
// The same, for lines one after the other from the first.
void dither_diffuse(struct dither *d, struct palette *p, const uint8_t *rgb, int width, uint8_t *index);

#endif
