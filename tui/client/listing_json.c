// Reads the JSON listing of a directory: RFC 8259, as far as a listing needs it.
#include "client/listing_json.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/lex.h"
#include "base/text.h"
#include "base/wr.h"
#include "proto/uri.h"

#define DEPTH_MAX 16
#define TEXT_MAX 1024

struct json {
    struct kin_span in;
    unsigned depth;
    int err; // sticky: the first thing that was wrong
};

// --- the language

static void fail(struct json *j, int err)
{
    if (j->err == KIN_OK)
        j->err = err;
    j->in = kin_span_make(NULL, 0);
}

static uint8_t next_byte(struct json *j)
{
    while (j->in.n > 0 && memchr(" \t\r\n", j->in.p[0], 4) != NULL)
        j->in = kin_span_skip(j->in, 1);
    return j->in.n > 0 ? j->in.p[0] : 0;
}

static bool accept_byte(struct json *j, uint8_t c)
{
    if (next_byte(j) != c || j->in.n == 0)
        return false;
    j->in = kin_span_skip(j->in, 1);
    return true;
}

static void expect(struct json *j, uint8_t c)
{
    if (!accept_byte(j, c))
        fail(j, KIN_EBAD);
}

static void put_utf8(struct kin_wr *w, uint32_t c)
{
    if (c < 0x80) {
        kin_wr_u8(w, c);
    } else if (c < 0x800) {
        kin_wr_u8(w, 0xc0 | c >> 6);
        kin_wr_u8(w, 0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        kin_wr_u8(w, 0xe0 | c >> 12);
        kin_wr_u8(w, 0x80 | (c >> 6 & 0x3f));
        kin_wr_u8(w, 0x80 | (c & 0x3f));
    } else {
        kin_wr_u8(w, 0xf0 | c >> 18);
        kin_wr_u8(w, 0x80 | (c >> 12 & 0x3f));
        kin_wr_u8(w, 0x80 | (c >> 6 & 0x3f));
        kin_wr_u8(w, 0x80 | (c & 0x3f));
    }
}

static uint32_t read_hex4(struct json *j)
{
    uint64_t v = 0;
    if (j->in.n < 4 || !kin_lex_hex(kin_span_first(j->in, 4), 0xffff, &v))
        fail(j, KIN_EBAD);
    j->in = kin_span_skip(j->in, 4);
    return (uint32_t)v;
}

// After "\u": a character of its own, or the first half of a surrogate pair.
static void read_unicode(struct json *j, struct kin_wr *w)
{
    uint32_t c = read_hex4(j);
    if (c >= 0xd800 && c < 0xdc00 && kin_span_starts(j->in, "\\u")) {
        j->in = kin_span_skip(j->in, 2);
        uint32_t low = read_hex4(j);
        c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
    }
    put_utf8(w, c);
}

static void read_escape(struct json *j, struct kin_wr *w)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uint8_t c = j->in.n > 0 ? j->in.p[0] : 0;
    const char *at = c != 0 ? strchr(from, c) : NULL;
    j->in = kin_span_skip(j->in, 1);
    if (at != NULL)
        kin_wr_u8(w, (uint8_t)to[at - from]);
    else if (c == 'u')
        read_unicode(j, w);
    else
        fail(j, KIN_EBAD);
}

// A string, cleaned for the screen and cut to what dst holds. dst NULL skips it.
static void read_string(struct json *j, char *dst, size_t size)
{
    uint8_t raw[TEXT_MAX];
    struct kin_wr w = kin_wr_init(raw, sizeof raw);
    expect(j, '"');
    while (j->in.n > 0 && j->in.p[0] != '"') {
        uint8_t c = j->in.p[0];
        j->in = kin_span_skip(j->in, 1);
        if (c == '\\')
            read_escape(j, &w);
        else
            kin_wr_u8(&w, c);
    }
    expect(j, '"');
    if (dst != NULL)
        kin_text_clean(kin_wr_span(&w), true, dst, size);
}

// A number in millionths; those that make no sense in a listing (negative, with an exponent) count as 0.
static uint64_t read_micro(struct json *j)
{
    uint64_t micro = 0;
    size_t n = 0;
    next_byte(j);
    while (n < j->in.n && (kin_lex_is_digit(j->in.p[n]) || memchr("+-.eE", j->in.p[n], 5) != NULL))
        n++;
    if (n == 0)
        fail(j, KIN_EBAD);
    kin_lex_micro(kin_span_first(j->in, n), UINT64_MAX, &micro);
    j->in = kin_span_skip(j->in, n);
    return micro;
}

static double read_number(struct json *j)
{
    return (double)read_micro(j) / 1e6;
}

static uint64_t read_count(struct json *j, uint64_t max)
{
    uint64_t v = read_micro(j) / 1000000;
    return v <= max ? v : 0;
}

static void skip_value(struct json *j);

static void skip_literal(struct json *j)
{
    static const char *const literals[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        if (!kin_span_starts(j->in, literals[i]))
            continue;
        j->in = kin_span_skip(j->in, strlen(literals[i]));
        return;
    }
    read_micro(j);
}

static void skip_members(struct json *j, uint8_t close)
{
    if (++j->depth > DEPTH_MAX)
        fail(j, KIN_ELIMIT);
    for (bool more = !accept_byte(j, close); more && j->err == KIN_OK; more = accept_byte(j, ',')) {
        if (close == '}') {
            read_string(j, NULL, 0);
            expect(j, ':');
        }
        skip_value(j);
        if (next_byte(j) == close) {
            accept_byte(j, close);
            break;
        }
        if (next_byte(j) != ',')
            fail(j, KIN_EBAD);
    }
    j->depth--;
}

static void skip_value(struct json *j)
{
    uint8_t c = next_byte(j);
    if (c == '"')
        read_string(j, NULL, 0);
    else if (accept_byte(j, '{'))
        skip_members(j, '}');
    else if (accept_byte(j, '['))
        skip_members(j, ']');
    else
        skip_literal(j);
}

// Steps to the next member of an object: its key, with the value next. False at the end.
static bool next_key(struct json *j, bool *first, char key[32])
{
    if (accept_byte(j, '}') || j->err != KIN_OK)
        return false;
    if (!*first)
        expect(j, ',');
    *first = false;
    read_string(j, key, 32);
    expect(j, ':');
    return j->err == KIN_OK;
}

// --- the listing

#define HREF_MAX 1024

// Takes the name from the href: JSON names cannot hold arbitrary bytes. They are escaped as no URL would escape them,
// so that the result is not mistaken for one.
static void name_by_href(const char *href, char *name, size_t size)
{
    char decoded[HREF_MAX];
    size_t n;
    if (href[0] != '\0' && kin_uri_decode(kin_span_str(href), decoded, sizeof decoded, &n) == KIN_OK)
        kin_text_escape(kin_span_make(decoded, n), name, size);
}

// Kept only if it is one segment of a path, so that it cannot lead anywhere else.
static void read_href(struct json *j, struct listing_entry *e)
{
    char text[HREF_MAX];
    read_string(j, text, sizeof text);
    struct kin_span s = kin_span_str(text);
    bool segment = s.n > 0 && s.p[0] != '.';
    for (size_t i = 0; i < s.n; i++)
        segment = segment && s.p[i] > ' ' && s.p[i] < 0x7f && strchr("/?#\\\"", s.p[i]) == NULL;
    if (!segment || e->href != NULL)
        return;
    e->href = strdup(text);
    if (e->href == NULL)
        fail(j, KIN_ENOMEM);
}

static void read_entry_member(struct json *j, const char *key, struct listing_entry *e)
{
    char type[16];
    if (strcmp(key, "name") == 0) {
        read_string(j, e->name, sizeof e->name);
    } else if (strcmp(key, "href") == 0) {
        read_href(j, e);
    } else if (strcmp(key, "type") == 0) {
        read_string(j, type, sizeof type);
        e->is_directory = strcmp(type, "directory") == 0;
    } else if (strcmp(key, "width") == 0) {
        e->width = (uint16_t)read_count(j, UINT16_MAX);
    } else if (strcmp(key, "height") == 0) {
        e->height = (uint16_t)read_count(j, UINT16_MAX);
    } else if (strcmp(key, "frames") == 0) {
        e->frames = read_count(j, UINT64_MAX);
    } else if (strcmp(key, "fps") == 0) {
        e->fps = read_number(j);
    } else if (strcmp(key, "duration") == 0) {
        e->duration = read_number(j);
    } else if (strcmp(key, "bytes") == 0) {
        e->bytes = read_count(j, UINT64_MAX);
    } else if (strcmp(key, "indexing") == 0) {
        e->indexing = true;
        e->indexed = fmin(read_number(j), 1);
    } else if (strcmp(key, "repair") == 0) {
        read_string(j, e->repair, sizeof e->repair);
    } else if (strcmp(key, "problem") == 0) {
        read_string(j, e->problem, sizeof e->problem);
    } else {
        skip_value(j);
    }
}

static void read_entry(struct json *j, struct listing_entry *e)
{
    char key[32];
    bool first = true;
    expect(j, '{');
    while (next_key(j, &first, key))
        read_entry_member(j, key, e);
    if (e->href != NULL)
        name_by_href(e->href, e->name, sizeof e->name);
}

static struct listing_entry *add_entry(struct json *j, struct listing *l, size_t *room)
{
    if (l->count == LISTING_MAX) {
        fail(j, KIN_ELIMIT);
        return NULL;
    }
    if (l->count == *room) {
        size_t more = *room == 0 ? 16 : *room * 2;
        struct listing_entry *grown = realloc(l->entries, more * sizeof *grown);
        if (grown == NULL) {
            fail(j, KIN_ENOMEM);
            return NULL;
        }
        l->entries = grown;
        *room = more;
    }
    struct listing_entry *e = &l->entries[l->count++];
    *e = (struct listing_entry){.is_directory = false};
    return e;
}

static void read_entries(struct json *j, struct listing *l)
{
    size_t room = 0;
    expect(j, '[');
    for (bool more = !accept_byte(j, ']'); more && j->err == KIN_OK; more = !accept_byte(j, ']')) {
        if (l->count > 0)
            expect(j, ',');
        struct listing_entry *e = add_entry(j, l, &room);
        if (e != NULL)
            read_entry(j, e);
    }
}

static void read_example(struct json *j, struct listing *l)
{
    char key[32], href[HREF_MAX] = "";
    char name[sizeof l->examples[0].name] = "", problem[sizeof l->examples[0].problem] = "";
    bool first = true;
    expect(j, '{');
    while (next_key(j, &first, key)) {
        if (strcmp(key, "name") == 0)
            read_string(j, name, sizeof name);
        else if (strcmp(key, "href") == 0)
            read_string(j, href, sizeof href);
        else if (strcmp(key, "problem") == 0)
            read_string(j, problem, sizeof problem);
        else
            skip_value(j);
    }
    name_by_href(href, name, sizeof name);
    if (l->example_count == LISTING_EXAMPLES_MAX)
        return;
    memcpy(l->examples[l->example_count].name, name, sizeof name);
    memcpy(l->examples[l->example_count++].problem, problem, sizeof problem);
}

static void read_examples(struct json *j, struct listing *l)
{
    bool first = true;
    expect(j, '[');
    for (bool more = !accept_byte(j, ']'); more && j->err == KIN_OK; more = !accept_byte(j, ']')) {
        if (!first)
            expect(j, ',');
        first = false;
        read_example(j, l);
    }
}

static void read_unservable(struct json *j, struct listing *l)
{
    char key[32];
    bool first = true;
    expect(j, '{');
    while (next_key(j, &first, key)) {
        if (strcmp(key, "count") == 0)
            l->unservable = read_count(j, UINT64_MAX);
        else if (strcmp(key, "examples") == 0)
            read_examples(j, l);
        else
            skip_value(j);
    }
}

static void read_listing(struct json *j, struct listing *l)
{
    char key[32];
    bool first = true;
    bool seen = false;
    expect(j, '{');
    while (next_key(j, &first, key)) {
        if (strcmp(key, "path") == 0) {
            read_string(j, l->path, sizeof l->path);
        } else if (strcmp(key, "entries") == 0 && !seen) {
            seen = true;
            read_entries(j, l);
        } else if (strcmp(key, "unservable") == 0) {
            read_unservable(j, l);
        } else {
            skip_value(j);
        }
    }
    if (!seen)
        fail(j, KIN_EBAD);
}

int listing_parse(struct kin_span json, struct listing **ret)
{
    struct json j = {.in = json};
    struct listing *l = calloc(1, sizeof *l);
    if (l == NULL)
        return KIN_ENOMEM;
    size_t size = kin_text_json(json, NULL, 0) + 1;
    l->json = malloc(size);
    if (l->json != NULL) {
        kin_text_json(json, l->json, size);
        read_listing(&j, l);
    } else {
        j.err = KIN_ENOMEM;
    }
    if (j.err != KIN_OK) {
        listing_free(l);
        return j.err;
    }
    *ret = l;
    return KIN_OK;
}

void listing_free(struct listing *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->count; i++)
        free(l->entries[i].href);
    free(l->entries);
    free(l->json);
    free(l);
}
