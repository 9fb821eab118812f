// What a JPEG may cost whoever decodes it. A progressive file can ask for any number of passes over a picture of any
// size with a handful of bytes; pictures that somebody meant to be seen stay far below these limits.
#ifndef KIN_JPEG_WORK_H
#define KIN_JPEG_WORK_H

#include "jpeg/markers.h"

#define KIN_JPEG_SCANS_MAX 64u // a progressive picture has about ten
// Blocks of 8x8 samples that the scans may go over, all together: so many for nothing, and so many for each byte. The
// shortest codes that there are take two bits a block, and a bit in each further scan.
#define KIN_JPEG_BLOCKS_FREE (1u << 20)
#define KIN_JPEG_BLOCKS_PER_BYTE 256u

// `info` is what kin_jpeg_walk() said about a file of so many bytes. KIN_OK, or KIN_ELIMIT with *ret_why (static text
// that completes "it is not decoded: it has ..."; may be NULL).
int kin_jpeg_check_work(const struct kin_jpeg_info *info, size_t bytes, const char **ret_why);

// The same for any bytes that are about to be handed to a decoder, also those that kin_jpeg_walk() refuses: a decoder
// may be more lenient.
int kin_jpeg_check_file_work(struct kin_span file, const char **ret_why);

// Blocks of 8x8 samples of component i, in whole MCUs.
uint64_t kin_jpeg_component_blocks(const struct kin_jpeg_info *info, unsigned i);

#endif
