// A client's playback: when the server is to deliver faster than it plays, so that the cache fills meanwhile.
#include "base/err.h"
#include "engine/play/player_internal.h"

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

// A server that leaves out frames, or makes them coarser, because the network does not carry them cannot send faster
// either.
bool player_is_thinned(const struct kin_player *p)
{
    const struct kin_receive_stats *r = &p->media.received;
    return (kin_left_out_share(&r->left_out).percent > 0 || r->quality > 0) && p->fill.speed <= SPEED_NORMAL;
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
    if (p->preroll != PREROLL_NONE || player_is_thinned(p)) // the picture stands: there is no hurry
        ahead = target;
    int32_t speed = kin_fill_speed(&p->fill, now, ahead, target);
    kin_rtsp_client_set_speed(p->rtsp, speed, true);
}

void player_fill_answered(struct kin_player *p, kin_us now, int32_t speed_milli)
{
    player_cache_restart(p);
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
    player_cache_restart(p);
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

// --- while it plays

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
                                   .low = kin_playout_low(cache),
                                   .packets = packets_so_far(p),
                                   .may = may_pace(p) && !player_is_thinned(p)};
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
    if (p->rtsp != NULL && p->options.fill && !p->options.media.no_cache)
        pace(p, now);
}
