// Walks over the codes of blocks and keeps the DC coefficients.
//
// Where a block ends is what a processor cannot predict. So each step looks up whatever comes next, at the beginning of
// a block or within it, and what depends on the end of a block is chosen without a branch.
#include "jpeg/dc_internal.h"

#define COEFFICIENTS 64u

struct walk {
    const struct kin_jpeg_dc_tables *tables;
    const struct kin_jpeg_dc_block *block;
    uint64_t bits;     // not decoded yet, from the top
    unsigned count;    // of those that are valid; the ones below may be valid as well
    const uint8_t *at; // of the byte that the next refill begins with
    const uint32_t *lookup;
    unsigned k;     // coefficients of the block that are known
    int difference; // of its DC coefficient
    int16_t *out;   // where that is written
    bool bad;       // there were bits that are no code
};

static inline uint64_t load_be64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

// At least 56 bits are valid afterwards.
static inline void refill(uint64_t *bits, unsigned *count, const uint8_t **at)
{
    *bits |= load_be64(*at) >> *count;
    *at += (63 - *count) >> 3;
    *count |= 56;
}

// --- code by code

static void skip(struct walk *w, unsigned n)
{
    w->bits <<= n;
    w->count -= n;
}

// The next code with the bits of its value; a code has at most 16 and a value 15.
static uint8_t next_code(struct walk *w, const struct kin_jpeg_dc_code *code, unsigned *ret_bits)
{
    unsigned length;
    refill(&w->bits, &w->count, &w->at);
    uint8_t value = kin_jpeg_dc_value(code, (unsigned)(w->bits >> 48), &length);
    w->bad = w->bad || length > 16;
    skip(w, length);
    *ret_bits = (unsigned)(w->bits >> 48) >> (16 - (value & 15));
    skip(w, value & 15);
    return value;
}

// The rest of a block, with a long code, or which does not say that it ends.
static void finish_block(struct walk *w)
{
    const struct kin_jpeg_dc_code *codes = &w->tables->codes[2 * w->block->pair];
    unsigned bits;
    if (w->k == 0) {
        unsigned size = next_code(w, &codes[0], &bits);
        w->difference = kin_jpeg_dc_extend(bits, size);
        w->k = 1;
    }
    while (w->k < COEFFICIENTS) {
        unsigned value = next_code(w, &codes[1], &bits);
        if ((value & 15) == 0 && value >> 4 != 15)
            break;
        w->k += (value >> 4) + 1;
    }
    *w->out++ = (int16_t)w->difference;
    w->difference = 0;
    w->k = 0;
    w->lookup = (const uint32_t *)(w->block->rest ^ w->block->begin);
    w->block += w->block->next;
}

// --- several codes at once

// One lookup. Breaks the loop where it does not say enough.
#define STEP()                                                                                                         \
    {                                                                                                                  \
        uint32_t entry = lookup[bits >> (64 - KIN_JPEG_DC_LOOKUP_BITS)];                                               \
        uintptr_t ends = KIN_JPEG_DC_ENDS(entry);                                                                      \
        unsigned sum = k + KIN_JPEG_DC_COEFFICIENTS(entry);                                                            \
        if (__builtin_expect(sum >= COEFFICIENTS, 0))                                                                  \
            break;                                                                                                     \
        lookup = (const uint32_t *)(block->rest ^ (block->begin & ends));                                              \
        block += block->next & (intptr_t)ends;                                                                         \
        bits <<= KIN_JPEG_DC_BITS(entry);                                                                              \
        count -= KIN_JPEG_DC_BITS(entry);                                                                              \
        difference += KIN_JPEG_DC_DIFFERENCE(entry);                                                                   \
        *out = (int16_t)difference;                                                                                    \
        out += ends & 1;                                                                                               \
        difference &= (int)~ends;                                                                                      \
        k = sum & (unsigned)~ends;                                                                                     \
    }

// Goes on as long as lookups say enough, or until the bytes end or less than two blocks are wanted.
static void look_up(struct walk *w, const uint8_t *end, const int16_t *last)
{
    const struct kin_jpeg_dc_block *block = w->block;
    uint64_t bits = w->bits;
    const uint8_t *at = w->at;
    int16_t *out = w->out;
    const uint32_t *lookup = w->lookup;
    unsigned count = w->count, k = w->k;
    int difference = w->difference;
    while (last - out > 1 && at < end + 8) {
        refill(&bits, &count, &at);
        STEP()
        STEP()
    }
    *w = (struct walk){w->tables, block, bits, count, at, lookup, k, difference, out, w->bad};
}

// Whether bits were taken from beyond the bytes.
static bool is_beyond(const struct walk *w, const uint8_t *end)
{
    return w->at > end && (size_t)(w->at - end) * 8 > w->count;
}

size_t kin_jpeg_dc_walk(struct kin_span bytes, const struct kin_jpeg_dc_tables *tables,
                        const struct kin_jpeg_dc_block *first, size_t count, int16_t *ret, bool *ret_damaged)
{
    const uint8_t *end = bytes.p + bytes.n;
    const int16_t *last = ret + count;
    struct walk w = {
        .tables = tables, .block = first, .at = bytes.p, .lookup = tables->lookups[2 * first->pair], .out = ret};
    while (w.out < last && !is_beyond(&w, end)) {
        look_up(&w, end, last);
        if (w.out < last)
            finish_block(&w);
    }
    bool cut = is_beyond(&w, end);
    size_t blocks = (size_t)(w.out - ret), taken = (size_t)(w.at - bytes.p) - w.count / 8;
    *ret_damaged = w.bad || cut || taken < bytes.n;
    return cut && blocks > 0 ? blocks - 1 : blocks;
}
