// Pictures at the size of the screen's samples: each sample is the mean of the pixels that it covers, also where it
// covers parts of them. Where there are more than two samples to a pixel in width or in height, lines are drawn from
// the middle of each pixel to the next, for else one would see the pixels. In fixed point: weights are exact to 1/2048
// in width and 1/512 in height.
#ifndef TUI_SHRINK_H
#define TUI_SHRINK_H

#include <stdbool.h>

#include "picture/pixels.h"

struct shrink; // from one size to another

// KIN_OK (caller owns), KIN_ENOMEM, KIN_EINVAL: a side below 1 or above SHRINK_SIDE_MAX.
#define SHRINK_SIDE_MAX (1 << 18)
int shrink_new(int from_width, int from_height, int width, int height, struct shrink **ret);
void shrink_free(struct shrink *s); // accepts NULL
bool shrink_fits(const struct shrink *s, int from_width, int from_height, int width, int height);

// Gives the lines of samples from the top down: `width` RGB triples each, which are valid during the call.
typedef void shrink_line_fn(void *ctx, int y, const uint8_t *rgb);
void shrink_pixels(struct shrink *s, const struct canvas_pixels *from, shrink_line_fn *line, void *ctx);

#endif
