// Half-open ranges (RFC 2326 section 12.29): the frame that is shown at the start, up to the one that begins at the
// end.
#include "play_range.h"

#include "base/err.h"

#define TOLERANCE_TS 45 // half a millisecond at 90 kHz

kin_us play_range_time(const struct kin_reel *reel, uint32_t frame)
{
    return kin_us_from_ts((int64_t)(frame < reel->frame_count ? reel->frames[frame].ts : reel->duration_ts));
}

static uint32_t frame_at(const struct kin_reel *reel, kin_us at)
{
    return kin_reel_find(reel, (uint64_t)kin_ts_from_us(at) + TOLERANCE_TS);
}

// The first frame that begins at or after `at`.
static uint32_t frame_from(const struct kin_reel *reel, kin_us at)
{
    uint64_t ts = (uint64_t)kin_ts_from_us(at);
    if (ts <= TOLERANCE_TS)
        return 0;
    uint32_t before = kin_reel_find(reel, ts - TOLERANCE_TS - 1);
    return before < reel->frame_count ? before + 1 : before;
}

int play_range_find(const struct kin_reel *reel, const struct kin_rtsp_range *range, bool given, uint32_t position,
                    uint32_t until, struct play_range *ret)
{
    bool over = position >= until || position >= reel->frame_count;
    struct play_range r = {.first = over ? 0 : position, .end = over ? reel->frame_count : until};
    if (given) {
        r.end = range->end_given ? frame_from(reel, range->end) : reel->frame_count;
        r.first = range->start_given ? frame_at(reel, range->start) : position < r.end ? position : 0;
    }
    if (r.first >= r.end || r.first >= reel->frame_count)
        return KIN_ERANGE;
    *ret = r;
    return KIN_OK;
}
