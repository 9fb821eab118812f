// From an answered SETUP to a viewer and back; limits, log lines, and the frames that PLAY means.
#include "seat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "journal.h"
#include "play_range.h"
#include "rtp_port.h"
#include "worker.h"

static const char *const transport_names[] = {[VIEWER_UDP] = "udp", [VIEWER_TCP] = "tcp", [VIEWER_LAB] = "lab"};

static enum viewer_transport transport_of(enum kin_rtsp_server_lower lower)
{
    static const enum viewer_transport table[] = {
        [KIN_RTSP_SERVER_UDP] = VIEWER_UDP, [KIN_RTSP_SERVER_TCP] = VIEWER_TCP, [KIN_RTSP_SERVER_LAB] = VIEWER_LAB};
    return table[lower];
}

static const char *form_name(const struct seat *seat)
{
    return frame_form_name(seat->transport == VIEWER_LAB ? FRAME_LAB : seat->carrier.form);
}

static const char *peer_text(const struct seat *seat, char dst[KIN_ADDR_TEXT])
{
    kin_addr_format(&seat->peer, dst);
    return dst;
}

// --- taking

static unsigned admit(struct seat *seat, const char **ret_reason)
{
    char peer[KIN_ADDR_TEXT];
    enum limits_verdict verdict = limits_take(seat->limits, LIMITS_SESSIONS, &seat->peer);
    if (verdict == LIMITS_OK)
        return 0;
    journal(JOURNAL_REFUSED, KIN_LOG_NOTICE, "session refused peer=%s limit=%s", peer_text(seat, peer),
            verdict == LIMITS_ADDRESS ? "max_sessions_per_address"
            : verdict == LIMITS_TOTAL ? "max_sessions"
                                      : "memory");
    *ret_reason = NULL;
    return verdict == LIMITS_NO_MEMORY ? 503 : 453;
}

static unsigned open_viewer(struct seat *seat, const struct seat_params *params, const char **ret_reason)
{
    const struct kin_rtsp_server_transport *t = &params->transport;
    struct viewer_params viewer = {.worker = params->worker,
                                   .reel = params->reel,
                                   .transport = seat->transport,
                                   .form = seat->carrier.form,
                                   .payload_type = seat->carrier.payload_type,
                                   .peer_rtp = seat->peer,
                                   .peer_rtcp = seat->peer,
                                   .local = *kin_stream_local(params->stream),
                                   .stream = seat->transport == VIEWER_TCP ? params->stream : NULL,
                                   .channel_rtp = t->channel[0],
                                   .channel_rtcp = t->channel[1],
                                   .loop = params->loop,
                                   .on_end = params->on_end,
                                   .ctx = params->ctx};
    kin_addr_set_port(&viewer.peer_rtp, t->client_port[0]);
    kin_addr_set_port(&viewer.peer_rtcp, t->client_port[1]);
    int err = viewer_new(&viewer, &seat->viewer);
    *ret_reason = err == KIN_ELIMIT ? "The Client Port Is In Use" : NULL;
    if (err == KIN_OK)
        return 0;
    return err == KIN_ELIMIT ? 461 : 503;
}

static void forget(struct seat *seat)
{
    kin_reel_unref(seat->reel);
    free(seat->path);
    *seat = (struct seat){.viewer = NULL};
}

static void log_start(const struct seat *seat, const struct kin_rtsp_server_transport *t)
{
    char peer[KIN_ADDR_TEXT], path[JOURNAL_QUOTED_MAX];
    unsigned port = seat->transport == VIEWER_TCP ? t->channel[0] : t->client_port[0];
    journal(JOURNAL_SESSION, KIN_LOG_INFO, "session start peer=%s reel=%s transport=%s %s=%u carrier=%s",
            peer_text(seat, peer), journal_quote(kin_span_str(seat->path), path), transport_names[seat->transport],
            seat->transport == VIEWER_TCP ? "channel" : "port", port, form_name(seat));
}

unsigned seat_take(struct seat *seat, const struct seat_params *params, const char **ret_reason)
{
    bool udp = params->transport.lower != KIN_RTSP_SERVER_TCP;
    *ret_reason = NULL;
    if (udp && params->worker->rtp_port == NULL)
        return 461;
    *seat = (struct seat){.transport = transport_of(params->transport.lower),
                          .carrier = params->carrier,
                          .limits = params->limits,
                          .peer = *kin_stream_peer(params->stream),
                          .since = kin_loop_now(&params->worker->loop),
                          .until = params->reel->frame_count,
                          .path = strdup(params->path),
                          .reel = kin_reel_ref(params->reel)};
    unsigned status = seat->path != NULL ? admit(seat, ret_reason) : 503;
    if (status == 0) {
        status = open_viewer(seat, params, ret_reason);
        if (status == 0) {
            log_start(seat, &params->transport);
            return 0;
        }
        limits_give(seat->limits, LIMITS_SESSIONS, &seat->peer);
    }
    forget(seat);
    return status;
}

// --- leaving

static void log_end(const struct seat *seat, const char *reason, kin_us now)
{
    char peer[KIN_ADDR_TEXT], path[JOURNAL_QUOTED_MAX], report[128] = "";
    const struct viewer_stats *v = viewer_stats(seat->viewer);
    if (v->have_report)
        snprintf(report, sizeof report, " lost=%d loss=%.4f jitter_ms=%.2f rtt_ms=%.2f", (int)v->lost, v->loss_fraction,
                 v->jitter_ms, v->rtt_ms);
    journal(JOURNAL_SESSION, KIN_LOG_INFO,
            "session end peer=%s reel=%s transport=%s carrier=%s duration_s=%.1f frames=%llu dropped=%llu skipped=%llu "
            "packets=%llu bytes=%llu%s reason=%s",
            peer_text(seat, peer), journal_quote(kin_span_str(seat->path), path), transport_names[seat->transport],
            form_name(seat), (double)(now - seat->since) / (double)KIN_US_PER_S, (unsigned long long)v->frames_sent,
            (unsigned long long)v->frames_dropped, (unsigned long long)v->frames_skipped,
            (unsigned long long)v->packets, (unsigned long long)v->bytes, report, reason);
}

void seat_leave(struct seat *seat, const char *reason, kin_us now)
{
    if (seat->viewer == NULL)
        return;
    log_end(seat, reason, now);
    viewer_free(seat->viewer, true);
    limits_give(seat->limits, LIMITS_SESSIONS, &seat->peer);
    forget(seat);
}

// --- playing

static uint32_t rtp_time(const struct seat *seat, uint32_t frame)
{
    const struct kin_reel *reel = seat->reel;
    uint64_t ts = frame < reel->frame_count ? reel->frames[frame].ts : reel->duration_ts;
    return seat->base_ts + (uint32_t)(ts - reel->frames[seat->base_frame].ts);
}

// PLAY without a range while playing asks only whether we are alive (RFC 2326 section 10.5).
static void tell_position(const struct seat *seat, struct kin_rtsp_server_play *ret)
{
    uint32_t at = viewer_position(seat->viewer);
    *ret = (struct kin_rtsp_server_play){.start = play_range_time(seat->reel, at),
                                         .end = play_range_time(seat->reel, seat->until),
                                         .seq = viewer_next_seq(seat->viewer),
                                         .rtptime = rtp_time(seat, at)};
}

static int find_range(const struct seat *seat, const struct seat_play *play, struct play_range *ret)
{
    if (play->has_frame) {
        uint32_t last = seat->reel->frame_count - 1;
        *ret = (struct play_range){.first = play->frame < last ? play->frame : last, .end = last + 1};
        return KIN_OK;
    }
    return play_range_find(seat->reel, &play->range, play->has_range, viewer_position(seat->viewer), seat->until, ret);
}

int seat_play(struct seat *seat, const struct seat_play *play, struct kin_rtsp_server_play *ret)
{
    struct play_range frames;
    if (play->playing && !play->has_range && !play->has_frame) {
        tell_position(seat, ret);
        return KIN_OK;
    }
    int err = find_range(seat, play, &frames);
    if (err != KIN_OK)
        return err;
    struct viewer_start start = viewer_play(seat->viewer, frames.first, frames.end);
    seat->until = frames.end;
    seat->base_frame = start.frame;
    seat->base_ts = start.rtptime;
    *ret = (struct kin_rtsp_server_play){.start = play_range_time(seat->reel, start.frame),
                                         .end = play_range_time(seat->reel, frames.end),
                                         .seq = start.seq,
                                         .rtptime = start.rtptime};
    return KIN_OK;
}

kin_us seat_pause(struct seat *seat)
{
    viewer_pause(seat->viewer);
    return play_range_time(seat->reel, viewer_position(seat->viewer));
}
