// Which frame of a reel comes next, and when.
#include "engine/play/play_schedule.h"

#include "media/rate.h"

// Least length of a pass: even a reel of a few microseconds loops no faster than any reel's frames follow each other.
#define PASS_MIN_TS (90000 / KIN_RATE_MAX_FPS)

static int32_t clamp(int32_t v, int32_t min, int32_t max)
{
    return v < min ? min : v > max ? max : v;
}

int32_t kin_scale_clamp(int32_t milli)
{
    if (milli == 0)
        return KIN_SCALE_NORMAL;
    return milli < 0 ? clamp(milli, -KIN_SCALE_MAX, -KIN_SCALE_MIN) : clamp(milli, KIN_SCALE_MIN, KIN_SCALE_MAX);
}

int32_t kin_speed_clamp(int32_t milli)
{
    return milli <= 0 ? KIN_SCALE_NORMAL : clamp(milli, KIN_SPEED_MIN, KIN_SPEED_MAX);
}

struct kin_play_range kin_play_range_whole(const struct kin_reel *reel, int32_t scale_milli)
{
    if (scale_milli < 0)
        return (struct kin_play_range){.first = reel->frame_count - 1, .end = -1, .scale_milli = scale_milli};
    return (struct kin_play_range){.first = 0, .end = reel->frame_count, .scale_milli = scale_milli};
}

void kin_play_schedule_init(struct kin_play_schedule *s, const struct kin_reel *reel,
                            const struct kin_play_range *range, bool loop)
{
    *s = (struct kin_play_schedule){.reel = reel, .range = *range};
    if (s->range.first >= reel->frame_count)
        s->range.first = reel->frame_count - 1;
    s->range.scale_milli = kin_scale_clamp(range->scale_milli);
    s->range.speed_milli = kin_speed_clamp(range->speed_milli);
    s->loop = loop && range->end == (s->range.scale_milli < 0 ? -1 : (int64_t)reel->frame_count);
}

static bool is_backward(const struct kin_play_schedule *s)
{
    return s->range.scale_milli < 0;
}

static uint64_t magnitude(const struct kin_play_schedule *s)
{
    return (uint64_t)(is_backward(s) ? -(int64_t)s->range.scale_milli : s->range.scale_milli);
}

// The frame at a step of this pass. False when that is outside the range.
static bool frame_of(const struct kin_play_schedule *s, uint64_t step, int64_t *ret)
{
    uint64_t stride = magnitude(s) > KIN_SCALE_NORMAL ? magnitude(s) : KIN_SCALE_NORMAL;
    int64_t away = (int64_t)(step * stride / KIN_SCALE_NORMAL);
    *ret = (int64_t)s->range.first + (is_backward(s) ? -away : away);
    return is_backward(s) ? *ret > s->range.end : *ret < s->range.end;
}

bool kin_play_schedule_over(const struct kin_play_schedule *s)
{
    int64_t frame;
    return !frame_of(s, s->step, &frame);
}

uint32_t kin_play_schedule_frame(const struct kin_play_schedule *s)
{
    int64_t frame;
    if (!frame_of(s, s->step, &frame))
        frame = s->range.end;
    return frame > 0 ? (uint32_t)frame : 0;
}

// The first frame of the passes after this one.
static uint32_t pass_start(const struct kin_play_schedule *s)
{
    return is_backward(s) ? s->reel->frame_count - 1 : 0;
}

bool kin_play_schedule_ahead(const struct kin_play_schedule *s, unsigned ahead, uint32_t *ret)
{
    struct kin_play_schedule later = *s;
    for (unsigned i = 0; i <= ahead; i++) {
        if (kin_play_schedule_over(&later) && !kin_play_schedule_next_pass(&later))
            return false;
        *ret = kin_play_schedule_frame(&later);
        kin_play_schedule_advance(&later);
    }
    return true;
}

static uint64_t media_ts(const struct kin_reel *reel, int64_t frame)
{
    return frame < (int64_t)reel->frame_count ? reel->frames[frame].ts : reel->duration_ts;
}

// Media time from the start of the pass to its end. Backward, the last frame lasts as long as the last frame of the
// reel: so a pass takes the whole duration of the reel, and media time stays a matter of modulo.
static uint64_t pass_media(const struct kin_play_schedule *s)
{
    const struct kin_reel *reel = s->reel;
    uint64_t first = media_ts(reel, s->range.first);
    if (!is_backward(s))
        return media_ts(reel, s->range.end) - first;
    if (s->range.end >= 0)
        return first - media_ts(reel, s->range.end);
    return first + reel->duration_ts - media_ts(reel, (int64_t)reel->frame_count - 1);
}

static uint64_t step_ts(const struct kin_play_schedule *s, uint64_t step)
{
    int64_t frame;
    bool over = !frame_of(s, step, &frame);
    uint64_t media = pass_media(s);
    if (!over) {
        uint64_t first = media_ts(s->reel, s->range.first), here = media_ts(s->reel, frame);
        media = is_backward(s) ? first - here : here - first;
    }
    uint64_t ts = kin_muldiv_round(media, KIN_SCALE_NORMAL, magnitude(s));
    return over && s->loop && ts < PASS_MIN_TS ? PASS_MIN_TS : ts;
}

// --- thinning

void kin_play_schedule_thin(struct kin_play_schedule *s, struct kin_play_thinning thinning)
{
    s->thinning = thinning;
}

// Of the steps before this one, how many are kept.
static uint64_t kept_before(const struct kin_play_schedule *s, uint64_t step)
{
    const struct kin_play_thinning *t = &s->thinning;
    return t->of == 0 ? step : (step * t->keep + t->of - 1) / t->of;
}

static bool is_kept(const struct kin_play_schedule *s, uint64_t step)
{
    return kept_before(s, step + 1) > kept_before(s, step);
}

// The next step that is kept; where the range ends before, the end.
static uint64_t next_step(const struct kin_play_schedule *s)
{
    int64_t frame;
    uint64_t step = s->step + 1;
    while (!is_kept(s, step) && frame_of(s, step, &frame))
        step++;
    return step;
}

// The frames kept of `of` begin to leave at equal distances: number i of them at i / keep of the time of all.
static uint64_t leaves(const struct kin_play_schedule *s, uint64_t step)
{
    const struct kin_play_thinning *t = &s->thinning;
    int64_t frame;
    if (t->of == 0 || !is_kept(s, step) || !frame_of(s, step, &frame))
        return step_ts(s, step);
    uint64_t group = step / t->of * t->of, i = kept_before(s, step) - kept_before(s, group);
    uint64_t from = step_ts(s, group), to = step_ts(s, group + t->of);
    uint64_t at = from + (to - from) * i / t->keep;
    uint64_t own = step_ts(s, step); // frames may last unequally
    return at > own ? at : own;
}

uint64_t kin_play_schedule_ts(const struct kin_play_schedule *s)
{
    return step_ts(s, s->step);
}

uint64_t kin_play_schedule_next_ts(const struct kin_play_schedule *s)
{
    return step_ts(s, next_step(s));
}

uint64_t kin_play_schedule_leaves(const struct kin_play_schedule *s)
{
    return leaves(s, s->step);
}

uint64_t kin_play_schedule_next_leaves(const struct kin_play_schedule *s)
{
    return leaves(s, next_step(s));
}

uint64_t kin_play_schedule_advance(struct kin_play_schedule *s)
{
    uint64_t before = s->step;
    s->step = next_step(s);
    return s->step - before - 1;
}

bool kin_play_schedule_next_pass(struct kin_play_schedule *s)
{
    if (!s->loop)
        return false;
    s->range.first = pass_start(s);
    s->step = 0;
    return true;
}

uint64_t kin_play_schedule_due(const struct kin_play_schedule *s, uint64_t ts)
{
    return kin_muldiv_round(ts, KIN_SCALE_NORMAL, (uint64_t)s->range.speed_milli);
}
