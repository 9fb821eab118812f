// The RTSP client machine: creation, connection, bytes in and out, events.
#include "engine/rtsp/rtsp_client.h"

#include <stdlib.h>

#include "base/err.h"
#include "engine/rtsp/rtsp_client_internal.h"

// --- events

struct kin_rtsp_client_event *rtsp_client_emit(struct kin_rtsp_client *c, enum kin_rtsp_client_event_kind kind)
{
    size_t at = (c->event_head + c->event_count) % EVENTS_MAX;
    if (c->event_count == EVENTS_MAX) // the shell does not take them: the newest one matters most
        at = (at + EVENTS_MAX - 1) % EVENTS_MAX;
    else
        c->event_count++;
    c->events[at] = (struct kin_rtsp_client_event){.kind = kind};
    return &c->events[at];
}

struct kin_rtsp_client_event *rtsp_client_fail(struct kin_rtsp_client *c, enum kin_rtsp_client_trouble trouble)
{
    c->failed = true;
    c->request.active = false;
    c->command_count = 0;
    c->state = KIN_RTSP_CLIENT_INIT;
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_FAILED);
    e->trouble = trouble;
    e->method = c->request.method;
    e->host = kin_span_str(c->host);
    e->port = c->port;
    e->count = c->blocks.skipped;
    return e;
}

bool kin_rtsp_client_event(struct kin_rtsp_client *c, struct kin_rtsp_client_event *ret)
{
    if (c->event_count == 0)
        return false;
    *ret = c->events[c->event_head];
    c->event_head = (c->event_head + 1) % EVENTS_MAX;
    c->event_count--;
    return true;
}

// --- creation

// Percent-encodes what must not stand in a request line.
static void write_clean(struct kin_wr *w, struct kin_span text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t b = text.p[i];
        if (b <= 0x20 || b >= 0x7f || memchr("\"<>\\^`{|}", b, 9) != NULL)
            kin_wr_fmt(w, "%%%02X", b);
        else
            kin_wr_u8(w, b);
    }
}

static void write_url(struct kin_wr *w, const struct kin_uri *uri)
{
    kin_wr_str(w, "rtsp://");
    kin_wr_str(w, uri->host_is_ipv6 ? "[" : "");
    write_clean(w, uri->host);
    kin_wr_str(w, uri->host_is_ipv6 ? "]" : "");
    if (uri->port != KIN_RTSP_DEFAULT_PORT)
        kin_wr_fmt(w, ":%u", uri->port);
    if (uri->path.n == 0)
        kin_wr_str(w, "/");
    write_clean(w, uri->path);
    if (uri->query.n > 0) {
        kin_wr_str(w, "?");
        write_clean(w, uri->query);
    }
    kin_wr_u8(w, 0);
}

static int set_uri(struct kin_rtsp_client *c, const struct kin_uri *uri)
{
    if (uri->host.n >= sizeof c->host)
        return KIN_ELIMIT;
    char text[sizeof c->url];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    write_url(&w, uri);
    if (w.bad)
        return KIN_ELIMIT;
    kin_span_copy(uri->host, c->host, sizeof c->host);
    c->port = uri->port;
    c->may_change_port = false;
    memcpy(c->url, text, w.len);
    return KIN_OK;
}

int rtsp_client_set_url(struct kin_rtsp_client *c, struct kin_span url)
{
    struct kin_uri uri;
    if (kin_uri_parse(url, &uri) != KIN_OK || !kin_span_case_is(uri.scheme, "rtsp"))
        return KIN_EBAD;
    int err = set_uri(c, &uri);
    c->may_change_port = err == KIN_OK && !uri.port_given;
    return err;
}

int kin_rtsp_client_new(const struct kin_rtsp_client_options *options, struct kin_rtsp_client **ret)
{
    struct kin_rtsp_client *c = (struct kin_rtsp_client *)calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    c->opts = *options;
    c->opts.url = NULL;
    if (c->opts.timeout_us <= 0)
        c->opts.timeout_us = KIN_RTSP_CLIENT_TIMEOUT_US;
    if (c->opts.silence_us <= 0)
        c->opts.silence_us = KIN_RTSP_CLIENT_SILENCE_US;
    c->lower_transport = options->transport == KIN_RTSP_CLIENT_TCP ? KIN_LOWER_TRANSPORT_TCP : KIN_LOWER_TRANSPORT_UDP;
    c->asks_fec = options->fec && options->transport != KIN_RTSP_CLIENT_TCP;
    c->rtt_us = -1;
    c->unanswered_since = KIN_US_NEVER;
    c->scale_milli = c->speed_milli = NORMAL_MILLI;
    int err = rtsp_client_set_url(c, kin_span_str(options->url));
    if (err != KIN_OK) {
        free(c);
        return err;
    }
    rtsp_client_request_connect(c);
    *ret = c;
    return KIN_OK;
}

void kin_rtsp_client_free(struct kin_rtsp_client *c)
{
    free(c);
}

// --- connection

void rtsp_client_request_connect(struct kin_rtsp_client *c)
{
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_CONNECT);
    e->host = kin_span_str(c->host);
    e->port = c->port;
    c->connected = false;
    c->connecting = true;
    c->out_len = 0;
}

void kin_rtsp_client_connected(struct kin_rtsp_client *c, kin_us now)
{
    c->connected = true;
    c->connecting = false;
    c->request.active = false;
    c->blocks.known = c->blocks.lost = c->blocks.has_ssrc = false;
    struct kin_rtsp_limits limits = kin_rtsp_limits_default;
    if (c->opts.body_max > 0)
        limits.body_max = c->opts.body_max;
    kin_rtsp_framer_init(&c->framer, false, &limits);
    rtsp_client_pump(c, now);
}

void rtsp_client_session_gone(struct kin_rtsp_client *c)
{
    c->state = KIN_RTSP_CLIENT_INIT;
    c->session[0] = '\0';
    c->keepalive_due = false;
    c->unanswered_since = KIN_US_NEVER;
}

// A server may close the connection when its last session is torn down: that is no failure.
static bool may_close(const struct kin_rtsp_client *c)
{
    if (c->request.active)
        return c->request.method == KIN_RTSP_TEARDOWN;
    return c->described && c->state == KIN_RTSP_CLIENT_INIT;
}

// Did the server close an idle connection while this SETUP was on its way? Then the SETUP is sent once more, since no
// session depends on that connection.
static bool may_have_crossed_close(const struct kin_rtsp_client *c)
{
    return c->request.active && c->request.method == KIN_RTSP_SETUP && c->request.after_idle && c->described;
}

void kin_rtsp_client_disconnected(struct kin_rtsp_client *c, kin_us now, int error)
{
    bool was_up = c->connected;
    c->connected = false;
    c->connecting = false;
    if (c->failed)
        return;
    if (was_up && may_close(c)) {
        if (c->request.active && c->request.purpose == FOR_COMMAND)
            rtsp_client_emit(c, KIN_RTSP_CLIENT_CLOSED);
        c->request.active = false;
        rtsp_client_session_gone(c);
        rtsp_client_pump(c, now);
    } else if (was_up && may_have_crossed_close(c)) {
        rtsp_client_setup_again(c);
        rtsp_client_pump(c, now);
    } else if (!was_up) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_CONNECT)->error = error;
    } else if (!c->rtsp_seen) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_CLOSED_UNANSWERED)->error = error;
    } else if (!c->request.active || !rtsp_client_retry_setup(c, KIN_RTSP_CAUSE_CLOSED)) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_CONNECTION_LOST)->error = error;
    }
}

void kin_rtsp_client_refused(struct kin_rtsp_client *c, kin_us now, int error)
{
    struct kin_uri uri;
    bool is_default = c->port == KIN_RTSP_DEFAULT_PORT && c->may_change_port && !c->failed;
    bool other = is_default && kin_uri_parse(kin_span_str(c->url), &uri) == KIN_OK;
    uri.port = KIN_RTSP_OTHER_PORT;
    if (other && set_uri(c, &uri) == KIN_OK) {
        c->changed_port = true;
        rtsp_client_emit(c, KIN_RTSP_CLIENT_OTHER_PORT)->port = c->port;
        rtsp_client_request_connect(c);
    } else if (c->changed_port && !c->rtsp_seen && !c->failed) {
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_NO_PORT)->error = error;
    } else {
        kin_rtsp_client_disconnected(c, now, error);
    }
}

// --- input

static void fail_not_rtsp(struct kin_rtsp_client *c)
{
    rtsp_client_fail(c, c->rtsp_seen ? KIN_RTSP_TROUBLE_NOT_RTSP : KIN_RTSP_TROUBLE_NO_RTSP_SERVER);
}

// Control bytes, a header line without a colon and the like. The first line is reported if it looks like RTSP.
static void fail_malformed(struct kin_rtsp_client *c, struct kin_span bytes)
{
    struct kin_span first = kin_span_trim(kin_span_first(bytes, kin_span_find(bytes, '\n')));
    if (kin_span_starts(bytes, "RTSP/"))
        rtsp_client_fail(c, KIN_RTSP_TROUBLE_MALFORMED_REPLY)->peer_text = first;
    else
        fail_not_rtsp(c);
}

// False when the bytes are not a message.
static bool on_message(struct kin_rtsp_client *c, kin_us now, struct kin_span bytes)
{
    struct kin_rtsp_msg msg;
    if (kin_rtsp_msg_parse(bytes, &msg) != KIN_OK) {
        if (!rtsp_client_may_skip(c))
            fail_malformed(c, bytes);
        return false;
    }
    c->rtsp_seen = true;
    rtsp_client_emit(c, KIN_RTSP_CLIENT_RECEIVED)->bytes = bytes;
    if (msg.is_request)
        rtsp_client_answer(c, &msg);
    else
        rtsp_client_on_reply(c, now, &msg);
    return true;
}

static void on_block(struct kin_rtsp_client *c, const struct kin_rtsp_frame *frame)
{
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_INTERLEAVED);
    e->channel = frame->channel;
    e->bytes = frame->bytes;
    rtsp_client_note_block(c, frame->channel, frame->bytes);
}

// Handles the next message or block. Returns the bytes used, 0, or KIN_EBAD.
static ptrdiff_t handle_frame(struct kin_rtsp_client *c, kin_us now, struct kin_span in)
{
    struct kin_rtsp_frame frame;
    ptrdiff_t used = kin_rtsp_framer_next(&c->framer, in, &frame);
    bool good = used >= 0;
    if (used > 0 && frame.kind == KIN_RTSP_FRAME_INTERLEAVED)
        on_block(c, &frame);
    else if (used > 0)
        good = on_message(c, now, frame.bytes);
    if (!good && rtsp_client_may_skip(c))
        return rtsp_client_skip(c, 1); // it only looked like the beginning of a message or block
    if (used < 0)
        fail_not_rtsp(c);
    return used;
}

ptrdiff_t kin_rtsp_client_feed(struct kin_rtsp_client *c, kin_us now, struct kin_span in)
{
    if (c->failed)
        return KIN_EBAD;
    if (!c->connected)
        return 0;
    ptrdiff_t used = rtsp_client_may_skip(c) ? rtsp_client_resync(c, in) : 0;
    if (used > 0)
        used = rtsp_client_skip(c, (size_t)used);
    else if (used == 0)
        used = handle_frame(c, now, in);
    else
        used = 0;
    rtsp_client_pump(c, now);
    return c->failed ? KIN_EBAD : used;
}

// --- output

struct kin_wr rtsp_client_writer(struct kin_rtsp_client *c)
{
    if (c->out_taken)
        c->out_len = 0;
    c->out_taken = false;
    return kin_wr_init(c->out + c->out_len, sizeof c->out - c->out_len);
}

void rtsp_client_commit(struct kin_rtsp_client *c, const struct kin_wr *w)
{
    if (!w->bad)
        c->out_len += w->len;
}

struct kin_span kin_rtsp_client_output(struct kin_rtsp_client *c)
{
    if (!c->connected || c->out_taken)
        return kin_span_make(NULL, 0);
    c->out_taken = true;
    return kin_span_make(c->out, c->out_len);
}

int kin_rtsp_client_send_block(struct kin_rtsp_client *c, uint8_t channel, struct kin_span bytes)
{
    if (!c->connected || c->failed)
        return KIN_ESTATE;
    struct kin_wr w = rtsp_client_writer(c);
    kin_wr_u8(&w, '$');
    kin_wr_u8(&w, channel);
    kin_wr_be16(&w, (unsigned)bytes.n);
    kin_wr_put(&w, bytes);
    rtsp_client_commit(c, &w);
    return w.bad || bytes.n > UINT16_MAX ? KIN_ELIMIT : KIN_OK;
}

// --- facts

enum kin_rtsp_client_state kin_rtsp_client_state(const struct kin_rtsp_client *c)
{
    return c->state;
}

bool kin_rtsp_client_idle(const struct kin_rtsp_client *c)
{
    return c->command_count == 0 && !c->request.active;
}

kin_us kin_rtsp_client_rtt_us(const struct kin_rtsp_client *c)
{
    return c->rtt_us;
}

const char *kin_rtsp_client_server(const struct kin_rtsp_client *c)
{
    return c->server;
}
