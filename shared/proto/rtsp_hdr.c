// CSeq, Session, RTP-Info, Scale, Public and Accept.
#include "proto/rtsp_hdr.h"

#include "base/err.h"
#include "base/lex.h"

#include <stdio.h>

#define SCALE_MAX_MICRO UINT64_C(1000000000000) // a million times

int kin_rtsp_cseq(const struct kin_rtsp_msg *msg, uint32_t *ret)
{
    uint64_t v;
    if (!kin_lex_u64(kin_rtsp_msg_get(msg, "CSeq"), UINT32_MAX, &v))
        return KIN_EBAD;
    *ret = (uint32_t)v;
    return KIN_OK;
}

int kin_rtsp_session_parse(struct kin_span value, struct kin_span *ret_id, uint32_t *ret_timeout_s)
{
    struct kin_span part = kin_span_make(NULL, 0);
    kin_span_split(&value, ';', &part);
    struct kin_span id = kin_span_trim(part);
    uint64_t timeout = KIN_RTSP_SESSION_TIMEOUT_S;
    if (id.n == 0 || id.n > KIN_RTSP_SESSION_MAX)
        return KIN_EBAD;
    while (kin_span_split(&value, ';', &part)) {
        size_t eq = kin_span_find(part, '=');
        if (kin_span_case_is(kin_span_trim(kin_span_first(part, eq)), "timeout"))
            kin_lex_u64(kin_span_trim(kin_span_skip(part, eq + 1)), UINT32_MAX, &timeout);
    }
    *ret_id = id;
    *ret_timeout_s = timeout > 0 ? (uint32_t)timeout : KIN_RTSP_SESSION_TIMEOUT_S;
    return KIN_OK;
}

static struct kin_span skip_blanks(struct kin_span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = kin_span_skip(s, 1);
    return s;
}

static bool starts_rtp_info(struct kin_span s)
{
    static const char *const names[] = {"url", "seq", "rtptime"};
    s = skip_blanks(s);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kin_span_case_starts(s, names[i]) && kin_span_starts(skip_blanks(kin_span_skip(s, strlen(names[i]))), "="))
            return true;
    return false;
}

// Splits at the next `sep` that is followed by a known parameter; other separators belong to a URL.
static bool split_rtp_info(struct kin_span *rest, uint8_t sep, struct kin_span *ret)
{
    if (rest->n == 0)
        return false;
    size_t n = 0;
    while (n < rest->n && (rest->p[n] != sep || !starts_rtp_info(kin_span_skip(*rest, n + 1))))
        n++;
    *ret = kin_span_first(*rest, n);
    *rest = kin_span_skip(*rest, n + 1);
    return true;
}

static void parse_rtp_info_param(struct kin_span text, struct kin_rtsp_rtp_info *info)
{
    size_t eq = kin_span_find(text, '=');
    struct kin_span name = kin_span_trim(kin_span_first(text, eq));
    struct kin_span value = kin_span_trim(kin_span_skip(text, eq + 1));
    struct kin_span number = kin_span_trim(kin_span_first(value, kin_span_find(value, ';')));
    uint64_t v;
    if (kin_span_case_is(name, "url")) {
        bool quoted = value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"';
        info->url = quoted ? kin_span_make(value.p + 1, value.n - 2) : value;
    } else if (kin_span_case_is(name, "seq") && kin_lex_u64(number, UINT16_MAX, &v)) {
        info->has_seq = true;
        info->seq = (uint16_t)v;
    } else if (kin_span_case_is(name, "rtptime") && kin_lex_u64(number, UINT32_MAX, &v)) {
        info->has_rtptime = true;
        info->rtptime = (uint32_t)v;
    }
}

bool kin_rtsp_rtp_info_next(struct kin_span *list, struct kin_rtsp_rtp_info *ret)
{
    struct kin_span entry;
    struct kin_span param;
    if (!split_rtp_info(list, ',', &entry))
        return false;
    *ret = (struct kin_rtsp_rtp_info){.has_seq = false};
    while (split_rtp_info(&entry, ';', &param))
        parse_rtp_info_param(param, ret);
    return true;
}

int kin_rtsp_scale_parse(struct kin_span value, int32_t *ret_milli)
{
    uint64_t micro;
    bool minus = kin_span_starts(value, "-");
    if (minus || kin_span_starts(value, "+"))
        value = kin_span_skip(value, 1);
    if (!kin_lex_micro_to(value, SCALE_MAX_MICRO, &micro))
        return KIN_EBAD;
    int32_t milli = (int32_t)((micro + 500) / 1000);
    if (milli == 0 && micro > 0)
        milli = 1;
    *ret_milli = minus ? -milli : milli;
    return KIN_OK;
}

void kin_rtsp_scale_write(struct kin_wr *w, int32_t milli)
{
    if (milli < 0)
        kin_wr_u8(w, '-');
    kin_wr_milli(w, milli < 0 ? -(int64_t)milli : milli, 1);
}

void kin_rtsp_write_rate(struct kin_wr *w, const char *name, int32_t milli)
{
    kin_wr_str(w, name);
    kin_wr_str(w, ": ");
    kin_rtsp_scale_write(w, milli);
    kin_wr_str(w, "\r\n");
}

uint32_t kin_rtsp_public_parse(struct kin_span value)
{
    uint32_t bits = 0;
    struct kin_span name;
    while (kin_span_split(&value, ',', &name)) {
        enum kin_rtsp_method method = kin_rtsp_method_from(kin_span_trim(name));
        if (method != KIN_RTSP_UNKNOWN)
            bits |= UINT32_C(1) << method;
    }
    return bits;
}

// "q=0" and "q=0.000" mean "not this one" (RFC 2616 section 3.9).
static bool is_refused(struct kin_span params)
{
    struct kin_span one;
    uint64_t q;
    while (kin_span_split(&params, ';', &one)) {
        one = kin_span_trim(one);
        if (kin_span_case_starts(one, "q=") && kin_lex_micro(kin_span_skip(one, 2), UINT32_MAX, &q) && q == 0)
            return true;
    }
    return false;
}

static bool range_admits(struct kin_span range, struct kin_span type)
{
    if (kin_span_is(range, "*/*") || kin_span_is(range, "*"))
        return true;
    if (kin_span_ends(range, "/*")) {
        range.n--;
        type.n = range.n < type.n ? range.n : type.n;
    }
    if (range.n != type.n)
        return false;
    for (size_t i = 0; i < range.n; i++)
        if ((range.p[i] | 0x20) != (type.p[i] | 0x20))
            return false;
    return true;
}

bool kin_rtsp_accepts(struct kin_span accept, const char *media_type)
{
    struct kin_span one;
    if (kin_span_trim(accept).n == 0)
        return true;
    while (kin_span_split(&accept, ',', &one)) {
        size_t end = kin_span_find(one, ';');
        if (range_admits(kin_span_trim(kin_span_first(one, end)), kin_span_str(media_type)) &&
            !is_refused(kin_span_skip(one, end + 1)))
            return true;
    }
    return false;
}
