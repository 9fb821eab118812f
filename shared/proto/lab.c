// Reading lab requests line by line, writing the three-line reply.
#include "proto/lab.h"

#include "base/err.h"
#include "base/lex.h"
#include "proto/rtsp_line.h"
#include "proto/uri.h"

#include <stdio.h>

static bool is_clean(struct kin_span text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] < 0x20 && memchr("\t\r\n", text.p[i], 3) == NULL) || text.p[i] == 0x7f)
            return false;
    return true;
}

static bool parse_u32(struct kin_span value, uint32_t *ret)
{
    uint64_t v;
    if (!kin_lex_u64(value, UINT32_MAX, &v))
        return false;
    *ret = (uint32_t)v;
    return true;
}

// Offset of the digits that the value ends with.
static size_t last_number(struct kin_span s)
{
    size_t at = s.n;
    while (at > 0 && kin_lex_is_digit(s.p[at - 1]))
        at--;
    return at;
}

static size_t find_client_port(struct kin_span s)
{
    static const char name[] = "client_port";
    size_t at = 0;
    while (at < s.n && !kin_span_case_starts(kin_span_skip(s, at), name))
        at++;
    return at < s.n ? at + sizeof name - 1 : s.n;
}

// The number after "client_port", '=' and blanks; a second port after '-' is ignored.
static bool take_client_port(struct kin_span s, uint64_t *ret)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '='))
        s = kin_span_skip(s, 1);
    return kin_lex_take_u64(&s, UINT16_MAX, ret) && *ret > 0;
}

// "RTP/UDP; client_port= N", "RTP/UDP N". A transport without any number has no port, which is not an error.
static bool parse_transport(struct kin_span value, struct kin_lab_request *r)
{
    uint64_t port;
    size_t at = find_client_port(value);
    if (at == value.n) {
        size_t digits = last_number(value);
        if (digits == value.n || digits == 0 || kin_span_find(kin_span_make(" \t;=", 4), value.p[digits - 1]) == 4)
            return true;
        at = digits;
    }
    if (!take_client_port(kin_span_skip(value, at), &port))
        return false;
    r->has_port = true;
    r->rtp_port = (uint16_t)port;
    return true;
}

// Lab programs echo the session that they were given, so anything but a number is none of ours.
static bool parse_session(struct kin_span value, struct kin_lab_request *r)
{
    uint64_t id;
    if (kin_lex_take_u64(&value, UINT32_MAX, &id) && (value.n == 0 || value.p[0] == ';' || value.p[0] == ' ')) {
        r->has_session = true;
        r->session = (uint32_t)id;
    }
    return true;
}

static bool parse_line(struct kin_span line, size_t number, struct kin_lab_request *r)
{
    struct kin_span value;
    if (number == 2 && kin_rtsp_line_lab_number(line, &r->cseq))
        return true;
    if (kin_rtsp_line_header(line, "CSeq", &value))
        return parse_u32(value, &r->cseq);
    if (kin_rtsp_line_header(line, "Transport", &value))
        return parse_transport(value, r);
    if (kin_rtsp_line_header(line, "Session", &value))
        return parse_session(value, r);
    if (kin_rtsp_line_header(line, "Frame", &value))
        return r->has_frame = parse_u32(value, &r->frame);
    if (kin_span_starts(kin_span_trim(line), "RTSP/1.0 ")) // "RTSP/1.0 RTP/UDP N" on a line of its own
        return parse_transport(kin_span_trim(line), r);
    return true;
}

static void split_query(struct kin_lab_request *r)
{
    size_t at = kin_span_after_last(r->file, '?');
    struct kin_span query = kin_span_skip(r->file, at);
    if (at == 0 || kin_span_find(query, '=') == query.n)
        return;
    r->query = query;
    r->file = kin_span_first(r->file, at - 1);
}

int kin_lab_request_parse(struct kin_span text, struct kin_lab_request *ret)
{
    struct kin_lab_request r = {.method = KIN_RTSP_UNKNOWN, .bare_lf = kin_span_find(text, '\r') == text.n};
    struct kin_span line;
    struct kin_span version;
    bool good = is_clean(text);
    if (!kin_rtsp_line_take(&text, &line) || !kin_rtsp_line_request(line, &r.method_text, &r.file, &version))
        return KIN_EBAD;
    r.method = kin_rtsp_method_from(r.method_text);
    split_query(&r);
    for (size_t number = 2; kin_rtsp_line_take(&text, &line); number++)
        good = parse_line(line, number, &r) && good;
    *ret = r;
    return good ? KIN_OK : KIN_EBAD;
}

static bool parse_numbering(struct kin_span value, struct kin_lab_choice *c)
{
    c->has_numbering = true;
    c->numbering = kin_span_is(value, "packet") ? KIN_LAB_BY_PACKET : KIN_LAB_BY_FRAME;
    return kin_span_is(value, "packet") || kin_span_is(value, "frame");
}

static bool parse_datagram(struct kin_span value, struct kin_lab_choice *c)
{
    return parse_u32(value, &c->datagram_bytes) && c->datagram_bytes >= KIN_LAB_DATAGRAM_MIN &&
           c->datagram_bytes <= KIN_LAB_DATAGRAM_MAX;
}

int kin_lab_query_parse(struct kin_span query, struct kin_lab_choice *ret)
{
    struct kin_lab_choice c = {.datagram_bytes = 0};
    struct kin_span field;
    bool good = true;
    while (good && kin_span_split(&query, '&', &field)) {
        struct kin_span value = kin_span_skip(field, kin_span_find(field, '=') + 1);
        if (kin_span_starts(field, "seq="))
            good = parse_numbering(value, &c);
        else if (kin_span_starts(field, "datagram="))
            good = parse_datagram(value, &c);
    }
    if (!good)
        return KIN_EBAD;
    *ret = c;
    return KIN_OK;
}

struct kin_span kin_lab_file_name(struct kin_span file)
{
    struct kin_uri uri;
    if (!kin_span_case_starts(file, "rtsp://"))
        return file;
    if (kin_uri_parse(file, &uri) != KIN_OK) // a name with blanks, perhaps
        return kin_span_skip(file, strlen("rtsp://"));
    return uri.path.n > 1 ? uri.path : uri.host;
}

void kin_lab_reply_write(struct kin_wr *w, unsigned status, uint32_t cseq, uint32_t session)
{
    char numbers[64];
    int n = snprintf(numbers, sizeof numbers, "CSeq: %lu\r\nSession: %lu\r\n", (unsigned long)cseq,
                     (unsigned long)session);
    kin_rtsp_write_response(w, status, NULL);
    kin_wr_bytes(w, numbers, n > 0 ? (size_t)n : 0);
}

void kin_lab_reply_write_total(struct kin_wr *w, uint32_t frames)
{
    kin_wr_fmt(w, "TotalFrames: %lu\r\n", (unsigned long)frames);
}
