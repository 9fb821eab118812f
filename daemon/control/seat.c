// From an answered SETUP to a viewer and back; limits, log lines, and the frames that PLAY means.
#include "control/seat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "delivery/rtp_port.h"
#include "ground/journal.h"
#include "ground/settings.h"
#include "ground/shortage.h"
#include "ground/worker.h"

static bool over_tcp(const struct seat *seat)
{
    return seat->lower_transport == KIN_LOWER_TRANSPORT_TCP;
}

// Whole files are what the lab's dialect is given, and nobody else.
static const char *transport_name(const struct seat *seat)
{
    if (seat->payload.format == KIN_PAYLOAD_WHOLE_FILE)
        return "lab";
    return over_tcp(seat) ? "tcp" : "udp";
}

static const char *peer_text(const struct seat *seat, char dst[KIN_ADDR_TEXT])
{
    kin_addr_format(&seat->peer, dst);
    return dst;
}

// --- taking

static unsigned admit(struct seat *seat, const char **ret_reason)
{
    enum limits_verdict verdict = limits_take(seat->limits, LIMITS_SESSIONS, &seat->peer);
    *ret_reason = NULL;
    if (verdict == LIMITS_OK)
        return 0;
    limits_journal(LIMITS_SESSIONS, verdict, &seat->peer);
    return verdict == LIMITS_NO_MEMORY ? 503 : 453;
}

// The lab's packets: as the client's file name says, else as the settings do.
static struct viewer_lab lab_of(const struct kin_lab_choice *choice, const struct settings *s)
{
    bool given = choice->datagram_bytes > 0;
    return (struct viewer_lab){.numbering = choice->has_numbering ? choice->numbering
                                                                  : (enum kin_lab_numbering)s->lab_numbering,
                               .datagram_bytes = given ? choice->datagram_bytes : (size_t)s->lab_datagram_size};
}

static unsigned open_viewer(struct seat *seat, const struct seat_params *params, const char **ret_reason)
{
    const struct kin_rtsp_server_transport *t = &params->transport;
    struct viewer_params viewer = {.delivery = params->delivery,
                                   .reel = params->reel,
                                   .lower_transport = seat->lower_transport,
                                   .content = seat->payload.content,
                                   .format = seat->payload.format,
                                   .payload_type = seat->payload.payload_type,
                                   .lab = lab_of(&params->lab_choice, params->delivery->settings),
                                   .peer_rtp = seat->peer,
                                   .peer_rtcp = seat->peer,
                                   .local = *kin_stream_local(params->stream),
                                   .stream = over_tcp(seat) ? params->stream : NULL,
                                   .account = params->account,
                                   .channel_rtp = t->channel[0],
                                   .channel_rtcp = t->channel[1],
                                   .loop = params->loop,
                                   .name = seat->path,
                                   .on_end = params->on_end,
                                   .ctx = params->ctx};
    kin_addr_set_port(&viewer.peer_rtp, t->client_port[0]);
    kin_addr_set_port(&viewer.peer_rtcp, t->client_port[1]);
    int err = viewer_new(&viewer, &seat->viewer);
    shortage_note_err(err);
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
    unsigned port = over_tcp(seat) ? t->channel[0] : t->client_port[0];
    journal(JOURNAL_SESSION, KIN_LOG_INFO, "session start peer=%s reel=%s transport=%s %s=%u carrier=%s",
            peer_text(seat, peer), journal_quote(kin_span_str(seat->path), path), transport_name(seat),
            over_tcp(seat) ? "channel" : "port", port, payload_choice_name(&seat->payload));
}

unsigned seat_take(struct seat *seat, const struct seat_params *params, const char **ret_reason)
{
    bool udp = params->transport.lower_transport == KIN_LOWER_TRANSPORT_UDP;
    *ret_reason = NULL;
    if (udp && params->delivery->rtp_port == NULL)
        return 461;
    *seat = (struct seat){.lower_transport = params->transport.lower_transport,
                          .payload = params->payload,
                          .limits = params->limits,
                          .peer = *kin_stream_peer(params->stream),
                          .since = kin_loop_now(&params->delivery->worker->loop),
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
    char peer[KIN_ADDR_TEXT], path[JOURNAL_QUOTED_MAX], report[96] = "", rtt[32] = "";
    const struct kin_media_stats *v = viewer_stats(seat->viewer);
    if (v->have_report)
        snprintf(report, sizeof report, " lost=%d loss=%.3g jitter_ms=%.2f", v->lost > 0 ? (int)v->lost : 0, v->loss,
                 v->jitter_ms);
    if (v->have_report && v->rtt_ms >= 0)
        snprintf(rtt, sizeof rtt, " rtt_ms=%.2f", v->rtt_ms);
    journal(JOURNAL_SESSION, KIN_LOG_INFO,
            "session end peer=%s reel=%s transport=%s carrier=%s duration_s=%.1f frames=%llu dropped=%llu skipped=%llu "
            "packets=%llu bytes=%llu%s%s reason=%s",
            peer_text(seat, peer), journal_quote(kin_span_str(seat->path), path), transport_name(seat),
            payload_choice_name(&seat->payload), (double)(now - seat->since) / (double)KIN_US_PER_S,
            (unsigned long long)v->frames_sent, (unsigned long long)v->frames_dropped,
            (unsigned long long)v->frames_skipped, (unsigned long long)v->packets, (unsigned long long)v->bytes, report,
            rtt, reason);
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

// What the viewer does now, in the words of a reply.
static struct kin_rtsp_server_play describe(const struct seat *seat)
{
    const struct kin_trip *trip = viewer_trip(seat->viewer);
    return (struct kin_rtsp_server_play){.start = kin_play_range_time(seat->reel, viewer_position(seat->viewer)),
                                         .end = kin_play_range_end(seat->reel, trip),
                                         .scale_milli = trip->scale_milli,
                                         .speed_milli = trip->speed_milli,
                                         .seq = viewer_next_seq(seat->viewer),
                                         .rtptime = viewer_next_rtptime(seat->viewer),
                                         .frames = seat->reel->frame_count};
}

static int find_trip(const struct seat *seat, const struct seat_play *play, struct kin_trip *ret)
{
    uint32_t count = seat->reel->frame_count;
    if (play->has_frame) {
        *ret = (struct kin_trip){.first = play->frame < count ? play->frame : count - 1, .end = count};
        return KIN_OK;
    }
    return kin_play_range_find(seat->reel, &play->asked, viewer_position(seat->viewer), viewer_trip(seat->viewer), ret);
}

// PLAY without a range while playing asks only whether we are alive (RFC 2326 section 10.5), unless it changes the
// rate.
int seat_play(struct seat *seat, const struct seat_play *play, struct kin_rtsp_server_play *ret)
{
    struct kin_trip trip;
    bool goes_on = play->playing && !play->asked.given && !play->has_frame && !play->has_rate;
    if (!goes_on) {
        int err = find_trip(seat, play, &trip);
        if (err != KIN_OK)
            return err;
        viewer_play(seat->viewer, &trip);
    }
    *ret = describe(seat);
    return KIN_OK;
}

void seat_pause(struct seat *seat, kin_us *ret)
{
    viewer_pause(seat->viewer);
    *ret = kin_play_range_time(seat->reel, viewer_position(seat->viewer));
}

int seat_pause_at(struct seat *seat, kin_us at, kin_us *ret)
{
    uint32_t frame;
    struct viewer *v = seat->viewer;
    int err = kin_play_range_pause(seat->reel, at, viewer_position(v), viewer_trip(v), &frame);
    if (err != KIN_OK)
        return err;
    viewer_pause_at(v, frame);
    *ret = kin_play_range_time(seat->reel, frame);
    return KIN_OK;
}
