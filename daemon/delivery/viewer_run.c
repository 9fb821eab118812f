// The run of a viewer: which frame goes out when.
//
// Everything happens in viewer_run(), called when the timer says so or a frame was read. A run starts when its first
// frame is there; from then on every frame is due at the time that the itinerary gives it, whatever happens in between.
#include "base/clock.h"
#include "base/err.h"
#include "delivery/viewer_internal.h"
#include "frames/frame_cache.h"
#include "ground/journal.h"
#include "ground/settings.h"

#define READ_AHEAD 4   // frames
#define REPAIR_AHEAD 8 // frames that are rewritten on the way, which takes longer
#define LATE_AHEAD 2   // while frames come too late: most of those ahead would be for nothing
// BYE takes another socket than the pictures, and GStreamer reads no more of those once it has seen it.
#define BYE_AFTER_US (200 * KIN_US_PER_MS)
#define NO_MEMORY_RETRY_US (20 * KIN_US_PER_MS) // pause before the next try
#define BACKLOG_RETRY_US (20 * KIN_US_PER_MS)   // likewise, while the connection is behind

static kin_us fresh_now(struct viewer *v)
{
    kin_loop_touch(&v->worker->loop);
    return kin_loop_now(&v->worker->loop);
}

void viewer_stop_waiting(struct viewer *v)
{
    frame_reader_withdraw(&v->frames);
}

// --- frames in

static struct frame_want want(const struct viewer *v, uint32_t i)
{
    bool lab = v->p.transport == VIEWER_LAB;
    return (struct frame_want){.reel = v->p.reel,
                               .index = i,
                               .form = lab ? FRAME_LAB : v->p.form,
                               .packet_bytes = lab ? v->p.lab.datagram_bytes
                                                   : (size_t)v->worker->settings->rtp_payload_size};
}

static void read_ahead(struct viewer *v, unsigned steps)
{
    uint32_t i;
    if (!kin_itinerary_ahead(&v->way, steps, &i))
        return;
    struct frame_want w = want(v, i);
    frame_cache_prefetch(&v->frames, &w);
}

static unsigned most_ahead(const struct viewer *v)
{
    bool rewritten = v->p.form == FRAME_HALF || v->p.reel->fit != KIN_JPEG_FIT_OK;
    return rewritten && v->p.transport != VIEWER_LAB ? REPAIR_AHEAD : READ_AHEAD;
}

// Frames that could not be queued are not read either. Reading ahead begins anew when there is room again.
static bool may_read_ahead(struct viewer *v)
{
    if (!viewer_is_congested(v, v->p.reel->largest_frame))
        return true;
    v->ahead = 1;
    return false;
}

void viewer_read_ahead(struct viewer *v)
{
    v->awaiting = v->late = false;
    if (!may_read_ahead(v))
        return;
    v->ahead = most_ahead(v);
    for (unsigned i = 0; i < v->ahead; i++)
        read_ahead(v, i);
}

// One frame further ahead, once the one before is dealt with: a reader that is woken may take the processor at once,
// and then a frame's packets would wait, but not the pause before the next frame. The next one itself may have been
// evicted.
static void read_on(struct viewer *v)
{
    if (v->late || !may_read_ahead(v))
        return; // while late, what comes next is not known before it is known what is skipped
    read_ahead(v, 0);
    if (v->ahead < most_ahead(v))
        read_ahead(v, v->ahead++ - 1);
    read_ahead(v, v->ahead - 1);
}

static void complain(const struct viewer *v, const struct frame *f)
{
    char name[JOURNAL_QUOTED_MAX];
    if (!frame_cache_complain(v->worker->frame_cache, v->p.reel))
        return;
    journal(JOURNAL_REEL, KIN_LOG_WARNING,
            "frame skipped reel=%s frame=%u problem=\"%s\" reason=\"%s\"; such frames are left out",
            journal_quote(kin_span_str(v->p.name != NULL ? v->p.name : ""), name), kin_itinerary_frame(&v->way) + 1,
            f->fit != KIN_JPEG_FIT_OK ? kin_jpeg_fit_str(f->fit) : "not a JPEG", f->why != NULL ? f->why : "damaged");
}

// --- the run

// When RTP time ts of this lap is due.
static kin_us due(const struct viewer *v, uint64_t ts)
{
    return kin_pacer_due(&v->pacer, kin_itinerary_due(&v->way, ts));
}

static void begin_lap(struct viewer *v, kin_us start)
{
    kin_pacer_move(&v->pacer, start);
    kin_rtp_sender_run(&v->sender, start, v->way.trip.speed_milli);
}

static void begin_run(struct viewer *v)
{
    v->running = true;
    begin_lap(v, fresh_now(v));
    v->report_due = true;
}

// The reel starts over: its first frame is due when the last one's time is over.
static void begin_next_lap(struct viewer *v)
{
    uint64_t end = kin_itinerary_ts(&v->way);
    kin_us start = due(v, end);
    kin_rtp_sender_reach(&v->sender, end);
    kin_itinerary_lap(&v->way);
    begin_lap(v, start);
}

// A sender far behind goes on with the newest frame that is due. A frame that it has waited for goes out, however late:
// if it were skipped for one that is not there either, and that one again, nothing would ever be sent.
static void skip_overdue(struct viewer *v, kin_us now)
{
    uint64_t next_ts = kin_itinerary_due(&v->way, kin_itinerary_next_ts(&v->way));
    v->late = now >= kin_pacer_due(&v->pacer, next_ts);
    if (v->awaiting || !kin_pacer_behind(&v->pacer, next_ts, now))
        return;
    v->ahead = LATE_AHEAD;
    struct kin_itinerary next = v->way;
    kin_itinerary_advance(&next);
    while (!kin_itinerary_over(&next) && due(v, kin_itinerary_ts(&next)) <= now) {
        v->way = next;
        v->stats.frames_dropped++;
        kin_itinerary_advance(&next);
    }
}

// False when the viewer has to wait (the timer is set), or is over.
static bool at_end(struct viewer *v)
{
    if (v->way.loop && v->running) {
        begin_next_lap(v);
        return true;
    }
    kin_us over = v->running ? due(v, kin_itinerary_ts(&v->way)) : 0;
    if (v->running && v->p.transport == VIEWER_UDP)
        over = kin_us_add(over, BYE_AFTER_US);
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
    kin_us at = due(v, kin_itinerary_ts(&v->way));
    if (now >= at)
        return false;
    kin_timer_set(v->timer, at);
    return true;
}

// There is no room for the next frame. The first one of a run is not dropped, however much the peer still has to take
// of what was before: the run begins when there is room for it. False: later.
static bool drop_frame(struct viewer *v)
{
    viewer_stop_waiting(v);
    viewer_release(v);
    if (!v->running) {
        kin_timer_set(v->timer, fresh_now(v) + BACKLOG_RETRY_US);
        return false;
    }
    v->awaiting = false;
    v->stats.frames_dropped++;
    kin_itinerary_advance(&v->way);
    return true;
}

static void begin_frame(struct viewer *v, struct frame *f)
{
    uint64_t ts = kin_itinerary_ts(&v->way), next = kin_itinerary_next_ts(&v->way);
    uint64_t from = kin_itinerary_due(&v->way, ts), to = kin_itinerary_due(&v->way, next);
    struct kin_rtp_sender_lab lab = {.unix_us = kin_clock_unix_us(), .frame = kin_itinerary_frame(&v->way) + 1};
    kin_rtp_sender_frame(&v->sender, ts, next - ts, &lab);
    kin_pacer_begin(&v->pacer, from, to - from, kin_rtp_plan_count(f->plan));
    v->frame = frame_ref(f);
    v->packet = 0;
    v->said_bye = false;
}

// One frame that was read: starts it, or counts why not. False when the viewer is over.
static bool start_frame(struct viewer *v, struct frame *f)
{
    if (!v->running)
        begin_run(v);
    switch (f->error) {
    case KIN_OK:
        begin_frame(v, f);
        break;
    case KIN_EUNSUPPORTED:
    case KIN_EBAD:
        v->stats.frames_skipped++;
        complain(v, f);
        break;
    case KIN_ENOMEM:
    case KIN_EFILES:
        v->stats.frames_dropped++;
        break;
    default:
        viewer_finish(v, VIEWER_END_READ);
        return false;
    }
    kin_itinerary_advance(&v->way);
    return true;
}

static bool is_pause_point(const struct viewer *v)
{
    uint32_t next = kin_itinerary_frame(&v->way);
    return v->pausing && (v->way.trip.scale_milli < 0 ? next <= v->pause_at : next >= v->pause_at);
}

// False when there is something to wait for, or the viewer is over.
static bool fetch_frame(struct viewer *v, uint32_t index)
{
    struct frame *f = NULL;
    struct frame_want w = want(v, index);
    int err = frame_cache_get(&v->frames, &w, &f);
    v->awaiting = err == KIN_EAGAIN;
    if (err == KIN_EAGAIN) {
        if (v->late)
            read_ahead(v, LATE_AHEAD - 1);
        return false;
    }
    if (err != KIN_OK) {
        kin_timer_set(v->timer, fresh_now(v) + NO_MEMORY_RETRY_US);
        return false;
    }
    bool fits = f->error != KIN_OK || viewer_reserve(v, kin_rtp_plan_jpeg_buf(f->plan)->len);
    bool going_on = fits ? start_frame(v, f) : drop_frame(v);
    if (v->frame == NULL)
        viewer_release(v);
    if (going_on && v->frame == NULL)
        read_on(v);
    frame_unref(f);
    return going_on;
}

// Starts the next frame. False when there is something to wait for, or the viewer is over.
static bool start_next(struct viewer *v)
{
    if (kin_itinerary_over(&v->way))
        return at_end(v);
    if (must_wait_for_due(v))
        return false;
    if (is_pause_point(v)) {
        viewer_finish(v, VIEWER_END_PAUSED);
        return false;
    }
    uint32_t next = kin_itinerary_frame(&v->way);
    if (!viewer_reserve(v, v->p.reel->frames[next].length))
        return drop_frame(v); // before it is read
    return fetch_frame(v, next);
}

static void finish_frame(struct viewer *v)
{
    frame_unref(v->frame);
    v->frame = NULL;
    viewer_release(v);
    v->stats.frames_sent++;
    read_on(v);
}

void viewer_run(struct viewer *v)
{
    if (v->over)
        return;
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

void viewer_finish(struct viewer *v, enum viewer_end why)
{
    v->playing = false;
    v->pausing = false;
    viewer_stop_waiting(v);
    viewer_release(v);
    kin_timer_set(v->rtcp_timer, KIN_US_NEVER);
    if (why == VIEWER_END_OF_RANGE || why == VIEWER_END_READ)
        viewer_bye(v);
    frame_unref(v->frame);
    v->frame = NULL;
    v->over = true;
    v->why = why;
    kin_timer_set(v->timer, kin_loop_now(&v->worker->loop));
}
