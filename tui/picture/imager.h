// The encoders of images (image.h), made when first used. One imager is used by one thread at a time.
#ifndef TUI_IMAGER_H
#define TUI_IMAGER_H

#include "picture/image.h"
#include "picture/kitty.h"
#include "picture/renderer.h"

struct imager_settings { // what is known of the terminal
    enum renderer renderer;
    int cell_width, cell_height; // pixels, each at least 1
    int max_colors;              // registers for sixel
    bool spills;                 // it erases the column to the right of an image
    struct kitty_settings kitty;
};

struct imager;

// KIN_OK (caller owns) or KIN_ENOMEM.
int imager_new(struct imager **ret);
void imager_free(struct imager *m); // accepts NULL

// The picture size worth decoding for cols x rows cells; 0x0: the JPEG alone will do.
void imager_wanted_pixels(const struct imager_settings *s, const struct image_request *q, int *ret_width,
                          int *ret_height);

// Appends the sequence of q. The errors of the encoders.
int imager_encode(struct imager *m, const struct imager_settings *s, struct image_request *q, struct image_bytes *out);

// Appends what must stand in the place of the image encoded last, and what removes it; both mostly nothing.
int imager_surround(struct imager *m, const struct imager_settings *s, const struct image_request *q,
                    struct image_bytes *base, struct image_bytes *removal);

#endif
