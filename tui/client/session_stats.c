// A session's statistics.
#include "client/session_internal.h"

struct kin_receive_live session_live(const struct session *s)
{
    struct kin_receive_live live = kin_media_receiver_live(&s->player.media);
    for (size_t i = 0; i < 2; i++)
        if (s->transport.udp[i] != NULL)
            live.kernel_dropped += kin_datagram_kernel_dropped(s->transport.udp[i]);
    return live;
}

static void fill_counts(const struct session *s, kin_us now, const struct kin_receive_live *live,
                        struct session_stats *ret)
{
    const struct kin_playout_stats *p = kin_playout_stats(s->player.media.playout);
    kin_us interval = kin_us_from_ts(kin_timeline_interval_ts(&s->player.media.timeline));
    uint64_t overdue = ret->silent_us > 0 ? ret->frames.overdue : 0;
    struct kin_receive_counts n = kin_receive_stats_counts(&s->player.media.received, live, overdue);
    ret->packets = n.packets;
    ret->payload_bytes = n.bytes.payload;
    ret->wire_bytes = n.bytes.wire;
    ret->frames.expected = n.frames.expected;
    ret->frames.complete = n.frames.complete;
    ret->frames.partial = n.frames.partial;
    ret->frames.lost = n.frames.lost;
    ret->frames.left_out = n.frames.left_out;
    ret->frames.coarser = n.frames.coarser;
    ret->left_out = kin_left_out_share(&s->player.media.received.left_out);
    ret->quality = s->player.media.received.quality;
    ret->frames.late = p->late + p->overflow;
    ret->frames.skipped = p->skipped;
    ret->frames.shown = p->shown;
    kin_us silence = kin_us_max(KIN_STREAM_SILENT_US, 3 * interval); // after that, recent loss is unknown
    ret->loss = kin_receive_stats_loss(&s->player.media.received, now, &n.packets, silence);
}

// How long a frame is played, or its delivery takes at the speed of a session that fetches; 0 when unknown.
static kin_us frame_time(const struct session *s)
{
    int64_t spacing = kin_timeline_spacing_ts(&s->player.media.timeline);
    kin_us time = kin_us_from_ts(spacing > 0 ? spacing : kin_timeline_interval_ts(&s->player.media.timeline));
    bool fetched = !s->player.options.fill && s->info.speed_milli > 0;
    return time * SPEED_NORMAL / (fetched ? s->info.speed_milli : SPEED_NORMAL);
}

// While the cache fills, frames come ahead of their time, which makes the reel no faster: averages are over the time
// that they play.
static void fill_averages(const struct session *s, kin_us now, struct session_stats *ret)
{
    const struct kin_receive_stats *r = &s->player.media.received;
    const struct kin_timeline *t = &s->player.media.timeline;
    kin_us gained = s->player.options.fill ? kin_timeline_gained(t) : 0;
    kin_us media = (kin_us)ret->frames.expected * kin_us_from_ts(kin_timeline_spacing_ts(t));
    struct kin_receive_average came = kin_receive_stats_average(r, frame_time(s));
    struct kin_receive_average played = kin_receive_average_played(&came, gained, media);
    ret->throughput_avg_bps = played.bps;
    ret->fps_avg = played.fps;
    ret->receiving_us = kin_us_min(played.us, kin_throughput_time(&r->rate, now));
}

static void fill_rates(struct session *s, kin_us now, struct session_stats *ret)
{
    ret->receiving = s->player.state == KIN_PLAYER_PLAYING && !s->player.media.ended;
    if (ret->receiving)
        kin_receive_stats_advance(&s->player.media.received, now);
    const struct kin_receive_stats *r = &s->player.media.received;
    fill_averages(s, now, ret);
    ret->throughput_bps = ret->receiving ? kin_throughput_bps(&r->rate) : 0;
    ret->throughput_min_bps = r->rate.min_bps;
    ret->throughput_max_bps = r->rate.max_bps;
    ret->history_count = kin_throughput_history(&r->rate, ret->history_bps, SESSION_HISTORY);
    ret->fps = kin_fps_get(&r->fps, s->player.media.ended ? r->packet_at : now, frame_time(s));
    ret->max_burst_packets_1ms = r->burst.max;
    ret->frame_interval_ms.p50 = (double)kin_histogram_percentile(&r->intervals, 50) / 1000;
    ret->frame_interval_ms.p99 = (double)kin_histogram_percentile(&r->intervals, 99) / 1000;
    ret->frame_interval_ms.max = (double)r->intervals.max / 1000;
}

// In a loop the cache may hold the end of one pass and the start of the next: the part around the position counts.
static void fill_cached_range(const struct session *s, struct session_stats *ret)
{
    int64_t from, to;
    if (!s->player.media.timeline.anchored || !kin_playout_span(s->player.media.playout, &from, &to))
        return;
    ret->cached_from_us = kin_timeline_media_us(&s->player.media.timeline, from);
    ret->cached_to_us = kin_timeline_media_us(&s->player.media.timeline, to);
    if (ret->cached_from_us <= ret->cached_to_us)
        return;
    if (s->player.position >= ret->cached_from_us)
        ret->cached_to_us = s->info.duration;
    else
        ret->cached_from_us = 0;
}

static void fill_cache(const struct session *s, kin_us now, struct session_stats *ret)
{
    const struct kin_playout_stats *p = kin_playout_stats(s->player.media.playout);
    ret->cache.target_frames = kin_playout_target(s->player.media.playout);
    ret->cache.low_frames = kin_playout_low(s->player.media.playout);
    ret->cache.asked_frames = s->player.depth.least;
    ret->cache.deepest_frames = s->player.depth.deepest;
    ret->cache.frames = kin_playout_ahead(s->player.media.playout);
    ret->cache.start_frames = kin_playout_mark(s->player.media.playout);
    ret->cache.filled_ms = s->player.filled_us < 0 ? -1 : (double)s->player.filled_us / 1000;
    ret->cache.buffered_us = kin_playout_buffered_us(s->player.media.playout);
    ret->cache.bytes = kin_playout_bytes(s->player.media.playout);
    ret->cache.bytes_max = kin_playout_bytes_max(s->player.media.playout);
    ret->cache.min_frames = p->min_ahead;
    ret->cache.underruns = p->underruns;
    ret->cache.holes = p->holes;
    ret->cache.hole_us = p->hole_us;
    ret->cache.behind_us = kin_playout_behind_us(s->player.media.playout);
    ret->cache.standstill_us = kin_playout_standstill_us(s->player.media.playout, now);
    ret->cache.buffering = s->player.state == KIN_PLAYER_PLAYING &&
                           kin_playout_state(s->player.media.playout) == KIN_PLAYOUT_BUFFERING;
    ret->cache.reason = kin_playout_reason(s->player.media.playout);
    ret->cache.fill_speed = (double)s->player.fill.speed / SPEED_NORMAL;
    ret->clock_known = s->player.drift.known;
    ret->clock_drift_ppm = s->player.drift.ppm;
    ret->cache.look_back_frames = kin_playout_look_back(s->player.media.playout);
    fill_cached_range(s, ret);
}

static void fill_trouble(const struct session *s, const struct kin_receive_live *live, struct session_stats *ret)
{
    char why[SENTENCE_MAX];
    enum kin_jpeg_trouble trouble;
    ret->unusable.stray_bytes = s->player.stray_bytes;
    if (!kin_jpeg_assembler_trouble(&live->frames, &trouble))
        return;
    ret->unusable.frames = live->frames.troubles[trouble].frames;
    sentence_of_jpeg_trouble(trouble, live->frames.troubles[trouble].detail, why);
    kin_span_copy(kin_span_str(why), ret->unusable.why, sizeof ret->unusable.why);
}

void session_stats(struct session *s, struct session_stats *ret)
{
    kin_us now = kin_loop_now(s->loop);
    kin_us rtt = kin_rtsp_client_rtt_us(s->link.rtsp);
    struct kin_receive_live live = session_live(s);
    *ret = (struct session_stats){.position_us = s->player.position};
    kin_media_receiver_tick(&s->player.media, now);
    ret->hush_us = kin_media_receiver_hush(&s->player.media, now);
    ret->frames.overdue = kin_media_receiver_overdue(&s->player.media, now, &ret->silent_us);
    fill_counts(s, now, &live, ret);
    fill_rates(s, now, ret);
    fill_cache(s, now, ret);
    fill_trouble(s, &live, ret);
    ret->retry_us = s->player.retry.at != KIN_US_NEVER ? kin_us_max(s->player.retry.at - now, 0) : 0;
    ret->jitter_ms = live.packets.jitter_us / 1000;
    ret->frame_jitter_ms = live.packets.frame_jitter_us / 1000;
    ret->rtt_ms = rtt < 0 ? -1 : (double)rtt / 1000;
    ret->times = s->player.media.received.times;
    ret->playing_us = s->player.played + (s->player.state == KIN_PLAYER_PLAYING ? now - s->player.playing_since : 0);
    ret->ended_early = s->player.media.ended_early;
    ret->all_sent_came = s->player.media.ended && s->player.media.all_sent_came && ret->packets.lost == 0 &&
                         ret->packets.late == 0 && ret->packets.missed == 0;
}

void session_reset_counters(struct session *s)
{
    kin_media_receiver_reset_counters(&s->player.media, session_live(s).kernel_dropped);
}

// --- several sessions

static void add_counts(struct session_stats *a, const struct session_stats *b)
{
    a->frames.expected += b->frames.expected;
    a->frames.complete += b->frames.complete;
    a->frames.partial += b->frames.partial;
    a->frames.lost += b->frames.lost;
    a->frames.left_out += b->frames.left_out;
    a->frames.coarser += b->frames.coarser;
    a->frames.late += b->frames.late;
    a->frames.skipped += b->frames.skipped;
    a->frames.shown += b->frames.shown;
    a->packets.received += b->packets.received;
    a->packets.lost += b->packets.lost;
    a->packets.late += b->packets.late;
    a->packets.recovered += b->packets.recovered;
    a->packets.reordered += b->packets.reordered;
    a->packets.duplicate += b->packets.duplicate;
    a->packets.rebuilt += b->packets.rebuilt;
    a->packets.parity += b->packets.parity;
    a->packets.parity_bytes += b->packets.parity_bytes;
    a->packets.requested += b->packets.requested;
    a->packets.spurious += b->packets.spurious;
    a->packets.retransmitted += b->packets.retransmitted;
    a->packets.retransmitted_bytes += b->packets.retransmitted_bytes;
    a->packets.kernel_dropped += b->packets.kernel_dropped;
    a->unusable.frames += b->unusable.frames;
    a->unusable.stray_bytes += b->unusable.stray_bytes;
    if (a->unusable.why[0] == '\0')
        memcpy(a->unusable.why, b->unusable.why, sizeof a->unusable.why);
    a->payload_bytes += b->payload_bytes;
    a->wire_bytes += b->wire_bytes;
    a->throughput_bps += b->throughput_bps;
    a->throughput_avg_bps += b->throughput_avg_bps;
    a->cache.underruns += b->cache.underruns;
    a->cache.holes += b->cache.holes;
    a->cache.standstill_us += b->cache.standstill_us;
}

static void keep_worst(struct session_stats *a, const struct session_stats *b)
{
    if (b->max_burst_packets_1ms > a->max_burst_packets_1ms)
        a->max_burst_packets_1ms = b->max_burst_packets_1ms;
    if (b->cache.min_frames < a->cache.min_frames)
        a->cache.min_frames = b->cache.min_frames;
    if (b->cache.target_frames > a->cache.target_frames)
        a->cache.target_frames = b->cache.target_frames;
    if (b->cache.deepest_frames > a->cache.deepest_frames)
        a->cache.deepest_frames = b->cache.deepest_frames;
    if (b->cache.start_frames > a->cache.start_frames)
        a->cache.start_frames = b->cache.start_frames;
    if (a->cache.filled_ms >= 0 && (b->cache.filled_ms < 0 || b->cache.filled_ms > a->cache.filled_ms))
        a->cache.filled_ms = b->cache.filled_ms;
    if (b->cache.frames < a->cache.frames)
        a->cache.frames = b->cache.frames;
    if (b->loss.worst_second > a->loss.worst_second)
        a->loss.worst_second = b->loss.worst_second;
    a->receiving_us = kin_us_max(a->receiving_us, b->receiving_us);
}

void session_stats_add(struct session_stats *sum, const struct session_stats *s)
{
    add_counts(sum, s);
    keep_worst(sum, s);
    if (!sum->clock_known) { // they have one server
        sum->clock_known = s->clock_known;
        sum->clock_drift_ppm = s->clock_drift_ppm;
    }
}

void session_stats_add_overdue(struct session_stats *s)
{
    uint64_t counted = s->silent_us > 0 ? s->frames.overdue : 0;
    s->frames.lost += s->frames.overdue - counted;
    s->frames.expected += s->frames.overdue - counted;
}

void session_stats_add_unsent(struct session_stats *s, uint64_t frames, bool complete)
{
    if (s->frames.expected >= frames)
        return;
    uint64_t unsent = frames - s->frames.expected;
    s->frames.lost += unsent;
    s->frames.left_out += complete && s->all_sent_came && s->frames.partial == 0 ? unsent : 0;
    s->frames.expected = frames;
}
