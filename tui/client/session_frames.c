// A session's frames: what is shown when, and the end.
#include "client/session_internal.h"

// --- a frame came

static struct session_frame describe(const struct session *s, const struct kin_media_frame *f)
{
    return (struct session_frame){
        .jpeg = f->picture.jpeg,
        .number = f->number,
        .media_us = (uint64_t)f->media_us,
        .width = f->picture.width,
        .height = f->picture.height,
        .leaving = session_is_leaving(s),
        .left_out = f->left_out,
    };
}

void session_show(struct session *s, const struct kin_playout_frame *f, bool look_back)
{
    struct kin_media_frame placed = kin_media_receiver_place(&s->media, f);
    struct session_frame frame = describe(s, &placed);
    frame.look_back = look_back;
    s->previewing = false;
    if (!frame.leaving)
        s->position_us = (kin_us)frame.media_us;
    s->frame_number = frame.number;
    if (!s->link.closed && s->on.on_frame != NULL)
        s->on.on_frame(s->ctx, &frame);
}

// A seek while paused: the first frame is shown, the cache is filled, then the server is paused again.
static void peek(struct session *s)
{
    kin_us now = kin_loop_now(s->loop);
    if (!kin_rtsp_client_idle(s->link.rtsp))
        return; // a newer place is being asked for
    if (!s->peek_shown) {
        const struct kin_playout_frame *f = kin_playout_step(s->media.playout, 1);
        s->peek_shown = f != NULL;
        if (f != NULL)
            session_show(s, f, false);
    }
    if (kin_playout_ahead(s->media.playout) < kin_playout_target(s->media.playout) && !s->media.ended)
        return;
    s->peeking = false;
    if (!s->media.ended)
        kin_rtsp_client_pause(s->link.rtsp, now);
}

// While the cache fills for playing, its first frame stands for what is to come; it is shown again when it is due.
static void preview(struct session *s, const struct kin_playout_frame *f)
{
    bool filling = kin_playout_state(s->media.playout) != KIN_PLAYOUT_PLAYING &&
                   kin_playout_ahead(s->media.playout) == 1;
    if (!filling || s->wants_pause || s->peeking)
        return;
    session_show(s, f, false);
    s->previewing = true;
}

void session_take_frame(struct session *s, const struct kin_media_frame *f)
{
    struct session_frame frame = describe(s, f);
    session_note_reel(s);
    session_unsay(s, CAUSE_UNUSABLE);
    if (!s->link.closed && s->on.on_received != NULL)
        s->on.on_received(s->ctx, &frame);
    if (s->opts.no_playout) {
        s->position_us = f->media_us;
        s->frame_number = f->number;
    } else {
        preview(s, &f->picture);
    }
    if (s->peeking)
        peek(s);
}

void session_show_due(struct session *s)
{
    const struct kin_playout_frame *f;
    struct kin_playout_stats before = *kin_playout_stats(s->media.playout);
    while (!s->link.closed && (f = kin_playout_next(s->media.playout, kin_loop_now(s->loop))) != NULL)
        session_show(s, f, false);
    const struct kin_playout_stats *after = kin_playout_stats(s->media.playout);
    if (!s->link.closed && after->holes > before.holes)
        session_say(s, false, "%.1f s of the reel never came: going on behind them",
                    (double)(after->hole_us - before.hole_us) / KIN_US_PER_S);
}

// --- the end

void session_forget_run(struct session *s, bool jumps)
{
    kin_media_receiver_flush(&s->media, false);
    session_drain(s);
    kin_media_receiver_leave(&s->media, kin_loop_now(s->loop), jumps);
    session_unsay(s, CAUSE_SILENCE);
}

static void finish(struct session *s, bool broken)
{
    kin_us now = kin_loop_now(s->loop);
    bool ended = s->media.ended;
    if (!ended) {
        kin_media_receiver_flush(&s->media, true);
        session_drain(s);
    }
    kin_media_receiver_end(&s->media, now, broken);
    if (ended)
        return;
    session_unsay(s, CAUSE_SILENCE);
    bool early = s->media.ended_early && !broken;
    if (early)
        session_say(s, true, "the server ended the stream before the end of the reel");
    kin_rtsp_client_ended(s->link.rtsp);
    if (s->peeking)
        peek(s);
    if (s->loop_reel && !early && s->state == SESSION_PLAYING)
        session_request_play(s, true, session_trip_start(s));
}

void session_finish(struct session *s)
{
    finish(s, false);
}

static void check_stream(struct session *s, kin_us now)
{
    switch (kin_media_receiver_check(&s->media, now, s->state == SESSION_PLAYING)) {
    case KIN_STREAM_GOES_ON:
        break;
    case KIN_STREAM_SILENT:
        session_say(s, true, "nothing has arrived for %d s: waiting for the server",
                    (int)((now - s->media.end.packet_at) / KIN_US_PER_S));
        s->cause = CAUSE_SILENCE;
        break;
    case KIN_STREAM_ENDED:
        session_finish(s);
        break;
    case KIN_STREAM_BROKEN:
        finish(s, true);
        session_say(s, true, "nothing has arrived for %d s, and the time of the reel is over",
                    (int)((now - s->media.end.packet_at) / KIN_US_PER_S));
        break;
    }
}

void session_check_end(struct session *s)
{
    kin_us now = kin_loop_now(s->loop);
    if (s->link.closed)
        return;
    check_stream(s, now);
    bool over = s->opts.no_playout || kin_playout_finished(s->media.playout, now);
    if (s->link.closed || !s->media.ended || !over)
        return;
    kin_playout_pause(s->media.playout, now);
    if (s->state == SESSION_PLAYING && !s->media.gate.shut)
        session_set_state(s, SESSION_ENDED);
}
