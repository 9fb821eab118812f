// Writes restart intervals without contents.
#include "jpeg/neutral.h"

#include "base/err.h"
#include "jpeg/table_set.h"
#include "jpeg/tables.h"

#define CODE_BITS_MAX 16
#define END_OF_BLOCK 0x00
#define NO_DIFFERENCE 0x00
#define STUFFED 2 // a byte FF takes two

struct code {
    uint32_t bits;
    unsigned count;
};

// The code of `value` in a table of 16 counts and the values behind them (T.81 Annex C.2).
static bool find_code(const uint8_t *counts, const uint8_t *values, uint8_t value, struct code *ret)
{
    uint32_t code = 0;
    unsigned index = 0;
    for (unsigned length = 1; length <= CODE_BITS_MAX; length++, code <<= 1) {
        for (unsigned i = 0; i < counts[length - 1]; i++, code++, index++) {
            if (values[index] != value)
                continue;
            *ret = (struct code){code, length};
            return code < 1u << length;
        }
    }
    return false;
}

// The same in the table that a picture has in a slot, or that is implied there.
static bool find_in_slot(const struct kin_jpeg_table_set *tables, unsigned table_class, uint8_t id, uint8_t value,
                         struct code *ret)
{
    const struct kin_jpeg_huffman *standard = &kin_jpeg_standard_huffman[id == 0 ? table_class : 2 + table_class];
    unsigned slot = 4 + 4 * table_class + id;
    if ((tables->present & KIN_JPEG_SLOT_DHT(table_class, id)) != 0)
        return find_code(tables->bytes[slot], tables->bytes[slot] + 16, value, ret);
    return id <= 1 && find_code(standard->counts, standard->values, value, ret);
}

static bool add_component(struct kin_jpeg_neutral *n, const struct kin_jpeg_table_set *tables,
                          const struct kin_jpeg_component *c, unsigned blocks)
{
    struct code dc, ac;
    if (!find_in_slot(tables, 0, c->td, NO_DIFFERENCE, &dc) || !find_in_slot(tables, 1, c->ta, END_OF_BLOCK, &ac))
        return false;
    for (unsigned i = 0; i < blocks; i++) {
        if (n->blocks == KIN_JPEG_MCU_BLOCKS_MAX)
            return false;
        n->codes[n->blocks].bits = dc.bits << ac.count | ac.bits;
        n->codes[n->blocks++].count = dc.count + ac.count;
        n->mcu_bits += dc.count + ac.count;
    }
    return true;
}

int kin_jpeg_neutral_init(struct kin_jpeg_neutral *n, struct kin_span header, const struct kin_jpeg_info *info)
{
    struct kin_jpeg_table_set tables = {.present = 0};
    *n = (struct kin_jpeg_neutral){.blocks = 0};
    kin_jpeg_find_needs(header, &tables);
    for (unsigned i = 0; i < info->component_count; i++) {
        const struct kin_jpeg_component *c = &info->components[i];
        if (!add_component(n, &tables, c, info->component_count > 1 ? c->h * c->v : 1u))
            return KIN_EUNSUPPORTED;
    }
    return KIN_OK;
}

uint64_t kin_jpeg_neutral_bytes(const struct kin_jpeg_neutral *n, uint64_t mcus)
{
    return STUFFED * ((mcus * n->mcu_bits + 7) / 8);
}

static void put_byte(struct kin_wr *w, uint8_t byte)
{
    kin_wr_u8(w, byte);
    if (byte == 0xff)
        kin_wr_u8(w, 0);
}

void kin_jpeg_neutral_write(const struct kin_jpeg_neutral *n, uint32_t mcus, struct kin_wr *w)
{
    uint64_t held = 0; // the low `count` bits are not written yet
    unsigned count = 0;
    for (uint64_t i = 0; i < (uint64_t)mcus * n->blocks; i++) {
        unsigned block = (unsigned)(i % n->blocks);
        held = held << n->codes[block].count | n->codes[block].bits;
        count += n->codes[block].count;
        for (; count >= 8; count -= 8)
            put_byte(w, (uint8_t)(held >> (count - 8)));
    }
    if (count > 0)
        put_byte(w, (uint8_t)(held << (8 - count) | 0xffu >> count)); // filled up with ones (T.81 section F.1.2.3)
}
