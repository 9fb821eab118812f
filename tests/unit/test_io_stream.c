// io/stream: connecting, input back-pressure, borrowed output, water marks, flushing close.
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/acceptor.h"
#include "io/loop.h"
#include "io/stream.h"
#include "unit.h"

#define INPUT_MAX (4u << 20)

struct side {
    struct pair *pair;
    struct kin_stream *s;
    uint8_t *got;
    size_t got_len;
    size_t take; // bytes eaten per call, 0 = all
    bool refuse; // eat nothing
    int ends, end_error, drains, closed;
    bool close_on_input, close_on_end;
};

// A listener with a client and a server side on one loop.
struct pair {
    struct kin_loop loop;
    int fd; // listens
    struct kin_acceptor *listener;
    uint16_t port;
    struct kin_stream_limits limits;
    struct side client, server;
    int connects, connect_error;
    uv_timer_t guard, later;
    bool timed_out;
    void (*on_ready)(struct pair *p); // both sides are there
};

static void on_side_closed(void *ctx)
{
    ((struct side *)ctx)->closed++;
}

static void stop_listening(struct pair *p)
{
    kin_acceptor_close(p->listener);
    p->listener = NULL;
}

static void side_close(struct side *side, kin_us flush)
{
    struct kin_stream *s = side->s;
    side->s = NULL;
    stop_listening(side->pair); // the loop ends with the streams
    if (s != NULL)
        kin_stream_close(s, flush, on_side_closed, side);
}

static size_t on_input(void *ctx, struct kin_span in)
{
    struct side *side = ctx;
    if (side->close_on_input) {
        side_close(side, 0);
        return 0;
    }
    size_t n = side->take > 0 && side->take < in.n ? side->take : in.n;
    if (side->refuse)
        return 0;
    if (side->got != NULL && side->got_len + n <= INPUT_MAX)
        memcpy(side->got + side->got_len, in.p, n);
    side->got_len += n;
    return n;
}

static void on_drain(void *ctx)
{
    ((struct side *)ctx)->drains++;
}

static void on_end(void *ctx, int error)
{
    struct side *side = ctx;
    side->ends++;
    side->end_error = error;
    if (side->close_on_end)
        side_close(side, KIN_US_PER_S);
}

static const struct kin_stream_handler handler = {on_input, on_drain, on_end};

static void maybe_ready(struct pair *p)
{
    if (p->client.s != NULL && p->server.s != NULL && p->connects == 1 && p->connect_error == 0 && p->on_ready != NULL)
        p->on_ready(p);
}

static void on_connection(void *ctx, int fd)
{
    struct pair *p = ctx;
    stop_listening(p);
    if (kin_stream_adopt(&p->loop, fd, &p->limits, &handler, &p->server, &p->server.s) == KIN_OK) {
        maybe_ready(p);
        return;
    }
    close(fd);
    side_close(&p->client, 0);
}

static void on_connect(void *ctx, int error)
{
    struct side *side = ctx;
    struct pair *p = side->pair;
    p->connects++;
    p->connect_error = error;
    if (error != 0)
        side_close(side, 0);
    else
        maybe_ready(p);
}

static void on_guard(uv_timer_t *t)
{
    struct pair *p = (struct pair *)t->data;
    p->timed_out = true;
    uv_stop(&p->loop.uv);
}

static int pair_listen(struct pair *p)
{
    union kin_addr any = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    p->guard.data = p;
    p->client.pair = p->server.pair = p;
    uv_timer_init(&p->loop.uv, &p->guard);
    uv_timer_init(&p->loop.uv, &p->later);
    p->later.data = p;
    uv_timer_start(&p->guard, on_guard, 10000, 0);
    uv_unref((uv_handle_t *)&p->guard);
    p->fd = kin_acceptor_listen(&any, &any);
    p->port = kin_addr_port(&any);
    return p->fd < 0 ? KIN_EIO : kin_acceptor_new(&p->loop, p->fd, on_connection, NULL, p, &p->listener);
}

// Connects a pair and runs until every stream is closed. KIN_OK when the loop ended clean.
static int pair_run(struct pair *p, const char *host)
{
    if (p->limits.read_max == 0)
        p->limits = (struct kin_stream_limits){65536, 1u << 20, 65536, 0};
    int err = kin_loop_init(&p->loop);
    if (err != KIN_OK)
        return err;
    err = pair_listen(p);
    if (err == 0)
        err = kin_stream_connect(&p->loop, host, p->port, 5 * KIN_US_PER_S, &p->limits, &handler, on_connect,
                                 &p->client, &p->client.s);
    if (err == 0)
        uv_run(&p->loop.uv, UV_RUN_DEFAULT);
    side_close(&p->client, 0);
    side_close(&p->server, 0);
    close(p->fd);
    uv_close((uv_handle_t *)&p->guard, NULL);
    uv_close((uv_handle_t *)&p->later, NULL);
    int left = kin_loop_deinit(&p->loop);
    free(p->client.got);
    free(p->server.got);
    return left != 0 ? left : err;
}

#define RUN(p, host)                                                                                                   \
    do {                                                                                                               \
        CHECK_INT(pair_run(&(p), host), 0);                                                                            \
        CHECK(!(p).timed_out);                                                                                         \
    } while (0)

static void say_hello(struct pair *p)
{
    CHECK_INT(kin_stream_write(p->client.s, kin_span_str("hello ")), KIN_OK);
    CHECK_INT(kin_stream_write(p->client.s, kin_span_str("world")), KIN_OK);
    side_close(&p->client, KIN_US_PER_S);
    return;
out:
    side_close(&p->client, 0);
}

TEST(a_closing_side_flushes_and_the_other_sees_the_end)
{
    struct pair p = {.on_ready = say_hello, .client = {.close_on_end = true}, .server = {.close_on_end = true}};
    RUN(p, "127.0.0.1");
    CHECK_INT(p.server.got_len, 11);
    CHECK_INT(p.server.ends, 1);
    CHECK_INT(p.server.end_error, 0);
    CHECK_INT(p.server.closed, 1);
    CHECK_INT(p.client.closed, 1);
    CHECK_INT(p.client.ends, 0); // no callback after close
out:;
}

TEST(a_name_is_resolved)
{
    struct pair p = {.on_ready = say_hello, .client = {.close_on_end = true}, .server = {.close_on_end = true}};
    RUN(p, "localhost");
    CHECK_INT(p.server.got_len, 11);
out:;
}

static void on_later(uv_timer_t *t)
{
    struct pair *p = (struct pair *)t->data;
    p->server.take = p->server.got_len; // nothing came while paused
    if (p->server.s != NULL)
        kin_stream_resume(p->server.s);
}

static void pause_server(struct pair *p)
{
    kin_stream_pause(p->server.s);
    say_hello(p);
    uv_timer_start(&p->later, on_later, 20, 0);
}

TEST(what_came_before_the_end_is_not_lost_by_a_pause)
{
    struct pair p = {.on_ready = pause_server, .client = {.close_on_end = true}, .server = {.close_on_end = true}};
    RUN(p, "127.0.0.1");
    CHECK_INT(p.server.take, 0);
    CHECK_INT(p.server.got_len, 11);
    CHECK_INT(p.server.end_error, 0);
out:;
}

TEST(input_may_be_eaten_in_bites)
{
    struct pair p = {
        .on_ready = say_hello, .client = {.close_on_end = true}, .server = {.close_on_end = true, .take = 3}};
    RUN(p, "127.0.0.1");
    CHECK_INT(p.server.got_len, 11);
out:;
}

TEST(closing_inside_on_input_ends_both_sides)
{
    struct pair p = {.on_ready = say_hello, .client = {.close_on_end = true}, .server = {.close_on_input = true}};
    RUN(p, "127.0.0.1");
    CHECK_INT(p.server.closed, 1);
    CHECK_INT(p.server.ends, 0);
out:;
}

static void send_too_much(struct pair *p)
{
    static uint8_t junk[5000];
    if (kin_stream_write(p->client.s, kin_span_make(junk, sizeof junk)) == KIN_OK)
        return;
    side_close(&p->client, 0);
    side_close(&p->server, 0);
}

TEST(a_message_longer_than_the_read_buffer_is_an_error)
{
    struct pair p = {.on_ready = send_too_much,
                     .limits = {4999, 1u << 20, 65536, 0},
                     .client = {.close_on_end = true},
                     .server = {.close_on_end = true, .refuse = true}};
    RUN(p, "127.0.0.1");
    CHECK_INT(p.server.ends, 1);
    CHECK_INT(p.server.end_error, UV_ENOBUFS);
out:;
}

// --- borrowed pieces

#define PIECES 300
#define BODY 7000

static struct kin_buf *pieces_make(struct kin_stream_piece *pieces)
{
    struct kin_buf *b = kin_buf_new((size_t)PIECES * BODY);
    for (size_t i = 0; b != NULL && i < PIECES; i++) {
        static const uint8_t heads[] = "$0123456789";
        memset(b->data + i * BODY, (int)(i & 0xff), BODY);
        pieces[i].head = kin_span_make(heads, i % sizeof heads);
        pieces[i].body = kin_span_make(b->data + i * BODY, BODY);
    }
    return b;
}

static void send_pieces(struct pair *p)
{
    struct kin_stream_piece pieces[PIECES];
    struct kin_buf *b = pieces_make(pieces);
    CHECK(b != NULL);
    kin_stream_pause(p->server.s); // so that much of it must be queued
    CHECK_INT(kin_stream_write_pieces(p->client.s, pieces, PIECES, b), KIN_OK);
    CHECK(kin_stream_unsent(p->client.s) >= kin_stream_queued(p->client.s));
    if (kin_stream_queued(p->client.s) > 0)
        CHECK_INT(kin_stream_write_pieces(p->client.s, pieces, PIECES, b), KIN_ELIMIT);
    CHECK_INT(kin_stream_written(p->client.s) + kin_stream_queued(p->client.s), (size_t)PIECES * BODY + 1650);
    kin_stream_resume(p->server.s);
    side_close(&p->client, 5 * KIN_US_PER_S);
    kin_buf_unref(b);
    return;
out:
    kin_buf_unref(b);
    side_close(&p->client, 0);
    side_close(&p->server, 0);
}

static bool pieces_arrived(const struct side *side)
{
    size_t at = 0;
    for (size_t i = 0; i < PIECES; i++) {
        at += i % 12;
        for (size_t k = 0; k < BODY; k++)
            if (at + k >= side->got_len || side->got[at + k] != (i & 0xff))
                return false;
        at += BODY;
    }
    return at == side->got_len;
}

TEST(pieces_arrive_whole_and_in_order)
{
    struct pair p = {.on_ready = send_pieces, .client = {.close_on_end = true}, .server = {.close_on_end = true}};
    uint8_t *got = NULL;
    p.server.got = got = malloc(INPUT_MAX);
    CHECK(got != NULL);
    int err = kin_loop_init(&p.loop);
    CHECK_INT(err, KIN_OK);
    p.limits = (struct kin_stream_limits){65536, 1u << 20, 65536, 65536};
    err = pair_listen(&p);
    if (err == 0)
        err = kin_stream_connect(&p.loop, "127.0.0.1", p.port, KIN_US_PER_S, &p.limits, &handler, on_connect, &p.client,
                                 &p.client.s);
    if (err == 0)
        uv_run(&p.loop.uv, UV_RUN_DEFAULT);
    bool same = pieces_arrived(&p.server);
    side_close(&p.client, 0);
    side_close(&p.server, 0);
    close(p.fd);
    uv_close((uv_handle_t *)&p.guard, NULL);
    uv_close((uv_handle_t *)&p.later, NULL);
    CHECK_INT(kin_loop_deinit(&p.loop), 0);
    CHECK(same);
out:
    free(got);
}

static void fill_and_wait(struct pair *p)
{
    static uint8_t block[65536];
    kin_stream_pause(p->server.s);
    int err = KIN_OK;
    for (int i = 0; i < 1000 && err == KIN_OK; i++)
        err = kin_stream_write(p->client.s, kin_span_make(block, sizeof block));
    CHECK_INT(err, KIN_ELIMIT);
    CHECK(kin_stream_queued(p->client.s) <= p->limits.write_max);
    kin_stream_resume(p->server.s);
    return;
out:
    side_close(&p->client, 0);
    side_close(&p->server, 0);
}

static void close_after_drain(void *ctx)
{
    struct side *side = ctx;
    side->drains++;
    side_close(side, KIN_US_PER_S);
}

TEST(a_full_queue_refuses_and_tells_when_it_drained)
{
    struct pair p = {.on_ready = fill_and_wait, .client = {.close_on_end = true}, .server = {.close_on_end = true}};
    CHECK_INT(kin_loop_init(&p.loop), KIN_OK);
    p.limits = (struct kin_stream_limits){65536, 1u << 20, 65536, 0};
    struct kin_stream_handler closing = {on_input, close_after_drain, on_end};
    int err = pair_listen(&p);
    if (err == 0)
        err = kin_stream_connect(&p.loop, "127.0.0.1", p.port, KIN_US_PER_S, &p.limits, &closing, on_connect, &p.client,
                                 &p.client.s);
    if (err == 0)
        uv_run(&p.loop.uv, UV_RUN_DEFAULT);
    side_close(&p.client, 0);
    side_close(&p.server, 0);
    close(p.fd);
    uv_close((uv_handle_t *)&p.guard, NULL);
    uv_close((uv_handle_t *)&p.later, NULL);
    CHECK_INT(kin_loop_deinit(&p.loop), 0);
    CHECK(!p.timed_out);
    CHECK_INT(p.client.drains, 1);
    CHECK_INT(p.server.end_error, 0);
out:;
}

// --- libuv without memory

// libuv aborts where it cannot go on, so it gets memory also in the runs in which the test's own allocations fail.
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);

static atomic_bool libuv_has_none;

static void *libuv_malloc(size_t n)
{
    return atomic_load(&libuv_has_none) ? NULL : __real_malloc(n);
}

static void *libuv_realloc(void *p, size_t n)
{
    return atomic_load(&libuv_has_none) ? NULL : __real_realloc(p, n);
}

static void *libuv_calloc(size_t n, size_t size)
{
    return atomic_load(&libuv_has_none) ? NULL : __real_calloc(n, size);
}

// More pieces than libuv has room for in a request, behind a full socket.
static void write_without_memory(struct pair *p)
{
    static uint8_t block[65536];
    struct kin_stream_piece pieces[8];
    struct kin_buf *owner = kin_buf_new(8);
    int err = KIN_OK;
    CHECK(owner != NULL);
    memset(owner->data, 0, owner->len);
    kin_stream_pause(p->server.s);
    for (int i = 0; i < 1000 && err == KIN_OK && kin_stream_queued(p->client.s) == 0; i++)
        err = kin_stream_write(p->client.s, kin_span_make(block, sizeof block));
    CHECK_INT(err, KIN_OK);
    for (size_t i = 0; i < 8; i++)
        pieces[i] = (struct kin_stream_piece){kin_span_str("head"), kin_span_make(owner->data + i, 1)};
    atomic_store(&libuv_has_none, true);
    err = kin_stream_write_pieces(p->client.s, pieces, 8, owner);
    atomic_store(&libuv_has_none, false);
    CHECK_INT(err, KIN_ENOMEM);
out:
    kin_buf_unref(owner);
    side_close(&p->client, 0);
    side_close(&p->server, 0);
}

// The refused request stayed in libuv's count, and the loop never ended after that.
TEST(a_loop_ends_after_a_write_without_memory)
{
    struct pair p = {.on_ready = write_without_memory};
    uv_replace_allocator(libuv_malloc, libuv_realloc, libuv_calloc, free);
    CHECK_INT(kin_loop_init(&p.loop), KIN_OK);
    p.limits = (struct kin_stream_limits){65536, 16u << 20, 65536, 0};
    int err = pair_listen(&p);
    if (err == 0)
        err = kin_stream_connect(&p.loop, "127.0.0.1", p.port, KIN_US_PER_S, &p.limits, &handler, on_connect, &p.client,
                                 &p.client.s);
    if (err == 0)
        uv_run(&p.loop.uv, UV_RUN_DEFAULT);
    side_close(&p.client, 0);
    side_close(&p.server, 0);
    close(p.fd);
    uv_close((uv_handle_t *)&p.guard, NULL);
    uv_close((uv_handle_t *)&p.later, NULL);
    CHECK_INT(kin_loop_deinit(&p.loop), 0);
    CHECK(!p.timed_out);
out:;
}

// --- what the queue keeps in memory

#define BIG (3u << 20)

struct meter {
    size_t held, most, calls;
    kin_us since;
};

static struct meter meter;

static void on_meter(void *ctx, size_t held, kin_us since)
{
    struct meter *m = ctx;
    m->held = held;
    m->most = held > m->most ? held : m->most;
    m->since = since;
    m->calls++;
}

// Two frames, each queued in parts with a report of RTCP in between.
static void queue_frames(struct pair *p)
{
    struct kin_buf *frames[2] = {kin_buf_new(BIG), kin_buf_new(BIG)};
    struct kin_stream *s = p->client.s;
    CHECK(frames[0] != NULL && frames[1] != NULL);
    meter = (struct meter){.held = 0};
    kin_stream_set_meter(s, on_meter, &meter);
    kin_stream_pause(p->server.s);
    for (unsigned f = 0; f < 2; f++) {
        memset(frames[f]->data, 0, BIG);
        for (unsigned part = 0; part < 3; part++) {
            const struct kin_stream_piece piece = {kin_span_str("head"),
                                                   kin_span_make(frames[f]->data + part * (BIG / 3), BIG / 3)};
            CHECK_INT(kin_stream_write_pieces(s, &piece, 1, frames[f]), KIN_OK);
            CHECK_INT(kin_stream_write(s, kin_span_str("RTCP")), KIN_OK);
        }
        CHECK(meter.held >= (f + 1) * BIG && meter.held < (f + 1) * BIG + 8192);
        CHECK(meter.since <= kin_loop_now(&p->loop));
    }
    kin_stream_resume(p->server.s);
    side_close(&p->client, 5 * KIN_US_PER_S);
    kin_buf_unref(frames[0]);
    kin_buf_unref(frames[1]);
    return;
out:
    kin_buf_unref(frames[0]);
    kin_buf_unref(frames[1]);
    side_close(&p->client, 0);
    side_close(&p->server, 0);
}

// What an unread queue kept in memory was counted by nobody.
TEST(a_meter_says_what_the_queue_holds_until_it_is_empty)
{
    struct pair p = {.on_ready = queue_frames, .client = {.close_on_end = true}, .server = {.close_on_end = true}};
    p.limits = (struct kin_stream_limits){65536, 16u << 20, 65536, 65536};
    RUN(p, "127.0.0.1");
    CHECK_INT(p.server.got_len, 2 * (BIG + 3 * 8));
    CHECK_INT(meter.held, 0);
    CHECK(meter.since == KIN_US_NEVER);
    CHECK(meter.calls > 2);
out:;
}

static void queue_and_break(struct pair *p)
{
    struct kin_buf *frame = kin_buf_new(BIG);
    CHECK(frame != NULL);
    memset(frame->data, 0, BIG);
    meter = (struct meter){.held = 0};
    kin_stream_set_meter(p->client.s, on_meter, &meter);
    kin_stream_pause(p->server.s);
    const struct kin_stream_piece piece = {kin_span_str(""), kin_buf_span(frame)};
    CHECK_INT(kin_stream_write_pieces(p->client.s, &piece, 1, frame), KIN_OK);
    CHECK(meter.held > BIG);
out:
    kin_buf_unref(frame);
    side_close(&p->client, 0);
    side_close(&p->server, 0);
}

TEST(a_closed_streams_memory_is_free_before_its_end_is_told)
{
    struct pair p = {.on_ready = queue_and_break};
    p.limits = (struct kin_stream_limits){65536, 16u << 20, 65536, 65536};
    RUN(p, "127.0.0.1");
    CHECK_INT(meter.held, 0);
    CHECK_INT(p.client.closed, 1);
out:;
}

// --- connecting that fails

static int connect_only(struct pair *p, const char *host, uint16_t port, kin_us timeout)
{
    int err = kin_loop_init(&p->loop);
    if (err != KIN_OK)
        return err;
    p->limits = (struct kin_stream_limits){4096, 4096, 0, 0};
    p->client.pair = p;
    err = kin_stream_connect(&p->loop, host, port, timeout, &p->limits, &handler, on_connect, &p->client, &p->client.s);
    if (err == KIN_OK)
        uv_run(&p->loop.uv, UV_RUN_DEFAULT);
    int left = kin_loop_deinit(&p->loop);
    return left != 0 ? left : err;
}

// A bound port on which nobody listens.
static int closed_port(uint16_t *ret)
{
    union kin_addr a = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a.v4;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && bind(fd, &a.sa, n) == 0 && getsockname(fd, &a.sa, &n) == 0)
        *ret = kin_addr_port(&a);
    return fd;
}

TEST(a_refused_connection_is_an_error)
{
    struct pair p = {.connects = 0};
    uint16_t port = 0;
    int fd = closed_port(&port);
    int err = connect_only(&p, "127.0.0.1", port, 2 * KIN_US_PER_S);
    close(fd);
    CHECK_INT(err, 0);
    CHECK_INT(p.connects, 1);
    CHECK_INT(p.connect_error, UV_ECONNREFUSED);
    CHECK_INT(p.client.closed, 1);
out:;
}

TEST(an_unknown_host_is_an_error_of_the_resolver)
{
    struct pair p = {.connects = 0};
    CHECK_INT(connect_only(&p, "no-such-host.invalid", 1, 4 * KIN_US_PER_S), 0);
    CHECK_INT(p.connects, 1);
    CHECK(p.connect_error == UV_EAI_NONAME || p.connect_error == UV_EAI_AGAIN || p.connect_error == UV_EAI_NODATA ||
          p.connect_error == UV_ETIMEDOUT);
out:;
}

TEST(a_full_backlog_times_out)
{
    struct pair p = {.connects = 0};
    union kin_addr a = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a.v4;
    int fds[4] = {socket(AF_INET, SOCK_STREAM, 0), -1, -1, -1};
    bind(fds[0], &a.sa, n);
    listen(fds[0], 0);
    getsockname(fds[0], &a.sa, &n);
    for (size_t i = 1; i < 4; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fds[i], &a.sa, n) != 0)
            continue; // in progress or not: the backlog fills
    }
    int err = connect_only(&p, "127.0.0.1", kin_addr_port(&a), 100 * KIN_US_PER_MS);
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
    CHECK_INT(err, 0);
    CHECK_INT(p.connect_error, UV_ETIMEDOUT);
out:;
}

TEST(a_stream_may_be_closed_while_connecting)
{
    struct pair p = {.connects = 0};
    CHECK_INT(kin_loop_init(&p.loop), KIN_OK);
    p.client.pair = &p;
    p.limits = (struct kin_stream_limits){4096, 4096, 0, 0};
    int err = kin_stream_connect(&p.loop, "127.0.0.1", 1, KIN_US_PER_S, &p.limits, &handler, on_connect, &p.client,
                                 &p.client.s);
    side_close(&p.client, KIN_US_PER_S);
    CHECK_INT(kin_loop_deinit(&p.loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(p.connects, 0);
    CHECK_INT(p.client.closed, 1);
out:;
}

TEST(an_empty_host_is_refused_at_once)
{
    struct pair p = {.connects = 0};
    CHECK_INT(connect_only(&p, "", 1, KIN_US_PER_S), KIN_EINVAL);
out:;
}

TEST(an_accepted_descriptor_can_be_adopted)
{
    struct pair p = {.connects = 0};
    int fds[2] = {-1, -1};
    CHECK_INT(kin_loop_init(&p.loop), KIN_OK);
    p.limits = (struct kin_stream_limits){4096, 4096, 0, 0};
    int made = socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    p.server.pair = &p;
    p.server.close_on_end = true;
    int err = kin_stream_adopt(&p.loop, fds[0], &p.limits, &handler, &p.server, &p.server.s);
    ssize_t sent = write(fds[1], "abc", 3);
    close(fds[1]);
    if (err == KIN_OK)
        uv_run(&p.loop.uv, UV_RUN_DEFAULT);
    else
        close(fds[0]);
    CHECK_INT(kin_loop_deinit(&p.loop), 0);
    CHECK_INT(made, 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(sent, 3);
    CHECK_INT(p.server.got_len, 3);
out:;
}
