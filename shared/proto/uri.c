// rtsp:// URLs: splitting, percent coding, control URLs.
#include "proto/uri.h"

#include "base/err.h"
#include "base/lex.h"
#include "base/wr.h"

#define RTSPS_DEFAULT_PORT 322

static bool is_alpha(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme(struct kin_span s)
{
    if (s.n == 0 || !is_alpha(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!is_alpha(s.p[i]) && !kin_lex_is_digit(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
            return false;
    return true;
}

static bool has_control(struct kin_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

// Takes "scheme://" off *s.
static bool take_scheme(struct kin_span *s, struct kin_span *ret)
{
    size_t at = kin_span_find(*s, ':');
    struct kin_span scheme = kin_span_first(*s, at);
    struct kin_span rest = kin_span_skip(*s, at);
    if (!is_scheme(scheme) || !kin_span_starts(rest, "://"))
        return false;
    *ret = scheme;
    *s = kin_span_skip(rest, 3);
    return true;
}

// Userinfo ends at the last '@', since people do not encode the ones in their passwords.
static void take_userinfo(struct kin_span *authority, struct kin_uri *uri)
{
    size_t n = kin_span_after_last(*authority, '@');
    if (n == 0)
        return;
    struct kin_span info = kin_span_first(*authority, n - 1);
    size_t colon = kin_span_find(info, ':');
    uri->user = kin_span_first(info, colon);
    uri->password = kin_span_skip(info, colon + 1);
    *authority = kin_span_skip(*authority, n);
}

static bool is_ipv6_text(struct kin_span s)
{
    uint64_t digit;
    size_t colons = 0;
    for (size_t i = 0; i < s.n && s.p[i] != '%'; i++) { // '%' starts a zone (RFC 6874)
        colons += s.p[i] == ':';
        if (s.p[i] != ':' && s.p[i] != '.' && !kin_lex_hex(kin_span_make(s.p + i, 1), 15, &digit))
            return false;
    }
    return colons >= 2 && kin_span_find_any(s, "[] \"<>") == s.n;
}

static bool take_host(struct kin_span *s, struct kin_uri *uri)
{
    if (s->n > 0 && s->p[0] == '[') {
        size_t end = kin_span_find(*s, ']');
        uri->host = kin_span_skip(kin_span_first(*s, end), 1);
        uri->host_is_ipv6 = true;
        bool closed = end < s->n;
        *s = kin_span_skip(*s, end + 1);
        return closed && is_ipv6_text(uri->host) && (s->n == 0 || s->p[0] == ':');
    }
    size_t end = kin_span_find(*s, ':');
    uri->host = kin_span_first(*s, end);
    *s = kin_span_skip(*s, end);
    return uri->host.n > 0 && kin_span_find_any(uri->host, "[] \"<>\\^`{|}") == uri->host.n;
}

// ":port" or nothing; an empty port means the default (RFC 3986 section 3.2.3).
static bool take_port(struct kin_span s, struct kin_uri *uri)
{
    uint64_t port = kin_span_case_is(uri->scheme, "rtsps") ? RTSPS_DEFAULT_PORT : KIN_RTSP_DEFAULT_PORT;
    struct kin_span digits = kin_span_skip(s, 1);
    if (digits.n > 0 && (!kin_lex_u64(digits, UINT16_MAX, &port) || port == 0))
        return false;
    uri->port = (uint16_t)port;
    uri->port_given = digits.n > 0;
    return true;
}

int kin_uri_parse(struct kin_span text, struct kin_uri *ret)
{
    struct kin_uri uri = {0};
    if (text.n > KIN_URI_MAX || has_control(text) || !take_scheme(&text, &uri.scheme))
        return KIN_EBAD;
    size_t end = kin_span_find_any(text, "/?#");
    struct kin_span authority = kin_span_first(text, end);
    take_userinfo(&authority, &uri);
    if (!take_host(&authority, &uri) || !take_port(authority, &uri))
        return KIN_EBAD;
    text = kin_span_skip(text, end);
    text = kin_span_first(text, kin_span_find(text, '#'));
    size_t mark = kin_span_find(text, '?');
    uri.path = kin_span_first(text, mark);
    uri.query = kin_span_skip(text, mark + 1);
    *ret = uri;
    return KIN_OK;
}

// One character of `s` from offset *at, decoded. False on a bad escape or NUL.
static bool decode_one(struct kin_span s, size_t *at, uint8_t *ret)
{
    uint64_t v = s.p[*at];
    size_t n = 1;
    if (v == '%') {
        n = 3;
        if (s.n - *at < n || !kin_lex_hex(kin_span_make(s.p + *at + 1, 2), UINT8_MAX, &v))
            return false;
    }
    *at += n;
    *ret = (uint8_t)v;
    return v != 0;
}

int kin_uri_decode(struct kin_span text, char *dst, size_t size, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.n; len++) {
        uint8_t c;
        if (!decode_one(text, &i, &c))
            return KIN_EBAD;
        if (len + 1 >= size)
            return KIN_ELIMIT;
        dst[len] = (char)c;
    }
    if (size == 0)
        return KIN_ELIMIT;
    dst[len] = '\0';
    if (ret_len != NULL)
        *ret_len = len;
    return KIN_OK;
}

// Takes the first segment of a path off *rest, with the slash behind it. *ret: without.
static struct kin_span take_segment(struct kin_span *rest, struct kin_span *ret)
{
    struct kin_span whole = kin_span_first(*rest, kin_span_find(*rest, '/') + 1);
    *ret = kin_span_first(whole, kin_span_find(whole, '/'));
    *rest = kin_span_skip(*rest, whole.n);
    return whole;
}

// False when a ".." leads above the beginning.
static bool stays_inside(struct kin_span path)
{
    struct kin_span segment;
    for (size_t depth = 0; path.n > 0;) {
        take_segment(&path, &segment);
        bool up = kin_span_is(segment, "..");
        if (up && depth == 0)
            return false;
        depth = up ? depth - 1 : depth + !kin_span_is(segment, ".");
    }
    return true;
}

size_t kin_uri_remove_dots_of(char *path, size_t n)
{
    size_t start = n > 0 && path[0] == '/', len = start;
    struct kin_span rest = kin_span_make(path + start, n - start), segment;
    while (rest.n > 0) {
        struct kin_span whole = take_segment(&rest, &segment);
        if (kin_span_is(segment, "..")) { // with the segment before it
            size_t before = len > start ? len - 1 : len;
            len = start + kin_span_after_last(kin_span_make(path + start, before - start), '/');
        } else if (!kin_span_is(segment, ".")) {
            memmove(path + len, whole.p, whole.n);
            len += whole.n;
        }
    }
    return len;
}

int kin_uri_remove_dots(char *path)
{
    if (!stays_inside(kin_span_skip(kin_span_str(path), path[0] == '/')))
        return KIN_ERANGE;
    path[kin_uri_remove_dots_of(path, strlen(path))] = '\0';
    return KIN_OK;
}

static bool stays_in_path(uint8_t c)
{
    return is_alpha(c) || kin_lex_is_digit(c) || (c != 0 && strchr("-._~/", c) != NULL);
}

static int finish(struct kin_wr *w)
{
    kin_wr_u8(w, 0);
    return w->bad ? KIN_ELIMIT : KIN_OK;
}

int kin_uri_encode_path(struct kin_span path, char *dst, size_t size)
{
    static const char hex[] = "0123456789ABCDEF";
    struct kin_wr w = kin_wr_init(dst, size);
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i];
        char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        kin_wr_bytes(&w, stays_in_path(c) ? (const void *)&c : escape, stays_in_path(c) ? 1 : sizeof escape);
    }
    return finish(&w);
}

int kin_uri_resolve_control(struct kin_span base, struct kin_span control, char *dst, size_t size)
{
    struct kin_wr w = kin_wr_init(dst, size);
    struct kin_span rest = control;
    struct kin_span scheme;
    bool absolute = take_scheme(&rest, &scheme);
    if (absolute || control.n == 0 || kin_span_is(control, "*")) {
        kin_wr_put(&w, absolute ? control : base);
        return finish(&w);
    }
    size_t mark = kin_span_find(base, '?');
    struct kin_span path = kin_span_first(base, mark);
    bool own_query = kin_span_find(control, '?') < control.n;
    if (control.p[0] != '?') {
        while (path.n > 0 && path.p[path.n - 1] == '/')
            path.n--;
        kin_wr_put(&w, path);
        kin_wr_u8(&w, '/');
        while (control.n > 0 && control.p[0] == '/')
            control = kin_span_skip(control, 1);
    } else {
        kin_wr_put(&w, path);
    }
    kin_wr_put(&w, control);
    if (!own_query)
        kin_wr_put(&w, kin_span_skip(base, mark));
    return finish(&w);
}
