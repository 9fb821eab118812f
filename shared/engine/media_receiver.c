// The client's media path: streams, frames, runs and their ends.
#include "engine/media_receiver.h"

#include <math.h>

#include "base/err.h"
#include "base/seq.h"

#define END_SLACK_US (150 * KIN_US_PER_MS) // by which an end may come before its time
#define AGAIN_AFTER_US (2 * KIN_US_PER_S)  // between two stretches that are asked for again
#define FRAMES_FOR_RATE 8                  // frames after which the rate is learned from their spacing

int kin_media_receiver_init(struct kin_media_receiver *m, const struct kin_media_receiver_options *options)
{
    *m = (struct kin_media_receiver){.no_cache = options->no_cache,
                                     .no_retransmit = options->no_retransmit,
                                     .keeps_partial = options->keeps_partial && !options->no_cache,
                                     .reel = {.duration = -1}};
    kin_timeline_init(&m->timeline);
    kin_stream_end_init(&m->end);
    kin_play_gate_init(&m->gate);
    kin_receive_stats_init(&m->received);
    return kin_playout_new(&options->cache, &m->playout);
}

void kin_media_receiver_deinit(struct kin_media_receiver *m)
{
    kin_play_gate_reset(&m->gate);
    kin_media_receiver_close(m);
    kin_playout_free(m->playout);
    kin_buf_unref(m->lent);
    m->playout = NULL;
    m->lent = NULL;
}

// --- the stream

void kin_media_receiver_describe(struct kin_media_receiver *m, const struct kin_media_reel *reel)
{
    kin_playout_clear(m->playout);
    kin_timeline_clear(&m->timeline);
    m->reel = *reel;
    kin_timeline_reel(&m->timeline, reel->duration, reel->rate_milli, reel->even);
    if (reel->frames == 0)
        m->reel.frames = kin_timeline_frames_in(&m->timeline, reel->duration);
}

// Nothing is to be played again.
static void forget_again(struct kin_media_receiver *m)
{
    m->again.wanted = m->again.under_way = m->again.run = false;
}

int kin_media_receiver_open(struct kin_media_receiver *m, kin_us now, const struct kin_media_stream *stream)
{
    bool repairs = !m->no_retransmit && !stream->in_order;
    struct kin_rtp_receiver_options ro = {.ssrc = stream->own_ssrc,
                                          .cname = stream->cname,
                                          .in_order = stream->in_order,
                                          .begins_by_play = true,
                                          .has_announced = stream->has_ssrc,
                                          .announced = stream->ssrc,
                                          .repair = repairs ? m->reel.repair : KIN_RTP_REPAIR_NONE,
                                          .payload_type = m->reel.payload_type,
                                          .rtx_payload_type = m->reel.rtx_payload_type};
    struct kin_jpeg_assembler_options ao = {
        .format = m->reel.format, .width = m->reel.width, .height = m->reel.height, .keeps_partial = m->keeps_partial};
    kin_media_receiver_close(m);
    kin_playout_clear(m->playout);
    kin_timeline_clear(&m->timeline);
    forget_again(m);
    m->in_order = stream->in_order;
    m->shift = 0;
    m->rtp = kin_rtp_receiver_new(now, &ro);
    m->assembler = kin_jpeg_assembler_new(&ao);
    if (m->rtp != NULL && m->assembler != NULL)
        return KIN_OK;
    kin_media_receiver_close(m);
    return KIN_ENOMEM;
}

void kin_media_receiver_close(struct kin_media_receiver *m)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    kin_receive_stats_keep(&m->received, &live);
    kin_rtp_receiver_free(m->rtp);
    kin_jpeg_assembler_free(m->assembler);
    m->rtp = NULL;
    m->assembler = NULL;
}

void kin_media_receiver_reconnect(struct kin_media_receiver *m)
{
    kin_play_gate_reset(&m->gate);
    m->ended = false;
}

// --- frames

// Extends an RTP time to the value nearest to the frame before. Without a cache this module must remember that itself,
// since RTP time wraps within many hours.
static int64_t extend(const struct kin_media_receiver *m, uint32_t rtp_ts)
{
    if (m->no_cache && m->counted > 0)
        return (int64_t)kin_ts_extend((uint64_t)m->newest_ts, rtp_ts);
    return kin_playout_extend(m->playout, rtp_ts);
}

// The spacing of frames tells the rate when the description does not.
static void learn_rate(struct kin_media_receiver *m, int64_t d)
{
    struct kin_media_reel *reel = &m->reel;
    if (reel->rate_milli != 0 || d <= 0 || d > KIN_RTP_CLOCK_HZ || m->counted < FRAMES_FOR_RATE)
        return;
    reel->rate_milli = (uint32_t)llround(1000.0 * KIN_RTP_CLOCK_HZ / (double)d);
    kin_timeline_reel(&m->timeline, reel->duration, reel->rate_milli, reel->even);
    reel->frames = kin_timeline_frames_in(&m->timeline, reel->duration);
}

// Returns how many frames right before this one the server left out.
static uint64_t note_frame(struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg, int64_t ts, bool before_run)
{
    int64_t since = m->timeline.has_frame ? ts - m->timeline.frame_ts : 0;
    struct kin_timeline_step step = kin_timeline_frame(&m->timeline, jpeg->first_at, ts, before_run, jpeg->new_source);
    if (step.jumped)
        kin_playout_clear(m->playout);
    learn_rate(m, since);
    m->counted++;
    m->newest_ts = ts;
    m->reel.width = jpeg->width;
    m->reel.height = jpeg->height;
    return kin_receive_stats_frame(&m->received, jpeg, &step, before_run || m->ended);
}

static uint64_t number_of(const struct kin_media_receiver *m, kin_us media_us)
{
    if (m->reel.rate_milli == 0)
        return m->counted > 0 ? m->counted - 1 : 0;
    return kin_timeline_frames_in(&m->timeline, media_us);
}

struct kin_media_frame kin_media_receiver_place(const struct kin_media_receiver *m, const struct kin_playout_frame *f)
{
    kin_us media_us = kin_timeline_media_us(&m->timeline, f->ts);
    return (struct kin_media_frame){.picture = *f, .number = number_of(m, media_us), .media_us = media_us};
}

// The last frame of the reel plays out without waiting for the BYE; more may follow when the server loops.
static void note_last(struct kin_media_receiver *m, kin_us now, kin_us media_us)
{
    if (kin_timeline_is_last(&m->timeline, media_us))
        kin_playout_end(m->playout, now);
    else if (!m->ended)
        kin_playout_reopen(m->playout);
}

static void on_frame(struct kin_media_receiver *m, kin_us now, const struct kin_jpeg_frame *jpeg, bool before_run,
                     struct kin_media_frame *ret)
{
    struct kin_playout_frame f = {.jpeg = jpeg->jpeg, .width = jpeg->width, .height = jpeg->height};
    f.ts = extend(m, (uint32_t)jpeg->ts);
    uint64_t left_out = note_frame(m, jpeg, f.ts, before_run);
    *ret = kin_media_receiver_place(m, &f);
    ret->left_out = left_out;
    if (m->no_cache)
        return;
    kin_playout_push(m->playout, kin_us_min(jpeg->last_at, now), (uint32_t)jpeg->ts, &f);
    note_last(m, now, ret->media_us);
}

// Does the frame belong to the new run by its sequence number? If so, an rtptime of RTP-Info after its own is wrong.
static bool is_of_run(const struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg)
{
    uint16_t first = (uint16_t)(jpeg->seq - jpeg->packets + 1);
    return m->has_first_seq && (int16_t)(uint16_t)(first - m->first_seq) >= 0;
}

// Frames from before the new start may come after the reply to PLAY, over UDP. After a jump they are useless; where
// playing just goes on they are the next ones, and the run before gives their position.
static bool has_place(struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg, bool *ret_before_run)
{
    *ret_before_run = kin_timeline_is_before(&m->timeline, (uint32_t)jpeg->ts) && !is_of_run(m, jpeg);
    if (!*ret_before_run || (!m->gate.jumped && m->timeline.anchored))
        return true;
    if (m->again.run)
        kin_receive_stats_again(&m->received, 1, jpeg->partial_before);
    else
        kin_receive_stats_late(&m->received, jpeg);
    return false;
}

// A frame that came will come again.
static void drop_until_again(struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg)
{
    m->again.complete++;
    m->again.partial += jpeg->partial_before;
}

// A partial frame goes to the cache alone, and only close behind the frames of its run that are there: no outage ends
// with it. It counts as missing.
static void keep_partial(struct kin_media_receiver *m, kin_us now)
{
    struct kin_jpeg_partial p;
    if (!kin_jpeg_assembler_partial(m->assembler, &p))
        return;
    uint32_t rtp_ts = (uint32_t)p.frame.ts + m->shift;
    struct kin_playout_frame f = {
        .jpeg = p.frame.jpeg, .width = p.frame.width, .height = p.frame.height, .gaps = p.gaps};
    int64_t oldest, newest, ts = extend(m, rtp_ts), near = 2 * kin_timeline_spacing_ts(&m->timeline);
    bool run = m->timeline.has_frame && !m->ended && !m->gate.shut && !m->again.wanted;
    if (near < kin_ts_from_us(KIN_PLAYOUT_HOLE_US))
        near = kin_ts_from_us(KIN_PLAYOUT_HOLE_US);
    if (run && ts > m->timeline.frame_ts && kin_playout_span(m->playout, &oldest, &newest) && ts - newest < near)
        kin_playout_push(m->playout, kin_us_min(p.frame.last_at, now), rtp_ts, &f);
    kin_buf_unref(p.frame.jpeg);
}

// The next frame that may be used now: one that was held, or a new one. The caller owns its reference.
static bool next_frame(struct kin_media_receiver *m, kin_us now, struct kin_jpeg_frame *ret)
{
    struct kin_rtp_arrival arrival;
    if (!m->gate.shut && kin_play_gate_next(&m->gate, ret))
        return true;
    while (m->rtp != NULL) {
        while (kin_jpeg_assembler_event(m->assembler, ret)) {
            if (m->again.wanted && !m->again.under_way)
                drop_until_again(m, ret);
            else if (!kin_play_gate_hold(&m->gate, ret))
                return true;
            kin_buf_unref(ret->jpeg);
        }
        if (kin_rtp_receiver_event(m->rtp, now, &arrival)) {
            kin_jpeg_assembler_feed(m->assembler, &arrival);
            keep_partial(m, now);
            continue;
        }
        if (!m->over)
            break;
        m->over = false;
        kin_jpeg_assembler_end(m->assembler);
    }
    return false;
}

// Does an outage end with this frame? Frames that the sender left out are none.
static bool ends_outage(const struct kin_media_receiver *m, kin_us now, const struct kin_jpeg_frame *jpeg)
{
    const struct kin_timeline *t = &m->timeline;
    int64_t missing = extend(m, (uint32_t)jpeg->ts) - t->frame_ts - kin_timeline_spacing_ts(t);
    bool seekable = m->reel.duration >= 0 && t->even && t->has_frame && kin_timeline_scale(t) == KIN_TIMELINE_SCALE;
    return seekable && !m->ended && !jpeg->new_source && missing > kin_ts_from_us(KIN_PLAYOUT_HOLE_US) &&
           now - m->again.at > AGAIN_AFTER_US && !kin_receive_stats_follows(&m->received, jpeg);
}

static bool comes_again(struct kin_media_receiver *m, kin_us now, const struct kin_jpeg_frame *jpeg, bool before_run)
{
    if (!m->again.wanted && m->again.allowed && !before_run && ends_outage(m, now, jpeg)) {
        m->again.wanted = true;
        m->again.at = now;
        m->again.ts = m->timeline.frame_ts + kin_timeline_spacing_ts(&m->timeline);
        m->again.place = kin_timeline_media_us(&m->timeline, m->again.ts);
        m->again.complete = m->again.partial = 0;
    }
    if (m->again.wanted)
        drop_until_again(m, jpeg);
    return m->again.wanted;
}

// Lost packets are waited for until their frame is due.
static void set_clock(struct kin_media_receiver *m)
{
    struct kin_nack_clock clock;
    if (m->rtp == NULL)
        return;
    clock.runs = kin_playout_clock(m->playout, &clock.ts, &clock.due);
    clock.ts -= m->shift;
    kin_rtp_receiver_set_clock(m->rtp, &clock);
}

bool kin_media_receiver_frame(struct kin_media_receiver *m, kin_us now, struct kin_media_frame *ret)
{
    struct kin_jpeg_frame jpeg;
    bool before_run = false;
    set_clock(m);
    while (next_frame(m, now, &jpeg)) {
        kin_buf_unref(m->lent);
        m->lent = jpeg.jpeg;
        jpeg.ts += m->shift;
        if (has_place(m, &jpeg, &before_run) && !comes_again(m, now, &jpeg, before_run)) {
            on_frame(m, now, &jpeg, before_run, ret);
            return true;
        }
    }
    kin_buf_unref(m->lent);
    m->lent = NULL;
    return false;
}

bool kin_media_receiver_feed(struct kin_media_receiver *m, kin_us at, struct kin_span packet, size_t wire,
                             kin_us *ret_silence)
{
    *ret_silence = 0;
    if (packet.n < KIN_RTP_HEADER_BYTES)
        return true;
    uint8_t payload_type = packet.p[1] & 0x7f;
    bool again = m->reel.repair == KIN_RTP_REPAIR_RTX && payload_type == m->reel.rtx_payload_type;
    if (payload_type != m->reel.payload_type && !again)
        return false;
    kin_receive_stats_packet(&m->received, at, wire, !m->in_order);
    *ret_silence = kin_stream_end_packet(&m->end, at);
    kin_rtp_receiver_feed(m->rtp, at, packet);
    return true;
}

int kin_media_receiver_feed_rtcp(struct kin_media_receiver *m, kin_us at, kin_us now, struct kin_span bytes)
{
    struct kin_rtp_receiver_stats stats;
    int err = kin_rtp_receiver_feed_rtcp(m->rtp, at, bytes);
    kin_rtp_receiver_stats(m->rtp, &stats);
    if (err == KIN_OK && stats.bye && !m->ended)
        kin_stream_end_bye(&m->end, now);
    return err;
}

// Frames held at a jump belong to the run that is left: they are not shown, but frames missing between them count.
static void count_held(struct kin_media_receiver *m)
{
    struct kin_jpeg_frame jpeg;
    while (kin_play_gate_next(&m->gate, &jpeg)) {
        note_frame(m, &jpeg, extend(m, (uint32_t)jpeg.ts + m->shift), false);
        kin_buf_unref(jpeg.jpeg);
    }
}

// --- runs

void kin_media_receiver_play_sent(struct kin_media_receiver *m, bool jumps)
{
    kin_play_gate_shut(&m->gate, jumps);
}

void kin_media_receiver_refused(struct kin_media_receiver *m)
{
    m->again.wanted = m->again.under_way = false;
    kin_play_gate_open(&m->gate, false);
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
    forget_again(m);
    m->again.run = again;
    placed.rtptime += m->shift;
    kin_timeline_start(&m->timeline, now, &placed);
    kin_stream_end_start(&m->end, now);
    kin_playout_set_interval(m->playout, kin_timeline_spacing_ts(&m->timeline));
    bool gave_up = m->rtp != NULL && kin_rtp_receiver_start(m->rtp, now, run);
    if (gave_up && !again)
        kin_receive_stats_left_at(&m->received, kin_timeline_sent_behind(&m->timeline, placed.rtptime));
    m->ended = m->ended_early = false;
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

// Frames missing after the newest one. Over TCP nothing is lost on the way: frames that are due by the clock may still
// come, unless `nothing` will.
static uint64_t missing_behind(const struct kin_media_receiver *m, const struct kin_receive_live *live, kin_us now,
                               bool nothing)
{
    uint64_t missing = kin_receive_stats_missing(&m->timeline, now, &live->frames);
    bool lossy = (nothing || !m->in_order) && kin_stream_end_is_quiet(&m->end, now);
    uint64_t due = lossy ? kin_timeline_overdue(&m->timeline, now) : 0;
    return missing > due ? missing : due;
}

static void leave(struct kin_media_receiver *m, kin_us now, uint64_t at_least, bool nothing)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    uint64_t missing = missing_behind(m, &live, now, nothing);
    if (missing < at_least)
        missing = at_least;
    kin_receive_stats_leave(&m->received, missing, live.frames.partial_since);
    stop_run(m);
}

void kin_media_receiver_leave(struct kin_media_receiver *m, kin_us now, bool jumps, kin_us place)
{
    jumps = jumps || m->gate.leaving; // a jump is still queued
    m->again.wanted = m->again.under_way = false;
    if (jumps) // else the frames that are held are the next ones
        count_held(m);
    // Over TCP all frames sent up to `place` have come; over UDP some may be on their way.
    uint64_t left_out = m->in_order && place >= 0 ? kin_timeline_before_place(&m->timeline, place) : 0;
    leave(m, now, left_out, false);
    if (m->assembler != NULL && (jumps || !kin_media_receiver_repairs(m, now)))
        kin_jpeg_assembler_reset(m->assembler);
    if (!jumps)
        return;
    kin_playout_clear(m->playout);
    kin_play_gate_shut(&m->gate, true); // again, if the reply to an older PLAY opened it
}

void kin_media_receiver_allow_again(struct kin_media_receiver *m, bool allowed)
{
    m->again.allowed = allowed && !m->no_cache && !m->no_retransmit;
}

void kin_media_receiver_again(struct kin_media_receiver *m)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    struct kin_jpeg_frame held;
    while (kin_play_gate_next(&m->gate, &held)) {
        kin_receive_stats_again(&m->received, 1, held.partial_before);
        kin_buf_unref(held.jpeg);
    }
    kin_receive_stats_again(&m->received, m->again.complete, m->again.partial + live.frames.partial_since);
    stop_run(m);
    if (m->assembler != NULL)
        kin_jpeg_assembler_reset(m->assembler);
    kin_play_gate_shut(&m->gate, true);
    m->again.under_way = true;
}

void kin_media_receiver_lose(struct kin_media_receiver *m)
{
    kin_media_receiver_again(m);
    kin_media_receiver_close(m);
    kin_play_gate_reset(&m->gate);
    forget_again(m);
    m->ended = false;
}

void kin_media_receiver_drop_ahead(struct kin_media_receiver *m)
{
    kin_receive_stats_again(&m->received, kin_playout_ahead(m->playout), 0);
    kin_playout_clear(m->playout);
}

void kin_media_receiver_forget(struct kin_media_receiver *m, kin_us now)
{
    leave(m, now, 0, true); // nothing more can come
    kin_media_receiver_close(m);
    kin_play_gate_reset(&m->gate);
    kin_playout_clear(m->playout);
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

void kin_media_receiver_break(struct kin_media_receiver *m, kin_us now)
{
    leave(m, now, 0, false);
    m->ended = true;
    kin_playout_end(m->playout, now);
}

static struct kin_stream_place place_of_end(const struct kin_media_receiver *m, bool playing)
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
    struct kin_stream_place place = place_of_end(m, playing);
    return kin_stream_end_check(&m->end, now, &place);
}

void kin_media_receiver_silence_noticed(struct kin_media_receiver *m)
{
    m->end.silent = true;
}

kin_us kin_media_receiver_deadline(const struct kin_media_receiver *m, bool playing)
{
    struct kin_stream_place place = place_of_end(m, playing);
    return kin_us_min(kin_stream_end_deadline(&m->end, &place), kin_playout_deadline(m->playout));
}

// --- facts

struct kin_receive_live kin_media_receiver_live(const struct kin_media_receiver *m)
{
    struct kin_receive_live live = {.kernel_dropped = 0};
    if (m->rtp != NULL)
        kin_rtp_receiver_stats(m->rtp, &live.packets);
    if (m->assembler != NULL)
        kin_jpeg_assembler_stats(m->assembler, &live.frames);
    live.frames.newest.ts += m->shift;
    return live;
}

kin_us kin_media_receiver_hush(const struct kin_media_receiver *m, kin_us now)
{
    struct kin_stream_place place = place_of_end(m, true);
    return kin_timeline_all_came(&m->timeline) ? 0 : kin_stream_end_hush(&m->end, now, &place);
}

uint64_t kin_media_receiver_overdue(const struct kin_media_receiver *m, kin_us now, kin_us *ret_silence)
{
    struct kin_stream_place place = place_of_end(m, true); // the stream plays until the reply to a PAUSE
    *ret_silence = kin_stream_end_silence(&m->end, now, &place);
    if (!m->end.running || m->ended)
        return 0;
    return kin_timeline_lost(kin_timeline_overdue(&m->timeline, now), kin_media_receiver_live(m).frames.partial_since);
}

void kin_media_receiver_tick(struct kin_media_receiver *m, kin_us now)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    if (m->rtp != NULL)
        kin_receive_stats_tick(&m->received, now, &live);
}

void kin_media_receiver_reset_counters(struct kin_media_receiver *m, uint64_t kernel_dropped)
{
    struct kin_receive_live live = {.kernel_dropped = kernel_dropped};
    if (m->rtp != NULL) {
        kin_rtp_receiver_reset_counters(m->rtp);
        kin_jpeg_assembler_reset_counters(m->assembler);
    }
    kin_timeline_reset_gained(&m->timeline);
    kin_receive_stats_reset(&m->received, &live);
    kin_playout_reset_stats(m->playout);
}
