// A span is a borrowed view of bytes: pointer and length, never NUL-terminated, never owned.
#ifndef KIN_BASE_SPAN_H
#define KIN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct kin_span {
    const uint8_t *p;
    size_t n;
};

// For printf("%.*s", KIN_SPAN_ARG(s)).
#define KIN_SPAN_ARG(s) (int)((s).n), (const char *)((s).p != NULL ? (s).p : (const uint8_t *)"")

static inline struct kin_span kin_span_make(const void *p, size_t n)
{
    struct kin_span s = {(const uint8_t *)p, n};
    return s;
}

static inline struct kin_span kin_span_str(const char *text)
{
    return kin_span_make(text, text != NULL ? strlen(text) : 0);
}

static inline bool kin_span_eq(struct kin_span a, struct kin_span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool kin_span_is(struct kin_span a, const char *text)
{
    return kin_span_eq(a, kin_span_str(text));
}

// The bytes from `from` on; empty when `from` is past the end.
static inline struct kin_span kin_span_skip(struct kin_span s, size_t from)
{
    size_t k = from < s.n ? from : s.n;
    return kin_span_make(s.p != NULL ? s.p + k : NULL, s.n - k);
}

// The first `n` bytes, or all of them when there are fewer.
static inline struct kin_span kin_span_first(struct kin_span s, size_t n)
{
    return kin_span_make(s.p, n < s.n ? n : s.n);
}

static inline bool kin_span_starts(struct kin_span s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

static inline bool kin_span_ends(struct kin_span s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.n >= n && (n == 0 || memcmp(s.p + (s.n - n), suffix, n) == 0);
}

// Comparisons that ignore the case of ASCII letters.
bool kin_span_case_is(struct kin_span a, const char *text);
bool kin_span_case_starts(struct kin_span s, const char *prefix);

// Offset of the first `byte`, of the first byte that is one of `set`, or of the first occurrence of `text`; s.n when
// there is none.
size_t kin_span_find(struct kin_span s, uint8_t byte);
size_t kin_span_find_any(struct kin_span s, const char *set);
size_t kin_span_find_str(struct kin_span s, const char *text);
// Offset after the last `byte`; 0 when there is none.
size_t kin_span_after_last(struct kin_span s, uint8_t byte);

// Without leading and trailing spaces, tabs, CR and LF.
struct kin_span kin_span_trim(struct kin_span s);

// Takes the text before `sep` out of `*rest` and steps over the separator. Without a separator all of
// `*rest` is taken. Returns false, and leaves `*ret` alone, only when `*rest` was exhausted before
// (p == NULL); so "a," yields "a" and "".
bool kin_span_split(struct kin_span *rest, uint8_t sep, struct kin_span *ret);

// Copies into a NUL-terminated buffer of `size` bytes, cutting what does not fit and stopping before the
// first NUL byte. Returns the length written.
size_t kin_span_copy(struct kin_span s, char *dst, size_t size);

#endif
