// A plan's packets: cuts a body into pieces of equal length and finds a piece by its number.
//
// Where every packet but the first and the last carries the same number of body bytes, a packet's place follows from
// its number and nothing but the headers is stored.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/rtp_plan_internal.h"
#include "jpeg/markers.h"
#include "proto/rtp.h"

static const uint8_t eoi[2] = {0xff, KIN_JPEG_EOI};

unsigned plan_packets_for(const struct plan_shape *s)
{
    return s->body <= s->first_body ? 1 : 1 + (unsigned)((s->body - s->first_body + s->rest_body - 1) / s->rest_body);
}

int plan_divide(struct plan_shape *shape, size_t packet_bytes)
{
    if (packet_bytes < KIN_RTP_PLAN_PACKET_MIN || packet_bytes > PLAN_PACKET_MAX)
        return KIN_EINVAL;
    size_t room = packet_bytes - KIN_RTP_HEADER_BYTES;
    if (shape->first_head >= room || shape->first_head > KIN_RTP_PLAN_HEAD_MAX)
        return KIN_EINVAL;
    shape->first_body = room - shape->first_head;
    shape->rest_body = room - shape->rest_head;
    return KIN_OK;
}

struct kin_rtp_plan *plan_new(struct kin_buf *jpeg, const struct plan_shape *shape)
{
    unsigned count = shape->chunks != NULL ? shape->chunk_count : plan_packets_for(shape);
    size_t heads_bytes = shape->first_head + (count - 1) * shape->rest_head;
    struct kin_rtp_plan *p = malloc(sizeof *p + heads_bytes);
    if (p == NULL)
        return NULL;
    *p = (struct kin_rtp_plan){.jpeg = kin_buf_ref(jpeg), .shape = *shape, .count = count, .heads_bytes = heads_bytes};
    return p;
}

void kin_rtp_plan_free(struct kin_rtp_plan *plan)
{
    if (plan == NULL)
        return;
    kin_buf_unref(plan->jpeg);
    free(plan->shape.chunks);
    free(plan);
}

static struct kin_span head_of(const struct kin_rtp_plan *p, unsigned i)
{
    const struct plan_shape *s = &p->shape;
    if (i == 0)
        return kin_span_make(p->heads, s->first_head);
    return kin_span_make(p->heads + s->first_head + (i - 1) * s->rest_head, s->rest_head);
}

size_t plan_body_at(const struct kin_rtp_plan *p, unsigned i)
{
    const struct plan_shape *s = &p->shape;
    if (i == 0 || i >= p->count)
        return i == 0 ? 0 : s->body;
    return s->chunks != NULL ? s->chunks[i].at : s->first_body + (i - 1) * s->rest_body;
}

struct kin_rtp_plan_packet kin_rtp_plan_packet(const struct kin_rtp_plan *p, unsigned i)
{
    const struct plan_shape *s = &p->shape;
    size_t from = plan_body_at(p, i), to = plan_body_at(p, i + 1);
    size_t in_file_to = to < s->in_file.n ? to : s->in_file.n;
    struct kin_rtp_plan_packet packet = {
        .head = head_of(p, i), .extension = i == 0 ? s->extension : 0, .marker = i + 1 == p->count};
    if (from < in_file_to)
        packet.body = kin_span_make(s->in_file.p + from, in_file_to - from);
    if (to > s->in_file.n) {
        size_t tail_from = from > s->in_file.n ? from - s->in_file.n : 0;
        packet.tail = kin_span_make(eoi + tail_from, to - s->in_file.n - tail_from);
    }
    return packet;
}

unsigned kin_rtp_plan_count(const struct kin_rtp_plan *plan)
{
    return plan->count;
}

size_t kin_rtp_plan_bytes(const struct kin_rtp_plan *plan)
{
    return plan->shape.body;
}

size_t kin_rtp_plan_memory(const struct kin_rtp_plan *plan)
{
    return sizeof *plan + plan->heads_bytes + plan->shape.chunk_count * sizeof(struct plan_chunk);
}
