// A client's playback: how much must be there before the picture moves, and when the server is to deliver faster than
// it plays, so that the cache fills meanwhile.
#include "base/err.h"
#include "engine/player_internal.h"

#define LOSSY_US (10 * KIN_US_PER_S) // for so long a loss counts for the start mark

// Servers that take Speed for the speed of the picture: they divide the times of frames by it.
static const char *const misreaders[] = {"GStreamer"};

static bool reads_speed_right(const char *server)
{
    for (size_t i = 0; i < sizeof misreaders / sizeof misreaders[0]; i++)
        if (kin_span_case_starts(kin_span_str(server), misreaders[i]))
            return false;
    return true;
}

void player_fill_described(struct kin_player *p)
{
    bool recorded = p->media.reel.duration >= 0; // a live source cannot be delivered faster
    kin_fill_init(&p->fill, p->options.fill && recorded && reads_speed_right(kin_rtsp_client_server(p->rtsp)));
    if (p->speed > SPEED_NORMAL && recorded)
        kin_rtsp_client_set_speed(p->rtsp, p->speed, false);
}

static struct kin_fill_packets packets_so_far(const struct kin_player *p)
{
    struct kin_rtp_receiver_stats live = kin_media_receiver_live(&p->media).packets;
    const struct kin_receive_packets *kept = &p->media.received.kept.packets;
    return (struct kin_fill_packets){kept->received + live.received, kept->lost + live.lost};
}

// A server that leaves out frames because the network does not carry them cannot send faster either.
static bool is_thinned(const struct kin_player *p)
{
    return kin_left_out_share(&p->media.received.left_out).percent > 0 && p->fill.speed <= SPEED_NORMAL;
}

// --- what is asked for, and what the server does

void player_fill_ask(struct kin_player *p, kin_us now, bool jumps)
{
    struct kin_playout *cache = p->media.playout;
    if (p->asked_at < 0)
        p->asked_at = now;
    if (!p->options.fill)
        return;
    bool leaves = jumps && kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_PLAYING; // and the cache will be cleared
    unsigned ahead = leaves ? 0 : kin_playout_ahead(cache), target = kin_playout_target(cache);
    if (p->preroll != PREROLL_NONE || is_thinned(p)) // the picture stands: there is no hurry
        ahead = target;
    int32_t speed = kin_fill_speed(&p->fill, now, ahead, target);
    kin_rtsp_client_set_speed(p->rtsp, speed, true);
}

void player_fill_answered(struct kin_player *p, kin_us now, int32_t speed_milli)
{
    kin_start_mark_restart(&p->mark);
    if (p->media.rtp != NULL)
        kin_rtp_receiver_set_speed(p->media.rtp, speed_milli);
    if (p->options.fill)
        kin_fill_answered(&p->fill, now, speed_milli, packets_so_far(p));
}

bool player_drop_speed(struct kin_player *p, kin_us now)
{
    bool filled = p->options.fill && p->fill.under_way && p->fill.next > SPEED_NORMAL;
    bool fetched = p->speed > SPEED_NORMAL && p->media.reel.duration >= 0 && p->media.in_order;
    if (!filled && !fetched)
        return false;
    if (filled)
        kin_fill_answered(&p->fill, now, 0, packets_so_far(p));
    p->speed = SPEED_NORMAL;
    kin_rtsp_client_set_speed(p->rtsp, SPEED_NORMAL, false);
    return player_request_play(p, now, true, kin_us_max(0, p->play_from)) == KIN_OK;
}

// Does the reply name another place than the stream comes to by itself? Modulo the length of a reel that loops.
static bool has_jumped(const struct kin_player *p, const struct kin_rtsp_client_event *e)
{
    const struct kin_timeline *t = &p->media.timeline;
    bool placed = e->has_range && e->range.start_given && !e->range.now && e->has_rtp_info && e->rtp_info.has_rtptime;
    if (!placed || !t->anchored || t->start_due)
        return false;
    int64_t ts = kin_playout_extend(p->media.playout, e->rtp_info.rtptime + p->media.shift);
    kin_us away = e->range.start - kin_timeline_media_us(t, ts);
    away = away < 0 ? -away : away;
    kin_us scale = p->scale_sent < 0 ? -p->scale_sent : p->scale_sent;
    kin_us slack = KIN_US_PER_S / 2 * kin_us_max(scale, SCALE_NORMAL) / SCALE_NORMAL;
    return away > slack && (t->duration <= 0 || kin_us_max(away, t->duration - away) <= t->duration - slack);
}

void player_fill_paced(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    kin_start_mark_restart(&p->mark);
    if (e->status == 0 && p->media.rtp != NULL)
        kin_rtp_receiver_set_speed(p->media.rtp, e->speed_milli);
    bool done = kin_fill_answered(&p->fill, now, e->status == 0 ? e->speed_milli : 0, packets_so_far(p));
    if (e->status == 0 && has_jumped(p, e)) {
        kin_fill_forbid(&p->fill);
        player_play_by_picture(p, now);
    } else if (!done) { // it cannot be slowed down in another way
        kin_rtsp_client_pause(p->rtsp, now);
        player_request_play(p, now, false, 0);
    }
}

// --- frames

void player_fill_frame(struct kin_player *p, kin_us now, int64_t ts)
{
    int64_t spacing = kin_timeline_spacing_ts(&p->media.timeline);
    if (p->options.media.no_cache || p->media.gate.shut)
        return;
    kin_start_mark_frame(&p->mark, now, ts, p->speed_done > 0 ? p->speed_done : SPEED_NORMAL);
    kin_fill_frame(&p->fill, now, ts, spacing);
}

static kin_us spacing_us(const struct kin_player *p)
{
    const struct kin_timeline *t = &p->media.timeline;
    int64_t spacing = kin_timeline_spacing_ts(t);
    return kin_us_from_ts(spacing > 0 ? spacing : kin_timeline_interval_ts(t));
}

static void set_mark(struct kin_player *p, kin_us now)
{
    struct kin_playout *cache = p->media.playout;
    uint64_t underruns = kin_playout_stats(cache)->underruns;
    kin_us rtt = p->rtsp != NULL ? kin_rtsp_client_rtt_us(p->rtsp) : -1;
    if (underruns > p->underruns)
        kin_start_mark_underrun(&p->mark, now);
    p->underruns = underruns;
    struct kin_start_mark_facts facts = {.target = kin_playout_target(cache),
                                         .interval = spacing_us(p),
                                         .rtt = rtt,
                                         .lossy = kin_loss_recent(&p->media.received.loss) > 0,
                                         .repair_us = KIN_RTP_REORDER_WAIT_US};
    if (p->media.rtp != NULL)
        facts.again_us = kin_rtp_receiver_repair_us(p->media.rtp, kin_us_max(rtt, 0));
    struct kin_start_mark_level level = kin_start_mark_level(&p->mark, now, &facts);
    kin_playout_set_mark(cache, level.frames, level.wait);
}

// May the server be asked for another pace now? Not when it may have ended before the request arrives: then a PLAY
// would start the reel anew.
static bool may_pace(const struct kin_player *p)
{
    const struct kin_media_receiver *m = &p->media;
    bool plays = p->state == KIN_PLAYER_PLAYING && !p->wanted.pause && !m->gate.shut && !m->ended &&
                 p->pending.what == PENDING_NOTHING && kin_rtsp_client_idle(p->rtsp) &&
                 kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_PLAYING;
    kin_us rtt = kin_us_max(kin_rtsp_client_rtt_us(p->rtsp), 0);
    kin_us margin = KIN_TIMELINE_NEAR_END_US + 2 * rtt * KIN_FILL_SPEED_MAX / SPEED_NORMAL;
    return plays && !kin_timeline_ends_within(&m->timeline, margin);
}

kin_us player_fill_deadline(const struct kin_player *p)
{
    return p->options.fill && p->rtsp != NULL && may_pace(p) ? kin_fill_deadline(&p->fill) : KIN_US_NEVER;
}

static void pace(struct kin_player *p, kin_us now)
{
    struct kin_playout *cache = p->media.playout;
    struct kin_fill_facts facts = {.ahead = kin_playout_ahead(cache),
                                   .target = kin_playout_target(cache),
                                   .packets = packets_so_far(p),
                                   .may = may_pace(p) && !is_thinned(p)};
    if (p->fill.misread && facts.may) {
        kin_fill_forbid(&p->fill);
        player_play_by_picture(p, now);
        return;
    }
    int32_t speed = kin_fill_check(&p->fill, now, &facts);
    if (speed == 0)
        return;
    if (speed == SPEED_NORMAL && facts.ahead >= facts.target)
        kin_playout_keep_delay(cache);
    kin_rtsp_client_pace(p->rtsp, now, speed);
}

void player_fill_tick(struct kin_player *p, kin_us now)
{
    struct kin_playout *cache = p->media.playout;
    if (p->options.media.no_cache)
        return;
    set_mark(p, now);
    if (p->filled_us < 0 && p->asked_at >= 0 && kin_playout_ahead(cache) >= kin_playout_target(cache))
        p->filled_us = now - p->asked_at;
    if (p->rtsp != NULL && p->options.fill)
        pace(p, now);
    kin_playout_set_easing(cache, p->options.prebuffer == 0 && !kin_fill_runs(&p->fill));
}
