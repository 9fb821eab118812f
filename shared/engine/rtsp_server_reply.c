// Replies: what a server policy that satisfies all known clients says, in RTSP and in the lab's three lines.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtsp_server_priv.h"
#include "proto/lab.h"

#define REPLY_FIXED 2048 // status line and all headers whose length does not depend on the client
#define LAB_DESCRIPTION 256
#define NORMAL_MILLI 1000 // of Scale and Speed

static const char id_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// --- output

static bool out_grow(struct rtsp_out *out, size_t more)
{
    if (out->size - out->len >= more)
        return true;
    uint8_t *p = realloc(out->p, out->len + more);
    if (p == NULL)
        return false;
    out->p = p;
    out->size = out->len + more;
    return true;
}

struct kin_wr rtsp_out_reserve(struct kin_rtsp_server *s, size_t size)
{
    if (!out_grow(&s->out, size))
        return (struct kin_wr){.bad = true};
    return kin_wr_init(s->out.p + s->out.len, size);
}

// A reply that could not be written ends the connection: the client would wait for it in vain.
void rtsp_out_commit(struct kin_rtsp_server *s, const struct kin_wr *w)
{
    if (w->bad)
        rtsp_close(s);
    else
        s->out.len += w->len;
    if (s->out.len == 0)
        kin_rtsp_server_sent(s, 0);
}

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
    struct kin_wr w = rtsp_out_reserve(s, REPLY_FIXED + text + kin_span_str(url).n + body_size);
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

void rtsp_write_methods(struct kin_wr *w, const char *header, uint32_t methods)
{
    uint8_t text[256];
    struct kin_wr list = kin_wr_init(text, sizeof text);
    for (unsigned m = 0; m < KIN_RTSP_UNKNOWN; m++) {
        if ((methods & 1u << m) == 0)
            continue;
        kin_wr_str(&list, list.len > 0 ? ", " : "");
        kin_wr_str(&list, kin_rtsp_method_str((enum kin_rtsp_method)m));
    }
    kin_rtsp_write_header(w, header, kin_wr_span(&list));
}

void rtsp_reply_allow(struct kin_rtsp_server *s, unsigned status, uint32_t allowed)
{
    struct kin_wr w = rtsp_reply_begin(s, status, NULL, 0);
    rtsp_write_methods(&w, "Allow", allowed);
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
}

// --- the lab's shape

void rtsp_lab_reply(struct kin_rtsp_server *s, unsigned status)
{
    unsigned slot = s->request.session;
    uint32_t id = status == 200 && slot != RTSP_NO_SESSION ? s->sessions[slot].lab_id : 0;
    struct kin_wr w = rtsp_out_reserve(s, REPLY_FIXED);
    kin_lab_reply_write(&w, status, s->request.lab_cseq, id);
    rtsp_out_commit(s, &w);
    rtsp_request_done(s);
}

// As the Java original does: the body follows its headers without an empty line.
void rtsp_lab_reply_describe(struct kin_rtsp_server *s)
{
    uint8_t text[LAB_DESCRIPTION];
    struct kin_wr body = kin_wr_init(text, sizeof text);
    const struct rtsp_session *session = s->request.session != RTSP_NO_SESSION ? &s->sessions[s->request.session]
                                                                               : NULL;
    kin_wr_fmt(&body, "v=0\r\nm=video %u RTP/AVP 26\r\na=control:streamid=%u\r\n",
               session != NULL ? session->transport.client_port[0] : 0u, session != NULL ? session->lab_id : 0u);
    kin_wr_str(&body, "a=mimetype:string;\"video/MJPEG\"\r\n");
    struct kin_wr w = rtsp_out_reserve(s, REPLY_FIXED + s->request.text->len);
    kin_wr_fmt(&w, "RTSP/1.0 200 OK\r\nCSeq: %u\r\n", s->request.lab_cseq);
    kin_rtsp_write_header(&w, "Content-Base", s->request.uri);
    kin_wr_fmt(&w, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n", body.len);
    kin_wr_put(&w, kin_wr_span(&body));
    rtsp_out_commit(s, &w);
    rtsp_request_done(s);
}

// --- answers of the shell

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

void kin_rtsp_server_reply_body(struct kin_rtsp_server *s, kin_us now, const char *content_type, struct kin_span body)
{
    (void)now;
    if (!s->request.active)
        return;
    if (body.n > KIN_RTSP_SERVER_BODY_MAX) {
        kin_rtsp_server_reply_error(s, now, 503, "The Description Is Too Long");
        return;
    }
    struct kin_wr w = rtsp_reply_begin(s, 200, NULL, body.n);
    write_content_base(s, &w);
    kin_rtsp_write_header(&w, "Content-Type", kin_span_str(content_type));
    rtsp_reply_end(s, &w, body);
}

bool kin_rtsp_server_reply_head(struct kin_rtsp_server *s, kin_us now, const char *content_type, size_t length)
{
    if (!s->request.active)
        return false;
    if (length > KIN_RTSP_SERVER_BODY_MAX) {
        kin_rtsp_server_reply_error(s, now, 503, "The Description Is Too Long");
        return false;
    }
    struct kin_wr w = rtsp_reply_begin(s, 200, NULL, 0);
    write_content_base(s, &w);
    kin_rtsp_write_header(&w, "Content-Type", kin_span_str(content_type));
    kin_rtsp_write_header_fmt(&w, "Content-Length", "%zu", length);
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
    return !w.bad;
}

void kin_rtsp_server_reply_describe(struct kin_rtsp_server *s, kin_us now, const struct kin_sdp_out *sdp)
{
    uint8_t text[REPLY_FIXED];
    if (!s->request.active)
        return;
    if (s->request.lab) {
        rtsp_lab_reply_describe(s);
        return;
    }
    struct kin_sdp_out full = *sdp;
    struct kin_wr body = kin_wr_init(text, sizeof text);
    if (full.control == NULL)
        full.control = KIN_RTSP_SERVER_TRACK;
    full.tool = s->options.name;
    kin_sdp_write(&body, &full);
    if (body.bad)
        kin_rtsp_server_reply_error(s, now, 500, NULL);
    else
        kin_rtsp_server_reply_body(s, now, "application/sdp", kin_wr_span(&body));
}

static void make_id(struct rtsp_session *session, const uint8_t random[KIN_RTSP_SERVER_RANDOM])
{
    unsigned sum = 0;
    for (unsigned i = 0; i < RTSP_ID_LEN; i++) {
        unsigned r = (unsigned)random[2 * i] << 8 | random[2 * i + 1];
        session->id[i] = id_alphabet[r % (sizeof id_alphabet - 1)];
        sum = sum * 31 + r;
    }
    session->lab_id = 100000 + sum % 900000; // six digits, as the stock server's
}

// Fills the slot from the request. KIN_ENOMEM leaves it as it was.
static int enter_session(struct kin_rtsp_server *s, struct rtsp_session *session)
{
    char *url = malloc(s->request.uri.n + 1);
    char *path = strdup(s->request.path);
    if (url == NULL || path == NULL) {
        free(url);
        free(path);
        return KIN_ENOMEM;
    }
    kin_span_copy(s->request.uri, url, s->request.uri.n + 1);
    free(session->url);
    free(session->path);
    session->url = url;
    session->path = path;
    session->transport = s->request.transport;
    return KIN_OK;
}

static void write_setup(struct kin_rtsp_server *s, const struct rtsp_session *session,
                        const struct kin_rtsp_server_setup *setup)
{
    struct kin_rtsp_transport t = {.profile = s->request.spec.profile,
                                   .lower = s->request.spec.lower,
                                   .lower_given = s->request.spec.lower_given,
                                   .unicast = true,
                                   .has_ssrc = true,
                                   .ssrc = setup->ssrc};
    t.has_interleaved = session->transport.lower == KIN_RTSP_SERVER_TCP;
    t.has_client_port = t.has_server_port = session->transport.lower == KIN_RTSP_SERVER_UDP;
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

void kin_rtsp_server_reply_setup(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_server_setup *setup)
{
    if (!s->request.active || s->request.session == RTSP_NO_SESSION)
        return;
    struct rtsp_session *session = &s->sessions[s->request.session];
    bool gone = session->state != RTSP_SETTING_UP && session->state != RTSP_READY;
    if (gone || enter_session(s, session) != KIN_OK) {
        kin_rtsp_server_reply_error(s, now, gone ? 454 : 500, NULL);
        return;
    }
    if (!s->request.again)
        make_id(session, setup->random);
    session->state = RTSP_READY;
    session->heard = now;
    if (s->request.lab)
        rtsp_lab_reply(s, 200);
    else
        write_setup(s, session, setup);
}

// The session of the request that is pending may have ended meanwhile (silence, shutdown): then 454 is the answer.
static bool session_stands(struct kin_rtsp_server *s, kin_us now)
{
    enum rtsp_state state = s->sessions[s->request.session].state;
    if (state == RTSP_READY || state == RTSP_PLAYING)
        return true;
    kin_rtsp_server_reply_error(s, now, 454, NULL);
    return false;
}

static void write_rate(struct kin_wr *w, const char *name, int32_t milli)
{
    char text[16];
    struct kin_wr value = kin_wr_init(text, sizeof text);
    kin_rtsp_scale_write(&value, milli);
    kin_rtsp_write_header(w, name, kin_wr_span(&value));
}

// What was asked for, and what is not as usual, is answered. Speed stands beside every Scale, since GStreamer would
// else take a Scale for the order of the frames: it puts those of a backward run into their forward order again.
static void write_rates(struct kin_rtsp_server *s, struct kin_wr *w, const struct kin_rtsp_server_play *play)
{
    int32_t scale = play->scale_milli != 0 ? play->scale_milli : NORMAL_MILLI;
    int32_t speed = play->speed_milli != 0 ? play->speed_milli : NORMAL_MILLI;
    bool say_scale = s->request.has_scale || scale != NORMAL_MILLI;
    if (say_scale)
        write_rate(w, "Scale", scale);
    if (say_scale || s->request.has_speed || speed != NORMAL_MILLI)
        write_rate(w, "Speed", speed);
}

static void write_range(struct kin_wr *w, const struct kin_rtsp_range *range)
{
    uint8_t text[96];
    struct kin_wr value = kin_wr_init(text, sizeof text);
    kin_rtsp_range_write(&value, range);
    kin_rtsp_write_header(w, "Range", kin_wr_span(&value));
}

void kin_rtsp_server_reply_play(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_server_play *play)
{
    if (!s->request.active || s->request.session == RTSP_NO_SESSION || !session_stands(s, now))
        return;
    struct rtsp_session *session = &s->sessions[s->request.session];
    session->state = RTSP_PLAYING;
    session->heard = kin_us_max(session->heard, now);
    if (s->request.lab) {
        rtsp_lab_reply(s, 200);
        return;
    }
    struct kin_wr w = rtsp_reply_begin(s, 200, NULL, 0);
    write_range(&w, &(struct kin_rtsp_range){.unit = s->request.range_unit,
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

void kin_rtsp_server_reply_pause(struct kin_rtsp_server *s, kin_us now, kin_us position, bool later)
{
    if (!s->request.active || s->request.session == RTSP_NO_SESSION || !session_stands(s, now))
        return;
    if (!later)
        s->sessions[s->request.session].state = RTSP_READY;
    if (s->request.lab) {
        rtsp_lab_reply(s, 200);
        return;
    }
    struct kin_wr w = rtsp_reply_begin(s, 200, NULL, 0);
    write_range(&w, &(struct kin_rtsp_range){.unit = s->request.range_unit, .start_given = true, .start = position});
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
}

// What a SETUP had reserved is given up; a session whose transport was to change ends.
static void abandon_setup(struct kin_rtsp_server *s)
{
    unsigned slot = s->request.session;
    if (s->request.method != KIN_RTSP_SETUP || slot == RTSP_NO_SESSION)
        return;
    s->request.session = RTSP_NO_SESSION;
    if (s->request.again)
        rtsp_session_end(s, slot, KIN_RTSP_SERVER_BY_ERROR);
    else if (s->sessions[slot].state == RTSP_SETTING_UP)
        rtsp_session_clear(&s->sessions[slot]);
}

void kin_rtsp_server_reply_error(struct kin_rtsp_server *s, kin_us now, unsigned status, const char *reason)
{
    (void)now;
    if (!s->request.active)
        return;
    abandon_setup(s);
    if (s->request.lab)
        rtsp_lab_reply(s, status);
    else
        rtsp_reply_plain(s, status, reason);
}
