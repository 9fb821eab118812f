// One playing session's media path: its life, the commands it obeys, what is known of it.
#include "delivery/viewer.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/rng.h"
#include "delivery/viewer_internal.h"
#include "ground/limits.h"
#include "ground/settings.h"

#define UNREACHABLE_US (250 * KIN_US_PER_MS) // an ICMP error again after this: the port really is closed
#define UNREACHABLE_FORGET_US (5 * KIN_US_PER_S)

// --- life

static void on_unreachable(void *ctx)
{
    struct viewer *v = ctx;
    kin_us now = kin_loop_now(&v->worker->loop);
    kin_us since = now - v->unreachable_since;
    if (v->unreachable_since == 0 || since > UNREACHABLE_FORGET_US || v->stats.last_heard > v->unreachable_since)
        v->unreachable_since = now; // perhaps the player is just opening its port
    else if (since >= UNREACHABLE_US)
        viewer_finish(v, VIEWER_END_UNREACHABLE);
}

static uint64_t reel_bytes_per_s(const struct kin_reel *r)
{
    double seconds = (double)r->duration_ts / KIN_RTP_CLOCK_HZ;
    return seconds > 0 ? (uint64_t)((double)r->frame_bytes / seconds) : 0;
}

static void init_sender(struct viewer *v)
{
    struct kin_rtp_sender_params p = {.session_bytes_per_s = reel_bytes_per_s(v->p.reel),
                                      .payload_type = v->p.payload_type};
    kin_rng_bytes(&p.ssrc, sizeof p.ssrc);
    kin_rng_bytes(&p.seq, sizeof p.seq);
    kin_rng_bytes(&p.ts, sizeof p.ts);
    kin_rng_bytes(&p.random, sizeof p.random);
    if (v->p.transport == VIEWER_LAB)
        kin_rtp_sender_init_lab(&v->sender, v->p.lab.numbering);
    else
        kin_rtp_sender_init(&v->sender, &p);
}

static void on_frame_read(void *ctx)
{
    viewer_run((struct viewer *)ctx);
}

// The owner may free the viewer when it hears of its end, so nothing else is under way then.
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

static void on_rtcp_timer(void *ctx, kin_us now)
{
    (void)now;
    viewer_report((struct viewer *)ctx);
}

static int add_peer(struct viewer *v)
{
    if (v->p.transport == VIEWER_TCP)
        return KIN_OK;
    if (v->worker->rtp_port == NULL)
        return KIN_ELIMIT;
    v->peer = (struct rtp_peer){.rtp = v->p.peer_rtp,
                                .rtcp = v->p.peer_rtcp,
                                .has_rtcp = v->p.transport == VIEWER_UDP,
                                .worker = v->worker,
                                .on_rtcp = viewer_heard,
                                .on_unreachable = on_unreachable,
                                .ctx = v};
    int err = rtp_port_add(v->worker->rtp_port, &v->peer);
    v->peer_added = err == KIN_OK;
    return err;
}

int viewer_new(const struct viewer_params *params, struct viewer **ret)
{
    struct worker *w = params->worker;
    struct viewer *v = calloc(1, sizeof *v);
    if (v == NULL)
        return KIN_ENOMEM;
    *v = (struct viewer){.worker = w, .p = *params, .said_bye = true};
    struct kin_trip whole = kin_trip_whole(params->reel, KIN_SCALE_NORMAL);
    kin_itinerary_init(&v->way, params->reel, &whole, params->loop);
    v->stats.rtt_ms = -1;
    v->stats.last_heard = kin_loop_now(&w->loop);
    frame_reader_init(&v->frames, w->frame_cache, w, limits_client(&params->peer_rtp), on_frame_read, v);
    kin_reel_ref(v->p.reel);
    kin_pacer_init(&v->pacer, 0, (unsigned)w->settings->rtp_pacing);
    init_sender(v);
    int err = kin_timer_new(&w->loop, on_timer, v, &v->timer);
    if (err == KIN_OK)
        err = kin_timer_new(&w->loop, on_rtcp_timer, v, &v->rtcp_timer);
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
    viewer_stop_waiting(v);
    viewer_release(v);
    if (v->peer_added)
        rtp_port_remove(v->worker->rtp_port, &v->peer);
    kin_timer_free(v->timer);
    kin_timer_free(v->rtcp_timer);
    frame_unref(v->frame);
    kin_reel_unref(v->p.reel);
    free(v);
}

void viewer_abandon(struct viewer *v)
{
    if (v->peer_added)
        rtp_port_abandon(v->worker->rtp_port, &v->peer);
}

bool viewer_displaced(const struct viewer *v)
{
    return v->peer_added && rtp_port_displaced(v->worker->rtp_port, &v->peer);
}

// --- commands

// The frame on its way is always sent to its end, so that no viewer gets a part of one.
static unsigned packets_on_their_way(const struct viewer *v)
{
    return v->frame != NULL ? kin_rtp_plan_count(v->frame->plan) - v->packet : 0;
}

struct viewer_start viewer_play(struct viewer *v, const struct kin_trip *trip)
{
    viewer_stop_waiting(v);
    if (v->frame == NULL)
        viewer_release(v);
    kin_itinerary_init(&v->way, v->p.reel, trip, v->p.loop);
    v->playing = true;
    v->running = false;
    v->pausing = false;
    v->over = false;
    v->said_bye = false;
    viewer_read_ahead(v);
    kin_timer_set(v->timer, v->frame != NULL ? kin_pacer_deadline(&v->pacer) : kin_loop_now(&v->worker->loop));
    return (struct viewer_start){
        .seq = viewer_next_seq(v), .rtptime = viewer_next_rtptime(v), .frame = kin_itinerary_frame(&v->way)};
}

void viewer_pause_at(struct viewer *v, uint32_t frame)
{
    v->pausing = true;
    v->pause_at = frame;
}

void viewer_pause(struct viewer *v)
{
    v->playing = false;
    v->pausing = false;
    viewer_stop_waiting(v);
    kin_timer_set(v->rtcp_timer, KIN_US_NEVER);
    if (v->frame != NULL || v->over)
        return;
    viewer_release(v);
    kin_timer_set(v->timer, KIN_US_NEVER);
}

// --- facts

bool viewer_playing(const struct viewer *v)
{
    return v->playing;
}

uint32_t viewer_position(const struct viewer *v)
{
    return kin_itinerary_frame(&v->way);
}

const struct kin_trip *viewer_trip(const struct viewer *v)
{
    return &v->way.trip;
}

uint32_t viewer_next_rtptime(const struct viewer *v)
{
    return v->running ? v->sender.run_ts + (uint32_t)kin_itinerary_ts(&v->way) : kin_rtp_sender_next_ts(&v->sender);
}

uint32_t viewer_ssrc(const struct viewer *v)
{
    return v->sender.ssrc;
}

uint16_t viewer_next_seq(const struct viewer *v)
{
    return (uint16_t)(v->sender.seq + packets_on_their_way(v));
}

void viewer_rtcp(struct viewer *v, struct kin_span compound)
{
    viewer_heard(v, compound);
}

const struct viewer_stats *viewer_stats(const struct viewer *v)
{
    return &v->stats;
}
