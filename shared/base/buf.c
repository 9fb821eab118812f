// Refcounted immutable bytes.
#include "base/buf.h"

#include <stdlib.h>

struct kin_buf *kin_buf_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct kin_buf))
        return NULL;
    struct kin_buf *buf = malloc(sizeof *buf + size);
    if (buf == NULL)
        return NULL;
    kin_ref_init(&buf->refs);
    buf->len = size;
    return buf;
}

struct kin_buf *kin_buf_copy(struct kin_span s)
{
    struct kin_buf *buf = kin_buf_new(s.n);
    if (buf != NULL && s.n > 0)
        memcpy(buf->data, s.p, s.n);
    return buf;
}

struct kin_buf *kin_buf_ref(struct kin_buf *buf)
{
    if (buf != NULL)
        kin_ref_add(&buf->refs);
    return buf;
}

void kin_buf_unref(struct kin_buf *buf)
{
    if (buf != NULL && kin_ref_drop(&buf->refs))
        free(buf);
}
