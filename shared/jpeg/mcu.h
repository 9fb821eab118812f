// MCUs (T.81 section A.2): how many a picture has, and how many there are in entropy-coded data. Those are counted
// without decoding coefficients, to find the true size of a picture or an undeclared restart interval: standard Huffman
// tables and RFC 2435 types only.
#ifndef KIN_JPEG_MCU_H
#define KIN_JPEG_MCU_H

#include "jpeg/markers.h"

// The MCUs of a picture whose components share one scan.
struct kin_jpeg_mcus {
    uint8_t width, height; // of one, in pixels
    uint16_t columns;      // in a line
    uint32_t count;
};
struct kin_jpeg_mcus kin_jpeg_mcus(const struct kin_jpeg_info *info);

// MCUs of a picture of that size: type 0 (4:2:2) has MCUs of 16x8, type 1 (4:2:0) of 16x16.
uint32_t kin_jpeg_mcu_expected(uint8_t type, uint16_t width, uint16_t height);

// Counts up to the first marker other than RSTn, or to the end; with `one_interval`, only up to the first RSTn.
// KIN_OK, or KIN_EBAD when the data are not coded so or end inside an MCU.
int kin_jpeg_mcu_count(struct kin_span scan, uint8_t type, bool one_interval, uint32_t *ret);

#endif
