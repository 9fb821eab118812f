// JSON through a kin_wr.
#include "base/json_wr.h"

#include <inttypes.h>

#include "base/text.h"

// The comma, if one is due, and the key.
static void put_key(struct kin_wr *w, const char *key)
{
    if (w->len > 0 && strchr("{[\n", w->p[w->len - 1]) == NULL)
        kin_wr_u8(w, ',');
    if (key == NULL)
        return;
    kin_wr_u8(w, '"');
    kin_wr_str(w, key);
    kin_wr_str(w, "\":");
}

void kin_json_open(struct kin_wr *w, const char *key, char bracket)
{
    put_key(w, key);
    kin_wr_u8(w, (uint8_t)bracket);
}

void kin_json_close(struct kin_wr *w, char bracket)
{
    kin_wr_u8(w, (uint8_t)bracket);
}

static void put_string(struct kin_wr *w, const char *key, const char *text, bool percent)
{
    put_key(w, key);
    kin_wr_u8(w, '"');
    struct kin_span s = kin_span_str(text);
    uint32_t c = 0;
    for (size_t n; s.n > 0; s = kin_span_skip(s, n > 0 ? n : 1)) {
        n = kin_text_utf8(s, &c);
        if (n == 0 && percent)
            kin_wr_fmt(w, "%%%02X", s.p[0]);
        else if (n == 0 || kin_text_is_control(c))
            kin_wr_fmt(w, "\\u%04x", n > 0 ? (unsigned)c : 0xfffdu);
        else if (c == '"' || c == '\\')
            kin_wr_fmt(w, "\\%c", (char)c);
        else
            kin_wr_bytes(w, s.p, n);
    }
    kin_wr_u8(w, '"');
}

void kin_json_str(struct kin_wr *w, const char *key, const char *text)
{
    put_string(w, key, text, false);
}

void kin_json_name(struct kin_wr *w, const char *key, const char *text)
{
    put_string(w, key, text, true);
}

void kin_json_bool(struct kin_wr *w, const char *key, bool v)
{
    kin_json_fmt(w, key, "%s", v ? "true" : "false");
}

void kin_json_uint(struct kin_wr *w, const char *key, uint64_t v)
{
    kin_json_fmt(w, key, "%" PRIu64, v);
}

void kin_json_milli(struct kin_wr *w, const char *key, uint64_t milli)
{
    put_key(w, key);
    kin_wr_milli(w, milli, 1);
}

void kin_json_fmt(struct kin_wr *w, const char *key, const char *format, ...)
{
    va_list args;
    put_key(w, key);
    va_start(args, format);
    kin_wr_vfmt(w, format, args);
    va_end(args);
}
