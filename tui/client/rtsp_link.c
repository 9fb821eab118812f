// An RTSP machine on a stream.
#include "client/rtsp_link.h"

#include "base/clock.h"
#include "base/err.h"
#include "io/timer.h"

#define AWAY_US (250 * KIN_US_PER_MS) // by which a turn is too late for a loop that was only busy
#define CONNECT_TIMEOUT_US (10 * KIN_US_PER_S)

static kin_us now_of(const struct rtsp_link *l)
{
    return kin_loop_now(l->loop);
}

static void shut_stream(struct rtsp_link *l, void (*on_closed)(void *ctx), void *ctx)
{
    if (l->stream != NULL)
        kin_stream_close(l->stream, l->connected ? l->kind->flush_us : 0, on_closed, ctx);
    l->stream = NULL;
    l->connected = false;
}

// --- events and output

static void connect_to(struct rtsp_link *l, const struct kin_rtsp_client_event *e);

static void handle_events(struct rtsp_link *l)
{
    struct kin_rtsp_client_event e;
    while (kin_rtsp_client_event(l->rtsp, &e)) {
        if (l->closed)
            continue;
        if (e.kind == KIN_RTSP_CLIENT_CONNECT)
            connect_to(l, &e);
        else
            l->kind->on_event(l->ctx, &e);
    }
}

static void pump(struct rtsp_link *l)
{
    static const struct kin_rtsp_client_event output_full = {.kind = KIN_RTSP_CLIENT_FAILED,
                                                             .trouble = KIN_RTSP_TROUBLE_OUTPUT_FULL};
    handle_events(l);
    struct kin_span out = kin_rtsp_client_output(l->rtsp);
    if (out.n == 0 || !l->connected)
        return;
    if (kin_stream_write(l->stream, out) == KIN_ELIMIT && !l->closed)
        l->kind->on_event(l->ctx, &output_full);
}

static void turn(struct rtsp_link *l)
{
    kin_us at = KIN_US_NEVER;
    kin_rtsp_client_tick(l->rtsp, now_of(l));
    pump(l);
    if (!l->closed && l->kind->on_turn != NULL) {
        l->kind->on_turn(l->ctx);
        pump(l);
    }
    if (l->closed)
        return;
    if (l->kind->deadline != NULL)
        at = l->kind->deadline(l->ctx);
    at = kin_us_min(at, kin_rtsp_client_deadline(l->rtsp));
    kin_timer_set(l->timer, at);
    l->due = kin_us_max(at, now_of(l));
    l->asleep = kin_clock_asleep_us();
}

// Was the turn too late, or did the machine sleep since the last one?
static void check_away(struct rtsp_link *l)
{
    kin_us away = kin_us_max(now_of(l) - l->due, kin_clock_asleep_us() - l->asleep);
    l->due = KIN_US_NEVER;
    if (away < AWAY_US || l->closed)
        return;
    kin_rtsp_client_away(l->rtsp, now_of(l), away);
    if (l->kind->on_away != NULL)
        l->kind->on_away(l->ctx, away);
}

void rtsp_link_enter(struct rtsp_link *l)
{
    if (l->depth++ == 0)
        check_away(l);
}

void rtsp_link_leave(struct rtsp_link *l)
{
    if (l->depth == 1 && !l->closed)
        turn(l);
    if (--l->depth == 0 && l->closed)
        l->kind->on_gone(l->ctx);
}

static void on_timer(void *ctx, kin_us now)
{
    (void)now;
    rtsp_link_enter(ctx);
    rtsp_link_leave(ctx);
}

// --- the stream

static size_t on_input(void *ctx, struct kin_span in)
{
    struct rtsp_link *l = ctx;
    const struct kin_stream *stream = l->stream;
    size_t used = 0;
    rtsp_link_enter(l);
    while (!l->closed && l->stream == stream && used < in.n) {
        ptrdiff_t n = kin_rtsp_client_feed(l->rtsp, now_of(l), kin_span_skip(in, used));
        pump(l);
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    rtsp_link_leave(l);
    return used;
}

// The connection has ended, or could not be made.
static void on_end(void *ctx, int error)
{
    struct rtsp_link *l = ctx;
    rtsp_link_enter(l);
    l->connected = false; // there is nothing to flush
    shut_stream(l, NULL, NULL);
    if (error == UV_ECONNREFUSED)
        kin_rtsp_client_refused(l->rtsp, now_of(l), error);
    else
        kin_rtsp_client_disconnected(l->rtsp, now_of(l), error);
    rtsp_link_leave(l);
}

static void on_connect(void *ctx, int error)
{
    struct rtsp_link *l = ctx;
    if (error != 0) {
        on_end(l, error);
        return;
    }
    rtsp_link_enter(l);
    l->connected = true;
    l->local = *kin_stream_local(l->stream);
    kin_rtsp_client_connected(l->rtsp, now_of(l));
    rtsp_link_leave(l);
}

static void connect_to(struct rtsp_link *l, const struct kin_rtsp_client_event *e)
{
    static const struct kin_stream_handler handler = {.on_input = on_input, .on_end = on_end};
    char host[256];
    kin_span_copy(e->host, host, sizeof host);
    shut_stream(l, NULL, NULL);
    int err = kin_stream_connect(l->loop, host, e->port, CONNECT_TIMEOUT_US, &l->kind->limits, &handler, on_connect, l,
                                 &l->stream);
    if (err != KIN_OK)
        kin_rtsp_client_disconnected(l->rtsp, now_of(l), err == KIN_ENOMEM ? UV_ENOMEM : UV_EAI_NONAME);
}

// --- birth and death

int rtsp_link_init(struct rtsp_link *l, struct kin_loop *loop, const struct rtsp_link_kind *kind, void *ctx)
{
    *l = (struct rtsp_link){.kind = kind, .ctx = ctx, .loop = loop, .due = KIN_US_NEVER};
    l->asleep = kin_clock_asleep_us();
    return kin_timer_new(loop, on_timer, l, &l->timer);
}

void rtsp_link_deinit(struct rtsp_link *l)
{
    kin_timer_free(l->timer);
    kin_rtsp_client_free(l->rtsp);
}

int rtsp_link_start(struct rtsp_link *l, const struct kin_rtsp_client_options *options)
{
    struct kin_rtsp_client *fresh;
    int err = kin_rtsp_client_new(options, &fresh);
    if (err != KIN_OK)
        return err;
    kin_rtsp_client_free(l->rtsp);
    l->rtsp = fresh;
    kin_timer_set(l->timer, 0);
    return KIN_OK;
}

void rtsp_link_hang_up(struct rtsp_link *l)
{
    shut_stream(l, NULL, NULL);
}

void rtsp_link_close(struct rtsp_link *l, void (*on_closed)(void *ctx), void *ctx)
{
    bool had_stream = l->stream != NULL;
    if (l->closed)
        return;
    rtsp_link_enter(l);
    l->closed = true;
    kin_rtsp_client_leave(l->rtsp, now_of(l));
    pump(l);
    shut_stream(l, on_closed, ctx);
    rtsp_link_leave(l);
    if (!had_stream && on_closed != NULL)
        on_closed(ctx);
}
