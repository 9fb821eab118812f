// Reads what the encoders of images write: escape sequences, base64, and pixels to compare.
#ifndef IMAGE_CHECK_H
#define IMAGE_CHECK_H

#include "jpeg_make.h"
#include "picture/image.h"

// A soft picture with lines as long as the pixels need, or longer by `pad`. rgb is malloc'd; NULL without memory.
struct drawn {
    struct canvas_pixels pixels;
    uint8_t *rgb;
};

static inline struct drawn draw(int width, int height, size_t pad, unsigned grain)
{
    struct make m = {.width = (uint16_t)width, .height = (uint16_t)height, .grain = grain};
    size_t stride = ((size_t)width * 3 + CANVAS_STRIDE_ALIGN - 1) / CANVAS_STRIDE_ALIGN * CANVAS_STRIDE_ALIGN + pad;
    struct drawn d = {.rgb = malloc(stride * (size_t)height)};
    for (int y = 0; d.rgb != NULL && y < height; y++)
        for (int x = 0; x < width; x++) {
            JSAMPLE px[4];
            make_pixel(&m, (unsigned)x, (unsigned)y, px);
            memcpy(d.rgb + (size_t)y * stride + (size_t)x * 3, px, 3);
        }
    d.pixels = (struct canvas_pixels){d.rgb, width, height, stride};
    return d;
}

// The picture without what lies between its lines; p NULL without memory.
static inline struct pixels pack(const struct canvas_pixels *p)
{
    size_t line = (size_t)p->width * 3;
    struct pixels packed = {NULL, line * (size_t)p->height};
    packed.p = p->rgb != NULL ? malloc(packed.n) : NULL;
    for (int y = 0; packed.p != NULL && y < p->height; y++)
        memcpy(packed.p + (size_t)y * line, p->rgb + (size_t)y * p->stride, line);
    return packed;
}

// What stands between the next `begin` and the `end` after it; steps over both. False when there is none.
static inline bool cut(struct kin_span *rest, const char *begin, const char *end, struct kin_span *ret)
{
    size_t from = kin_span_find_str(*rest, begin);
    if (from == rest->n)
        return false;
    struct kin_span body = kin_span_skip(*rest, from + strlen(begin));
    size_t n = kin_span_find_str(body, end);
    if (n == body.n)
        return false;
    *ret = kin_span_first(body, n);
    *rest = kin_span_skip(body, n + strlen(end));
    return true;
}

static inline int base64_value(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

// Appends what `text` encodes. False when it is not base64 of whole groups.
static inline bool base64_decode(struct kin_span text, struct image_bytes *out)
{
    for (size_t i = 0; i + 4 <= text.n; i += 4) {
        uint32_t bits = 0;
        size_t n = 3;
        for (size_t k = 0; k < 4; k++) {
            int v = base64_value(text.p[i + k]);
            bool padding = text.p[i + k] == '=' && i + 4 == text.n && k >= 2;
            if (v < 0 && !padding)
                return false;
            n -= padding;
            bits = bits << 6 | (v < 0 ? 0 : (uint32_t)v);
        }
        uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
        image_bytes_put(out, kin_span_make(bytes, n));
    }
    return text.n % 4 == 0 && out->err == 0;
}

#endif
