// The university lab's dialect: three-line requests become the same events, one session per connection, and are
// answered in three lines.
#include "base/err.h"
#include "engine/rtsp/rtsp_server_internal.h"
#include "proto/lab.h"

#define DESCRIPTION_MAX 256

// --- replies

static void begin_reply(struct kin_rtsp_server *s, struct kin_wr *w, unsigned status)
{
    unsigned slot = s->request.session;
    uint32_t id = status == 200 && slot != RTSP_NO_SESSION ? s->sessions[slot].lab_id : 0;
    *w = rtsp_out_reserve(s, RTSP_REPLY_FIXED);
    kin_lab_reply_write(w, status, s->request.lab_cseq, id);
}

static void end_reply(struct kin_rtsp_server *s, struct kin_wr *w)
{
    rtsp_out_commit(s, w);
    rtsp_request_done(s);
}

static void lab_reply(struct kin_rtsp_server *s, unsigned status)
{
    struct kin_wr w;
    begin_reply(s, &w, status);
    end_reply(s, &w);
}

static void lab_error(struct kin_rtsp_server *s, unsigned status, const char *reason)
{
    (void)reason; // clients split the line at blanks and read only the number
    lab_reply(s, status);
}

static void lab_reply_total(struct kin_rtsp_server *s, uint32_t frames)
{
    struct kin_wr w;
    begin_reply(s, &w, 200);
    if (s->request.lab_total)
        kin_lab_reply_write_total(&w, frames);
    end_reply(s, &w);
}

static void lab_reply_setup(struct kin_rtsp_server *s, const struct rtsp_session *session,
                            const struct kin_rtsp_server_setup *setup)
{
    (void)session;
    lab_reply_total(s, setup->frames);
}

static void lab_reply_play(struct kin_rtsp_server *s, const struct rtsp_session *session,
                           const struct kin_rtsp_server_play *play)
{
    (void)session;
    lab_reply_total(s, play->frames);
}

static void lab_reply_pause(struct kin_rtsp_server *s, kin_us position)
{
    (void)position;
    lab_reply(s, 200);
}

// As the Java original does: the body follows its headers without an empty line.
static void lab_reply_describe(struct kin_rtsp_server *s, const struct kin_sdp_out *sdp)
{
    (void)sdp;
    uint8_t text[DESCRIPTION_MAX];
    struct kin_wr body = kin_wr_init(text, sizeof text);
    const struct rtsp_session *session = s->request.session != RTSP_NO_SESSION ? &s->sessions[s->request.session]
                                                                               : NULL;
    kin_wr_fmt(&body, "v=0\r\nm=video %u RTP/AVP 26\r\na=control:streamid=%u\r\n",
               session != NULL ? session->transport.client_port[0] : 0u, session != NULL ? session->lab_id : 0u);
    kin_wr_str(&body, "a=mimetype:string;\"video/MJPEG\"\r\n");
    struct kin_wr w = rtsp_out_reserve(s, RTSP_REPLY_FIXED + s->request.text->len);
    kin_wr_fmt(&w, "RTSP/1.0 200 OK\r\nCSeq: %u\r\n", s->request.lab_cseq);
    kin_rtsp_write_header(&w, "Content-Base", s->request.uri);
    kin_wr_fmt(&w, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n", body.len);
    kin_wr_put(&w, kin_wr_span(&body));
    end_reply(s, &w);
}

// --- requests

static unsigned lab_session(const struct kin_rtsp_server *s)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        const struct rtsp_session *session = &s->sessions[i];
        bool live = session->state == RTSP_READY || session->state == RTSP_PLAYING;
        if (live && session->lab)
            return i;
    }
    return RTSP_NO_SESSION;
}

// File names are relative to the media root, with or without a leading "/" or "rtsp://host". 0, or a status.
static unsigned lab_path(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    int err = rtsp_request_path(s, kin_lab_file_name(lab->file));
    s->request.query = lab->query;
    return err == KIN_OK ? 0 : err == KIN_ENOMEM ? 500 : 400;
}

static void lab_setup(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    struct kin_lab_choice choice;
    unsigned status = lab_path(s, lab);
    if (status == 0)
        status = lab->has_port ? rtsp_transport_port(s, lab->rtp_port) : 400;
    if (kin_lab_query_parse(lab->query, &choice) != KIN_OK)
        status = 400;
    s->request.transport = (struct kin_rtsp_server_transport){.lower_transport = KIN_LOWER_TRANSPORT_UDP,
                                                              .client_port = {lab->rtp_port}};
    s->request.again = s->request.session != RTSP_NO_SESSION;
    if (s->request.again && s->sessions[s->request.session].state == RTSP_PLAYING)
        status = 455;
    if (status == 0 && !s->request.again && !rtsp_request_reserve(s))
        status = 453;
    if (status != 0) {
        lab_reply(s, status);
        return;
    }
    bool by_packet = choice.has_numbering && choice.numbering == KIN_LAB_BY_PACKET;
    s->request.lab_total = s->request.lab_total || (by_packet && lab->bare_lf);
    rtsp_request_raise(s, (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_SETUP, .lab_choice = choice});
}

static void lab_play(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    if (s->request.session == RTSP_NO_SESSION) {
        lab_reply(s, 455);
        return;
    }
    uint32_t frame = lab->frame > 0 ? lab->frame - 1 : 0; // the dialect counts frames from 1
    rtsp_request_raise(
        s, (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_PLAY, .has_frame = lab->has_frame, .frame = frame});
}

static void lab_pause(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    (void)lab;
    if (s->request.session == RTSP_NO_SESSION)
        lab_reply(s, 455);
    else if (s->sessions[s->request.session].state == RTSP_PLAYING)
        rtsp_request_raise(s, (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_PAUSE});
    else
        lab_reply(s, 200);
}

static void lab_teardown(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    (void)lab;
    unsigned slot = s->request.session;
    lab_reply(s, 200);
    if (slot != RTSP_NO_SESSION)
        rtsp_session_end(s, slot, KIN_RTSP_SERVER_BY_REQUEST);
    rtsp_close(s);
}

static void lab_describe(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    unsigned status = lab_path(s, lab);
    if (status != 0) {
        lab_reply(s, status);
        return;
    }
    rtsp_request_raise(s, (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_DESCRIBE, .sdp = true});
}

static void lab_fine(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    (void)lab;
    lab_reply(s, 200);
}

typedef void lab_fn(struct kin_rtsp_server *s, const struct kin_lab_request *lab);
static lab_fn *const methods[KIN_RTSP_METHOD_COUNT] = {
    [KIN_RTSP_OPTIONS] = lab_fine,       [KIN_RTSP_DESCRIBE] = lab_describe,  [KIN_RTSP_SETUP] = lab_setup,
    [KIN_RTSP_PLAY] = lab_play,          [KIN_RTSP_PAUSE] = lab_pause,        [KIN_RTSP_TEARDOWN] = lab_teardown,
    [KIN_RTSP_GET_PARAMETER] = lab_fine, [KIN_RTSP_SET_PARAMETER] = lab_fine,
};

static void lab_handle(struct kin_rtsp_server *s, kin_us now, struct kin_span bytes)
{
    (void)now;
    struct kin_lab_request lab = {.method = KIN_RTSP_UNKNOWN};
    s->framer.lab = true;
    if (!rtsp_request_begin(s, &rtsp_dialect_lab, bytes))
        return;
    int err = kin_lab_request_parse(kin_buf_span(s->request.text), &lab);
    s->request.lab_cseq = lab.cseq;
    s->request.lab_total = lab.has_frame && lab.bare_lf;
    s->request.method = lab.method;
    s->request.uri = lab.file;
    s->request.session = lab_session(s);
    if (err != KIN_OK)
        lab_reply(s, 400);
    else if (methods[lab.method] == NULL)
        lab_reply(s, 501);
    else
        methods[lab.method](s, &lab);
}

const struct rtsp_dialect rtsp_dialect_lab = {.handle = lab_handle,
                                              .error = lab_error,
                                              .describe = lab_reply_describe,
                                              .setup = lab_reply_setup,
                                              .play = lab_reply_play,
                                              .pause = lab_reply_pause};
