// RGB pixels as PNG, fast rather than small: every line as its difference from the one above, deflated by runs and
// Huffman codes alone. On film that takes half the time of zlib's fastest level on plain pixels, and 15 % fewer bytes.
// The only user of zlib.
#ifndef TUI_PNG_H
#define TUI_PNG_H

#include "picture/image.h"

#define PNG_DROP_MAX 4 // bits of 8

struct png;

// KIN_OK (caller owns) or KIN_ENOMEM.
int png_new(struct png **ret);
void png_free(struct png *p); // accepts NULL

// Appends a PNG of pixels that image_check_pixels() accepts. The lowest `drop` bits of each sample are replaced by what
// the others say, which saves a quarter of the bytes for each. KIN_OK, KIN_ENOMEM, KIN_ELIMIT (nothing is appended).
int png_encode(struct png *p, const struct canvas_pixels *pixels, unsigned drop, struct image_bytes *out);

#endif
