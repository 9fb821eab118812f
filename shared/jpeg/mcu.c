// Walks Huffman codes (T.81 Annex F.2.2) and discards the coefficients.
#include "jpeg/mcu.h"

#include "base/err.h"
#include "jpeg/markers.h"
#include "jpeg/tables.h"

#define CODE_BITS_MAX 16
#define BLOCK_COEFFICIENTS 64
#define NO_BITS (-1) // end of the data
#define NO_CODE (-2) // not a code of the table

struct bits {
    struct kin_span in; // not read yet
    uint32_t held;      // the low `count` bits
    unsigned count;
};

// One bit; NO_BITS at a marker or at the end.
static int next_bit(struct bits *b)
{
    if (b->count == 0) {
        if (b->in.n == 0 || (b->in.p[0] == 0xff && (b->in.n == 1 || b->in.p[1] != 0)))
            return NO_BITS;
        b->held = b->in.p[0];
        b->count = 8;
        b->in = kin_span_skip(b->in, b->held == 0xff ? 2 : 1); // FF 00 is a stuffed FF
    }
    return (int)(b->held >> --b->count & 1);
}

static bool skip_bits(struct bits *b, unsigned n)
{
    while (n > 0 && next_bit(b) != NO_BITS)
        n--;
    return n == 0;
}

// The value of the next code. Codes of the same length are consecutive numbers (T.81 Annex C.2).
static int next_value(struct bits *b, const struct kin_jpeg_huffman *table)
{
    int code = 0, first = 0, index = 0;
    for (unsigned length = 0; length < CODE_BITS_MAX; length++) {
        int bit = next_bit(b);
        if (bit == NO_BITS)
            return NO_BITS;
        code |= bit;
        int count = table->counts[length];
        if (code - first < count)
            return table->values[index + code - first];
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return NO_CODE;
}

static bool skip_ac(struct bits *b, const struct kin_jpeg_huffman *table)
{
    unsigned k = 1;
    while (k < BLOCK_COEFFICIENTS) {
        int value = next_value(b, table);
        if (value < 0)
            return false;
        unsigned run = (unsigned)value >> 4;
        unsigned size = (unsigned)value & 15;
        if (size == 0 && run != 15)
            return true; // end of block
        k += run + 1;
        if (!skip_bits(b, size))
            return false;
    }
    return k == BLOCK_COEFFICIENTS;
}

// Skips one MCU. KIN_OK; KIN_EMORE when the data end before it (the rest is padding); KIN_EBAD.
static int skip_mcu(struct bits *b, uint8_t type)
{
    unsigned luma = type == 1 ? 4 : 2;
    for (unsigned block = 0; block < luma + 2; block++) {
        const struct kin_jpeg_huffman *tables = &kin_jpeg_standard_huffman[block < luma ? 0 : 2]; // DC, AC
        int size = next_value(b, &tables[0]);
        if (size == NO_BITS && block == 0)
            return KIN_EMORE;
        if (size < 0 || !skip_bits(b, (unsigned)size) || !skip_ac(b, &tables[1]))
            return KIN_EBAD;
    }
    return KIN_OK;
}

// Skips an RSTn with any fill bytes before it.
static bool skip_restart(struct bits *b)
{
    size_t at = 0;
    while (at < b->in.n && b->in.p[at] == 0xff)
        at++;
    if (at == 0 || at >= b->in.n || (b->in.p[at] & 0xf8) != KIN_JPEG_RST0)
        return false;
    b->in = kin_span_skip(b->in, at + 1);
    b->count = 0;
    return true;
}

int kin_jpeg_mcu_count(struct kin_span scan, uint8_t type, bool one_interval, uint32_t *ret)
{
    struct bits b = {.in = scan};
    uint32_t count = 0;
    int err = KIN_OK;
    if (type > 1)
        return KIN_EBAD;
    while (err == KIN_OK) {
        err = skip_mcu(&b, type);
        if (err == KIN_OK)
            count++;
        else if (err == KIN_EMORE && !one_interval && skip_restart(&b))
            err = KIN_OK;
    }
    if (err != KIN_EMORE)
        return KIN_EBAD;
    *ret = count;
    return KIN_OK;
}

uint32_t kin_jpeg_mcu_expected(uint8_t type, uint16_t width, uint16_t height)
{
    unsigned mcu_height = type == 1 ? 16 : 8;
    return (width + 15u) / 16 * ((height + mcu_height - 1) / mcu_height);
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

struct kin_jpeg_mcus kin_jpeg_mcus(const struct kin_jpeg_info *info)
{
    unsigned h = 1, v = 1;
    for (unsigned i = 0; info->component_count > 1 && i < info->component_count; i++) {
        h = larger(h, info->components[i].h);
        v = larger(v, info->components[i].v);
    }
    unsigned columns = (info->width + 8 * h - 1) / (8 * h), lines = (info->height + 8 * v - 1) / (8 * v);
    return (struct kin_jpeg_mcus){
        .width = (uint8_t)(8 * h), .height = (uint8_t)(8 * v), .columns = (uint16_t)columns, .count = columns * lines};
}
