// The parts of the decoder of DC coefficients: lookup tables (dc_tables.c) and the walk over codes (dc_walk.c).
#ifndef KIN_JPEG_DC_INTERNAL_H
#define KIN_JPEG_DC_INTERNAL_H

#include "base/span.h"

// An entry says what the next bits of the scan hold, as many whole codes with their values as can be told from
// KIN_JPEG_DC_LOOKUP_BITS bits:
//   bits  0-7   how many bits these take, at most KIN_JPEG_DC_ENTRY_BITS_MAX
//   bits  8-15  how many coefficients, at most 63
//   bits 16-30  the difference of the DC coefficient, in lookups that begin with it
//   bit   31    the last code ends the block
// KIN_JPEG_DC_SLOWLY stands where a code is longer.
#define KIN_JPEG_DC_LOOKUP_BITS 12
#define KIN_JPEG_DC_ENTRY_BITS_MAX 28u // two of them fit into what a refill leaves at least: 56 bits
#define KIN_JPEG_DC_BITS(entry) ((entry)&63)
#define KIN_JPEG_DC_COEFFICIENTS(entry) ((entry) >> 8 & 0xff)
#define KIN_JPEG_DC_DIFFERENCE(entry) ((int32_t)((entry) << 1) >> 17)
#define KIN_JPEG_DC_ENDS(entry) ((uintptr_t)(intptr_t)((int32_t)(entry) >> 31)) // all ones, or 0
#define KIN_JPEG_DC_SLOWLY (64u << 8)

// A Huffman table: 16 counts and the values (T.81 section B.2.4.2).
struct kin_jpeg_dc_code {
    uint8_t counts[16];
    uint8_t values[256];
};

// How the blocks of a component begin and how they go on, for up to three components.
#define KIN_JPEG_DC_PAIRS 3u
struct kin_jpeg_dc_tables {
    uint32_t lookups[2 * KIN_JPEG_DC_PAIRS][1 << KIN_JPEG_DC_LOOKUP_BITS]; // first, rest; first, rest ...
    struct kin_jpeg_dc_code codes[2 * KIN_JPEG_DC_PAIRS];                  // DC, AC; DC, AC ...
};

// The value of the code at the beginning of 16 bits and its length; 0 and 17 when it is none.
uint8_t kin_jpeg_dc_value(const struct kin_jpeg_dc_code *code, unsigned bits, unsigned *ret_length);

// Makes the lookups of a pair from its codes. KIN_OK, or KIN_EBAD: no prefix code, or a DC value above 15.
int kin_jpeg_dc_tables_make(struct kin_jpeg_dc_tables *t, unsigned pair);

// The number that the `size` bits behind a code stand for (T.81 section F.2.2.1, EXTEND).
static inline int kin_jpeg_dc_extend(unsigned bits, unsigned size)
{
    return size == 0 || bits >> (size - 1) != 0 ? (int)bits : (int)bits - (1 << size) + 1;
}

// A block within an MCU, in an array of these.
struct kin_jpeg_dc_block {
    uintptr_t rest;  // address of the lookup that goes on with it
    uintptr_t begin; // of the one that begins the next block, as a difference (exclusive or) to `rest`
    int32_t next;    // the next block, from this one on: 1, or back to the first one of the MCU
    uint32_t pair;
};

// Decodes blocks from entropy-coded bytes without stuffing, behind which there are KIN_JPEG_DC_PADDING zero bytes: two
// blocks of 64 codes, each of 31 bits with its value, and what is read ahead. Writes the differences of at most `count`
// blocks and returns how many there were. *ret_damaged: there were fewer, or bytes were left over, or the bits of a
// code were none.
#define KIN_JPEG_DC_PADDING 512u
size_t kin_jpeg_dc_walk(struct kin_span bytes, const struct kin_jpeg_dc_tables *tables,
                        const struct kin_jpeg_dc_block *first, size_t count, int16_t *ret, bool *ret_damaged);

#endif
