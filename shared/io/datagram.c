// UDP sockets: their options, their life and what they receive.
#include "io/datagram.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/datagram_internal.h"

#define SLOTS 8            // datagrams (or GRO trains) taken by one system call
#define SLOT_BYTES 65536   // longest datagram or train
#define BATCH 64           // packets handed over in one callback
#define ROUNDS 8           // system calls before other handles get their turn
#define CONTROL_BYTES 256  // control messages of one datagram
#define ERRORS_PER_TURN 64 // ICMP errors read at once
#define PAIR_TRIES 64      // free port pairs tried before giving up

// --- opening

static void set_int(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); // all of these options are improvements, none is needed
}

static void set_options(struct kin_datagram *d, const struct kin_datagram_options *o)
{
    set_int(d->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set_int(d->fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
    if (o->recv_buffer > 0)
        set_int(d->fd, SOL_SOCKET, SO_RCVBUF, o->recv_buffer);
    if (o->send_buffer > 0)
        set_int(d->fd, SOL_SOCKET, SO_SNDBUF, o->send_buffer);
    if (o->gro)
        set_int(d->fd, SOL_UDP, UDP_GRO, 1);
    if (o->errors) {
        set_int(d->fd, SOL_IP, IP_RECVERR, 1); // on an IPv6 socket this is for the IPv4-mapped peers
        if (d->local.sa.sa_family == AF_INET6)
            set_int(d->fd, SOL_IPV6, IPV6_RECVERR, 1);
    }
}

static int read_local(struct kin_datagram *d)
{
    socklen_t n = sizeof d->local;
    memset(&d->local, 0, sizeof d->local);
    if (getsockname(d->fd, &d->local.sa, &n) != 0)
        return KIN_EIO;
    return d->local.sa.sa_family == AF_INET || d->local.sa.sa_family == AF_INET6 ? KIN_OK : KIN_EINVAL;
}

static void on_poll(uv_poll_t *h, int status, int events);

static void watch(struct kin_datagram *d)
{
    uv_poll_start(&d->poll, UV_READABLE, on_poll);
}

static int reserve_scratch(struct kin_loop *loop)
{
    if (loop->scratch == NULL)
        loop->scratch = malloc((size_t)SLOTS * SLOT_BYTES);
    return loop->scratch != NULL ? KIN_OK : KIN_ENOMEM;
}

int kin_datagram_wrap(struct kin_loop *loop, int fd, const struct kin_datagram_options *options,
                      const struct kin_datagram_handler *handler, void *ctx, struct kin_datagram **ret)
{
    struct kin_datagram *d = malloc(sizeof *d);
    if (d == NULL || reserve_scratch(loop) != KIN_OK) {
        free(d);
        return KIN_ENOMEM;
    }
    *d = (struct kin_datagram){.loop = loop, .fd = fd, .handler = *handler, .ctx = ctx};
    d->with_local = options->wildcard_local;
    atomic_init(&d->refusals, 0);
    d->poll.data = d;
    int err = read_local(d);
    if (err == KIN_OK && uv_poll_init(&loop->uv, &d->poll, fd) != 0)
        err = KIN_EIO;
    if (err != KIN_OK) {
        free(d);
        return err;
    }
    set_options(d, options);
    watch(d);
    *ret = d;
    return KIN_OK;
}

static int bound_socket(const union kin_addr *bind_to)
{
    int fd = socket(bind_to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (bind_to->sa.sa_family == AF_INET6)
        set_int(fd, SOL_IPV6, IPV6_V6ONLY, 0);
    if (bind(fd, &bind_to->sa, kin_addr_len(bind_to)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int kin_datagram_open(struct kin_loop *loop, const struct kin_datagram_options *options,
                      const struct kin_datagram_handler *handler, void *ctx, struct kin_datagram **ret)
{
    int fd = bound_socket(&options->bind);
    if (fd < 0)
        return KIN_EIO;
    int err = kin_datagram_wrap(loop, fd, options, handler, ctx, ret);
    if (err != KIN_OK)
        close(fd);
    return err;
}

// One try: RTP on `port` (0 = any), RTCP on the next. An odd port that the kernel chose serves as RTCP instead.
static bool bind_pair(const union kin_addr *host, uint16_t port, int fds[2])
{
    union kin_addr a = *host;
    socklen_t n = sizeof a;
    kin_addr_set_port(&a, port);
    int first = bound_socket(&a);
    if (first < 0)
        return false;
    getsockname(first, &a.sa, &n);
    unsigned odd = kin_addr_port(&a) & 1u;
    kin_addr_set_port(&a, (uint16_t)(odd ? kin_addr_port(&a) - 1 : kin_addr_port(&a) + 1));
    int second = bound_socket(&a);
    if (second < 0) {
        close(first);
        return false;
    }
    fds[odd] = first;
    fds[1 - odd] = second;
    return true;
}

int kin_datagram_open_pair(struct kin_loop *loop, const struct kin_datagram_options *options,
                           const struct kin_datagram_handler handlers[2], void *const ctx[2],
                           struct kin_datagram *ret[2])
{
    uint16_t port = kin_addr_port(&options->bind);
    struct kin_datagram *made[2] = {NULL, NULL};
    int fds[2];
    if ((port & 1u) != 0)
        return KIN_EINVAL;
    bool bound = bind_pair(&options->bind, port, fds);
    for (int i = 1; !bound && port == 0 && i < PAIR_TRIES; i++)
        bound = bind_pair(&options->bind, 0, fds);
    if (!bound)
        return KIN_EIO;
    int err = KIN_OK;
    for (int i = 0; i < 2; i++) {
        if (err == KIN_OK)
            err = kin_datagram_wrap(loop, fds[i], options, &handlers[i], ctx[i], &made[i]);
        if (made[i] == NULL)
            close(fds[i]);
    }
    if (err != KIN_OK) {
        kin_datagram_close(made[0]);
        return err;
    }
    ret[0] = made[0];
    ret[1] = made[1];
    return KIN_OK;
}

// --- closing

static void on_closed(uv_handle_t *h)
{
    free(h->data);
}

void kin_datagram_release(struct kin_datagram *d)
{
    d->closed = true;
    uv_poll_stop(&d->poll);
    uv_close((uv_handle_t *)&d->poll, on_closed);
}

void kin_datagram_close(struct kin_datagram *d)
{
    if (d == NULL || d->closed)
        return;
    kin_datagram_release(d);
    close(d->fd);
}

// --- receiving

struct intake { // packets on their way from the kernel to the handler
    struct kin_datagram_in packets[BATCH];
    size_t count;
};

static void hand_over(struct kin_datagram *d, struct intake *in)
{
    if (in->count > 0 && !d->closed)
        d->handler.on_packets(d->ctx, in->packets, in->count);
    in->count = 0;
}

struct control {    // what the control messages of one datagram say
    size_t segment; // of a GRO train, 0 = it is one packet
    kin_us at;
};

static void read_control(struct kin_datagram *d, struct msghdr *m, kin_us mono_minus_real, struct control *ret)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            ret->at = kin_us_min(ret->at, (kin_us)t.tv_sec * KIN_US_PER_S + t.tv_nsec / 1000 + mono_minus_real);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t dropped;
            memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
            d->dropped += dropped - (uint32_t)d->dropped; // the kernel's counter has 32 bits
        } else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int segment;
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
            ret->segment = segment > 0 ? (size_t)segment : 0;
        }
    }
}

static void cut_up(struct kin_datagram *d, struct intake *in, struct kin_span bytes, const union kin_addr *from,
                   const struct control *control)
{
    size_t segment = control->segment > 0 && control->segment < bytes.n ? control->segment : bytes.n;
    do {
        struct kin_span packet = kin_span_first(bytes, segment);
        bytes = kin_span_skip(bytes, segment);
        in->packets[in->count++] = (struct kin_datagram_in){.bytes = packet, .from = *from, .at = control->at};
        if (in->count == BATCH)
            hand_over(d, in);
    } while (bytes.n > 0);
}

struct slots {
    struct mmsghdr msgs[SLOTS];
    struct iovec iov[SLOTS];
    union kin_addr from[SLOTS];
    struct {
        _Alignas(struct cmsghdr) char bytes[CONTROL_BYTES];
    } control[SLOTS];
};

static int receive(struct kin_datagram *d, struct slots *s)
{
    memset(s->msgs, 0, sizeof s->msgs);
    memset(s->from, 0, sizeof s->from);
    for (size_t i = 0; i < SLOTS; i++) {
        s->iov[i] = (struct iovec){d->loop->scratch + i * SLOT_BYTES, SLOT_BYTES};
        s->msgs[i].msg_hdr = (struct msghdr){.msg_name = &s->from[i],
                                             .msg_namelen = sizeof s->from[i],
                                             .msg_iov = &s->iov[i],
                                             .msg_iovlen = 1,
                                             .msg_control = s->control[i].bytes,
                                             .msg_controllen = sizeof s->control[i]};
    }
    return recvmmsg(d->fd, s->msgs, SLOTS, MSG_DONTWAIT, NULL);
}

// One round of recvmmsg. True when there may be more.
static bool receive_round(struct kin_datagram *d)
{
    struct slots s;
    struct intake in = {.count = 0};
    int n = receive(d, &s);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    kin_loop_touch(d->loop);
    kin_us now = kin_loop_now(d->loop);
    kin_us offset = now - kin_clock_unix_us();
    for (int i = 0; i < n && !d->closed; i++) {
        struct control control = {.segment = 0, .at = now};
        read_control(d, &s.msgs[i].msg_hdr, offset, &control);
        cut_up(d, &in, kin_span_make(s.iov[i].iov_base, s.msgs[i].msg_len), &s.from[i], &control);
    }
    hand_over(d, &in);
    return n == SLOTS;
}

// --- ICMP errors

static bool is_unreachable(const struct sock_extended_err *e)
{
    return (e->ee_origin == SO_EE_ORIGIN_ICMP || e->ee_origin == SO_EE_ORIGIN_ICMP6) &&
           (e->ee_errno == ECONNREFUSED || e->ee_errno == EHOSTUNREACH || e->ee_errno == ENETUNREACH);
}

static void report_error(struct kin_datagram *d, struct msghdr *m, const union kin_addr *peer)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        bool v4 = c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR;
        bool v6 = c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR;
        struct sock_extended_err e;
        if (!v4 && !v6)
            continue;
        memcpy(&e, CMSG_DATA(c), sizeof e);
        if (is_unreachable(&e) && d->handler.on_unreachable != NULL && !d->closed)
            d->handler.on_unreachable(d->ctx, peer);
    }
}

static bool read_one_error(struct kin_datagram *d)
{
    _Alignas(struct cmsghdr) char control[512];
    union kin_addr peer;
    char byte;
    struct iovec iov = {&byte, sizeof byte};
    memset(&peer, 0, sizeof peer);
    struct msghdr m = {.msg_name = &peer,
                       .msg_namelen = sizeof peer,
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof control};
    if (recvmsg(d->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    report_error(d, &m, &peer);
    return true;
}

static void drain_errors(struct kin_datagram *d)
{
    int pending;
    socklen_t n = sizeof pending;
    for (int i = 0; i < ERRORS_PER_TURN && !d->closed && read_one_error(d); i++)
        ;
    if (!d->closed)
        (void)getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &pending, &n); // reading clears it
}

static void on_poll(uv_poll_t *h, int status, int events)
{
    struct kin_datagram *d = (struct kin_datagram *)h->data;
    (void)events;
    if (status < 0) { // EPOLLERR: uv_poll has stopped itself
        drain_errors(d);
        if (!d->closed)
            watch(d);
    }
    for (int i = 0; i < ROUNDS && !d->closed && receive_round(d); i++)
        ;
}

// --- facts

const union kin_addr *kin_datagram_local(const struct kin_datagram *d)
{
    return &d->local;
}

uint64_t kin_datagram_kernel_dropped(const struct kin_datagram *d)
{
    return d->dropped;
}
