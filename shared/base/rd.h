// Sticky-error reader of binary fields, big-endian unless the name says le: read a whole header, then test one flag.
// After the first read past the end every further read yields zero and `bad` stays set.
#ifndef KIN_BASE_RD_H
#define KIN_BASE_RD_H

#include "base/span.h"

struct kin_rd {
    struct kin_span in; // what is still unread
    bool bad;
};

static inline struct kin_rd kin_rd_init(struct kin_span in)
{
    struct kin_rd r = {in, false};
    return r;
}

// The next n bytes, borrowed; an empty span and `bad` when there are fewer.
static inline struct kin_span kin_rd_take(struct kin_rd *r, size_t n)
{
    if (r->bad || r->in.n < n) {
        r->bad = true;
        return kin_span_make(NULL, 0);
    }
    struct kin_span s = kin_span_make(r->in.p, n);
    r->in = kin_span_skip(r->in, n);
    return s;
}

static inline uint8_t kin_rd_u8(struct kin_rd *r)
{
    struct kin_span s = kin_rd_take(r, 1);
    return s.n == 1 ? s.p[0] : 0;
}

static inline uint16_t kin_rd_be16(struct kin_rd *r)
{
    struct kin_span s = kin_rd_take(r, 2);
    return s.n == 2 ? (uint16_t)((unsigned)s.p[0] << 8 | s.p[1]) : (uint16_t)0;
}

static inline uint32_t kin_rd_be24(struct kin_rd *r)
{
    struct kin_span s = kin_rd_take(r, 3);
    return s.n == 3 ? (uint32_t)s.p[0] << 16 | (uint32_t)s.p[1] << 8 | s.p[2] : 0;
}

static inline uint32_t kin_rd_be32(struct kin_rd *r)
{
    uint32_t hi = kin_rd_be16(r);
    uint32_t lo = kin_rd_be16(r);
    return r->bad ? 0 : hi << 16 | lo;
}

static inline uint64_t kin_rd_be64(struct kin_rd *r)
{
    uint64_t hi = kin_rd_be32(r);
    uint64_t lo = kin_rd_be32(r);
    return r->bad ? 0 : hi << 32 | lo;
}

// Little-endian fields, as RIFF files have them.
static inline uint16_t kin_rd_le16(struct kin_rd *r)
{
    struct kin_span s = kin_rd_take(r, 2);
    return s.n == 2 ? (uint16_t)((unsigned)s.p[1] << 8 | s.p[0]) : (uint16_t)0;
}

static inline uint32_t kin_rd_le32(struct kin_rd *r)
{
    uint32_t lo = kin_rd_le16(r);
    uint32_t hi = kin_rd_le16(r);
    return r->bad ? 0 : hi << 16 | lo;
}

#endif
