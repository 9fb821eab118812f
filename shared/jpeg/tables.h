// The standard tables: quantization (T.81 Annex K.1, K.2 as RFC 2435 appendix A scales them) and Huffman (Annex K.3).
// Zig-zag order.
#ifndef KIN_JPEG_TABLES_H
#define KIN_JPEG_TABLES_H

#include "base/span.h"

#define KIN_JPEG_QUANT_BYTES 64

// Luma into ret[0..63], chroma into ret[64..127]; q is 1..99 (RFC 2435 section 4.2), clamped.
void kin_jpeg_quant_tables(unsigned q, uint8_t ret[128]);

// The four standard tables in the order DC luma, AC luma, DC chroma, AC chroma: class (0 DC, 1 AC), id (0, 1),
// 16 code counts, then the values.
struct kin_jpeg_huffman {
    uint8_t table_class, id;
    const uint8_t *counts; // 16
    const uint8_t *values; // behind the counts
    uint8_t value_count;   // 12 or 162
};
extern const struct kin_jpeg_huffman kin_jpeg_standard_huffman[4];
// The standard table with this class and these counts and values; NULL when there is none.
const struct kin_jpeg_huffman *kin_jpeg_find_standard_huffman(unsigned table_class, struct kin_span data);

// The four tables as one DHT segment, marker included (420 bytes).
#define KIN_JPEG_DHT_BYTES 420
struct kin_span kin_jpeg_standard_dht(void);

#endif
