// The client's media path: packets in, frames with their positions out.
#include "engine/play/media_receiver_internal.h"

#include <math.h>

#include "base/err.h"
#include "base/seq.h"
#include "jpeg/vary.h"

#define AGAIN_AFTER_US (2 * KIN_US_PER_S) // between two stretches that are asked for again
#define FRAMES_FOR_RATE 8                 // frames after which the rate is learned from their spacing

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
        kin_playout_clear(m->playout, KIN_PLAYOUT_JUMP);
    learn_rate(m, since);
    m->counted++;
    m->newest_ts = ts;
    m->reel.width = jpeg->width;
    m->reel.height = jpeg->height;
    kin_receive_stats_quality(&m->received, kin_jpeg_quality_of(kin_buf_span(jpeg->jpeg)));
    return kin_receive_stats_frame(&m->received, jpeg, &step, before_run || m->ended);
}

uint64_t kin_media_receiver_number(const struct kin_media_receiver *m, kin_us media_us)
{
    if (m->reel.rate_milli == 0)
        return m->counted > 0 ? m->counted - 1 : 0;
    uint64_t number = kin_timeline_frames_in(&m->timeline, media_us);
    return number > 0 && number == m->reel.frames ? number - 1 : number; // the end belongs to the last frame
}

struct kin_media_frame kin_media_receiver_place(const struct kin_media_receiver *m, const struct kin_playout_frame *f)
{
    kin_us media_us = kin_timeline_media_us(&m->timeline, f->ts);
    return (struct kin_media_frame){
        .picture = *f, .number = kin_media_receiver_number(m, media_us), .media_us = media_us};
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

void media_receiver_drop(struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg)
{
    struct kin_receive_live live = kin_media_receiver_live(m);
    kin_receive_stats_uncount(&m->received, &live, 1, jpeg->partial_before);
}

// Frames from before the new start may come after the reply to PLAY, over UDP. After a jump they are useless; where
// playing just goes on they are the next ones, and the run before gives their position.
static bool has_place(struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg, bool *ret_before_run)
{
    *ret_before_run = kin_timeline_is_before(&m->timeline, (uint32_t)jpeg->ts) && !is_of_run(m, jpeg);
    if (!*ret_before_run || (!m->gate.jumped && m->timeline.anchored))
        return true;
    if (m->again.run)
        media_receiver_drop(m, jpeg);
    else
        kin_receive_stats_late(&m->received, jpeg);
    return false;
}

// A frame after the stretch that an outage took: it will come again, unless the run is left otherwise.
static void drop_until_again(struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg, uint32_t ts)
{
    media_receiver_drop(m, jpeg);
    m->again.newest = ts;
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
                drop_until_again(m, ret, (uint32_t)ret->ts + m->shift);
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
    return t->has_frame && !m->ended && !jpeg->new_source && missing > kin_ts_from_us(KIN_PLAYOUT_HOLE_US) &&
           now - m->again.at > AGAIN_AFTER_US && !kin_receive_stats_follows(&m->received, jpeg);
}

// A frame from behind the end of the reel: the server loops, and the silence that was taken for the end was an outage.
static bool outlives_end(const struct kin_media_receiver *m, const struct kin_jpeg_frame *jpeg)
{
    bool said = kin_media_receiver_live(m).packets.bye;
    return m->ended && !said && kin_timeline_behind_end(&m->timeline, extend(m, (uint32_t)jpeg->ts)) > 0;
}

static bool is_seekable(const struct kin_media_receiver *m)
{
    const struct kin_timeline *t = &m->timeline;
    return m->reel.duration >= 0 && t->even && kin_timeline_scale(t) == KIN_TIMELINE_SCALE;
}

static void want_again(struct kin_media_receiver *m, kin_us now)
{
    m->again.wanted = true;
    m->again.at = now;
    m->again.ts = m->newest_ts + kin_timeline_spacing_ts(&m->timeline);
    m->again.place = kin_timeline_media_us(&m->timeline, m->again.ts);
}

bool kin_media_receiver_away(struct kin_media_receiver *m, kin_us now, kin_us away, bool plays_again)
{
    kin_stream_end_away(&m->end, now, away);
    if (m->rtp != NULL)
        kin_rtp_receiver_away(m->rtp, now + KIN_MEDIA_RECEIVER_BACKLOG_US);
    if (m->rtp != NULL && !m->in_order && away >= KIN_MEDIA_RECEIVER_AWAY_US)
        kin_rtp_receiver_missed(m->rtp, now);
    if (!plays_again || m->no_cache || m->again.wanted || m->ended || !m->timeline.has_frame || !is_seekable(m))
        return false;
    want_again(m, now);
    m->again.newest = (uint32_t)m->newest_ts;
    return true;
}

static bool comes_again(struct kin_media_receiver *m, kin_us now, const struct kin_jpeg_frame *jpeg, bool before_run)
{
    bool may = !m->again.wanted && m->again.allowed && !before_run && is_seekable(m);
    bool revived = may && outlives_end(m, jpeg);
    if (revived)
        media_receiver_revive(m, now);
    if (revived || (may && ends_outage(m, now, jpeg)))
        want_again(m, now);
    if (m->again.wanted)
        drop_until_again(m, jpeg, (uint32_t)jpeg->ts);
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

// Did this wait in the socket until its run was left, to be played again? Its sequence number does not always tell:
// over a stop that is long enough, numbers of the run before look as if they were to come.
static bool is_left_over(const struct kin_media_receiver *m, kin_us at)
{
    return (m->again.under_way || m->again.run) && !m->in_order && at <= m->again.left_at;
}

bool kin_media_receiver_feed(struct kin_media_receiver *m, kin_us at, struct kin_span packet, size_t wire,
                             kin_us *ret_silence)
{
    *ret_silence = 0;
    if (packet.n < KIN_RTP_HEADER_BYTES)
        return true;
    uint8_t payload_type = packet.p[1] & 0x7f;
    bool again = m->reel.repair == KIN_RTP_REPAIR_RTX && payload_type == m->reel.rtx_payload_type;
    bool parity = m->reel.fec_payload_type != 0 && payload_type == m->reel.fec_payload_type && !m->in_order;
    if (payload_type != m->reel.payload_type && !again && !parity)
        return false;
    kin_receive_stats_packet(&m->received, at, wire, !m->in_order);
    *ret_silence = kin_stream_end_packet(&m->end, at);
    if (!is_left_over(m, at))
        kin_rtp_receiver_feed(m->rtp, at, packet);
    return true;
}

int kin_media_receiver_feed_rtcp(struct kin_media_receiver *m, kin_us at, kin_us now, struct kin_span bytes)
{
    struct kin_rtp_receiver_stats stats;
    if (is_left_over(m, at))
        return KIN_OK;
    int err = kin_rtp_receiver_feed_rtcp(m->rtp, at, bytes);
    kin_rtp_receiver_stats(m->rtp, &stats);
    bool left = m->again.wanted || m->again.under_way; // the run that ends is played again
    if (err == KIN_OK && stats.bye && !m->ended && !left)
        kin_stream_end_bye(&m->end, now);
    return err;
}

void media_receiver_count_held(struct kin_media_receiver *m)
{
    struct kin_jpeg_frame jpeg;
    while (kin_play_gate_next(&m->gate, &jpeg)) {
        note_frame(m, &jpeg, extend(m, (uint32_t)jpeg.ts + m->shift), false);
        kin_buf_unref(jpeg.jpeg);
    }
}
