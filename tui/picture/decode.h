// JPEG into RGB pixels, scaled while decoding to what the screen needs. One decoder is used by one thread at a time.
#ifndef TUI_DECODE_H
#define TUI_DECODE_H

#include "jpeg/bands.h"

// A partial frame is completed from the picture decoded before, if that is at most so many frames away.
#define DECODE_NEAR_FRAMES 32
// Larger pictures are refused before anything is allocated.
#define DECODE_PIXELS_MAX ((size_t)1 << 26)

struct decoder;

struct decode_result {
    const uint8_t *rgb; // the decoder's, until its next use
    int width, height;  // as decoded
    int eighths;        // of the full size
    size_t stride;
    int full_width, full_height;
    bool damaged; // decoded, but with errors
};

// KIN_OK (caller owns) or KIN_ENOMEM.
int decoder_new(struct decoder **ret);
void decoder_free(struct decoder *d); // accepts NULL

// Reads the header alone, with the checks and errors of decoder_decode(). The bytes stay as they are until the next
// call: if that decodes them, it does not read the header again.
int decoder_open(struct decoder *d, struct kin_span jpeg, int *ret_width, int *ret_height, const char **ret_why);

// Repairs a header that other decoders accept (jpeg/mend.h). Decodes at the smallest scale n/8 that is at least
// want_width x want_height, or at full size. KIN_OK, KIN_EBAD (no JPEG, or broken), KIN_ELIMIT (too large, or
// too much work for its bytes: jpeg/work.h), KIN_EUNSUPPORTED (lossless, hierarchical, more than 8 bits),
// KIN_ENOMEM. On failure *ret_why (may be NULL) is a sentence that lives as long as the decoder.
int decoder_decode(struct decoder *d, struct kin_span jpeg, int want_width, int want_height, struct decode_result *ret,
                   const char **ret_why);

// The same for a frame of a reel, of which parts may be missing: they are taken from the frame decoded before.
struct decode_frame {
    struct kin_span jpeg;
    uint64_t number;                  // in the reel
    const struct kin_jpeg_gaps *gaps; // NULL: none
    bool luma;                        // colours are not wanted: its pixels are gray
};
int decoder_decode_frame(struct decoder *d, const struct decode_frame *frame, int want_width, int want_height,
                         struct decode_result *ret, const char **ret_why);

#endif
