// The test picture: numbered, moving, with a timecode; encoded with libjpeg-turbo.
#ifndef KIN_DRAWING_PATTERN_H
#define KIN_DRAWING_PATTERN_H

#include "base/buf.h"

#define KIN_PATTERN_MAX_SIDE 8192
#define KIN_PATTERN_NUMBER_SIDE 64 // a shorter side has no room for the squares and the wheel

struct kin_pattern;

struct kin_pattern_options {
    uint16_t width, height;      // from 1 on
    uint32_t rate_num, rate_den; // within the limits of media/rate.h
    unsigned quality;            // 1..100
};

// KIN_OK, KIN_ERANGE (an option), KIN_ENOMEM, KIN_EUNSUPPORTED (libjpeg refuses).
int kin_pattern_new(const struct kin_pattern_options *options, struct kin_pattern **ret);
void kin_pattern_free(struct kin_pattern *p); // accepts NULL

// Frame n as a baseline 4:2:0 JPEG with standard Huffman tables; frame 0 also has the comment that states the rate
// (media/rate.h). The number is drawn as a row of 32 black/white squares (most significant first, white = 1), and
// again below them with black and white exchanged; they survive compression, so a test can read the number back from
// decoded pixels. With a side below KIN_PATTERN_NUMBER_SIDE there are neither squares nor timecode, only the gradient
// and, where digits have room, the number. Two patterns of the same options make the same bytes. KIN_OK (caller owns
// *ret), KIN_ENOMEM, KIN_ELIMIT when the JPEG is longer than a reel's frame may be.
int kin_pattern_encode(struct kin_pattern *p, uint32_t n, struct kin_buf **ret);

// Reads the number back from a decoded luma plane of the same size. False when the squares are not there.
bool kin_pattern_read_number(const uint8_t *luma, size_t stride, uint16_t width, uint16_t height, uint32_t *ret);

#endif
