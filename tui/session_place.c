// Where in the reel a session is: RTP time to media time and back, at any scale (RFC 2326 appendix B).
#include <math.h>

#include "session_internal.h"

int64_t session_interval_ts(const struct session *s)
{
    if (s->info.rate_milli == 0)
        return 0;
    return (INT64_C(1000) * KIN_RTP_CLOCK_HZ + s->info.rate_milli / 2) / s->info.rate_milli;
}

uint64_t session_frames_in(const struct session *s, kin_us duration)
{
    if (duration < 0 || s->info.rate_milli == 0)
        return 0;
    return (uint64_t)llround((double)duration * s->info.rate_milli / 1e9);
}

static kin_us by_anchor(const struct anchor *a, int64_t ts)
{
    return a->us + kin_us_from_ts((ts - a->ts) * a->scale / SCALE_NORMAL);
}

static int64_t by_media(const struct anchor *a, kin_us media_us)
{
    return a->ts + kin_ts_from_us((media_us - a->us) * SCALE_NORMAL / a->scale);
}

// A reel that the server plays in a loop goes on in RTP time: media time starts over, at its end when playing backward.
static kin_us wrap(const struct session *s, kin_us us)
{
    kin_us slack = kin_us_from_ts(session_interval_ts(s)) / 2;
    if (s->info.duration <= 0 || (us >= -slack && us < s->info.duration - slack))
        return us;
    if (slack == 0 && us < s->info.duration)
        return us; // the rate is not known: only what lies beyond the end is a new lap
    kin_us rest = (us + slack) % s->info.duration - slack;
    return rest < -slack ? rest + s->info.duration : rest;
}

kin_us session_media_us(const struct session *s, int64_t ts)
{
    if (!s->anchored)
        return 0;
    const struct anchor *a = ts >= s->anchors[0].ts ? &s->anchors[0] : &s->anchors[1];
    return kin_us_max(0, wrap(s, by_anchor(a, ts)));
}

int64_t session_media_ts(const struct session *s, kin_us media_us)
{
    int64_t ts = by_media(&s->anchors[0], media_us);
    if (media_us >= s->anchors[0].us)
        return ts;
    int64_t before = by_media(&s->anchors[1], media_us);
    return before < s->anchors[0].ts ? before : ts;
}

// PLAY was answered: what the reply says about the place holds from the next frame on.
void session_anchor(struct session *s, const struct kin_rtsp_client_event *started)
{
    bool placed = started->has_range && started->range.start_given && !started->range.now;
    s->anchor_due = true;
    s->anchor_resumes = !placed && s->play_from < 0;
    s->anchor_us = placed ? started->range.start : kin_us_max(0, s->play_from);
    s->anchor_has_rtptime = started->has_rtp_info && started->rtp_info.has_rtptime;
    s->anchor_rtptime = started->has_rtp_info ? started->rtp_info.rtptime : 0;
    s->anchor_scale = started->scale_milli;
    s->play_from = -1;
}

void session_set_anchor(struct session *s, int64_t ts, kin_us us)
{
    struct anchor a = {ts, us, s->anchor_scale};
    s->anchors[1] = s->anchored ? s->anchors[0] : a;
    s->anchors[0] = a;
    s->anchored = true;
}

uint64_t session_frames_apart(const struct session *s, int64_t from, int64_t to)
{
    if (!s->rate_given || to <= from)
        return 0;
    double scale = fabs((double)s->anchors[0].scale) / SCALE_NORMAL;
    double frames = (double)(to - from) * s->info.rate_milli / (1000.0 * KIN_RTP_CLOCK_HZ) * scale;
    double stride = ceil(scale);
    if (stride <= 1)
        return (uint64_t)llround(frames);
    return (uint64_t)fmax(1, floor(frames / stride + 0.01));
}

// --- the ends of the reel

static kin_us step_us(const struct session *s)
{
    kin_us interval = kin_us_from_ts(session_interval_ts(s));
    int32_t scale = s->anchors[0].scale;
    if (scale < 0)
        return -interval * kin_us_max(-scale, SCALE_NORMAL) / SCALE_NORMAL;
    return interval * kin_us_max(scale, SCALE_NORMAL) / SCALE_NORMAL;
}

bool session_is_last(const struct session *s, kin_us media_us)
{
    kin_us interval = kin_us_from_ts(session_interval_ts(s));
    kin_us next = media_us + step_us(s);
    if (interval == 0)
        return false;
    if (s->anchors[0].scale < 0)
        return next < -interval / 2;
    return s->info.duration >= 0 && next + interval / 2 >= s->info.duration;
}

bool session_near_end(const struct session *s)
{
    if (!s->have_prev)
        return false;
    kin_us at = session_media_us(s, s->prev_ts);
    kin_us ahead = NEAR_END_US * s->anchors[0].scale / SCALE_NORMAL;
    if (ahead < 0)
        return at + ahead <= 0;
    return s->info.duration >= 0 && at + ahead >= s->info.duration;
}

kin_us session_clamp_position(const struct session *s, kin_us position)
{
    kin_us last = s->info.duration >= 0 ? s->info.duration : INT64_MAX / 4;
    int64_t interval = session_interval_ts(s);
    if (s->info.duration >= 0 && interval > 0)
        last = kin_us_max(0, last - kin_us_from_ts(interval));
    return kin_us_max(0, kin_us_min(position, last));
}

kin_us session_trip_start(const struct session *s)
{
    return s->scale < 0 && s->info.duration >= 0 ? session_clamp_position(s, s->info.duration) : 0;
}
