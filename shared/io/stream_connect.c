// The connecting side of a stream: resolves the host off the loop, then tries each address in turn.
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "io/stream_internal.h"

#define HOST_MAX 255

// Lives on its own while the resolver runs, since that cannot always be cancelled.
struct kin_stream_connecting {
    uv_getaddrinfo_t resolve;
    struct kin_stream *stream; // NULL: the stream was closed meanwhile
    bool resolving, attempting;
    struct addrinfo *found, *next;
    int error; // of the last attempt
    kin_us deadline;
    kin_stream_connect_fn *on_connect;
    char host[HOST_MAX + 1];
    uint16_t port;
};

static void connecting_free(struct kin_stream_connecting *c)
{
    uv_freeaddrinfo(c->found);
    free(c);
}

static void done(struct kin_stream *s, int error)
{
    kin_stream_connect_fn *on_connect = s->connecting->on_connect;
    uv_timer_stop(&s->timer);
    kin_stream_connect_cancel(s);
    s->ended = error != 0;
    on_connect(s->ctx, error);
}

static void try_next(struct kin_stream *s);

static void on_attempt_closed(uv_handle_t *h)
{
    struct kin_stream *s = (struct kin_stream *)h->data;
    s->tcp_open = false;
    if (!s->closing)
        try_next(s);
    kin_stream_drop_hold(s);
}

static void end_attempt(struct kin_stream *s, int error)
{
    struct kin_stream_connecting *c = s->connecting;
    c->attempting = false;
    c->error = error;
    uv_timer_stop(&s->timer);
    uv_close((uv_handle_t *)&s->tcp, on_attempt_closed);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct kin_stream *s = ((struct kin_stream *)req->handle->data);
    struct kin_stream_connecting *c = s->connecting;
    if (c == NULL || !c->attempting)
        return; // closed or timed out; the close callback goes on
    if (status == 0)
        status = kin_stream_begin(s);
    if (status == 0)
        done(s, 0);
    else
        end_attempt(s, status);
}

static void on_timeout(uv_timer_t *h);

static unsigned attempts_left(const struct kin_stream_connecting *c)
{
    unsigned n = 0;
    for (const struct addrinfo *a = c->next; a != NULL; a = a->ai_next)
        n++;
    return n;
}

static void start_timer(struct kin_stream *s, unsigned shares)
{
    kin_us left = kin_us_max(s->connecting->deadline - kin_loop_now(s->loop), 0) / (shares > 0 ? shares : 1);
    uv_update_time(&s->loop->uv);
    uv_timer_start(&s->timer, on_timeout, (uint64_t)(left + 999) / 1000, 0);
}

static void try_next(struct kin_stream *s)
{
    struct kin_stream_connecting *c = s->connecting;
    if (c->next == NULL || (c->error != 0 && kin_loop_now(s->loop) >= c->deadline)) {
        done(s, c->error != 0 ? c->error : UV_ECONNREFUSED);
        return;
    }
    const struct addrinfo *a = c->next;
    start_timer(s, attempts_left(c));
    c->next = a->ai_next;
    int err = kin_stream_open_tcp(s);
    if (err != 0) {
        done(s, err);
        return;
    }
    c->attempting = true;
    err = uv_tcp_connect(&s->connect, &s->tcp, a->ai_addr, on_connected);
    if (err != 0)
        end_attempt(s, err);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct kin_stream_connecting *c = (struct kin_stream_connecting *)req->data;
    struct kin_stream *s = c->stream;
    c->resolving = false;
    c->found = c->next = found;
    if (s == NULL)
        connecting_free(c);
    else if (status != 0)
        done(s, status);
    else
        try_next(s);
}

static int start_resolving(struct kin_stream *s)
{
    struct kin_stream_connecting *c = s->connecting;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char service[8];
    snprintf(service, sizeof service, "%u", c->port);
    if (strlen(c->host) == 0)
        return KIN_EINVAL;
    int err = uv_getaddrinfo(&s->loop->uv, &c->resolve, on_resolved, c->host, service, &hints);
    if (err != 0)
        return err == UV_ENOMEM ? KIN_ENOMEM : KIN_EINVAL;
    c->resolving = true;
    start_timer(s, 1);
    return KIN_OK;
}

static void on_timeout(uv_timer_t *h)
{
    struct kin_stream *s = (struct kin_stream *)h->data;
    struct kin_stream_connecting *c = s->connecting;
    if (c == NULL || s->closing)
        return;
    if (c->attempting)
        end_attempt(s, UV_ETIMEDOUT);
    else
        done(s, UV_ETIMEDOUT); // the resolver is left to finish on its own
}

void kin_stream_connect_cancel(struct kin_stream *s)
{
    struct kin_stream_connecting *c = s->connecting;
    s->connecting = NULL;
    if (c == NULL)
        return;
    c->stream = NULL;
    if (c->resolving)
        uv_cancel((uv_req_t *)&c->resolve);
    else
        connecting_free(c);
}

int kin_stream_connect(struct kin_loop *loop, const char *host, uint16_t port, kin_us timeout_us,
                       const struct kin_stream_limits *limits, const struct kin_stream_handler *handler,
                       kin_stream_connect_fn *on_connect, void *ctx, struct kin_stream **ret)
{
    struct kin_stream_connecting *c = calloc(1, sizeof *c);
    struct kin_stream *s = c != NULL ? kin_stream_make(loop, limits, handler, ctx) : NULL;
    if (s == NULL) {
        free(c);
        return KIN_ENOMEM;
    }
    c->stream = s;
    c->on_connect = on_connect;
    c->port = port;
    c->resolve.data = c;
    c->deadline = kin_loop_now(loop) + timeout_us;
    s->connecting = c;
    kin_span_copy(kin_span_str(host), c->host, sizeof c->host);
    int err = start_resolving(s);
    if (err != KIN_OK) {
        kin_stream_close(s, 0, NULL, NULL);
        return err;
    }
    *ret = s;
    return KIN_OK;
}
