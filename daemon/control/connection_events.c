// The requests of a connection: descriptions, sessions, playing. One function per event.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/rng.h"
#include "control/connection_internal.h"
#include "delivery/rtp_port.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/settings.h"
#include "media/rate.h"
#include "proto/rtp.h"

// --- DESCRIBE

// Chooses the payload format for this client. False: an error reply was sent.
static bool choose_payload(struct connection *c, const struct catalogue_answer *answer, struct payload_choice *ret)
{
    char reason[PAYLOAD_REASON_MAX], why[CONVERSION_SURVEY_TEXT_MAX], peer[KIN_ADDR_TEXT], path[JOURNAL_QUOTED_MAX];
    struct payload_request query = {
        .query = c->event.query,
        .user_agent = c->event.user_agent,
        .reel = answer->reel,
        .lossy = kin_jpeg_conversion_loss(answer->survey.conversion) == KIN_JPEG_LOSS_CONVERTED,
        .retransmit = c->all->delivery->settings->rtp_retransmit > 0,
        .fec = c->all->delivery->settings->rtp_fec > 0,
    };
    if (answer->survey.refusal != NULL)
        query.refusal = conversion_survey_refusal(&answer->survey, why);
    if (c->event.lab) {
        *ret = payload_choice_lab();
        return true;
    }
    unsigned status = payload_choose(&query, ret, reason);
    if (status == 0)
        return true;
    kin_addr_format(&c->peer, peer);
    journal(JOURNAL_REEL, KIN_LOG_NOTICE, MSG_REEL_REFUSED, peer, journal_quote(kin_span_str(c->query_path), path),
            reason);
    kin_rtsp_server_reply_error(c->machine, connection_now(c), status, reason);
    return false;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

// Of the stream, with headers and what a repair adds, rounded up. 0 for reduced pictures, which were not measured.
static uint32_t bandwidth_kbps(const struct kin_reel *reel, const struct conversion_survey *survey,
                               enum frame_content content)
{
    bool converted = content == FRAME_COMPATIBLE;
    uint64_t growth = converted && survey->growth_percent > 0 ? (uint64_t)survey->growth_percent : 0;
    if (content == FRAME_REDUCED)
        return 0;
    uint64_t bytes = reel->frame_bytes + reel->frame_bytes / 100 * growth;
    uint64_t bits = bytes * 8 + bytes / 4;
    uint64_t kbps = reel->duration_ts > 0 ? bits * 90 / reel->duration_ts + 1 : 0;
    return kbps < UINT32_MAX ? (uint32_t)kbps : UINT32_MAX;
}

static void describe_reel(struct connection *c, const struct catalogue_answer *answer)
{
    const struct kin_reel *reel = answer->reel;
    char address[KIN_ADDR_TEXT], control[PAYLOAD_CONTROL_MAX];
    struct payload_choice choice;
    if (!choose_payload(c, answer, &choice))
        return;
    const union kin_addr *local = kin_stream_local(c->stream);
    kin_addr_format_host(local, address);
    struct kin_sdp_out sdp = {.session_id = (uint64_t)kin_clock_unix_us(),
                              .version = 1,
                              .name = kin_span_str(name_of(c->query_path)),
                              .ipv6 = !kin_addr_is_ipv4(local),
                              .address = kin_span_str(address),
                              .duration = kin_us_from_ts((int64_t)reel->duration_ts),
                              .rate_milli = kin_rate_milli(reel->rate_num, reel->rate_den),
                              .uneven_frames = reel->uneven ? reel->frame_count : 0,
                              .width = choice.width,
                              .height = choice.height,
                              .bandwidth_kbps = bandwidth_kbps(reel, &answer->survey, choice.content),
                              .format = choice.format,
                              .payload_type = choice.payload_type,
                              .repair = choice.repair,
                              .rtx_payload_type = choice.rtx_payload_type,
                              .fec_payload_type = choice.fec_payload_type,
                              .control = payload_choice_control(&choice, control)};
    kin_rtsp_server_reply_describe(c->machine, connection_now(c), &sdp);
}

static void answer_describe(struct connection *c, const struct catalogue_answer *answer)
{
    kin_us now = connection_now(c);
    if (answer->is_directory && c->event.lab)
        kin_rtsp_server_reply_error(c->machine, now, 404, NULL);
    else if (answer->is_directory && !c->event.json)
        kin_rtsp_server_reply_error(c->machine, now, 406, MSG_REPLY_LISTING_TYPE);
    else if (answer->is_directory)
        connection_reply_body(c, "application/json", answer->listing);
    else if (!c->event.sdp)
        kin_rtsp_server_reply_error(c->machine, now, 406, MSG_REPLY_REEL_TYPE);
    else
        describe_reel(c, answer);
}

// --- SETUP

static const char *end_name(enum kin_media_end why)
{
    static const char *const names[] = {[KIN_MEDIA_END_OF_RANGE] = "end",
                                        [KIN_MEDIA_END_PAUSED] = "paused",
                                        [KIN_MEDIA_END_UNREACHABLE] = "unreachable",
                                        [KIN_MEDIA_END_READ] = "unreadable",
                                        [KIN_MEDIA_END_BYE] = "bye",
                                        [KIN_MEDIA_END_REPLACED] = "replaced"};
    return names[why];
}

// After the end of the media, or an RTCP BYE that announces the client's TEARDOWN, another PLAY may follow while the
// connection is there. An unreachable client or an unreadable file ends the session.
static void on_viewer_end(void *ctx, enum kin_media_end why)
{
    struct connection_session *cs = ctx;
    struct connection *c = cs->connection;
    bool playable = why == KIN_MEDIA_END_OF_RANGE || why == KIN_MEDIA_END_PAUSED || why == KIN_MEDIA_END_BYE;
    if (playable && c->stream != NULL) {
        kin_rtsp_server_ended(c->machine, cs->slot);
        return;
    }
    kin_rtsp_server_drop(c->machine, cs->slot);
    connection_end_session(c, cs->slot, end_name(why));
    connection_settle(c);
}

void connection_end_session(struct connection *c, unsigned slot, const char *reason)
{
    struct session *session = &c->sessions[slot].session;
    if (session->viewer != NULL)
        c->all->left_bytes += viewer_stats(session->viewer)->bytes;
    session_close(session, reason, connection_now(c));
}

static unsigned set_up(struct connection *c, struct kin_reel *reel, const struct payload_choice *choice,
                       const char **ret_reason)
{
    struct connection_session *cs = &c->sessions[c->event.session];
    const struct delivery *delivery = c->all->delivery;
    connection_end_session(c, c->event.session, "setup"); // a SETUP of the same session changes its transport
    return session_open(&cs->session,
                        &(struct session_params){.delivery = delivery,
                                                 .stream = c->stream,
                                                 .account = c->account,
                                                 .limits = c->all->limits,
                                                 .reel = reel,
                                                 .path = c->query_path,
                                                 .transport = c->event.transport,
                                                 .payload = *choice,
                                                 .lab_choice = c->event.lab_choice,
                                                 .loop = delivery->settings->media_loop,
                                                 .adapt = !c->event.no_adapt,
                                                 .on_end = on_viewer_end,
                                                 .ctx = cs},
                        ret_reason);
}

static void answer_setup(struct connection *c, const struct catalogue_answer *answer)
{
    const char *reason = NULL;
    struct payload_choice choice;
    kin_us now = connection_now(c);
    if (answer->is_directory) {
        kin_rtsp_server_reply_error(c->machine, now, 404, MSG_REPLY_DIRECTORY);
        return;
    }
    if (!choose_payload(c, answer, &choice))
        return;
    unsigned status = set_up(c, answer->reel, &choice, &reason);
    if (status != 0) {
        kin_rtsp_server_reply_error(c->machine, now, status, reason);
        return;
    }
    struct rtp_port *port = c->all->delivery->rtp_port;
    struct kin_rtsp_server_setup setup = {.ssrc = viewer_ssrc(c->sessions[c->event.session].session.viewer),
                                          .frames = answer->reel->frame_count};
    setup.server_port[0] = port != NULL ? rtp_port_number(port) : 0;
    setup.server_port[1] = (uint16_t)(setup.server_port[0] + 1);
    kin_rng_bytes(setup.random, sizeof setup.random);
    kin_rtsp_server_reply_setup(c->machine, now, &setup);
}

// --- querying the catalogue

static void on_answer(void *ctx, const struct catalogue_answer *answer)
{
    struct connection *c = ctx;
    c->query = NULL;
    if (answer->status != 200)
        kin_rtsp_server_reply_error(c->machine, connection_now(c), answer->status, answer->reason);
    else if (c->event.kind == KIN_RTSP_SERVER_SETUP)
        answer_setup(c, answer);
    else
        answer_describe(c, answer);
    free(c->query_path);
    c->query_path = NULL;
    connection_serve(c);
    connection_settle(c);
}

static void query_catalogue(struct connection *c, const struct kin_rtsp_server_event *e)
{
    bool listing = e->kind == KIN_RTSP_SERVER_DESCRIBE && e->json && !e->lab;
    c->event = *e;
    c->query_path = strdup(e->path);
    struct catalogue_query query = {.worker = c->all->delivery->worker,
                                    .path = c->query_path,
                                    .listing = listing,
                                    .any_case = e->lab,
                                    .requester = limits_client(&c->peer),
                                    .done = on_answer,
                                    .ctx = c};
    if (c->query_path != NULL && catalogue_query(c->all->catalogue, &query, &c->query) == KIN_OK)
        return;
    free(c->query_path);
    c->query_path = NULL;
    kin_rtsp_server_reply_error(c->machine, connection_now(c), 503, NULL);
}

// --- sessions

static void play(struct connection *c, const struct kin_rtsp_server_event *e)
{
    struct kin_rtsp_server_play reply;
    struct session *session = &c->sessions[e->session].session;
    struct session_play play = {.playing = e->playing,
                                .has_rate = e->has_scale || e->has_speed,
                                .has_frame = e->has_frame,
                                .request = {e->has_range, e->range, e->scale_milli, e->speed_milli},
                                .frame = e->frame};
    int err = session->viewer == NULL ? KIN_ESTATE : session_play(session, &play, &reply);
    if (err == KIN_OK)
        kin_rtsp_server_reply_play(c->machine, connection_now(c), &reply);
    else
        kin_rtsp_server_reply_error(c->machine, connection_now(c), err == KIN_ERANGE ? 457 : 454, NULL);
}

static void pause_session(struct connection *c, const struct kin_rtsp_server_event *e)
{
    kin_us at = 0;
    struct session *session = &c->sessions[e->session].session;
    int err = e->has_range && !e->playing ? KIN_ERANGE : KIN_OK;
    if (session->viewer == NULL)
        err = KIN_ESTATE;
    else if (err == KIN_OK && e->has_range)
        err = session_pause_at(session, e->range.start, &at);
    else if (err == KIN_OK)
        session_pause(session, &at);
    if (err == KIN_OK)
        kin_rtsp_server_reply_pause(c->machine, connection_now(c), at, e->has_range);
    else
        kin_rtsp_server_reply_error(c->machine, connection_now(c), err == KIN_ERANGE ? 457 : 454, NULL);
}

static void teardown(struct connection *c, const struct kin_rtsp_server_event *e)
{
    static const char *const names[] = {[KIN_RTSP_SERVER_BY_REQUEST] = "teardown",
                                        [KIN_RTSP_SERVER_BY_TIMEOUT] = "timeout",
                                        [KIN_RTSP_SERVER_BY_CLOSE] = "closed",
                                        [KIN_RTSP_SERVER_BY_ERROR] = "setup"};
    const char *reason = c->all->stopping ? "shutdown" : c->dropped ? "behind" : names[e->reason];
    connection_end_session(c, e->session, reason);
}

static void interleaved(struct connection *c, const struct kin_rtsp_server_event *e)
{
    struct viewer *viewer = c->sessions[e->session].session.viewer;
    if (viewer != NULL && e->rtcp)
        viewer_rtcp(viewer, e->data);
}

static void close_connection(struct connection *c, const struct kin_rtsp_server_event *e)
{
    (void)e;
    connection_hang_up(c);
}

void connection_serve(struct connection *c)
{
    static void (*const handlers[])(struct connection *, const struct kin_rtsp_server_event *) = {
        [KIN_RTSP_SERVER_DESCRIBE] = query_catalogue,
        [KIN_RTSP_SERVER_SETUP] = query_catalogue,
        [KIN_RTSP_SERVER_PLAY] = play,
        [KIN_RTSP_SERVER_PAUSE] = pause_session,
        [KIN_RTSP_SERVER_TEARDOWN] = teardown,
        [KIN_RTSP_SERVER_INTERLEAVED] = interleaved,
        [KIN_RTSP_SERVER_CLOSE] = close_connection,
    };
    struct kin_rtsp_server_event event;
    while (kin_rtsp_server_event(c->machine, &event))
        handlers[event.kind](c, &event);
}
