// One TCP connection: its life and its input.
#include "io/stream.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/err.h"
#include "io/stream_internal.h"

#define READ_FIRST 4096 // first size of the read buffer

// --- input

// Makes room at the end of the read buffer: moves what is left to the front, then doubles up to read_max.
static void make_room(struct kin_stream *s)
{
    if (s->in_start > 0) {
        memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
        s->in_end -= s->in_start;
        s->in_start = 0;
    }
    if (s->in_size - s->in_end > s->in_size / 2 || s->in_size == s->limits.read_max)
        return;
    size_t size = s->in_size == 0 ? READ_FIRST : s->in_size * 2;
    if (size > s->limits.read_max)
        size = s->limits.read_max;
    uint8_t *in = realloc(s->in, size);
    if (in == NULL)
        return; // the room there is may do; else libuv reports ENOBUFS
    s->in = in;
    s->in_size = size;
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    struct kin_stream *s = (struct kin_stream *)h->data;
    (void)suggested;
    if (s->flushing)
        s->in_start = s->in_end = 0;
    make_room(s);
    *ret = uv_buf_init((char *)s->in + s->in_end, (unsigned)(s->in_size - s->in_end));
}

// An idle connection keeps no buffer, unless input has come in large pieces.
static void release_room(struct kin_stream *s)
{
    if (s->in_size > READ_FIRST || s->in_end > s->in_start)
        return;
    free(s->in);
    s->in = NULL;
    s->in_size = s->in_start = s->in_end = 0;
}

static bool is_full(const struct kin_stream *s)
{
    return s->in_end - s->in_start >= s->limits.read_max;
}

static void deliver(struct kin_stream *s)
{
    while (!s->closing && !s->paused && !s->ended && s->in_end > s->in_start) {
        struct kin_span in = kin_span_make(s->in + s->in_start, s->in_end - s->in_start);
        size_t used = s->handler.on_input(s->ctx, in);
        if (s->closing)
            return;
        s->in_start += used < in.n ? used : in.n;
        if (used == 0)
            break;
    }
    release_room(s);
    if (!s->closing && !s->paused && is_full(s))
        kin_stream_finish(s, UV_ENOBUFS); // a message that can never become complete
}

static void close_now(struct kin_stream *s);

// A reset that came before the connection was accepted is seen as the peer's orderly end. After that the socket would
// be in CLOSE_WAIT.
static bool was_reset(const struct kin_stream *s)
{
    uv_os_fd_t fd;
    struct tcp_info info;
    socklen_t n = sizeof info;
    return uv_fileno((const uv_handle_t *)&s->tcp, &fd) == 0 && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 &&
           info.tcpi_state == TCP_CLOSE;
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
    struct kin_stream *s = (struct kin_stream *)h->data;
    (void)buf;
    if (n == UV_EOF && was_reset(s))
        n = UV_ECONNRESET;
    if (n < 0) {
        s->eof = true;
        uv_read_stop(h);
        if (s->paused && n == UV_EOF && s->in_end > s->in_start)
            return; // what came before the end comes first: see on_kick
        if (!s->flushing)
            kin_stream_finish(s, n == UV_EOF ? 0 : (int)n);
        else if (s->shut || n != UV_EOF)
            close_now(s);
        return;
    }
    if (s->closing)
        return;
    s->in_end += (size_t)n;
    deliver(s);
    if (!s->closing && is_full(s))
        uv_read_stop(h);
}

void kin_stream_pause(struct kin_stream *s)
{
    s->paused = true;
}

static void on_kick(uv_timer_t *h)
{
    struct kin_stream *s = (struct kin_stream *)h->data;
    if (s->closing)
        return;
    if (s->late_error != 0) {
        kin_stream_finish(s, s->late_error);
        return;
    }
    deliver(s);
    if (s->closing || s->ended || s->paused || !s->connected)
        return;
    if (s->eof)
        kin_stream_finish(s, 0);
    else if (!is_full(s))
        uv_read_start((uv_stream_t *)&s->tcp, on_alloc, on_read);
}

void kin_stream_reread(struct kin_stream *s)
{
    if (!s->paused && !s->closing && s->in_end > s->in_start)
        uv_timer_start(&s->kick, on_kick, 0, 0);
}

void kin_stream_resume(struct kin_stream *s)
{
    if (!s->paused || s->closing)
        return;
    s->paused = false;
    uv_timer_start(&s->kick, on_kick, 0, 0);
}

// --- life

struct kin_stream *kin_stream_make(struct kin_loop *loop, const struct kin_stream_limits *limits,
                                   const struct kin_stream_handler *handler, void *ctx)
{
    struct kin_stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    *s = (struct kin_stream){.loop = loop, .limits = *limits, .handler = *handler, .ctx = ctx, .holds = 2};
    kin_list_init(&s->waiting);
    s->timer.data = s;
    s->kick.data = s;
    s->tcp.data = s;
    uv_timer_init(&loop->uv, &s->timer);
    uv_timer_init(&loop->uv, &s->kick);
    return s;
}

int kin_stream_open_tcp(struct kin_stream *s)
{
    int err = uv_tcp_init(&s->loop->uv, &s->tcp);
    s->tcp.data = s;
    if (err == 0) {
        s->tcp_open = true;
        s->holds++;
    }
    return err;
}

static void read_names(struct kin_stream *s)
{
    int n = (int)sizeof s->peer;
    uv_tcp_getpeername(&s->tcp, &s->peer.sa, &n);
    n = (int)sizeof s->local;
    uv_tcp_getsockname(&s->tcp, &s->local.sa, &n);
    kin_addr_unmap(&s->peer);
    kin_addr_unmap(&s->local);
}

int kin_stream_begin(struct kin_stream *s)
{
    uv_os_fd_t fd;
    int lowat = (int)s->limits.notsent_lowat;
    uv_tcp_nodelay(&s->tcp, 1);
    if (lowat > 0 && uv_fileno((uv_handle_t *)&s->tcp, &fd) == 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
    read_names(s);
    s->connected = true;
    return uv_read_start((uv_stream_t *)&s->tcp, on_alloc, on_read);
}

int kin_stream_adopt(struct kin_loop *loop, int fd, const struct kin_stream_limits *limits,
                     const struct kin_stream_handler *handler, void *ctx, struct kin_stream **ret)
{
    struct kin_stream *s = kin_stream_make(loop, limits, handler, ctx);
    if (s == NULL)
        return KIN_ENOMEM;
    int err = kin_stream_open_tcp(s);
    if (err == 0)
        err = uv_tcp_open(&s->tcp, fd);
    if (err == 0)
        err = kin_stream_begin(s);
    if (err != 0) {
        kin_stream_close(s, 0, NULL, NULL);
        return err == UV_ENOMEM ? KIN_ENOMEM : KIN_EIO;
    }
    *ret = s;
    return KIN_OK;
}

void kin_stream_finish(struct kin_stream *s, int error)
{
    if (s->ended || s->closing)
        return;
    s->ended = true;
    if (s->tcp_open)
        uv_read_stop((uv_stream_t *)&s->tcp);
    if (s->handler.on_end != NULL)
        s->handler.on_end(s->ctx, error);
}

void kin_stream_finish_later(struct kin_stream *s, int error)
{
    if (s->late_error == 0)
        s->late_error = error;
    uv_timer_start(&s->kick, on_kick, 0, 0);
}

// --- the end

void kin_stream_drop_hold(struct kin_stream *s)
{
    if (--s->holds > 0)
        return;
    if (s->on_closed != NULL)
        s->on_closed(s->closed_ctx);
    free(s->in);
    free(s);
}

static void on_handle_closed(uv_handle_t *h)
{
    kin_stream_drop_hold((struct kin_stream *)h->data);
}

static void close_handle(uv_handle_t *h)
{
    if (!uv_is_closing(h))
        uv_close(h, on_handle_closed);
}

static void close_now(struct kin_stream *s)
{
    if (s->tcp_open)
        close_handle((uv_handle_t *)&s->tcp);
    close_handle((uv_handle_t *)&s->timer);
    close_handle((uv_handle_t *)&s->kick);
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    struct kin_stream *s = (struct kin_stream *)req->data;
    s->shut = true;
    if (status != 0 || s->eof)
        close_now(s);
}

static void on_flush_over(uv_timer_t *h)
{
    close_now((struct kin_stream *)h->data);
}

static bool begin_flush(struct kin_stream *s, kin_us flush_us)
{
    bool broken = s->late_error != 0 || (s->ended && !s->eof);
    if (flush_us <= 0 || !s->connected || broken)
        return false;
    s->shutdown.data = s;
    s->flushing = uv_shutdown(&s->shutdown, (uv_stream_t *)&s->tcp, on_shutdown) == 0;
    if (!s->flushing)
        return false;
    uv_timer_start(&s->timer, on_flush_over, (uint64_t)((flush_us + 999) / 1000), 0);
    if (!s->eof)
        uv_read_start((uv_stream_t *)&s->tcp, on_alloc, on_read);
    return true;
}

void kin_stream_close(struct kin_stream *s, kin_us flush_us, void (*on_closed)(void *ctx), void *ctx)
{
    if (s->closing)
        return;
    s->closing = true;
    s->paused = false;
    s->on_closed = on_closed;
    s->closed_ctx = ctx;
    kin_stream_connect_cancel(s);
    if (!begin_flush(s, flush_us))
        close_now(s);
}

// --- facts

size_t kin_stream_queued(const struct kin_stream *s)
{
    return s->tcp_open ? uv_stream_get_write_queue_size((const uv_stream_t *)&s->tcp) : 0;
}

size_t kin_stream_unsent(struct kin_stream *s)
{
    uv_os_fd_t fd;
    int kernel = 0;
    if (!s->tcp_open || uv_fileno((uv_handle_t *)&s->tcp, &fd) != 0 || ioctl(fd, SIOCOUTQ, &kernel) != 0)
        kernel = 0;
    return kin_stream_queued(s) + (size_t)(kernel > 0 ? kernel : 0);
}

uint64_t kin_stream_written(const struct kin_stream *s)
{
    return s->submitted - kin_stream_queued(s);
}

const union kin_addr *kin_stream_peer(const struct kin_stream *s)
{
    return &s->peer;
}

const union kin_addr *kin_stream_local(const struct kin_stream *s)
{
    return &s->local;
}
