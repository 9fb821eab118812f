// A client's playback: how much must be there before the picture moves, how many frames the cache keeps ahead of it
// after that, and at what pace it goes so that they stay there.
#include "engine/play/player_internal.h"

#define MISSING_US (10 * KIN_US_PER_S) // for so long a packet that was missing counts for the depth

void player_cache_init(struct kin_player *p)
{
    const struct kin_playout_options *cache = &p->options.media.cache;
    kin_start_mark_init(&p->mark, p->options.prebuffer);
    kin_cache_depth_init(&p->depth, cache->target, cache->target_max);
}

void player_cache_restart(struct kin_player *p)
{
    kin_start_mark_restart(&p->mark);
    kin_clock_drift_restart(&p->drift);
    kin_cache_level_restart(&p->level);
}

void player_cache_away(struct kin_player *p, kin_us now)
{
    player_cache_restart(p);
    p->measured_from = now + KIN_MEDIA_RECEIVER_BACKLOG_US;
}

// --- frames

// How long before its time a frame has come. False while frames have no time.
static bool slack(const struct kin_playout *cache, kin_us now, int64_t ts, kin_us *ret)
{
    uint32_t clock_ts;
    kin_us due;
    if (!kin_playout_clock(cache, &clock_ts, &due))
        return false;
    *ret = due + kin_us_from_ts((int32_t)((uint32_t)ts - clock_ts)) - now;
    return true;
}

// While the cache fills, or the server leaves out frames, the number of those ahead says nothing about the clocks.
static void measure_level(struct kin_player *p, kin_us now, int64_t ts)
{
    const struct kin_playout *cache = p->media.playout;
    kin_us interval = kin_playout_interval_us(cache), early;
    if (kin_fill_runs(&p->fill) || player_is_thinned(p) || !slack(cache, now, ts, &early))
        kin_cache_level_restart(&p->level);
    else
        kin_cache_level_frame(&p->level, now, early, interval * kin_playout_target(cache), interval);
}

void player_cache_frame(struct kin_player *p, kin_us now, int64_t ts)
{
    int64_t spacing = kin_timeline_spacing_ts(&p->media.timeline);
    int32_t speed = p->speed_done > 0 ? p->speed_done : SPEED_NORMAL;
    if (p->options.media.no_cache || p->media.gate.shut || now < p->measured_from)
        return;
    kin_start_mark_frame(&p->mark, now, ts, speed);
    kin_fill_frame(&p->fill, now, ts, spacing);
    if (speed == SPEED_NORMAL)
        kin_clock_drift_frame(&p->drift, now, ts);
    measure_level(p, now, ts);
}

// --- once a turn

static kin_us spacing_us(const struct kin_player *p)
{
    const struct kin_timeline *t = &p->media.timeline;
    int64_t spacing = kin_timeline_spacing_ts(t);
    return kin_us_from_ts(spacing > 0 ? spacing : kin_timeline_interval_ts(t));
}

static struct kin_start_mark_facts mark_facts(const struct kin_player *p)
{
    kin_us rtt = p->rtsp != NULL ? kin_rtsp_client_rtt_us(p->rtsp) : -1;
    struct kin_start_mark_facts facts = {.target = kin_playout_target(p->media.playout),
                                         .interval = spacing_us(p),
                                         .rtt = rtt,
                                         .lossy = kin_loss_recent(&p->media.received.loss) > 0,
                                         .repair_us = KIN_RTP_REORDER_WAIT_US};
    if (p->media.rtp != NULL)
        facts.again_us = kin_rtp_receiver_repair_us(p->media.rtp, kin_us_max(rtt, 0));
    return facts;
}

static void note_underruns(struct kin_player *p, kin_us now)
{
    uint64_t underruns = kin_playout_stats(p->media.playout)->underruns;
    if (underruns > p->underruns)
        kin_start_mark_underrun(&p->mark, now);
    p->underruns = underruns;
}

// Were packets missing lately, and asked for or rebuilt? They are not lost if that was in time, but the next ones may
// be.
static bool repairs(struct kin_player *p, kin_us now)
{
    struct kin_rtp_receiver_stats packets = kin_media_receiver_live(&p->media).packets;
    uint64_t missed = packets.requested + packets.rebuilt;
    if (missed > p->missed)
        p->missing_until = now + MISSING_US;
    p->missed = missed;
    return now < p->missing_until;
}

// The depth changes only once the picture has moved, so that no start waits for it.
static void set_depth(struct kin_player *p, kin_us now, const struct kin_start_mark_facts *mark)
{
    struct kin_playout *cache = p->media.playout;
    struct kin_cache_depth_facts facts = {.interval = kin_playout_interval_us(cache), .room = kin_playout_room(cache)};
    bool again = repairs(p, now);
    if (kin_playout_stats(cache)->shown == 0)
        return;
    facts.need = kin_start_mark_margin(&p->mark, now, mark) + (again ? mark->again_us : 0);
    unsigned frames = kin_cache_depth_update(&p->depth, now, &facts);
    kin_playout_set_target(cache, frames, kin_cache_depth_low(&p->depth));
}

void player_cache_tick(struct kin_player *p, kin_us now)
{
    struct kin_playout *cache = p->media.playout;
    if (p->options.media.no_cache)
        return;
    note_underruns(p, now);
    struct kin_start_mark_facts facts = mark_facts(p);
    struct kin_start_mark_level level = kin_start_mark_level(&p->mark, now, &facts);
    kin_playout_set_mark(cache, level.frames, level.wait);
    set_depth(p, now, &facts);
    if (p->filled_us < 0 && p->asked_at >= 0 && kin_playout_ahead(cache) >= kin_playout_target(cache))
        p->filled_us = now - p->asked_at;
    kin_playout_set_pace(cache, kin_cache_level_pace(&p->level, p->drift.ppm));
    kin_playout_set_easing(cache, p->options.prebuffer == 0 && !kin_fill_runs(&p->fill));
}
