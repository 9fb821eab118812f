// Finding the JPEG stream in anybody's session description.
#include "proto/sdp.h"

#include "base/err.h"
#include "base/lex.h"
#include "proto/rtsp_hdr.h"
#include "proto/rtsp_line.h"

#define JPEG_PT 26
#define JPEG_CLOCK_HZ 90000
#define RATE_MAX_MICRO UINT64_C(1000000000) // a thousand frames per second

struct media { // one m= line with the lines below it
    struct kin_span type, proto, formats, lines;
};

struct rtpmap {
    struct kin_span name;
    uint32_t clock_hz;
};

static const struct {
    uint8_t payload_type;
    const char *name;
} static_types[] = {{0, "PCMU"}, {8, "PCMA"},  {14, "MPA"}, {25, "CelB"}, {JPEG_PT, "JPEG"},
                    {28, "nv"},  {31, "H261"}, {32, "MPV"}, {33, "MP2T"}, {34, "H263"}};

// The value of "a=name:value" or of the flag "a=name" (empty).
static bool attribute(struct kin_span line, const char *name, struct kin_span *ret_value)
{
    if (!kin_span_starts(line, "a="))
        return false;
    line = kin_span_skip(line, 2);
    size_t colon = kin_span_find(line, ':');
    if (!kin_span_case_is(kin_span_trim(kin_span_first(line, colon)), name))
        return false;
    *ret_value = kin_span_trim(kin_span_skip(line, colon + 1));
    return true;
}

static bool first_attribute(struct kin_span lines, const char *name, struct kin_span *ret_value)
{
    struct kin_span line;
    while (kin_rtsp_line_take(&lines, &line))
        if (attribute(line, name, ret_value))
            return true;
    return false;
}

// Lines up to the next m= line; *rest then starts with that.
static struct kin_span take_section(struct kin_span *rest)
{
    struct kin_span all = *rest;
    struct kin_span line;
    struct kin_span before = all;
    while (kin_rtsp_line_take(rest, &line) && !kin_span_starts(line, "m="))
        before = *rest;
    *rest = before;
    return kin_span_first(all, all.n - before.n);
}

// "m=video 0 RTP/AVP 26 97"
static bool take_media(struct kin_span *rest, struct media *ret)
{
    struct kin_span line;
    struct kin_span port;
    if (!kin_rtsp_line_take(rest, &line))
        return false;
    line = kin_span_skip(line, 2);
    *ret = (struct media){.lines = take_section(rest)};
    if (kin_lex_word(&line, &ret->type) && kin_lex_word(&line, &port))
        kin_lex_word(&line, &ret->proto);
    ret->formats = line;
    return true;
}

// "a=rtpmap:96 JPEG/90000" of this payload type, else what the type stands for by itself (RFC 3551 section 6).
static bool find_rtpmap(const struct media *m, uint64_t payload_type, struct rtpmap *ret)
{
    struct kin_span lines = m->lines;
    struct kin_span line;
    struct kin_span value;
    while (kin_rtsp_line_take(&lines, &line)) {
        uint64_t pt;
        if (!attribute(line, "rtpmap", &value) || !kin_lex_take_u64(&value, 127, &pt) || pt != payload_type)
            continue;
        struct kin_span rate = kin_span_trim(value);
        kin_span_split(&rate, '/', &ret->name);
        uint64_t hz = 0;
        kin_lex_take_u64(&rate, UINT32_MAX, &hz);
        ret->clock_hz = hz > 0 ? (uint32_t)hz : JPEG_CLOCK_HZ;
        return true;
    }
    for (size_t i = 0; i < sizeof static_types / sizeof static_types[0]; i++) {
        if (static_types[i].payload_type == payload_type) {
            *ret = (struct rtpmap){kin_span_str(static_types[i].name), JPEG_CLOCK_HZ};
            return true;
        }
    }
    return false;
}

static enum kin_payload_format payload_format(struct kin_span name)
{
    if (kin_span_case_is(name, "JPEG"))
        return KIN_PAYLOAD_JPEG;
    bool quicktime = kin_span_case_is(name, "X-QT") || kin_span_case_is(name, "X-QUICKTIME");
    return quicktime ? KIN_PAYLOAD_XQT : KIN_PAYLOAD_UNKNOWN;
}

static bool profile_ends(struct kin_span proto, const char *profile)
{
    size_t at = kin_span_find_str(proto, profile);
    struct kin_span after = kin_span_skip(proto, at + strlen(profile));
    return at < proto.n && (after.n == 0 || after.p[0] == '/');
}

static bool is_rtp(struct kin_span proto)
{
    return kin_span_find_str(proto, "RTP/") < proto.n;
}

// Picks the first format that is JPEG. `*ret_name` gets the first name seen when there is none.
static bool choose_format(const struct media *m, struct kin_sdp_video *v, struct kin_span *ret_name)
{
    struct kin_span formats = m->formats;
    struct kin_span word;
    for (unsigned i = 0; i < KIN_SDP_FORMAT_MAX && kin_lex_word(&formats, &word); i++) {
        uint64_t pt;
        struct rtpmap map;
        if (!kin_lex_u64(word, 127, &pt) || !find_rtpmap(m, pt, &map))
            continue;
        v->format = payload_format(map.name);
        v->payload_type = (uint8_t)pt;
        v->clock_hz = map.clock_hz;
        if (v->format != KIN_PAYLOAD_UNKNOWN)
            return true;
        if (ret_name->n == 0)
            *ret_name = map.name;
    }
    return false;
}

// Two numbers 1..65535 with one `sep` between them.
static bool parse_size(struct kin_span text, uint8_t sep, uint16_t *ret_width, uint16_t *ret_height)
{
    size_t at = kin_span_find(text, sep);
    uint64_t w;
    uint64_t h;
    if (!kin_lex_u64(kin_span_trim(kin_span_first(text, at)), UINT16_MAX, &w) ||
        !kin_lex_u64(kin_span_trim(kin_span_skip(text, at + 1)), UINT16_MAX, &h) || w == 0 || h == 0)
        return false;
    *ret_width = (uint16_t)w;
    *ret_height = (uint16_t)h;
    return true;
}

// x-dimensions:W,H, else framesize:PT W-H (3GPP), else cliprect:0,0,H,W (QuickTime).
static void parse_dimensions(struct kin_span lines, struct kin_sdp_video *v)
{
    struct kin_span value;
    struct kin_span skipped;
    if (first_attribute(lines, "x-dimensions", &value) && parse_size(value, ',', &v->width, &v->height))
        return;
    if (first_attribute(lines, "framesize", &value) && kin_lex_word(&value, &skipped) &&
        parse_size(value, '-', &v->width, &v->height))
        return;
    if (first_attribute(lines, "cliprect", &value) && kin_span_split(&value, ',', &skipped) &&
        kin_span_split(&value, ',', &skipped))
        parse_size(value, ',', &v->height, &v->width);
}

static void parse_rate(struct kin_span lines, struct kin_sdp_video *v)
{
    struct kin_span value;
    uint64_t micro;
    bool found = first_attribute(lines, "framerate", &value) || first_attribute(lines, "x-framerate", &value);
    if (found && kin_lex_micro(value, RATE_MAX_MICRO, &micro))
        v->rate_milli = (uint32_t)((micro + 500) / 1000);
}

static void parse_frames(struct kin_span lines, struct kin_sdp_video *v)
{
    struct kin_span value;
    uint64_t n;
    if (first_attribute(lines, "x-frames", &value) && kin_lex_u64(kin_span_trim(value), UINT32_MAX, &n))
        v->uneven_frames = (uint32_t)n;
}

// "a=rtcp-fb:96 nack" or "a=rtcp-fb:* nack" (RFC 4585 section 4.2); "nack pli" is another thing.
static bool has_nack(struct kin_span lines, uint8_t payload_type)
{
    struct kin_span line, value, of, what, more;
    while (kin_rtsp_line_take(&lines, &line)) {
        uint64_t pt;
        if (!attribute(line, "rtcp-fb", &value) || !kin_lex_word(&value, &of) || !kin_lex_word(&value, &what))
            continue;
        bool ours = kin_span_is(of, "*") || (kin_lex_u64(of, 127, &pt) && pt == payload_type);
        if (ours && kin_span_case_is(what, "nack") && !kin_lex_word(&value, &more))
            return true;
    }
    return false;
}

// "a=fmtp:97 apt=96;rtx-time=2000" (RFC 4588 section 8): does this payload type bring packets of `payload_type` again?
static bool is_rtx_of(struct kin_span lines, uint64_t rtx, uint8_t payload_type)
{
    struct kin_span line, value, field;
    while (kin_rtsp_line_take(&lines, &line)) {
        uint64_t pt, apt;
        if (!attribute(line, "fmtp", &value) || !kin_lex_take_u64(&value, 127, &pt) || pt != rtx)
            continue;
        while (kin_span_split(&value, ';', &field)) {
            field = kin_span_trim(field);
            if (kin_span_starts(field, "apt=") && kin_lex_u64(kin_span_skip(field, 4), 127, &apt))
                return apt == payload_type;
        }
    }
    return false;
}

// The payload type of this name among the formats that may be looked at, if it is of use; 0 without one.
static uint8_t find_payload_type(const struct media *m, const char *name, const struct kin_sdp_video *v,
                                 bool (*is_of_use)(const struct media *m, uint64_t pt, const struct kin_sdp_video *v))
{
    struct kin_span formats = m->formats;
    struct kin_span word;
    for (unsigned i = 0; i < KIN_SDP_FORMAT_MAX && kin_lex_word(&formats, &word); i++) {
        uint64_t pt;
        struct rtpmap map;
        if (kin_lex_u64(word, 127, &pt) && find_rtpmap(m, pt, &map) && kin_span_case_is(map.name, name) &&
            is_of_use(m, pt, v))
            return (uint8_t)pt;
    }
    return 0;
}

static bool brings_again(const struct media *m, uint64_t pt, const struct kin_sdp_video *v)
{
    return is_rtx_of(m->lines, pt, v->payload_type);
}

static bool is_another(const struct media *m, uint64_t pt, const struct kin_sdp_video *v)
{
    (void)m;
    return pt != v->payload_type && pt != v->rtx_payload_type;
}

static void parse_repair(const struct media *m, struct kin_sdp_video *v)
{
    if (!v->feedback || !has_nack(m->lines, v->payload_type))
        return;
    v->rtx_payload_type = find_payload_type(m, "rtx", v, brings_again);
    v->repair = v->rtx_payload_type != 0 ? KIN_RTP_REPAIR_RTX : KIN_RTP_REPAIR_ORIGINAL;
}

static void parse_range(struct kin_span lines, struct kin_sdp_video *v)
{
    struct kin_span value;
    struct kin_rtsp_range range;
    if (v->duration_given || !first_attribute(lines, "range", &value))
        return;
    if (kin_rtsp_range_parse(value, &range) != KIN_OK || !range.end_given || range.end < range.start)
        return;
    v->duration_given = true;
    v->duration = range.end - range.start;
}

static void parse_session(struct kin_span lines, struct kin_sdp_video *v)
{
    struct kin_span line;
    struct kin_span rest = lines;
    while (kin_rtsp_line_take(&rest, &line))
        if (kin_span_starts(line, "s=") && v->session_name.n == 0)
            v->session_name = kin_span_trim(kin_span_skip(line, 2));
    first_attribute(lines, "control", &v->session_control);
    parse_range(lines, v);
}

static void parse_media(const struct media *m, struct kin_sdp_video *v)
{
    v->feedback = profile_ends(m->proto, "AVPF");
    v->secure = profile_ends(m->proto, "SAVP") || profile_ends(m->proto, "SAVPF");
    first_attribute(m->lines, "control", &v->control);
    parse_rate(m->lines, v);
    parse_frames(m->lines, v);
    parse_dimensions(m->lines, v);
    parse_range(m->lines, v);
    parse_repair(m, v);
    v->fec_payload_type = find_payload_type(m, "flexfec", v, is_another);
}

// The next media section with JPEG. *other gets the type of the first section that is something else, *name the
// encoding of the first video that is.
static bool next_jpeg(struct kin_span *rest, struct kin_sdp_video *ret, struct kin_span *other, struct kin_span *name)
{
    struct media m;
    while (take_media(rest, &m)) {
        struct kin_sdp_video v = {.format = KIN_PAYLOAD_UNKNOWN};
        if (kin_span_case_is(m.type, "video") && is_rtp(m.proto) && choose_format(&m, &v, name)) {
            parse_media(&m, &v);
            *ret = v;
            return true;
        }
        if (other->n == 0)
            *other = m.type;
    }
    return false;
}

int kin_sdp_parse(struct kin_span text, struct kin_sdp_video *ret, struct kin_span *ret_found)
{
    struct kin_sdp_video v, same;
    struct kin_span name = kin_span_make(NULL, 0);
    struct kin_span other = kin_span_make(NULL, 0);
    struct kin_span rest = kin_span_trim(text);
    if (!kin_span_starts(rest, "v=0"))
        return KIN_EBAD;
    struct kin_span session = take_section(&rest);
    if (!next_jpeg(&rest, &v, &other, &name)) {
        if (ret_found != NULL)
            *ret_found = name.n > 0 ? name : other;
        return KIN_EUNSUPPORTED;
    }
    // The same stream may be offered once more, with feedback.
    while (v.repair == KIN_RTP_REPAIR_NONE && next_jpeg(&rest, &same, &other, &name))
        if (same.repair != KIN_RTP_REPAIR_NONE && same.control.n > 0 && kin_span_eq(same.control, v.control))
            v = same;
    parse_session(session, &v);
    *ret = v;
    return KIN_OK;
}
