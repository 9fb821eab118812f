// A client's playback through outages: what they took is played from where the picture stopped, on the same connection,
// on a new one, or over TCP. Likewise what the server sent while nobody was there.
#include "base/err.h"
#include "engine/play/player_internal.h"

bool player_may_play_again(const struct kin_player *p)
{
    if (p->rtsp == NULL)
        return false;
    bool ended = p->media.ended && kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_READY;
    bool plays = p->state == KIN_PLAYER_PLAYING || (p->state == KIN_PLAYER_ENDED && ended);
    return plays && !p->wanted.pause && !p->media.gate.shut && p->pending.what == PENDING_NOTHING &&
           kin_rtsp_client_rests(p->rtsp) && (ended || kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_PLAYING);
}

// The stream had been taken for ended.
static void revive(struct kin_player *p, kin_us now)
{
    kin_rtsp_client_goes_on(p->rtsp);
    kin_playout_resume(p->media.playout, now);
    player_set_state(p, now, KIN_PLAYER_PLAYING);
}

void player_check_outage(struct kin_player *p, kin_us now)
{
    if (!p->media.again.wanted || p->plays_again)
        return;
    if (kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_READY)
        revive(p, now);
    if (player_request_play(p, now, true, p->media.again.place) == KIN_OK)
        p->plays_again = true;
    else
        kin_media_receiver_refused(&p->media);
}

// --- a new connection

static bool is_about_connection(enum kin_rtsp_client_trouble trouble)
{
    return trouble >= KIN_RTSP_TROUBLE_CONNECT && trouble <= KIN_RTSP_TROUBLE_OUTPUT_FULL &&
           trouble != KIN_RTSP_TROUBLE_NO_RTSP_SERVER;
}

static void begin_retry(struct kin_player *p, kin_us now, kin_us delay)
{
    kin_media_receiver_lose(&p->media);
    p->retry.active = p->retry.resumes = true;
    p->retry.since = now;
    p->retry.delay = delay;
    p->wanted.setup = p->wanted.play = true;
}

static void retry_later(struct kin_player *p, kin_us now, enum kin_player_notice why)
{
    p->pending.what = PENDING_NOTHING;
    p->asked_for_life = 0;
    p->plays_again = false;
    player_emit(p, KIN_PLAYER_HANG_UP);
    p->retry.at = now + p->retry.delay;
    player_notify(p, why)->notice.us = p->retry.delay;
    p->notice_topic = TOPIC_SILENCE;
    p->retry.delay = kin_us_min(kin_us_max(2 * p->retry.delay, KIN_PLAYER_RETRY_US), KIN_PLAYER_RETRY_MAX_US);
    player_set_state(p, now, KIN_PLAYER_CONNECTING);
}

bool player_lost(struct kin_player *p, kin_us now, enum kin_rtsp_client_trouble trouble)
{
    bool plays = p->state == KIN_PLAYER_PLAYING && !p->wanted.pause;
    if (p->options.reconnect_us == 0 || !is_about_connection(trouble) || (!plays && !p->retry.active))
        return false;
    if (!p->retry.active)
        begin_retry(p, now, KIN_PLAYER_RETRY_US);
    if (now - p->retry.since > p->options.reconnect_us)
        return false;
    retry_later(p, now, KIN_PLAYER_NOTICE_LOST);
    return true;
}

void player_found(struct kin_player *p)
{
    p->retry.active = false;
    p->retry.at = KIN_US_NEVER;
}

// The frame after the picture. A picture that was never shown is the first one.
void player_resume_at(struct kin_player *p)
{
    int64_t interval = kin_timeline_interval_ts(&p->media.timeline);
    if (!p->retry.active || !p->retry.resumes)
        return;
    bool shown = p->media.timeline.anchored;
    p->seek_to = shown ? player_place(p) : player_range_start(p);
    if (shown && p->scale == SCALE_NORMAL && p->seek_to == p->position)
        p->seek_to = kin_timeline_clamp(&p->media.timeline, p->position + kin_us_from_ts(interval));
    kin_media_receiver_drop_ahead(&p->media);
}

// --- a connection that is stuck

// TCP retransmits ever more rarely in an outage: a request that fell into it, and all behind it, may wait for as long
// again after media come. When to make another connection then; KIN_US_NEVER while there is no need, or nothing comes.
static kin_us stuck_at(const struct kin_player *p)
{
    if (!p->plays_again || p->options.reconnect_us == 0)
        return KIN_US_NEVER;
    kin_us at = kin_us_max(p->media.again.at, kin_rtsp_client_replied_at(p->rtsp)) + KIN_PLAYER_STUCK_US;
    return p->media.end.packet_at + KIN_STREAM_HUSH_US >= at ? at : KIN_US_NEVER;
}

// --- UDP that is dead

void player_silent(struct kin_player *p, kin_us now)
{
    if (!p->options.may_tcp || p->options.reconnect_us == 0 || p->media.in_order || p->asked_for_life > 0)
        return;
    p->asked_for_life = now;
    kin_rtsp_client_ask(p->rtsp);
}

// When to give UDP up: some time after the server has answered. KIN_US_NEVER while it has not.
static kin_us udp_dead_at(const struct kin_player *p)
{
    kin_us replied = p->rtsp != NULL ? kin_rtsp_client_replied_at(p->rtsp) : 0;
    if (p->asked_for_life == 0 || replied <= p->asked_for_life)
        return KIN_US_NEVER;
    return replied + KIN_PLAYER_UDP_DEAD_US;
}

// --- a process that did not run: stopped, held up, or on a machine that slept

// May the film be played from the picture on, where the cache cannot keep its frames meanwhile: at other speeds?
static bool may_jump_back(const struct kin_player *p)
{
    return p->state == KIN_PLAYER_PLAYING && !p->media.ended && p->media.reel.duration >= 0 &&
           p->media.timeline.anchored && player_may_play_again(p);
}

void kin_player_away(struct kin_player *p, kin_us now, kin_us away)
{
    struct kin_playout *cache = p->media.playout;
    bool plays = p->state == KIN_PLAYER_PLAYING && !p->wanted.pause;
    player_cache_away(p, now);
    bool is_long = away >= KIN_MEDIA_RECEIVER_AWAY_US;
    bool again = kin_media_receiver_away(&p->media, now, away, is_long && player_may_play_again(p));
    bool rest = plays && p->media.ended && is_long; // all that is to come is in the cache
    if (again || rest) {
        kin_playout_pause(cache, now);
        kin_playout_resume(cache, now);
    } else if (is_long && may_jump_back(p)) {
        kin_media_receiver_unheard(&p->media);
        player_play_by_picture(p, now);
    }
}

void player_outage_tick(struct kin_player *p, kin_us now)
{
    bool plays = p->state == KIN_PLAYER_PLAYING && !p->media.ended;
    if (p->asked_for_life > 0 && (!plays || p->media.end.packet_at > p->asked_for_life))
        p->asked_for_life = 0;
    if (now >= udp_dead_at(p)) {
        bool over = now >= kin_timeline_ends_at(&p->media.timeline); // nothing more was to come: UDP may well live
        begin_retry(p, now, KIN_PLAYER_RETRY_US);
        p->retry.tcp |= !over;
        retry_later(p, now, over ? KIN_PLAYER_NOTICE_LOST_MEDIA : KIN_PLAYER_NOTICE_LOST_UDP);
    }
    if (now >= stuck_at(p)) {
        begin_retry(p, now, 0);
        retry_later(p, now, KIN_PLAYER_NOTICE_STUCK);
    }
    if (now >= p->retry.at) {
        p->retry.at = KIN_US_NEVER;
        player_reconnect(p, now);
    }
}

kin_us player_outage_deadline(const struct kin_player *p)
{
    return kin_us_min(p->retry.at, kin_us_min(udp_dead_at(p), stuck_at(p)));
}
