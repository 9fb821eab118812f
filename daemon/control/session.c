// A session from SETUP to its end: limits, log lines, and the frames that a PLAY names.
#include "control/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "delivery/rtp_port.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/settings.h"
#include "ground/shortage.h"
#include "ground/worker.h"

static bool over_tcp(const struct session *session)
{
    return session->lower_transport == KIN_LOWER_TRANSPORT_TCP;
}

// Only clients of the lab's dialect get whole files.
static const char *transport_name(const struct session *session)
{
    if (session->payload.format == KIN_PAYLOAD_WHOLE_FILE)
        return "lab";
    return over_tcp(session) ? "tcp" : "udp";
}

static const char *peer_text(const struct session *session, char dst[KIN_ADDR_TEXT])
{
    kin_addr_format(&session->peer, dst);
    return dst;
}

// --- setting up

static unsigned admit(struct session *session, const char **ret_reason)
{
    enum limits_verdict verdict = limits_acquire(session->limits, LIMITS_SESSIONS, &session->peer);
    *ret_reason = NULL;
    if (verdict == LIMITS_OK)
        return 0;
    limits_journal(LIMITS_SESSIONS, verdict, &session->peer);
    return verdict == LIMITS_NO_MEMORY ? 503 : 453;
}

// How packets of the lab are made: as the client's file name says, else as the settings say.
static struct viewer_lab lab_of(const struct kin_lab_choice *choice, const struct settings *s)
{
    bool given = choice->datagram_bytes > 0;
    return (struct viewer_lab){.numbering = choice->has_numbering ? choice->numbering
                                                                  : (enum kin_lab_numbering)s->lab_numbering,
                               .datagram_bytes = given ? choice->datagram_bytes : (size_t)s->lab_datagram_size};
}

static unsigned open_viewer(struct session *session, const struct session_params *params, const char **ret_reason)
{
    const struct kin_rtsp_server_transport *t = &params->transport;
    struct viewer_params viewer = {.delivery = params->delivery,
                                   .reel = params->reel,
                                   .lower_transport = session->lower_transport,
                                   .content = session->payload.content,
                                   .format = session->payload.format,
                                   .payload_type = session->payload.payload_type,
                                   .repair = session->payload.repair,
                                   .adapt = params->adapt,
                                   .rtx_payload_type = session->payload.rtx_payload_type,
                                   .fec_payload_type = session->payload.fec_payload_type,
                                   .long_packets = session->payload.long_packets,
                                   .lab = lab_of(&params->lab_choice, params->delivery->settings),
                                   .peer_rtp = session->peer,
                                   .peer_rtcp = session->peer,
                                   .local = *kin_stream_local(params->stream),
                                   .stream = over_tcp(session) ? params->stream : NULL,
                                   .account = params->account,
                                   .channel_rtp = t->channel[0],
                                   .channel_rtcp = t->channel[1],
                                   .loop = params->loop,
                                   .name = session->path,
                                   .on_end = params->on_end,
                                   .ctx = params->ctx};
    kin_addr_set_port(&viewer.peer_rtp, t->client_port[0]);
    kin_addr_set_port(&viewer.peer_rtcp, t->client_port[1]);
    int err = viewer_new(&viewer, &session->viewer);
    shortage_note_err(err);
    *ret_reason = err == KIN_ELIMIT ? MSG_REPLY_CLIENT_PORT : NULL;
    if (err == KIN_OK)
        return 0;
    return err == KIN_ELIMIT ? 461 : 503;
}

static void forget(struct session *session)
{
    kin_reel_unref(session->reel);
    free(session->path);
    *session = (struct session){.viewer = NULL};
}

static void log_start(const struct session *session, const struct kin_rtsp_server_transport *t)
{
    char peer[KIN_ADDR_TEXT], path[JOURNAL_QUOTED_MAX];
    unsigned port = over_tcp(session) ? t->channel[0] : t->client_port[0];
    journal(JOURNAL_SESSION, KIN_LOG_INFO, MSG_SESSION_START, peer_text(session, peer),
            journal_quote(kin_span_str(session->path), path), transport_name(session),
            over_tcp(session) ? "channel" : "port", port, payload_choice_name(&session->payload));
}

unsigned session_open(struct session *session, const struct session_params *params, const char **ret_reason)
{
    bool udp = params->transport.lower_transport == KIN_LOWER_TRANSPORT_UDP;
    *ret_reason = NULL;
    if (udp && params->delivery->rtp_port == NULL)
        return 461;
    *session = (struct session){.lower_transport = params->transport.lower_transport,
                                .payload = params->payload,
                                .limits = params->limits,
                                .peer = *kin_stream_peer(params->stream),
                                .since = kin_loop_now(&params->delivery->worker->loop),
                                .path = strdup(params->path),
                                .reel = kin_reel_ref(params->reel)};
    unsigned status = session->path != NULL ? admit(session, ret_reason) : 503;
    if (status == 0) {
        status = open_viewer(session, params, ret_reason);
        if (status == 0) {
            log_start(session, &params->transport);
            return 0;
        }
        limits_release(session->limits, LIMITS_SESSIONS, &session->peer);
    }
    forget(session);
    return status;
}

// --- leaving

static void log_end(const struct session *session, const char *reason, kin_us now)
{
    char peer[KIN_ADDR_TEXT], path[JOURNAL_QUOTED_MAX], again[80] = "", copies[80] = "", parity[64] = "",
                                                        left_out[40] = "", coarser[40] = "", report[96] = "",
                                                        rtt[32] = "";
    const struct kin_media_stats *v = viewer_stats(session->viewer);
    if (v->again_packets > 0)
        snprintf(again, sizeof again, MSG_SESSION_AGAIN, (unsigned long long)v->again_packets,
                 (unsigned long long)v->again_bytes);
    if (v->copy_packets > 0)
        snprintf(copies, sizeof copies, MSG_SESSION_COPIES, (unsigned long long)v->copy_packets,
                 (unsigned long long)v->copy_bytes);
    if (v->parity_packets > 0)
        snprintf(parity, sizeof parity, MSG_SESSION_PARITY, (unsigned long long)v->parity_packets,
                 (unsigned long long)v->parity_bytes);
    if (v->frames_left_out > 0)
        snprintf(left_out, sizeof left_out, MSG_SESSION_LEFT_OUT, (unsigned long long)v->frames_left_out);
    if (v->frames_coarser > 0)
        snprintf(coarser, sizeof coarser, MSG_SESSION_COARSER, (unsigned long long)v->frames_coarser);
    if (v->have_report)
        snprintf(report, sizeof report, MSG_SESSION_REPORT, v->lost > 0 ? (int)v->lost : 0, v->loss, v->jitter_ms);
    if (v->have_report && v->rtt_ms >= 0)
        snprintf(rtt, sizeof rtt, MSG_SESSION_RTT, v->rtt_ms);
    journal(JOURNAL_SESSION, KIN_LOG_INFO, MSG_SESSION_END, peer_text(session, peer),
            journal_quote(kin_span_str(session->path), path), transport_name(session),
            payload_choice_name(&session->payload), (double)(now - session->since) / (double)KIN_US_PER_S,
            (unsigned long long)v->frames_sent, (unsigned long long)v->frames_dropped,
            (unsigned long long)v->frames_skipped, (unsigned long long)v->packets, (unsigned long long)v->bytes, again,
            copies, parity, left_out, coarser, report, rtt, reason);
}

void session_close(struct session *session, const char *reason, kin_us now)
{
    if (session->viewer == NULL)
        return;
    log_end(session, reason, now);
    viewer_free(session->viewer, true);
    limits_release(session->limits, LIMITS_SESSIONS, &session->peer);
    forget(session);
}

// --- playing

// What the viewer plays now, for the reply to PLAY.
static struct kin_rtsp_server_play describe(const struct session *session)
{
    const struct kin_play_range *range = viewer_range(session->viewer);
    return (struct kin_rtsp_server_play){.start = kin_play_range_time(session->reel, viewer_position(session->viewer)),
                                         .end = kin_play_range_end(session->reel, range),
                                         .scale_milli = range->scale_milli,
                                         .speed_milli = range->speed_milli,
                                         .seq = viewer_next_seq(session->viewer),
                                         .rtptime = viewer_next_rtptime(session->viewer),
                                         .frames = session->reel->frame_count};
}

static int find_range(const struct session *session, const struct session_play *play, struct kin_play_range *ret)
{
    uint32_t count = session->reel->frame_count;
    if (play->has_frame) {
        *ret = (struct kin_play_range){.first = play->frame < count ? play->frame : count - 1, .end = count};
        return KIN_OK;
    }
    return kin_play_range_find(session->reel, &play->request, viewer_position(session->viewer),
                               viewer_range(session->viewer), ret);
}

// PLAY without a range while playing is a keepalive (RFC 2326 section 10.5), unless it changes the rate. Of the rates,
// Speed alone is a matter of pace, and the range goes on.
int session_play(struct session *session, const struct session_play *play, struct kin_rtsp_server_play *ret)
{
    struct kin_play_range range;
    bool plays_on = play->playing && !play->request.given && !play->has_frame;
    bool same_scale = kin_scale_clamp(play->request.scale_milli) == viewer_range(session->viewer)->scale_milli;
    if (plays_on && play->has_rate && same_scale) {
        viewer_pace(session->viewer, play->request.speed_milli);
    } else if (!plays_on || play->has_rate) {
        int err = find_range(session, play, &range);
        if (err != KIN_OK)
            return err;
        viewer_play(session->viewer, &range);
    }
    *ret = describe(session);
    return KIN_OK;
}

void session_pause(struct session *session, kin_us *ret)
{
    viewer_pause(session->viewer);
    *ret = kin_play_range_time(session->reel, viewer_position(session->viewer));
}

int session_pause_at(struct session *session, kin_us at, kin_us *ret)
{
    uint32_t frame;
    struct viewer *v = session->viewer;
    int err = kin_play_range_pause(session->reel, at, viewer_position(v), viewer_range(v), &frame);
    if (err != KIN_OK)
        return err;
    viewer_pause_at(v, frame);
    *ret = kin_play_range_time(session->reel, frame);
    return KIN_OK;
}
