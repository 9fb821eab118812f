// Output of a TCP connection: what the kernel takes at once leaves at once, the rest waits in libuv's queue.
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/stream_internal.h"

struct write {
    uv_write_t req;
    struct kin_list node; // of stream->waiting
    kin_us queued_at;
    struct kin_stream *stream;
    struct kin_buf *owner;
    size_t size;         // memory of this struct, and of libuv's copy of bufs
    size_t count, first; // buffers; the first one not yet sent
    size_t bytes;
    uv_buf_t bufs[]; // then the bytes of the heads
};

static struct write *write_new(struct kin_stream *s, size_t bufs, size_t copied)
{
    struct write *w = malloc(sizeof *w + bufs * sizeof(uv_buf_t) + copied);
    if (w == NULL)
        return NULL;
    *w = (struct write){.req.data = w, .stream = s, .size = sizeof *w + 2 * bufs * sizeof(uv_buf_t) + copied};
    kin_list_init(&w->node);
    return w;
}

static void write_free(struct write *w)
{
    kin_buf_unref(w->owner);
    free(w);
}

static void add(struct write *w, const void *p, size_t n)
{
    if (n == 0)
        return;
    w->bufs[w->count++] = uv_buf_init((char *)(uintptr_t)p, (unsigned)n); // libuv only reads them
    w->bytes += n;
}

static void skip_sent(struct write *w, size_t sent)
{
    while (w->first < w->count && sent >= w->bufs[w->first].len)
        sent -= w->bufs[w->first++].len;
    if (w->first < w->count) {
        w->bufs[w->first].base += sent;
        w->bufs[w->first].len -= sent;
    }
}

// --- what waits

static struct write *write_at(struct kin_list *node)
{
    return KIN_CONTAINER(node, struct write, node);
}

static void report(struct kin_stream *s)
{
    if (s->meter == NULL)
        return;
    bool empty = kin_list_empty(&s->waiting);
    s->meter(s->meter_ctx, s->held, empty ? KIN_US_NEVER : write_at(s->waiting.next)->queued_at);
}

void kin_stream_set_meter(struct kin_stream *s, kin_stream_meter_fn *fn, void *ctx)
{
    s->meter = fn;
    s->meter_ctx = ctx;
}

static const struct kin_buf *newest_owner(struct kin_stream *s)
{
    struct kin_list *node = s->waiting.prev;
    while (node != &s->waiting && write_at(node)->owner == NULL)
        node = node->prev;
    return node != &s->waiting ? write_at(node)->owner : NULL;
}

static const struct kin_buf *oldest_owner(struct kin_stream *s)
{
    struct kin_list *node = s->waiting.next;
    while (node != &s->waiting && write_at(node)->owner == NULL)
        node = node->next;
    return node != &s->waiting ? write_at(node)->owner : NULL;
}

// A buffer counts once for the writes of it that follow each other: with the first that comes, up to the last that
// goes.
static void begin_waiting(struct kin_stream *s, struct write *w)
{
    s->held += w->size + (w->owner != NULL && w->owner != newest_owner(s) ? w->owner->len : 0);
    w->queued_at = kin_loop_now(s->loop);
    kin_list_push_back(&s->waiting, &w->node);
    report(s);
}

static void end_waiting(struct kin_stream *s, struct write *w)
{
    kin_list_remove(&w->node);
    s->held -= w->size + (w->owner != NULL && w->owner != oldest_owner(s) ? w->owner->len : 0);
    report(s);
}

// --- writing

static void on_written(uv_write_t *req, int status)
{
    struct write *w = (struct write *)req->data;
    struct kin_stream *s = w->stream;
    size_t bytes = 0;
    end_waiting(s, w);
    for (size_t i = w->first; i < w->count; i++)
        bytes += w->bufs[i].len;
    write_free(w);
    if (s->closing || s->ended)
        return;
    size_t queued = kin_stream_queued(s);
    if (status < 0)
        kin_stream_finish(s, status);
    else if (s->handler.on_drain != NULL && queued <= s->limits.write_low && queued + bytes > s->limits.write_low)
        s->handler.on_drain(s->ctx);
}

// libuv up to 1.44 counts a request that it refuses for want of memory, and a loop with a request never ends.
static int begin_write(struct write *w, uv_stream_t *tcp)
{
    unsigned requests = tcp->loop->active_reqs.count;
    int err = uv_write(&w->req, tcp, w->bufs + w->first, (unsigned)(w->count - w->first), on_written);
    if (err != 0)
        tcp->loop->active_reqs.count = requests;
    return err;
}

// Sends or queues; owns w. An error after a part was sent breaks the stream for good: on_end follows.
static int submit(struct kin_stream *s, struct write *w)
{
    uv_stream_t *tcp = (uv_stream_t *)&s->tcp;
    int sent = kin_stream_queued(s) > 0 ? UV_EAGAIN : uv_try_write(tcp, w->bufs, (unsigned)w->count);
    if (sent > 0)
        skip_sent(w, (size_t)sent);
    if (sent < 0 && sent != UV_EAGAIN) {
        kin_stream_finish_later(s, sent);
        write_free(w);
        return KIN_ESTATE;
    }
    size_t bytes = w->bytes;
    int err = 0;
    if (w->first < w->count)
        err = begin_write(w, tcp);
    if (err != 0 || w->first == w->count)
        write_free(w);
    else
        begin_waiting(s, w);
    if (err != 0 && sent > 0)
        kin_stream_finish_later(s, err);
    if (err != 0)
        return sent > 0 ? KIN_ESTATE : KIN_ENOMEM;
    s->submitted += bytes;
    return KIN_OK;
}

static bool can_write(const struct kin_stream *s)
{
    return s->connected && !s->closing && s->late_error == 0 && !(s->ended && !s->eof);
}

int kin_stream_write(struct kin_stream *s, struct kin_span bytes)
{
    if (!can_write(s))
        return KIN_ESTATE;
    if (bytes.n == 0)
        return KIN_OK;
    if (kin_stream_queued(s) + bytes.n > s->limits.write_max)
        return KIN_ELIMIT;
    struct write *w = write_new(s, 1, bytes.n);
    if (w == NULL)
        return KIN_ENOMEM;
    memcpy(&w->bufs[1], bytes.p, bytes.n);
    add(w, &w->bufs[1], bytes.n);
    return submit(s, w);
}

static void fill(struct write *w, const struct kin_stream_piece *pieces, size_t count)
{
    uint8_t *copy = (uint8_t *)&w->bufs[2 * count];
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].head.n > 0)
            memcpy(copy, pieces[i].head.p, pieces[i].head.n);
        add(w, copy, pieces[i].head.n);
        add(w, pieces[i].body.p, pieces[i].body.n);
        copy += pieces[i].head.n;
    }
}

int kin_stream_write_pieces(struct kin_stream *s, const struct kin_stream_piece *pieces, size_t count,
                            struct kin_buf *owner)
{
    size_t heads = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        heads += pieces[i].head.n;
        total += pieces[i].head.n + pieces[i].body.n;
    }
    if (!can_write(s))
        return KIN_ESTATE;
    if (total == 0)
        return KIN_OK;
    size_t queued = kin_stream_queued(s);
    if (queued > 0 && queued + total > s->limits.write_max)
        return KIN_ELIMIT;
    struct write *w = write_new(s, 2 * count, heads);
    if (w == NULL)
        return KIN_ENOMEM;
    fill(w, pieces, count);
    w->owner = kin_buf_ref(owner);
    return submit(s, w);
}
