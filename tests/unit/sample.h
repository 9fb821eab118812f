// The small pictures of tests/data as buffers; tests run in the root of the source tree.
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdio.h>

#include "base/buf.h"

#define SAMPLE_MAX_BYTES 65536

// The file tests/data/NAME; NULL when it cannot be read or memory is short. kin_buf_unref() it.
static inline struct kin_buf *sample_load(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "tests/data/%s", name);
    FILE *f = fopen(path, "rb");
    struct kin_buf *buf = f != NULL ? kin_buf_new(SAMPLE_MAX_BYTES) : NULL;
    if (buf != NULL)
        buf->len = fread(buf->data, 1, SAMPLE_MAX_BYTES, f);
    if (f != NULL)
        fclose(f);
    return buf;
}

#endif
