// A JPEG at half its size, for players that take no more than 2040 pixels: scaled in the DCT domain by libjpeg and
// coded again with the file's own quantization tables, in the words of RFC 2435 (baseline 4:2:0, standard Huffman
// tables). Pure; any thread.
#ifndef KIN_JPEG_HALF_H
#define KIN_JPEG_HALF_H

#include "base/buf.h"
#include "jpeg/markers.h"

#define KIN_JPEG_HALF_PIXELS_MAX (64u << 20) // of the original: 8192x8192
#define KIN_JPEG_HALF_SCANS_MAX 64           // a progressive file needs about ten

// Pixels of one side, rounded up as libjpeg does.
#define KIN_JPEG_HALF_OF(side) ((uint16_t)(((side) + 1u) / 2))

// Can this JPEG be halved: gray, YCbCr or RGB, 8 bits, within the limits?
bool kin_jpeg_half_can(const struct kin_jpeg_info *info);

// `info` is what kin_jpeg_walk() said about `file`. KIN_OK: *ret is the caller's; KIN_EUNSUPPORTED: see above;
// KIN_EBAD: libjpeg cannot decode it; KIN_ENOMEM. Damage within the scan does not fail: it shows, as it does in the
// original.
int kin_jpeg_half(struct kin_span file, const struct kin_jpeg_info *info, struct kin_buf **ret);

#endif
