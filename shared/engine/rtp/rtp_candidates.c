// Who is believed, and when: packets that do not belong to the source are held, by SSRC, until one of them becomes the
// source (RFC 3550 appendix A.1).
#include "base/err.h"
#include "base/seq.h"
#include "engine/rtp/rtp_receiver_internal.h"

static void drop(struct kin_rtp_receiver *r, struct rtp_candidate *c)
{
    r->stats.invalid += c->queue.count;
    rtp_queue_clear(&c->queue);
    c->fresh = 0;
}

void rtp_candidates_forget(struct kin_rtp_receiver *r)
{
    for (size_t i = 0; i < CANDIDATES; i++)
        rtp_queue_clear(&r->candidates[i].queue);
    r->successor = NULL;
}

// Two packets in sequence make a source valid, if none of the present source came between them (RFC 3550 appendix A.1).
// Over an ordered transport one packet of an expected source is enough.
static bool is_validated(const struct kin_rtp_receiver *r, const struct rtp_candidate *c, uint64_t seq)
{
    bool expected = r->source.valid ? c->ssrc == r->source.ssrc : !r->options.has_announced;
    if (r->options.in_order && (expected || (r->options.has_announced && c->ssrc == r->options.announced)))
        return true;
    return c->fresh >= KIN_RTP_MIN_SEQUENTIAL &&
           (rtp_queue_has(&c->queue, seq - 1) || rtp_queue_has(&c->queue, seq + 1));
}

static bool begins_run(const struct kin_rtp_receiver *r, const struct rtp_candidate *c)
{
    return r->start.pending && r->start.run.has_seq && (uint16_t)rtp_queue_head(&c->queue)->seq == r->start.run.seq;
}

static kin_us probation_of(const struct kin_rtp_receiver *r, const struct rtp_candidate *c)
{
    bool announced = r->options.has_announced && c->ssrc == r->options.announced;
    bool named = announced || (r->reports.has_named && c->ssrc == r->reports.named);
    if (begins_run(r, c) || (named && r->options.in_order))
        return 0;
    return named ? r->options.reorder_wait : KIN_RTP_PROBATION_US;
}

kin_us rtp_candidate_valid_at(const struct kin_rtp_receiver *r, const struct rtp_candidate *c)
{
    bool awaited = !r->source.valid || r->start.pending;
    if (!awaited || c->fresh == 0 || c->queue.count == 0)
        return KIN_US_NEVER;
    return rtp_queue_oldest(&c->queue) + probation_of(r, c);
}

struct rtp_candidate *rtp_candidates_first(struct kin_rtp_receiver *r)
{
    struct rtp_candidate *first = &r->candidates[0];
    for (size_t i = 1; i < CANDIDATES; i++)
        if (rtp_candidate_valid_at(r, &r->candidates[i]) < rtp_candidate_valid_at(r, first))
            first = &r->candidates[i];
    return rtp_candidate_valid_at(r, first) < KIN_US_NEVER ? first : NULL;
}

// The candidate with this SSRC, else an empty one, else the one that has been quiet for longest.
static struct rtp_candidate *candidate_for(struct kin_rtp_receiver *r, uint32_t ssrc)
{
    struct rtp_candidate *best = &r->candidates[0];
    for (size_t i = 0; i < CANDIDATES; i++) {
        struct rtp_candidate *c = &r->candidates[i];
        if (c->queue.count > 0 && c->ssrc == ssrc)
            return c;
        if (best->queue.count > 0 && (c->queue.count == 0 || c->newest_at < best->newest_at))
            best = c;
    }
    return best;
}

void rtp_candidates_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes, const struct kin_rtp_packet *p)
{
    struct rtp_candidate *c = candidate_for(r, p->h.ssrc);
    uint64_t seq = kin_seq_extend(c->newest_seq, p->h.seq);
    uint64_t distance = seq > c->newest_seq ? seq - c->newest_seq : c->newest_seq - seq;
    bool stale = r->source.valid && at - c->newest_at > CANDIDATE_STALE_US;
    if (c->queue.count == 0 || c->ssrc != p->h.ssrc || distance > KIN_RTP_MAX_MISORDER || stale ||
        c->queue.count == CANDIDATE_PACKETS) {
        drop(r, c);
        c->ssrc = p->h.ssrc;
        seq = c->newest_seq = SEQ_EPOCH + p->h.seq;
        c->overtaken = c->doubled = 0;
    }
    if (!r->options.shared_seq && rtp_queue_has(&c->queue, seq)) {
        c->doubled++;
        return;
    }
    if (rtp_queue_insert(&c->queue, seq, at, bytes) != KIN_OK) {
        r->stats.discarded++;
        return;
    }
    c->fresh++;
    c->newest_at = at;
    c->overtaken += seq < c->newest_seq;
    if (seq > c->newest_seq)
        c->newest_seq = seq;
    if (is_validated(r, c, seq))
        r->successor = c;
}
