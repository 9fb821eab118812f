// Packets that are lost and brought back by parity (RFC 8627).
#include "base/err.h"
#include "engine/rtp/rtp_receiver_internal.h"

#define PARITY_WAIT_MAX_US                                                                                             \
    (150 * KIN_US_PER_MS) // of a reel with few frames a second, whose packets come closer together

bool rtp_parity_came(struct kin_rtp_receiver *r, uint64_t seq, struct kin_span bytes)
{
    return r->fec != NULL && kin_fec_receiver_came(r->fec, seq, bytes);
}

void rtp_parity_clear(struct kin_rtp_receiver *r)
{
    if (r->fec != NULL)
        kin_fec_receiver_clear(r->fec);
}

// What was handed on without it is of use to other packets only.
static bool is_wanted(const struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, uint64_t seq)
{
    const struct rtp_source *s = &r->source;
    return p->h.payload_type == r->options.payload_type && seq >= s->next_seq &&
           (seq > s->max_seq || !rtp_has_come(s, seq));
}

void rtp_parity_rebuild(struct kin_rtp_receiver *r, kin_us at)
{
    struct kin_span bytes;
    struct kin_rtp_packet p;
    uint64_t seq;
    while (r->fec != NULL && kin_fec_receiver_next(r->fec, &seq, &bytes))
        if (kin_rtp_parse(bytes, &p) == KIN_OK && is_wanted(r, &p, seq))
            rtp_feed_source(r, at, bytes, &p, seq, RTP_REBUILT);
}

// The parity of a frame follows its packets, before those of the next frame.
static void note_wait(struct kin_rtp_receiver *r)
{
    kin_us interval = kin_muldiv(kin_us_from_ts(r->source.pace.step), 1000, r->speed_milli);
    r->parity_wait = PARITY_WAIT_MAX_US;
    if (interval > 0)
        r->parity_wait = kin_us_min(interval + KIN_RTP_REORDERED_US, PARITY_WAIT_MAX_US);
    kin_nack_set_parity(&r->nack, r->parity_wait);
}

void rtp_parity_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes)
{
    r->stats.parity++;
    r->stats.parity_bytes += bytes.n;
    if (!r->source.valid)
        return; // parity of what was not received
    if (kin_fec_receiver_feed(r->fec, r->source.ssrc, bytes) != KIN_OK) {
        r->stats.invalid++;
        return;
    }
    note_wait(r);
    rtp_parity_rebuild(r, at);
}
