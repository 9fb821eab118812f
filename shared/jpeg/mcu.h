// Counts the MCUs in entropy-coded data without decoding a coefficient: how large a picture really is, and how long a
// restart interval that nobody told. Standard Huffman tables and RFC 2435 types only.
#ifndef KIN_JPEG_MCU_H
#define KIN_JPEG_MCU_H

#include "base/span.h"

// MCUs of a picture of that size: type 0 (4:2:2) has MCUs of 16x8, type 1 (4:2:0) of 16x16.
uint32_t kin_jpeg_mcu_expected(uint8_t type, uint16_t width, uint16_t height);

// Counts up to the first marker that is no RSTn, or to the end; with `one_interval`, up to the first RSTn too.
// KIN_OK, or KIN_EBAD when the data are no such coding or end inside an MCU.
int kin_jpeg_mcu_count(struct kin_span scan, uint8_t type, bool one_interval, uint32_t *ret);

#endif
