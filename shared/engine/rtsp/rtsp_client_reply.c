// The RTSP client machine: replies. Lenient with headers that real servers get wrong.
#include "base/err.h"
#include "base/text.h"
#include "engine/rtsp/rtsp_client_internal.h"

void rtsp_client_note_status(const struct kin_rtsp_client *c, struct kin_rtsp_client_event *e,
                             const struct kin_rtsp_msg *reply)
{
    e->trouble = KIN_RTSP_TROUBLE_STATUS;
    e->method = c->request.method;
    e->status = reply->status;
    e->peer_text = reply->reason;
}

// A reply that took longer waited for a line that was dead.
static void note_round_trip(struct kin_rtsp_client *c)
{
    kin_us rtt = c->request.replied_at - c->request.sent_at;
    if (rtt <= KIN_RTSP_CLIENT_RTT_MAX_US)
        c->rtt_us = rtt;
}

// --- OPTIONS, DESCRIBE

static void on_options(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    note_round_trip(c);
    struct kin_span public = kin_rtsp_msg_get(reply, "Public");
    if (public.p != NULL)
        c->public_methods = kin_rtsp_public_parse(public);
    c->greeted = true;
}

static void on_options_refused(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    (void)reply;
    c->greeted = true; // some cameras do not implement OPTIONS
}

// The first of Content-Base, Content-Location and our own URL that is a URL (RFC 2326 appendix C.1.1).
static void set_base(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    static const char *const names[] = {"Content-Base", "Content-Location"};
    for (size_t i = 0; i < 2; i++) {
        struct kin_span value = kin_rtsp_msg_get(reply, names[i]);
        struct kin_uri uri;
        if (value.n > 0 && value.n < sizeof c->base && kin_uri_parse(value, &uri) == KIN_OK) {
            kin_span_copy(value, c->base, sizeof c->base);
            return;
        }
    }
    kin_span_copy(kin_span_str(c->url), c->base, sizeof c->base);
}

static int resolve(const struct kin_rtsp_client *c, struct kin_span control, char dst[KIN_URI_MAX + 1])
{
    struct kin_span base = kin_span_str(c->base);
    if (control.n > 0 && !kin_span_is(control, "*"))
        return kin_uri_resolve_control(base, control, dst, KIN_URI_MAX + 1);
    kin_span_copy(base, dst, KIN_URI_MAX + 1);
    return KIN_OK;
}

static void on_sdp(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    struct kin_sdp_video video;
    struct kin_span found = kin_span_make(NULL, 0);
    int err = kin_sdp_parse(reply->body, &video, &found);
    if (err == KIN_EUNSUPPORTED) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_NOT_JPEG)->peer_text = found;
    } else if (err != KIN_OK) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_DESCRIPTION);
    } else if (video.secure) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_ENCRYPTED);
    } else if (resolve(c, video.session_control, c->aggregate) != KIN_OK ||
               rtsp_client_set_track(c, video.control) != KIN_OK) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_DESCRIPTION_URL);
    } else {
        c->feedback = video.feedback;
        c->described = true;
        struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_DESCRIBED);
        e->body = reply->body;
        e->is_sdp = true;
        e->video = video;
    }
}

static void on_describe(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    set_base(c, reply);
    struct kin_span type = kin_rtsp_msg_get(reply, "Content-Type");
    if (!kin_span_case_starts(type, "application/json")) {
        on_sdp(c, reply);
        return;
    }
    kin_span_copy(kin_span_str(c->base), c->aggregate, sizeof c->aggregate);
    rtsp_client_set_track(c, kin_span_make(NULL, 0));
    c->described = true;
    rtsp_client_emit(c, KIN_RTSP_CLIENT_DESCRIBED)->body = reply->body;
}

// A server that knows no queries may look for another name: DESCRIBE follows again, without.
static void on_describe_refused(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    if (c->asks_fec && reply->status < 500) {
        c->asks_fec = false;
        return;
    }
    rtsp_client_note_status(c, rtsp_client_fail(c, KIN_RTSP_TROUBLE_STATUS), reply);
}

// --- PLAY, PAUSE, TEARDOWN

// The entry for our track; servers differ in how they write the URL, and there is only one track.
static bool parse_rtp_info(const struct kin_rtsp_client *c, struct kin_span list, struct kin_rtsp_rtp_info *ret)
{
    struct kin_rtsp_rtp_info info;
    bool any = false;
    while (kin_rtsp_rtp_info_next(&list, &info)) {
        bool ours = kin_span_is(info.url, c->track);
        if (!any || ours)
            *ret = info;
        any = true;
        if (ours)
            break;
    }
    return any;
}

// The Scale or Speed of a reply, or the normal one.
static int32_t rate_of(const struct kin_rtsp_msg *reply, const char *name)
{
    int32_t milli;
    bool known = kin_rtsp_scale_parse(kin_rtsp_msg_get(reply, name), &milli) == KIN_OK && milli != 0;
    return known ? milli : NORMAL_MILLI;
}

#define SPEED_MAX 64000 // higher ones are not believed

static int32_t speed_of(const struct kin_rtsp_msg *reply)
{
    int32_t milli = rate_of(reply, "Speed");
    return milli < 0 ? NORMAL_MILLI : milli < SPEED_MAX ? milli : SPEED_MAX;
}

static void parse_range(const struct kin_rtsp_msg *reply, struct kin_rtsp_client_event *e)
{
    struct kin_span range = kin_rtsp_msg_get(reply, "Range");
    e->has_range = range.p != NULL && kin_rtsp_range_parse(range, &e->range) == KIN_OK;
}

static void on_play(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    bool paced = c->request.purpose == FOR_PACE;
    c->state = KIN_RTSP_CLIENT_PLAYING;
    c->playing_since = paced ? c->playing_since : c->request.replied_at;
    c->redirects = 0;
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, paced ? KIN_RTSP_CLIENT_PACED : KIN_RTSP_CLIENT_STARTED);
    parse_range(reply, e);
    e->scale_milli = rate_of(reply, "Scale");
    e->speed_milli = speed_of(reply);
    struct kin_span info = kin_rtsp_msg_get(reply, "RTP-Info");
    e->has_rtp_info = info.p != NULL && parse_rtp_info(c, info, &e->rtp_info);
}

static void on_pause(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    bool jump = c->request.purpose == FOR_SEEK;
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, jump ? KIN_RTSP_CLIENT_SEEKING : KIN_RTSP_CLIENT_STOPPED);
    parse_range(reply, e);
    c->state = KIN_RTSP_CLIENT_READY;
}

static void on_teardown(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    (void)reply;
    rtsp_client_session_gone(c);
    if (c->request.purpose == FOR_COMMAND)
        rtsp_client_emit(c, KIN_RTSP_CLIENT_CLOSED);
}

// Is a refused PLAY about UDP? Some servers notice only then that they cannot send over UDP.
static bool is_about_udp(const struct kin_rtsp_client *c, unsigned status)
{
    return c->request.method == KIN_RTSP_PLAY && c->lower_transport == KIN_LOWER_TRANSPORT_UDP && !c->media_seen &&
           (status >= 500 || status == 461);
}

// PLAY or PAUSE was refused. Without its session (454) the machine starts over from SETUP.
static void on_control_refused(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    if (c->request.purpose == FOR_SEEK && reply->status != 454) {
        on_pause(c, reply); // a server that cannot pause may still accept the PLAY of the jump
        return;
    }
    if (reply->status == 454)
        rtsp_client_session_gone(c);
    else if (c->request.purpose == FOR_PACE) {
        rtsp_client_emit(c, KIN_RTSP_CLIENT_PACED)->status = reply->status;
        return;
    }
    if (is_about_udp(c, reply->status) && rtsp_client_change_transport(c)) {
        rtsp_client_emit_transport_changed(c, KIN_RTSP_CAUSE_REFUSED)->status = reply->status;
        rtsp_client_replay(c);
        return;
    }
    rtsp_client_note_status(c, rtsp_client_emit(c, KIN_RTSP_CLIENT_REFUSED), reply);
}

// --- keepalive

static void on_keepalive(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    c->unanswered_since = KIN_US_NEVER;
    if (reply->status == 454) {
        rtsp_client_session_gone(c);
        rtsp_client_note_status(c, rtsp_client_emit(c, KIN_RTSP_CLIENT_CLOSED), reply);
    } else if (reply->status < 300) {
        note_round_trip(c);
    } else if (c->request.method == KIN_RTSP_GET_PARAMETER) {
        c->public_methods &= ~(1u << KIN_RTSP_GET_PARAMETER);
    }
}

// --- the table

typedef void reply_fn(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply);

static const struct {
    reply_fn *good, *bad;
} handlers[KIN_RTSP_METHOD_COUNT] = {
    [KIN_RTSP_OPTIONS] = {on_options, on_options_refused},
    [KIN_RTSP_DESCRIBE] = {on_describe, on_describe_refused},
    [KIN_RTSP_SETUP] = {rtsp_client_on_setup, rtsp_client_on_setup_refused},
    [KIN_RTSP_PLAY] = {on_play, on_control_refused},
    [KIN_RTSP_PAUSE] = {on_pause, on_control_refused},
    [KIN_RTSP_TEARDOWN] = {on_teardown, on_teardown},
    [KIN_RTSP_GET_PARAMETER] = {on_keepalive, on_keepalive},
};

static bool is_ours(const struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply)
{
    uint32_t cseq;
    if (!c->request.active || reply->status < 200)
        return false;
    return kin_rtsp_cseq(reply, &cseq) != KIN_OK || cseq == c->request.cseq;
}

void rtsp_client_on_reply(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_msg *reply)
{
    if (!is_ours(c, reply))
        return; // a late reply to a request given up, or 100 Continue
    c->request.active = false;
    c->request.replied_at = now;
    struct kin_span server = kin_rtsp_msg_get(reply, "Server");
    if (server.n > 0)
        kin_text_clean(server, true, c->server, sizeof c->server);
    if (rtsp_client_is_redirect(c, reply))
        rtsp_client_redirect(c, reply);
    else if (c->request.purpose == FOR_KEEPALIVE)
        on_keepalive(c, reply);
    else if (reply->status < 300)
        handlers[c->request.method].good(c, reply);
    else
        handlers[c->request.method].bad(c, reply);
}
