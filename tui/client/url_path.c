// Navigation between URLs of a server.
#include "client/url_path.h"

#include <stdio.h>

#include "base/err.h"
#include "base/lex.h"
#include "base/text.h"
#include "base/wr.h"
#include "client/listing_json.h"
#include "proto/uri.h"
#include "proto/uri_mask.h"

static bool put(const char *text, int len, char ret[URL_PATH_MAX])
{
    if (len < 0 || len >= URL_PATH_MAX)
        return false;
    memmove(ret, text, (size_t)len);
    ret[len] = '\0';
    return true;
}

// Where the path begins, and its length without the query.
static bool find_path(const char *url, size_t *ret_start, size_t *ret_end)
{
    struct kin_span s = kin_span_str(url);
    size_t host = kin_span_find_str(s, "://");
    if (host == s.n)
        return false;
    struct kin_span rest = kin_span_skip(s, host + 3);
    *ret_end = host + 3 + kin_span_find(rest, '?');
    size_t path = host + 3 + kin_span_find(rest, '/');
    *ret_start = path < *ret_end ? path : *ret_end;
    return true;
}

// Removes "." and ".." from the path, since the parent and the name of a URL are found by its segments. A path that
// leads above the root stays as it is: the server decides about it.
static void remove_dots(char url[URL_PATH_MAX])
{
    char path[URL_PATH_MAX];
    size_t start, end;
    if (!find_path(url, &start, &end) || end <= start)
        return;
    start++; // the slash of the root
    kin_span_copy(kin_span_make(url + start, end - start), path, sizeof path);
    if (kin_uri_remove_dots(path) == KIN_OK) { // which never makes it longer
        size_t n = strlen(path), rest = strlen(url + end) + 1;
        memcpy(url + start, path, n);
        memmove(url + start + n, url + end, rest);
    }
}

static bool is_escape(const char *s)
{
    uint64_t value;
    return s[0] == '%' && strlen(s) > 2 && kin_lex_hex(kin_span_make((const uint8_t *)s + 1, 2), 0xff, &value);
}

// What is typed as it is shown: a space and a percent sign that begins no escape are escaped. -1: no room.
static int escape(const char *url, char ret[URL_PATH_MAX])
{
    struct kin_wr w = kin_wr_init(ret, URL_PATH_MAX);
    size_t start, end;
    if (!find_path(url, &start, &end))
        return -1;
    kin_wr_bytes(&w, url, start);
    for (const char *s = url + start; *s != '\0'; s++) {
        if (*s == ' ' || (*s == '%' && !is_escape(s)))
            kin_wr_str(&w, *s == ' ' ? "%20" : "%25");
        else
            kin_wr_u8(&w, (uint8_t)*s);
    }
    kin_wr_u8(&w, '\0');
    return w.bad ? -1 : (int)w.len - 1;
}

bool url_path_complete(const char *text, char ret[URL_PATH_MAX])
{
    char url[URL_PATH_MAX], escaped[URL_PATH_MAX];
    struct kin_uri uri;
    struct kin_span s = kin_span_trim(kin_span_str(text));
    bool scheme = kin_span_find_str(s, "://") < s.n;
    int n = snprintf(url, sizeof url, "%s%.*s", scheme ? "" : "rtsp://", KIN_SPAN_ARG(s));
    if (n < 0 || n >= URL_PATH_MAX || kin_uri_parse(kin_span_str(url), &uri) != KIN_OK ||
        !kin_span_case_is(uri.scheme, "rtsp"))
        return false;
    remove_dots(url);
    return put(escaped, escape(url, escaped), ret);
}

bool url_path_is_below_root(const char *url)
{
    size_t start, end;
    return find_path(url, &start, &end) && end > start + 1;
}

bool url_path_parent(const char *url, char ret[URL_PATH_MAX])
{
    size_t start, end;
    if (!find_path(url, &start, &end) || end <= start + 1)
        return false;
    end--; // a final slash is not a segment
    while (end > start && url[end - 1] != '/')
        end--;
    return put(url, (int)end, ret);
}

static bool join(const char *url, const char *encoded, bool directory, char ret[URL_PATH_MAX])
{
    char joined[3 * URL_PATH_MAX];
    size_t start, end;
    if (!find_path(url, &start, &end))
        return false;
    bool slash = end > start && url[end - 1] == '/';
    int n = snprintf(joined, sizeof joined, "%.*s%s%s%s", (int)end, url, slash ? "" : "/", encoded,
                     directory ? "/" : "");
    return put(joined, n, ret);
}

static bool encode(const char *name, char ret[URL_PATH_MAX])
{
    return kin_uri_encode_path(kin_span_str(name), ret, URL_PATH_MAX) == KIN_OK;
}

bool url_path_child(const char *url, const char *name, bool directory, char ret[URL_PATH_MAX])
{
    char encoded[URL_PATH_MAX];
    return encode(name, encoded) && join(url, encoded, directory, ret);
}

bool url_path_segment(const struct listing_entry *e, char ret[URL_PATH_MAX])
{
    return e->href != NULL ? put(e->href, (int)strlen(e->href), ret) : encode(e->name, ret);
}

bool url_path_entry(const char *url, const struct listing_entry *e, char ret[URL_PATH_MAX])
{
    char segment[URL_PATH_MAX];
    return url_path_segment(e, segment) && join(url, segment, e->is_directory, ret);
}

void url_path_name(const char *url, char *dst, size_t size)
{
    char decoded[URL_PATH_MAX], masked[URL_PATH_SHOWN_MAX];
    size_t start, end;
    kin_uri_mask(kin_span_str(url), masked, sizeof masked);
    struct kin_span s = kin_span_str(masked);
    if (find_path(masked, &start, &end)) {
        s = kin_span_make(masked, end);
        if (kin_span_ends(s, "/"))
            s.n--;
        s = kin_span_skip(s, kin_span_after_last(s, '/'));
    }
    if (kin_uri_decode(s, decoded, sizeof decoded, NULL) == KIN_OK)
        s = kin_span_str(decoded);
    kin_text_clean(s, true, dst, size);
}

void url_path_shown(const char *url, char dst[URL_PATH_SHOWN_MAX])
{
    static const char scheme[] = "rtsp://";
    char full[URL_PATH_SHOWN_MAX], masked[URL_PATH_SHOWN_MAX];
    bool has_scheme = strstr(url, "://") != NULL; // without it, "user:password@host" must be masked as well
    snprintf(full, sizeof full, "%s%s", has_scheme ? "" : scheme, url);
    kin_uri_mask(kin_span_str(full), masked, sizeof masked);
    kin_text_clean(kin_span_str(masked + (has_scheme ? 0 : strlen(scheme))), true, dst, URL_PATH_SHOWN_MAX);
}

bool url_path_unmask(const char *typed, const char *original, char ret[URL_PATH_MAX])
{
    struct kin_uri t, o;
    char url[URL_PATH_MAX];
    bool parsed = kin_uri_parse(kin_span_str(typed), &t) == KIN_OK;
    bool masked = parsed && kin_span_is(t.password, KIN_URI_MASK);
    if (!masked || kin_uri_parse(kin_span_str(original), &o) != KIN_OK || o.password.n == 0)
        return put(typed, (int)strlen(typed), ret); // a password of its own, or none
    if (!kin_span_eq(t.user, o.user) || !kin_span_eq(t.host, o.host))
        return false;
    int before = (int)((const char *)t.password.p - typed);
    int n = snprintf(url, sizeof url, "%.*s%.*s%s", before, typed, KIN_SPAN_ARG(o.password),
                     typed + before + strlen(KIN_URI_MASK));
    return put(url, n, ret);
}
