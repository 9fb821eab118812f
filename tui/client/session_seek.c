// Jumps and single steps: out of the cache where it can, by the server where it must.
#include "base/err.h"
#include "client/session_internal.h"

bool session_is_leaving(const struct session *s)
{
    return s->media.gate.leaving && s->state != SESSION_FAILED &&
           (s->media.gate.shut || !kin_rtsp_client_idle(s->link.rtsp));
}

// Within the cache: the picture is there at once.
static bool seek_in_cache(struct session *s, kin_us position)
{
    kin_us now = kin_loop_now(s->loop);
    if (!session_cache_is_plain(s) ||
        !kin_playout_seek(s->media.playout, now, kin_timeline_ts(&s->media.timeline, position)))
        return false;
    if (s->state == SESSION_ENDED) { // what is cached plays once more, up to its end
        kin_playout_pause(s->media.playout, now);
        session_set_state(s, SESSION_READY);
    }
    if (kin_playout_state(s->media.playout) == KIN_PLAYOUT_PAUSED) {
        const struct kin_playout_frame *f = kin_playout_step(s->media.playout, 1);
        if (f != NULL)
            session_show(s, f, true);
    }
    return true;
}

// Playing was asked for, and waits for the server.
static bool will_play(const struct session *s)
{
    return s->media.gate.shut && !s->peeking && !s->wants_pause;
}

static int seek_by_server(struct session *s, kin_us position)
{
    bool stands = s->state == SESSION_READY || s->state == SESSION_ENDED;
    if (stands && !will_play(s)) {
        kin_playout_pause(s->media.playout, kin_loop_now(s->loop));
        kin_playout_clear(s->media.playout);
        s->peeking = true;
        s->peek_shown = false;
        session_set_state(s, SESSION_READY);
    }
    return session_request_play(s, true, position);
}

int session_seek(struct session *s, kin_us position)
{
    rtsp_link_enter(&s->link);
    position = kin_timeline_clamp(&s->media.timeline, position);
    s->position_us = position;
    bool before_play = s->state == SESSION_READY && !s->media.timeline.anchored && !s->peeking;
    if (s->state == SESSION_CONNECTING || s->state == SESSION_INIT || before_play) {
        s->seek_to = position;
        return session_done(s, KIN_OK);
    }
    if (seek_in_cache(s, position))
        return session_done(s, KIN_OK);
    if (s->state != SESSION_FAILED)
        return session_done(s, seek_by_server(s, position));
    session_say(s, false, "there is no connection: playing will reconnect and continue from there");
    return session_done(s, KIN_OK);
}

// Where a step that the cache cannot serve leads.
static kin_us step_position(const struct session *s, int frames)
{
    int64_t interval = kin_timeline_interval_ts(&s->media.timeline);
    return s->position_us + kin_us_from_ts((interval > 0 ? interval : KIN_RTP_CLOCK_HZ / 25) * frames);
}

static void stop_for_step(struct session *s)
{
    kin_us now = kin_loop_now(s->loop);
    kin_playout_pause(s->media.playout, now);
    if (s->state == SESSION_PLAYING || will_play(s)) {
        s->wants_pause = true;
        if (!s->media.ended || s->media.gate.shut)
            kin_rtsp_client_pause(s->link.rtsp, now);
    }
    if (s->state == SESSION_PLAYING || s->state == SESSION_ENDED)
        session_set_state(s, SESSION_READY);
}

// What there is to say when the cache has no further frame and the server cannot help.
static const char *end_of_steps(const struct session *s, int frames)
{
    if (s->state == SESSION_FAILED)
        return "there is no connection, and the cache has no further frames";
    if (frames < 0 && s->position_us == 0)
        return "this is the first frame";
    return frames > 0 && s->media.ended && session_cache_is_plain(s) ? "this is the last frame" : NULL;
}

static bool step_in_cache(struct session *s, int frames)
{
    if (!session_cache_is_plain(s))
        return false;
    if (s->previewing) // that frame counts as shown
        kin_playout_step(s->media.playout, 1);
    s->previewing = false;
    const struct kin_playout_frame *f = kin_playout_step(s->media.playout, frames);
    if (f != NULL)
        session_show(s, f, true);
    return f != NULL;
}

int session_step(struct session *s, int frames)
{
    rtsp_link_enter(&s->link);
    stop_for_step(s);
    if ((s->state != SESSION_READY && s->state != SESSION_FAILED) || !s->media.timeline.anchored)
        return session_done(s, session_refuse(s, "there is no picture to step from"));
    if (step_in_cache(s, frames))
        return session_done(s, KIN_OK);
    const char *end = end_of_steps(s, frames);
    if (end != NULL)
        return session_done(s, session_refuse(s, end));
    s->position_us = kin_timeline_clamp(&s->media.timeline,
                                        step_position(s, frames)); // where the next step starts from
    return session_done(s, seek_by_server(s, s->position_us));
}
