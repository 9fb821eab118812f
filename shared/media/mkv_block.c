// Blocks and the three kinds of lacing.
#include "media/mkv_block.h"

#include "base/err.h"
#include "base/rd.h"
#include "media/ebml.h"

enum lacing { LACING_NONE, LACING_XIPH, LACING_FIXED, LACING_EBML };

// A size is a sum of bytes; after a byte of 255 another one follows (section 10.3.2).
static bool read_xiph_size(struct kin_rd *r, uint64_t *ret)
{
    uint64_t n = 0;
    uint8_t byte;
    do {
        byte = kin_rd_u8(r);
        n += byte;
    } while (byte == 255 && !r->bad);
    *ret = n;
    return !r->bad;
}

// The first size is absolute, the others are signed differences from the previous one (section 10.3.3).
static bool read_ebml_size(struct kin_rd *r, bool first, uint64_t *size)
{
    uint64_t v;
    size_t n = kin_ebml_vint(r->in, &v);
    if (n == 0)
        return false;
    kin_rd_take(r, n);
    if (!first)
        v = *size + v - ((UINT64_C(1) << (7 * n - 1)) - 1); // the bias is half the range
    *size = v;
    return true;
}

// Reads all sizes but the last, which is the rest of the block.
static bool read_sizes(struct kin_rd *r, enum lacing lacing, struct kin_mkv_block *b, uint64_t length,
                       size_t head_length)
{
    uint64_t size = 0, sum = 0;
    for (unsigned i = 0; i + 1 < b->count; i++) {
        bool good = lacing == LACING_XIPH ? read_xiph_size(r, &size) : read_ebml_size(r, i == 0, &size);
        if (!good || size > UINT32_MAX)
            return false;
        b->lengths[i] = (uint32_t)size;
        sum += size;
    }
    b->head_bytes = head_length - r->in.n;
    if (length < b->head_bytes || sum > length - b->head_bytes || length - b->head_bytes - sum > UINT32_MAX)
        return false;
    b->lengths[b->count - 1] = (uint32_t)(length - b->head_bytes - sum);
    return true;
}

static bool divide_evenly(struct kin_mkv_block *b, uint64_t length)
{
    uint64_t each = (length - b->head_bytes) / b->count;
    if (each * b->count != length - b->head_bytes || each > UINT32_MAX)
        return false;
    for (unsigned i = 0; i < b->count; i++)
        b->lengths[i] = (uint32_t)each;
    return true;
}

int kin_mkv_block_parse(struct kin_span head, uint64_t length, struct kin_mkv_block *ret)
{
    struct kin_mkv_block *b = ret;
    struct kin_rd r = kin_rd_init(head);
    kin_rd_take(&r, kin_ebml_vint(head, &b->track));
    if (r.in.n == head.n)
        return KIN_EBAD;
    b->relative = (int16_t)kin_rd_be16(&r);
    enum lacing lacing = (enum lacing)(kin_rd_u8(&r) >> 1 & 3);
    b->count = lacing == LACING_NONE ? 1 : kin_rd_u8(&r) + 1u;
    b->head_bytes = head.n - r.in.n;
    if (r.bad || length < b->head_bytes)
        return KIN_EBAD;
    bool good = lacing == LACING_XIPH || lacing == LACING_EBML ? read_sizes(&r, lacing, b, length, head.n)
                                                               : divide_evenly(b, length);
    return good ? KIN_OK : KIN_EBAD;
}
