// A client's playback: events of its RTSP machine.
#include "base/err.h"
#include "engine/play/player_internal.h"

// --- what was described and agreed

static void on_described(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    const struct kin_sdp_video *v = &e->video;
    struct kin_media_reel reel = {
        .width = v->width,
        .height = v->height,
        .rate_milli = v->rate_milli,
        .even = v->rate_milli > 0 && v->uneven_frames == 0,
        .duration = v->duration_given ? v->duration : -1,
        .frames = v->uneven_frames,
        .payload_type = v->payload_type,
        .repair = v->repair,
        .rtx_payload_type = v->rtx_payload_type,
        .fec_payload_type = v->fec_payload_type,
        // UNKNOWN rather than JPEG: some servers send whole files and describe them as JPEG.
        .format = v->format == KIN_PAYLOAD_XQT ? KIN_PAYLOAD_XQT : KIN_PAYLOAD_UNKNOWN,
    };
    if (!e->is_sdp) {
        kin_player_fail(p, now, KIN_PLAYER_NOTICE_DIRECTORY);
        return;
    }
    player_resume_at(p);
    kin_media_receiver_describe(&p->media, &reel); // until now, frames from before a lost connection could be shown
    player_fill_described(p);
    player_set_state(p, now, KIN_PLAYER_INIT);
    player_emit(p, KIN_PLAYER_DESCRIBED);
    p->setting_up = false;
    if (p->wanted.setup)
        player_request_transport(p);
}

void kin_player_transport(struct kin_player *p, kin_us now, uint16_t client_port)
{
    if (kin_rtsp_client_setup(p->rtsp, now, client_port) == KIN_ELIMIT)
        player_notify(p, KIN_PLAYER_NOTICE_BUSY);
}

static void on_set_up(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    struct kin_media_stream stream = {.in_order = e->transport.lower_transport == KIN_LOWER_TRANSPORT_TCP,
                                      .has_ssrc = e->transport.has_ssrc,
                                      .ssrc = e->transport.ssrc,
                                      .own_ssrc = p->options.ssrc++,
                                      .cname = p->options.cname};
    if (kin_media_receiver_open(&p->media, now, &stream) != KIN_OK) {
        kin_player_fail(p, now, KIN_PLAYER_NOTICE_NO_MEMORY);
        return;
    }
    p->setting_up = false;
    kin_receive_stats_set_up(&p->media.received, now);
    player_set_state(p, now, KIN_PLAYER_READY);
    p->pending.what = PENDING_PLAY;
}

// --- play, pause, end

static void note_scale(struct kin_player *p, int32_t done)
{
    if (done == p->scale_sent)
        return;
    if (p->scale == p->scale_sent) {
        struct kin_player_event *e = player_notify(p, KIN_PLAYER_NOTICE_SCALE);
        e->notice.got = done;
        e->notice.asked = p->scale_sent;
        p->scale = done;
    }
    p->scale_sent = done;
}

// The position in the reply applies from the next frame on.
static void on_started(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    bool placed = e->has_range && e->range.start_given && !e->range.now;
    struct kin_timeline_start start = {
        .resumes = !placed && p->play_from < 0,
        .position = placed ? e->range.start : kin_us_max(0, p->play_from),
        .has_rtptime = e->has_rtp_info && e->rtp_info.has_rtptime,
        .rtptime = e->rtp_info.rtptime,
        .scale = e->scale_milli,
    };
    struct kin_rtp_run run = {
        .has_seq = e->has_rtp_info && e->rtp_info.has_seq,
        .has_rtptime = start.has_rtptime,
        .seq = e->rtp_info.seq,
        .rtptime = start.rtptime,
    };
    p->wanted.play = false;
    bool newest = kin_rtsp_client_idle(p->rtsp); // else a newer PLAY may request another scale
    if (newest)
        note_scale(p, e->scale_milli);
    p->speed_done = e->speed_milli;
    p->play_from = -1;
    p->plays_again = false;
    player_found(p);
    kin_media_receiver_start(&p->media, now, &start, &run);
    if (newest)
        player_fill_answered(p, now, e->speed_milli); // what was lost before is counted now
    player_clear_notice(p, TOPIC_SILENCE);
    p->pending.what = PENDING_RESUME;
    p->pending.refused = false;
}

static void on_paced(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    if (e->status == 0)
        p->speed_done = e->speed_milli;
    if (kin_rtsp_client_idle(p->rtsp)) // else a newer request makes it void
        player_fill_paced(p, now, e);
}

// At a pause, frames that wait for packets that are being sent again come later.
static void leave_run(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e, bool jumps)
{
    if (jumps || !kin_media_receiver_repairs(&p->media, now))
        kin_media_receiver_flush(&p->media, false);
    p->pending.what = PENDING_LEAVE;
    p->pending.jumps = jumps;
    p->pending.place = e->has_range && e->range.start_given && !e->range.now ? e->range.start : -1;
}

static void on_seeking(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    leave_run(p, now, e, true);
    if (p->preroll == PREROLL_SHOWN)
        p->preroll = PREROLL_WAITS;
}

static void on_stopped(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    leave_run(p, now, e, false);
}

// After a TEARDOWN the next session begins at the start; when the server dropped the session, at the picture.
static void on_closed(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    bool gone = e->trouble != KIN_RTSP_TROUBLE_NONE;
    p->seek_to = gone ? player_place(p) : 0;
    p->position = p->seek_to;
    kin_media_receiver_forget(&p->media, now);
    player_clear_notice(p, TOPIC_SILENCE);
    p->preroll = PREROLL_NONE;
    p->setting_up = false;
    if (gone)
        player_notify(p, KIN_PLAYER_NOTICE_RTSP_ERROR);
    player_set_state(p, now, KIN_PLAYER_INIT);
}

static void on_transport_changed(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    (void)now;
    (void)e;
    kin_media_receiver_play_sent(&p->media, false);
    player_notify(p, KIN_PLAYER_NOTICE_RTSP);
}

// After a redirected SETUP or PLAY nothing agreed with the old server holds: a new description comes, then both again.
static void on_redirected(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    player_notify(p, KIN_PLAYER_NOTICE_RTSP);
    if (e->method != KIN_RTSP_SETUP && e->method != KIN_RTSP_PLAY)
        return;
    p->wanted.setup = true;
    if (e->method == KIN_RTSP_PLAY) {
        p->wanted.play = true;
        p->seek_to = p->play_from;
    }
    player_set_state(p, now, KIN_PLAYER_CONNECTING);
}

static void on_other_port(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    (void)now;
    (void)e;
    player_notify(p, KIN_PLAYER_NOTICE_RTSP);
}

static void on_skipped(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    (void)now;
    if (p->stray_bytes == 0) // one notice is enough: the statistics count the rest
        player_notify(p, KIN_PLAYER_NOTICE_RTSP);
    p->stray_bytes += e->count;
}

static void on_no_media(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    (void)now;
    (void)e;
    kin_media_receiver_silence_noticed(&p->media);
    player_notify(p, KIN_PLAYER_NOTICE_RTSP_ERROR);
    p->notice_topic = TOPIC_SILENCE;
}

static void on_refused(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    p->setting_up = p->setting_up && e->method != KIN_RTSP_SETUP;
    if (e->method == KIN_RTSP_PLAY && player_drop_speed(p, now))
        return;
    if (p->wanted.play && (e->method == KIN_RTSP_SETUP || e->method == KIN_RTSP_PLAY)) {
        kin_player_fail(p, now, KIN_PLAYER_NOTICE_RTSP_FAILED);
        return;
    }
    bool plays_on = e->method == KIN_RTSP_PAUSE && kin_rtsp_client_state(p->rtsp) == KIN_RTSP_CLIENT_PLAYING;
    if (!plays_on) // else the notice follows the change of state, which clears earlier errors
        player_notify(p, KIN_PLAYER_NOTICE_RTSP_ERROR);
    if (p->state == KIN_PLAYER_FAILED)
        return;
    p->preroll = PREROLL_NONE;
    p->plays_again = false;
    kin_media_receiver_refused(&p->media);
    p->wanted.pause = p->wanted.pause && !plays_on;
    p->pending.what = plays_on ? PENDING_RESUME : PENDING_STOP;
    p->pending.refused = plays_on;
}

// Some servers close the connection where others say BYE.
static void on_failed(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    p->stray_bytes += e->count;
    if (!p->media.ended && !kin_timeline_all_came(&p->media.timeline) && player_lost(p, now, e->trouble))
        return;
    if (p->state != KIN_PLAYER_PLAYING || (!p->media.ended && !kin_timeline_near_end(&p->media.timeline))) {
        kin_player_fail(p, now, KIN_PLAYER_NOTICE_RTSP_FAILED);
        return;
    }
    player_emit(p, KIN_PLAYER_HANG_UP);
    player_finish(p, false);
}

typedef void event_fn(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e);

static event_fn *const event_handlers[KIN_RTSP_CLIENT_EVENT_COUNT] = {
    [KIN_RTSP_CLIENT_DESCRIBED] = on_described,   [KIN_RTSP_CLIENT_SET_UP] = on_set_up,
    [KIN_RTSP_CLIENT_SEEKING] = on_seeking,       [KIN_RTSP_CLIENT_STARTED] = on_started,
    [KIN_RTSP_CLIENT_PACED] = on_paced,           [KIN_RTSP_CLIENT_STOPPED] = on_stopped,
    [KIN_RTSP_CLIENT_CLOSED] = on_closed,         [KIN_RTSP_CLIENT_TRANSPORT_CHANGED] = on_transport_changed,
    [KIN_RTSP_CLIENT_NO_MEDIA] = on_no_media,     [KIN_RTSP_CLIENT_REDIRECTED] = on_redirected,
    [KIN_RTSP_CLIENT_OTHER_PORT] = on_other_port, [KIN_RTSP_CLIENT_SKIPPED] = on_skipped,
    [KIN_RTSP_CLIENT_REFUSED] = on_refused,       [KIN_RTSP_CLIENT_FAILED] = on_failed,
};

void kin_player_rtsp(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e)
{
    if (event_handlers[e->kind] != NULL)
        event_handlers[e->kind](p, now, e);
}
