// The university lab's dialect: three-line requests become the same events, one session per connection.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtsp_server_priv.h"
#include "proto/lab.h"
#include "proto/uri.h"

static unsigned lab_session(const struct kin_rtsp_server *s)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        const struct rtsp_session *session = &s->sessions[i];
        bool live = session->state == RTSP_READY || session->state == RTSP_PLAYING;
        if (live && session->transport.lower == KIN_RTSP_SERVER_LAB)
            return i;
    }
    return RTSP_NO_SESSION;
}

// File names are relative to the media root, with or without a leading "/" or "rtsp://host".
static int lab_path(struct kin_rtsp_server *s, struct kin_span file)
{
    struct kin_uri uri;
    if (kin_span_case_starts(file, "rtsp://") && kin_uri_parse(file, &uri) == KIN_OK)
        file = uri.path;
    return rtsp_request_path(s, file);
}

static void lab_setup(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    unsigned status = lab->has_port ? rtsp_transport_port(s, lab->rtp_port) : 400;
    int err = lab_path(s, lab->file);
    if (err != KIN_OK)
        status = err == KIN_ENOMEM ? 500 : 400;
    s->request.transport = (struct kin_rtsp_server_transport){.lower = KIN_RTSP_SERVER_LAB,
                                                              .client_port = {lab->rtp_port, 0}};
    s->request.again = s->request.session != RTSP_NO_SESSION;
    if (s->request.again && s->sessions[s->request.session].state == RTSP_PLAYING)
        status = 455;
    if (status == 0 && !s->request.again && !rtsp_request_reserve(s))
        status = 453;
    if (status != 0)
        rtsp_lab_reply(s, status);
    else
        rtsp_request_raise(s, KIN_RTSP_SERVER_SETUP);
}

static void lab_play(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    if (s->request.session == RTSP_NO_SESSION) {
        rtsp_lab_reply(s, 455);
        return;
    }
    rtsp_request_raise(s, KIN_RTSP_SERVER_PLAY);
    s->event.playing = s->sessions[s->request.session].state == RTSP_PLAYING;
    s->event.has_frame = lab->has_frame;
    s->event.frame = lab->frame > 0 ? lab->frame - 1 : 0; // the dialect counts frames from 1
}

static void lab_pause(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    (void)lab;
    if (s->request.session == RTSP_NO_SESSION)
        rtsp_lab_reply(s, 455);
    else if (s->sessions[s->request.session].state == RTSP_PLAYING)
        rtsp_request_raise(s, KIN_RTSP_SERVER_PAUSE);
    else
        rtsp_lab_reply(s, 200);
}

static void lab_teardown(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    (void)lab;
    unsigned slot = s->request.session;
    rtsp_lab_reply(s, 200);
    if (slot != RTSP_NO_SESSION)
        rtsp_session_end(s, slot, KIN_RTSP_SERVER_BY_REQUEST);
    rtsp_close(s);
}

static void lab_describe(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    int err = lab_path(s, lab->file);
    if (err != KIN_OK) {
        rtsp_lab_reply(s, err == KIN_ENOMEM ? 500 : 400);
        return;
    }
    rtsp_request_raise(s, KIN_RTSP_SERVER_DESCRIBE);
    s->event.sdp = true;
}

static void lab_fine(struct kin_rtsp_server *s, const struct kin_lab_request *lab)
{
    (void)lab;
    rtsp_lab_reply(s, 200);
}

typedef void lab_fn(struct kin_rtsp_server *s, const struct kin_lab_request *lab);
static lab_fn *const methods[KIN_RTSP_METHOD_COUNT] = {
    [KIN_RTSP_OPTIONS] = lab_fine,       [KIN_RTSP_DESCRIBE] = lab_describe,  [KIN_RTSP_SETUP] = lab_setup,
    [KIN_RTSP_PLAY] = lab_play,          [KIN_RTSP_PAUSE] = lab_pause,        [KIN_RTSP_TEARDOWN] = lab_teardown,
    [KIN_RTSP_GET_PARAMETER] = lab_fine, [KIN_RTSP_SET_PARAMETER] = lab_fine,
};

void rtsp_lab_take(struct kin_rtsp_server *s, kin_us now, struct kin_span bytes)
{
    (void)now;
    struct kin_lab_request lab = {.method = KIN_RTSP_UNKNOWN};
    s->framer.lab = true;
    s->request = (struct rtsp_request){
        .active = true, .lab = true, .session = RTSP_NO_SESSION, .text = kin_buf_copy(bytes)};
    if (s->request.text == NULL) {
        rtsp_request_done(s);
        rtsp_close(s);
        return;
    }
    int err = kin_lab_request_parse(kin_buf_span(s->request.text), &lab);
    s->request.lab_cseq = lab.cseq;
    s->request.method = lab.method;
    s->request.uri = lab.file;
    s->request.session = lab_session(s);
    if (err != KIN_OK)
        rtsp_lab_reply(s, 400);
    else if (methods[lab.method] == NULL)
        rtsp_lab_reply(s, 501);
    else
        methods[lab.method](s, &lab);
}
