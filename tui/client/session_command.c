// What a session is told to do: set up, play, pause, tear down.
#include "base/err.h"
#include "client/session_internal.h"

int session_refuse(struct session *s, const char *sentence)
{
    session_say(s, false, "%s", sentence);
    return KIN_ESTATE;
}

int session_done(struct session *s, int err)
{
    if (err == KIN_ELIMIT)
        err = session_refuse(s, "too many commands are waiting for the server");
    rtsp_link_leave(&s->link);
    return err;
}

static int reconnect(struct session *s)
{
    int err = session_start(s);
    if (err != KIN_OK)
        return err;
    s->seek_to = kin_timeline_is_last(&s->media.timeline, s->position_us) ? session_trip_start(s) : s->position_us;
    kin_media_receiver_reconnect(&s->media);
    s->peeking = false;
    session_set_state(s, SESSION_CONNECTING);
    return KIN_OK;
}

int session_setup(struct session *s)
{
    rtsp_link_enter(&s->link);
    s->wants_setup = true;
    if (s->state == SESSION_FAILED)
        return session_done(s, reconnect(s));
    if (s->state == SESSION_INIT)
        return session_done(s, session_setup_transport(s));
    if (s->state == SESSION_CONNECTING)
        return session_done(s, KIN_OK);
    return session_done(s, session_refuse(s, "the session is already set up"));
}

int session_request_play(struct session *s, bool from_given, kin_us from)
{
    struct kin_rtsp_range range = {.start_given = true, .start = from};
    kin_us now = kin_loop_now(s->loop);
    if (from_given)
        s->play_from = from;
    s->seek_to = -1;
    kin_media_receiver_ask(&s->media, from_given);
    s->scale_sent = s->peeking ? SCALE_NORMAL : s->scale;
    kin_rtsp_client_set_scale(s->link.rtsp, s->scale_sent);
    return kin_rtsp_client_play(s->link.rtsp, now, from_given ? &range : NULL);
}

static int resume_in_cache(struct session *s)
{
    kin_playout_resume(s->media.playout, kin_loop_now(s->loop));
    session_set_state(s, SESSION_PLAYING);
    return KIN_OK;
}

// From the picture on at another scale: what is in the cache is of no use.
static int resume_otherwise(struct session *s)
{
    kin_us from = s->seek_to > 0 ? s->seek_to : s->media.timeline.anchored ? s->position_us : session_trip_start(s);
    kin_playout_clear(s->media.playout);
    s->peeking = false;
    return session_request_play(s, true, from);
}

// A PLAY that resumes needs the server only when the server was paused.
static int resume(struct session *s)
{
    if (session_scale_changed(s))
        return resume_otherwise(s);
    if (s->peeking) { // the server plays already: just do not pause again
        s->peeking = false;
        return resume_in_cache(s);
    }
    if (s->media.ended && kin_playout_ahead(s->media.playout) > 0) // all there is has been received
        return resume_in_cache(s);
    bool restart = s->media.ended || s->seek_to >= 0;
    if (!restart && s->media.timeline.anchored) // the cache goes on while the server is being asked
        resume_in_cache(s);
    return session_request_play(s, restart, s->seek_to > 0 ? s->seek_to : session_trip_start(s));
}

int session_play(struct session *s)
{
    rtsp_link_enter(&s->link);
    s->wants_setup = true;
    s->wants_pause = false;
    switch (s->state) {
    case SESSION_CONNECTING:
        s->wants_play = true;
        return session_done(s, KIN_OK);
    case SESSION_INIT:
        s->wants_play = true;
        return session_done(s, session_setup_transport(s));
    case SESSION_READY:
        return session_done(s, resume(s));
    case SESSION_ENDED:
        if (session_request_play(s, true, session_trip_start(s)) != KIN_ESTATE)
            return session_done(s, KIN_OK);
        s->position_us = 0; // its connection is gone
        s->wants_play = true;
        return session_done(s, reconnect(s));
    case SESSION_FAILED:
        s->wants_play = true;
        return session_done(s, reconnect(s));
    default:
        return session_done(s, session_refuse(s, "it is already playing"));
    }
}

int session_pause(struct session *s)
{
    rtsp_link_enter(&s->link);
    if (s->state != SESSION_PLAYING)
        return session_done(s, session_refuse(s, "nothing is playing"));
    kin_us now = kin_loop_now(s->loop);
    kin_playout_pause(s->media.playout, now);
    s->wants_pause = true;
    int err = s->media.ended && !s->media.gate.shut ? KIN_OK : kin_rtsp_client_pause(s->link.rtsp, now);
    session_set_state(s, SESSION_READY);
    return session_done(s, err);
}

int session_teardown(struct session *s)
{
    rtsp_link_enter(&s->link);
    if (s->state == SESSION_CONNECTING || s->state == SESSION_INIT || s->state == SESSION_FAILED)
        return session_done(s, session_refuse(s, "there is no session to tear down"));
    s->wants_setup = s->wants_play = false;
    kin_playout_pause(s->media.playout, kin_loop_now(s->loop));
    return session_done(s, kin_rtsp_client_teardown(s->link.rtsp, kin_loop_now(s->loop)));
}

void session_set_loop(struct session *s, bool loop)
{
    s->loop_reel = loop;
}
