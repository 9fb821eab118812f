// The pace of a client's picture that keeps its cache at its level.
#include "engine/play/cache_level.h"

static int32_t clamp(int64_t ppm)
{
    return (int32_t)kin_us_max(-KIN_CACHE_LEVEL_MAX_PPM, kin_us_min(ppm, KIN_CACHE_LEVEL_MAX_PPM));
}

void kin_cache_level_restart(struct kin_cache_level *l)
{
    *l = (struct kin_cache_level){.count = 0};
}

static kin_us outside(kin_us off, kin_us band)
{
    return off > band ? off - band : off < -band ? off + band : 0;
}

void kin_cache_level_frame(struct kin_cache_level *l, kin_us now, kin_us slack, kin_us aim, kin_us band)
{
    if (l->count == 0)
        l->since = now;
    l->sum += slack - aim;
    l->count++;
    if (now - l->since < KIN_CACHE_LEVEL_WINDOW_US || l->count < KIN_CACHE_LEVEL_FRAMES)
        return;
    kin_us by = outside(l->sum / l->count, band);
    l->ppm = clamp(by * KIN_US_PER_S / KIN_CACHE_LEVEL_RETURN_US);
    l->sum = 0;
    l->count = 0;
}

int32_t kin_cache_level_pace(const struct kin_cache_level *l, int32_t drift_ppm)
{
    return clamp((int64_t)drift_ppm + l->ppm);
}
