// The one filter for text that came from a peer.
#include "base/text.h"

#include <stdio.h>

static bool in_range(uint32_t c, uint32_t lo, uint32_t hi)
{
    return c >= lo && c <= hi;
}

size_t kin_text_utf8(struct kin_span s, uint32_t *ret_code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s.n == 0)
        return 0;
    uint8_t b = s.p[0];
    size_t n = b < 0x80 ? 1 : (b & 0xe0) == 0xc0 ? 2 : (b & 0xf0) == 0xe0 ? 3 : (b & 0xf8) == 0xf0 ? 4 : 0;
    if (n == 0 || s.n < n)
        return 0;
    uint32_t c = n == 1 ? b : b & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s.p[i] & 0x3fu);
    }
    if (c < smallest[n] || c > 0x10ffff || in_range(c, 0xd800, 0xdfff))
        return 0;
    *ret_code_point = c;
    return n;
}

bool kin_text_is_control(uint32_t c)
{
    return c < 0x20 || in_range(c, 0x7f, 0x9f) || c == 0x061c || in_range(c, 0x200b, 0x200f) ||
           in_range(c, 0x2028, 0x202e) || in_range(c, 0x2066, 0x2069) || c == 0xfeff;
}

// Appends n bytes when they and the final NUL fit. False when full.
static bool append(char *dst, size_t size, size_t *len, const char *p, size_t n)
{
    if (size == 0 || size - 1 - *len < n)
        return false;
    memcpy(dst + *len, p, n);
    *len += n;
    return true;
}

size_t kin_text_escape(struct kin_span s, char *dst, size_t size)
{
    size_t len = 0;
    while (s.n > 0) {
        uint32_t c = s.p[0];
        size_t n = kin_text_utf8(s, &c);
        char esc[12];
        bool fits;
        if (n > 0 && !kin_text_is_control(c)) {
            fits = append(dst, size, &len, (const char *)s.p, n);
        } else {
            int k = snprintf(esc, sizeof esc, n > 0 && c > 0xff ? "\\u%04x" : "\\x%02x", (unsigned)c);
            fits = append(dst, size, &len, esc, (size_t)k);
        }
        if (!fits)
            break;
        s = kin_span_skip(s, n > 0 ? n : 1);
    }
    if (size > 0)
        dst[len] = '\0';
    return len;
}

size_t kin_text_clean(struct kin_span s, bool utf8, char *dst, size_t size)
{
    const char *bad = utf8 ? "\xef\xbf\xbd" : "?";
    size_t len = 0;
    while (s.n > 0) {
        uint32_t c = 0;
        size_t n = kin_text_utf8(s, &c);
        bool good = n > 0 && !kin_text_is_control(c) && (utf8 || c < 0x80);
        bool fits = good ? append(dst, size, &len, (const char *)s.p, n) : append(dst, size, &len, bad, strlen(bad));
        if (!fits)
            break;
        s = kin_span_skip(s, n > 0 ? n : 1);
    }
    if (size > 0)
        dst[len] = '\0';
    return len;
}

size_t kin_text_json(struct kin_span s, char *dst, size_t size)
{
    size_t total = 0;
    size_t len = 0;
    while (s.n > 0) {
        uint32_t c = 0;
        size_t n = kin_text_utf8(s, &c);
        bool blank = c == '\t' || c == '\n' || c == '\r';
        bool good = n > 0 && (blank || !kin_text_is_control(c));
        char esc[12];
        int k = snprintf(esc, sizeof esc, n > 0 ? "\\u%04x" : "\xef\xbf\xbd", (unsigned)c);
        const char *p = good ? (const char *)s.p : esc;
        size_t used = good ? n : (size_t)k;
        total += used;
        append(dst, size, &len, p, used);
        s = kin_span_skip(s, n > 0 ? n : 1);
    }
    if (size > 0)
        dst[len] = '\0';
    return total;
}

size_t kin_text_put_utf8(uint32_t c, char dst[4])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        dst[i] = (char)(0x80 | (c & 0x3f));
    dst[0] = (char)(marks[n] | c);
    return n;
}
