// Takes what is missing in a picture from the one before.
#ifndef TUI_PATCH_H
#define TUI_PATCH_H

#include "jpeg/bands.h"
#include "picture/pixels.h"

// Copies the MCUs of the gaps from `from` to `to`, whose pixels `rgb` are. Both are of the same full size, of which
// `to` was decoded at so many eighths; where `from` has another scale, the nearest pixels are taken.
void patch_gaps(uint8_t *rgb, const struct canvas_pixels *to, int eighths, const struct canvas_pixels *from,
                const struct kin_jpeg_gaps *gaps);

#endif
