// Makes a smaller JPEG for players that take at most 2040 pixels a side: half the size, or a quarter or an eighth where
// half is still too large. libjpeg scales it in the DCT domain and encodes it with the file's own quantization tables
// in a form that RFC 2435 can express (baseline 4:2:0, standard Huffman tables). Pure; any thread.
#ifndef KIN_JPEG_HALF_H
#define KIN_JPEG_HALF_H

#include "base/atomic.h"
#include "base/buf.h"
#include "jpeg/work.h"

#define KIN_JPEG_HALF_PIXELS_MAX (64u << 20)         // of the original: 8192x8192
#define KIN_JPEG_HALF_MEMORY_MAX ((size_t)512 << 20) // bytes of working memory: a progressive picture of that size fits
#define KIN_JPEG_HALF_BYTES_MAX ((size_t)16 << 20)   // longest output
#define KIN_JPEG_HALF_SCANS_MAX KIN_JPEG_SCANS_MAX
#define KIN_JPEG_HALF_SIDE_MAX 2040u // of the output
#define KIN_JPEG_HALF_DIVISOR_MAX 8u // libjpeg's smallest scale

struct kin_jpeg_half {
    uint8_t divisor;        // 2, 4 or 8
    uint16_t width, height; // of the output: the original's by the divisor, rounded up as libjpeg does
};

// The size of the output for a picture of width x height pixels, divided by at least 2 and until it fits.
// KIN_EUNSUPPORTED, with *ret untouched, when an eighth is still too large.
int kin_jpeg_half_size(uint16_t width, uint16_t height, struct kin_jpeg_half *ret);

// Why this JPEG cannot be halved, static text; NULL when it can: gray, YCbCr or RGB, 8 bits, within the limits.
const char *kin_jpeg_half_refusal(const struct kin_jpeg_info *info);

// `info` is the result of kin_jpeg_walk() for `file`. KIN_OK: *ret is a new buffer with one reference. Else *ret_why
// (static text; may be NULL to ignore) completes "it cannot be halved: ...", and the error is KIN_EUNSUPPORTED (see
// above, or not supported by libjpeg), KIN_EBAD (damaged), KIN_ELIMIT (see above), KIN_ENOMEM, or KIN_ECANCELED once
// *canceled is set (checked between rows; NULL: never). Damage within the scan is no error: it is visible, as in the
// original.
int kin_jpeg_half(struct kin_span file, const struct kin_jpeg_info *info, const atomic_bool *canceled,
                  struct kin_buf **ret, const char **ret_why);

// Upper bound of the working memory for such a picture, in bytes, without input and output.
size_t kin_jpeg_half_memory(const struct kin_jpeg_info *info);

#endif
