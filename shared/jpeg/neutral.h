// Restart intervals without contents: every block repeats the brightness that decoding begins with, which is gray.
#ifndef KIN_JPEG_NEUTRAL_H
#define KIN_JPEG_NEUTRAL_H

#include "base/wr.h"
#include "jpeg/markers.h"

#define KIN_JPEG_MCU_BLOCKS_MAX 10 // T.81 section B.2.3

struct kin_jpeg_neutral {
    unsigned blocks; // in an MCU
    struct {
        uint32_t bits; // "no difference" and "end of block", one behind the other
        unsigned count;
    } codes[KIN_JPEG_MCU_BLOCKS_MAX];
    unsigned mcu_bits;
};

// For a picture of one sequential scan with all components. `info` is the result of kin_jpeg_walk() for this header.
// KIN_OK; KIN_EUNSUPPORTED: its Huffman tables have no such codes, or an MCU has too many blocks.
int kin_jpeg_neutral_init(struct kin_jpeg_neutral *n, struct kin_span header, const struct kin_jpeg_info *info);

// The longest interval of so many MCUs, in bytes.
uint64_t kin_jpeg_neutral_bytes(const struct kin_jpeg_neutral *n, uint64_t mcus);

// Writes the entropy-coded bytes of so many MCUs.
void kin_jpeg_neutral_write(const struct kin_jpeg_neutral *n, uint32_t mcus, struct kin_wr *w);

#endif
