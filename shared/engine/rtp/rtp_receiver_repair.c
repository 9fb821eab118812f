// Packets that are lost and asked for again (RFC 4585), and retransmissions that come (RFC 4588).
#include "base/err.h"
#include "base/seq.h"
#include "engine/rtp/rtp_receiver_internal.h"
#include "proto/rtcp_fb.h"

void kin_rtp_receiver_set_clock(struct kin_rtp_receiver *r, const struct kin_nack_clock *clock)
{
    kin_nack_set_clock(&r->nack, clock);
}

void rtp_repair_missing(struct kin_rtp_receiver *r, kin_us now, uint64_t from, uint64_t to, uint32_t ts)
{
    if (r->options.repair != KIN_RTP_REPAIR_NONE && !rtp_is_missed(r, from) && !rtp_is_outage(&r->source, to - from))
        kin_nack_missing(&r->nack, now, from, to, ts);
}

void rtp_repair_tail(struct kin_rtp_receiver *r, kin_us now, bool ended)
{
    struct rtp_source *s = &r->source;
    if (!s->valid || r->options.repair == KIN_RTP_REPAIR_NONE || rtp_was_away(r))
        return;
    if (ended)
        kin_rtp_tail_settle(&s->tail, rtp_accounted(r));
    uint64_t end = s->base_seq + rtp_accounted(r) + kin_rtp_tail_missing(&s->tail, rtp_accounted(r));
    if (end > s->max_seq + 1)
        rtp_repair_missing(r, now, s->max_seq + 1, end, s->newest_ts);
}

kin_us kin_rtp_receiver_repaired_at(const struct kin_rtp_receiver *r)
{
    return kin_nack_until_all(&r->nack);
}

kin_us kin_rtp_receiver_repair_us(const struct kin_rtp_receiver *r, kin_us rtt)
{
    const struct kin_nack *n = &r->nack;
    if (r->options.repair == KIN_RTP_REPAIR_NONE || r->parity_wait > 0) // few are left to ask for
        return r->parity_wait;
    return n->reorder + KIN_NACK_SPACING_US + (n->answered ? n->rtt + 2 * n->variance : rtt);
}

// Only what was asked for is believed, so that nobody can put pictures in by guessing.
void rtp_repair_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes)
{
    struct kin_rtp_header of = {.payload_type = r->options.payload_type, .ssrc = r->source.ssrc};
    struct kin_rtp_packet p;
    size_t n = r->source.valid ? kin_rtp_rtx_restore(bytes, &of, r->again, sizeof r->again) : 0;
    if (n == 0 || kin_rtp_parse(kin_span_make(r->again, n), &p) != KIN_OK) {
        r->stats.invalid++;
        return;
    }
    uint64_t seq = kin_seq_extend(r->source.max_seq, p.h.seq);
    r->stats.retransmitted++;
    r->stats.retransmitted_bytes += bytes.n;
    if (kin_nack_was_asked(&r->nack, seq))
        rtp_feed_source(r, at, kin_span_make(r->again, n), &p, seq, RTP_AGAIN);
    else
        kin_nack_answered(&r->nack);
    rtp_parity_rebuild(r, at);
}

kin_us rtp_repair_until(const struct kin_rtp_receiver *r)
{
    kin_us until = kin_nack_until(&r->nack, r->source.next_seq);
    return until != KIN_US_NEVER ? until : r->gap_since + kin_us_max(r->options.reorder_wait, r->parity_wait);
}

bool rtp_repair_is_full(const struct kin_rtp_receiver *r)
{
    bool repairs = r->options.repair != KIN_RTP_REPAIR_NONE || r->fec != NULL;
    return r->queue.count > (repairs ? KIN_RTP_REPAIR_PACKETS : KIN_RTP_REORDER_PACKETS) ||
           r->queue.bytes > (repairs ? KIN_RTP_REPAIR_BYTES : KIN_RTP_REORDER_BYTES);
}

// A compound packet begins with a report (RFC 3550 section 6.1); an empty one does, between those that are due.
bool rtp_repair_output(struct kin_rtp_receiver *r, kin_us now, struct kin_wr *w)
{
    uint16_t seqs[KIN_RTCP_NACK_PACKETS_MAX];
    unsigned n = r->source.valid ? kin_nack_output(&r->nack, now, seqs, KIN_RTCP_NACK_PACKETS_MAX) : 0;
    if (n == 0)
        return false;
    kin_rtcp_write_rr(w, r->options.ssrc, NULL, 0);
    kin_rtcp_write_sdes(w, r->options.ssrc, kin_span_str(r->cname));
    kin_rtcp_write_nack(w, r->options.ssrc, r->source.ssrc, seqs, n);
    rtp_reports_hurry(r, now);
    return true;
}
