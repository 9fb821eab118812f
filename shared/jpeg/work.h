// Limits the work that decoding a JPEG may cause. A progressive file of a few bytes can demand any number of passes
// over a picture of any size; real pictures stay far below these limits.
#ifndef KIN_JPEG_WORK_H
#define KIN_JPEG_WORK_H

#include "jpeg/markers.h"

#define KIN_JPEG_SCANS_MAX 64u // a progressive picture has about ten
// Blocks of 8x8 samples in all scans together: KIN_JPEG_BLOCKS_FREE, and more in proportion to the file's bytes. The
// shortest possible coding takes two bits for a block, and one bit in each further scan.
#define KIN_JPEG_BLOCKS_FREE (1u << 20)
#define KIN_JPEG_BLOCKS_PER_BYTE 256u

// `info` is the result of kin_jpeg_walk() for a file of `bytes` bytes. KIN_OK, or KIN_ELIMIT with *ret_why (static text
// that completes "it is not decoded: it has ..."; may be NULL).
int kin_jpeg_check_work(const struct kin_jpeg_info *info, size_t bytes, const char **ret_why);

// The same for any bytes before they are given to a decoder, also for those that kin_jpeg_walk() rejects: a decoder may
// be more lenient.
int kin_jpeg_check_file_work(struct kin_span file, const char **ret_why);

// Blocks of 8x8 samples of component i, in whole MCUs.
uint64_t kin_jpeg_component_blocks(const struct kin_jpeg_info *info, unsigned i);

#endif
