// One playing session's media path: its life, its commands and its facts.
#include "delivery/viewer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/rng.h"
#include "delivery/viewer_internal.h"
#include "ground/limits.h"
#include "ground/settings.h"
#include "io/timer.h"

// --- life

static uint64_t reel_bytes_per_s(const struct kin_reel *r)
{
    double seconds = (double)r->duration_ts / KIN_RTP_CLOCK_HZ;
    return seconds > 0 ? (uint64_t)((double)r->frame_bytes / seconds) : 0;
}

static void init_sender(struct viewer *v)
{
    bool lab = v->p.format == KIN_PAYLOAD_WHOLE_FILE;
    bool rewritten = v->p.content == FRAME_REDUCED || v->p.reel->compat != KIN_JPEG_COMPAT_OK;
    struct kin_media_sender_params p = {
        .reel = v->p.reel,
        .loop = v->p.loop,
        .in_order = v->p.lower_transport == KIN_LOWER_TRANSPORT_TCP,
        .rewritten = rewritten && !lab,
        .lab = lab,
        .lab_numbering = v->p.lab.numbering,
        .pacing = (unsigned)v->p.delivery->settings->rtp_pacing,
        .history = v->history,
        .copies = v->p.format == KIN_PAYLOAD_XQT ? 0 : (unsigned)v->p.delivery->settings->rtp_copies,
        .rtx = {.payload_type = v->p.repair == KIN_RTP_REPAIR_RTX ? v->p.rtx_payload_type : 0},
        .parity = (unsigned)v->p.delivery->settings->rtp_fec,
        .fec = {.payload_type = v->p.fec_payload_type},
        .adapt = v->p.adapt && v->p.delivery->settings->rtp_adapt,
        .vary = !lab && v->p.lower_transport == KIN_LOWER_TRANSPORT_UDP,
        .rtp = {.session_bytes_per_s = reel_bytes_per_s(v->p.reel),
                .payload_type = v->p.payload_type,
                .feedback = v->history != NULL}};
    kin_rng_bytes(&p.rtp.ssrc, sizeof p.rtp.ssrc);
    kin_rng_bytes(&p.rtp.seq, sizeof p.rtp.seq);
    kin_rng_bytes(&p.rtp.ts, sizeof p.rtp.ts);
    kin_rng_bytes(&p.rtp.random, sizeof p.rtp.random);
    kin_rng_bytes(&p.rtx.seq, sizeof p.rtx.seq);
    kin_rng_bytes(&p.fec.seq, sizeof p.fec.seq);
    p.rtx.ssrc = p.rtp.ssrc ^ (kin_rng_u32() | 1); // another one than that of the media
    p.fec.ssrc = p.rtx.ssrc ^ (kin_rng_u32() << 1 | 2);
    if (v->history != NULL)
        kin_rtp_history_init(v->history, (unsigned)v->p.delivery->settings->rtp_retransmit, p.rtp.session_bytes_per_s);
    kin_media_sender_init(&v->sender, kin_loop_now(&v->worker->loop), &p);
}

static void on_frame_read(void *ctx)
{
    struct viewer *v = ctx;
    kin_media_sender_frame_ready(&v->sender);
    viewer_run(v);
}

static void on_again_read(void *ctx)
{
    struct viewer *v = ctx;
    kin_media_sender_again_ready(&v->sender);
    viewer_run(v);
}

// on_end may free the viewer, so nothing else of it is on the stack then.
static void on_timer(void *ctx, kin_us now)
{
    struct viewer *v = ctx;
    (void)now;
    if (!v->over) {
        viewer_run(v);
        return;
    }
    v->over = false;
    if (v->p.on_end != NULL)
        v->p.on_end(v->p.ctx, v->why);
}

static void on_unreachable(void *ctx)
{
    struct viewer *v = ctx;
    kin_media_sender_unreachable(&v->sender, kin_loop_now(&v->worker->loop));
    viewer_settle(v);
}

static void on_rtcp(void *ctx, struct kin_span compound)
{
    viewer_rtcp(ctx, compound);
}

static int add_peer(struct viewer *v)
{
    if (v->p.lower_transport == KIN_LOWER_TRANSPORT_TCP)
        return KIN_OK;
    if (v->p.delivery->rtp_port == NULL)
        return KIN_ELIMIT;
    v->peer = (struct rtp_peer){.rtp = v->p.peer_rtp,
                                .rtcp = v->p.peer_rtcp,
                                .has_rtcp = v->p.format != KIN_PAYLOAD_WHOLE_FILE,
                                .worker = v->worker,
                                .on_rtcp = on_rtcp,
                                .on_unreachable = on_unreachable,
                                .ctx = v};
    int err = rtp_port_add(v->p.delivery->rtp_port, &v->peer);
    v->peer_added = err == KIN_OK;
    return err;
}

// Over TCP no packet is lost, and each costs both ends the same whatever its length; but one that is under way delays
// replies and what it carries.
#define TCP_PACKET_BYTES (16u * 1024u)

// Parity is longer than the longest packet that it protects, and must not exceed what is configured either.
static size_t longest_packet(const struct viewer *v)
{
    size_t longest = (size_t)v->p.delivery->settings->rtp_payload_size;
    if (v->p.format == KIN_PAYLOAD_WHOLE_FILE)
        return v->p.lab.datagram_bytes;
    if (v->p.lower_transport == KIN_LOWER_TRANSPORT_TCP)
        return v->p.long_packets && longest < TCP_PACKET_BYTES ? TCP_PACKET_BYTES : longest;
    bool parity = v->p.fec_payload_type != 0;
    return parity && longest >= KIN_RTP_PLAN_PACKET_MIN + KIN_FEC_LONGER ? longest - KIN_FEC_LONGER : longest;
}

static bool repairs(const struct viewer *v)
{
    return v->p.lower_transport == KIN_LOWER_TRANSPORT_UDP && v->p.repair != KIN_RTP_REPAIR_NONE;
}

int viewer_new(const struct viewer_params *params, struct viewer **ret)
{
    struct worker *w = params->delivery->worker;
    struct viewer *v = calloc(1, sizeof *v);
    if (v == NULL)
        return KIN_ENOMEM;
    v->worker = w;
    v->p = *params;
    v->packet_bytes = longest_packet(v);
    if (repairs(v))
        v->history = malloc(sizeof *v->history);
    init_sender(v);
    uint64_t client = limits_client(&params->peer_rtp);
    frame_reader_init(&v->frames, params->delivery->frame_cache, w, client, on_frame_read, v);
    frame_reader_init(&v->again, params->delivery->frame_cache, w, client, on_again_read, v);
    kin_reel_ref(v->p.reel);
    int err = v->history != NULL || !repairs(v) ? KIN_OK : KIN_ENOMEM;
    if (err == KIN_OK)
        err = kin_timer_new(&w->loop, on_timer, v, &v->timer);
    if (err == KIN_OK)
        err = add_peer(v);
    if (err != KIN_OK) {
        viewer_free(v, false);
        return err;
    }
    *ret = v;
    return KIN_OK;
}

void viewer_free(struct viewer *v, bool bye)
{
    if (v == NULL)
        return;
    if (bye)
        viewer_bye(v);
    frame_reader_withdraw(&v->frames);
    frame_reader_withdraw(&v->again);
    viewer_release(v);
    if (v->peer_added)
        rtp_port_remove(v->p.delivery->rtp_port, &v->peer);
    kin_timer_free(v->timer);
    viewer_drop_frame(v);
    kin_reel_unref(v->p.reel);
    free(v->history);
    free(v);
}

void viewer_drop_frame(struct viewer *v)
{
    if (v->frame != NULL)
        frame_unref(v->frame->frame);
    v->frame = NULL;
}

void viewer_abandon(struct viewer *v)
{
    if (v->peer_added)
        rtp_port_abandon(v->p.delivery->rtp_port, &v->peer);
}

bool viewer_displaced(const struct viewer *v)
{
    return v->peer_added && rtp_port_displaced(v->p.delivery->rtp_port, &v->peer);
}

// --- commands

void viewer_play(struct viewer *v, const struct kin_play_range *range)
{
    frame_reader_withdraw(&v->frames);
    v->over = false;
    kin_media_sender_play(&v->sender, range);
    viewer_settle(v);
}

void viewer_pace(struct viewer *v, int32_t speed_milli)
{
    kin_media_sender_pace(&v->sender, kin_loop_now(&v->worker->loop), speed_milli);
    viewer_settle(v);
}

void viewer_pause(struct viewer *v)
{
    frame_reader_withdraw(&v->frames);
    kin_media_sender_pause(&v->sender);
    viewer_settle(v);
}

void viewer_pause_at(struct viewer *v, uint32_t frame)
{
    kin_media_sender_pause_at(&v->sender, frame);
}

void viewer_rtcp(struct viewer *v, struct kin_span compound)
{
    kin_media_sender_feed_rtcp(&v->sender, kin_loop_now(&v->worker->loop), kin_clock_unix_us(), compound);
    viewer_settle(v);
}

// --- facts

bool viewer_playing(const struct viewer *v)
{
    return v->sender.playing;
}

uint32_t viewer_position(const struct viewer *v)
{
    return kin_media_sender_position(&v->sender);
}

const struct kin_play_range *viewer_range(const struct viewer *v)
{
    return &v->sender.schedule.range;
}

uint32_t viewer_next_rtptime(const struct viewer *v)
{
    return kin_media_sender_next_rtptime(&v->sender);
}

uint32_t viewer_ssrc(const struct viewer *v)
{
    return v->sender.rtp.ssrc;
}

uint16_t viewer_next_seq(const struct viewer *v)
{
    return kin_media_sender_next_seq(&v->sender);
}

const struct kin_media_stats *viewer_stats(const struct viewer *v)
{
    return &v->sender.stats;
}
