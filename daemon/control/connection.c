// Life of a connection: bytes to the machine, its output to the stream, its deadline to a timer, its end.
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "control/connection_internal.h"
#include "delivery/rtp_port.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/settings.h"
#include "io/timer.h"

#define INTERLEAVED_MAX (4 + 65535) // longest '$' block
#define READ_SLACK 4096
#define WRITE_LOW (16 * 1024)   // on_drain is called here: below REPLIES_MAX, or reading would never resume
#define REPLIES_MAX (32 * 1024) // replies that wait for the peer; above that no request is read

kin_us connection_now(const struct connection *c)
{
    return kin_loop_now(&c->all->delivery->worker->loop);
}

// --- the end

static void drop_hold(struct connection *c)
{
    if (--c->holds == 0)
        free(c);
}

static void end(struct connection *c)
{
    kin_list_remove(&c->node);
    kin_timer_free(c->timer);
    kin_rtsp_server_free(c->machine);
    drop_hold(c);
}

// Hands the machine's output to the stream. False: the stream takes no more.
static bool send_output(struct connection *c)
{
    struct kin_span out = kin_rtsp_server_output(c->machine);
    if (out.n == 0)
        return true;
    if (c->stream == NULL || kin_stream_write(c->stream, out) != KIN_OK)
        return false;
    c->replies_queued += out.n;
    kin_rtsp_server_sent(c->machine, out.n);
    return true;
}

void connection_reply_body(struct connection *c, const char *content_type, struct kin_buf *body)
{
    kin_us now = connection_now(c);
    const struct kin_stream_piece piece = {kin_span_make(NULL, 0), kin_buf_span(body)};
    if (!send_budget_admits(c->account, piece.body.n, now)) {
        kin_rtsp_server_reply_error(c->machine, now, 503, MSG_REPLY_SEND_MEMORY);
        return;
    }
    if (!kin_rtsp_server_reply_head(c->machine, now, content_type, piece.body.n))
        return;
    if (send_output(c) && kin_stream_write_pieces(c->stream, &piece, 1, body) == KIN_OK)
        c->replies_queued += piece.body.n;
    else
        c->broken = true;
}

// It counts until now, since the stream keeps its memory and its descriptor while the last replies are sent.
static void on_stream_closed(void *ctx)
{
    struct connection *c = ctx;
    send_budget_close(c->account);
    if (c->counted)
        limits_release(c->all->limits, LIMITS_CONNECTIONS, &c->peer);
    drop_hold(c);
}

static void on_queue_changed(void *ctx, size_t held, kin_us since)
{
    send_budget_update(ctx, held, since);
}

void connection_hang_up(struct connection *c)
{
    struct kin_stream *stream = c->stream;
    if (stream == NULL)
        return;
    if (!c->dropped)
        send_output(c);
    catalogue_cancel(c->query);
    c->query = NULL;
    free(c->query_path);
    c->query_path = NULL;
    kin_rtsp_server_closed(c->machine);
    connection_serve(c); // interleaved viewers say BYE while there is a stream
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++)
        if (c->sessions[i].session.viewer != NULL)
            viewer_abandon(c->sessions[i].session.viewer);
    c->stream = NULL;
    c->half_closed = false; // nothing is answered any more; sessions over UDP may live on
    kin_stream_close(stream, c->dropped ? 0 : CONNECTION_FLUSH_US, on_stream_closed, c);
}

// --- time

static void note_viewer_activity(struct connection *c)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        const struct viewer *viewer = c->sessions[i].session.viewer;
        if (viewer != NULL)
            kin_rtsp_server_session_active(c->machine, i, viewer_stats(viewer)->last_activity);
    }
}

// An unterminated lab request may be complete now: the machine looks at what the stream holds once more.
static void on_timer(void *ctx, kin_us now)
{
    struct connection *c = ctx;
    if (c->half_closed && now >= c->answer_by) {
        connection_hang_up(c);
    } else {
        note_viewer_activity(c);
        kin_rtsp_server_tick(c->machine, now);
        connection_serve(c);
        if (c->stream != NULL)
            kin_stream_reread(c->stream);
    }
    connection_settle(c);
}

static void arm_timer(struct connection *c)
{
    kin_us due = kin_rtsp_server_deadline(c->machine);
    if (c->half_closed)
        due = kin_us_min(due, c->answer_by);
    kin_timer_set(c->timer, due);
}

// Nothing more is read from a peer that sends requests but does not read the replies.
static bool reply_backlog_full(struct connection *c)
{
    size_t queued = kin_stream_queued(c->stream);
    if (c->replies_queued > queued)
        c->replies_queued = queued;
    return c->replies_queued > REPLIES_MAX;
}

static void pause_or_resume(struct connection *c)
{
    bool wait = kin_rtsp_server_awaits_reply(c->machine) || reply_backlog_full(c);
    if (wait == c->paused)
        return;
    c->paused = wait;
    if (wait)
        kin_stream_pause(c->stream);
    else
        kin_stream_resume(c->stream);
}

void connection_settle(struct connection *c)
{
    bool over = c->half_closed && !kin_rtsp_server_awaits_reply(c->machine);
    if ((!send_output(c) || over || c->broken) && c->stream != NULL)
        connection_hang_up(c); // it reads no replies, or has got the last one
    if (c->stream == NULL && kin_rtsp_server_sessions(c->machine) == 0) {
        end(c);
        return;
    }
    if (c->stream != NULL)
        pause_or_resume(c);
    arm_timer(c);
}

// --- the stream

static size_t on_input(void *ctx, struct kin_span in)
{
    struct connection *c = ctx;
    size_t used = 0, n = 0;
    do {
        if (c->stream == NULL || !send_output(c) || reply_backlog_full(c))
            break;
        n = kin_rtsp_server_feed(c->machine, connection_now(c), kin_span_skip(in, used));
        used += n;
        connection_serve(c);
    } while (n > 0);
    connection_settle(c);
    return used;
}

static void on_drain(void *ctx)
{
    connection_settle(ctx);
}

static void on_end(void *ctx, int error)
{
    struct connection *c = ctx;
    c->half_closed = error == 0 && c->query != NULL && c->event.kind == KIN_RTSP_SERVER_DESCRIBE;
    if (c->half_closed) {
        c->answer_by = connection_now(c) + CONNECTION_HALF_CLOSED_US;
        catalogue_yield(c->query);
    } else {
        connection_hang_up(c);
    }
    connection_settle(c);
}

// --- coming in

static struct kin_rtsp_server_options machine_options(const struct delivery *d)
{
    const struct settings *s = d->settings;
    const struct rtp_port *port = d->rtp_port;
    struct kin_rtsp_server_options o = {.limits = {.line_max = (size_t)s->server_max_request_line,
                                                   .head_max = (size_t)s->server_max_request_head,
                                                   .body_max = (size_t)s->server_max_request_body,
                                                   .header_max = (unsigned)s->server_max_request_headers},
                                        .session_timeout = s->server_session_timeout,
                                        .idle_timeout = s->server_idle_timeout,
                                        .request_timeout = s->server_request_timeout,
                                        .name = "kinorad/" KIN_VERSION};
    o.own_ports[0] = port != NULL ? rtp_port_number(port) : 0;
    o.own_ports[1] = port != NULL ? (uint16_t)(o.own_ports[0] + 1) : 0;
    return o;
}

static int open_machine(struct connection *c)
{
    char host[KIN_ADDR_TEXT];
    struct kin_rtsp_server_options o = machine_options(c->all->delivery);
    kin_addr_format_host(&c->peer, host);
    o.peer_host = host;
    o.peer_is_local = kin_addr_same_host(&c->peer, kin_stream_local(c->stream));
    return kin_rtsp_server_new(connection_now(c), &o, &c->machine);
}

static int open_stream(struct connections *cs, int fd, struct connection *c)
{
    static const struct kin_stream_handler handler = {.on_input = on_input, .on_drain = on_drain, .on_end = on_end};
    const struct settings *s = cs->delivery->settings;
    size_t request = (size_t)(s->server_max_request_head + s->server_max_request_body);
    struct kin_stream_limits limits = {.read_max = (request > INTERLEAVED_MAX ? request : INTERLEAVED_MAX) + READ_SLACK,
                                       .write_max = CONNECTION_WRITE_MAX,
                                       .write_low = WRITE_LOW,
                                       .notsent_lowat = 128 * 1024};
    int err = kin_stream_adopt(&cs->delivery->worker->loop, fd, &limits, &handler, c, &c->stream);
    if (err != KIN_OK)
        close(fd);
    return err;
}

static int open_account(struct connection *c)
{
    int err = send_budget_open(c->all->budget, &c->peer, &c->all->bell, &c->account);
    if (err == KIN_OK)
        kin_stream_set_meter(c->stream, on_queue_changed, c->account);
    return err;
}

static bool admit(struct connections *cs, const struct connection *c)
{
    enum limits_verdict verdict = limits_acquire(cs->limits, LIMITS_CONNECTIONS, &c->peer);
    if (verdict != LIMITS_OK)
        limits_journal(LIMITS_CONNECTIONS, verdict, &c->peer);
    return verdict == LIMITS_OK;
}

static void enter(struct connections *cs, struct connection *c)
{
    for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
        c->sessions[i].connection = c;
        c->sessions[i].slot = i;
    }
    c->holds++;
    kin_list_push_back(&cs->list, &c->node);
    arm_timer(c);
}

void connections_add(struct connections *cs, int fd)
{
    struct connection *c = cs->stopping ? NULL : calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    c->all = cs;
    kin_list_init(&c->node);
    if (open_stream(cs, fd, c) != KIN_OK) {
        free(c);
        return;
    }
    c->peer = *kin_stream_peer(c->stream);
    c->holds = 1;
    c->counted = admit(cs, c);
    if (c->counted && open_account(c) == KIN_OK &&
        kin_timer_new(&cs->delivery->worker->loop, on_timer, c, &c->timer) == KIN_OK && open_machine(c) == KIN_OK) {
        enter(cs, c);
        return;
    }
    kin_timer_free(c->timer);
    kin_stream_close(c->stream, 0, on_stream_closed, c);
}

// --- dropping those that are furthest behind

static void drop(struct connection *c)
{
    char peer[KIN_ADDR_TEXT];
    kin_addr_format(&c->peer, peer);
    journal(JOURNAL_REFUSED, KIN_LOG_NOTICE, MSG_CONNECTION_DROPPED, peer, kin_stream_queued(c->stream));
    c->dropped = true;
    connection_hang_up(c);
    connection_settle(c);
}

static void drop_those_behind(struct worker_job *job)
{
    struct connections *cs = KIN_CONTAINER(job, struct connections, drop_job);
    atomic_store(&cs->dropping, false);
    KIN_LIST_EACH_OF(struct connection, c, &cs->list, node)
        if (c->stream != NULL && send_budget_is_dropped(c->account))
            drop(c);
}

// Any thread, under the budget's lock.
static void on_bell(void *ctx)
{
    struct connections *cs = ctx;
    if (!atomic_exchange(&cs->dropping, true))
        worker_post(cs->delivery->worker, &cs->drop_job);
}

// --- all of them

// Updates the counts that other threads read.
static void tally(struct connections *cs)
{
    unsigned playing = 0;
    uint64_t bytes = cs->left_bytes;
    KIN_LIST_EACH_OF(const struct connection, c, &cs->list, node) {
        for (unsigned i = 0; i < KIN_RTSP_SERVER_SESSIONS; i++) {
            const struct viewer *viewer = c->sessions[i].session.viewer;
            playing += viewer != NULL && viewer_playing(viewer);
            bytes += viewer != NULL ? viewer_stats(viewer)->bytes : 0;
        }
    }
    atomic_store(&cs->playing, playing);
    atomic_store(&cs->sent_bytes, bytes);
}

static void on_tally(void *ctx, kin_us now)
{
    struct connections *cs = ctx;
    tally(cs);
    kin_timer_set(cs->tally, now + CONNECTION_TALLY_US);
}

int connections_init(struct connections *cs, const struct delivery *delivery, struct catalogue *catalogue,
                     struct limits *limits, struct send_budget *budget)
{
    struct kin_loop *loop = &delivery->worker->loop;
    cs->delivery = delivery;
    cs->catalogue = catalogue;
    cs->limits = limits;
    cs->budget = budget;
    cs->bell = (struct send_bell){on_bell, cs};
    cs->drop_job = (struct worker_job){.run = drop_those_behind};
    kin_list_init(&cs->drop_job.node);
    atomic_init(&cs->dropping, false);
    cs->stopping = false;
    cs->left_bytes = 0;
    atomic_init(&cs->playing, 0);
    atomic_init(&cs->sent_bytes, 0);
    kin_list_init(&cs->list);
    int err = kin_timer_new(loop, on_tally, cs, &cs->tally);
    if (err == KIN_OK)
        kin_timer_set(cs->tally, kin_loop_now(loop) + CONNECTION_TALLY_US);
    return err;
}

void connections_apply_settings(struct connections *cs)
{
    struct kin_rtsp_server_options o = machine_options(cs->delivery);
    KIN_LIST_EACH_OF(struct connection, c, &cs->list, node) {
        kin_rtsp_server_set_options(c->machine, &o);
        arm_timer(c);
    }
}

void connections_stop(struct connections *cs)
{
    cs->stopping = true;
    kin_timer_free(cs->tally);
    cs->tally = NULL;
    KIN_LIST_EACH_OF(struct connection, c, &cs->list, node) {
        kin_rtsp_server_end_all(c->machine, KIN_RTSP_SERVER_BY_CLOSE);
        connection_serve(c);
        connection_hang_up(c);
        connection_settle(c);
    }
}
