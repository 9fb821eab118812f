// Pixels of a picture in memory.
#ifndef TUI_PIXELS_H
#define TUI_PIXELS_H

#include <stddef.h>
#include <stdint.h>

#define CANVAS_STRIDE_ALIGN ((size_t)4) // chafa 1.12 counts rows of pixels in 32-bit words

struct canvas_pixels { // RGB, 3 bytes a pixel
    const uint8_t *rgb;
    int width, height;
    size_t stride; // bytes, a multiple of CANVAS_STRIDE_ALIGN
};

#endif
