// Packets out: trains over UDP, interleaved blocks over TCP. The bytes of a frame are never copied.
#include "base/err.h"
#include "delivery/viewer_internal.h"

#define FULL_RETRY_US KIN_US_PER_MS       // the UDP socket was full
#define BUSY_RETRY_US (5 * KIN_US_PER_MS) // the TCP queue was full in the middle of a frame
#define TCP_BATCH 64                      // packets queued by one call
#define INTERLEAVED_BYTES 4               // '$', channel, length (RFC 2326 section 10.12)
#define HEADERS_PART 12                   // of a frame's bytes: what its packets' headers take in the queue, at most
#define BACKLOG_MIN (512u * 1024u)        // bytes a TCP viewer may always be behind ...
#define BACKLOG_FRAMES 2                  // ... or this many of the largest frame ...
#define BACKLOG_US (500 * KIN_US_PER_MS)  // ... or this much of the reel ...
#define BACKLOG_MAX (32u << 20)           // ... but never more, so that the queue takes a whole frame on top

// Writes the packet's RTP header; returns the bytes that count as its payload.
static size_t write_header(struct viewer *v, const struct kin_rtp_plan_packet *p, uint8_t header[KIN_RTP_HEADER_BYTES])
{
    size_t payload = kin_rtp_plan_payload_bytes(p);
    kin_rtp_sender_packet(&v->sender, p->marker, payload, header);
    if (p->extension > 0)
        kin_rtp_write_extended(header);
    return payload;
}

// --- UDP

// Sends up to a train. Returns the packets that need not be sent again, 0 when the socket is full.
static unsigned send_train(struct viewer *v, unsigned count)
{
    struct kin_datagram_out out[KIN_DATAGRAM_TRAIN_MAX];
    uint8_t headers[KIN_DATAGRAM_TRAIN_MAX][KIN_RTP_HEADER_BYTES];
    size_t payload[KIN_DATAGRAM_TRAIN_MAX];
    for (unsigned i = 0; i < count; i++) {
        struct kin_rtp_plan_packet p = kin_rtp_plan_packet(v->frame->plan, v->packet + i);
        payload[i] = write_header(v, &p, headers[i]);
        out[i] = (struct kin_datagram_out){.part = {{headers[i], KIN_RTP_HEADER_BYTES}, p.head, p.body, p.tail},
                                           .parts = KIN_DATAGRAM_PARTS,
                                           .size = KIN_RTP_HEADER_BYTES + kin_rtp_plan_packet_bytes(&p)};
    }
    ptrdiff_t sent = rtp_port_send(v->worker->rtp_port, &v->peer, &v->p.local, out, count);
    unsigned done = sent < 0 ? count : (unsigned)sent; // what the network refuses is lost, like anything it loses
    for (unsigned i = done; i < count; i++)
        kin_rtp_sender_undo(&v->sender, 1, payload[i]);
    for (unsigned i = 0; sent > 0 && i < done; i++)
        v->stats.bytes += out[i].size;
    v->stats.packets += sent > 0 ? done : 0;
    v->packet += done;
    return done;
}

static enum viewer_sent send_datagrams(struct viewer *v)
{
    struct kin_loop *loop = &v->worker->loop;
    while (!kin_pacer_done(&v->pacer)) {
        unsigned n = kin_pacer_allowed(&v->pacer, kin_loop_now(loop));
        if (n == 0) {
            kin_timer_set(v->timer, kin_pacer_deadline(&v->pacer));
            return VIEWER_SENT_LATER;
        }
        unsigned done = send_train(v, n < KIN_DATAGRAM_TRAIN_MAX ? n : KIN_DATAGRAM_TRAIN_MAX);
        kin_loop_touch(loop); // the time after the send, so that the gap is kept even when it took long
        if (done == 0) {
            kin_timer_set(v->timer, kin_loop_now(loop) + FULL_RETRY_US);
            return VIEWER_SENT_LATER;
        }
        kin_pacer_sent(&v->pacer, done, kin_loop_now(loop));
        if (v->report_due)
            viewer_report(v);
    }
    return VIEWER_SENT_ALL;
}

// --- TCP

struct batch {
    struct kin_stream_piece pieces[2 * TCP_BATCH];
    size_t count;
    uint8_t heads[TCP_BATCH * (INTERLEAVED_BYTES + KIN_RTP_HEADER_BYTES + 12) + KIN_RTP_PLAN_HEAD_MAX];
    size_t used;
    size_t bytes, payload; // of RTP packets; without their headers
};

static void batch_add(struct batch *b, struct viewer *v, const struct kin_rtp_plan_packet *p)
{
    size_t length = KIN_RTP_HEADER_BYTES + kin_rtp_plan_packet_bytes(p);
    uint8_t *head = b->heads + b->used;
    head[0] = '$';
    head[1] = v->p.channel_rtp;
    head[2] = (uint8_t)(length >> 8);
    head[3] = (uint8_t)length;
    b->payload += write_header(v, p, head + INTERLEAVED_BYTES);
    size_t n = INTERLEAVED_BYTES + KIN_RTP_HEADER_BYTES;
    memcpy(head + n, p->head.p, p->head.n);
    n += p->head.n;
    b->used += n;
    b->pieces[b->count++] = (struct kin_stream_piece){kin_span_make(head, n), p->body};
    if (p->tail.n > 0)
        b->pieces[b->count++] = (struct kin_stream_piece){p->tail, kin_span_make(NULL, 0)};
    b->bytes += length;
}

// A batch is queued whole or not at all. Once the first is, the others follow, however long it takes.
static enum viewer_sent send_interleaved(struct viewer *v)
{
    const struct kin_rtp_plan *plan = v->frame->plan;
    while (v->packet < kin_rtp_plan_count(plan)) {
        struct batch b = {.count = 0, .used = 0};
        unsigned left = kin_rtp_plan_count(plan) - v->packet;
        unsigned n = left < TCP_BATCH ? left : TCP_BATCH;
        for (unsigned i = 0; i < n; i++) {
            struct kin_rtp_plan_packet p = kin_rtp_plan_packet(plan, v->packet + i);
            batch_add(&b, v, &p);
        }
        int err = kin_stream_write_pieces(v->p.stream, b.pieces, b.count, kin_rtp_plan_jpeg_buf(plan));
        if (err == KIN_ELIMIT || err == KIN_ENOMEM) {
            kin_rtp_sender_undo(&v->sender, n, b.payload);
            kin_timer_set(v->timer, kin_loop_now(&v->worker->loop) + BUSY_RETRY_US);
            return VIEWER_SENT_LATER;
        }
        v->packet += n;
        v->stats.packets += n;
        v->stats.bytes += b.bytes;
        if (v->report_due)
            viewer_report(v);
    }
    return VIEWER_SENT_ALL;
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t most_behind(const struct viewer *v)
{
    size_t of_time = (size_t)(v->sender.session_bytes_per_s * (uint64_t)BACKLOG_US / (uint64_t)KIN_US_PER_S);
    size_t of_frames = (size_t)v->p.reel->largest_frame * BACKLOG_FRAMES;
    size_t most = max_size(BACKLOG_MIN, max_size(of_time, of_frames));
    return most < BACKLOG_MAX ? most : BACKLOG_MAX;
}

static bool is_behind(struct viewer *v)
{
    viewer_watch_progress(v);
    return kin_stream_unsent(v->p.stream) > most_behind(v);
}

bool viewer_is_congested(struct viewer *v, size_t bytes)
{
    return v->p.transport == VIEWER_TCP &&
           (is_behind(v) || !send_budget_admits(v->p.account, bytes, kin_loop_now(&v->worker->loop)));
}

bool viewer_reserve(struct viewer *v, size_t bytes)
{
    if (v->p.transport != VIEWER_TCP)
        return true;
    bytes += bytes / HEADERS_PART;
    size_t more = bytes > v->reserved ? bytes - v->reserved : 0;
    if (is_behind(v) || (more > 0 && !send_budget_reserve(v->p.account, more, kin_loop_now(&v->worker->loop))))
        return false;
    v->reserved += more;
    return true;
}

void viewer_release(struct viewer *v)
{
    if (v->reserved > 0)
        send_budget_release(v->p.account, v->reserved);
    v->reserved = 0;
}

void viewer_watch_progress(struct viewer *v)
{
    struct kin_stream *s = v->p.stream;
    uint64_t given = kin_stream_written(s) + kin_stream_queued(s);
    uint64_t acked = given - kin_stream_unsent(s);
    if (acked <= v->acked)
        return;
    v->acked = acked;
    v->stats.last_heard = kin_loop_now(&v->worker->loop);
}

enum viewer_sent viewer_send(struct viewer *v)
{
    return v->p.transport == VIEWER_TCP ? send_interleaved(v) : send_datagrams(v);
}
