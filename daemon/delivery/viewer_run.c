// The steps of a viewer's media sender: frames come from the cache, packets and reports go to the peer.
#include "base/clock.h"
#include "base/err.h"
#include "base/rng.h"
#include "delivery/viewer_internal.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/settings.h"
#include "io/timer.h"

#define NO_MEMORY_RETRY_US (20 * KIN_US_PER_MS) // pause before the next attempt to read
#define TCP_QUANTUM_US (4 * KIN_US_PER_MS)      // viewers over TCP are served together at multiples of this time

static kin_us fresh_now(struct viewer *v)
{
    kin_loop_touch(&v->worker->loop);
    return kin_loop_now(&v->worker->loop);
}

// --- frames in

static struct frame_want want(const struct viewer *v, uint32_t i, struct kin_jpeg_variant variant)
{
    return (struct frame_want){.reel = v->p.reel,
                               .index = i,
                               .content = v->p.content,
                               .variant = variant,
                               .format = v->p.format,
                               .packet_bytes = v->packet_bytes};
}

// Frames that could not be queued are not read either.
static void read_ahead(struct viewer *v, const struct kin_media_step_detail *what)
{
    if (viewer_is_congested(v, v->p.reel->largest_frame)) {
        kin_media_sender_hold_back(&v->sender);
        return;
    }
    for (unsigned i = 0; i < what->frame_count; i++) {
        struct frame_want w = want(v, what->frames[i], what->variant);
        frame_cache_prefetch(&v->frames, &w);
    }
}

static void log_skipped(const struct viewer *v, uint32_t index, const struct frame_plan *p)
{
    char name[JOURNAL_QUOTED_MAX];
    if (!frame_cache_should_log(v->p.delivery->frame_cache, v->p.reel))
        return;
    journal(JOURNAL_REEL, KIN_LOG_WARNING, MSG_FRAME_SKIPPED,
            journal_quote(kin_span_str(v->p.name != NULL ? v->p.name : ""), name), index + 1,
            p->frame->compat != KIN_JPEG_COMPAT_OK ? kin_jpeg_compat_str(p->frame->compat) : MSG_PROBLEM_NOT_JPEG,
            p->why != NULL ? p->why : MSG_REASON_DAMAGED);
}

static void drop(struct viewer *v)
{
    frame_reader_withdraw(&v->frames);
    viewer_release(v);
    kin_media_sender_no_room(&v->sender, fresh_now(v));
}

// Takes over the reference to the plan's frame.
static void accept_frame(struct viewer *v, uint32_t index, const struct frame_plan *p)
{
    if (p->error == KIN_OK && !viewer_reserve(v, p->frame->jpeg->len)) {
        frame_unref(p->frame);
        drop(v);
        return;
    }
    if (p->error == KIN_EUNSUPPORTED || p->error == KIN_EBAD)
        log_skipped(v, index, p);
    v->frame = p;
    kin_media_sender_frame(&v->sender, fresh_now(v), kin_clock_unix_us(), p->error, p->packets);
    if (p->error != KIN_OK)
        viewer_drop_frame(v);
}

// A variant that cannot be made is no reason to send nothing: the frame is got as it is.
static int get_frame(struct viewer *v, struct frame_want *w, const struct frame_plan **ret)
{
    int err = frame_cache_get(&v->frames, w, ret);
    bool got = err == KIN_OK && (*ret)->error == KIN_OK;
    if (got || err == KIN_EAGAIN || kin_jpeg_variant_is_plain(w->variant))
        return err;
    if (err == KIN_OK)
        frame_unref((*ret)->frame);
    w->variant = (struct kin_jpeg_variant){.quality = 0};
    kin_media_sender_plain(&v->sender);
    return frame_cache_get(&v->frames, w, ret);
}

static void read_frame(struct viewer *v, uint32_t index, struct kin_jpeg_variant variant)
{
    const struct frame_plan *p = NULL;
    struct frame_want w = want(v, index, variant);
    if (!viewer_reserve(v, v->p.reel->frames[index].length)) {
        drop(v); // before it is read
        return;
    }
    int err = get_frame(v, &w, &p);
    if (err == KIN_OK)
        accept_frame(v, index, p);
    else if (err == KIN_EAGAIN)
        kin_media_sender_not_yet(&v->sender);
    else
        kin_media_sender_retry_at(&v->sender, fresh_now(v) + NO_MEMORY_RETRY_US);
}

// --- packets again

// Frames sent lately are mostly still in the cache; else they are read once more.
static void send_again(struct viewer *v, const struct kin_rtp_again *again)
{
    const struct frame_plan *p = NULL;
    struct kin_media_again packet;
    struct frame_want w = want(v, again->frame, again->variant);
    size_t on_wire = 0;
    int err = frame_cache_get(&v->again, &w, &p);
    if (err == KIN_EAGAIN) {
        kin_media_sender_again_wait(&v->sender);
        return;
    }
    if (err != KIN_OK || p->error != KIN_OK || !kin_media_sender_again(&v->sender, again, p->packets, &packet))
        kin_media_sender_again_skip(&v->sender);
    else if (viewer_send_again(v, &packet, &on_wire))
        kin_media_sender_again_sent(&v->sender, kin_loop_now(&v->worker->loop), on_wire);
    else
        kin_media_sender_again_full(&v->sender, kin_loop_now(&v->worker->loop));
    if (err == KIN_OK)
        frame_unref(p->frame);
}

// --- RTCP out

static void report(struct viewer *v)
{
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_media_sender_report(&v->sender, kin_loop_now(&v->worker->loop), kin_clock_unix_us(), kin_rng_u32(), &w);
    viewer_send_rtcp(v, kin_wr_span(&w));
}

// Over UDP it goes twice: ffmpeg, for one, waits for ever where it is lost.
void viewer_bye(struct viewer *v)
{
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_us now = kin_loop_now(&v->worker->loop);
    if (viewer_displaced(v) || !kin_media_sender_bye(&v->sender, now, kin_clock_unix_us(), &w))
        return;
    viewer_send_rtcp(v, kin_wr_span(&w));
    if (v->p.lower_transport == KIN_LOWER_TRANSPORT_UDP)
        viewer_send_rtcp(v, kin_wr_span(&w));
}

// --- how much is sent

static void log_adapted(const struct viewer *v, const struct kin_media_step_detail *what)
{
    const struct kin_adaptation_level *level = &what->level;
    char name[JOURNAL_QUOTED_MAX], peer[KIN_ADDR_TEXT];
    const struct kin_media_stats *stats = &v->sender.stats;
    kin_addr_format(&v->p.peer_rtp, peer);
    journal(JOURNAL_SESSION, KIN_LOG_INFO, MSG_SESSION_ADAPTS, peer,
            journal_quote(kin_span_str(v->p.name != NULL ? v->p.name : ""), name), level->keep, level->of,
            level->spread ? "yes" : "no", what->variant.quality, what->variant.bands ? "yes" : "no", what->copies,
            stats->loss_lately, stats->rtt_ms);
}

// --- steps

// Releases the frame and the room reserved for it once it has been sent, or will not be.
static void release_unused(struct viewer *v)
{
    if (kin_media_sender_sends(&v->sender))
        return;
    viewer_drop_frame(v);
    if (!v->sender.awaiting)
        viewer_release(v);
}

// Over TCP a frame leaves at once, and its time on the way is not even: a little later is as good, and cheaper where
// others are due then.
static kin_us wakes_at(const struct viewer *v, kin_us now)
{
    kin_us at = kin_media_sender_deadline(&v->sender);
    if (v->p.lower_transport != KIN_LOWER_TRANSPORT_TCP || at <= now || at == KIN_US_NEVER)
        return at;
    return (at + TCP_QUANTUM_US - 1) / TCP_QUANTUM_US * TCP_QUANTUM_US;
}

void viewer_settle(struct viewer *v)
{
    kin_us now = kin_loop_now(&v->worker->loop);
    release_unused(v);
    kin_timer_set(v->timer, v->over ? now : wakes_at(v, now));
}

static void end(struct viewer *v, enum kin_media_end why)
{
    frame_reader_withdraw(&v->frames);
    if (why == KIN_MEDIA_END_OF_RANGE || why == KIN_MEDIA_END_READ)
        viewer_bye(v);
    v->over = true;
    v->why = why;
}

// False when there is nothing more to do now.
static bool step(struct viewer *v)
{
    struct kin_media_step_detail what;
    switch (kin_media_sender_next(&v->sender, kin_loop_now(&v->worker->loop), &what)) {
    case KIN_MEDIA_WAIT:
        return false;
    case KIN_MEDIA_AHEAD:
        read_ahead(v, &what);
        return true;
    case KIN_MEDIA_READ:
        read_frame(v, what.frames[0], what.variant);
        return true;
    case KIN_MEDIA_AGAIN:
        send_again(v, &what.again);
        return true;
    case KIN_MEDIA_SEND:
        viewer_send(v, what.packets);
        return true;
    case KIN_MEDIA_PARITY:
        viewer_send_parity(v);
        return true;
    case KIN_MEDIA_REPORT:
        report(v);
        return true;
    case KIN_MEDIA_ADAPTED:
        log_adapted(v, &what);
        return true;
    case KIN_MEDIA_ENDED:
        end(v, what.why);
        return false;
    }
    return false;
}

void viewer_run(struct viewer *v)
{
    if (v->over)
        return;
    fresh_now(v);
    if (viewer_displaced(v))
        kin_media_sender_end(&v->sender, KIN_MEDIA_END_REPLACED);
    while (step(v))
        release_unused(v);
    viewer_settle(v);
}
