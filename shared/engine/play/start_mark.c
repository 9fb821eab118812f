// How much must be there before the picture moves, by what the network did so far.
#include "engine/play/start_mark.h"

#define ENOUGH 16  // frames, after which the round trip says no more about the jitter
#define RTT_PART 4 // the jitter is taken for this part of the round trip before
#define RISE 256   // part of the difference by which `earliest` follows a frame that came later
#define FALL 512   // part of `late` that is forgotten with each frame
#define INTERVAL_DEFAULT (KIN_US_PER_S / 25)
#define HALVINGS_MAX 32

void kin_start_mark_init(struct kin_start_mark *m, unsigned fixed)
{
    *m = (struct kin_start_mark){.fixed = fixed};
}

void kin_start_mark_restart(struct kin_start_mark *m)
{
    m->has_earliest = false;
}

void kin_start_mark_frame(struct kin_start_mark *m, kin_us at, int64_t ts, int32_t speed_milli)
{
    kin_us transit = at - kin_us_from_ts(ts) * 1000 / speed_milli;
    if (!m->has_earliest || transit < m->earliest)
        m->earliest = transit;
    m->has_earliest = true;
    kin_us late = transit - m->earliest;
    m->earliest += late / RISE;
    m->late = kin_us_max(kin_us_min(late, KIN_START_MARK_MAX_US), m->late - m->late / FALL);
    m->measured += m->measured < ENOUGH;
}

static kin_us allowance(const struct kin_start_mark *m, kin_us now)
{
    kin_us halvings = kin_us_max(now - m->allowance_at, 0) / KIN_START_MARK_FORGET_US;
    return halvings < HALVINGS_MAX ? m->allowance >> halvings : 0;
}

void kin_start_mark_underrun(struct kin_start_mark *m, kin_us now)
{
    kin_us doubled = kin_us_max(2 * allowance(m, now), KIN_START_MARK_FIRST_US);
    m->allowance = kin_us_min(doubled, KIN_START_MARK_MAX_US);
    m->allowance_at = now;
}

kin_us kin_start_mark_margin(const struct kin_start_mark *m, kin_us now, const struct kin_start_mark_facts *facts)
{
    kin_us guess = m->measured < ENOUGH ? kin_us_max(facts->rtt, 0) / RTT_PART : 0;
    kin_us jitter = kin_us_max(m->late + m->late / 4, guess);
    kin_us sum = kin_us_max(jitter, KIN_START_MARK_MIN_US) + allowance(m, now);
    kin_us loss = facts->lossy ? facts->repair_us + kin_us_max(facts->interval, 0) : 0;
    return kin_us_min(kin_us_max(sum + loss, facts->again_us), KIN_START_MARK_MAX_US);
}

struct kin_start_mark_level kin_start_mark_level(const struct kin_start_mark *m, kin_us now,
                                                 const struct kin_start_mark_facts *facts)
{
    unsigned target = facts->target > 0 ? facts->target : 1;
    if (m->fixed > 0)
        return (struct kin_start_mark_level){m->fixed < target ? m->fixed : target, KIN_START_MARK_MAX_US};
    kin_us interval = facts->interval > 0 ? facts->interval : INTERVAL_DEFAULT;
    kin_us wait = kin_start_mark_margin(m, now, facts);
    kin_us frames = 1 + (wait + interval - 1) / interval;
    return (struct kin_start_mark_level){frames < target ? (unsigned)frames : target, wait};
}
