// A client's playback: frames from arrival to their time, why there is no picture, and the end.
#include "base/err.h"
#include "engine/play/player_internal.h"
#include "proto/rtp.h"

#define TROUBLE_FRAMES 3 // unusable frames before the reason is reported
#define FOREIGN_MAX 20   // packets of another payload type, and none of ours, before that is reported

// --- frames

bool player_is_leaving(const struct kin_player *p)
{
    return p->media.gate.leaving && !p->plays_again && p->state != KIN_PLAYER_FAILED &&
           (p->media.gate.shut || !kin_rtsp_client_idle(p->rtsp));
}

static struct kin_player_event *emit_frame(struct kin_player *p, enum kin_player_event_kind kind,
                                           const struct kin_media_frame *f)
{
    struct kin_player_event *e = player_emit(p, kind);
    e->frame = *f;
    e->leaving = player_is_leaving(p);
    kin_buf_ref(f->picture.jpeg);
    return e;
}

void player_show(struct kin_player *p, const struct kin_playout_frame *f, bool look_back)
{
    struct kin_media_frame frame = kin_media_receiver_place(&p->media, f);
    struct kin_player_event *e = emit_frame(p, KIN_PLAYER_SHOW, &frame);
    e->look_back = look_back;
    p->poster_shown = false;
    if (!e->leaving)
        p->position = frame.media_us;
}

// A jump while paused: the first frame is shown, the cache is filled, then the server is paused again.
static void preroll(struct kin_player *p, kin_us now)
{
    struct kin_playout *cache = p->media.playout;
    if (!kin_rtsp_client_idle(p->rtsp))
        return; // a newer jump is under way
    if (p->preroll == PREROLL_WAITS) {
        const struct kin_playout_frame *f = kin_playout_step(cache, 1);
        if (f != NULL)
            player_show(p, f, false);
        p->preroll = f != NULL ? PREROLL_SHOWN : PREROLL_WAITS;
    }
    if (kin_playout_ahead(cache) < kin_playout_target(cache) && !p->media.ended)
        return;
    p->preroll = PREROLL_NONE;
    if (!p->media.ended)
        kin_rtsp_client_pause(p->rtsp, now);
}

// While the cache fills before playing, its first frame is shown as a poster frame, and again when it is due.
static void show_poster(struct kin_player *p, const struct kin_playout_frame *f)
{
    struct kin_playout *cache = p->media.playout;
    bool filling = kin_playout_state(cache) != KIN_PLAYOUT_PLAYING && kin_playout_ahead(cache) == 1;
    if (!filling || p->wanted.pause || p->preroll != PREROLL_NONE)
        return;
    player_show(p, f, false);
    p->poster_shown = true;
}

void player_on_frame(struct kin_player *p, kin_us now, const struct kin_media_frame *f)
{
    player_clear_notice(p, TOPIC_UNUSABLE);
    emit_frame(p, KIN_PLAYER_RECEIVED, f);
    player_cache_frame(p, now, f->picture.ts);
    if (p->options.media.no_cache)
        p->position = f->media_us;
    else
        show_poster(p, &f->picture);
    if (p->preroll != PREROLL_NONE)
        preroll(p, now);
}

static void show_due(struct kin_player *p, kin_us now)
{
    struct kin_playout_stats before = *kin_playout_stats(p->media.playout);
    const struct kin_playout_stats *after = kin_playout_stats(p->media.playout);
    const struct kin_playout_frame *f;
    while ((f = kin_playout_next(p->media.playout, now)) != NULL)
        player_show(p, f, false);
    if (after->holes > before.holes)
        player_notify(p, KIN_PLAYER_NOTICE_HOLE)->notice.us = after->hole_us - before.hole_us;
}

// --- what comes

void kin_player_feed(struct kin_player *p, kin_us at, struct kin_span packet, size_t wire)
{
    kin_us silence;
    if (packet.n < KIN_RTP_HEADER_BYTES || p->media.rtp == NULL)
        return;
    if (!kin_media_receiver_feed(&p->media, at, packet, wire, &silence)) {
        bool ours = kin_media_receiver_live(&p->media).packets.received > 0;
        if (p->trouble_reported || ours || ++p->foreign < FOREIGN_MAX)
            return;
        struct kin_player_event *e = player_notify(p, KIN_PLAYER_NOTICE_PAYLOAD_TYPE);
        e->notice.got = packet.p[1] & 0x7f;
        e->notice.asked = p->media.reel.payload_type;
        p->trouble_reported = true;
        p->notice_topic = TOPIC_UNUSABLE;
        return;
    }
    kin_rtsp_client_media(p->rtsp, at);
    if (silence > 0)
        player_notify(p, KIN_PLAYER_NOTICE_AGAIN)->notice.us = silence;
}

void kin_player_feed_rtcp(struct kin_player *p, kin_us at, kin_us now, struct kin_span bytes)
{
    if (p->media.rtp != NULL)
        kin_media_receiver_feed_rtcp(&p->media, at, now, bytes);
}

void player_check_trouble(struct kin_player *p)
{
    struct kin_receive_live live;
    enum kin_jpeg_trouble trouble;
    if (p->trouble_reported || p->media.counted > 0 || p->media.assembler == NULL)
        return;
    live = kin_media_receiver_live(&p->media);
    bool none = live.frames.complete + p->media.received.kept.frames.complete == 0;
    uint64_t at_least = live.packets.bye ? 1 : TROUBLE_FRAMES;
    if (!none || !kin_jpeg_assembler_trouble(&live.frames, &trouble) || live.frames.troubles[trouble].frames < at_least)
        return;
    struct kin_player_event *e = player_notify(p, KIN_PLAYER_NOTICE_UNUSABLE);
    e->notice.trouble = trouble;
    e->notice.detail = live.frames.troubles[trouble].detail;
    p->trouble_reported = true;
    p->notice_topic = TOPIC_UNUSABLE;
}

// --- the end

void player_finish(struct kin_player *p, bool broken)
{
    if (p->media.ended) {
        kin_media_receiver_end(&p->media, 0, broken);
        return;
    }
    kin_media_receiver_flush(&p->media, true);
    p->pending.what = PENDING_END;
    p->pending.broken = broken;
}

static bool begin_again(struct kin_player *p, kin_us now)
{
    return player_request_play(p, now, true, player_range_start(p)) == KIN_OK;
}

// Handles the end of playback, once the last frame was shown for its time. The next pass of a loop is requested here
// when end() did not: the cache was played once more after the stream had ended.
static void check_over(struct kin_player *p, kin_us now)
{
    bool over = p->options.media.no_cache || kin_playout_finished(p->media.playout, now);
    if (!p->media.ended || !over)
        return;
    bool plays = p->state == KIN_PLAYER_PLAYING && !p->media.gate.shut;
    if (plays && p->wanted.loop && !p->media.ended_early && begin_again(p, now))
        return;
    kin_playout_pause(p->media.playout, now);
    if (plays)
        player_set_state(p, now, KIN_PLAYER_ENDED);
}

static void end(struct kin_player *p, kin_us now, bool broken)
{
    kin_us silence = now - p->media.end.packet_at;
    kin_media_receiver_end(&p->media, now, broken);
    bool early = p->media.ended_early && !broken;
    player_clear_notice(p, TOPIC_SILENCE);
    if (early)
        player_notify(p, KIN_PLAYER_NOTICE_ENDED_EARLY);
    kin_rtsp_client_ended(p->rtsp);
    if (p->preroll != PREROLL_NONE)
        preroll(p, now);
    if (p->wanted.loop && !early && p->state == KIN_PLAYER_PLAYING)
        begin_again(p, now);
    if (broken)
        player_notify(p, KIN_PLAYER_NOTICE_BROKEN)->notice.us = silence;
    check_over(p, now);
}

static void resume_picture(struct kin_player *p, kin_us now)
{
    if (p->preroll != PREROLL_NONE || p->wanted.pause)
        return;
    kin_playout_resume(p->media.playout, now);
    player_set_state(p, now, KIN_PLAYER_PLAYING);
}

static void stop_picture(struct kin_player *p, kin_us now)
{
    bool init = kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_INIT;
    kin_playout_pause(p->media.playout, now);
    if (init && p->media.rtp != NULL) // the server has forgotten the session
        p->seek_to = player_place(p);
    player_set_state(p, now, init ? KIN_PLAYER_INIT : KIN_PLAYER_READY);
}

void player_run_pending(struct kin_player *p, kin_us now)
{
    int what = p->pending.what;
    p->pending.what = PENDING_NOTHING;
    switch (what) {
    case PENDING_LEAVE:
        if (p->plays_again)
            kin_media_receiver_again(&p->media, now);
        else
            kin_media_receiver_leave(&p->media, now, p->pending.jumps, p->pending.place);
        player_clear_notice(p, TOPIC_SILENCE);
        break;
    case PENDING_PLAY: // unless the RTSP machine plays by itself, after a change of transport
        if (p->wanted.play && kin_rtsp_client_idle(p->rtsp))
            player_request_play(p, now, true, p->seek_to > 0 ? p->seek_to : player_range_start(p));
        break;
    case PENDING_RESUME:
        resume_picture(p, now);
        if (p->pending.refused)
            player_notify(p, KIN_PLAYER_NOTICE_RTSP_ERROR);
        break;
    case PENDING_STOP:
        stop_picture(p, now);
        break;
    case PENDING_END:
        end(p, now, p->pending.broken);
        break;
    default:
        break;
    }
}

static void check_stream(struct kin_player *p, kin_us now)
{
    switch (kin_media_receiver_check(&p->media, now, p->state == KIN_PLAYER_PLAYING)) {
    case KIN_STREAM_GOES_ON:
        break;
    case KIN_STREAM_SILENT:
        player_notify(p, KIN_PLAYER_NOTICE_NO_MEDIA)->notice.us = now - p->media.end.packet_at;
        p->notice_topic = TOPIC_SILENCE;
        player_silent(p, now);
        break;
    case KIN_STREAM_ENDED:
        player_finish(p, false);
        break;
    case KIN_STREAM_BROKEN:
        player_finish(p, true);
        break;
    }
}

void kin_player_tick(struct kin_player *p, kin_us now)
{
    if (p->state == KIN_PLAYER_FAILED || kin_rtsp_client_idle(p->rtsp))
        kin_media_receiver_settled(&p->media);
    player_outage_tick(p, now);
    player_cache_tick(p, now);
    player_fill_tick(p, now);
    show_due(p, now);
    check_stream(p, now);
    if (p->pending.what == PENDING_NOTHING)
        check_over(p, now);
    kin_media_receiver_tick(&p->media, now);
}

kin_us kin_player_deadline(const struct kin_player *p)
{
    kin_us at = kin_media_receiver_deadline(&p->media, p->state == KIN_PLAYER_PLAYING);
    return kin_us_min(kin_us_min(at, player_outage_deadline(p)), player_fill_deadline(p));
}
