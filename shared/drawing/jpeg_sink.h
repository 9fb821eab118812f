// Encodes planar pictures as JPEGs, one after the other.
#ifndef KIN_DRAWING_JPEG_SINK_H
#define KIN_DRAWING_JPEG_SINK_H

#include "drawing/picture.h"
#include "jpeg/library.h"

// Must not move once initialised (libjpeg keeps pointers into it).
struct kin_jpeg_sink {
    struct kin_jpeg_library library; // no input
};

// A baseline 4:2:0 compressor with standard Huffman tables for pictures of this size. quality: 1 to 100. max: longest
// JPEG in bytes. KIN_OK or KIN_ENOMEM; _deinit in any case (also of a zeroed one).
int kin_jpeg_sink_init(struct kin_jpeg_sink *s, uint16_t width, uint16_t height, unsigned quality, size_t max);
void kin_jpeg_sink_deinit(struct kin_jpeg_sink *s);

// Compresses one picture (padded planes). comment: becomes a COM segment unless empty. *ret is borrowed until the next
// call. KIN_OK, KIN_ENOMEM, or KIN_ELIMIT when it gets longer than max. The sink stays usable after a failure.
int kin_jpeg_sink_encode(struct kin_jpeg_sink *s, const struct kin_picture *p, struct kin_span comment,
                         struct kin_span *ret);

#endif
