// A sliding window over a source: keeps the last large read, and reads again when the caller leaves it.
#include "media/window.h"

#include <stdlib.h>

#include "base/err.h"

int kin_window_init_for(struct kin_window *w, struct kin_source *source, uint64_t most)
{
    uint64_t all = kin_source_size(source) + 1; // at least 1
    all = most < all ? most + 1 : all;
    size_t size = all < KIN_WINDOW_BYTES ? (size_t)all : KIN_WINDOW_BYTES;
    *w = (struct kin_window){.source = source, .bytes = malloc(size), .size = size};
    return w->bytes != NULL ? KIN_OK : KIN_ENOMEM;
}

int kin_window_init(struct kin_window *w, struct kin_source *source)
{
    return kin_window_init_for(w, source, UINT64_MAX);
}

void kin_window_deinit(struct kin_window *w)
{
    free(w->bytes);
    *w = (struct kin_window){0};
}

// Fills the window from `offset` on, which lies before the end. A short read means that the file was cut meanwhile.
static int fill(struct kin_window *w, uint64_t offset)
{
    ptrdiff_t got = kin_source_read(w->source, offset, w->bytes, w->size);
    w->len = 0;
    if (got < 0)
        return (int)got;
    if ((size_t)got < w->size && (uint64_t)got < kin_source_size(w->source) - offset)
        return KIN_ECHANGED;
    w->offset = offset;
    w->len = (size_t)got;
    return KIN_OK;
}

// An offset beyond the end leaves the buffer as it is: a walk that goes back from there would have to read it again.
int kin_window_at(struct kin_window *w, uint64_t offset, size_t want, struct kin_span *ret)
{
    uint64_t end = kin_source_size(w->source);
    if (offset >= end) {
        *ret = kin_span_make(w->bytes, 0);
        return KIN_OK;
    }
    bool inside = offset >= w->offset && offset - w->offset < w->len;
    size_t have = inside ? w->len - (size_t)(offset - w->offset) : 0;
    bool all = have == end - offset;
    int err = have == 0 || (have < want && !all) ? fill(w, offset) : KIN_OK;
    if (err == KIN_OK)
        *ret = kin_span_skip(kin_span_make(w->bytes, w->len), (size_t)(offset - w->offset));
    return err;
}
