// One playing session's media path: which frame goes out when.
//
// Everything happens in viewer_run(), called when the timer says so or a frame was read. A run starts when its first
// frame is there; from then on frame i is due at the start plus its media time, whatever happens in between.
#include "viewer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/rng.h"
#include "frame_cache.h"
#include "settings.h"
#include "viewer_parts.h"

#define READ_AHEAD 4                            // frames
#define REPAIR_AHEAD 8                          // frames that are rewritten on the way, which takes longer
#define NO_MEMORY_RETRY_US (20 * KIN_US_PER_MS) // pause before the next try
#define UNREACHABLE_US (250 * KIN_US_PER_MS)    // an ICMP error again after this: the port really is closed
#define UNREACHABLE_FORGET_US (5 * KIN_US_PER_S)

static void viewer_run(struct viewer *v);

static kin_us fresh_now(struct viewer *v)
{
    kin_loop_touch(&v->worker->loop);
    return kin_loop_now(&v->worker->loop);
}

static uint64_t frame_ts(const struct viewer *v, uint32_t i)
{
    const struct kin_reel *r = v->p.reel;
    return i < r->frame_count ? r->frames[i].ts : r->duration_ts;
}

// Media time of frame i since the start of the run; frame_count stands for the end of the reel.
static uint64_t run_ts(const struct viewer *v, uint32_t i)
{
    return frame_ts(v, i) - v->run_media;
}

// --- frames in

static struct frame_want want(const struct viewer *v, uint32_t i)
{
    bool lab = v->p.transport == VIEWER_LAB;
    return (struct frame_want){.reel = v->p.reel,
                               .index = i,
                               .form = lab ? FRAME_LAB : v->p.form,
                               .packet_bytes = lab ? 0 : (size_t)v->worker->settings->rtp_payload_size};
}

static bool wraps(const struct viewer *v)
{
    return v->p.loop && v->end == v->p.reel->frame_count;
}

static void read_ahead(struct viewer *v, uint32_t i)
{
    if (i >= v->end && !wraps(v))
        return;
    struct frame_want w = want(v, i < v->end ? i : (i - v->end) % v->p.reel->frame_count);
    frame_cache_prefetch(v->worker->frame_cache, v->worker, &w);
}

static uint32_t frames_ahead(const struct viewer *v)
{
    bool repaired = v->p.reel->fit != KIN_JPEG_FIT_OK && v->p.transport != VIEWER_LAB;
    return repaired ? REPAIR_AHEAD : READ_AHEAD;
}

static void stop_waiting(struct viewer *v)
{
    kin_list_remove(&v->waiter.node);
}

static void on_frame_read(void *ctx)
{
    viewer_run((struct viewer *)ctx);
}

static void complain(const struct viewer *v, const struct frame *f)
{
    if (!frame_cache_complain(v->worker->frame_cache, v->p.reel))
        return;
    kin_log(KIN_LOG_WARNING, "frame skipped reel=%s frame=%u problem=\"%s\" reason=\"%s\"; such frames are left out",
            v->p.name != NULL ? v->p.name : "-", v->next + 1,
            f->fit != KIN_JPEG_FIT_OK ? kin_jpeg_fit_str(f->fit) : "not a JPEG", f->why != NULL ? f->why : "damaged");
}

// --- the run

static void begin_run(struct viewer *v)
{
    kin_us now = fresh_now(v);
    v->running = true;
    v->run_media = frame_ts(v, v->next);
    kin_pacer_move(&v->pacer, now);
    kin_rtp_sender_run(&v->sender, now, v->run_media);
    v->report_due = true;
}

// The reel starts over: frame 0 is due when the last frame's time is over.
static void begin_loop(struct viewer *v)
{
    kin_us end = kin_pacer_due(&v->pacer, run_ts(v, v->end));
    kin_rtp_sender_reach(&v->sender, frame_ts(v, v->end));
    v->next = 0;
    v->run_media = frame_ts(v, 0);
    kin_pacer_move(&v->pacer, end);
    kin_rtp_sender_run(&v->sender, end, v->run_media);
}

// A sender far behind goes on with the newest frame that is due.
static void skip_overdue(struct viewer *v, kin_us now)
{
    if (!kin_pacer_behind(&v->pacer, run_ts(v, v->next + 1), now))
        return;
    while (v->next + 1 < v->end && kin_pacer_due(&v->pacer, run_ts(v, v->next + 1)) <= now) {
        v->next++;
        v->stats.frames_dropped++;
    }
}

// False when the viewer has to wait (the timer is set), or is over.
static bool at_end(struct viewer *v)
{
    if (wraps(v) && v->running) {
        begin_loop(v);
        return true;
    }
    kin_us over = v->running ? kin_pacer_due(&v->pacer, run_ts(v, v->end)) : 0;
    if (kin_loop_now(&v->worker->loop) < over)
        kin_timer_set(v->timer, over);
    else
        viewer_finish(v, VIEWER_END_OF_RANGE);
    return false;
}

static bool must_wait_for_due(struct viewer *v)
{
    if (!v->running)
        return false;
    kin_us now = kin_loop_now(&v->worker->loop);
    skip_overdue(v, now);
    kin_us due = kin_pacer_due(&v->pacer, run_ts(v, v->next));
    if (now >= due)
        return false;
    kin_timer_set(v->timer, due);
    return true;
}

static void begin_frame(struct viewer *v, struct frame *f)
{
    uint64_t ts = frame_ts(v, v->next);
    uint64_t duration = frame_ts(v, v->next + 1) - ts;
    kin_rtp_sender_frame(&v->sender, ts, duration, kin_clock_unix_us());
    kin_pacer_begin(&v->pacer, ts - v->run_media, duration, kin_rtp_plan_count(f->plan));
    v->frame = frame_ref(f);
    v->packet = 0;
    v->said_bye = false;
}

// One frame that was read: starts it, or counts why not. False when the viewer is over.
static bool take_frame(struct viewer *v, struct frame *f)
{
    switch (f->error) {
    case KIN_OK:
        if (viewer_is_congested(v))
            v->stats.frames_dropped++;
        else
            begin_frame(v, f);
        break;
    case KIN_EUNSUPPORTED:
    case KIN_EBAD:
        v->stats.frames_skipped++;
        complain(v, f);
        break;
    case KIN_ENOMEM:
        v->stats.frames_dropped++;
        break;
    default:
        viewer_finish(v, VIEWER_END_READ);
        return false;
    }
    v->next++;
    return true;
}

// Starts the next frame. False when there is something to wait for, or the viewer is over.
static bool start_next(struct viewer *v)
{
    struct frame *f = NULL;
    if (v->next >= v->end)
        return at_end(v);
    if (must_wait_for_due(v))
        return false;
    struct frame_want w = want(v, v->next);
    int err = frame_cache_get(v->worker->frame_cache, v->worker, &w, &f);
    if (err == KIN_EAGAIN) {
        kin_list_push_back(&v->worker->waiters, &v->waiter.node);
        return false;
    }
    if (err != KIN_OK) {
        kin_timer_set(v->timer, fresh_now(v) + NO_MEMORY_RETRY_US);
        return false;
    }
    if (!v->running)
        begin_run(v);
    read_ahead(v, v->next + 1);
    read_ahead(v, v->next + frames_ahead(v));
    bool going_on = take_frame(v, f);
    frame_unref(f);
    return going_on;
}

static void finish_frame(struct viewer *v)
{
    frame_unref(v->frame);
    v->frame = NULL;
    v->stats.frames_sent++;
}

static void viewer_run(struct viewer *v)
{
    stop_waiting(v);
    if (viewer_displaced(v)) {
        viewer_finish(v, VIEWER_END_REPLACED);
        return;
    }
    fresh_now(v);
    for (;;) {
        if (v->frame != NULL) {
            if (viewer_send(v) == VIEWER_SENT_LATER)
                return;
            finish_frame(v);
        } else if (!v->playing || !start_next(v)) {
            return;
        }
    }
}

static void on_timer(void *ctx, kin_us now)
{
    (void)now;
    viewer_run((struct viewer *)ctx);
}

void viewer_finish(struct viewer *v, enum viewer_end why)
{
    v->playing = false;
    stop_waiting(v);
    kin_timer_set(v->timer, KIN_US_NEVER);
    kin_timer_set(v->rtcp_timer, KIN_US_NEVER);
    if (why == VIEWER_END_OF_RANGE || why == VIEWER_END_READ)
        viewer_bye(v);
    frame_unref(v->frame);
    v->frame = NULL;
    if (v->p.on_end != NULL)
        v->p.on_end(v->p.ctx, why);
}

// --- life

static void on_unreachable(void *ctx)
{
    struct viewer *v = (struct viewer *)ctx;
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
        kin_rtp_sender_init_lab(&v->sender);
    else
        kin_rtp_sender_init(&v->sender, &p);
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
    struct viewer *v = (struct viewer *)calloc(1, sizeof *v);
    if (v == NULL)
        return KIN_ENOMEM;
    *v = (struct viewer){.worker = w, .p = *params, .end = params->reel->frame_count};
    v->stats.rtt_ms = -1;
    v->stats.last_heard = kin_loop_now(&w->loop);
    v->waiter.wake = on_frame_read;
    v->waiter.ctx = v;
    kin_list_init(&v->waiter.node);
    kin_reel_ref(v->p.reel);
    kin_list_push_back(&w->viewers, &v->node);
    w->viewer_count++;
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
    stop_waiting(v);
    if (v->peer_added)
        rtp_port_remove(v->worker->rtp_port, &v->peer);
    kin_timer_free(v->timer);
    kin_timer_free(v->rtcp_timer);
    kin_list_remove(&v->node);
    v->worker->viewer_count--;
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

struct viewer_start viewer_play(struct viewer *v, uint32_t first, uint32_t end)
{
    uint32_t count = v->p.reel->frame_count;
    stop_waiting(v);
    v->next = first < count ? first : count - 1;
    v->end = end > v->next && end < count ? end : count;
    v->playing = true;
    v->running = false;
    for (uint32_t i = 0; i < frames_ahead(v); i++)
        read_ahead(v, v->next + i);
    kin_timer_set(v->timer, v->frame != NULL ? kin_pacer_deadline(&v->pacer) : kin_loop_now(&v->worker->loop));
    return (struct viewer_start){
        .seq = viewer_next_seq(v), .rtptime = kin_rtp_sender_next_ts(&v->sender), .frame = v->next};
}

void viewer_pause(struct viewer *v)
{
    v->playing = false;
    stop_waiting(v);
    kin_timer_set(v->rtcp_timer, KIN_US_NEVER);
    if (v->frame == NULL)
        kin_timer_set(v->timer, KIN_US_NEVER);
}

// --- facts

bool viewer_playing(const struct viewer *v)
{
    return v->playing;
}

uint32_t viewer_position(const struct viewer *v)
{
    return v->next;
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
