// A session's frames: their due times, what is missing, and the end.
#include <math.h>

#include "base/err.h"
#include "base/seq.h"
#include "session_internal.h"

// --- lost and found

// `missing` frames did not become complete, of which `partial` came in part.
static void note_lost(struct session *s, uint64_t missing, uint64_t partial)
{
    s->frames_lost += missing > partial ? missing - partial : 0;
}

static void drop_anchor(struct session *s, const struct kin_jpeg_frame *jpeg, int64_t ts)
{
    int64_t base = (int64_t)kin_ts_extend((uint64_t)ts, s->anchor_rtptime);
    bool sane = s->anchor_has_rtptime && ts >= base && ts - base < JUMP_SANE_TS;
    s->anchor_due = false;
    if (s->anchor_resumes && s->anchored)
        return;
    session_set_anchor(s, sane ? base : ts, s->anchor_us);
    if (sane)
        note_lost(s, session_frames_apart(s, base, ts), jpeg->partial_before);
}

// --- a frame came

static void learn_rate(struct session *s, int64_t ts)
{
    int64_t d = ts - s->prev_ts;
    if (s->info.rate_milli != 0 || !s->have_prev || d <= 0 || d > KIN_RTP_CLOCK_HZ || s->counted < FRAMES_FOR_RATE)
        return;
    s->info.rate_milli = (uint32_t)llround(1000.0 * KIN_RTP_CLOCK_HZ / (double)d);
    s->info.frames = session_frames_in(s, s->info.duration);
}

static void note_missing(struct session *s, const struct kin_jpeg_frame *jpeg, int64_t ts)
{
    if (!s->have_prev)
        return;
    uint64_t apart = session_frames_apart(s, s->prev_ts, ts);
    note_lost(s, apart > 0 ? apart - 1 : 0, jpeg->partial_before);
    if (apart <= 1 && jpeg->partial_before == 0 && s->prev_first_at >= 0)
        kin_spread_add(&s->spread, jpeg->first_at - s->prev_first_at);
}

static void note_frame(struct session *s, const struct kin_jpeg_frame *jpeg, int64_t ts)
{
    note_missing(s, jpeg, ts);
    learn_rate(s, ts);
    s->counted++;
    s->have_prev = true;
    s->prev_ts = ts;
    s->prev_first_at = jpeg->first_at;
    s->info.width = jpeg->width;
    s->info.height = jpeg->height;
    if (s->frames_timed++ == 0)
        s->first_frame_at = jpeg->first_at;
    s->last_frame_at = jpeg->first_at;
    kin_fps_add(&s->fps, jpeg->last_at);
    if (s->first_frame_ms < 0)
        s->first_frame_ms = (double)(jpeg->last_at - s->started_at) / 1000;
}

static uint64_t number_of(const struct session *s, kin_us media_us)
{
    if (s->info.rate_milli == 0)
        return s->counted > 0 ? s->counted - 1 : 0;
    return (uint64_t)llround((double)media_us * s->info.rate_milli / 1e9);
}

static struct session_frame describe(const struct session *s, const struct kin_playout_frame *f, bool look_back)
{
    kin_us media_us = session_media_us(s, f->ts);
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
    if (!s->closed && s->on.on_frame != NULL)
        s->on.on_frame(s->ctx, &frame);
}

// A seek while paused: the first frame is shown, the cache is filled, then the server is paused again.
static void peek(struct session *s)
{
    kin_us now = kin_loop_now(s->loop);
    if (!kin_rtsp_client_idle(s->rtsp))
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
        kin_rtsp_client_pause(s->rtsp, now);
}

// The last frame of the reel plays out without a wait for the BYE; more may follow when the server plays in a loop.
static void note_last(struct session *s, kin_us media_us)
{
    if (session_is_last(s, media_us))
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

static void take_frame(struct session *s, const struct kin_jpeg_frame *jpeg)
{
    kin_us now = kin_loop_now(s->loop);
    if (jpeg->new_source && s->anchored && !s->anchor_due) { // time starts anew in the middle: go on from here
        s->anchor_us = s->position_us;
        s->anchor_scale = s->anchors[0].scale;
        s->anchor_has_rtptime = s->anchor_resumes = false;
        s->anchor_due = true;
        s->have_prev = false;
        kin_playout_clear(s->playout);
    }
    struct kin_playout_frame f = {.jpeg = jpeg->jpeg, .width = jpeg->width, .height = jpeg->height};
    f.ts = kin_playout_extend(s->playout, (uint32_t)jpeg->ts);
    if (s->anchor_due)
        drop_anchor(s, jpeg, f.ts);
    note_frame(s, jpeg, f.ts);
    struct session_frame frame = describe(s, &f, false);
    frame.leaving = session_is_leaving(s);
    if (!s->closed && s->on.on_received != NULL)
        s->on.on_received(s->ctx, &frame);
    if (s->opts.no_playout) {
        s->position_us = (kin_us)frame.media_us;
        s->frame_number = frame.number;
    } else {
        kin_playout_push(s->playout, now, (uint32_t)jpeg->ts, &f);
        note_last(s, (kin_us)frame.media_us);
        preview(s, &f);
    }
    if (s->peeking)
        peek(s);
}

void session_on_jpeg(struct session *s, const struct kin_jpeg_frame *jpeg)
{
    if (!s->awaits_start) {
        take_frame(s, jpeg);
    } else if (s->early_count < EARLY_MAX) {
        s->early[s->early_count] = *jpeg;
        kin_buf_ref(s->early[s->early_count++].jpeg);
    }
}

// Frames from before the new start are of no use after a jump; where playing just goes on they are the next ones, and
// have their place by the anchor that held so far.
static void start_frame(struct session *s, const struct kin_jpeg_frame *jpeg)
{
    bool due = s->anchor_due;
    bool old = due && s->anchor_has_rtptime && kin_ts_diff((uint32_t)jpeg->ts, s->anchor_rtptime) < 0;
    if (old && (s->jumping || !s->anchored))
        return;
    s->anchor_due = due && !old;
    take_frame(s, jpeg);
    s->anchor_due |= due && old;
}

void session_start_frames(struct session *s)
{
    s->awaits_start = false;
    for (size_t i = 0; i < s->early_count && !s->closed; i++)
        start_frame(s, &s->early[i]);
    session_drop_early(s);
}

void session_drop_early(struct session *s)
{
    while (s->early_count > 0)
        kin_buf_unref(s->early[--s->early_count].jpeg);
}

void session_show_due(struct session *s)
{
    const struct kin_playout_frame *f;
    while (!s->closed && (f = kin_playout_next(s->playout, kin_loop_now(s->loop))) != NULL)
        session_show(s, f, false);
}

// --- the end

static void note_tail(struct session *s)
{
    int64_t last = kin_ts_from_us(session_media_us(s, s->prev_ts));
    if (s->info.duration >= 0 && s->have_prev && s->anchors[0].scale == SCALE_NORMAL) {
        uint64_t apart = session_frames_apart(s, last, kin_ts_from_us(s->info.duration));
        note_lost(s, apart > 0 ? apart - 1 : 0, 0);
    }
    s->have_prev = false;
}

void session_finish(struct session *s)
{
    s->bye_at = KIN_US_NEVER;
    if (s->ended)
        return;
    if (s->receiver != NULL)
        kin_rtp_receiver_flush(s->receiver);
    session_drain(s);
    s->ended = true;
    s->ended_early = s->info.duration >= 0 && !session_near_end(s);
    if (s->ended_early)
        session_say(s, true, "the server ended the stream before the end of the reel");
    else
        note_tail(s);
    if (s->assembler != NULL) {
        kin_jpeg_assembler_reset(s->assembler);
        kin_rtp_receiver_restart(s->receiver);
    }
    kin_rtsp_client_ended(s->rtsp);
    kin_playout_end(s->playout, kin_loop_now(s->loop));
    if (s->peeking)
        peek(s);
    if (s->loop_reel && !s->ended_early && s->state == SESSION_PLAYING)
        session_request_play(s, true, session_trip_start(s));
}

static kin_us quiet_at(const struct session *s)
{
    if (s->state != SESSION_PLAYING || s->ended || s->packet_at == 0)
        return KIN_US_NEVER;
    if (session_near_end(s))
        return s->packet_at + END_GRACE_US;
    return s->quiet_told ? KIN_US_NEVER : s->packet_at + QUIET_US;
}

kin_us session_end_deadline(const struct session *s)
{
    return kin_us_min(s->bye_at, quiet_at(s));
}

static void on_quiet(struct session *s)
{
    if (session_near_end(s)) {
        session_finish(s);
        return;
    }
    s->quiet_told = true;
    session_say(s, true, "nothing has arrived for %d s", (int)(QUIET_US / KIN_US_PER_S));
}

void session_check_end(struct session *s)
{
    kin_us now = kin_loop_now(s->loop);
    if (s->closed)
        return;
    if (now >= s->bye_at)
        session_finish(s);
    else if (now >= quiet_at(s))
        on_quiet(s);
    bool over = s->opts.no_playout || kin_playout_finished(s->playout, now);
    if (s->closed || !s->ended || !over)
        return;
    kin_playout_pause(s->playout, now);
    if (s->state == SESSION_PLAYING && !s->awaits_start)
        session_set_state(s, SESSION_ENDED);
}
