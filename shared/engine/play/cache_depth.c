// How many frames a client's cache keeps ahead, by what the network needs.
#include "engine/play/cache_depth.h"

#define INTERVAL_DEFAULT (KIN_US_PER_S / 25)

void kin_cache_depth_init(struct kin_cache_depth *d, unsigned least, unsigned most)
{
    least = least > 0 ? least : 1;
    most = most > least ? most : least;
    *d = (struct kin_cache_depth){.least = least, .most = most, .frames = least, .needed = least, .deepest = least};
}

static unsigned frames_for(const struct kin_cache_depth *d, const struct kin_cache_depth_facts *facts)
{
    kin_us interval = facts->interval > 0 ? facts->interval : INTERVAL_DEFAULT;
    unsigned most = facts->room < d->most ? facts->room : d->most;
    kin_us frames = 1 + facts->need / interval + (facts->need % interval > 0);
    frames = kin_us_min(frames, most);
    return frames > d->least ? (unsigned)frames : d->least;
}

unsigned kin_cache_depth_update(struct kin_cache_depth *d, kin_us now, const struct kin_cache_depth_facts *facts)
{
    d->needed = frames_for(d, facts);
    if (d->needed >= d->frames) {
        d->frames = d->needed;
        d->shrinks_at = now + KIN_CACHE_DEPTH_HOLD_US;
    } else if (now >= d->shrinks_at) {
        d->frames--;
        d->shrinks_at = now + KIN_CACHE_DEPTH_STEP_US;
    }
    d->deepest = d->frames > d->deepest ? d->frames : d->deepest;
    return d->frames;
}

unsigned kin_cache_depth_low(const struct kin_cache_depth *d)
{
    unsigned half = d->frames - d->frames / 2, most = d->frames - d->frames / 4;
    unsigned needed = d->needed < most ? d->needed : most;
    return d->needed > d->least && needed > half ? needed : half;
}
