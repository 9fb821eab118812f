// Small JPEGs and reels made of them, for the tests of shared/media.
#ifndef MEDIA_DATA_H
#define MEDIA_DATA_H

#include <stdint.h>
#include <string.h>

#include "base/span.h"

// 16x16, 4:2:0, baseline, no DHT (the standard tables are meant), five scan bytes of which one is a stuffed FF.
static const uint8_t tiny_head[] = {0xff, 0xd8};
static const uint8_t tiny_body[] = {
    0xff, 0xdb, 0x00, 0x43, 0x00, // DQT 0, 8 bits
    16,   11,   12,   14,   12,   10, 16,  14,  13,   14, 18,   17,   16,  19,  24,   40,  26, 24,   22,  22, 24, 49,
    35,   37,   29,   40,   58,   51, 61,  60,  57,   51, 56,   55,   64,  72,  92,   78,  64, 68,   87,  69, 55, 56,
    80,   109,  81,   87,   95,   98, 103, 104, 103,  62, 77,   113,  121, 112, 100,  120, 92, 101,  103, 99, //
    0xff, 0xc0, 0x00, 0x11, 8,    0,  16,  0,   16,   3,  1,    0x22, 0,   2,   0x11, 0,   3,  0x11, 0,       // SOF0
    0xff, 0xda, 0x00, 0x0c, 3,    1,  0,   2,   0x11, 3,  0x11, 0,    63,  0,                                 // SOS
    0x11, 0x22, 0xff, 0x00, 0x33,                                                                             // scan
    0xff, 0xd9,                                                                                               // EOI
};
#define TINY_BYTES (sizeof tiny_head + sizeof tiny_body)

struct bytes {
    uint8_t *p;
    size_t n, size;
};

static inline void put(struct bytes *b, const void *p, size_t n)
{
    if (n > 0 && n <= b->size - b->n) {
        memcpy(b->p + b->n, p, n);
        b->n += n;
    }
}

static inline void put_str(struct bytes *b, const char *text)
{
    put(b, text, strlen(text));
}

static inline void put_fill(struct bytes *b, uint8_t value, size_t n)
{
    if (n <= b->size - b->n) {
        memset(b->p + b->n, value, n);
        b->n += n;
    }
}

// One segment with `n` bytes of body.
static inline void put_segment(struct bytes *b, uint8_t marker, const void *body, size_t n)
{
    const uint8_t head[] = {0xff, marker, (uint8_t)((n + 2) >> 8), (uint8_t)(n + 2)};
    put(b, head, sizeof head);
    put(b, body, n);
}

static inline void put_tiny(struct bytes *b)
{
    put(b, tiny_head, sizeof tiny_head);
    put(b, tiny_body, sizeof tiny_body);
}

static inline void put_tiny_with_comment(struct bytes *b, const char *comment)
{
    put(b, tiny_head, sizeof tiny_head);
    put_segment(b, 0xfe, comment, strlen(comment));
    put(b, tiny_body, sizeof tiny_body);
}

static inline struct kin_span bytes_span(const struct bytes *b)
{
    return kin_span_make(b->p, b->n);
}

#endif
