// The client's media path: runs and their ends.
#include "engine/play/media_receiver_internal.h"

#define END_SLACK_US (150 * KIN_US_PER_MS) // by which an end may come before its time

void media_receiver_forget_again(struct kin_media_receiver *m)
{
    m->again.wanted = m->again.under_way = m->again.run = false;
}

void kin_media_receiver_play_sent(struct kin_media_receiver *m, bool jumps)
{
    kin_play_gate_shut(&m->gate, jumps);
}

void kin_media_receiver_refused(struct kin_media_receiver *m)
{
    m->again.wanted = m->again.under_way = m->unheard = false;
    kin_play_gate_open(&m->gate, false);
}

// What came in part of the run before, after it was left, is played again.
static void forget_begun(struct kin_media_receiver *m)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    if (!live.frames.newest.known || !kin_timeline_is_before(&m->timeline, (uint32_t)live.frames.newest.ts))
        return;
    kin_receive_stats_again(&m->received, &live);
    kin_jpeg_assembler_reset(m->assembler);
}

void kin_media_receiver_start(struct kin_media_receiver *m, kin_us now, const struct kin_timeline_start *start,
                              const struct kin_rtp_run *run)
{
    struct kin_timeline_start placed = *start;
    bool again = m->again.under_way;
    m->has_first_seq = run->has_seq;
    m->first_seq = run->seq;
    if (run->has_seq)
        kin_receive_stats_run(&m->received, run->seq);
    if (again && start->has_rtptime)
        m->shift = (uint32_t)(m->again.ts + kin_ts_from_us(start->position - m->again.place)) - start->rtptime;
    media_receiver_forget_again(m);
    m->again.run = again;
    placed.rtptime += m->shift;
    kin_timeline_start(&m->timeline, now, &placed);
    if (again)
        forget_begun(m);
    kin_stream_end_start(&m->end, now);
    kin_playout_set_interval(m->playout, kin_timeline_spacing_ts(&m->timeline));
    bool gave_up = m->rtp != NULL && kin_rtp_receiver_start(m->rtp, now, run);
    if (gave_up && !again && !m->unheard)
        kin_receive_stats_left_at(&m->received, kin_timeline_sent_behind(&m->timeline, placed.rtptime));
    m->ended = m->ended_early = m->unheard = false;
    kin_playout_reopen(m->playout);
    kin_play_gate_open(&m->gate, true);
}

void kin_media_receiver_settled(struct kin_media_receiver *m)
{
    if (m->gate.shut)
        kin_play_gate_open(&m->gate, false);
    kin_play_gate_arrived(&m->gate);
}

// Is nothing missing after the last packet? True over TCP; over UDP if the sender's packet count with its BYE agrees.
static bool came_to_the_end(const struct kin_media_receiver *m)
{
    struct kin_rtp_receiver_stats stats = kin_media_receiver_live(m).packets;
    return m->in_order || (stats.bye && stats.agrees);
}

void kin_media_receiver_flush(struct kin_media_receiver *m, bool over)
{
    if (m->rtp == NULL)
        return;
    kin_rtp_receiver_flush(m->rtp);
    m->over = over && came_to_the_end(m);
}

bool kin_media_receiver_repairs(const struct kin_media_receiver *m, kin_us now)
{
    return m->rtp != NULL && kin_rtp_receiver_repaired_at(m->rtp) > now;
}

static void stop_run(struct kin_media_receiver *m)
{
    kin_timeline_stop(&m->timeline);
    kin_stream_end_stop(&m->end);
}

// Frames missing after the newest one, with those dropped because they were to come again. Over TCP nothing is lost on
// the way: frames that are due by the clock may still come, unless `nothing` will.
static uint64_t missing_behind(const struct kin_media_receiver *m, const struct kin_receive_live *live, kin_us now,
                               bool nothing)
{
    uint64_t missing = kin_receive_stats_missing(&m->timeline, now, &live->frames);
    bool drops = m->again.wanted && !m->again.under_way;
    uint64_t dropped = drops ? kin_timeline_before(&m->timeline, now, m->again.newest) + 1 : 0;
    bool lossy = (nothing || !m->in_order) && kin_stream_end_is_quiet(&m->end, now);
    uint64_t due = lossy ? kin_timeline_overdue(&m->timeline, now) : 0;
    missing = missing > dropped ? missing : dropped;
    return missing > due ? missing : due;
}

static void leave(struct kin_media_receiver *m, kin_us now, uint64_t at_least, bool nothing)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    uint64_t missing = missing_behind(m, &live, now, nothing);
    if (missing < at_least)
        missing = at_least;
    if (m->unheard)
        kin_receive_stats_again(&m->received, &live);
    else
        kin_receive_stats_leave(&m->received, missing, live.frames.partial_since);
    stop_run(m);
}

void kin_media_receiver_leave(struct kin_media_receiver *m, kin_us now, bool jumps, kin_us place)
{
    jumps = jumps || m->gate.leaving; // a jump is still queued
    if (jumps)                        // else the frames that are held are the next ones
        media_receiver_count_held(m);
    // Over TCP all frames sent up to `place` have come; over UDP some may be on their way.
    uint64_t left_out = m->in_order && place >= 0 ? kin_timeline_before_place(&m->timeline, place) : 0;
    leave(m, now, left_out, false);
    m->again.wanted = m->again.under_way = false;
    if (m->assembler != NULL && (jumps || !kin_media_receiver_repairs(m, now)))
        kin_jpeg_assembler_reset(m->assembler);
    if (!jumps)
        return;
    kin_playout_clear(m->playout, KIN_PLAYOUT_JUMP);
    kin_play_gate_shut(&m->gate, true); // again, if the reply to an older PLAY opened it
}

void kin_media_receiver_allow_again(struct kin_media_receiver *m, bool allowed)
{
    m->again.allowed = allowed && !m->no_cache && !m->no_retransmit;
}

static void drop_run(struct kin_media_receiver *m)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    struct kin_jpeg_frame held;
    while (kin_play_gate_next(&m->gate, &held)) {
        media_receiver_drop(m, &held);
        kin_buf_unref(held.jpeg);
    }
    kin_receive_stats_again(&m->received, &live);
    stop_run(m);
    if (m->assembler != NULL)
        kin_jpeg_assembler_reset(m->assembler);
    kin_play_gate_shut(&m->gate, true);
}

void kin_media_receiver_again(struct kin_media_receiver *m, kin_us now)
{
    drop_run(m);
    m->again.under_way = true;
    m->again.left_at = now;
}

void kin_media_receiver_unheard(struct kin_media_receiver *m)
{
    m->unheard = true;
}

void kin_media_receiver_lose(struct kin_media_receiver *m)
{
    drop_run(m);
    kin_media_receiver_close(m);
    kin_play_gate_reset(&m->gate);
    media_receiver_forget_again(m);
    m->ended = false;
}

void kin_media_receiver_drop_ahead(struct kin_media_receiver *m)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    unsigned ahead = kin_playout_ahead(m->playout), partial = kin_playout_ahead_partial(m->playout);
    kin_receive_stats_uncount(&m->received, &live, ahead - partial, partial);
    kin_playout_clear(m->playout, KIN_PLAYOUT_START);
}

void kin_media_receiver_forget(struct kin_media_receiver *m, kin_us now)
{
    leave(m, now, 0, true); // nothing more can come
    kin_media_receiver_close(m);
    kin_play_gate_reset(&m->gate);
    kin_playout_clear(m->playout, KIN_PLAYOUT_START);
    kin_timeline_clear(&m->timeline);
    m->ended = false;
}

// Has the stream reached the end of the reel? Judged by the frames that came, or by the clock when the last ones did
// not. Where frames are known to be missing, the clock alone decides; not without a cache, where frames may come
// faster.
static bool reached_end(const struct kin_media_receiver *m, kin_us now)
{
    const struct kin_timeline *t = &m->timeline;
    kin_us ends_at = kin_timeline_ends_at(t);
    kin_us at = m->end.bye_at != KIN_US_NEVER ? m->end.bye_at - KIN_STREAM_BYE_GRACE_US : now;
    bool strict = !m->no_cache && kin_timeline_tail(t) > 0;
    kin_us slack = strict ? END_SLACK_US + kin_us_from_ts(kin_timeline_interval_ts(t)) : KIN_TIMELINE_NEAR_END_US;
    return (kin_timeline_near_end(t) && !strict) || (ends_at != KIN_US_NEVER && at + slack >= ends_at);
}

// Counts the frames missing at the end: those up to the end of the reel where that is known, else those due by the
// clock.
static void count_end(struct kin_media_receiver *m, kin_us now)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    uint64_t tail = m->ended_early ? 0 : kin_timeline_tail(&m->timeline);
    m->all_sent_came = came_to_the_end(m);
    kin_receive_stats_end(&m->received, tail > 0 ? tail : missing_behind(m, &live, now, false),
                          live.frames.partial_since, tail > 0 && m->all_sent_came);
}

void kin_media_receiver_end(struct kin_media_receiver *m, kin_us now, bool broken)
{
    if (m->ended) {
        kin_stream_end_stop(&m->end);
        return;
    }
    m->ended = true;
    m->ended_early = m->reel.duration >= 0 && !reached_end(m, now);
    count_end(m, now);
    m->ended_early |= broken;
    stop_run(m);
    if (m->assembler != NULL) {
        kin_jpeg_assembler_reset(m->assembler);
        kin_rtp_receiver_restart(m->rtp);
    }
    kin_playout_end(m->playout, now);
}

void media_receiver_revive(struct kin_media_receiver *m, kin_us now)
{
    m->ended = m->ended_early = false;
    struct kin_receive_live live = kin_media_receiver_live(m);
    kin_receive_stats_goes_on(&m->received, &live);
    kin_stream_end_start(&m->end, now);
    kin_playout_reopen(m->playout);
}

void kin_media_receiver_break(struct kin_media_receiver *m, kin_us now)
{
    leave(m, now, 0, false);
    m->ended = true;
    kin_playout_end(m->playout, now);
}

struct kin_stream_place media_receiver_place_of_end(const struct kin_media_receiver *m, bool playing)
{
    return (struct kin_stream_place){
        .watched = playing && !m->ended,
        .last_over = kin_timeline_last_over(&m->timeline),
        .interval = kin_us_from_ts(kin_timeline_interval_ts(&m->timeline)),
        .ends_at = kin_timeline_ends_at(&m->timeline),
        .repaired_at = m->rtp != NULL ? kin_rtp_receiver_repaired_at(m->rtp) : 0,
    };
}

enum kin_stream_verdict kin_media_receiver_check(struct kin_media_receiver *m, kin_us now, bool playing)
{
    struct kin_stream_place place = media_receiver_place_of_end(m, playing);
    return kin_stream_end_check(&m->end, now, &place);
}

void kin_media_receiver_silence_noticed(struct kin_media_receiver *m)
{
    m->end.silent = true;
}

kin_us kin_media_receiver_deadline(const struct kin_media_receiver *m, bool playing)
{
    struct kin_stream_place place = media_receiver_place_of_end(m, playing);
    return kin_us_min(kin_stream_end_deadline(&m->end, &place), kin_playout_deadline(m->playout));
}
