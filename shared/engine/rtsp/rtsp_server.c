// The RTSP server machine: creation, framing and dispatch of input, events and output, deadlines.
#include "engine/rtsp/rtsp_server.h"

#include <stdlib.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_server_internal.h"

int kin_rtsp_server_new(kin_us now, const struct kin_rtsp_server_options *options, struct kin_rtsp_server **ret)
{
    struct kin_rtsp_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    s->options.peer_is_local = options->peer_is_local;
    kin_rtsp_server_set_options(s, options);
    kin_rtsp_framer_init(&s->framer, true, &options->limits);
    kin_span_copy(kin_span_str(options->peer_host), s->peer_host, sizeof s->peer_host);
    s->request.session = RTSP_NO_SESSION;
    s->active_at = now;
    s->partial_since = KIN_US_NEVER;
    s->lab_at = KIN_US_NEVER;
    *ret = s;
    return KIN_OK;
}

void kin_rtsp_server_set_options(struct kin_rtsp_server *s, const struct kin_rtsp_server_options *options)
{
    bool local = s->options.peer_is_local;
    s->options = *options;
    s->options.peer_host = s->peer_host;
    s->options.peer_is_local = local;
    s->framer.limits = options->limits;
}

void kin_rtsp_server_free(struct kin_rtsp_server *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++)
        rtsp_session_clear(&s->sessions[i]);
    rtsp_request_done(s);
    free(s->out.p);
    free(s);
}

void rtsp_session_clear(struct rtsp_session *session)
{
    free(session->path);
    free(session->url);
    *session = (struct rtsp_session){.state = RTSP_FREE};
}

void rtsp_session_end(struct kin_rtsp_server *s, unsigned slot, enum kin_rtsp_server_reason reason)
{
    struct rtsp_session *session = &s->sessions[slot];
    if (session->state == RTSP_FREE || session->state == RTSP_GONE)
        return;
    session->state = RTSP_GONE;
    session->reason = reason;
}

bool rtsp_request_begin(struct kin_rtsp_server *s, const struct rtsp_dialect *dialect, struct kin_span bytes)
{
    s->request = (struct rtsp_request){
        .active = true, .dialect = dialect, .session = RTSP_NO_SESSION, .text = kin_buf_copy(bytes)};
    if (s->request.text != NULL)
        return true;
    rtsp_request_done(s);
    rtsp_close(s);
    return false;
}

void rtsp_request_done(struct kin_rtsp_server *s)
{
    kin_buf_unref(s->request.text);
    free(s->request.path);
    s->request = (struct rtsp_request){.session = RTSP_NO_SESSION};
}

void rtsp_close(struct kin_rtsp_server *s)
{
    if (s->closing)
        return;
    s->closing = true;
    s->close_due = true;
    s->partial_since = KIN_US_NEVER;
    s->lab_at = KIN_US_NEVER;
}

// --- input

// Some clients send empty lines between messages as a keepalive: they do not begin a request.
static bool is_blank(struct kin_span in)
{
    return kin_span_trim(in).n == 0;
}

static void on_block(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_frame *frame)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        struct rtsp_session *session = &s->sessions[i];
        const struct kin_rtsp_server_transport *t = &session->transport;
        if ((session->state != RTSP_READY && session->state != RTSP_PLAYING) ||
            t->lower_transport != KIN_LOWER_TRANSPORT_TCP)
            continue;
        if (frame->channel != t->channel[0] && frame->channel != t->channel[1])
            continue;
        session->last_activity = now;
        s->event = (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_INTERLEAVED,
                                                  .session = i,
                                                  .rtcp = frame->channel == t->channel[1],
                                                  .data = frame->bytes};
        s->has_event = true;
        return;
    }
}

// The dialect in which an incomplete request is answered.
static const struct rtsp_dialect *pending_dialect(const struct kin_rtsp_server *s)
{
    if (s->framer.lab)
        return &rtsp_dialect_lab;
    return s->framer.http ? &rtsp_dialect_http : &rtsp_dialect_rfc;
}

static void give_up(struct kin_rtsp_server *s, unsigned status)
{
    pending_dialect(s)->error(s, status, NULL);
    rtsp_close(s);
}

static kin_us flush_at(kin_us now, enum kin_rtsp_flush when)
{
    static const kin_us waits[] = {
        [KIN_RTSP_FLUSH_SOON] = KIN_RTSP_SERVER_LAB_WAIT_US, [KIN_RTSP_FLUSH_LATE] = KIN_RTSP_SERVER_LAB_LATE_US};
    return when == KIN_RTSP_FLUSH_NEVER ? KIN_US_NEVER : now + waits[when];
}

// Handles the framer's result. Returns the bytes consumed.
static size_t dispatch(struct kin_rtsp_server *s, kin_us now, struct kin_span in, ptrdiff_t n,
                       const struct kin_rtsp_frame *frame)
{
    static const struct rtsp_dialect *const dialects[] = {[KIN_RTSP_FRAME_MESSAGE] = &rtsp_dialect_rfc,
                                                          [KIN_RTSP_FRAME_LAB] = &rtsp_dialect_lab,
                                                          [KIN_RTSP_FRAME_HTTP] = &rtsp_dialect_http};
    if (n < 0) {
        int status = kin_rtsp_framer_status(&s->framer);
        give_up(s, status > 0 ? (unsigned)status : 400);
        return in.n;
    }
    if (n == 0) {
        s->partial_since = is_blank(in) ? KIN_US_NEVER : kin_us_min(s->partial_since, now);
        if (in.n != s->partial_bytes) { // silence counts from the last byte
            s->lab_at = flush_at(now, kin_rtsp_framer_wants_flush(&s->framer, in));
            s->lab_complete = false;
        }
        s->partial_bytes = in.n;
        return 0;
    }
    s->partial_bytes = 0;
    s->partial_since = KIN_US_NEVER;
    s->lab_at = KIN_US_NEVER;
    s->lab_complete = false;
    s->active_at = now;
    if (frame->kind == KIN_RTSP_FRAME_INTERLEAVED)
        on_block(s, now, frame);
    else
        dialects[frame->kind]->handle(s, now, frame->bytes);
    return (size_t)n;
}

static bool blocked(const struct kin_rtsp_server *s)
{
    return s->has_event || s->request.active || s->out.len > s->out.start || s->detached;
}

// Takes what silence has ended for a request. 0 when it is none.
static size_t feed_unterminated(struct kin_rtsp_server *s, kin_us now, struct kin_span in)
{
    struct kin_rtsp_frame frame;
    s->lab_complete = false;
    ptrdiff_t n = kin_rtsp_framer_flush(&s->framer, in, &frame);
    if (n == 0 && kin_rtsp_framer_wants_flush(&s->framer, in) == KIN_RTSP_FLUSH_NEVER)
        s->partial_since = KIN_US_NEVER; // a late line of the previous request was dropped
    return n != 0 ? dispatch(s, now, in, n, &frame) : 0;
}

size_t kin_rtsp_server_feed(struct kin_rtsp_server *s, kin_us now, struct kin_span in)
{
    if (s->closing)
        return in.n;
    if (blocked(s) || in.n == 0)
        return 0;
    struct kin_rtsp_frame frame;
    ptrdiff_t n = kin_rtsp_framer_next(&s->framer, in, &frame);
    if (n == 0 && s->lab_complete && in.n == s->partial_bytes)
        return feed_unterminated(s, now, in);
    return dispatch(s, now, in, n, &frame);
}

// --- events and output

static void fill_teardown(struct kin_rtsp_server *s, unsigned slot, struct kin_rtsp_server_event *ret)
{
    *ret = (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_TEARDOWN,
                                          .session = slot,
                                          .lab = s->sessions[slot].lab,
                                          .reason = s->sessions[slot].reason};
    rtsp_session_clear(&s->sessions[slot]);
}

bool kin_rtsp_server_event(struct kin_rtsp_server *s, struct kin_rtsp_server_event *ret)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        if (s->sessions[i].state == RTSP_GONE) {
            fill_teardown(s, i, ret);
            return true;
        }
    }
    if (s->has_event) {
        s->has_event = false;
        *ret = s->event;
        return true;
    }
    if (s->close_due) {
        s->close_due = false;
        *ret = (struct kin_rtsp_server_event){.kind = KIN_RTSP_SERVER_CLOSE};
        return true;
    }
    return false;
}

struct kin_span kin_rtsp_server_output(const struct kin_rtsp_server *s)
{
    return kin_span_make(s->out.p != NULL ? s->out.p + s->out.start : NULL, s->out.len - s->out.start);
}

void kin_rtsp_server_sent(struct kin_rtsp_server *s, size_t n)
{
    size_t left = s->out.len - s->out.start;
    s->out.start += n < left ? n : left;
    if (s->out.start < s->out.len)
        return;
    free(s->out.p);
    s->out = (struct rtsp_out){0};
}

// --- time

static bool expires(const struct rtsp_session *session)
{
    return (session->state == RTSP_READY || session->state == RTSP_PLAYING) && !session->lab;
}

static bool is_idle(const struct kin_rtsp_server *s)
{
    return !s->detached && !s->closing && !s->request.active && s->partial_since == KIN_US_NEVER &&
           kin_rtsp_server_sessions(s) == 0;
}

kin_us kin_rtsp_server_deadline(const struct kin_rtsp_server *s)
{
    kin_us due = s->lab_at;
    if (s->partial_since != KIN_US_NEVER)
        due = kin_us_min(due, s->partial_since + s->options.request_timeout);
    if (is_idle(s))
        due = kin_us_min(due, s->active_at + s->options.idle_timeout);
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        if (expires(&s->sessions[i]))
            due = kin_us_min(due, s->sessions[i].last_activity + s->options.session_timeout);
    }
    return due;
}

static void end_silent_sessions(struct kin_rtsp_server *s, kin_us now)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        if (expires(&s->sessions[i]) && now - s->sessions[i].last_activity >= s->options.session_timeout)
            rtsp_session_end(s, i, KIN_RTSP_SERVER_BY_TIMEOUT);
    }
}

void kin_rtsp_server_tick(struct kin_rtsp_server *s, kin_us now)
{
    if (now >= s->lab_at) {
        s->lab_at = KIN_US_NEVER;
        s->lab_complete = true;
    }
    end_silent_sessions(s, now);
    if (s->partial_since != KIN_US_NEVER && now - s->partial_since >= s->options.request_timeout) {
        give_up(s, 408);
    } else if (is_idle(s) && now - s->active_at >= s->options.idle_timeout) {
        rtsp_close(s);
    }
}

// --- what the shell says

void kin_rtsp_server_closed(struct kin_rtsp_server *s)
{
    s->detached = true;
    s->closing = true;
    s->close_due = false;
    s->has_event = false;
    s->partial_since = KIN_US_NEVER;
    s->lab_at = KIN_US_NEVER;
    if (s->request.session != RTSP_NO_SESSION && s->sessions[s->request.session].state == RTSP_SETTING_UP)
        rtsp_session_clear(&s->sessions[s->request.session]);
    rtsp_request_done(s);
    kin_rtsp_server_sent(s, SIZE_MAX);
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        const struct rtsp_session *session = &s->sessions[i];
        if (session->lab || session->transport.lower_transport == KIN_LOWER_TRANSPORT_TCP)
            rtsp_session_end(s, i, KIN_RTSP_SERVER_BY_CLOSE);
    }
}

void kin_rtsp_server_end_all(struct kin_rtsp_server *s, enum kin_rtsp_server_reason reason)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        if (s->sessions[i].state != RTSP_SETTING_UP)
            rtsp_session_end(s, i, reason);
    }
}

static bool exists(const struct kin_rtsp_server *s, unsigned slot)
{
    return slot < KIN_RTSP_SERVER_SESSIONS &&
           (s->sessions[slot].state == RTSP_READY || s->sessions[slot].state == RTSP_PLAYING);
}

void kin_rtsp_server_session_active(struct kin_rtsp_server *s, unsigned session, kin_us at)
{
    if (exists(s, session))
        s->sessions[session].last_activity = kin_us_max(s->sessions[session].last_activity, at);
}

void kin_rtsp_server_ended(struct kin_rtsp_server *s, unsigned session)
{
    if (exists(s, session))
        s->sessions[session].state = RTSP_READY;
}

void kin_rtsp_server_drop(struct kin_rtsp_server *s, unsigned session)
{
    if (exists(s, session) && s->request.session != session)
        rtsp_session_clear(&s->sessions[session]);
    else if (exists(s, session))
        s->sessions[session].state = RTSP_READY;
}

unsigned kin_rtsp_server_sessions(const struct kin_rtsp_server *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++)
        n += s->sessions[i].state != RTSP_FREE && s->sessions[i].state != RTSP_GONE;
    return n;
}

bool kin_rtsp_server_awaits_reply(const struct kin_rtsp_server *s)
{
    return s->request.active;
}
