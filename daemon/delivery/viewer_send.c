// Packets out: trains over UDP, interleaved blocks over TCP. The bytes of a frame are never copied.
#include "base/err.h"
#include "delivery/viewer_internal.h"

#define FULL_RETRY_US KIN_US_PER_MS       // the UDP socket was full
#define BUSY_RETRY_US (5 * KIN_US_PER_MS) // the TCP queue was full in the middle of a frame
#define TCP_BATCH 64                      // packets queued by one call
#define INTERLEAVED_BYTES 4               // '$', channel, length (RFC 2326 section 10.12)
#define HEADERS_PART 12                   // headers of packets take at most this part of a frame's bytes in the queue
#define BACKLOG_MIN (512u * 1024u)        // bytes a TCP viewer may always be behind ...
#define BACKLOG_FRAMES 2                  // ... or this many of the largest frame ...
#define BACKLOG_US (500 * KIN_US_PER_MS)  // ... or this much of the reel ...
#define BACKLOG_MAX (32u << 20)           // ... but never more, so that the queue takes a whole frame on top

// --- UDP

// Packets that the network refuses count as lost; a full socket is tried again.
static void send_train(struct viewer *v, unsigned count)
{
    struct kin_datagram_out out[KIN_DATAGRAM_TRAIN_MAX];
    struct kin_media_packet packets[KIN_DATAGRAM_TRAIN_MAX];
    size_t bytes = 0;
    unsigned i = 0;
    do { // at least one
        struct kin_media_packet *p = &packets[i];
        kin_media_sender_packet(&v->sender, i, p);
        out[i] = (struct kin_datagram_out){.part = {{p->header, KIN_RTP_HEADER_BYTES}, p->head, p->body, p->tail},
                                           .parts = KIN_DATAGRAM_PARTS,
                                           .size = p->bytes};
    } while (++i < count);
    ptrdiff_t sent = rtp_port_send(v->p.delivery->rtp_port, &v->peer, &v->p.local, out, count);
    unsigned done = sent < 0 ? count : (unsigned)sent;
    for (i = done; i < count; i++)
        kin_media_sender_undo(&v->sender, 1, packets[i].payload);
    for (i = 0; sent > 0 && i < done; i++)
        bytes += packets[i].bytes;
    kin_loop_touch(&v->worker->loop); // the time after the send, so that the gap is kept even when it took long
    kin_us now = kin_loop_now(&v->worker->loop);
    if (done > 0)
        kin_media_sender_sent(&v->sender, done, bytes, now);
    else
        kin_media_sender_retry_at(&v->sender, now + FULL_RETRY_US);
}

void viewer_send_parity(struct viewer *v)
{
    uint8_t bytes[KIN_FEC_PACKET_MAX];
    size_t n = kin_media_sender_parity(&v->sender, kin_loop_now(&v->worker->loop), bytes);
    struct kin_datagram_out out = {.part = {{bytes, n}}, .parts = 1, .size = n};
    ptrdiff_t sent = rtp_port_send(v->p.delivery->rtp_port, &v->peer, &v->p.local, &out, 1);
    kin_loop_touch(&v->worker->loop);
    kin_us now = kin_loop_now(&v->worker->loop);
    if (sent != 0)
        kin_media_sender_parity_sent(&v->sender, now, sent > 0 ? n : 0);
    else
        kin_media_sender_retry_at(&v->sender, now + FULL_RETRY_US);
}

bool viewer_send_again(struct viewer *v, const struct kin_media_again *packet, size_t *ret_on_wire)
{
    struct kin_datagram_out out = {
        .part = {{packet->head, packet->head_bytes}, packet->body, packet->tail}, .parts = 3, .size = packet->bytes};
    ptrdiff_t sent = rtp_port_send(v->p.delivery->rtp_port, &v->peer, &v->p.local, &out, 1);
    *ret_on_wire = sent > 0 ? packet->bytes : 0;
    return sent != 0;
}

// --- TCP

struct batch {
    struct kin_stream_piece pieces[2 * TCP_BATCH];
    size_t count;
    uint8_t heads[TCP_BATCH * (INTERLEAVED_BYTES + KIN_RTP_HEADER_BYTES + 12) + KIN_RTP_PLAN_HEAD_MAX];
    size_t used;
    size_t bytes, payload; // of RTP packets; without their headers
};

static void batch_add(struct batch *b, const struct viewer *v, const struct kin_media_packet *p)
{
    uint8_t *head = b->heads + b->used;
    head[0] = '$';
    head[1] = v->p.channel_rtp;
    head[2] = (uint8_t)(p->bytes >> 8);
    head[3] = (uint8_t)p->bytes;
    memcpy(head + INTERLEAVED_BYTES, p->header, KIN_RTP_HEADER_BYTES);
    size_t n = INTERLEAVED_BYTES + KIN_RTP_HEADER_BYTES;
    memcpy(head + n, p->head.p, p->head.n);
    n += p->head.n;
    b->payload += p->payload;
    b->used += n;
    b->pieces[b->count++] = (struct kin_stream_piece){kin_span_make(head, n), p->body};
    if (p->tail.n > 0)
        b->pieces[b->count++] = (struct kin_stream_piece){p->tail, kin_span_make(NULL, 0)};
    b->bytes += p->bytes;
}

// A batch is queued whole or not at all. Once the first one of a frame is, the others follow, however long it takes.
static void send_batch(struct viewer *v, unsigned count)
{
    struct batch b = {.count = 0, .used = 0};
    unsigned n = count < TCP_BATCH ? count : TCP_BATCH;
    for (unsigned i = 0; i < n; i++) {
        struct kin_media_packet p;
        kin_media_sender_packet(&v->sender, i, &p);
        batch_add(&b, v, &p);
    }
    kin_us now = kin_loop_now(&v->worker->loop);
    int err = kin_stream_write_pieces(v->p.stream, b.pieces, b.count, v->frame->frame->jpeg);
    if (err == KIN_ELIMIT || err == KIN_ENOMEM) {
        kin_media_sender_undo(&v->sender, n, b.payload);
        kin_media_sender_retry_at(&v->sender, now + BUSY_RETRY_US);
        return;
    }
    kin_media_sender_sent(&v->sender, n, b.bytes, now);
}

void viewer_send(struct viewer *v, unsigned packets)
{
    if (v->p.lower_transport == KIN_LOWER_TRANSPORT_TCP)
        send_batch(v, packets);
    else
        send_train(v, packets < KIN_DATAGRAM_TRAIN_MAX ? packets : KIN_DATAGRAM_TRAIN_MAX);
}

void viewer_send_rtcp(struct viewer *v, struct kin_span compound)
{
    if (v->p.lower_transport == KIN_LOWER_TRANSPORT_UDP) {
        (void)rtp_port_send_rtcp(v->p.delivery->rtp_port, &v->peer, &v->p.local, compound);
        return;
    }
    uint8_t block[INTERLEAVED_BYTES + KIN_RTP_SENDER_RTCP_MAX] = {'$', v->p.channel_rtcp, 0, (uint8_t)compound.n};
    memcpy(block + INTERLEAVED_BYTES, compound.p, compound.n);
    (void)kin_stream_write(v->p.stream, kin_span_make(block, INTERLEAVED_BYTES + compound.n));
}

// --- how far a TCP viewer may be behind

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t most_behind(const struct viewer *v)
{
    size_t of_time = (size_t)(v->sender.rtp.session_bytes_per_s * (uint64_t)BACKLOG_US / (uint64_t)KIN_US_PER_S);
    size_t of_frames = (size_t)v->p.reel->largest_frame * BACKLOG_FRAMES;
    size_t most = max_size(BACKLOG_MIN, max_size(of_time, of_frames));
    return most < BACKLOG_MAX ? most : BACKLOG_MAX;
}

static uint64_t given(const struct viewer *v)
{
    return kin_stream_written(v->p.stream) + kin_stream_queued(v->p.stream);
}

// Asks the kernel what has come.
static void watch_progress(struct viewer *v)
{
    uint64_t acked = given(v) - kin_stream_unsent(v->p.stream);
    if (acked <= v->acked)
        return;
    v->acked = acked;
    kin_media_sender_active(&v->sender, kin_loop_now(&v->worker->loop));
}

static bool is_behind(struct viewer *v)
{
    if (given(v) - v->acked <= most_behind(v))
        return false;
    watch_progress(v);
    return given(v) - v->acked > most_behind(v);
}

bool viewer_is_congested(struct viewer *v, size_t bytes)
{
    return v->p.lower_transport == KIN_LOWER_TRANSPORT_TCP &&
           (is_behind(v) || !send_budget_admits(v->p.account, bytes, kin_loop_now(&v->worker->loop)));
}

bool viewer_reserve(struct viewer *v, size_t bytes)
{
    if (v->p.lower_transport != KIN_LOWER_TRANSPORT_TCP)
        return true;
    bytes += bytes / HEADERS_PART;
    size_t more = bytes > v->reserved ? bytes - v->reserved : 0;
    if (more == 0) // asked once more: nothing was queued since
        return true;
    watch_progress(v);
    if (is_behind(v) || !send_budget_reserve(v->p.account, more, kin_loop_now(&v->worker->loop)))
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
