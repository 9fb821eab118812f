// When the packets of a frame leave.
#include "engine/rtp/pacer.h"

#include <limits.h>

static unsigned divide_up(unsigned a, unsigned b)
{
    return (a + b - 1) / b;
}

void kin_pacer_init(struct kin_pacer *p, kin_us start, unsigned percent)
{
    *p = (struct kin_pacer){.start = start, .percent = percent, .not_before = INT64_MIN};
}

void kin_pacer_spread(struct kin_pacer *p, bool whole)
{
    p->whole = whole;
}

void kin_pacer_move(struct kin_pacer *p, kin_us start)
{
    p->start = start;
}

kin_us kin_pacer_due(const struct kin_pacer *p, uint64_t ts)
{
    return kin_us_add(p->start, kin_us_from_ts(ts < INT64_MAX ? (int64_t)ts : INT64_MAX));
}

bool kin_pacer_behind(const struct kin_pacer *p, uint64_t next_ts, kin_us now)
{
    return now >= kin_us_add(kin_pacer_due(p, next_ts), KIN_PACER_PATIENCE_US);
}

// As few trains as the limit allows; larger ones when the window has no time for that many.
static void plan_trains(struct kin_pacer *p)
{
    unsigned fit = p->window >= KIN_PACER_GAP_US ? (unsigned)kin_us_min(p->window / KIN_PACER_GAP_US, UINT_MAX) : 1;
    unsigned wanted = divide_up(p->packets, KIN_PACER_TRAIN);
    p->trains = p->percent == 0 && !p->whole ? 1 : wanted < fit ? wanted : fit;
    p->train_max = divide_up(p->packets, p->trains);
}

// Packets in train number i; trains are as equal as possible.
static unsigned train_size(const struct kin_pacer *p, unsigned i)
{
    unsigned upto = (unsigned)((uint64_t)p->packets * (i + 1) / p->trains);
    return upto - (unsigned)((uint64_t)p->packets * i / p->trains);
}

// How many packets may leave without a gap between: one train, or a train of each frame that is due within a gap.
static uint64_t plan_burst(const struct kin_pacer *p, kin_us interval)
{
    uint64_t frames = interval > 0 ? 1 + (uint64_t)((KIN_PACER_GAP_US + KIN_PACER_LATE_US) / interval) : 1;
    uint64_t packets = frames * p->train_max;
    return packets > KIN_PACER_TRAIN ? packets : KIN_PACER_TRAIN;
}

void kin_pacer_begin(struct kin_pacer *p, uint64_t ts, uint64_t duration_ts, unsigned packets)
{
    p->due = kin_pacer_due(p, ts);
    kin_us interval = kin_us_max(kin_pacer_due(p, ts + duration_ts) - p->due, 0);
    p->window = p->whole ? interval : kin_muldiv(kin_us_min(interval, KIN_PACER_INTERVAL_MAX_US), p->percent, 100);
    p->packets = packets;
    p->sent = 0;
    p->train = 0;
    plan_trains(p);
    p->burst = plan_burst(p, interval);
    p->left = train_size(p, 0);
}

bool kin_pacer_done(const struct kin_pacer *p)
{
    return p->sent >= p->packets;
}

kin_us kin_pacer_deadline(const struct kin_pacer *p)
{
    kin_us planned = kin_us_add(p->due, kin_muldiv(p->window, p->train, p->trains));
    return p->recent + p->left <= p->burst ? planned : kin_us_max(planned, p->not_before);
}

unsigned kin_pacer_allowed(const struct kin_pacer *p, kin_us now)
{
    return kin_pacer_done(p) || now < kin_pacer_deadline(p) ? 0 : p->left;
}

void kin_pacer_sent(struct kin_pacer *p, unsigned n, kin_us now)
{
    p->sent += n;
    p->left -= n;
    if (p->left > 0)
        return; // the socket was full: the rest of this train may follow at once
    unsigned size = train_size(p, p->train);
    p->recent = now < p->not_before ? p->recent + size : size;
    p->not_before = kin_us_add(now, KIN_PACER_GAP_US);
    p->train++;
    if (p->train < p->trains)
        p->left = train_size(p, p->train);
}
