// Tables in force.
#include "jpeg/table_set.h"

#include "base/rd.h"
#include "jpeg/segments.h"
#include "jpeg/tables.h"

#define CLASSES 2u

static unsigned slot_of(unsigned bit)
{
    unsigned i = 0;
    while (i < KIN_JPEG_TABLE_SLOTS && (bit >> i & 1) == 0)
        i++;
    return i;
}

static void keep(struct kin_jpeg_table_set *t, unsigned bit, struct kin_span data, bool standard)
{
    unsigned i = slot_of(bit);
    t->present = (uint16_t)(t->present | bit);
    t->standard = (uint16_t)(standard ? t->standard | bit : t->standard & ~bit);
    t->length[i] = (uint16_t)data.n;
    memcpy(t->bytes[i], data.p, data.n);
}

static unsigned read_dqt(struct kin_jpeg_table_set *t, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    unsigned slots = 0;
    while (r.in.n > 0) {
        uint8_t head = kin_rd_u8(&r);
        unsigned id = head & 15, precision = head >> 4;
        struct kin_span data = kin_rd_take(&r, (size_t)KIN_JPEG_QUANT_BYTES << (precision & 1));
        if (r.bad || id >= KIN_JPEG_MAX_TABLES || precision > 1)
            return slots;
        keep(t, KIN_JPEG_SLOT_DQT(id), data, false);
        slots |= KIN_JPEG_SLOT_DQT(id);
    }
    return slots;
}

static unsigned read_dht(struct kin_jpeg_table_set *t, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    unsigned slots = 0;
    while (r.in.n >= 17) {
        uint8_t head = kin_rd_u8(&r);
        unsigned id = head & 15, table_class = head >> 4;
        size_t length = 16;
        for (size_t i = 0; i < 16; i++)
            length += r.in.p[i];
        struct kin_span data = kin_rd_take(&r, length);
        if (r.bad || id >= KIN_JPEG_MAX_TABLES || table_class >= CLASSES || length > KIN_JPEG_TABLE_BYTES_MAX)
            return slots;
        const struct kin_jpeg_huffman *standard = kin_jpeg_find_standard_huffman(table_class, data);
        keep(t, KIN_JPEG_SLOT_DHT(table_class, id), data, standard != NULL && standard->id == id);
        slots |= KIN_JPEG_SLOT_DHT(table_class, id);
    }
    return slots;
}

unsigned kin_jpeg_table_set_read(struct kin_jpeg_table_set *t, uint8_t marker, struct kin_span body)
{
    if (marker == KIN_JPEG_DQT)
        return read_dqt(t, body);
    return marker == KIN_JPEG_DHT ? read_dht(t, body) : 0;
}

void kin_jpeg_table_set_write(const struct kin_jpeg_table_set *t, unsigned slots, struct kin_wr *w)
{
    for (unsigned i = 0; i < KIN_JPEG_TABLE_SLOTS; i++) {
        if (((slots & t->present) >> i & 1) == 0)
            continue;
        bool quant = i < KIN_JPEG_MAX_TABLES;
        unsigned high = quant ? t->length[i] > KIN_JPEG_QUANT_BYTES : (i - KIN_JPEG_MAX_TABLES) / KIN_JPEG_MAX_TABLES;
        kin_wr_be16(w, 0xff00u | (quant ? KIN_JPEG_DQT : KIN_JPEG_DHT));
        kin_wr_be16(w, 3u + t->length[i]);
        kin_wr_u8(w, high << 4 | i % KIN_JPEG_MAX_TABLES);
        kin_wr_bytes(w, t->bytes[i], t->length[i]);
    }
}

bool kin_jpeg_table_set_same(const struct kin_jpeg_table_set *a, const struct kin_jpeg_table_set *b, unsigned slots)
{
    for (unsigned i = 0; i < KIN_JPEG_TABLE_SLOTS; i++) {
        bool in_a = (a->present & ~a->standard) >> i & 1, in_b = (b->present & ~b->standard) >> i & 1;
        if ((slots >> i & 1) == 0 || (!in_a && !in_b))
            continue;
        if (in_a != in_b || a->length[i] != b->length[i] || memcmp(a->bytes[i], b->bytes[i], a->length[i]) != 0)
            return false;
    }
    return true;
}

// --- what a picture needs

static unsigned quantization_of(struct kin_span sof)
{
    struct kin_rd r = kin_rd_init(sof);
    unsigned slots = 0;
    kin_rd_take(&r, 5); // precision, height, width
    for (unsigned i = kin_rd_u8(&r); i > 0 && !r.bad; i--) {
        kin_rd_take(&r, 2);
        unsigned id = kin_rd_u8(&r);
        if (!r.bad && id < KIN_JPEG_MAX_TABLES)
            slots |= KIN_JPEG_SLOT_DQT(id);
    }
    return slots;
}

static unsigned huffman_of(struct kin_span sos, uint8_t sof)
{
    struct kin_rd r = kin_rd_init(sos);
    unsigned dc = 0, ac = 0;
    for (unsigned i = kin_rd_u8(&r); i > 0 && !r.bad; i--) {
        kin_rd_u8(&r);
        unsigned ids = kin_rd_u8(&r);
        dc |= KIN_JPEG_SLOT_DHT(0, ids >> 4 & 3);
        ac |= KIN_JPEG_SLOT_DHT(1, ids & 3);
    }
    unsigned first = kin_rd_u8(&r), last = kin_rd_u8(&r);
    bool arithmetic = sof >= 0xc9;
    if (r.bad || arithmetic)
        return 0;
    return (first == 0 ? dc : 0) | (last > 0 ? ac : 0);
}

static bool is_sof(uint8_t marker)
{
    return marker >= KIN_JPEG_SOF0 && marker <= 0xcf && marker != KIN_JPEG_DHT && marker != KIN_JPEG_JPG &&
           marker != KIN_JPEG_DAC;
}

struct kin_jpeg_needs kin_jpeg_find_needs(struct kin_span jpeg, struct kin_jpeg_table_set *ret_tables)
{
    struct kin_jpeg_segments segments = {.file = jpeg,
                                         .at = kin_jpeg_is_headless(jpeg) ? 0 : kin_jpeg_find_soi(jpeg) + 2};
    struct kin_jpeg_table_set own = {0};
    struct kin_jpeg_segment s;
    struct kin_jpeg_needs needs = {0};
    unsigned quantization = 0;
    uint8_t sof = 0;
    if (segments.at > jpeg.n)
        return needs;
    while (kin_jpeg_segments_next(&segments, &s)) {
        needs.defined |= kin_jpeg_table_set_read(ret_tables != NULL ? ret_tables : &own, s.marker, s.body);
        if (is_sof(s.marker)) {
            quantization = quantization_of(s.body);
            sof = s.marker;
        }
        if (s.marker == KIN_JPEG_SOS) {
            needs.needed = quantization | huffman_of(s.body, sof);
            return needs;
        }
    }
    needs.only_tables = needs.defined != 0 && sof == 0 && kin_span_starts(kin_span_skip(jpeg, segments.at), "\xff\xd9");
    return needs;
}

unsigned kin_jpeg_missing_tables(const struct kin_jpeg_needs *needs, const struct kin_jpeg_table_set *in_force)
{
    unsigned missing = needs->needed & ~needs->defined;
    if ((needs->needed & KIN_JPEG_SLOTS_DHT) != 0 && (needs->defined & KIN_JPEG_SLOTS_DHT) == 0)
        missing |= KIN_JPEG_SLOTS_DHT; // also those of later scans
    return missing & in_force->present & ~(unsigned)in_force->standard;
}
