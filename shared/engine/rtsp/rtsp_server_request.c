// RTSP requests: the checks that every request passes (RFC 2326 section 7.1.1), then one function per method.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_server_internal.h"
#include "proto/uri.h"

typedef void method_fn(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg);

// --- the request line

int rtsp_request_path(struct kin_rtsp_server *s, struct kin_span encoded)
{
    while (encoded.n > 0 && encoded.p[0] == '/')
        encoded = kin_span_skip(encoded, 1);
    while (encoded.n > 0 && encoded.p[encoded.n - 1] == '/')
        encoded.n--;
    char *path = malloc(encoded.n + 1);
    if (path == NULL)
        return KIN_ENOMEM;
    int err = kin_uri_decode(encoded, path, encoded.n + 1, NULL);
    if (err != KIN_OK) {
        free(path);
        return KIN_EBAD;
    }
    (void)kin_uri_remove_dots(path); // a path that leads above the root stays as it is, and will not be found
    for (size_t n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    s->request.path = path;
    return KIN_OK;
}

// Without the name of the track at its end: "reel/track1" -> "reel".
static void strip_track(char *path)
{
    struct kin_span p = kin_span_str(path);
    if (kin_span_ends(p, "/" KIN_RTSP_SERVER_TRACK))
        path[p.n - strlen("/" KIN_RTSP_SERVER_TRACK)] = '\0';
}

static unsigned parse_target(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    struct kin_uri uri;
    if (kin_span_is(msg->uri, "*")) {
        bool whole_server = msg->method == KIN_RTSP_OPTIONS || msg->method == KIN_RTSP_GET_PARAMETER ||
                            msg->method == KIN_RTSP_SET_PARAMETER;
        return whole_server ? 0 : 400;
    }
    struct kin_span path = kin_span_first(msg->uri, kin_span_find(msg->uri, '?'));
    s->request.query = kin_span_skip(msg->uri, path.n + 1);
    if (!kin_span_starts(path, "/")) {
        if (kin_uri_parse(msg->uri, &uri) != KIN_OK || !kin_span_case_starts(uri.scheme, "rtsp"))
            return 400;
        path = uri.path;
    }
    int err = rtsp_request_path(s, path);
    if (err != KIN_OK)
        return err == KIN_ENOMEM ? 500 : 400;
    if (msg->method != KIN_RTSP_DESCRIBE)
        strip_track(s->request.path);
    return 0;
}

// --- sessions

static unsigned find_session(const struct kin_rtsp_server *s, struct kin_span id)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        enum rtsp_state state = s->sessions[i].state;
        if ((state == RTSP_READY || state == RTSP_PLAYING) && kin_span_is(id, s->sessions[i].id))
            return i;
    }
    return RTSP_NO_SESSION;
}

static void note_activity(struct kin_rtsp_server *s, kin_us now)
{
    if (s->request.session != RTSP_NO_SESSION) {
        kin_rtsp_server_session_active(s, s->request.session, now);
        return;
    }
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++)
        kin_rtsp_server_session_active(s, i, now);
}

// Every request is a sign of life of the session that it names, or of all sessions of the connection when it names
// none.
static unsigned parse_session(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_msg *msg)
{
    struct kin_span value = kin_rtsp_msg_get(msg, "Session");
    if (value.p != NULL && msg->method != KIN_RTSP_DESCRIBE) {
        struct kin_span id;
        uint32_t timeout_s;
        if (kin_rtsp_session_parse(value, &id, &timeout_s) != KIN_OK)
            return 454;
        s->request.session = find_session(s, id);
        if (s->request.session == RTSP_NO_SESSION)
            return 454;
    }
    note_activity(s, now);
    return 0;
}

bool rtsp_request_needs_session(struct kin_rtsp_server *s)
{
    if (s->request.session == RTSP_NO_SESSION) {
        bool none = kin_rtsp_server_sessions(s) == 0;
        if (none && s->request.method != KIN_RTSP_TEARDOWN)
            rtsp_reply_methods(s, 455, "Allow",
                               1u << KIN_RTSP_OPTIONS | 1u << KIN_RTSP_DESCRIBE | 1u << KIN_RTSP_SETUP);
        else
            rtsp_reply_plain(s, 454, NULL);
        return false;
    }
    if (strcmp(s->request.path, s->sessions[s->request.session].path) != 0) {
        rtsp_reply_plain(s, 404, "Not The Session's Stream");
        return false;
    }
    return true;
}

void rtsp_request_raise(struct kin_rtsp_server *s, struct kin_rtsp_server_event e)
{
    const struct rtsp_request *r = &s->request;
    s->event = e;
    s->event.lab = r->dialect == &rtsp_dialect_lab;
    s->event.session = r->session;
    s->event.playing = r->session != RTSP_NO_SESSION && s->sessions[r->session].state == RTSP_PLAYING;
    s->event.path = r->path;
    s->event.query = r->query;
    s->event.user_agent = r->user_agent;
    s->event.transport = r->transport;
    s->event.again = r->again;
    s->has_event = true;
}

// --- methods

static void on_options(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    (void)msg;
    rtsp_reply_methods(s, 200, "Public", RTSP_PUBLIC);
}

static void on_describe(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    struct kin_span accept = kin_rtsp_msg_get(msg, "Accept");
    bool sdp = kin_rtsp_accepts(accept, "application/sdp");
    bool json = kin_rtsp_accepts(accept, "application/json");
    if (!sdp && !json) {
        rtsp_reply_plain(s, 406, NULL);
        return;
    }
    rtsp_request_raise(s, (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_DESCRIBE, .sdp = sdp, .json = json});
}

bool rtsp_request_reserve(struct kin_rtsp_server *s)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        if (s->sessions[i].state != RTSP_FREE)
            continue;
        s->sessions[i].state = RTSP_SETTING_UP;
        s->sessions[i].lab = s->request.dialect == &rtsp_dialect_lab;
        s->request.session = i;
        return true;
    }
    return false;
}

// A session can change its transport while it does not play, but never its reel.
static unsigned check_setup_again(struct kin_rtsp_server *s)
{
    if (s->request.session == RTSP_NO_SESSION)
        return 0;
    const struct rtsp_session *session = &s->sessions[s->request.session];
    if (strcmp(s->request.path, session->path) != 0)
        return 459;
    s->request.again = true;
    return session->state == RTSP_PLAYING ? 455 : 0;
}

static bool declines(const struct kin_rtsp_msg *msg)
{
    return kin_span_case_is(kin_rtsp_msg_get(msg, KIN_RTSP_ADAPTATION), KIN_RTSP_ADAPTATION_NO);
}

static void on_setup(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    unsigned status = check_setup_again(s);
    if (status == 455) {
        rtsp_reply_methods(s, 455, "Allow", RTSP_PUBLIC & ~(1u << KIN_RTSP_SETUP));
        return;
    }
    if (status == 0)
        status = rtsp_transport_pick(s, kin_rtsp_msg_get(msg, "Transport"), s->request.session, &s->request.spec,
                                     &s->request.transport);
    if (status == 0 && !s->request.again && !rtsp_request_reserve(s))
        status = 453;
    if (status != 0)
        rtsp_reply_plain(s, status, NULL);
    else
        rtsp_request_raise(s, (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_SETUP, .no_adapt = declines(msg)});
}

static void on_teardown(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    (void)msg;
    if (!rtsp_request_needs_session(s))
        return;
    unsigned slot = s->request.session;
    rtsp_reply_plain(s, 200, NULL);
    rtsp_session_end(s, slot, KIN_RTSP_SERVER_BY_REQUEST);
}

// An empty body is a keepalive; no parameters are supported.
static void on_parameter(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    rtsp_reply_plain(s, kin_span_trim(msg->body).n == 0 ? 200 : 451, NULL);
}

static void on_not_allowed(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    (void)msg;
    rtsp_reply_methods(s, 405, "Allow", RTSP_PUBLIC);
}

static void on_unknown(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    (void)msg;
    rtsp_reply_methods(s, 501, "Public", RTSP_PUBLIC);
}

static method_fn *const methods[KIN_RTSP_METHOD_COUNT] = {
    [KIN_RTSP_OPTIONS] = on_options,
    [KIN_RTSP_DESCRIBE] = on_describe,
    [KIN_RTSP_SETUP] = on_setup,
    [KIN_RTSP_PLAY] = rtsp_play_handle,
    [KIN_RTSP_PAUSE] = rtsp_pause_handle,
    [KIN_RTSP_TEARDOWN] = on_teardown,
    [KIN_RTSP_GET_PARAMETER] = on_parameter,
    [KIN_RTSP_SET_PARAMETER] = on_parameter,
    [KIN_RTSP_ANNOUNCE] = on_not_allowed,
    [KIN_RTSP_RECORD] = on_not_allowed,
    [KIN_RTSP_REDIRECT] = on_not_allowed,
    [KIN_RTSP_UNKNOWN] = on_unknown,
};

// --- checks

// Appends the option tags of one header; none is supported (section 12.32).
static void collect_tags(const struct kin_rtsp_msg *msg, const char *name, struct kin_wr *tags)
{
    struct kin_span value;
    for (size_t i = 0; (value = kin_rtsp_msg_get_nth(msg, name, i)).p != NULL; i++) {
        if (value.n == 0 || value.n + 2 > tags->size - tags->len)
            continue;
        if (tags->len > 0)
            kin_wr_str(tags, ", ");
        kin_wr_put(tags, value);
    }
}

static bool requires_unknown(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg)
{
    uint8_t text[KIN_RTSP_SERVER_UNSUPPORTED_MAX];
    struct kin_wr tags = kin_wr_init(text, sizeof text);
    bool any = kin_rtsp_msg_get(msg, "Require").n > 0 || kin_rtsp_msg_get(msg, "Proxy-Require").n > 0;
    if (!any)
        return false;
    collect_tags(msg, "Require", &tags);
    collect_tags(msg, "Proxy-Require", &tags);
    struct kin_wr w = rtsp_reply_begin(s, 551, NULL, 0);
    kin_rtsp_write_header(&w, "Unsupported", kin_wr_span(&tags));
    rtsp_reply_end(s, &w, kin_span_make(NULL, 0));
    return true;
}

static void handle(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_msg *msg)
{
    uint32_t cseq;
    unsigned status = 0;
    bool counted = kin_rtsp_cseq(msg, &cseq) == KIN_OK;
    s->request.method = msg->method;
    s->request.uri = msg->uri;
    s->request.user_agent = kin_rtsp_msg_get(msg, "User-Agent");
    s->request.cseq = counted ? kin_rtsp_msg_get(msg, "CSeq") : kin_span_make(NULL, 0);
    bool known = msg->method != KIN_RTSP_UNKNOWN && (RTSP_PUBLIC & 1u << msg->method) != 0;
    if (msg->version_major != 1 || msg->version_minor != 0)
        status = 505;
    else if (!counted)
        status = 400;
    else if (known && requires_unknown(s, msg))
        return;
    else if (known && (status = parse_target(s, msg)) == 0)
        status = parse_session(s, now, msg);
    if (status != 0)
        rtsp_reply_plain(s, status, NULL);
    else
        methods[msg->method](s, msg);
}

void rtsp_request_handle(struct kin_rtsp_server *s, kin_us now, struct kin_span bytes)
{
    struct kin_rtsp_msg msg;
    if (!rtsp_request_begin(s, &rtsp_dialect_rfc, bytes))
        return;
    if (kin_rtsp_msg_parse(kin_buf_span(s->request.text), &msg) != KIN_OK) {
        rtsp_reply_plain(s, 400, NULL);
    } else if (!msg.is_request) {
        rtsp_request_done(s); // a reply, though we sent no request: ignored
    } else {
        handle(s, now, &msg);
    }
}
