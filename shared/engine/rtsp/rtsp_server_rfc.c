// Replies by RFC 2326, in the form that satisfies all known players.
#include "engine/rtsp/rtsp_server_internal.h"

#define NORMAL_MILLI 1000 // of Scale and Speed

static unsigned timeout_s(const struct kin_rtsp_server *s)
{
    kin_us seconds = s->options.session_timeout / KIN_US_PER_S;
    return seconds > 0 ? (unsigned)seconds : 1;
}

static const char *session_id(const struct kin_rtsp_server *s)
{
    unsigned slot = s->request.session;
    return slot != RTSP_NO_SESSION && s->sessions[slot].id[0] != '\0' ? s->sessions[slot].id : NULL;
}

struct kin_wr rtsp_reply_begin(struct kin_rtsp_server *s, unsigned status, const char *reason, size_t body_size)
{
    const char *url = s->request.session != RTSP_NO_SESSION ? s->sessions[s->request.session].url : NULL;
    size_t text = s->request.text != NULL ? s->request.text->len : 0;
    struct kin_wr w = rtsp_out_reserve(s, RTSP_REPLY_FIXED + text + kin_span_str(url).n + body_size);
    kin_rtsp_write_response(&w, status, reason);
    if (s->request.cseq.p != NULL)
        kin_rtsp_write_header(&w, "CSeq", s->request.cseq);
    if (s->options.name != NULL)
        kin_rtsp_write_header(&w, "Server", kin_span_str(s->options.name));
    if (session_id(s) != NULL)
        kin_rtsp_write_header_fmt(&w, "Session", "%s;timeout=%u", session_id(s), timeout_s(s));
    return w;
}

void rtsp_reply_end(struct kin_rtsp_server *s, struct kin_wr *w, struct kin_span body)
{
    kin_rtsp_write_end(w, body);
    rtsp_out_commit(s, w);
    rtsp_request_done(s);
}

void rtsp_reply_plain(struct kin_rtsp_server *s, unsigned status, const char *reason)
{
    struct kin_wr w = rtsp_reply_begin(s, status, reason, 0);
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
}

void rtsp_reply_methods(struct kin_rtsp_server *s, unsigned status, const char *header, uint32_t methods)
{
    uint8_t text[256];
    struct kin_wr list = kin_wr_init(text, sizeof text);
    for (unsigned m = 0; m < KIN_RTSP_UNKNOWN; m++) {
        if ((methods & 1u << m) == 0)
            continue;
        kin_wr_str(&list, list.len > 0 ? ", " : "");
        kin_wr_str(&list, kin_rtsp_method_str((enum kin_rtsp_method)m));
    }
    struct kin_wr w = rtsp_reply_begin(s, status, NULL, 0);
    kin_rtsp_write_header(&w, header, kin_wr_span(&list));
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
}

// --- bodies

// The request URL without its query and with exactly one "/" at its end.
static void write_content_base(struct kin_rtsp_server *s, struct kin_wr *w)
{
    struct kin_span uri = kin_span_first(s->request.uri, kin_span_find(s->request.uri, '?'));
    while (uri.n > 0 && uri.p[uri.n - 1] == '/')
        uri.n--;
    kin_wr_str(w, "Content-Base: ");
    kin_wr_put(w, uri);
    kin_wr_str(w, "/\r\n");
}

// Begins the reply to a DESCRIBE, with room for `room` bytes of its body, which has `length`. False: it is too long,
// and an error was replied.
static bool begin_description(struct kin_rtsp_server *s, kin_us now, const char *content_type, size_t length,
                              size_t room, struct kin_wr *ret)
{
    if (!s->request.active)
        return false;
    if (length > KIN_RTSP_SERVER_BODY_MAX) {
        kin_rtsp_server_reply_error(s, now, 503, "The Description Is Too Long");
        return false;
    }
    *ret = rtsp_reply_begin(s, 200, NULL, room);
    write_content_base(s, ret);
    kin_rtsp_write_header(ret, "Content-Type", kin_span_str(content_type));
    return true;
}

void kin_rtsp_server_reply_body(struct kin_rtsp_server *s, kin_us now, const char *content_type, struct kin_span body)
{
    struct kin_wr w;
    if (begin_description(s, now, content_type, body.n, body.n, &w))
        rtsp_reply_end(s, &w, body);
}

bool kin_rtsp_server_reply_head(struct kin_rtsp_server *s, kin_us now, const char *content_type, size_t length)
{
    struct kin_wr w;
    if (!begin_description(s, now, content_type, length, 0, &w))
        return false;
    kin_rtsp_write_header_fmt(&w, "Content-Length", "%zu", length);
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
    return !w.bad;
}

static void rfc_describe(struct kin_rtsp_server *s, const struct kin_sdp_out *sdp)
{
    uint8_t text[RTSP_REPLY_FIXED];
    struct kin_sdp_out full = *sdp;
    struct kin_wr body = kin_wr_init(text, sizeof text);
    if (full.control == NULL)
        full.control = KIN_RTSP_SERVER_TRACK;
    full.tool = s->options.name;
    kin_sdp_write(&body, &full);
    if (body.bad)
        rtsp_reply_plain(s, 500, NULL);
    else
        kin_rtsp_server_reply_body(s, 0, "application/sdp", kin_wr_span(&body));
}

// --- sessions

static void rfc_setup(struct kin_rtsp_server *s, const struct rtsp_session *session,
                      const struct kin_rtsp_server_setup *setup)
{
    struct kin_rtsp_transport t = {.profile = s->request.spec.profile,
                                   .lower_transport = s->request.spec.lower_transport,
                                   .lower_transport_given = s->request.spec.lower_transport_given,
                                   .unicast = true,
                                   .has_ssrc = true,
                                   .ssrc = setup->ssrc};
    t.has_interleaved = session->transport.lower_transport == KIN_LOWER_TRANSPORT_TCP;
    t.has_client_port = t.has_server_port = !t.has_interleaved;
    t.client_port_pair = true;
    memcpy(t.interleaved, session->transport.channel, sizeof t.interleaved);
    memcpy(t.client_port, session->transport.client_port, sizeof t.client_port);
    memcpy(t.server_port, setup->server_port, sizeof t.server_port);
    struct kin_wr w = rtsp_reply_begin(s, 200, NULL, 0);
    uint8_t text[256];
    struct kin_wr value = kin_wr_init(text, sizeof text);
    kin_rtsp_transport_write(&value, &t);
    kin_rtsp_write_header(&w, "Transport", kin_wr_span(&value));
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
}

// Scale and Speed are replied where the request had them, or where they are not normal. Every Scale comes with a Speed:
// without one, GStreamer puts the frames of a backward run into forward order again.
static void write_rates(struct kin_rtsp_server *s, struct kin_wr *w, const struct kin_rtsp_server_play *play)
{
    int32_t scale = play->scale_milli != 0 ? play->scale_milli : NORMAL_MILLI;
    int32_t speed = play->speed_milli != 0 ? play->speed_milli : NORMAL_MILLI;
    bool say_scale = s->request.has_scale || scale != NORMAL_MILLI;
    if (say_scale)
        kin_rtsp_write_rate(w, "Scale", scale);
    if (say_scale || s->request.has_speed || speed != NORMAL_MILLI)
        kin_rtsp_write_rate(w, "Speed", speed);
}

static void rfc_play(struct kin_rtsp_server *s, const struct rtsp_session *session,
                     const struct kin_rtsp_server_play *play)
{
    struct kin_wr w = rtsp_reply_begin(s, 200, NULL, 0);
    kin_rtsp_write_range(&w, &(struct kin_rtsp_range){.unit = s->request.range_unit,
                                                      .start_given = true,
                                                      .start = play->start,
                                                      .end_given = true,
                                                      .end = play->end});
    write_rates(s, &w, play);
    kin_wr_str(&w, "RTP-Info: url=");
    kin_wr_str(&w, session->url);
    kin_wr_fmt(&w, ";seq=%u;rtptime=%u\r\n", play->seq, play->rtptime);
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
}

static void rfc_pause(struct kin_rtsp_server *s, kin_us position)
{
    struct kin_wr w = rtsp_reply_begin(s, 200, NULL, 0);
    kin_rtsp_write_range(
        &w, &(struct kin_rtsp_range){.unit = s->request.range_unit, .start_given = true, .start = position});
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
}

const struct rtsp_dialect rtsp_dialect_rfc = {.handle = rtsp_request_handle,
                                              .error = rtsp_reply_plain,
                                              .describe = rfc_describe,
                                              .setup = rfc_setup,
                                              .play = rfc_play,
                                              .pause = rfc_pause};
