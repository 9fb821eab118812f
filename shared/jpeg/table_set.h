// Quantization and Huffman tables that stay in force from one picture to the next, where a stream defines its tables
// once: the abbreviated formats of T.81 annex B.5.
#ifndef KIN_JPEG_TABLE_SET_H
#define KIN_JPEG_TABLE_SET_H

#include "base/wr.h"
#include "jpeg/markers.h"

// A slot holds one table: four are for quantization, four for DC and four for AC Huffman tables. A set of slots is a
// bit mask.
#define KIN_JPEG_TABLE_SLOTS 12u
#define KIN_JPEG_SLOT_DQT(id) (1u << (id))
#define KIN_JPEG_SLOT_DHT(class, id) (1u << (4u + 4u * (class) + (id)))
#define KIN_JPEG_SLOTS_DQT 0x00fu
#define KIN_JPEG_SLOTS_DHT 0xff0u
#define KIN_JPEG_TABLE_BYTES_MAX 272u // 16 counts and 256 values

struct kin_jpeg_table_set {
    uint16_t present;
    uint16_t standard; // slots with Huffman tables of Annex K.3, which are implied where there are none
    uint16_t length[KIN_JPEG_TABLE_SLOTS];
    uint8_t bytes[KIN_JPEG_TABLE_SLOTS][KIN_JPEG_TABLE_BYTES_MAX];
};

// Stores the tables of a DQT or DHT segment, up to where it is malformed. Returns their slots.
unsigned kin_jpeg_table_set_read(struct kin_jpeg_table_set *t, uint8_t marker, struct kin_span body);

// Writes the tables of these slots, a segment each. KIN_JPEG_TABLE_SET_BYTES are always enough.
#define KIN_JPEG_TABLE_SET_BYTES (KIN_JPEG_TABLE_SLOTS * (5u + KIN_JPEG_TABLE_BYTES_MAX))
void kin_jpeg_table_set_write(const struct kin_jpeg_table_set *t, unsigned slots, struct kin_wr *w);

// Whether both have the same tables in these slots. An absent table equals a standard one.
bool kin_jpeg_table_set_same(const struct kin_jpeg_table_set *a, const struct kin_jpeg_table_set *b, unsigned slots);

// What the header of a picture defines and what its first scan needs.
struct kin_jpeg_needs {
    unsigned defined, needed; // slots
    bool only_tables;         // tables and no picture (T.81 annex B.5)
};
// Reads the header at the beginning of `jpeg`, as far as it is complete. Its tables are added to ret_tables (may be
// NULL).
struct kin_jpeg_needs kin_jpeg_find_needs(struct kin_span jpeg, struct kin_jpeg_table_set *ret_tables);

// The slots that a picture needs from the tables in force. Standard Huffman tables are not needed.
unsigned kin_jpeg_missing_tables(const struct kin_jpeg_needs *needs, const struct kin_jpeg_table_set *in_force);

#endif
