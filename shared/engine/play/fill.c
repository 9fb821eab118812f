// When frames are fetched faster than they are played.
#include "engine/play/fill.h"

#define LAG_AFTER_US (150 * KIN_US_PER_MS) // from then on the pace of arrival means something
#define LAG_SLACK_US (80 * KIN_US_PER_MS)  // of media time
#define STALL_US (300 * KIN_US_PER_MS)     // without a frame, and two intervals of frames: nothing comes
#define FORGIVEN 1                         // packets lost
#define FORGIVEN_PART 100                  // and this part of those received
#define STEPS 4                            // between frames, which tell whether RTP time is divided

void kin_fill_init(struct kin_fill *f, bool usable)
{
    *f = (struct kin_fill){.usable = usable,
                           .most = KIN_FILL_SPEED_MAX,
                           .next = KIN_FILL_SPEED_NORMAL,
                           .speed = KIN_FILL_SPEED_NORMAL,
                           .pause = KIN_FILL_LOST_US};
}

// The counters of what was received begin anew when the viewer resets them.
static struct kin_fill_packets apart(struct kin_fill_packets from, struct kin_fill_packets to)
{
    return (struct kin_fill_packets){to.received > from.received ? to.received - from.received : 0,
                                     to.lost > from.lost ? to.lost - from.lost : 0};
}

static struct kin_fill_packets sum(struct kin_fill_packets a, struct kin_fill_packets b)
{
    return (struct kin_fill_packets){a.received + b.received, a.lost + b.lost};
}

// Is more lost than at normal speed? A few packets are forgiven, and twice the share that is lost anyway.
static bool loses(const struct kin_fill *f, struct kin_fill_packets packets)
{
    struct kin_fill_packets here = apart(f->since, packets);
    uint64_t usual = f->normal.received > 0 ? 2 * here.received * f->normal.lost / f->normal.received : 0;
    return here.lost > usual + FORGIVEN + here.received / FORGIVEN_PART;
}

static int32_t ask(struct kin_fill *f, int32_t speed)
{
    f->next = speed;
    f->under_way = true;
    return speed;
}

int32_t kin_fill_speed(struct kin_fill *f, kin_us now, unsigned ahead, unsigned target)
{
    bool wanted = f->usable && target >= KIN_FILL_TARGET_MIN && ahead < target && now >= f->not_before;
    return ask(f, wanted ? f->most : KIN_FILL_SPEED_NORMAL);
}

bool kin_fill_answered(struct kin_fill *f, kin_us now, int32_t speed_milli, struct kin_fill_packets packets)
{
    bool done = speed_milli > 0 && (f->next > KIN_FILL_SPEED_NORMAL ? speed_milli > KIN_FILL_SPEED_NORMAL
                                                                    : speed_milli <= KIN_FILL_SPEED_NORMAL);
    bool asked = f->next > KIN_FILL_SPEED_NORMAL || f->speed > KIN_FILL_SPEED_NORMAL;
    if (!done && asked)
        f->usable = false;
    if (f->speed > KIN_FILL_SPEED_NORMAL)
        f->again_at = now + KIN_FILL_AGAIN_US;
    else
        f->normal = sum(f->normal, apart(f->since, packets));
    f->under_way = false;
    f->speed = speed_milli > 0 ? speed_milli : f->speed;
    f->since = packets;
    f->first.known = f->lags = false;
    f->frame_at = now;
    return done || f->speed <= f->next;
}

void kin_fill_forbid(struct kin_fill *f)
{
    f->usable = f->misread = false;
}

static bool is_divided(const struct kin_fill *f, int64_t step, int64_t spacing)
{
    int64_t whole = step * f->speed / KIN_FILL_SPEED_NORMAL;
    return whole >= spacing - spacing / 8 && whole <= spacing + spacing / 8;
}

static void check_steps(struct kin_fill *f, int64_t ts, int64_t spacing)
{
    f->first.steps++;
    f->first.divided += is_divided(f, ts - f->first.last_ts, spacing);
    if (f->first.steps == STEPS)
        f->misread = f->first.divided == STEPS;
}

void kin_fill_frame(struct kin_fill *f, kin_us at, int64_t ts, int64_t spacing)
{
    f->frame_at = at;
    f->spacing = kin_us_from_ts(spacing);
    if (f->speed <= KIN_FILL_SPEED_NORMAL)
        return;
    if (!f->first.known) {
        f->first.known = true;
        f->first.at = at;
        f->first.ts = f->first.last_ts = ts;
        f->first.steps = f->first.divided = 0;
        return;
    }
    if (spacing > 0 && f->first.steps < STEPS)
        check_steps(f, ts, spacing);
    f->first.last_ts = ts;
    kin_us came = kin_us_from_ts(ts - f->first.ts + spacing);
    kin_us due = (at - f->first.at) * f->speed / KIN_FILL_SPEED_NORMAL;
    f->lags = at - f->first.at >= LAG_AFTER_US && came + LAG_SLACK_US < due - due / 4;
}

// Packets are lost, or the line is too slow: less the next time, and later.
static int32_t give_up(struct kin_fill *f, kin_us now)
{
    f->most = f->most / 2 > KIN_FILL_SPEED_MAX / 2 ? f->most / 2 : KIN_FILL_SPEED_MAX / 2;
    f->not_before = now + f->pause;
    f->pause = kin_us_min(2 * f->pause, KIN_FILL_LOST_MAX_US);
    return ask(f, KIN_FILL_SPEED_NORMAL);
}

static kin_us stalls_at(const struct kin_fill *f)
{
    return f->frame_at + kin_us_max(STALL_US, 2 * f->spacing);
}

kin_us kin_fill_deadline(const struct kin_fill *f)
{
    return f->usable && !f->under_way && f->speed > KIN_FILL_SPEED_NORMAL ? stalls_at(f) : KIN_US_NEVER;
}

int32_t kin_fill_check(struct kin_fill *f, kin_us now, const struct kin_fill_facts *facts)
{
    if (!f->usable || f->under_way || !facts->may)
        return 0;
    if (f->speed > KIN_FILL_SPEED_NORMAL) {
        if (loses(f, facts->packets) || f->lags || now >= stalls_at(f))
            return give_up(f, now);
        return facts->ahead >= facts->target ? ask(f, KIN_FILL_SPEED_NORMAL) : 0;
    }
    bool low = facts->target >= KIN_FILL_TARGET_MIN && facts->ahead < facts->low;
    return low && now >= f->not_before && now >= f->again_at && now < stalls_at(f) ? ask(f, f->most) : 0;
}

bool kin_fill_runs(const struct kin_fill *f)
{
    return f->speed > KIN_FILL_SPEED_NORMAL || (f->under_way && f->next > KIN_FILL_SPEED_NORMAL);
}
