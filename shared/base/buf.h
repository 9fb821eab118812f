// Refcounted immutable bytes, shared between threads: filled once by the maker, then only read.
#ifndef KIN_BASE_BUF_H
#define KIN_BASE_BUF_H

#include "base/ref.h"
#include "base/span.h"

struct kin_buf {
    struct kin_ref refs;
    size_t len;     // bytes in use; the maker may lower it before the first share
    uint8_t data[]; // `size` bytes, as requested
};

// A buffer of `size` bytes with one reference, contents undefined, len = size. NULL when out of memory.
struct kin_buf *kin_buf_new(size_t size);
struct kin_buf *kin_buf_copy(struct kin_span s);

// One more reference; returns buf. Accepts NULL.
struct kin_buf *kin_buf_ref(struct kin_buf *buf);

// Gives one reference back; the last one frees. Accepts NULL.
void kin_buf_unref(struct kin_buf *buf);

static inline struct kin_span kin_buf_span(const struct kin_buf *buf)
{
    return buf != NULL ? kin_span_make(buf->data, buf->len) : kin_span_make(NULL, 0);
}

#endif
