// The frame in progress: its buffer, and the queue of finished frames.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler_internal.h"

#define FIRST_BYTES (64u * 1024)

void assembler_begin_frame(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    struct kin_buf *buf = a->frame.buf;
    size_t size = a->frame.size;
    a->frame = (struct frame_in_progress){.state = FRAME_OPEN,
                                          .ts = arrival->ts,
                                          .first_at = arrival->at,
                                          .last_at = arrival->at,
                                          .buf = buf,
                                          .size = size};
    a->scanner = (struct kin_jpeg_scanner){.state = 0};
}

void assembler_count_packet(struct frame_in_progress *f, const struct kin_rtp_arrival *arrival)
{
    f->packets++;
    f->seq = arrival->seq;
    f->first_at = kin_us_min(f->first_at, arrival->at);
    f->last_at = kin_us_max(f->last_at, arrival->at);
}

static size_t next_size(const struct kin_jpeg_assembler *a, size_t needed)
{
    size_t limit = a->max_bytes + ASSEMBLER_HEADER_MAX + ASSEMBLER_EOI_BYTES;
    size_t size = a->frame.buf == NULL ? a->last_bytes + a->last_bytes / 8 : 2 * a->frame.size;
    if (size < FIRST_BYTES)
        size = FIRST_BYTES;
    if (size < needed)
        size = needed;
    return size < limit ? size : limit;
}

int assembler_reserve(struct kin_jpeg_assembler *a, size_t n)
{
    struct frame_in_progress *f = &a->frame;
    size_t needed = f->len + n;
    if (f->buf != NULL && needed <= f->size)
        return KIN_OK;
    if (needed > a->max_bytes + ASSEMBLER_HEADER_MAX + ASSEMBLER_EOI_BYTES)
        return KIN_ELIMIT;
    size_t size = next_size(a, needed);
    struct kin_buf *buf = kin_buf_new(size);
    if (buf == NULL)
        return KIN_ENOMEM;
    if (f->len > 0)
        memcpy(buf->data, f->buf->data, f->len);
    kin_buf_unref(f->buf);
    f->buf = buf;
    f->size = size;
    return KIN_OK;
}

int assembler_append(struct kin_jpeg_assembler *a, struct kin_span bytes)
{
    struct frame_in_progress *f = &a->frame;
    if (bytes.n > a->max_bytes || f->len - f->scan_at > a->max_bytes - bytes.n)
        return KIN_ELIMIT;
    int err = assembler_reserve(a, bytes.n + ASSEMBLER_EOI_BYTES);
    if (err != KIN_OK)
        return err;
    if (bytes.n > 0)
        memcpy(f->buf->data + f->len, bytes.p, bytes.n);
    f->len += bytes.n;
    return KIN_OK;
}

void assembler_spoil_frame(struct kin_jpeg_assembler *a, uint64_t ts)
{
    a->frame.state = FRAME_SPOILED;
    a->frame.ts = ts;
    a->frame.len = 0;
    a->stats.partial++;
    a->partial_before++;
    a->partial_ts = ts;
}

static void drop_oldest(struct kin_jpeg_assembler *a)
{
    kin_buf_unref(a->ready[0].jpeg);
    a->ready_count--;
    memmove(a->ready, a->ready + 1, a->ready_count * sizeof a->ready[0]);
}

void assembler_finish_frame(struct kin_jpeg_assembler *a, uint16_t width, uint16_t height)
{
    struct frame_in_progress *f = &a->frame;
    if (a->ready_count == KIN_JPEG_READY_MAX)
        drop_oldest(a);
    f->buf->len = f->len;
    a->ready[a->ready_count++] = (struct kin_jpeg_frame){
        .jpeg = f->buf,
        .width = width,
        .height = height,
        .ts = f->ts,
        .seq = f->seq,
        .first_at = f->first_at,
        .last_at = f->last_at,
        .packets = f->packets,
        .partial_before = a->partial_before,
        .new_source = a->new_source,
    };
    a->stats.complete++;
    a->stats.bytes += f->len;
    a->last_bytes = f->len;
    a->partial_before = 0;
    a->new_source = false;
    a->settled = true;
    a->frame = (struct frame_in_progress){.state = FRAME_NONE};
}
