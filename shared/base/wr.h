// Sticky-error writer into memory the caller owns: binary fields, in network order unless named _le, and text.
// What does not fit sets `bad` and writes nothing; `len` never exceeds `size`.
#ifndef KIN_BASE_WR_H
#define KIN_BASE_WR_H

#include <stdarg.h>

#include "base/span.h"

struct kin_wr {
    uint8_t *p;
    size_t size;
    size_t len;
    bool bad;
};

static inline struct kin_wr kin_wr_init(void *p, size_t size)
{
    struct kin_wr w = {(uint8_t *)p, size, 0, false};
    return w;
}

static inline struct kin_span kin_wr_span(const struct kin_wr *w)
{
    return kin_span_make(w->p, w->len);
}

// Room for n bytes that the caller fills; NULL and `bad` when they do not fit.
static inline uint8_t *kin_wr_room(struct kin_wr *w, size_t n)
{
    if (w->bad || w->size - w->len < n) {
        w->bad = true;
        return NULL;
    }
    uint8_t *at = w->p + w->len;
    w->len += n;
    return at;
}

static inline void kin_wr_bytes(struct kin_wr *w, const void *p, size_t n)
{
    uint8_t *at = kin_wr_room(w, n);
    if (at != NULL && n > 0)
        memcpy(at, p, n);
}

static inline void kin_wr_put(struct kin_wr *w, struct kin_span s)
{
    kin_wr_bytes(w, s.p, s.n);
}

static inline void kin_wr_u8(struct kin_wr *w, unsigned v)
{
    uint8_t b = (uint8_t)v;
    kin_wr_bytes(w, &b, 1);
}

static inline void kin_wr_be16(struct kin_wr *w, unsigned v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    kin_wr_bytes(w, b, sizeof b);
}

static inline void kin_wr_be24(struct kin_wr *w, uint32_t v)
{
    uint8_t b[3] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    kin_wr_bytes(w, b, sizeof b);
}

static inline void kin_wr_be32(struct kin_wr *w, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    kin_wr_bytes(w, b, sizeof b);
}

static inline void kin_wr_be64(struct kin_wr *w, uint64_t v)
{
    kin_wr_be32(w, (uint32_t)(v >> 32));
    kin_wr_be32(w, (uint32_t)v);
}

// Least significant byte first, as RIFF has it.
static inline void kin_wr_le16(struct kin_wr *w, unsigned v)
{
    uint8_t b[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    kin_wr_bytes(w, b, sizeof b);
}

static inline void kin_wr_le32(struct kin_wr *w, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    kin_wr_bytes(w, b, sizeof b);
}

static inline void kin_wr_le64(struct kin_wr *w, uint64_t v)
{
    kin_wr_le32(w, (uint32_t)v);
    kin_wr_le32(w, (uint32_t)(v >> 32));
}

void kin_wr_str(struct kin_wr *w, const char *text);

// printf into the writer; a truncated result writes nothing and sets `bad`. One spare byte of room is
// needed for the terminating NUL, which is not counted in `len`.
void kin_wr_fmt(struct kin_wr *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void kin_wr_vfmt(struct kin_wr *w, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

// Thousandths without trailing zeros, but with at least `decimals` decimals: 23976 -> "23.976", 24000 -> "24" or
// "24.0".
void kin_wr_milli(struct kin_wr *w, uint64_t milli, unsigned decimals);

#endif
