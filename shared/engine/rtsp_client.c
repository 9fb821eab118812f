// The RTSP client machine: bytes, events, commands and time. Requests and replies are in the neighbouring files.
#include "engine/rtsp_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/text.h"
#include "engine/rtsp_client_internal.h"

// --- events

struct kin_rtsp_client_event *rtsp_client_emit(struct kin_rtsp_client *c, enum kin_rtsp_client_event_kind kind)
{
    size_t at = (c->event_head + c->event_count) % EVENTS_MAX;
    if (c->event_count == EVENTS_MAX) // the shell does not collect: the newest is the one that matters
        at = (at + EVENTS_MAX - 1) % EVENTS_MAX;
    else
        c->event_count++;
    c->events[at] = (struct kin_rtsp_client_event){.kind = kind};
    return &c->events[at];
}

static struct kin_rtsp_client_event *say(struct kin_rtsp_client *c, enum kin_rtsp_client_event_kind kind,
                                         const char *format, va_list args)
{
    vsnprintf(c->text, sizeof c->text, format, args);
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, kind);
    e->text = c->text;
    return e;
}

struct kin_rtsp_client_event *rtsp_client_say(struct kin_rtsp_client *c, enum kin_rtsp_client_event_kind kind,
                                              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct kin_rtsp_client_event *e = say(c, kind, format, args);
    va_end(args);
    return e;
}

void rtsp_client_fail(struct kin_rtsp_client *c, const char *format, ...)
{
    va_list args;
    if (c->failed)
        return;
    c->failed = true;
    c->request.active = false;
    c->command_count = 0;
    c->state = KIN_RTSP_CLIENT_INIT;
    va_start(args, format);
    say(c, KIN_RTSP_CLIENT_FAILED, format, args);
    va_end(args);
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

// --- birth and death

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

int rtsp_client_set_url(struct kin_rtsp_client *c, struct kin_span url)
{
    struct kin_uri uri;
    if (kin_uri_parse(url, &uri) != KIN_OK || !kin_span_case_is(uri.scheme, "rtsp"))
        return KIN_EBAD;
    if (uri.host.n >= sizeof c->host)
        return KIN_ELIMIT;
    char text[sizeof c->url];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    write_url(&w, &uri);
    if (w.bad)
        return KIN_ELIMIT;
    kin_span_copy(uri.host, c->host, sizeof c->host);
    c->port = uri.port;
    memcpy(c->url, text, w.len);
    return KIN_OK;
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
    c->lower = options->lower == KIN_RTSP_CLIENT_TCP ? KIN_RTSP_LOWER_TCP : KIN_RTSP_LOWER_UDP;
    c->rtt_us = -1;
    c->scale_milli = NORMAL_MILLI;
    int err = rtsp_client_set_url(c, kin_span_str(options->url));
    if (err != KIN_OK) {
        free(c);
        return err;
    }
    rtsp_client_ask_connect(c);
    *ret = c;
    return KIN_OK;
}

void kin_rtsp_client_free(struct kin_rtsp_client *c)
{
    free(c);
}

// --- connection

void rtsp_client_ask_connect(struct kin_rtsp_client *c)
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
}

// A server may close the connection when its last session is torn down: that is no failure.
static bool may_close(const struct kin_rtsp_client *c)
{
    if (c->request.active)
        return c->request.method == KIN_RTSP_TEARDOWN;
    return c->described && c->state == KIN_RTSP_CLIENT_INIT;
}

void kin_rtsp_client_disconnected(struct kin_rtsp_client *c, kin_us now, const char *error)
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
    } else if (!was_up) {
        rtsp_client_fail(c, "%s", error != NULL ? error : "cannot connect to the server");
    } else if (!c->heard) {
        rtsp_client_fail(c, "%s port %u closed the connection without an answer: it may be no RTSP server", c->host,
                         c->port);
    } else {
        rtsp_client_fail(c, "connection lost%s%s", error != NULL ? ": " : ": the server closed it",
                         error != NULL ? error : "");
    }
}

// --- input

// Control bytes, a header line without a colon and the like: the first line may still tell something.
static void fail_malformed(struct kin_rtsp_client *c, struct kin_span bytes)
{
    char first[80];
    kin_text_clean(kin_span_trim(kin_span_first(bytes, kin_span_find(bytes, '\n'))), true, first, sizeof first);
    if (kin_span_starts(bytes, "RTSP/"))
        rtsp_client_fail(c, "the server sent a malformed reply (%s)", first);
    else
        rtsp_client_fail(c, c->heard ? "the server sent a reply that is not RTSP" : "this is not an RTSP server");
}

static void on_message(struct kin_rtsp_client *c, kin_us now, struct kin_span bytes)
{
    struct kin_rtsp_msg msg;
    if (kin_rtsp_msg_parse(bytes, &msg) != KIN_OK) {
        fail_malformed(c, bytes);
        return;
    }
    c->heard = true;
    rtsp_client_emit(c, KIN_RTSP_CLIENT_RECEIVED)->bytes = bytes;
    if (msg.is_request)
        rtsp_client_answer(c, &msg);
    else
        rtsp_client_on_reply(c, now, &msg);
}

static void on_block(struct kin_rtsp_client *c, const struct kin_rtsp_frame *frame)
{
    struct kin_rtsp_client_event *e = rtsp_client_emit(c, KIN_RTSP_CLIENT_BLOCK);
    e->channel = frame->channel;
    e->bytes = frame->bytes;
}

ptrdiff_t kin_rtsp_client_feed(struct kin_rtsp_client *c, kin_us now, struct kin_span in)
{
    struct kin_rtsp_frame frame;
    if (c->failed)
        return KIN_EBAD;
    if (!c->connected)
        return 0;
    ptrdiff_t used = kin_rtsp_framer_next(&c->framer, in, &frame);
    if (used < 0) {
        rtsp_client_fail(c, c->heard ? "the server sent something that is not RTSP" : "this is not an RTSP server");
        return KIN_EBAD;
    }
    if (used > 0 && frame.kind == KIN_RTSP_FRAME_INTERLEAVED)
        on_block(c, &frame);
    else if (used > 0)
        on_message(c, now, frame.bytes);
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

// --- commands

static void pop(struct kin_rtsp_client *c)
{
    c->command_count--;
    memmove(c->commands, c->commands + 1, c->command_count * sizeof c->commands[0]);
}

void rtsp_client_push_front(struct kin_rtsp_client *c, struct command command)
{
    if (c->command_count == COMMANDS_ROOM)
        return;
    memmove(c->commands + 1, c->commands, c->command_count * sizeof c->commands[0]);
    c->commands[0] = command;
    c->command_count++;
}

static int push(struct kin_rtsp_client *c, kin_us now, struct command command)
{
    if (c->failed)
        return KIN_ESTATE;
    if (c->command_count >= KIN_RTSP_CLIENT_COMMANDS_MAX)
        return KIN_ELIMIT;
    c->commands[c->command_count++] = command;
    rtsp_client_pump(c, now);
    return KIN_OK;
}

int kin_rtsp_client_setup(struct kin_rtsp_client *c, kin_us now, uint16_t client_port)
{
    c->client_port = client_port;
    return push(c, now, (struct command){.method = KIN_RTSP_SETUP});
}

int kin_rtsp_client_play(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_range *range)
{
    struct command command = {.method = KIN_RTSP_PLAY, .has_range = range != NULL};
    if (range != NULL)
        command.range = *range;
    struct command *last = c->command_count > 0 ? &c->commands[c->command_count - 1] : NULL;
    if (range != NULL && last != NULL && last->method == KIN_RTSP_PLAY) {
        *last = command;
        return c->failed ? KIN_ESTATE : KIN_OK;
    }
    return push(c, now, command);
}

void kin_rtsp_client_set_scale(struct kin_rtsp_client *c, int32_t milli)
{
    c->scale_milli = milli;
}

int kin_rtsp_client_pause(struct kin_rtsp_client *c, kin_us now)
{
    return push(c, now, (struct command){.method = KIN_RTSP_PAUSE});
}

int kin_rtsp_client_teardown(struct kin_rtsp_client *c, kin_us now)
{
    return push(c, now, (struct command){.method = KIN_RTSP_TEARDOWN});
}

void kin_rtsp_client_leave(struct kin_rtsp_client *c, kin_us now)
{
    c->command_count = 0;
    if (!c->failed && c->connected && c->state != KIN_RTSP_CLIENT_INIT)
        rtsp_client_send(c, now, KIN_RTSP_TEARDOWN, FOR_COMMAND, NULL);
}

// What a command means in the state the machine is in.
enum verdict { DO_SEND, DO_NOTHING, DO_REFUSE, DO_PAUSE_FIRST };

static enum verdict judge(const struct kin_rtsp_client *c, const struct command *command)
{
    bool set_up = c->state != KIN_RTSP_CLIENT_INIT;
    switch (command->method) {
    case KIN_RTSP_SETUP:
        return set_up ? DO_REFUSE : DO_SEND;
    case KIN_RTSP_PLAY:
        if (c->state == KIN_RTSP_CLIENT_PLAYING)
            return command->has_range ? DO_PAUSE_FIRST : DO_NOTHING;
        return set_up ? DO_SEND : DO_REFUSE;
    case KIN_RTSP_PAUSE:
        return c->state == KIN_RTSP_CLIENT_PLAYING ? DO_SEND : set_up ? DO_NOTHING : DO_REFUSE;
    default:
        return set_up ? DO_SEND : DO_NOTHING;
    }
}

static void run_command(struct kin_rtsp_client *c, kin_us now)
{
    struct command command = c->commands[0];
    enum verdict verdict = judge(c, &command);
    if (verdict == DO_PAUSE_FIRST) {
        rtsp_client_send(c, now, KIN_RTSP_PAUSE, FOR_JUMP, NULL);
        return; // the PLAY stays at the head of the queue
    }
    pop(c);
    if (verdict == DO_SEND)
        rtsp_client_send(c, now, command.method, command.purpose, command.has_range ? &command.range : NULL);
    else if (verdict == DO_REFUSE)
        rtsp_client_say(c, KIN_RTSP_CLIENT_REFUSED, "%s is not possible now: the session is %s",
                        kin_rtsp_method_str(command.method),
                        c->state == KIN_RTSP_CLIENT_INIT ? "not set up" : "set up already")
            ->method = command.method;
    else if (command.method == KIN_RTSP_TEARDOWN && command.purpose == FOR_COMMAND)
        rtsp_client_emit(c, KIN_RTSP_CLIENT_CLOSED);
}

void rtsp_client_pump(struct kin_rtsp_client *c, kin_us now)
{
    while (!c->failed && c->connected && !c->request.active) {
        if (!c->greeted)
            rtsp_client_send(c, now, KIN_RTSP_OPTIONS, FOR_DESCRIPTION, NULL);
        else if (!c->described)
            rtsp_client_send(c, now, KIN_RTSP_DESCRIBE, FOR_DESCRIPTION, NULL);
        else if (c->command_count > 0)
            run_command(c, now);
        else
            return;
    }
    if (!c->failed && !c->connected && !c->connecting && c->command_count > 0)
        rtsp_client_ask_connect(c);
}

// --- time

static bool waits_for_media(const struct kin_rtsp_client *c)
{
    return c->state == KIN_RTSP_CLIENT_PLAYING && c->lower == KIN_RTSP_LOWER_UDP && !c->media_seen && !c->silence_told;
}

static kin_us keepalive_at(const struct kin_rtsp_client *c)
{
    bool alive = c->state != KIN_RTSP_CLIENT_INIT && c->connected && !c->request.active;
    return alive ? c->last_sent_at + c->keepalive_us : KIN_US_NEVER;
}

kin_us kin_rtsp_client_deadline(const struct kin_rtsp_client *c)
{
    if (c->failed)
        return KIN_US_NEVER;
    kin_us at = c->request.active ? c->request.deadline : keepalive_at(c);
    return waits_for_media(c) ? kin_us_min(at, c->playing_since + c->opts.silence_us) : at;
}

static void on_silence(struct kin_rtsp_client *c)
{
    c->silence_told = true;
    int seconds = (int)(c->opts.silence_us / KIN_US_PER_S);
    if (c->opts.lower != KIN_RTSP_CLIENT_AUTO) {
        rtsp_client_say(c, KIN_RTSP_CLIENT_SILENT,
                        "nothing has arrived over UDP for %d s: a firewall may be in the way (try --transport tcp)",
                        seconds);
        return;
    }
    rtsp_client_say(c, KIN_RTSP_CLIENT_SWITCHING, "nothing has arrived over UDP for %d s: going on over TCP", seconds);
    c->lower = KIN_RTSP_LOWER_TCP;
    rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_PLAY, .has_range = true, .range = c->last_range});
    rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_SETUP});
    rtsp_client_push_front(c, (struct command){.method = KIN_RTSP_TEARDOWN, .purpose = FOR_SWITCH});
}

// No reply in time. A session that still brings pictures, or that is being given up, needs none.
static void on_no_reply(struct kin_rtsp_client *c)
{
    c->request.active = false;
    if (c->request.method == KIN_RTSP_TEARDOWN) {
        rtsp_client_session_gone(c);
        if (c->request.purpose == FOR_COMMAND)
            rtsp_client_emit(c, KIN_RTSP_CLIENT_CLOSED);
    } else if (!c->heard) {
        rtsp_client_fail(c, "no answer from %s port %u within %d s: it may be no RTSP server", c->host, c->port,
                         (int)(c->opts.timeout_us / KIN_US_PER_S));
    } else if (c->request.purpose != FOR_KEEPALIVE || c->media_at <= c->request.sent_at) {
        rtsp_client_fail(c, "connection lost: the server does not answer %s", kin_rtsp_method_str(c->request.method));
    }
}

void kin_rtsp_client_tick(struct kin_rtsp_client *c, kin_us now)
{
    if (c->failed)
        return;
    if (c->request.active && now >= c->request.deadline)
        on_no_reply(c);
    if (!c->failed && waits_for_media(c) && now >= c->playing_since + c->opts.silence_us)
        on_silence(c);
    rtsp_client_pump(c, now);
    if (!c->failed && now >= keepalive_at(c)) {
        bool get = c->public_methods & 1u << KIN_RTSP_GET_PARAMETER;
        rtsp_client_send(c, now, get ? KIN_RTSP_GET_PARAMETER : KIN_RTSP_OPTIONS, FOR_KEEPALIVE, NULL);
    }
}

void kin_rtsp_client_media(struct kin_rtsp_client *c, kin_us now)
{
    c->media_seen = true;
    c->media_at = now;
}

void kin_rtsp_client_ended(struct kin_rtsp_client *c)
{
    if (c->state == KIN_RTSP_CLIENT_PLAYING)
        c->state = KIN_RTSP_CLIENT_READY;
}

// --- facts

enum kin_rtsp_client_state kin_rtsp_client_state(const struct kin_rtsp_client *c)
{
    return c->state;
}

bool kin_rtsp_client_described(const struct kin_rtsp_client *c)
{
    return c->described;
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
