// Packets missing after the newest one, by the packet count of sender reports.
#include "engine/rtp/rtp_tail.h"

void kin_rtp_tail_init(struct kin_rtp_tail *t, uint32_t floor)
{
    *t = (struct kin_rtp_tail){.floor = floor};
}

// Counts have 32 bits and wrap.
static int32_t apart(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

static int32_t missing_of(const struct kin_rtp_tail *t, uint32_t packets, uint64_t expected)
{
    return apart(t->before + (uint32_t)expected, packets);
}

static void learn(struct kin_rtp_tail *t, uint32_t before)
{
    int32_t more = apart(t->before, before), above = apart(t->floor, before);
    if (t->sure)
        return;
    t->sure = above <= 0 && above >= -KIN_RTP_TAIL_SLACK;
    if (t->sure)
        t->before = t->floor;
    else if (!t->known || (more > 0 && more <= KIN_RTP_TAIL_SLACK))
        t->before = before;
    t->known = true;
}

// Have packets come since the claim whose numbers show that fewer were missing?
static bool is_refuted(const struct kin_rtp_tail *t, uint64_t expected)
{
    return t->claimed && expected > t->at_claim && missing_of(t, t->claim, expected) > 0;
}

void kin_rtp_tail_report(struct kin_rtp_tail *t, uint32_t packets, uint64_t expected, uint64_t most)
{
    t->refuted = t->refuted || is_refuted(t, expected) || (t->known && apart(t->reported, packets) < 0);
    if (t->refuted) {
        t->claimed = t->pending = false;
        return;
    }
    learn(t, packets - (uint32_t)expected);
    if (missing_of(t, packets, expected) > 0 && (uint64_t)missing_of(t, packets, expected) > most)
        return;
    t->reported = packets;
    t->pending = missing_of(t, packets, expected) > 0;
    t->quiet = false;
}

void kin_rtp_tail_settle(struct kin_rtp_tail *t, uint64_t expected)
{
    if (!t->pending)
        return;
    t->pending = false;
    t->claimed = true;
    t->claim = t->reported;
    t->at_claim = expected;
}

void kin_rtp_tail_tick(struct kin_rtp_tail *t, kin_us now, uint64_t expected)
{
    if (!t->quiet || expected != t->seen)
        t->quiet_at = now;
    t->quiet = true;
    t->seen = expected;
    if (t->pending && missing_of(t, t->reported, expected) <= 0)
        t->pending = false;
    if (now - t->quiet_at >= KIN_RTP_TAIL_GRACE_US)
        kin_rtp_tail_settle(t, expected);
}

void kin_rtp_tail_forget(struct kin_rtp_tail *t, uint64_t expected)
{
    t->before += kin_rtp_tail_missing(t, expected);
}

kin_us kin_rtp_tail_deadline(const struct kin_rtp_tail *t)
{
    return t->pending && t->quiet ? t->quiet_at + KIN_RTP_TAIL_GRACE_US : KIN_US_NEVER;
}

bool kin_rtp_tail_agrees(const struct kin_rtp_tail *t, uint64_t expected)
{
    return t->sure && !t->refuted && missing_of(t, t->reported, expected) == 0;
}

uint32_t kin_rtp_tail_missing(const struct kin_rtp_tail *t, uint64_t expected)
{
    int32_t missing = t->claimed ? missing_of(t, t->claim, expected) : 0;
    return missing > 0 ? (uint32_t)missing : 0;
}
