// Pixels at another size, by linear interpolation: good for up to half the size, which is all that is left to do after
// decoding at n/8.
#ifndef TUI_SCALE_H
#define TUI_SCALE_H

#include "picture/image.h"

struct scaler;

// KIN_OK (caller owns) or KIN_ENOMEM.
int scaler_new(struct scaler **ret);
void scaler_free(struct scaler *s); // accepts NULL

// *ret is `pixels` itself where it has the size, else the scaler's until its next use. width and height are at least 1.
// KIN_OK or KIN_ENOMEM.
int scaler_scale(struct scaler *s, const struct canvas_pixels *pixels, int width, int height,
                 struct canvas_pixels *ret);

// The picture of a terminal that scales by itself: where it has more pixels than the cells, what the cells can show.
// The same errors, and the same owner of *ret. q is one that image_check_pixels() accepts.
int scaler_shrink(struct scaler *s, const struct image_request *q, struct canvas_pixels *ret);

#endif
