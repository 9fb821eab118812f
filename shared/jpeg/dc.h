// The DC coefficients of a sequential JPEG: the means of its blocks of 8x8 samples, which are the picture at one eighth
// of its size. AC coefficients are skipped several at a time, so that this takes a fraction of the time of decoding.
#ifndef KIN_JPEG_DC_H
#define KIN_JPEG_DC_H

#include "jpeg/markers.h"

#define KIN_JPEG_DC_PLANES_MAX 3u

struct kin_jpeg_dc_plane { // of one component, a sample a block
    const uint8_t *samples;
    size_t stride;          // bytes from one line to the next
    uint16_t width, height; // an eighth of the component's, rounded up
    uint8_t h, v;           // sampling factors
};

struct kin_jpeg_dc_picture {
    unsigned count; // 1 or 3
    struct kin_jpeg_dc_plane planes[KIN_JPEG_DC_PLANES_MAX];
    uint8_t h, v; // the largest sampling factors
    bool damaged; // the scan is not coded so throughout; what could not be decoded is gray
};

// Keeps its tables and buffers from one picture to the next. Used by one thread at a time.
struct kin_jpeg_dc;

// KIN_OK (caller owns) or KIN_ENOMEM.
int kin_jpeg_dc_new(struct kin_jpeg_dc **ret);
void kin_jpeg_dc_free(struct kin_jpeg_dc *d); // accepts NULL

// Whether a picture is of the kind that is decoded here: 8 bits, sequential Huffman coding (SOF0, SOF1), one scan of
// one or three components.
bool kin_jpeg_dc_supports(const struct kin_jpeg_info *info);

// `info` is the result of kin_jpeg_walk() for `jpeg`, whose work has been checked (jpeg/work.h). KIN_OK: the planes are
// the decoder's until its next use. KIN_EUNSUPPORTED (another kind), KIN_EBAD (a table is missing or invalid),
// KIN_ENOMEM.
int kin_jpeg_dc_decode(struct kin_jpeg_dc *d, struct kin_span jpeg, const struct kin_jpeg_info *info,
                       struct kin_jpeg_dc_picture *ret);

#endif
