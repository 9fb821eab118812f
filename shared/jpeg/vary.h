// Makes a variant of a JPEG for a network that does not carry it well: with restart markers, so that less is lost with
// a packet, or quantized more coarsely, so that less is sent. Works on the coefficients. Markers alone lose nothing:
// the picture decodes to the same pixels.
//
// What comes out is a baseline JPEG of one scan with the sampling and colours of the input, and with the standard
// Huffman tables where the input has those, else with tables of its own. Pure computation: a picture of 1920x1080 takes
// about 10 ms of one core. Threads may make different ones at once.
#ifndef KIN_JPEG_VARY_H
#define KIN_JPEG_VARY_H

#include "base/atomic.h"
#include "base/buf.h"
#include "jpeg/work.h"

#define KIN_JPEG_VARY_PIXELS_MAX (36u << 20)         // largest picture: 8192x4320 fits
#define KIN_JPEG_VARY_MEMORY_MAX ((size_t)256 << 20) // bytes of working memory
#define KIN_JPEG_VARY_BYTES_MAX ((size_t)64 << 20)   // longest output
#define KIN_JPEG_VARY_INTERVAL_BYTES 250             // of a restart interval, about: a few of them fill a packet

// Below the file's own quality. Of film in 1920x1080 (ffmpeg -q:v 3, 283 KB a frame) they leave 74, 57, 40 and 27 %
// of the bytes, at 39.5, 37.4, 34.2 and 30.9 dB to the file's own picture; restart markers add 1.3 %.
#define KIN_JPEG_QUALITY_STEPS 4

struct kin_jpeg_variant {
    bool bands;      // with restart markers, the input's own where it has some
    uint8_t quality; // 0: the file's own; each step up to KIN_JPEG_QUALITY_STEPS is coarser
};

static inline bool kin_jpeg_variant_is_plain(struct kin_jpeg_variant v)
{
    return !v.bands && v.quality == 0;
}

static inline bool kin_jpeg_variant_is(struct kin_jpeg_variant a, struct kin_jpeg_variant b)
{
    return a.bands == b.bands && a.quality == b.quality;
}

// What a step is expected to leave of a picture's bytes, in thousandths: of film with some grain.
unsigned kin_jpeg_quality_share(unsigned quality);

// `info` is the result of kin_jpeg_walk() for `jpeg`. KIN_OK: *ret is a new buffer with one reference. Else *ret_why
// (static text; may be NULL to ignore) completes "no variant of it: ...", and the error is KIN_EUNSUPPORTED (libjpeg
// cannot read its coefficients, or write them in one scan), KIN_EBAD (damaged), KIN_ELIMIT (see above), KIN_ENOMEM, or
// KIN_ECANCELED once *canceled is set (checked between rows; NULL: never). A picture of a lower quality begins with a
// comment that names its step.
int kin_jpeg_vary(struct kin_span jpeg, const struct kin_jpeg_info *info, struct kin_jpeg_variant variant,
                  const atomic_bool *canceled, struct kin_buf **ret, const char **ret_why);

// Upper bound of the working memory for such a picture, in bytes, without input and output.
size_t kin_jpeg_vary_memory(const struct kin_jpeg_info *info);

// The step of quality that the comment in a JPEG's header names; 0: none does.
unsigned kin_jpeg_quality_of(struct kin_span jpeg);

#endif
