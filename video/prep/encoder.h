// Encodes pictures at one quality; where a JPEG gets too long, at the best lower quality that keeps it short enough.
#ifndef PREP_ENCODER_H
#define PREP_ENCODER_H

#include "drawing/jpeg_sink.h"

// Must not move once initialised (libjpeg keeps pointers into it).
struct encoder {
    struct kin_jpeg_sink sink, lower; // at the requested quality, and at a lower one
    uint16_t width, height;
    unsigned quality;
};

// Pictures of this size at quality 1..100. KIN_OK, KIN_ENOMEM, KIN_EUNSUPPORTED; _deinit in any case (also of a zeroed
// one).
int encoder_init(struct encoder *e, uint16_t width, uint16_t height, unsigned quality);
void encoder_deinit(struct encoder *e);

// Makes a JPEG, with a comment when that is not empty; *ret borrows until the next call. KIN_OK, KIN_ENOMEM,
// KIN_ELIMIT when it gets longer than a reel's frame may be, KIN_EUNSUPPORTED.
int encoder_run(struct encoder *e, const struct kin_picture *p, struct kin_span comment, struct kin_span *ret);

// Encodes at the best quality below e->quality that gives at most max_bytes, and sets *ret_quality to it. KIN_OK,
// KIN_ELIMIT when even quality 1 is too long, or as above.
int encoder_fit(struct encoder *e, const struct kin_picture *p, struct kin_span comment, size_t max_bytes,
                unsigned *ret_quality, struct kin_span *ret);

#endif
