// How fast a session plays, and which way: Scale (RFC 2326 section 12.34). The cache holds frames of one scale only, so
// that another one is a jump to the place where the picture is. And how fast it is delivered: Speed (section 12.35).
#include <math.h>

#include "base/err.h"
#include "client/session_internal.h"

static int32_t milli_of(double rate)
{
    double size = fmin(fmax(fabs(rate), SESSION_RATE_MIN), SESSION_RATE_MAX);
    return (int32_t)lround((rate < 0 ? -size : size) * SCALE_NORMAL);
}

double session_rate(const struct session *s)
{
    return (double)s->scale / SCALE_NORMAL;
}

int session_set_rate(struct session *s, double rate)
{
    int err = KIN_OK;
    int32_t milli = isfinite(rate) && rate != 0 ? milli_of(rate) : SCALE_NORMAL;
    if (milli == s->scale)
        return KIN_OK;
    rtsp_link_enter(&s->link);
    s->scale = milli;
    if (s->state == SESSION_PLAYING) {
        if (s->media.ended) // nothing will clear it: the server does not play any more
            kin_playout_clear(s->media.playout);
        err = session_request_play(s, true, s->position_us);
    }
    return session_done(s, err);
}

bool session_scale_changed(const struct session *s)
{
    return s->scale != s->scale_sent;
}

bool session_cache_is_plain(const struct session *s)
{
    return s->media.timeline.anchored && kin_timeline_scale(&s->media.timeline) == SCALE_NORMAL &&
           !session_is_leaving(s);
}

void session_note_scale(struct session *s, int32_t done)
{
    if (done == s->scale_sent)
        return;
    if (s->scale == s->scale_sent) {
        s->scale = done;
        session_say(s, false, "the server plays at %g times the normal speed instead of %g",
                    (double)done / SCALE_NORMAL, (double)s->scale_sent / SCALE_NORMAL);
    }
    s->scale_sent = done;
}

// --- how fast it is delivered

// A live source has nothing to deliver faster.
void session_want_speed(struct session *s)
{
    if (s->opts.speed_milli > SPEED_NORMAL && s->info.duration >= 0)
        kin_rtsp_client_set_speed(s->link.rtsp, s->opts.speed_milli);
}

bool session_drop_speed(struct session *s)
{
    if (s->opts.speed_milli <= SPEED_NORMAL || s->info.duration < 0 || !s->tcp)
        return false;
    s->opts.speed_milli = SPEED_NORMAL;
    kin_rtsp_client_set_speed(s->link.rtsp, SPEED_NORMAL);
    return session_request_play(s, true, kin_us_max(0, s->play_from)) == KIN_OK;
}

int session_fetch_again(struct session *s, kin_us from, int32_t speed_milli)
{
    rtsp_link_enter(&s->link);
    s->opts.speed_milli = s->opts.speed_milli > SPEED_NORMAL ? speed_milli : SPEED_NORMAL;
    kin_rtsp_client_set_speed(s->link.rtsp, s->opts.speed_milli);
    int err = session_request_play(s, true, from);
    if (err == KIN_OK && s->state == SESSION_ENDED)
        session_set_state(s, SESSION_PLAYING);
    return session_done(s, err);
}
