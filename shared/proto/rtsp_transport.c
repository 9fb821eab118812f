// The Transport header (RFC 2326 section 12.39).
#include "proto/rtsp_hdr.h"

#include "base/err.h"
#include "base/lex.h"

#include <stdio.h>

static const char *const profile_names[] = {[KIN_RTSP_AVP] = "RTP/AVP",
                                            [KIN_RTSP_AVPF] = "RTP/AVPF",
                                            [KIN_RTSP_SAVP] = "RTP/SAVP",
                                            [KIN_RTSP_SAVPF] = "RTP/SAVPF",
                                            [KIN_RTSP_PROFILE_OTHER] = "RTP/AVP"};

// Like kin_span_split, but separators between double quotes do not count.
static bool split_unquoted(struct kin_span *rest, uint8_t sep, struct kin_span *ret)
{
    bool quoted = false;
    size_t n = 0;
    if (rest->n == 0)
        return false;
    for (; n < rest->n && (quoted || rest->p[n] != sep); n++)
        quoted ^= rest->p[n] == '"';
    *ret = kin_span_trim(kin_span_first(*rest, n));
    *rest = kin_span_skip(*rest, n + 1);
    return true;
}

static struct kin_span unquote(struct kin_span s)
{
    if (s.n > 0 && s.p[0] == '"')
        s = kin_span_skip(s, 1);
    return kin_span_trim(kin_span_first(s, kin_span_find(s, '"')));
}

// "RTP/AVP", "RTP/SAVPF/TCP" and so on.
static int parse_protocol(struct kin_span text, struct kin_rtsp_transport *t)
{
    t->lower_transport_given = true;
    if (text.n > 4 && kin_span_case_is(kin_span_skip(text, text.n - 4), "/TCP"))
        t->lower_transport = KIN_LOWER_TRANSPORT_TCP;
    else if (text.n <= 4 || !kin_span_case_is(kin_span_skip(text, text.n - 4), "/UDP"))
        t->lower_transport_given = false;
    if (t->lower_transport_given)
        text.n -= 4;
    unsigned i = 0;
    while (i < KIN_RTSP_PROFILE_OTHER && !kin_span_case_is(text, profile_names[i]))
        i++;
    t->profile = (enum kin_rtsp_profile)i;
    return i < KIN_RTSP_PROFILE_OTHER ? KIN_OK : KIN_EUNSUPPORTED;
}

// "a" or "a-b" with a <= b <= max; a pair that was not written leaves ret[1] at 0.
static bool parse_pair(struct kin_span value, uint64_t max, uint16_t ret[2], bool *ret_pair)
{
    uint64_t a;
    uint64_t b = 0;
    size_t dash = kin_span_find(value, '-');
    bool pair = dash < value.n;
    if (!kin_lex_u64(kin_span_trim(kin_span_first(value, dash)), max, &a))
        return false;
    if (pair && (!kin_lex_u64(kin_span_trim(kin_span_skip(value, dash + 1)), max, &b) || b < a))
        return false;
    ret[0] = (uint16_t)a;
    ret[1] = (uint16_t)b;
    *ret_pair = pair;
    return true;
}

static bool on_unicast(struct kin_span value, struct kin_rtsp_transport *t)
{
    (void)value;
    return t->unicast = true;
}

static bool on_multicast(struct kin_span value, struct kin_rtsp_transport *t)
{
    (void)value;
    return t->multicast = true;
}

static bool on_interleaved(struct kin_span value, struct kin_rtsp_transport *t)
{
    uint16_t ch[2];
    bool pair;
    if (!parse_pair(value, UINT8_MAX, ch, &pair) || (!pair && ch[0] == UINT8_MAX))
        return false;
    t->interleaved[0] = (uint8_t)ch[0];
    t->interleaved[1] = (uint8_t)(pair ? ch[1] : ch[0] + 1);
    return t->has_interleaved = true;
}

static bool on_client_port(struct kin_span value, struct kin_rtsp_transport *t)
{
    t->has_client_port = true;
    return parse_pair(value, UINT16_MAX, t->client_port, &t->client_port_pair);
}

static bool on_server_port(struct kin_span value, struct kin_rtsp_transport *t)
{
    bool pair;
    t->has_server_port = true;
    return parse_pair(value, UINT16_MAX, t->server_port, &pair);
}

static bool on_ssrc(struct kin_span value, struct kin_rtsp_transport *t)
{
    uint64_t v;
    if (kin_lex_hex(value, UINT32_MAX, &v)) {
        t->has_ssrc = true;
        t->ssrc = (uint32_t)v;
    }
    return true;
}

static bool on_destination(struct kin_span value, struct kin_rtsp_transport *t)
{
    t->destination = value;
    return true;
}

static bool on_source(struct kin_span value, struct kin_rtsp_transport *t)
{
    t->source = value;
    return true;
}

static bool on_mode(struct kin_span value, struct kin_rtsp_transport *t)
{
    struct kin_span one;
    t->mode = value;
    t->record = false;
    while (split_unquoted(&value, ',', &one))
        t->record |= kin_span_case_is(one, "RECORD") || kin_span_case_is(one, "RECEIVE");
    return true;
}

static const struct {
    const char *name;
    bool (*take)(struct kin_span value, struct kin_rtsp_transport *t);
} params[] = {
    {"unicast", on_unicast},         {"multicast", on_multicast},     {"interleaved", on_interleaved},
    {"client_port", on_client_port}, {"server_port", on_server_port}, {"ssrc", on_ssrc},
    {"destination", on_destination}, {"source", on_source},           {"mode", on_mode},
};

static bool parse_param(struct kin_span text, struct kin_rtsp_transport *t)
{
    size_t eq = kin_span_find(text, '=');
    struct kin_span name = kin_span_trim(kin_span_first(text, eq));
    struct kin_span value = unquote(kin_span_trim(kin_span_skip(text, eq + 1)));
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        if (kin_span_case_is(name, params[i].name))
            return params[i].take(value, t);
    return true;
}

static int parse_spec(struct kin_span spec, struct kin_rtsp_transport *t)
{
    struct kin_span part = kin_span_make(NULL, 0);
    split_unquoted(&spec, ';', &part);
    int err = parse_protocol(part, t);
    while (split_unquoted(&spec, ';', &part))
        if (!parse_param(part, t))
            return err == KIN_OK ? KIN_EBAD : err;
    if (t->has_interleaved && !t->lower_transport_given)
        t->lower_transport = KIN_LOWER_TRANSPORT_TCP;
    return err;
}

bool kin_rtsp_transport_next(struct kin_span *list, struct kin_rtsp_transport *ret, int *ret_err)
{
    struct kin_span spec;
    while (split_unquoted(list, ',', &spec)) {
        if (spec.n == 0)
            continue;
        *ret = (struct kin_rtsp_transport){.lower_transport = KIN_LOWER_TRANSPORT_UDP};
        *ret_err = parse_spec(spec, ret);
        return true;
    }
    return false;
}

static void put_text(struct kin_wr *w, const char *name, struct kin_span value, const char *end)
{
    if (value.n == 0)
        return;
    kin_wr_str(w, name);
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        kin_wr_u8(w, c <= 0x20 || c == 0x7f || c == ';' || c == ',' || c == '"' ? '_' : c);
    }
    kin_wr_str(w, end);
}

static void put_pair(struct kin_wr *w, const char *name, unsigned a, unsigned b, bool pair)
{
    char text[32];
    int n = snprintf(text, sizeof text, pair ? "%u-%u" : "%u", a, b);
    kin_wr_str(w, name);
    kin_wr_bytes(w, text, n > 0 ? (size_t)n : 0);
}

void kin_rtsp_transport_write(struct kin_wr *w, const struct kin_rtsp_transport *t)
{
    bool tcp = t->lower_transport == KIN_LOWER_TRANSPORT_TCP;
    kin_wr_str(w, profile_names[t->profile]);
    kin_wr_str(w, tcp ? "/TCP" : t->lower_transport_given ? "/UDP" : "");
    kin_wr_str(w, t->multicast ? ";multicast" : t->unicast ? ";unicast" : "");
    put_text(w, ";destination=", t->destination, "");
    put_text(w, ";source=", t->source, "");
    if (t->has_interleaved)
        put_pair(w, ";interleaved=", t->interleaved[0], t->interleaved[1], true);
    if (t->has_client_port)
        put_pair(w, ";client_port=", t->client_port[0], t->client_port[1], t->client_port[1] != 0);
    if (t->has_server_port)
        put_pair(w, ";server_port=", t->server_port[0], t->server_port[1], t->server_port[1] != 0);
    if (t->has_ssrc) {
        char hex[16];
        int n = snprintf(hex, sizeof hex, ";ssrc=%08X", (unsigned)t->ssrc);
        kin_wr_bytes(w, hex, n > 0 ? (size_t)n : 0);
    }
    put_text(w, ";mode=\"", t->mode, "\"");
}
