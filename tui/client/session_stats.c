// A session's figures.
#include "client/session_internal.h"

static struct counts current_counts(const struct session *s)
{
    struct counts n = s->before;
    struct kin_rtp_receiver_stats r;
    struct kin_jpeg_assembler_stats a;
    if (s->receiver == NULL)
        return n;
    kin_rtp_receiver_stats(s->receiver, &r);
    kin_jpeg_assembler_stats(s->assembler, &a);
    n.received += r.received;
    n.lost += r.lost;
    n.late += r.late;
    n.recovered += r.recovered;
    n.reordered += r.reordered;
    n.duplicate += r.duplicate;
    n.payload += r.payload_bytes;
    n.complete += a.complete;
    n.partial += a.partial;
    return n;
}

uint32_t session_partial_since(const struct session *s)
{
    struct kin_jpeg_assembler_stats a = {.partial_since = 0};
    if (s->assembler != NULL)
        kin_jpeg_assembler_stats(s->assembler, &a);
    return a.partial_since;
}

void session_keep_counts(struct session *s)
{
    s->before = current_counts(s);
}

void session_count_loss(struct session *s)
{
    struct counts n = current_counts(s);
    if (s->receiver != NULL)
        kin_loss_add(&s->loss, kin_loop_now(s->loop), n.received, n.lost);
}

static uint64_t kernel_dropped(const struct session *s)
{
    uint64_t n = s->kernel_dropped_before;
    for (size_t i = 0; i < 2; i++)
        if (s->udp[i] != NULL)
            n += kin_datagram_kernel_dropped(s->udp[i]);
    return n - s->kernel_dropped_base;
}

// Then what is sent and lost is not known.
static bool nothing_comes(const struct session *s, kin_us now)
{
    struct kin_stream_place place = session_end_place(s);
    return now - s->packet_at >= kin_us_max(KIN_STREAM_SILENT_US, 3 * place.interval);
}

static void fill_counts(const struct session *s, kin_us now, struct session_stats *ret)
{
    struct counts n = current_counts(s);
    const struct kin_playout_stats *p = kin_playout_stats(s->playout);
    ret->packets.received = n.received;
    ret->packets.lost = n.lost;
    ret->packets.late = n.late;
    ret->packets.recovered = n.recovered;
    ret->packets.reordered = n.reordered;
    ret->packets.duplicate = n.duplicate;
    ret->packets.kernel_dropped = kernel_dropped(s);
    ret->bytes.payload = n.payload;
    ret->bytes.wire = s->wire_bytes;
    ret->frames.complete = n.complete;
    ret->frames.partial = n.partial;
    ret->frames.lost = s->frames_lost + (ret->silent_us > 0 ? ret->frames.overdue : 0);
    ret->frames.left_out = s->frames_left_out;
    ret->frames.expected = n.complete + n.partial + ret->frames.lost;
    ret->frames.late = p->late + p->overflow;
    ret->frames.skipped = p->skipped;
    ret->frames.shown = p->shown;
    uint64_t sent = n.received + n.lost;
    ret->loss.all = sent > 0 ? (double)n.lost / (double)sent : 0;
    ret->loss.recent = kin_loss_recent(&s->loss);
    if (ret->loss.recent <= 0 && nothing_comes(s, now))
        ret->loss.recent = -1;
    ret->loss.worst_second = kin_loss_worst(&s->loss);
}

// How long a frame lasts as it is delivered; 0 when that is not known.
static kin_us frame_time(const struct session *s)
{
    int64_t spacing = kin_timeline_spacing_ts(&s->timeline);
    kin_us time = kin_us_from_ts(spacing > 0 ? spacing : kin_timeline_interval_ts(&s->timeline));
    return time * SPEED_NORMAL / (s->info.speed_milli > 0 ? s->info.speed_milli : SPEED_NORMAL);
}

static void fill_rates(struct session *s, kin_us now, struct session_stats *ret)
{
    ret->receiving = s->state == SESSION_PLAYING && !s->ended;
    if (ret->receiving)
        kin_rate_tick(&s->rate, now);
    ret->throughput_bps = ret->receiving ? kin_rate_bps(&s->rate) : 0;
    ret->throughput_min_bps = s->rate.min_bps;
    ret->throughput_max_bps = s->rate.max_bps;
    ret->history_count = kin_rate_history(&s->rate, ret->history_bps, SESSION_HISTORY);
    ret->fps = kin_fps_get(&s->fps, s->ended ? s->packet_at : now, frame_time(s));
    ret->max_burst_packets_1ms = s->burst.max;
    ret->frame_interval_ms.p50 = (double)kin_spread_percentile(&s->spread, 50) / 1000;
    ret->frame_interval_ms.p99 = (double)kin_spread_percentile(&s->spread, 99) / 1000;
    ret->frame_interval_ms.max = (double)s->spread.max / 1000;
}

// In a loop the cache may hold the end of one pass and the start of the next: the part around the position counts.
static void fill_cached_range(const struct session *s, struct session_stats *ret)
{
    int64_t from, to;
    if (!s->timeline.anchored || !kin_playout_span(s->playout, &from, &to))
        return;
    ret->cached_from_us = kin_timeline_media_us(&s->timeline, from);
    ret->cached_to_us = kin_timeline_media_us(&s->timeline, to);
    if (ret->cached_from_us <= ret->cached_to_us)
        return;
    if (s->position_us >= ret->cached_from_us)
        ret->cached_to_us = s->info.duration;
    else
        ret->cached_from_us = 0;
}

static void fill_cache(const struct session *s, struct session_stats *ret)
{
    const struct kin_playout_stats *p = kin_playout_stats(s->playout);
    ret->cache.target_frames = kin_playout_target(s->playout);
    ret->cache.frames = kin_playout_ahead(s->playout);
    ret->cache.buffered_us = kin_playout_buffered_us(s->playout);
    ret->cache.bytes = kin_playout_bytes(s->playout);
    ret->cache.bytes_max = kin_playout_bytes_max(s->playout);
    ret->cache.min_frames = p->min_ahead;
    ret->cache.underruns = p->underruns;
    ret->cache.holes = p->holes;
    ret->cache.hole_us = p->hole_us;
    ret->cache.behind_us = kin_playout_behind_us(s->playout);
    ret->cache.buffering = s->state == SESSION_PLAYING && kin_playout_state(s->playout) == KIN_PLAYOUT_BUFFERING;
    ret->cache.look_back_frames = kin_playout_look_back(s->playout);
    fill_cached_range(s, ret);
}

// Averages over the time in which media came. The last frame lasts as well: without its time there would be one more
// frame than intervals.
static void fill_whole(const struct session *s, struct session_stats *ret)
{
    kin_us end = s->frames_timed > 0 ? kin_us_max(s->packet_at, s->last_frame_at + frame_time(s)) : s->packet_at;
    ret->receiving_us = kin_rate_time(&s->rate, end);
    ret->throughput_avg_bps = kin_rate_avg_bps(&s->rate, end);
    if (ret->receiving_us > 0)
        ret->fps_avg = (double)s->frames_timed * (double)KIN_US_PER_S / (double)ret->receiving_us;
}

static void fill_jitter(const struct session *s, struct session_stats *ret)
{
    struct kin_rtp_receiver_stats r;
    if (s->receiver == NULL)
        return;
    kin_rtp_receiver_stats(s->receiver, &r);
    ret->jitter_ms = r.jitter_us / 1000;
    ret->frame_jitter_ms = r.frame_jitter_us / 1000;
}

// What the clock says should be here.
static void fill_overdue(const struct session *s, kin_us now, struct session_stats *ret)
{
    struct kin_stream_place place = session_end_place(s);
    place.watched = !s->ended; // also while a PAUSE is on its way: until it is answered, the server plays
    if (!s->end.running || s->ended)
        return;
    ret->silent_us = kin_stream_end_silence(&s->end, now, &place);
    ret->frames.overdue = kin_timeline_lost(kin_timeline_overdue(&s->timeline, now), session_partial_since(s));
}

void session_stats(struct session *s, struct session_stats *ret)
{
    kin_us now = kin_loop_now(s->loop);
    kin_us rtt = kin_rtsp_client_rtt_us(s->rtsp);
    *ret = (struct session_stats){.position_us = s->position_us, .frame_number = s->frame_number};
    session_count_loss(s);
    fill_overdue(s, now, ret);
    fill_counts(s, now, ret);
    fill_rates(s, now, ret);
    fill_cache(s, ret);
    fill_whole(s, ret);
    session_fill_trouble(s, ret);
    fill_jitter(s, ret);
    ret->rtt_ms = rtt < 0 ? -1 : (double)rtt / 1000;
    ret->times.setup_ms = s->setup_ms;
    ret->times.first_packet_ms = s->first_packet_ms;
    ret->times.first_frame_ms = s->first_frame_ms;
    ret->playing_us = s->played_us + (s->state == SESSION_PLAYING ? now - s->playing_since : 0);
    ret->ended_early = s->ended_early;
    ret->all_sent_came = s->ended && s->all_sent_came && ret->packets.lost == 0 && ret->packets.late == 0;
}

void session_reset_counters(struct session *s)
{
    if (s->receiver != NULL) {
        kin_rtp_receiver_reset_counters(s->receiver);
        kin_jpeg_assembler_reset_counters(s->assembler);
    }
    s->before = (struct counts){.received = 0};
    s->frames_lost = s->frames_left_out = s->wire_bytes = 0;
    s->behind.lost = s->behind.left_out = s->behind.guessed = 0;
    s->kernel_dropped_base += kernel_dropped(s);
    kin_playout_reset_stats(s->playout);
    kin_rate_init(&s->rate);
    kin_spread_init(&s->spread);
    kin_burst_init(&s->burst);
    kin_loss_init(&s->loss);
    s->frames_timed = 0;
}
