// RTP time to media time and back, and what should have come by the clock.
#include "engine/play/timeline.h"

#include <math.h>

#include "base/seq.h"

#define SPEED_MAX 4 // how many times faster than the clock media may run
#define SLACK_US KIN_US_PER_S
#define START_SLACK_US (10 * KIN_US_PER_S) // between an rtptime and the first frame of its run
#define LEAP_SLACK_US (3 * KIN_US_PER_S)   // for a step ahead of the clock
#define OVERDUE_FRAMES 3
#define LEAD_US (100 * KIN_US_PER_MS) // of a frame before the clock, which jitter does not explain

// Times from a peer are multiplied by scales later, which must not overflow.
static kin_us clamp_media_time(kin_us us)
{
    return kin_us_max(0, kin_us_min(us, KIN_TIMELINE_MEDIA_MAX_US));
}

void kin_timeline_init(struct kin_timeline *t)
{
    *t = (struct kin_timeline){.duration = -1};
}

void kin_timeline_reel(struct kin_timeline *t, kin_us duration, uint32_t rate_milli, bool even)
{
    t->duration = duration < 0 ? -1 : clamp_media_time(duration);
    t->rate_milli = rate_milli;
    t->even = even && rate_milli > 0;
}

void kin_timeline_clear(struct kin_timeline *t)
{
    struct kin_timeline fresh = {.duration = t->duration, .rate_milli = t->rate_milli, .even = t->even};
    *t = fresh;
}

// --- positions

int64_t kin_timeline_interval_ts(const struct kin_timeline *t)
{
    if (t->rate_milli == 0)
        return 0;
    return (INT64_C(1000) * KIN_RTP_CLOCK_HZ + t->rate_milli / 2) / t->rate_milli;
}

// At the scale of the newest PLAY. Above normal the server leaves frames out.
int64_t kin_timeline_spacing_ts(const struct kin_timeline *t)
{
    int64_t scale = t->start_due ? t->start.scale : kin_timeline_scale(t);
    int64_t size = scale < 0 ? -scale : scale;
    int64_t stride = (size + KIN_TIMELINE_SCALE - 1) / KIN_TIMELINE_SCALE;
    return t->even ? kin_timeline_interval_ts(t) * stride * KIN_TIMELINE_SCALE / size : 0;
}

uint64_t kin_timeline_frames_in(const struct kin_timeline *t, kin_us media)
{
    if (media < 0 || t->rate_milli == 0)
        return 0;
    return (uint64_t)llround((double)media * t->rate_milli / 1e9);
}

static kin_us by_anchor(const struct kin_timeline_anchor *a, int64_t ts)
{
    return a->us + kin_us_from_ts((ts - a->ts) * a->scale / KIN_TIMELINE_SCALE);
}

static int64_t by_media(const struct kin_timeline_anchor *a, kin_us media_us)
{
    return a->ts + kin_ts_from_us((media_us - a->us) * KIN_TIMELINE_SCALE / a->scale);
}

// When the server plays a reel in a loop, RTP time goes on: media time starts over, at the reel's end when backward.
static kin_us wrap(const struct kin_timeline *t, kin_us us)
{
    kin_us slack = kin_us_from_ts(kin_timeline_interval_ts(t)) / 2;
    if (t->duration <= 0 || (us >= -slack && us < t->duration - slack))
        return us;
    if (slack == 0 && us < t->duration)
        return us; // rate unknown: only times beyond the end belong to a new pass
    kin_us rest = (us + slack) % t->duration - slack;
    return rest < -slack ? rest + t->duration : rest;
}

kin_us kin_timeline_media_us(const struct kin_timeline *t, int64_t ts)
{
    if (!t->anchored)
        return 0;
    const struct kin_timeline_anchor *a = ts >= t->anchors[0].ts ? &t->anchors[0] : &t->anchors[1];
    return kin_us_max(0, wrap(t, by_anchor(a, ts)));
}

int64_t kin_timeline_ts(const struct kin_timeline *t, kin_us media_us)
{
    if (!t->anchored)
        return 0;
    int64_t ts = by_media(&t->anchors[0], media_us);
    if (media_us >= t->anchors[0].us)
        return ts;
    int64_t before = by_media(&t->anchors[1], media_us);
    return before < t->anchors[0].ts ? before : ts;
}

int32_t kin_timeline_scale(const struct kin_timeline *t)
{
    return t->anchored ? t->anchors[0].scale : KIN_TIMELINE_SCALE;
}

static uint64_t frames_at_scale(const struct kin_timeline *t, int64_t ticks, int32_t scale_milli)
{
    if (!t->even || ticks <= 0)
        return 0;
    double scale = fabs((double)scale_milli) / KIN_TIMELINE_SCALE;
    double frames = (double)ticks * t->rate_milli / (1000.0 * KIN_RTP_CLOCK_HZ) * scale;
    double stride = ceil(scale);
    if (stride <= 1)
        return (uint64_t)llround(frames);
    return (uint64_t)fmax(1, floor(frames / stride + 0.01));
}

uint64_t kin_timeline_frames_apart(const struct kin_timeline *t, int64_t from, int64_t to)
{
    return frames_at_scale(t, to - from, kin_timeline_scale(t));
}

kin_us kin_timeline_clamp(const struct kin_timeline *t, kin_us media_us)
{
    kin_us last = t->duration >= 0 ? t->duration : KIN_TIMELINE_MEDIA_MAX_US;
    int64_t interval = kin_timeline_interval_ts(t);
    if (t->duration >= 0 && interval > 0)
        last = kin_us_max(0, last - kin_us_from_ts(interval));
    return kin_us_max(0, kin_us_min(media_us, last));
}

// --- runs and frames

void kin_timeline_start(struct kin_timeline *t, kin_us now, const struct kin_timeline_start *start)
{
    t->start = *start;
    t->start.position = clamp_media_time(start->position);
    if (t->start.scale == 0)
        t->start.scale = KIN_TIMELINE_SCALE;
    t->start_due = true;
    t->started_at = now;
    t->has_run = false;
}

void kin_timeline_stop(struct kin_timeline *t)
{
    if (t->has_frame) {
        t->left.known = t->left.is_frame = true;
        t->left.ts = (uint32_t)t->frame_ts;
        t->left.scale = kin_timeline_scale(t);
    } else if (t->start_due) {
        t->left.scale = t->start.scale;
    }
    t->has_frame = t->has_run = t->start_due = false;
}

uint64_t kin_timeline_sent_behind(struct kin_timeline *t, uint32_t rtptime)
{
    int64_t ticks = kin_ts_diff(rtptime, t->left.ts);
    uint64_t frames = t->left.known ? frames_at_scale(t, ticks, t->left.scale) : 0;
    uint64_t sent = frames > 0 && t->left.is_frame ? frames - 1 : frames;
    t->left.known = true;
    t->left.is_frame = false;
    t->left.ts = rtptime;
    return sent;
}

bool kin_timeline_is_before(const struct kin_timeline *t, uint32_t rtp_ts)
{
    return t->start_due && t->start.has_rtptime && kin_ts_diff(rtp_ts, t->start.rtptime) < 0;
}

static void set_anchor(struct kin_timeline *t, int64_t ts, kin_us us, int32_t scale)
{
    struct kin_timeline_anchor a = {ts, us, scale};
    t->anchors[1] = t->anchored ? t->anchors[0] : a;
    t->anchors[0] = a;
    t->anchored = true;
}

static void begin_run(struct kin_timeline *t, kin_us at, int64_t ts)
{
    t->has_run = true;
    t->run_ts = ts;
    t->run_at = at;
    t->gained += t->lead;
    t->lead = 0;
}

// Is the rtptime of RTP-Info plausible, i.e. no further from the first frame than media can have come by then?
static bool is_start(const struct kin_timeline *t, kin_us at, int64_t ticks)
{
    kin_us since = kin_us_max(at - t->started_at, 0);
    return t->start.has_rtptime && ticks >= 0 && kin_us_from_ts(ticks) <= SPEED_MAX * since + START_SLACK_US;
}

// The first frame of a run.
static uint64_t place_start(struct kin_timeline *t, kin_us at, int64_t ts)
{
    int64_t base = (int64_t)kin_ts_extend((uint64_t)ts, t->start.rtptime);
    bool sane = is_start(t, at, ts - base);
    t->start_due = false;
    begin_run(t, at, ts);
    if (t->start.resumes && t->anchored)
        return 0;
    set_anchor(t, sane ? base : ts, t->start.position, t->start.scale);
    return sane ? kin_timeline_frames_apart(t, base, ts) : 0;
}

static bool fits_clock(const struct kin_timeline *t, kin_us at, int64_t ts)
{
    kin_us elapsed = kin_us_max(at - t->frame_at, 0);
    return ts > t->frame_ts && kin_us_from_ts(ts - t->frame_ts) <= SPEED_MAX * elapsed + SLACK_US;
}

static bool is_within(const struct kin_timeline *t, int64_t ts)
{
    kin_us place = by_anchor(&t->anchors[0], ts);
    return t->duration > 0 && place >= 0 && place < t->duration;
}

// Was the sender's clock put forward? Neither the time since the frame before nor its lateness explains the step. A
// step to a position within the reel is not one: the server left frames out, perhaps faster than real time, or while
// this machine was held up.
static bool has_leapt(const struct kin_timeline *t, kin_us at, int64_t ts)
{
    if (!t->even || !t->has_frame || !t->has_run || is_within(t, ts))
        return false;
    kin_us elapsed = kin_us_max(at - t->frame_at, 0);
    kin_us late = kin_us_max(t->frame_at - t->run_at - kin_us_from_ts(t->frame_ts - t->run_ts), 0);
    return kin_us_from_ts(ts - t->frame_ts) > SPEED_MAX * elapsed + late + LEAP_SLACK_US;
}

// Did RTP time start anew, or did a camera put its clock back?
static bool has_jumped(const struct kin_timeline *t, kin_us at, int64_t ts, bool new_source)
{
    if (!t->anchored || t->start_due)
        return false;
    bool back = t->has_frame && t->frame_ts - ts >= kin_ts_from_us(KIN_TIMELINE_BACK_US);
    return back || (new_source && !fits_clock(t, at, ts));
}

// RTP time started anew in the middle of a run: assumes that the reel went on with the clock. Returns the frames
// missing.
static uint64_t go_on_by_clock(struct kin_timeline *t, kin_us at, int64_t ts)
{
    kin_us elapsed = kin_us_max(at - t->frame_at,
                                kin_us_from_ts(kin_timeline_spacing_ts(t))); // at least the next frame
    int32_t scale = t->anchors[0].scale;
    kin_us place = kin_timeline_media_us(t, t->frame_ts) + elapsed * scale / KIN_TIMELINE_SCALE;
    uint64_t frames = kin_timeline_frames_apart(t, 0, kin_ts_from_us(elapsed));
    set_anchor(t, ts, kin_timeline_clamp(t, place), scale);
    t->anchors[1] = t->anchors[0];
    begin_run(t, at, ts);
    t->has_frame = false;
    return frames > 1 ? frames - 1 : 0;
}

// The clock of a run follows the frames that come well ahead of it: the server delivers faster than it is played.
static void set_clock(struct kin_timeline *t)
{
    if (!t->has_run)
        return;
    t->lead = kin_us_max(kin_us_from_ts(t->frame_ts - t->run_ts) - (t->frame_at - t->run_at), 0);
    if (t->lead > LEAD_US)
        begin_run(t, t->frame_at, t->frame_ts);
}

struct kin_timeline_step kin_timeline_frame(struct kin_timeline *t, kin_us at, int64_t ts, bool before_run,
                                            bool new_source)
{
    struct kin_timeline_step step = {.missing = 0};
    bool starts = t->start_due && !before_run;
    if (has_jumped(t, at, ts, new_source)) {
        step.jumped = true;
        step.missing = go_on_by_clock(t, at, ts);
    }
    if (!step.jumped && !t->start_due && has_leapt(t, at, ts)) {
        struct kin_timeline_anchor before = t->anchors[0]; // still needed for frames not shown yet
        step.missing = go_on_by_clock(t, at, ts);
        t->anchors[1] = before;
    }
    if (starts)
        step.missing = place_start(t, at, ts);
    if (t->has_frame) {
        uint64_t apart = kin_timeline_frames_apart(t, t->frame_ts, ts);
        step.missing += apart > 0 ? apart - 1 : 0;
        step.follows = apart <= 1;
    }
    t->has_frame = true;
    t->frame_ts = ts;
    t->frame_at = at;
    t->loops = t->loops || kin_timeline_behind_end(t, ts) > KIN_TIMELINE_LOOPS_US;
    set_clock(t);
    return step;
}

kin_us kin_timeline_gained(const struct kin_timeline *t)
{
    return t->gained + t->lead;
}

void kin_timeline_reset_gained(struct kin_timeline *t)
{
    t->gained = t->lead = 0;
}

// --- the ends of the reel

static kin_us step_us(const struct kin_timeline *t)
{
    kin_us interval = kin_us_from_ts(kin_timeline_interval_ts(t));
    int32_t scale = kin_timeline_scale(t);
    if (scale < 0)
        return -interval * kin_us_max(-scale, KIN_TIMELINE_SCALE) / KIN_TIMELINE_SCALE;
    return interval * kin_us_max(scale, KIN_TIMELINE_SCALE) / KIN_TIMELINE_SCALE;
}

bool kin_timeline_is_last(const struct kin_timeline *t, kin_us media_us)
{
    kin_us interval = kin_us_from_ts(kin_timeline_interval_ts(t));
    kin_us next = media_us + step_us(t);
    if (interval == 0)
        return false;
    if (kin_timeline_scale(t) < 0)
        return next < -interval / 2;
    return t->duration >= 0 && next + interval / 2 >= t->duration;
}

static bool ends_within(const struct kin_timeline *t, kin_us at, int32_t scale, kin_us playing)
{
    kin_us ahead = playing * scale / KIN_TIMELINE_SCALE;
    if (ahead < 0)
        return at + ahead <= 0;
    return t->duration >= 0 && at + ahead >= t->duration;
}

bool kin_timeline_ends_within(const struct kin_timeline *t, kin_us playing)
{
    if (t->loops)
        return false;
    if (t->has_frame)
        return ends_within(t, kin_timeline_media_us(t, t->frame_ts), kin_timeline_scale(t), playing);
    return t->start_due && !t->start.resumes && ends_within(t, t->start.position, t->start.scale, playing);
}

bool kin_timeline_near_end(const struct kin_timeline *t)
{
    return t->has_frame && kin_timeline_ends_within(t, KIN_TIMELINE_NEAR_END_US);
}

kin_us kin_timeline_behind_end(const struct kin_timeline *t, int64_t ts)
{
    if (!t->anchored || t->duration <= 0)
        return 0;
    kin_us us = by_anchor(&t->anchors[0], ts), half = kin_us_from_ts(kin_timeline_interval_ts(t)) / 2;
    return kin_us_max(0, t->anchors[0].scale < 0 ? -half - us : us + half - t->duration);
}

// Playing time from a position to the end, in the direction of play; -1 when unknown, or when there is none.
static kin_us rest_of(const struct kin_timeline *t, kin_us media_us, int32_t scale)
{
    if (t->loops || (scale > 0 && t->duration < 0))
        return -1;
    kin_us media = scale < 0 ? media_us + kin_us_from_ts(kin_timeline_interval_ts(t)) : t->duration - media_us;
    return kin_us_max(media, 0) * KIN_TIMELINE_SCALE / (scale < 0 ? -scale : scale);
}

kin_us kin_timeline_last_over(const struct kin_timeline *t)
{
    if (!kin_timeline_near_end(t))
        return KIN_US_NEVER;
    return t->frame_at + kin_us_max(rest_of(t, kin_timeline_media_us(t, t->frame_ts), kin_timeline_scale(t)), 0);
}

kin_us kin_timeline_ends_at(const struct kin_timeline *t)
{
    kin_us rest;
    if (!t->has_run)
        return KIN_US_NEVER;
    rest = rest_of(t, kin_timeline_media_us(t, t->frame_ts), kin_timeline_scale(t));
    return rest < 0 ? KIN_US_NEVER : t->run_at + kin_us_from_ts(t->frame_ts - t->run_ts) + rest;
}

uint64_t kin_timeline_tail(const struct kin_timeline *t)
{
    if (t->duration < 0 || !t->has_frame || kin_timeline_scale(t) != KIN_TIMELINE_SCALE)
        return 0;
    int64_t last = kin_ts_from_us(kin_timeline_media_us(t, t->frame_ts));
    uint64_t apart = kin_timeline_frames_apart(t, last, kin_ts_from_us(t->duration));
    return apart > 0 ? apart - 1 : 0;
}

bool kin_timeline_all_came(const struct kin_timeline *t)
{
    return kin_timeline_near_end(t) && kin_timeline_tail(t) == 0;
}

uint64_t kin_timeline_before(const struct kin_timeline *t, kin_us now, uint32_t rtp_ts)
{
    if (t->has_frame) {
        int64_t ts = t->frame_ts + kin_ts_diff(rtp_ts, (uint32_t)t->frame_ts);
        uint64_t apart = has_leapt(t, now, ts) ? 0 : kin_timeline_frames_apart(t, t->frame_ts, ts);
        return apart > 0 ? apart - 1 : 0;
    }
    int64_t ticks = kin_ts_diff(rtp_ts, t->start.rtptime);
    return t->start_due && is_start(t, now, ticks) ? frames_at_scale(t, ticks, t->start.scale) : 0;
}

uint64_t kin_timeline_before_place(const struct kin_timeline *t, kin_us media_us)
{
    if (!t->has_frame)
        return 0;
    int32_t scale = kin_timeline_scale(t);
    kin_us ahead = media_us - kin_timeline_media_us(t, t->frame_ts);
    int64_t ticks = kin_ts_from_us(scale < 0 ? -ahead : ahead);
    uint64_t apart = frames_at_scale(t, ticks * KIN_TIMELINE_SCALE / (scale < 0 ? -scale : scale), scale);
    return apart > 0 ? apart - 1 : 0;
}

// Frames in `late`, the playing time in which none came, without the one that may be under way.
static uint64_t frames_late(const struct kin_timeline *t, kin_us late)
{
    kin_us interval = kin_us_from_ts(kin_timeline_interval_ts(t));
    if (late < KIN_TIMELINE_LAG_US || late < OVERDUE_FRAMES * interval)
        return 0;
    return kin_timeline_frames_apart(t, 0, kin_ts_from_us(late - interval));
}

uint64_t kin_timeline_overdue(const struct kin_timeline *t, kin_us now)
{
    if (!t->even || (!t->has_run && !t->start_due))
        return 0;
    if (!t->has_run) { // nothing came at all
        kin_us rest = t->start.resumes ? -1 : rest_of(t, t->start.position, t->start.scale);
        kin_us late = now - t->started_at;
        return frames_late(t, rest >= 0 ? kin_us_min(late, rest) : late);
    }
    kin_us late = now - t->run_at - kin_us_from_ts(t->frame_ts - t->run_ts);
    kin_us rest = rest_of(t, kin_timeline_media_us(t, t->frame_ts), kin_timeline_scale(t));
    return frames_late(t, rest >= 0 ? kin_us_min(late, rest) : late);
}

uint64_t kin_timeline_lost(uint64_t missing, uint64_t partial)
{
    return missing > partial ? missing - partial : 0;
}
