// Where in the reel a session is: what the description, PLAY and its reply say about it.
#include "client/session_internal.h"

void session_note_reel(struct session *s)
{
    const struct kin_media_reel *reel = &s->media.reel;
    s->info.width = reel->width;
    s->info.height = reel->height;
    s->info.rate_milli = reel->rate_milli;
    s->info.frames = reel->frames;
}

// PLAY was answered: what the reply says about the place holds from the next frame on.
void session_started_at(struct session *s, const struct kin_rtsp_client_event *e)
{
    bool placed = e->has_range && e->range.start_given && !e->range.now;
    struct kin_timeline_start start = {
        .resumes = !placed && s->play_from < 0,
        .position = placed ? e->range.start : kin_us_max(0, s->play_from),
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
    kin_media_receiver_start(&s->media, kin_loop_now(s->loop), &start, &run);
    session_unsay(s, CAUSE_SILENCE);
    s->play_from = -1;
}

kin_us session_trip_start(const struct session *s)
{
    return s->scale < 0 && s->info.duration >= 0 ? kin_timeline_clamp(&s->media.timeline, s->info.duration) : 0;
}
