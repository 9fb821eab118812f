// One URL against another: RFC 3986 references and control URLs.
#include "proto/uri_resolve.h"

#include "base/err.h"
#include "base/wr.h"

struct parts { // of a URL without its fragment
    struct kin_span scheme, authority, path, query;
    bool has_query;
};

static bool is_absolute(struct kin_span text)
{
    struct kin_uri uri;
    return kin_uri_parse(text, &uri) == KIN_OK;
}

// Splits the text after the authority.
static void split_path(struct kin_span text, struct parts *ret)
{
    text = kin_span_first(text, kin_span_find(text, '#'));
    size_t mark = kin_span_find(text, '?');
    ret->path = kin_span_first(text, mark);
    ret->has_query = mark < text.n;
    ret->query = kin_span_skip(text, mark + 1);
}

static bool split(struct kin_span text, struct parts *ret)
{
    size_t colon = kin_span_find(text, ':');
    ret->scheme = kin_span_first(text, colon);
    if (!is_absolute(text))
        return false;
    text = kin_span_skip(text, colon + 3);
    size_t n = kin_span_find_any(text, "/?#");
    ret->authority = kin_span_first(text, n);
    split_path(kin_span_skip(text, n), ret);
    return true;
}

static int write_url(const struct parts *p, struct kin_span folder, char *dst, size_t size)
{
    struct kin_wr w = kin_wr_init(dst, size);
    kin_wr_put(&w, p->scheme);
    kin_wr_str(&w, "://");
    kin_wr_put(&w, p->authority);
    size_t at = w.len;
    kin_wr_put(&w, folder);
    kin_wr_put(&w, p->path);
    if (!w.bad)
        w.len = at + kin_uri_remove_dots_of(dst + at, w.len - at);
    if (p->has_query) {
        kin_wr_u8(&w, '?');
        kin_wr_put(&w, p->query);
    }
    kin_wr_u8(&w, 0);
    return w.bad ? KIN_ELIMIT : KIN_OK;
}

// Up to and including the last '/'; "/" where there is none.
static struct kin_span folder_of(struct kin_span path)
{
    size_t n = kin_span_after_last(path, '/');
    return n > 0 ? kin_span_first(path, n) : kin_span_str("/");
}

static void inherit_path(struct parts *r, const struct parts *base)
{
    r->path = base->path;
    r->has_query = r->has_query || base->has_query;
    r->query = r->query.n > 0 ? r->query : base->query;
}

int kin_uri_resolve(struct kin_span base, struct kin_span reference, char *dst, size_t size)
{
    struct parts b = {.has_query = false};
    struct parts r = {.has_query = false};
    struct kin_span folder = kin_span_make(NULL, 0);
    if (!split(base, &b))
        return KIN_EBAD;
    if (split(reference, &r)) {
        if (r.path.n == 0)
            inherit_path(&r, &b);
        return write_url(&r, folder, dst, size);
    }
    r.scheme = b.scheme;
    r.authority = b.authority;
    if (kin_span_starts(reference, "//")) {
        struct kin_span rest = kin_span_skip(reference, 2);
        size_t n = kin_span_find_any(rest, "/?#");
        r.authority = kin_span_first(rest, n);
        reference = kin_span_skip(rest, n);
    }
    split_path(reference, &r);
    if (r.path.n == 0)
        inherit_path(&r, &b);
    else if (r.path.p[0] != '/')
        folder = folder_of(b.path);
    return write_url(&r, folder, dst, size);
}

// --- control URLs

static int behind_query(struct kin_span base, struct kin_span control, char *dst, size_t size)
{
    struct kin_wr w = kin_wr_init(dst, size);
    while (base.n > 0 && base.p[base.n - 1] == '/')
        base.n--;
    while (control.n > 0 && control.p[0] == '/')
        control = kin_span_skip(control, 1);
    kin_wr_put(&w, base);
    kin_wr_u8(&w, '/');
    kin_wr_put(&w, control);
    kin_wr_u8(&w, 0);
    return w.bad ? KIN_ELIMIT : KIN_OK;
}

static int at_our_host(struct kin_span base, struct kin_span control, char *dst, size_t size)
{
    struct parts b = {.has_query = false};
    struct parts c = {.has_query = false};
    if (!split(base, &b) || !split(control, &c) || kin_span_eq(b.authority, c.authority))
        return KIN_EUNSUPPORTED;
    c.scheme = b.scheme;
    c.authority = b.authority;
    return write_url(&c, kin_span_make(NULL, 0), dst, size);
}

int kin_uri_control(enum kin_uri_control_form form, struct kin_span base, struct kin_span control, char *dst,
                    size_t size)
{
    bool absolute = is_absolute(control);
    bool relative = !absolute && control.n > 0 && !kin_span_is(control, "*");
    bool from_root = kin_span_starts(control, "/") && !kin_span_starts(control, "//");
    switch (form) {
    case KIN_URI_CONTROL_FROM_ROOT:
        return from_root ? kin_uri_resolve(base, control, dst, size) : KIN_EUNSUPPORTED;
    case KIN_URI_CONTROL_APPENDED:
        return kin_uri_resolve_control(base, control, dst, size);
    case KIN_URI_CONTROL_BEHIND_QUERY:
        return relative && kin_span_find(base, '?') < base.n ? behind_query(base, control, dst, size)
                                                             : KIN_EUNSUPPORTED;
    case KIN_URI_CONTROL_OUR_HOST:
        return absolute ? at_our_host(base, control, dst, size) : KIN_EUNSUPPORTED;
    case KIN_URI_CONTROL_RFC3986:
        return relative && !from_root ? kin_uri_resolve(base, control, dst, size) : KIN_EUNSUPPORTED;
    case KIN_URI_CONTROL_FORM_COUNT:
        break;
    }
    return KIN_EUNSUPPORTED;
}
