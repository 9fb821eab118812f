// Converts a JPEG to a form that RFC 2435 can express: one baseline scan of Y, Cb, Cr with the standard Huffman tables,
// 4:2:0 or 4:2:2, two 8-bit quantization tables, no restart intervals (decoders are faster without, and not every
// receiver takes types 64 and 65).
//
// Coefficients are kept wherever possible, so that they decode to the same pixels; conversion.h says what is lost.
// Where colour must be resampled, the coefficients of Y stay; 4:4:4 and 4:1:1 become 4:2:2, 4:4:0 becomes 4:2:0.
// Coefficients that are computed anew are quantized with a half or a third of the file's steps. Pure computation: a
// 3840x2160 picture takes some 15 ms of one core, 50-75 ms when its colour is resampled. Threads may rewrite different
// pictures at once.
#ifndef KIN_JPEG_REWRITE_H
#define KIN_JPEG_REWRITE_H

#include "base/atomic.h"
#include "base/buf.h"
#include "jpeg/conversion.h"
#include "jpeg/work.h"

#define KIN_JPEG_REWRITE_PIXELS_MAX (36u << 20)         // largest picture: 8192x4320 fits
#define KIN_JPEG_REWRITE_MEMORY_MAX ((size_t)384 << 20) // bytes of working memory; 8192x4320 in 4:4:4 fits
#define KIN_JPEG_REWRITE_BYTES_MAX ((size_t)17 << 20)   // longest output: RTP cannot carry more than 16 MiB of scan
#define KIN_JPEG_REWRITE_SCANS_MAX KIN_JPEG_SCANS_MAX   // each one costs a pass over the picture

// `info` is the result of kin_jpeg_walk() for `jpeg`. KIN_OK: *ret is a new buffer with one reference, which
// kin_jpeg_compat() accepts unless the scan became too long. Else *ret_why (static text; may be NULL to ignore)
// completes "it cannot be rewritten: ...", and the error is KIN_EUNSUPPORTED (no conversion is possible, or
// coefficients exceed the range of baseline), KIN_EBAD (damaged), KIN_ELIMIT (see above), KIN_ENOMEM, or KIN_ECANCELED
// once *canceled is set (checked between rows; NULL: never).
int kin_jpeg_rewrite(struct kin_span jpeg, const struct kin_jpeg_info *info, const atomic_bool *canceled,
                     struct kin_buf **ret, const char **ret_why);

// Upper bound of the working memory for such a picture, in bytes, without input and output.
size_t kin_jpeg_rewrite_memory(const struct kin_jpeg_info *info);

#endif
