// How far apart the frames of the client's cache are shown: sooner while a delay is caught up, later while the cache
// fills by itself, and at the sender's pace.
#include "engine/play/playout_internal.h"

#define PACE_MAX 100000 // millionths

void kin_playout_set_easing(struct kin_playout *p, bool on)
{
    p->eases = on;
}

void kin_playout_set_pace(struct kin_playout *p, int32_t ppm)
{
    p->pace = ppm < -PACE_MAX ? -PACE_MAX : ppm > PACE_MAX ? PACE_MAX : ppm;
}

void kin_playout_keep_delay(struct kin_playout *p)
{
    p->behind = 0;
}

// How many frames should be ahead: the target, or as many as the longest wait can bring.
static size_t target_ahead(const struct kin_playout *p)
{
    int64_t in_time = kin_ts_from_us(KIN_PLAYOUT_WAIT_MAX_US) / p->interval + 1;
    return in_time < (int64_t)p->target ? (size_t)in_time : p->target;
}

// The time between the frame handed out and the next one, a hole not counted.
static kin_us next_gap(const struct kin_playout *p)
{
    int64_t gap = p->interval;
    if (p->cursor < p->count && playout_at(p, p->cursor)->ts - playout_at(p, p->cursor - 1)->ts < gap)
        gap = playout_at(p, p->cursor)->ts - playout_at(p, p->cursor - 1)->ts;
    return kin_us_from_ts(gap);
}

// After a standstill more frames are ahead than the target: they follow each other sooner until the delay is back.
static void catch_up(struct kin_playout *p)
{
    if (p->behind == 0 || p->cursor == 0 || p->count - p->cursor <= target_ahead(p))
        return;
    kin_us sooner = kin_us_min(p->behind, next_gap(p) / KIN_PLAYOUT_CATCH_UP);
    p->anchor_us -= sooner;
    p->behind -= sooner;
}

// Until the target is reached, frames follow each other a little later.
static void ease(struct kin_playout *p)
{
    size_t ahead = p->count - p->cursor;
    p->rises = ahead < p->target && (p->rises || ahead < p->low);
    if (p->eases && p->rises && !p->ended)
        p->anchor_us += next_gap(p) / KIN_PLAYOUT_EASE;
}

// Frames follow each other at the sender's pace. What is less than a microsecond is kept for the next one.
static void keep_pace(struct kin_playout *p)
{
    p->pace_rest += next_gap(p) * p->pace;
    p->anchor_us -= p->pace_rest / KIN_US_PER_S;
    p->pace_rest %= KIN_US_PER_S;
}

void playout_space(struct kin_playout *p)
{
    catch_up(p);
    ease(p);
    keep_pace(p);
}
