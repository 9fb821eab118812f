// What was sent while nobody was there to receive it, and never came: no fault of the network.
#include "engine/rtp/rtp_receiver_internal.h"

bool rtp_is_missed(const struct kin_rtp_receiver *r, uint64_t seq)
{
    return seq >= r->missed.from && seq < r->missed.to;
}

bool rtp_was_away(const struct kin_rtp_receiver *r)
{
    return r->source.newest_at < r->missed.until;
}

uint64_t rtp_lost_of(const struct kin_rtp_receiver *r, uint64_t from, uint64_t to)
{
    uint64_t first = from > r->missed.from ? from : r->missed.from;
    uint64_t end = to < r->missed.to ? to : r->missed.to;
    return to - from - (end > first ? end - first : 0);
}

void rtp_miss(struct kin_rtp_receiver *r, uint64_t to)
{
    struct rtp_source *s = &r->source;
    if (!rtp_was_away(r) || s->max_seq + 1 >= to)
        return;
    s->missed += to - s->max_seq - 1;
    r->stats.missed += to - s->max_seq - 1;
    r->missed.to = to;
}

void kin_rtp_receiver_missed(struct kin_rtp_receiver *r, kin_us now)
{
    const struct rtp_source *s = &r->source;
    bool open = r->missed.to > s->next_seq; // an earlier gap is still waited for
    r->missed.until = now + KIN_RTP_MISSED_US;
    if (!open)
        r->missed.from = r->missed.to = s->max_seq + 1;
}
