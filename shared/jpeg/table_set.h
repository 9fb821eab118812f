// Quantization and Huffman tables that stay in force from one picture to the next: the abbreviated formats of T.81
// annex B.5, where a stream says its tables once.
#ifndef KIN_JPEG_TABLE_SET_H
#define KIN_JPEG_TABLE_SET_H

#include "base/wr.h"
#include "jpeg/markers.h"

// A slot is one of four quantization tables, four Huffman tables for DC or four for AC; a set of slots is a word.
#define KIN_JPEG_TABLE_SLOTS 12u
#define KIN_JPEG_SLOT_DQT(id) (1u << (id))
#define KIN_JPEG_SLOT_DHT(class, id) (1u << (4u + 4u * (class) + (id)))
#define KIN_JPEG_SLOTS_DQT 0x00fu
#define KIN_JPEG_SLOTS_DHT 0xff0u
#define KIN_JPEG_TABLE_BYTES_MAX 272u // 16 counts and 256 values

struct kin_jpeg_table_set {
    uint16_t present;
    uint16_t standard; // Huffman tables of Annex K.3, which are meant where there is none at all
    uint16_t length[KIN_JPEG_TABLE_SLOTS];
    uint8_t bytes[KIN_JPEG_TABLE_SLOTS][KIN_JPEG_TABLE_BYTES_MAX];
};

// Takes what a DQT or DHT segment defines, up to where it is malformed. Returns the slots.
unsigned kin_jpeg_table_set_read(struct kin_jpeg_table_set *t, uint8_t marker, struct kin_span body);

// Writes these of its tables, a segment each. KIN_JPEG_TABLE_SET_BYTES are always enough.
#define KIN_JPEG_TABLE_SET_BYTES (KIN_JPEG_TABLE_SLOTS * (5u + KIN_JPEG_TABLE_BYTES_MAX))
void kin_jpeg_table_set_write(const struct kin_jpeg_table_set *t, unsigned slots, struct kin_wr *w);

// Do both say the same of these slots? What is absent is the same as what is standard.
bool kin_jpeg_table_set_same(const struct kin_jpeg_table_set *a, const struct kin_jpeg_table_set *b, unsigned slots);

// What the header of a picture defines and what its first scan needs.
struct kin_jpeg_needs {
    unsigned defined, needed; // slots
    bool only_tables;         // it ends behind them: there is no picture (T.81 annex B.5)
};
// The header at the beginning of `jpeg`; what is cut off does not count. `learn` (may be NULL) takes its tables.
struct kin_jpeg_needs kin_jpeg_find_needs(struct kin_span jpeg, struct kin_jpeg_table_set *ret_tables);

// The slots that a picture wants out of the tables in force. Standard Huffman tables need not be said.
unsigned kin_jpeg_missing_tables(const struct kin_jpeg_needs *needs, const struct kin_jpeg_table_set *in_force);

#endif
