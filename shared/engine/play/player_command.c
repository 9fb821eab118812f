// A client's playback: commands. The cache serves jumps and steps where it can, the server where it must. Scale (RFC
// 2326 section 12.34) is how fast, and in which direction, the reel plays: the cache holds frames of one scale only, so
// a change of scale is a jump to the picture's own position. Speed (section 12.35) is how fast the reel is delivered.
#include "base/err.h"
#include "engine/play/player_internal.h"

static int refuse(struct kin_player *p, enum kin_player_notice why)
{
    player_notify(p, why);
    return KIN_ESTATE;
}

// The result of a command; a full queue is reported.
static int done(struct kin_player *p, int err)
{
    return err == KIN_ELIMIT ? refuse(p, KIN_PLAYER_NOTICE_BUSY) : err;
}

kin_us player_place(const struct kin_player *p)
{
    return kin_timeline_is_last(&p->media.timeline, p->position) ? player_range_start(p) : p->position;
}

void player_reconnect(struct kin_player *p, kin_us now)
{
    p->preroll = PREROLL_NONE;
    p->setting_up = false;
    kin_media_receiver_reconnect(&p->media);
    player_emit(p, KIN_PLAYER_RECONNECT)->tcp = p->retry.tcp;
    player_set_state(p, now, KIN_PLAYER_CONNECTING);
}

static int reconnect(struct kin_player *p, kin_us now)
{
    p->seek_to = player_place(p);
    player_reconnect(p, now);
    return KIN_OK;
}

void player_request_transport(struct kin_player *p)
{
    if (!p->setting_up)
        player_emit(p, KIN_PLAYER_TRANSPORT);
    p->setting_up = true;
}

static int set_up(struct kin_player *p)
{
    player_request_transport(p);
    return KIN_OK;
}

int kin_player_setup(struct kin_player *p, kin_us now)
{
    p->wanted.setup = true;
    if (p->state == KIN_PLAYER_FAILED)
        return reconnect(p, now);
    if (p->state == KIN_PLAYER_INIT)
        return set_up(p);
    return p->state == KIN_PLAYER_CONNECTING ? KIN_OK : refuse(p, KIN_PLAYER_NOTICE_SET_UP_ALREADY);
}

// --- play

kin_us player_range_start(const struct kin_player *p)
{
    kin_us duration = p->media.reel.duration;
    return p->scale < 0 && duration >= 0 ? kin_timeline_clamp(&p->media.timeline, duration) : 0;
}

int player_request_play(struct kin_player *p, kin_us now, bool from_given, kin_us from)
{
    kin_us much = p->options.play_us;
    struct kin_rtsp_range range = {.start_given = true, .start = from, .end_given = much > 0, .end = from + much};
    if (from_given)
        p->play_from = from;
    p->seek_to = -1;
    p->plays_again = false;
    kin_media_receiver_play_sent(&p->media, from_given);
    player_fill_ask(p, now, from_given);
    p->scale_sent = p->preroll != PREROLL_NONE ? SCALE_NORMAL : p->scale;
    kin_rtsp_client_set_scale(p->rtsp, p->scale_sent);
    return kin_rtsp_client_play(p->rtsp, now, from_given ? &range : NULL);
}

static int resume_in_cache(struct kin_player *p, kin_us now)
{
    kin_playout_resume(p->media.playout, now);
    player_set_state(p, now, KIN_PLAYER_PLAYING);
    return KIN_OK;
}

// Resumes at another scale, from the picture on. The cache holds frames of the old scale and is dropped.
static int resume_otherwise(struct kin_player *p, kin_us now)
{
    kin_us here = p->media.timeline.anchored ? p->position : player_range_start(p);
    kin_playout_clear(p->media.playout, KIN_PLAYOUT_JUMP);
    p->preroll = PREROLL_NONE;
    return player_request_play(p, now, true, p->seek_to > 0 ? p->seek_to : here);
}

// A PLAY that resumes needs the server only when the server was paused.
static int resume(struct kin_player *p, kin_us now)
{
    const struct kin_media_receiver *m = &p->media;
    if (p->scale != p->scale_sent)
        return resume_otherwise(p, now);
    if (p->preroll != PREROLL_NONE) { // the server is playing already: do not pause it again
        p->preroll = PREROLL_NONE;
        return resume_in_cache(p, now);
    }
    if (m->ended && kin_playout_ahead(m->playout) > 0) // the rest of the reel is in the cache
        return resume_in_cache(p, now);
    bool restart = m->ended || p->seek_to >= 0;
    if (!restart && m->timeline.anchored) // the cache plays on while the request is under way
        resume_in_cache(p, now);
    return player_request_play(p, now, restart, p->seek_to > 0 ? p->seek_to : player_range_start(p));
}

static int play_again(struct kin_player *p, kin_us now)
{
    int err = player_request_play(p, now, true, player_range_start(p));
    if (err != KIN_ESTATE)
        return err == KIN_ELIMIT ? err : KIN_OK;
    p->position = 0; // its connection is gone
    p->wanted.play = true;
    return reconnect(p, now);
}

int kin_player_play(struct kin_player *p, kin_us now)
{
    p->wanted.setup = true;
    p->wanted.pause = false;
    switch (p->state) {
    case KIN_PLAYER_CONNECTING:
        p->wanted.play = true;
        return KIN_OK;
    case KIN_PLAYER_INIT:
        p->wanted.play = true;
        return set_up(p);
    case KIN_PLAYER_READY:
        return done(p, resume(p, now));
    case KIN_PLAYER_ENDED:
        return done(p, play_again(p, now));
    case KIN_PLAYER_FAILED:
        p->wanted.play = true;
        return reconnect(p, now);
    default:
        return refuse(p, KIN_PLAYER_NOTICE_PLAYS_ALREADY);
    }
}

int kin_player_pause(struct kin_player *p, kin_us now)
{
    if (p->state != KIN_PLAYER_PLAYING)
        return refuse(p, KIN_PLAYER_NOTICE_NOTHING_PLAYS);
    kin_playout_pause(p->media.playout, now);
    p->wanted.pause = true;
    int err = p->media.ended && !p->media.gate.shut ? KIN_OK : kin_rtsp_client_pause(p->rtsp, now);
    player_set_state(p, now, KIN_PLAYER_READY);
    return done(p, err);
}

int kin_player_teardown(struct kin_player *p, kin_us now)
{
    if (p->retry.active) {
        player_found(p);
        kin_player_fail(p, now, KIN_PLAYER_NOTICE_NO_SESSION);
        return KIN_OK;
    }
    if (p->state == KIN_PLAYER_CONNECTING || p->state == KIN_PLAYER_INIT || p->state == KIN_PLAYER_FAILED)
        return refuse(p, KIN_PLAYER_NOTICE_NO_SESSION);
    p->wanted.setup = p->wanted.play = false;
    kin_playout_pause(p->media.playout, now);
    return done(p, kin_rtsp_client_teardown(p->rtsp, now));
}

void kin_player_set_loop(struct kin_player *p, bool loop)
{
    p->wanted.loop = loop;
}

// --- jumps and steps

bool player_cache_is_plain(const struct kin_player *p)
{
    const struct kin_timeline *t = &p->media.timeline;
    return t->anchored && kin_timeline_scale(t) == SCALE_NORMAL && !player_is_leaving(p);
}

// Within the cache: the picture is there at once.
static bool seek_in_cache(struct kin_player *p, kin_us now, kin_us position)
{
    struct kin_playout *cache = p->media.playout;
    if (!player_cache_is_plain(p) || !kin_playout_seek(cache, now, kin_timeline_ts(&p->media.timeline, position)))
        return false;
    if (p->state == KIN_PLAYER_ENDED) { // the cache can be played once more
        kin_playout_pause(cache, now);
        player_set_state(p, now, KIN_PLAYER_READY);
    }
    if (kin_playout_state(cache) == KIN_PLAYOUT_PAUSED) {
        const struct kin_playout_frame *f = kin_playout_step(cache, 1);
        if (f != NULL)
            player_show(p, f, true);
    }
    return true;
}

// Playing was commanded, and waits for the server's reply.
static bool will_play(const struct kin_player *p)
{
    return p->media.gate.shut && p->preroll == PREROLL_NONE && !p->wanted.pause;
}

static int seek_by_server(struct kin_player *p, kin_us now, kin_us position)
{
    bool stands = p->state == KIN_PLAYER_READY || p->state == KIN_PLAYER_ENDED;
    if (stands && !will_play(p)) {
        kin_playout_pause(p->media.playout, now);
        kin_playout_clear(p->media.playout, KIN_PLAYOUT_JUMP);
        p->preroll = PREROLL_WAITS;
        player_set_state(p, now, KIN_PLAYER_READY);
    }
    return player_request_play(p, now, true, position);
}

int kin_player_seek(struct kin_player *p, kin_us now, kin_us position)
{
    position = kin_timeline_clamp(&p->media.timeline, position);
    p->position = position;
    bool before_play = p->state == KIN_PLAYER_READY && !p->media.timeline.anchored && p->preroll == PREROLL_NONE;
    if (p->state == KIN_PLAYER_CONNECTING || p->state == KIN_PLAYER_INIT || before_play) {
        p->seek_to = position;
        p->retry.resumes = false;
        return KIN_OK;
    }
    if (seek_in_cache(p, now, position))
        return KIN_OK;
    if (p->state != KIN_PLAYER_FAILED)
        return done(p, seek_by_server(p, now, position));
    player_notify(p, KIN_PLAYER_NOTICE_UNCONNECTED);
    return KIN_OK;
}

// Where a step that the cache cannot serve leads.
static kin_us step_position(const struct kin_player *p, int frames)
{
    int64_t interval = kin_timeline_interval_ts(&p->media.timeline);
    return p->position + kin_us_from_ts((interval > 0 ? interval : KIN_RTP_CLOCK_HZ / 25) * frames);
}

static void stop_for_step(struct kin_player *p, kin_us now)
{
    kin_playout_pause(p->media.playout, now);
    if (p->state == KIN_PLAYER_PLAYING || will_play(p)) {
        p->wanted.pause = true;
        if (!p->media.ended || p->media.gate.shut)
            kin_rtsp_client_pause(p->rtsp, now);
    }
    if (p->state == KIN_PLAYER_PLAYING || p->state == KIN_PLAYER_ENDED)
        player_set_state(p, now, KIN_PLAYER_READY);
}

// Why a step is impossible when the cache has no further frame and the server has none either; _COUNT: ask the server.
static enum kin_player_notice end_of_steps(const struct kin_player *p, int frames)
{
    if (p->state == KIN_PLAYER_FAILED)
        return KIN_PLAYER_NOTICE_CACHE_ENDS;
    if (frames < 0 && p->position == 0)
        return KIN_PLAYER_NOTICE_FIRST_FRAME;
    bool last = frames > 0 && p->media.ended && player_cache_is_plain(p);
    return last ? KIN_PLAYER_NOTICE_LAST_FRAME : KIN_PLAYER_NOTICE_COUNT;
}

static bool step_in_cache(struct kin_player *p, int frames)
{
    struct kin_playout *cache = p->media.playout;
    if (!player_cache_is_plain(p))
        return false;
    if (p->poster_shown) // that frame counts as shown
        kin_playout_step(cache, 1);
    p->poster_shown = false;
    const struct kin_playout_frame *f = kin_playout_step(cache, frames);
    if (f != NULL)
        player_show(p, f, true);
    return f != NULL;
}

int kin_player_step(struct kin_player *p, kin_us now, int frames)
{
    stop_for_step(p, now);
    if ((p->state != KIN_PLAYER_READY && p->state != KIN_PLAYER_FAILED) || !p->media.timeline.anchored)
        return refuse(p, KIN_PLAYER_NOTICE_NO_PICTURE);
    if (step_in_cache(p, frames))
        return KIN_OK;
    enum kin_player_notice end = end_of_steps(p, frames);
    if (end != KIN_PLAYER_NOTICE_COUNT)
        return refuse(p, end);
    p->position = kin_timeline_clamp(&p->media.timeline, step_position(p, frames)); // where the next step starts from
    return done(p, seek_by_server(p, now, p->position));
}

// --- how fast

static int32_t clamp_scale(int32_t milli)
{
    if (milli == 0)
        return SCALE_NORMAL;
    if (milli < 0)
        return milli <= -KIN_PLAYER_SCALE_MAX ? -KIN_PLAYER_SCALE_MAX : -clamp_scale(-milli);
    if (milli < KIN_PLAYER_SCALE_MIN)
        return KIN_PLAYER_SCALE_MIN;
    return milli < KIN_PLAYER_SCALE_MAX ? milli : KIN_PLAYER_SCALE_MAX;
}

int kin_player_set_scale(struct kin_player *p, kin_us now, int32_t milli)
{
    milli = clamp_scale(milli);
    if (milli == p->scale)
        return KIN_OK;
    p->scale = milli;
    if (p->state != KIN_PLAYER_PLAYING)
        return KIN_OK;
    if (p->media.ended) // the server has stopped, so no SEEKING event will clear the cache
        kin_playout_clear(p->media.playout, KIN_PLAYOUT_JUMP);
    return done(p, player_request_play(p, now, true, p->position));
}

void player_play_by_picture(struct kin_player *p, kin_us now)
{
    player_request_play(p, now, true, p->position);
}

int kin_player_fetch_again(struct kin_player *p, kin_us now, kin_us from, int32_t speed_milli)
{
    p->speed = p->speed > SPEED_NORMAL ? speed_milli : SPEED_NORMAL;
    kin_rtsp_client_set_speed(p->rtsp, p->speed, false);
    int err = player_request_play(p, now, true, from);
    if (err == KIN_OK && p->state == KIN_PLAYER_ENDED)
        player_set_state(p, now, KIN_PLAYER_PLAYING);
    return done(p, err);
}
