// Passwords in URLs, masked.
#include "proto/uri_mask.h"

// Length of the authority at the head of `text`.
static size_t authority_end(struct kin_span text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] > ' ' && memchr("/?#\"<>", text.p[n], 6) == NULL)
        n++;
    return n;
}

static size_t word_end(struct kin_span text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] > ' ' && text.p[n] != '"')
        n++;
    return n;
}

// True for "host", "host:8554" or "[::1]:8554", false for the beginning of "user:pass/word@host": that is no valid URL,
// but people type it.
static bool is_host(struct kin_span authority)
{
    size_t colon = kin_span_find(authority, ':');
    bool digits = true;
    for (size_t i = colon + 1; i < authority.n; i++)
        digits = digits && authority.p[i] >= '0' && authority.p[i] <= '9';
    return digits || authority.p[0] == '[';
}

// The userinfo without its '@' at the head of `text`, which begins right after "://".
static struct kin_span userinfo(struct kin_span text)
{
    struct kin_span authority = kin_span_first(text, authority_end(text));
    size_t at = kin_span_after_last(authority, '@');
    if (at == 0 && !is_host(authority))
        at = kin_span_after_last(kin_span_first(text, word_end(text)), '@');
    return kin_span_first(text, at > 0 ? at - 1 : 0);
}

struct out {
    char *dst;
    size_t size, len;
};

static void put(struct out *o, struct kin_span s)
{
    size_t room = o->size > 0 ? o->size - 1 - o->len : 0;
    size_t n = s.n < room ? s.n : room;
    if (n > 0)
        memcpy(o->dst + o->len, s.p, n);
    o->len += n;
}

size_t kin_uri_mask(struct kin_span text, char *dst, size_t size)
{
    struct out o = {dst, size, 0};
    while (text.n > 0) {
        size_t begin = kin_span_find_str(text, "://");
        begin += begin < text.n ? 3 : 0;
        struct kin_span rest = kin_span_skip(text, begin);
        struct kin_span info = userinfo(rest);
        size_t colon = kin_span_find(info, ':');
        put(&o, kin_span_first(text, begin + colon));
        if (colon < info.n)
            put(&o, kin_span_str(":" KIN_URI_MASK));
        text = kin_span_skip(rest, info.n);
    }
    if (size > 0)
        dst[o.len] = '\0';
    return o.len;
}
