// A session's frames: their due times, what is missing, and the end.
#include <math.h>

#include "client/session_internal.h"

// --- a frame came

// The spacing of frames tells the rate when the description does not.
static void learn_rate(struct session *s, int64_t d)
{
    if (s->info.rate_milli != 0 || d <= 0 || d > KIN_RTP_CLOCK_HZ || s->counted < FRAMES_FOR_RATE)
        return;
    s->info.rate_milli = (uint32_t)llround(1000.0 * KIN_RTP_CLOCK_HZ / (double)d);
    session_take_reel(s);
    s->info.frames = kin_timeline_frames_in(&s->timeline, s->info.duration);
}

// Returns how many frames before it the server left out.
static uint64_t note_frame(struct session *s, const struct kin_jpeg_frame *jpeg, int64_t ts, bool before_run)
{
    int64_t since = s->timeline.has_frame ? ts - s->timeline.frame_ts : 0;
    struct kin_timeline_step step = kin_timeline_frame(&s->timeline, jpeg->first_at, ts, before_run, jpeg->new_source);
    if (step.jumped)
        kin_playout_clear(s->playout);
    learn_rate(s, since);
    s->counted++;
    s->info.width = jpeg->width;
    s->info.height = jpeg->height;
    return kin_receive_stats_frame(&s->received, jpeg, &step, before_run || s->ended);
}

static uint64_t number_of(const struct session *s, kin_us media_us)
{
    if (s->info.rate_milli == 0)
        return s->counted > 0 ? s->counted - 1 : 0;
    return (uint64_t)llround((double)media_us * s->info.rate_milli / 1e9);
}

static struct session_frame describe(const struct session *s, const struct kin_playout_frame *f, bool look_back)
{
    kin_us media_us = kin_timeline_media_us(&s->timeline, f->ts);
    return (struct session_frame){
        .jpeg = f->jpeg,
        .number = number_of(s, media_us),
        .media_us = (uint64_t)media_us,
        .width = f->width,
        .height = f->height,
        .look_back = look_back,
    };
}

void session_show(struct session *s, const struct kin_playout_frame *f, bool look_back)
{
    struct session_frame frame = describe(s, f, look_back);
    s->previewing = false;
    frame.leaving = session_is_leaving(s);
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
        const struct kin_playout_frame *f = kin_playout_step(s->playout, 1);
        s->peek_shown = f != NULL;
        if (f != NULL)
            session_show(s, f, false);
    }
    if (kin_playout_ahead(s->playout) < kin_playout_target(s->playout) && !s->ended)
        return;
    s->peeking = false;
    if (!s->ended)
        kin_rtsp_client_pause(s->link.rtsp, now);
}

// The last frame of the reel plays out without a wait for the BYE; more may follow when the server plays in a loop.
static void note_last(struct session *s, kin_us media_us)
{
    if (kin_timeline_is_last(&s->timeline, media_us))
        kin_playout_end(s->playout, kin_loop_now(s->loop));
    else if (!s->ended)
        kin_playout_reopen(s->playout);
}

// While the cache fills for playing, its first frame stands for what is to come; it is shown again when it is due.
static void preview(struct session *s, const struct kin_playout_frame *f)
{
    bool filling = kin_playout_state(s->playout) != KIN_PLAYOUT_PLAYING && kin_playout_ahead(s->playout) == 1;
    if (!filling || s->wants_pause || s->peeking)
        return;
    session_show(s, f, false);
    s->previewing = true;
}

static void take_frame(struct session *s, const struct kin_jpeg_frame *jpeg, bool before_run)
{
    kin_us now = kin_loop_now(s->loop);
    struct kin_playout_frame f = {.jpeg = jpeg->jpeg, .width = jpeg->width, .height = jpeg->height};
    f.ts = kin_playout_extend(s->playout, (uint32_t)jpeg->ts);
    uint64_t left_out = note_frame(s, jpeg, f.ts, before_run);
    session_unsay(s, CAUSE_UNUSABLE);
    struct session_frame frame = describe(s, &f, false);
    frame.leaving = session_is_leaving(s);
    frame.left_out = left_out;
    if (!s->link.closed && s->on.on_received != NULL)
        s->on.on_received(s->ctx, &frame);
    if (s->opts.no_playout) {
        s->position_us = (kin_us)frame.media_us;
        s->frame_number = frame.number;
    } else {
        kin_playout_push(s->playout, kin_us_min(jpeg->last_at, now), (uint32_t)jpeg->ts, &f);
        note_last(s, (kin_us)frame.media_us);
        preview(s, &f);
    }
    if (s->peeking)
        peek(s);
}

// Frames from before the new start are of no use after a jump; where playing just goes on they are the next ones, and
// have their place by the run before. Over UDP they may come behind the reply to PLAY.
static void start_frame(struct session *s, const struct kin_jpeg_frame *jpeg)
{
    bool old = kin_timeline_is_before(&s->timeline, (uint32_t)jpeg->ts);
    if (!old || (!s->gate.jumped && s->timeline.anchored))
        take_frame(s, jpeg, old);
    else
        kin_receive_stats_late(&s->received, jpeg);
}

void session_on_jpeg(struct session *s, const struct kin_jpeg_frame *jpeg)
{
    if (!kin_play_gate_hold(&s->gate, jpeg))
        start_frame(s, jpeg);
}

void session_leave_early(struct session *s)
{
    struct kin_jpeg_frame jpeg;
    while (kin_play_gate_next(&s->gate, &jpeg)) {
        note_frame(s, &jpeg, kin_playout_extend(s->playout, (uint32_t)jpeg.ts), false);
        kin_buf_unref(jpeg.jpeg);
    }
}

void session_start_frames(struct session *s, bool accepted)
{
    struct kin_jpeg_frame jpeg;
    kin_play_gate_open(&s->gate, accepted);
    while (!s->link.closed && kin_play_gate_next(&s->gate, &jpeg)) {
        start_frame(s, &jpeg);
        kin_buf_unref(jpeg.jpeg);
    }
}

void session_show_due(struct session *s)
{
    const struct kin_playout_frame *f;
    struct kin_playout_stats before = *kin_playout_stats(s->playout);
    while (!s->link.closed && (f = kin_playout_next(s->playout, kin_loop_now(s->loop))) != NULL)
        session_show(s, f, false);
    const struct kin_playout_stats *after = kin_playout_stats(s->playout);
    if (!s->link.closed && after->holes > before.holes)
        session_say(s, false, "%.1f s of the reel never came: going on behind them",
                    (double)(after->hole_us - before.hole_us) / KIN_US_PER_S);
}

// --- the end

// By the frames that came, or by the clock when the last ones did not.
static bool reached_end(const struct session *s, kin_us now)
{
    kin_us ends_at = kin_timeline_ends_at(&s->timeline);
    return kin_timeline_near_end(&s->timeline) ||
           (ends_at != KIN_US_NEVER && now + KIN_TIMELINE_NEAR_END_US >= ends_at);
}

// Frames missing behind the newest one. Over TCP nothing is lost on the way: what is due by the clock may yet come, and
// is counted when it does.
static uint64_t missing_behind(const struct session *s, const struct kin_receive_live *live, kin_us now)
{
    uint64_t missing = kin_receive_stats_missing(&s->timeline, now, &live->frames);
    uint64_t due = !s->tcp && kin_stream_end_is_quiet(&s->end, now) ? kin_timeline_overdue(&s->timeline, now) : 0;
    return missing > due ? missing : due;
}

static void stop_run(struct session *s)
{
    kin_timeline_stop(&s->timeline);
    kin_stream_end_stop(&s->end);
    session_unsay(s, CAUSE_SILENCE);
}

void session_leave_run(struct session *s)
{
    struct kin_receive_live live = session_live(s);
    uint64_t missing = missing_behind(s, &live, kin_loop_now(s->loop));
    kin_receive_stats_leave(&s->received, missing, live.frames.partial_since);
    stop_run(s);
}

// Is nothing missing behind the last packet? TCP loses nothing on the way; else the sender's count with its BYE says
// it.
static bool came_to_the_end(const struct session *s, const struct kin_rtp_receiver_stats *stats)
{
    return s->tcp || (stats->bye && stats->agrees);
}

// The reel is over, or should be. Where it is not known how many frames are behind the newest one, the clock says it.
static void end_run(struct session *s, kin_us now)
{
    struct kin_receive_live live = session_live(s);
    uint64_t tail = s->ended_early ? 0 : kin_timeline_tail(&s->timeline);
    s->all_sent_came = came_to_the_end(s, &live.packets);
    kin_receive_stats_end(&s->received, tail > 0 ? tail : missing_behind(s, &live, now), live.frames.partial_since,
                          tail > 0 && s->all_sent_came);
    stop_run(s);
}

void session_finish(struct session *s)
{
    kin_us now = kin_loop_now(s->loop);
    if (s->ended) {
        kin_stream_end_stop(&s->end);
        return;
    }
    if (s->receiver != NULL)
        kin_rtp_receiver_flush(s->receiver);
    session_drain(s);
    s->ended = true;
    s->ended_early = s->info.duration >= 0 && !reached_end(s, now);
    end_run(s, now);
    if (s->ended_early)
        session_say(s, true, "the server ended the stream before the end of the reel");
    if (s->assembler != NULL) {
        kin_jpeg_assembler_reset(s->assembler);
        kin_rtp_receiver_restart(s->receiver);
    }
    kin_rtsp_client_ended(s->link.rtsp);
    kin_playout_end(s->playout, now);
    if (s->peeking)
        peek(s);
    if (s->loop_reel && !s->ended_early && s->state == SESSION_PLAYING)
        session_request_play(s, true, session_trip_start(s));
}

kin_us session_end_deadline(const struct session *s)
{
    struct kin_stream_place place = session_end_place(s);
    return kin_stream_end_deadline(&s->end, &place);
}

static void check_stream(struct session *s, kin_us now)
{
    struct kin_stream_place place = session_end_place(s);
    switch (kin_stream_end_check(&s->end, now, &place)) {
    case KIN_STREAM_GOES_ON:
        break;
    case KIN_STREAM_SILENT:
        session_say(s, true, "nothing has arrived for %d s: waiting for the server",
                    (int)((now - s->end.packet_at) / KIN_US_PER_S));
        s->cause = CAUSE_SILENCE;
        break;
    case KIN_STREAM_ENDED:
        session_finish(s);
        break;
    case KIN_STREAM_BROKEN:
        session_finish(s);
        s->ended_early = true;
        session_say(s, true, "nothing has arrived for %d s, and the time of the reel is over",
                    (int)((now - s->end.packet_at) / KIN_US_PER_S));
        break;
    }
}

void session_check_end(struct session *s)
{
    kin_us now = kin_loop_now(s->loop);
    if (s->link.closed)
        return;
    check_stream(s, now);
    bool over = s->opts.no_playout || kin_playout_finished(s->playout, now);
    if (s->link.closed || !s->ended || !over)
        return;
    kin_playout_pause(s->playout, now);
    if (s->state == SESSION_PLAYING && !s->gate.shut)
        session_set_state(s, SESSION_ENDED);
}
