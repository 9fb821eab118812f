// How one JPEG goes out as RTP: cuts it into packets of equal length and writes their payload headers.
//
// Body bytes are those of the scan followed by EOI. Since every packet but the first and the last carries the same
// number of them, a packet's place follows from its number and nothing but the headers is stored.
#include "engine/rtp_plan.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/wr.h"
#include "jpeg/markers.h"
#include "jpeg/tables.h"
#include "proto/rtp.h"
#include "proto/rtp_jpeg.h"

#define Q_TABLES_IN_BAND 255
#define RESTART_COUNT_NONE 0xffff // F=1 L=1 count=0x3FFF: fragments not cut at restart markers (section 3.1.7)
#define BODY_MAX (KIN_RTP_JPEG_OFFSET_MAX + 1u)
#define PACKET_MAX 65000u

static const uint8_t eoi[2] = {0xff, KIN_JPEG_EOI};

struct kin_rtp_plan {
    atomic_uint refs;
    struct kin_buf *jpeg;
    struct kin_span in_file; // body bytes that lie in the file
    size_t body;             // all body bytes: in_file and, if the file has none, EOI
    size_t first_body;       // body bytes of packet 0 ...
    size_t rest_body;        // ... and of each following one but the last
    size_t first_head, rest_head;
    bool mark_single; // M also on a frame's only packet
    unsigned count;
    size_t heads_bytes;
    uint8_t heads[]; // of packet 0, 1, 2 ...
};

static unsigned packets_for(size_t body, size_t first, size_t rest)
{
    return body <= first ? 1 : 1 + (unsigned)((body - first + rest - 1) / rest);
}

static struct kin_rtp_plan *plan_new(struct kin_buf *jpeg, size_t heads_bytes)
{
    struct kin_rtp_plan *p = (struct kin_rtp_plan *)malloc(sizeof *p + heads_bytes);
    if (p == NULL)
        return NULL;
    *p = (struct kin_rtp_plan){.jpeg = kin_buf_ref(jpeg), .heads_bytes = heads_bytes};
    atomic_init(&p->refs, 1);
    return p;
}

static bool lies_within(struct kin_span s, const struct kin_buf *jpeg)
{
    const uint8_t *end = jpeg->data + jpeg->len;
    return s.n > 0 && s.p >= jpeg->data && s.p <= end && s.n <= (size_t)(end - s.p);
}

// The scan and the EOI behind it, if it is there.
static struct kin_span body_in_file(const struct kin_buf *jpeg, struct kin_span scan)
{
    struct kin_span rest = kin_span_skip(kin_buf_span(jpeg), (size_t)(scan.p - jpeg->data) + scan.n);
    bool has_eoi = rest.n >= sizeof eoi && memcmp(rest.p, eoi, sizeof eoi) == 0;
    return kin_span_make(scan.p, scan.n + (has_eoi ? sizeof eoi : 0));
}

static void write_heads(struct kin_rtp_plan *p, const struct kin_jpeg_rtp *rtp)
{
    uint8_t tables[2 * KIN_JPEG_QUANT_BYTES];
    struct kin_wr w = kin_wr_init(p->heads, p->heads_bytes);
    memcpy(tables, rtp->quant[0].p, KIN_JPEG_QUANT_BYTES);
    memcpy(tables + KIN_JPEG_QUANT_BYTES, rtp->quant[1].p, KIN_JPEG_QUANT_BYTES);
    struct kin_rtp_jpeg h = {.type = rtp->type,
                             .q = Q_TABLES_IN_BAND,
                             .width = rtp->width,
                             .height = rtp->height,
                             .has_restart = rtp->restart_interval > 0,
                             .restart_interval = rtp->restart_interval,
                             .restart_count = RESTART_COUNT_NONE,
                             .has_quant = true,
                             .tables = kin_span_make(tables, sizeof tables)};
    for (unsigned i = 0; i < p->count; i++) {
        kin_rtp_jpeg_write(&w, &h);
        h.offset = (uint32_t)(p->first_body + (size_t)i * p->rest_body);
        h.has_quant = false;
    }
}

int kin_rtp_plan_jpeg(struct kin_buf *jpeg, const struct kin_jpeg_rtp *rtp, size_t packet_bytes,
                      struct kin_rtp_plan **ret)
{
    bool tables = rtp->quant[0].n == KIN_JPEG_QUANT_BYTES && rtp->quant[1].n == KIN_JPEG_QUANT_BYTES;
    if (packet_bytes < KIN_RTP_PLAN_PACKET_MIN || packet_bytes > PACKET_MAX || !tables || !lies_within(rtp->scan, jpeg))
        return KIN_EINVAL;
    struct kin_span in_file = body_in_file(jpeg, rtp->scan);
    size_t body = rtp->scan.n + sizeof eoi;
    if (body > BODY_MAX)
        return KIN_EINVAL;
    size_t rest_head = KIN_RTP_JPEG_HEADER_BYTES + (rtp->restart_interval > 0 ? KIN_RTP_JPEG_RESTART_BYTES : 0u);
    size_t first_head = rest_head + KIN_RTP_JPEG_QUANT_BYTES + 2 * KIN_JPEG_QUANT_BYTES;
    size_t room = packet_bytes - KIN_RTP_HEADER_BYTES;
    unsigned count = packets_for(body, room - first_head, room - rest_head);
    struct kin_rtp_plan *p = plan_new(jpeg, first_head + (count - 1) * rest_head);
    if (p == NULL)
        return KIN_ENOMEM;
    p->in_file = in_file;
    p->body = body;
    p->first_body = room - first_head;
    p->rest_body = room - rest_head;
    p->first_head = first_head;
    p->rest_head = rest_head;
    p->mark_single = true;
    p->count = count;
    write_heads(p, rtp);
    *ret = p;
    return KIN_OK;
}

int kin_rtp_plan_lab(struct kin_buf *jpeg, struct kin_rtp_plan **ret)
{
    bool whole = jpeg->len <= KIN_RTP_PLAN_DATAGRAM - KIN_RTP_HEADER_BYTES;
    size_t chunk = whole ? jpeg->len : KIN_RTP_PLAN_LAB_CHUNK;
    struct kin_rtp_plan *p = plan_new(jpeg, 0);
    if (p == NULL)
        return KIN_ENOMEM;
    p->in_file = kin_buf_span(jpeg);
    p->body = jpeg->len;
    p->first_body = chunk;
    p->rest_body = chunk;
    p->count = packets_for(p->body, chunk, chunk);
    *ret = p;
    return KIN_OK;
}

struct kin_rtp_plan *kin_rtp_plan_ref(struct kin_rtp_plan *plan)
{
    atomic_fetch_add_explicit(&plan->refs, 1, memory_order_relaxed);
    return plan;
}

void kin_rtp_plan_unref(struct kin_rtp_plan *plan)
{
    if (plan == NULL || atomic_fetch_sub_explicit(&plan->refs, 1, memory_order_acq_rel) != 1)
        return;
    kin_buf_unref(plan->jpeg);
    free(plan);
}

static struct kin_span head_of(const struct kin_rtp_plan *p, unsigned i)
{
    if (i == 0)
        return kin_span_make(p->heads, p->first_head);
    return kin_span_make(p->heads + p->first_head + (i - 1) * p->rest_head, p->rest_head);
}

struct kin_rtp_plan_packet kin_rtp_plan_packet(const struct kin_rtp_plan *p, unsigned i)
{
    size_t from = i == 0 ? 0 : p->first_body + (i - 1) * p->rest_body;
    size_t to = p->first_body + i * p->rest_body;
    if (to > p->body)
        to = p->body;
    size_t in_file_to = to < p->in_file.n ? to : p->in_file.n;
    struct kin_rtp_plan_packet packet = {.head = head_of(p, i), .marker = i + 1 == p->count};
    if (from < in_file_to)
        packet.body = kin_span_make(p->in_file.p + from, in_file_to - from);
    if (to > p->in_file.n) {
        size_t tail_from = from > p->in_file.n ? from - p->in_file.n : 0;
        packet.tail = kin_span_make(eoi + tail_from, to - p->in_file.n - tail_from);
    }
    if (p->count == 1)
        packet.marker = p->mark_single;
    return packet;
}

unsigned kin_rtp_plan_count(const struct kin_rtp_plan *plan)
{
    return plan->count;
}

struct kin_buf *kin_rtp_plan_jpeg_buf(const struct kin_rtp_plan *plan)
{
    return plan->jpeg;
}

size_t kin_rtp_plan_memory(const struct kin_rtp_plan *plan)
{
    return sizeof *plan + plan->heads_bytes + plan->jpeg->len;
}
