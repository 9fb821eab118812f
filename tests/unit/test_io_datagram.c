// io/datagram: trains out and in, packet info, timestamps, drop counts, ICMP errors, port pairs.
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/datagram.h"
#include "io/timer.h"
#include "unit.h"

#define PACKET 1400

struct inbox {
    struct kin_loop *loop;
    struct kin_datagram *d;
    size_t want, got, bytes, callbacks;
    size_t last_size;
    bool out_of_order, bad_time;
    union kin_addr from;
    size_t unreachable;
    uint16_t unreachable_port;
    bool close_inside;
};

static void on_packets(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    struct inbox *in = ctx;
    in->callbacks++;
    for (size_t i = 0; i < count; i++) {
        const struct kin_datagram_in *p = &packets[i];
        in->out_of_order = in->out_of_order || p->bytes.n == 0 || p->bytes.p[0] != (in->got & 0xff);
        kin_us now = kin_loop_now(in->loop);
        in->bad_time = in->bad_time || p->at > now || p->at < now - 5 * KIN_US_PER_S;
        in->from = p->from;
        in->last_size = p->bytes.n;
        in->bytes += p->bytes.n;
        in->got++;
    }
    if (in->got >= in->want || in->close_inside) {
        kin_datagram_close(in->d);
        in->d = NULL;
    }
}

static void on_unreachable(void *ctx, const union kin_addr *peer)
{
    struct inbox *in = ctx;
    in->unreachable++;
    in->unreachable_port = kin_addr_port(peer);
    kin_datagram_close(in->d);
    in->d = NULL;
}

static const struct kin_datagram_handler handler = {on_packets, on_unreachable};

static struct kin_datagram_options on_loopback(const char *text)
{
    struct kin_datagram_options o = {.gro = false};
    kin_addr_parse(text, &o.bind);
    return o;
}

// Bounded run: a datagram that never comes must not hang the test.
static void on_guard(void *ctx, kin_us now)
{
    (void)now;
    struct inbox *in = ctx;
    kin_datagram_close(in->d);
    in->d = NULL;
}

static void run(struct kin_loop *loop, struct inbox *in, kin_us limit)
{
    struct kin_timer *guard = NULL;
    if (kin_timer_new(loop, on_guard, in, &guard) == KIN_OK) {
        kin_timer_set(guard, kin_loop_now(loop) + limit);
        while (in->d != NULL)
            uv_run(&loop->uv, UV_RUN_ONCE);
    } else {
        on_guard(in, 0);
    }
    kin_timer_free(guard);
}

// Packets of PACKET bytes, or of `uneven` fewer where their number is odd, in three parts; the last is shorter. Byte 0
// counts. Returns the sum of their lengths.
static size_t fill(struct kin_datagram_out *out, uint8_t bytes[][PACKET], size_t count, size_t last, size_t uneven)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = i + 1 == count ? last : i % 2 != 0 ? PACKET - uneven : PACKET;
        all += n;
        memset(bytes[i], (int)i, PACKET);
        out[i] = (struct kin_datagram_out){.part = {kin_span_make(bytes[i], 12), kin_span_make(bytes[i] + 12, 8),
                                                    kin_span_make(bytes[i] + 20, n - 20)},
                                           .parts = 3,
                                           .size = n};
    }
    return all;
}

struct exchange {
    const char *receiver, *sender;
    bool gro, no_trains, source;
    size_t count;
    size_t uneven;
};

static void exchange(const struct exchange *x)
{
    struct kin_loop loop;
    struct kin_datagram *tx = NULL;
    struct inbox in = {.loop = &loop, .want = x->count};
    struct kin_datagram_out out[KIN_DATAGRAM_TRAIN_MAX];
    uint8_t bytes[KIN_DATAGRAM_TRAIN_MAX][PACKET];
    struct kin_datagram_options rx_options = on_loopback(x->receiver), tx_options = on_loopback(x->sender);
    rx_options.gro = x->gro;
    tx_options.wildcard_local = x->source;
    size_t all = fill(out, bytes, x->count, 100, x->uneven);
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_open(&loop, &rx_options, &handler, &in, &in.d);
    if (err == KIN_OK)
        err = kin_datagram_open(&loop, &tx_options, &handler, &in, &tx);
    ptrdiff_t sent = -1;
    union kin_addr want_from = {.v4 = {.sin_family = AF_INET}};
    if (err == KIN_OK) {
        union kin_addr source;
        kin_addr_parse("127.0.0.5:0", &source);
        want_from = x->source ? source : *kin_datagram_local(tx);
        kin_addr_set_port(&want_from, kin_addr_port(kin_datagram_local(tx)));
        if (x->no_trains)
            kin_datagram_no_trains(tx);
        sent = kin_datagram_send(tx, kin_datagram_local(in.d), &source, out, x->count);
        run(&loop, &in, 2 * KIN_US_PER_S);
    }
    kin_datagram_close(in.d);
    kin_datagram_close(tx);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(sent, x->count);
    CHECK_INT(in.got, x->count);
    CHECK_INT(in.bytes, all);
    CHECK_INT(in.last_size, 100);
    CHECK(!in.out_of_order && !in.bad_time);
    CHECK(kin_addr_same(&in.from, &want_from));
out:;
}

TEST(a_train_arrives_as_packets)
{
    exchange(&(struct exchange){"127.0.0.1:0", "127.0.0.1:0", false, false, false, 16, 0});
}

TEST(a_train_taken_whole_is_cut_up)
{
    exchange(&(struct exchange){"127.0.0.1:0", "127.0.0.1:0", true, false, false, 16, 0});
}

TEST(without_segmentation_it_is_the_same)
{
    exchange(&(struct exchange){"127.0.0.1:0", "127.0.0.1:0", false, true, false, 16, 0});
}

// Regression: the kernel cut them all to the length of the first.
TEST(packets_of_unequal_lengths_are_no_train)
{
    exchange(&(struct exchange){"127.0.0.1:0", "127.0.0.1:0", true, false, false, 16, 7});
    exchange(&(struct exchange){"127.0.0.1:0", "127.0.0.1:0", true, false, false, 3, 1});
}

TEST(a_single_packet_needs_no_train)
{
    exchange(&(struct exchange){"127.0.0.1:0", "127.0.0.1:0", true, false, false, 1, 0});
}

TEST(the_source_address_can_be_chosen)
{
    exchange(&(struct exchange){"127.0.0.1:0", ":0", false, false, true, 5, 0});
}

TEST(the_source_address_can_be_chosen_without_segmentation)
{
    exchange(&(struct exchange){"127.0.0.1:0", ":0", false, true, true, 5, 0});
}

static bool have_ipv6(void)
{
    struct kin_datagram_options o = on_loopback("[::1]:0");
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, &o.bind.sa, kin_addr_len(&o.bind)) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

TEST(a_dual_stack_socket_serves_ipv4_peers_from_the_chosen_address)
{
    if (have_ipv6())
        exchange(&(struct exchange){"127.0.0.1:0", "[::]:0", false, false, true, 16, 0});
}

TEST(a_datagram_above_the_limit_is_refused)
{
    static uint8_t big[65508];
    struct kin_loop loop;
    struct inbox in = {.loop = &loop};
    struct kin_datagram_options o = on_loopback("127.0.0.1:0");
    struct kin_datagram_out out = {.part = {kin_span_make(big, sizeof big)}, .parts = 1, .size = sizeof big};
    ptrdiff_t sent = 0;
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_open(&loop, &o, &handler, &in, &in.d);
    if (err == KIN_OK)
        sent = kin_datagram_send(in.d, kin_datagram_local(in.d), NULL, &out, 1);
    kin_datagram_close(in.d);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(sent, KIN_ELIMIT);
out:;
}

static void unreachable(const char *from, const char *to)
{
    struct kin_loop loop;
    struct inbox in = {.loop = &loop, .want = 1};
    struct kin_datagram *gone = NULL;
    struct kin_datagram_options o = on_loopback(from), other = on_loopback(to);
    struct kin_datagram_out out = {.part = {kin_span_str("x")}, .parts = 1, .size = 1};
    union kin_addr peer;
    kin_addr_parse("127.0.0.1:0", &peer);
    o.errors = true;
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_open(&loop, &o, &handler, &in, &in.d);
    if (err == KIN_OK)
        err = kin_datagram_open(&loop, &other, &handler, &in, &gone);
    if (err == KIN_OK) {
        peer = *kin_datagram_local(gone);
        kin_datagram_close(gone); // its port is closed now
        kin_datagram_send(in.d, &peer, NULL, &out, 1);
        run(&loop, &in, 2 * KIN_US_PER_S);
    }
    kin_datagram_close(in.d);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(in.unreachable, 1);
    CHECK_INT(in.unreachable_port, kin_addr_port(&peer));
out:;
}

TEST(a_closed_port_is_reported)
{
    unreachable("127.0.0.1:0", "127.0.0.1:0");
}

TEST(a_closed_ipv4_port_is_reported_on_a_dual_stack_socket)
{
    if (have_ipv6())
        unreachable("[::]:0", "127.0.0.1:0");
}

// After an ICMP error libuv stops polling; packets must still come in.
TEST(packets_arrive_after_an_error)
{
    struct kin_loop loop;
    struct inbox in = {.loop = &loop, .want = 1};
    struct kin_datagram_handler deaf = {on_packets, NULL};
    struct kin_datagram *gone = NULL;
    struct kin_datagram_options o = on_loopback("127.0.0.1:0"), other = o;
    struct kin_datagram_out out = {.part = {kin_span_make("\0", 1)}, .parts = 1, .size = 1};
    o.errors = true;
    ptrdiff_t sent = 0;
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_open(&loop, &o, &deaf, &in, &in.d);
    if (err == KIN_OK)
        err = kin_datagram_open(&loop, &other, &handler, &in, &gone);
    if (err == KIN_OK) {
        union kin_addr peer = *kin_datagram_local(gone);
        kin_datagram_close(gone);
        kin_datagram_send(in.d, &peer, NULL, &out, 1);
        uv_run(&loop.uv, UV_RUN_ONCE); // the error
        sent = kin_datagram_send(in.d, kin_datagram_local(in.d), NULL, &out, 1);
        run(&loop, &in, 2 * KIN_US_PER_S);
    }
    kin_datagram_close(in.d);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(sent, 1);
    CHECK_INT(in.got, 1);
out:;
}

TEST(the_kernels_drops_are_counted)
{
    struct kin_loop loop;
    struct inbox in = {.loop = &loop, .want = SIZE_MAX};
    struct kin_datagram_options o = on_loopback("127.0.0.1:0");
    struct kin_datagram_out out[16];
    uint8_t bytes[16][PACKET];
    o.recv_buffer = 16384;
    fill(out, bytes, 16, PACKET, 0);
    uint64_t dropped = 0;
    size_t sent = 0;
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_open(&loop, &o, &handler, &in, &in.d);
    for (int round = 0; err == KIN_OK && round < 2; round++) { // the count comes with packets that fit later
        for (int i = 0; i < 20; i++)
            sent += (size_t)kin_datagram_send(in.d, kin_datagram_local(in.d), NULL, out, 16);
        for (int i = 0; i < 4; i++)
            uv_run(&loop.uv, UV_RUN_NOWAIT);
        dropped = kin_datagram_kernel_dropped(in.d);
    }
    kin_datagram_close(in.d);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(sent, 640);
    CHECK(dropped > 0);
    CHECK(in.got + dropped <= sent);
out:;
}

TEST(a_pair_is_even_and_odd)
{
    struct kin_loop loop;
    struct inbox in = {.loop = &loop};
    struct kin_datagram *pair[2] = {NULL, NULL}, *again[2] = {NULL, NULL};
    const struct kin_datagram_handler handlers[2] = {handler, handler};
    void *const ctx[2] = {&in, &in};
    struct kin_datagram_options o = on_loopback("127.0.0.1:0"), odd = on_loopback("127.0.0.1:5001");
    uint16_t ports[2] = {1, 1};
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_open_pair(&loop, &o, handlers, ctx, pair);
    int taken = KIN_OK;
    if (err == KIN_OK) {
        ports[0] = kin_addr_port(kin_datagram_local(pair[0]));
        ports[1] = kin_addr_port(kin_datagram_local(pair[1]));
        kin_addr_set_port(&o.bind, ports[0]);
        taken = kin_datagram_open_pair(&loop, &o, handlers, ctx, again);
    }
    int odd_err = kin_datagram_open_pair(&loop, &odd, handlers, ctx, again);
    kin_datagram_close(pair[0]);
    kin_datagram_close(pair[1]);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(ports[0] & 1, 0);
    CHECK_INT(ports[1], ports[0] + 1);
    CHECK_INT(taken, KIN_EIO);
    CHECK_INT(odd_err, KIN_EINVAL);
out:;
}

TEST(a_socket_may_be_closed_from_its_own_callback)
{
    struct kin_loop loop;
    struct inbox in = {.loop = &loop, .want = SIZE_MAX, .close_inside = true};
    struct kin_datagram_options o = on_loopback("127.0.0.1:0");
    struct kin_datagram_out out[16];
    uint8_t bytes[16][PACKET];
    fill(out, bytes, 16, PACKET, 0);
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_open(&loop, &o, &handler, &in, &in.d);
    if (err == KIN_OK) {
        kin_datagram_no_trains(in.d);
        kin_datagram_send(in.d, kin_datagram_local(in.d), NULL, out, 16);
        run(&loop, &in, 2 * KIN_US_PER_S);
    }
    kin_datagram_close(in.d);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_OK);
    CHECK_INT(in.callbacks, 1);
out:;
}

TEST(what_is_no_ip_socket_is_not_adopted)
{
    struct kin_loop loop;
    struct inbox in = {.loop = &loop};
    struct kin_datagram_options o = on_loopback("127.0.0.1:0");
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_INT(kin_loop_init(&loop), KIN_OK);
    int err = kin_datagram_wrap(&loop, fd, &o, &handler, &in, &in.d);
    close(fd);
    CHECK_INT(kin_loop_deinit(&loop), 0);
    CHECK_INT(err, KIN_EINVAL);
out:;
}
