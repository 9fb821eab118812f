// The real size of a picture whose RFC 2435 header does not give it: above 2040 pixels, sent as 0 or modulo 2048, or
// rounded down to blocks of 8 instead of up.
#ifndef KIN_ENGINE_JPEG_SIZE_H
#define KIN_ENGINE_JPEG_SIZE_H

#include "base/span.h"

struct jpeg_size {
    uint16_t width, height;
};

// Could `header` (pixels as the header has them, 0 possible) stand for `size`? Exact sizes that the header rounds up to
// blocks of 8 count.
bool jpeg_size_agrees(struct jpeg_size header, struct jpeg_size size);

// A size that agrees with the header and has as many MCUs as the scan: the header's own if possible, else a common
// size, else the one closest to a square. False, and *ret untouched, when there is none.
bool jpeg_size_guess(struct jpeg_size header, uint8_t type, struct kin_span scan, struct jpeg_size *ret);

#endif
