// The bytes of an image sequence.
#include "picture/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

#define FIRST_BYTES ((size_t)1 << 16)
#define FORMATTED_MAX 256

void image_bytes_deinit(struct image_bytes *b)
{
    free(b->p);
    *b = (struct image_bytes){0};
}

static int grow(struct image_bytes *b, size_t n)
{
    size_t size = b->size > 0 ? b->size : FIRST_BYTES;
    while (size < b->n + n)
        size *= 2;
    uint8_t *p = realloc(b->p, size);
    if (p == NULL)
        return KIN_ENOMEM;
    b->p = p;
    b->size = size;
    return KIN_OK;
}

uint8_t *image_bytes_room(struct image_bytes *b, size_t n)
{
    if (n > IMAGE_BYTES_MAX - b->n)
        b->err = KIN_ELIMIT;
    else if (b->err == KIN_OK && (b->p == NULL || n > b->size - b->n))
        b->err = grow(b, n);
    return b->err == KIN_OK ? b->p + b->n : NULL;
}

void image_bytes_put(struct image_bytes *b, struct kin_span s)
{
    uint8_t *to = image_bytes_room(b, s.n);
    if (to == NULL || s.n == 0)
        return;
    memcpy(to, s.p, s.n);
    b->n += s.n;
}

void image_bytes_fmt(struct image_bytes *b, const char *format, ...)
{
    char text[FORMATTED_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text)
        b->err = KIN_ELIMIT;
    else
        image_bytes_put(b, kin_span_make(text, (size_t)n));
}

int image_bytes_end(struct image_bytes *b, size_t mark)
{
    int err = b->err;
    if (err != KIN_OK)
        b->n = mark;
    b->err = KIN_OK;
    return err;
}

int image_check_pixels(const struct image_request *q)
{
    const struct canvas_pixels *p = q->pixels;
    if (p == NULL || p->width < 1 || p->height < 1 || q->cols < 1 || q->rows < 1)
        return KIN_EINVAL;
    bool large = p->width > IMAGE_SIDE_MAX || p->height > IMAGE_SIDE_MAX;
    return large || (size_t)p->width * (size_t)p->height > IMAGE_PIXELS_MAX ? KIN_ELIMIT : KIN_OK;
}
