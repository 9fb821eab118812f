// Where a source is after an outage. 16-bit sequence numbers wrap during a long one; but timestamps advance with the
// clock, and sender reports count every packet (RFC 3550 sections 5.1 and 6.4.1).
#include <math.h>

#include "base/seq.h"
#include "engine/rtp/rtp_receiver_internal.h"

#define OUTAGE_US KIN_US_PER_S               // a shorter silence cannot hide a wrap
#define SPEED_MAX 4                          // times that media may run faster than the clock
#define SLACK_US KIN_US_PER_S                // of bursts and of clocks that differ
#define PACE_MIN_TS 45000                    // media time after which the pace is known
#define PACE_STEP_TS INT64_C(900000)         // a longer step between two packets does not count for the pace
#define PACE_FACTOR 4                        // by which a stretch may take more or fewer packets than the pace says
#define MISORDER_US (200 * KIN_US_PER_MS)    // by which packets may be overtaken
#define COUNT_SLACK 8192                     // packets under way or duplicated between two sender reports
#define TAIL_MIN_TS 9000                     // media time after which the pace limits what a report may claim
#define TAIL_RATE_MAX 50000                  // packets per second allowed until then
#define TAIL_MARGIN_US (100 * KIN_US_PER_MS) // by which a report may be later than what it counts
#define START_RATE_MAX (SEQ_WRAP / 2)        // packets per second before the first one that comes

// Is the packet's timestamp plausible after the silence before it?
static bool fits_clock(const struct rtp_source *s, const struct kin_rtp_packet *p, kin_us at)
{
    int64_t ticks = kin_ts_diff(p->h.ts, s->newest_ts);
    kin_us silence = kin_us_max(at - s->newest_at, 0);
    return ticks > 0 && kin_us_from_ts(ticks) <= SPEED_MAX * silence + SLACK_US;
}

// Packets that a stretch of media takes at the pace so far; pace.ticks > 0.
static double at_pace(const struct rtp_source *s, int64_t ticks)
{
    return (double)ticks * (double)s->pace.packets / (double)s->pace.ticks;
}

// Packets expected from the newest one to p. Negative: unknown.
static double expected_packets(const struct rtp_source *s, const struct kin_rtp_packet *p)
{
    if (s->pace.ticks < PACE_MIN_TS)
        return -1;
    return at_pace(s, kin_ts_diff(p->h.ts, s->newest_ts));
}

// How far p is ahead of the newest packet, with as many wraps of the number as its timestamp makes likely.
static uint64_t distance(const struct rtp_source *s, const struct kin_rtp_packet *p)
{
    uint16_t by_number = (uint16_t)(p->h.seq - (uint16_t)s->max_seq);
    double wraps = floor((expected_packets(s, p) - by_number) / (double)SEQ_WRAP + 0.5);
    return by_number + (wraps > 0 ? (uint64_t)wraps * (uint64_t)SEQ_WRAP : 0);
}

static bool fits_pace(const struct rtp_source *s, const struct kin_rtp_packet *p, uint64_t packets)
{
    double expected = expected_packets(s, p);
    if (expected < 0)
        return true;
    return (double)packets <= PACE_FACTOR * expected + KIN_RTP_MAX_DROPOUT &&
           (double)packets >= expected / PACE_FACTOR - KIN_RTP_MAX_DROPOUT;
}

static bool same_source(const struct kin_rtp_receiver *r, const struct kin_rtp_packet *p)
{
    return r->source.valid && p->h.ssrc == r->source.ssrc && !r->options.shared_seq && !r->start.pending;
}

uint64_t rtp_extend(const struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, kin_us at)
{
    const struct rtp_source *s = &r->source;
    if (same_source(r, p) && at - s->newest_at >= OUTAGE_US && fits_clock(s, p, at))
        return s->max_seq + distance(s, p);
    return kin_seq_extend(s->max_seq, p->h.seq);
}

bool rtp_continues(const struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, kin_us at, uint64_t *ret_seq)
{
    const struct rtp_source *s = &r->source;
    if (!same_source(r, p) || !fits_clock(s, p, at) || !fits_pace(s, p, distance(s, p)))
        return false;
    *ret_seq = s->max_seq + distance(s, p);
    return true;
}

void rtp_note_pace(struct rtp_source *s, const struct kin_rtp_packet *p, uint64_t seq, kin_us at)
{
    int64_t ticks = kin_ts_diff(p->h.ts, s->newest_ts);
    s->count.doubted = s->count.doubted || at - s->newest_at >= OUTAGE_US;
    if (ticks < 0 || ticks > PACE_STEP_TS)
        return;
    s->pace.packets += seq - s->max_seq;
    s->pace.ticks += ticks;
    if (ticks > 0)
        s->pace.step = ticks;
}

// The most packets that a stretch of media takes: by the pace so far, or by TAIL_RATE_MAX before that is known.
static uint64_t packets_in(const struct rtp_source *s, int64_t ticks)
{
    if (s->pace.ticks < TAIL_MIN_TS)
        return (uint64_t)(kin_us_from_ts(ticks) * TAIL_RATE_MAX / KIN_US_PER_S);
    return (uint64_t)at_pace(s, ticks);
}

bool rtp_is_outage(const struct rtp_source *s, uint64_t packets)
{
    return s->pace.ticks >= PACE_MIN_TS && (double)packets > at_pace(s, kin_ts_from_us(KIN_NACK_WAIT_MAX_US));
}

uint64_t rtp_misorder(const struct kin_rtp_receiver *r)
{
    int64_t ticks = kin_ts_from_us(MISORDER_US) * r->speed_milli / 1000;
    double most = r->source.pace.ticks > 0 ? at_pace(&r->source, ticks) : 0;
    return most > KIN_RTP_MAX_MISORDER ? (uint64_t)most : KIN_RTP_MAX_MISORDER;
}

uint64_t rtp_most_behind(const struct rtp_source *s, kin_us at, uint32_t rtp_ts)
{
    int64_t by_clock = kin_ts_from_us(at - s->newest_at), by_stream = kin_ts_diff(rtp_ts, s->newest_ts);
    int64_t ticks = by_clock < by_stream ? by_clock : by_stream;
    int64_t most = PACE_FACTOR * (ticks > 0 ? ticks : 0) + kin_ts_from_us(TAIL_MARGIN_US) + s->pace.step;
    return KIN_RTP_TAIL_SLACK + packets_in(s, most);
}

// Corrects the extended numbers since the last sender report, which were wrong by this many wraps.
static void shift(struct kin_rtp_receiver *r, int64_t wraps)
{
    struct rtp_source *s = &r->source;
    bool gap_is_open = s->max_seq - s->next_seq > (uint64_t)SEQ_WRAP / 2 && s->max_seq > s->next_seq;
    bool away = r->missed.to > s->count.seq; // the doubt is about what was sent while nobody was there
    uint64_t by = (uint64_t)(wraps * SEQ_WRAP);
    rtp_queue_shift(&r->queue, wraps * SEQ_WRAP);
    kin_nack_clear(&r->nack);
    rtp_parity_clear(r);
    s->max_seq += by;
    if (away) {
        r->missed.to += by;
        r->stats.missed += by;
        s->missed += by;
    }
    if (gap_is_open) // it will be counted when it is given up
        return;
    s->next_seq += by;
    if (!away)
        r->stats.lost = wraps < 0 && r->stats.lost < 0 - by ? 0 : r->stats.lost + by;
}

void rtp_check_count(struct kin_rtp_receiver *r, kin_us at, const struct kin_rtcp_sr *sr)
{
    struct rtp_source *s = &r->source;
    if (at - s->newest_at >= OUTAGE_US)
        return; // the packets that it counts have not come yet
    int64_t moved = (int64_t)(s->max_seq - s->count.seq);
    int64_t sent = kin_ts_diff(sr->packets, s->count.packets);
    double wraps = floor((double)(sent - moved) / (double)SEQ_WRAP + 0.5);
    double rest = (double)(sent - moved) - wraps * (double)SEQ_WRAP;
    bool plausible = sent >= 0 &&
                     (uint64_t)sent <= packets_in(s, PACE_FACTOR * kin_ts_from_us(at - s->count.at + SLACK_US));
    if (s->count.known && s->count.doubted && plausible && wraps != 0 && fabs(rest) <= COUNT_SLACK &&
        moved + (int64_t)wraps * SEQ_WRAP >= 0)
        shift(r, (int64_t)wraps);
    s->count.known = true;
    s->count.doubted = false;
    s->count.packets = sr->packets;
    s->count.seq = s->max_seq;
    s->count.at = at;
}

// Does RTP-Info place the run, in a stream where that means something?
static bool is_placed(const struct kin_rtp_receiver *r, const struct kin_rtp_run *run)
{
    return run->has_seq && run->has_rtptime && !r->options.shared_seq && !r->options.in_order;
}

uint64_t rtp_missing_before(const struct kin_rtp_receiver *r, const struct kin_rtp_run *run,
                            const struct kin_rtp_header *first, kin_us since)
{
    uint16_t missing = (uint16_t)(first->seq - run->seq);
    int64_t ticks = kin_ts_diff(first->ts, run->rtptime);
    if (!is_placed(r, run) || ticks < 0 || kin_us_from_ts(ticks) > SPEED_MAX * kin_us_max(since, 0) + SLACK_US)
        return 0;
    int64_t likely = KIN_RTP_MAX_DROPOUT + kin_us_from_ts(ticks) * START_RATE_MAX / KIN_US_PER_S;
    if (ticks < kin_ts_from_us(SLACK_US) && missing >= likely)
        return 0; // the packet is from before the run, or numbered otherwise
    return missing;
}

// Does the run continue the numbering of the source? Its first number is then ahead by about as many packets as the
// media between take. Wraps are not considered: the sender may have been silent.
static bool goes_on(const struct rtp_source *s, const struct kin_rtp_run *run, kin_us silence, uint16_t missing)
{
    int64_t ticks = kin_ts_diff(run->rtptime, (uint32_t)s->last_ts);
    if (s->pace.ticks < PACE_MIN_TS || ticks < 0 || kin_us_from_ts(ticks) > SPEED_MAX * silence + SLACK_US)
        return false;
    double expected = at_pace(s, ticks), frame = at_pace(s, s->pace.step);
    return missing <= PACE_FACTOR * expected + frame && missing >= (expected - frame) / PACE_FACTOR - frame;
}

bool rtp_give_up_to(struct kin_rtp_receiver *r, const struct kin_rtp_run *run, kin_us now, kin_us run_before)
{
    struct rtp_source *s = &r->source;
    uint16_t missing = (uint16_t)(run->seq - (uint16_t)s->next_seq);
    const struct rtp_held *head = rtp_queue_head(&r->queue); // packets of the run may come before the reply
    kin_us end = head != NULL ? head->at : now;
    uint64_t room = head != NULL ? head->seq - s->next_seq : UINT16_MAX;
    if (!s->valid || s->last_ts == 0 || !is_placed(r, run) || missing == 0 || missing > room)
        return false;
    if (end - kin_us_max(s->last_at, run_before) < KIN_RTP_TAIL_GRACE_US || !goes_on(s, run, end - s->last_at, missing))
        return false;
    s->given_up = s->given_up > 0 ? s->given_up : s->next_seq;
    uint64_t from = s->next_seq;
    s->next_seq += missing;
    kin_nack_passed(&r->nack, s->next_seq);
    if (s->max_seq < s->next_seq) {
        rtp_miss(r, s->next_seq);
        r->missed.until = 0; // the run was asked for after the return
        rtp_advance(s, s->next_seq - 1);
        s->newest_ts = run->rtptime - (uint32_t)s->pace.step;
        s->count.doubted = true;
    }
    s->last_ts = kin_ts_extend(s->last_ts, run->rtptime - (uint32_t)s->pace.step);
    r->stats.lost += rtp_lost_of(r, from, s->next_seq);
    return true;
}
