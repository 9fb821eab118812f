// Searching, trimming and splitting of spans.
#include "base/span.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool case_same(const uint8_t *a, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower((uint8_t)text[i]))
            return false;
    return true;
}

bool kin_span_case_is(struct kin_span a, const char *text)
{
    return a.n == strlen(text) && case_same(a.p, text, a.n);
}

bool kin_span_case_starts(struct kin_span s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && case_same(s.p, prefix, n);
}

size_t kin_span_find(struct kin_span s, uint8_t byte)
{
    if (s.n == 0)
        return 0;
    const uint8_t *hit = (const uint8_t *)memchr(s.p, byte, s.n);
    return hit != NULL ? (size_t)(hit - s.p) : s.n;
}

size_t kin_span_find_any(struct kin_span s, const char *set)
{
    size_t i = 0;
    while (i < s.n && (s.p[i] == 0 || strchr(set, s.p[i]) == NULL))
        i++;
    return i;
}

size_t kin_span_after_last(struct kin_span s, uint8_t byte)
{
    size_t n = s.n;
    while (n > 0 && s.p[n - 1] != byte)
        n--;
    return n;
}

size_t kin_span_find_str(struct kin_span s, const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; n > 0 && i + n <= s.n; i++) {
        i += kin_span_find(kin_span_skip(s, i), (uint8_t)text[0]);
        if (i + n <= s.n && memcmp(s.p + i, text, n) == 0)
            return i;
    }
    return n > 0 ? s.n : 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct kin_span kin_span_trim(struct kin_span s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool kin_span_split(struct kin_span *rest, uint8_t sep, struct kin_span *ret)
{
    if (rest->p == NULL)
        return false;
    size_t at = kin_span_find(*rest, sep);
    *ret = kin_span_make(rest->p, at);
    if (at < rest->n)
        *rest = kin_span_make(rest->p + at + 1, rest->n - at - 1);
    else
        *rest = kin_span_make(NULL, 0);
    return true;
}

size_t kin_span_copy(struct kin_span s, char *dst, size_t size)
{
    if (size == 0)
        return 0;
    size_t n = kin_span_find(s, 0);
    if (n > size - 1)
        n = size - 1;
    if (n > 0)
        memcpy(dst, s.p, n);
    dst[n] = '\0';
    return n;
}
