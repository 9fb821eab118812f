// Half-open ranges (RFC 2326 section 12.29) in both directions: from the frame shown at the start, up to but without
// the frame that begins at the end.
#include "engine/play/play_range.h"

#include "base/err.h"

#define TOLERANCE_TS 45 // half a millisecond at 90 kHz

kin_us kin_play_range_time(const struct kin_reel *reel, uint32_t frame)
{
    return kin_us_from_ts((int64_t)(frame < reel->frame_count ? reel->frames[frame].ts : reel->duration_ts));
}

kin_us kin_play_range_end(const struct kin_reel *reel, const struct kin_play_range *range)
{
    return kin_play_range_time(reel, range->end > 0 ? (uint32_t)range->end : 0);
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

static bool is_backward(const struct kin_play_range *range)
{
    return range->scale_milli < 0;
}

// Sets a range from `position` to the end of the range before, else to the end of the reel.
static void continue_range(const struct kin_reel *reel, uint32_t position, const struct kin_play_range *now,
                           struct kin_play_range *ret)
{
    struct kin_play_range whole = kin_play_range_whole(reel, ret->scale_milli);
    bool backward = is_backward(ret);
    bool at_end = backward ? position == 0 : position >= reel->frame_count;
    bool before_end = is_backward(now) == backward && (backward ? position > now->end : position < now->end);
    uint32_t last = reel->frame_count - 1;
    ret->first = at_end ? whole.first : position < last ? position : last;
    ret->end = before_end && !at_end ? now->end : whole.end;
}

static void find_forward(const struct kin_reel *reel, const struct kin_rtsp_range *range, uint32_t position,
                         struct kin_play_range *ret)
{
    ret->end = range->end_given ? frame_from(reel, range->end) : reel->frame_count;
    ret->first = range->start_given ? frame_at(reel, range->start) : position < ret->end ? position : 0;
}

static void find_backward(const struct kin_reel *reel, const struct kin_rtsp_range *range, uint32_t position,
                          struct kin_play_range *ret)
{
    uint32_t last = reel->frame_count - 1;
    uint32_t at = range->start_given ? frame_at(reel, range->start) : position > 0 ? position : last;
    ret->first = at < last ? at : last;
    bool to_the_start = !range->end_given || kin_ts_from_us(range->end) <= TOLERANCE_TS;
    ret->end = to_the_start ? -1 : (int64_t)frame_at(reel, range->end);
}

int kin_play_range_find(const struct kin_reel *reel, const struct kin_play_request *request, uint32_t position,
                        const struct kin_play_range *now, struct kin_play_range *ret)
{
    struct kin_play_range range = {.scale_milli = kin_scale_clamp(request->scale_milli),
                                   .speed_milli = kin_speed_clamp(request->speed_milli)};
    if (!request->given)
        continue_range(reel, position, now, &range);
    else if (is_backward(&range))
        find_backward(reel, &request->range, position, &range);
    else
        find_forward(reel, &request->range, position, &range);
    bool empty = is_backward(&range) ? (int64_t)range.first <= range.end : (int64_t)range.first >= range.end;
    if (empty || range.first >= reel->frame_count)
        return KIN_ERANGE;
    *ret = range;
    return KIN_OK;
}

int kin_play_range_pause(const struct kin_reel *reel, kin_us at, uint32_t position, const struct kin_play_range *range,
                         uint32_t *ret)
{
    bool backward = is_backward(range);
    uint32_t frame = backward ? frame_at(reel, at) : frame_from(reel, at);
    bool passed = backward ? frame > position : frame < position;
    bool beyond = backward ? (int64_t)frame < range->end : (int64_t)frame > range->end;
    if (passed || beyond || at > kin_us_from_ts((int64_t)reel->duration_ts))
        return KIN_ERANGE;
    *ret = frame;
    return KIN_OK;
}
