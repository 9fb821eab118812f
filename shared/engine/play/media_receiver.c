// The client's media path: its streams, and what is known of them.
#include "engine/play/media_receiver_internal.h"

#include "base/err.h"

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
    kin_playout_clear(m->playout, KIN_PLAYOUT_START);
    kin_timeline_clear(&m->timeline);
    m->reel = *reel;
    kin_timeline_reel(&m->timeline, reel->duration, reel->rate_milli, reel->even);
    if (reel->frames == 0)
        m->reel.frames = kin_timeline_frames_in(&m->timeline, reel->duration);
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
                                          .rtx_payload_type = m->reel.rtx_payload_type,
                                          .fec_payload_type = stream->in_order ? 0 : m->reel.fec_payload_type};
    struct kin_jpeg_assembler_options ao = {
        .format = m->reel.format, .width = m->reel.width, .height = m->reel.height, .keeps_partial = m->keeps_partial};
    kin_media_receiver_close(m);
    kin_playout_clear(m->playout, KIN_PLAYOUT_START);
    kin_timeline_clear(&m->timeline);
    media_receiver_forget_again(m);
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
    struct kin_stream_place place = media_receiver_place_of_end(m, true);
    return kin_timeline_all_came(&m->timeline) ? 0 : kin_stream_end_hush(&m->end, now, &place);
}

uint64_t kin_media_receiver_overdue(const struct kin_media_receiver *m, kin_us now, kin_us *ret_silence)
{
    struct kin_stream_place place = media_receiver_place_of_end(m, true); // the stream plays until the reply to a PAUSE
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
