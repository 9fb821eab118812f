// Counts the MCUs in entropy-coded data without decoding coefficients, to find the true size of a picture or an
// undeclared restart interval. Standard Huffman tables and RFC 2435 types only.
#ifndef KIN_JPEG_MCU_H
#define KIN_JPEG_MCU_H

#include "base/span.h"

// MCUs of a picture of that size: type 0 (4:2:2) has MCUs of 16x8, type 1 (4:2:0) of 16x16.
uint32_t kin_jpeg_mcu_expected(uint8_t type, uint16_t width, uint16_t height);

// Counts up to the first marker other than RSTn, or to the end; with `one_interval`, only up to the first RSTn.
// KIN_OK, or KIN_EBAD when the data are not coded so or end inside an MCU.
int kin_jpeg_mcu_count(struct kin_span scan, uint8_t type, bool one_interval, uint32_t *ret);

#endif
