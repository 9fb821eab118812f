// Accepting: level-triggered readiness, bounded bursts, and a pause instead of a spin when descriptors run out.
#include "io/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/timer.h"

struct kin_acceptor {
    struct kin_loop *loop;
    uv_poll_t poll;
    struct kin_timer *pause;
    int spare;       // a descriptor to close when there are no others, or -1
    unsigned pauses; // in a row
    int fd;          // our duplicate: one descriptor cannot be in two epoll sets of libuv handles otherwise
    bool closing;
    kin_acceptor_fn *on_accept;
    void (*on_trouble)(void *ctx, int error);
    void *ctx;
};

// --- listening

static bool is_any_ipv6(const union kin_addr *a)
{
    return a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

static int try_listen(const union kin_addr *address)
{
    int on = 1, off = 0;
    int fd = socket(address->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (is_any_ipv6(address))
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, &address->sa, kin_addr_len(address)) == 0 && listen(fd, KIN_ACCEPTOR_BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int read_bound(int fd, union kin_addr *ret)
{
    socklen_t n = sizeof *ret;
    return getsockname(fd, &ret->sa, &n) == 0 ? KIN_OK : KIN_EIO;
}

int kin_acceptor_listen(const union kin_addr *address, union kin_addr *ret_bound)
{
    int fd = try_listen(address);
    if (fd < 0 && is_any_ipv6(address) && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        union kin_addr any = {.v4 = {.sin_family = AF_INET, .sin_port = address->v6.sin6_port}};
        fd = try_listen(&any);
    }
    if (fd < 0)
        return KIN_EIO;
    if (read_bound(fd, ret_bound) == KIN_OK)
        return fd;
    close(fd);
    return KIN_EIO;
}

int kin_acceptor_inherit(int fd, union kin_addr *ret_bound)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return KIN_EIO;
    return read_bound(fd, ret_bound);
}

// --- accepting

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_pause_over(void *ctx, kin_us now)
{
    struct kin_acceptor *a = ctx;
    (void)now;
    uv_poll_start(&a->poll, UV_READABLE, on_readable);
}

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void turn_away(struct kin_acceptor *a)
{
    if (a->spare < 0)
        return;
    close(a->spare);
    for (unsigned i = 0; i < KIN_ACCEPTOR_BURST; i++) {
        int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            break;
        close(fd);
    }
    a->spare = open_spare();
}

static void pause_accepting(struct kin_acceptor *a, int error)
{
    unsigned doublings = a->pauses < 8 ? a->pauses : 8;
    kin_us pause = kin_us_min((kin_us)KIN_ACCEPTOR_PAUSE_US << doublings, KIN_ACCEPTOR_PAUSE_MAX_US);
    if (a->pauses > 0 && (error == EMFILE || error == ENFILE))
        turn_away(a);
    a->pauses++;
    uv_poll_stop(&a->poll);
    kin_timer_set(a->pause, kin_loop_now(a->loop) + pause);
    if (a->on_trouble != NULL)
        a->on_trouble(a->ctx, error);
}

// Errors that concern the one connection, which is gone already (accept(2), "Error handling").
static bool is_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == EHOSTDOWN || error == ENONET || error == ENOPROTOOPT;
}

// Detects a peer that vanished without a word, also where no sign of life is expected from it.
static void keep_alive(int fd)
{
    int on = 1, idle_s = KIN_ACCEPTOR_PROBE_AFTER_S, every_s = KIN_ACCEPTOR_PROBE_EVERY_S, count = KIN_ACCEPTOR_PROBES;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct kin_acceptor *a = (struct kin_acceptor *)poll->data;
    (void)events;
    if (status < 0) {
        pause_accepting(a, -status);
        return;
    }
    for (unsigned i = 0; i < KIN_ACCEPTOR_BURST && !a->closing; i++) {
        int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int error = errno;
        if (fd >= 0) {
            keep_alive(fd);
            a->pauses = 0;
            if (a->spare < 0)
                a->spare = open_spare();
            a->on_accept(a->ctx, fd);
        } else if (error == EAGAIN || error == EWOULDBLOCK) {
            return;
        } else if (!is_passing(error)) {
            pause_accepting(a, error);
            return;
        }
    }
}

// --- life

static void on_closed(uv_handle_t *handle)
{
    struct kin_acceptor *a = (struct kin_acceptor *)handle->data;
    if (a->spare >= 0)
        close(a->spare);
    close(a->fd);
    free(a);
}

int kin_acceptor_new(struct kin_loop *loop, int fd, kin_acceptor_fn *on_accept,
                     void (*on_trouble)(void *ctx, int error), void *ctx, struct kin_acceptor **ret)
{
    struct kin_acceptor *a = calloc(1, sizeof *a);
    if (a == NULL)
        return KIN_ENOMEM;
    *a = (struct kin_acceptor){.loop = loop, .on_accept = on_accept, .on_trouble = on_trouble, .ctx = ctx};
    a->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int err = a->fd >= 0 ? kin_timer_new(loop, on_pause_over, a, &a->pause) : KIN_EIO;
    if (err == KIN_OK && uv_poll_init(&loop->uv, &a->poll, a->fd) != 0)
        err = KIN_EIO;
    if (err != KIN_OK) {
        kin_timer_free(a->pause);
        if (a->fd >= 0)
            close(a->fd);
        free(a);
        return err;
    }
    a->spare = open_spare();
    a->poll.data = a;
    uv_poll_start(&a->poll, UV_READABLE, on_readable);
    *ret = a;
    return KIN_OK;
}

void kin_acceptor_close(struct kin_acceptor *a)
{
    if (a == NULL || a->closing)
        return;
    a->closing = true;
    kin_timer_free(a->pause);
    uv_close((uv_handle_t *)&a->poll, on_closed);
}
