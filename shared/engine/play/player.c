// A client's playback: creation and events.
#include "base/err.h"
#include "engine/play/player_internal.h"

int kin_player_init(struct kin_player *p, const struct kin_player_options *options)
{
    *p = (struct kin_player){
        .options = *options,
        .wanted = {.setup = options->auto_setup || options->auto_play, .play = options->auto_play},
        .scale = SCALE_NORMAL,
        .scale_sent = SCALE_NORMAL,
        .speed = options->speed_milli,
        .speed_done = SPEED_NORMAL,
        .play_from = -1,
        .retry.at = KIN_US_NEVER,
        .asked_at = -1,
        .filled_us = -1,
    };
    kin_fill_init(&p->fill, false);
    player_cache_init(p);
    return kin_media_receiver_init(&p->media, &options->media);
}

void kin_player_deinit(struct kin_player *p)
{
    for (unsigned i = 0; i < p->event_count; i++)
        kin_buf_unref(p->events[i].frame.picture.jpeg);
    kin_buf_unref(p->lent);
    kin_media_receiver_deinit(&p->media);
    p->event_count = 0;
    p->lent = NULL;
}

void kin_player_attach(struct kin_player *p, kin_us now, struct kin_rtsp_client *rtsp)
{
    p->rtsp = rtsp;
    kin_receive_stats_connect(&p->media.received, now);
}

// --- events

struct kin_player_event *player_emit(struct kin_player *p, enum kin_player_event_kind kind)
{
    if (p->event_count == KIN_PLAYER_EVENTS_MAX) { // the shell does not take them
        kin_buf_unref(p->events[0].frame.picture.jpeg);
        p->event_count--;
        memmove(p->events, p->events + 1, p->event_count * sizeof p->events[0]);
    }
    struct kin_player_event *e = &p->events[p->event_count++];
    *e = (struct kin_player_event){.kind = kind};
    return e;
}

void player_set_state(struct kin_player *p, kin_us now, enum kin_player_state state)
{
    if (p->state == state)
        return;
    if (state == KIN_PLAYER_PLAYING)
        p->playing_since = now;
    else if (p->state == KIN_PLAYER_PLAYING)
        p->played += now - p->playing_since;
    p->state = state;
    player_emit(p, KIN_PLAYER_STATE)->state = state;
}

struct kin_player_event *player_notify(struct kin_player *p, enum kin_player_notice code)
{
    struct kin_player_event *e = player_emit(p, KIN_PLAYER_NOTICE);
    e->notice.code = code;
    p->notice_topic = TOPIC_OTHER;
    return e;
}

void player_clear_notice(struct kin_player *p, enum kin_player_topic kind)
{
    if (p->notice_topic != kind)
        return;
    p->notice_topic = TOPIC_OTHER;
    player_emit(p, KIN_PLAYER_NOTICE_CLEARED);
}

void kin_player_fail(struct kin_player *p, kin_us now, enum kin_player_notice why)
{
    if (p->state == KIN_PLAYER_FAILED)
        return;
    p->pending.what = PENDING_NOTHING;
    player_emit(p, KIN_PLAYER_HANG_UP);
    kin_media_receiver_break(&p->media, now);
    player_clear_notice(p, TOPIC_SILENCE);
    player_notify(p, why);
    player_set_state(p, now, KIN_PLAYER_FAILED);
}

static bool take_event(struct kin_player *p, struct kin_player_event *ret)
{
    kin_buf_unref(p->lent);
    p->lent = NULL;
    if (p->event_count == 0)
        return false;
    *ret = p->events[0];
    p->lent = ret->frame.picture.jpeg;
    p->event_count--;
    memmove(p->events, p->events + 1, p->event_count * sizeof p->events[0]);
    return true;
}

bool kin_player_event(struct kin_player *p, kin_us now, struct kin_player_event *ret)
{
    struct kin_media_frame frame;
    for (;;) {
        if (take_event(p, ret))
            return true;
        kin_media_receiver_allow_again(&p->media, player_may_play_again(p));
        if (kin_media_receiver_frame(&p->media, now, &frame)) {
            player_on_frame(p, now, &frame);
            continue;
        }
        player_check_outage(p, now);
        player_check_trouble(p);
        if (p->event_count == 0 && p->pending.what == PENDING_NOTHING)
            return false;
        player_run_pending(p, now);
    }
}
