// JPEG into RGB pixels at any number of eighths of its size; the only file that knows turbojpeg.
#ifndef TUI_TURBO_H
#define TUI_TURBO_H

#include "jpeg/markers.h"

struct turbo;

// KIN_OK (caller owns) or KIN_ENOMEM.
int turbo_new(struct turbo **ret);
void turbo_free(struct turbo *t); // accepts NULL

// Reads the header. `info`: the result of kin_jpeg_walk(), or NULL where it finds no JPEG. KIN_OK, KIN_EBAD,
// KIN_EUNSUPPORTED, KIN_ENOMEM; on failure *ret_why completes "it cannot be shown: ..." and lives until the next use.
int turbo_read_size(struct turbo *t, struct kin_span jpeg, const struct kin_jpeg_info *info, int *ret_width,
                    int *ret_height, const char **ret_why);

// One side of a picture at so many eighths of its size.
int turbo_scaled(int size, int eighths);

// Bytes that decoding the picture of that header takes, in lines of at least `stride` bytes.
size_t turbo_room(const struct turbo *t, int width, int height, size_t stride);

// Decodes the picture of that header at a scaled size; `luma`: in gray, for which the planes of colour are not decoded.
// KIN_OK; *ret_damaged: with errors. KIN_EBAD with *ret_why.
int turbo_decode(struct turbo *t, struct kin_span jpeg, bool luma, uint8_t *rgb, int width, int height, size_t stride,
                 bool *ret_damaged, const char **ret_why);

#endif
