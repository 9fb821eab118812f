// Where in the reel a session is: what its own machines and the RTSP client say to the timeline, and back.
#include "client/session_internal.h"

void session_take_reel(struct session *s)
{
    kin_timeline_reel(&s->timeline, s->info.duration, s->info.rate_milli, s->rate_given);
}

// PLAY was answered: what the reply says about the place holds from the next frame on.
void session_started_at(struct session *s, const struct kin_rtsp_client_event *e)
{
    kin_us now = kin_loop_now(s->loop);
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
    if (run.has_seq)
        kin_receive_stats_run(&s->received, run.seq);
    kin_timeline_start(&s->timeline, now, &start);
    kin_stream_end_start(&s->end, now);
    session_unsay(s, CAUSE_SILENCE);
    kin_playout_set_interval(s->playout, kin_timeline_spacing_ts(&s->timeline));
    if (s->receiver != NULL && kin_rtp_receiver_start(s->receiver, now, &run))
        kin_receive_stats_left_at(&s->received, kin_timeline_sent_behind(&s->timeline, run.rtptime));
    s->play_from = -1;
}

kin_us session_trip_start(const struct session *s)
{
    return s->scale < 0 && s->info.duration >= 0 ? kin_timeline_clamp(&s->timeline, s->info.duration) : 0;
}

struct kin_stream_place session_end_place(const struct session *s)
{
    return (struct kin_stream_place){
        .watched = s->state == SESSION_PLAYING && !s->ended,
        .last_over = kin_timeline_last_over(&s->timeline),
        .interval = kin_us_from_ts(kin_timeline_interval_ts(&s->timeline)),
        .ends_at = kin_timeline_ends_at(&s->timeline),
    };
}
