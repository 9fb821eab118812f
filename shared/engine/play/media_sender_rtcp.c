// The server's media path: its reports, and what follows from the peer's.
#include "engine/play/media_sender_internal.h"

#define REPORT_SOON 32768                    // without randomness
#define CONGESTED_AGAIN 5                    // percent: retransmissions while a queue stands
#define UNREACHABLE_US (250 * KIN_US_PER_MS) // an ICMP error again after this: the port really is closed
#define UNREACHABLE_FORGET_US (5 * KIN_US_PER_S)

void media_sender_thin(struct kin_media_sender *s)
{
    struct kin_adaptation_level l = kin_adaptation_level(&s->adaptation);
    kin_play_schedule_thin(&s->schedule, (struct kin_play_thinning){l.keep, l.of});
    kin_pacer_spread(&s->pacer, l.spread);
    struct kin_jpeg_variant variant = {.bands = s->unmended.yes, .quality = l.quality};
    if (kin_variants_want(&s->variants, variant) && s->playing)
        s->ahead_due = KIN_MEDIA_AHEAD_ALL;
}

static struct kin_adaptation_sent sent_by_now(const struct kin_media_sender *s)
{
    return (struct kin_adaptation_sent){.seq = s->rtp.seq,
                                        .bytes = s->stats.bytes,
                                        .again = s->stats.again_bytes + s->stats.copy_bytes + s->stats.parity_bytes,
                                        .fast = media_sender_is_fast(s)};
}

static void coarsens(struct kin_media_sender *s, kin_us now, bool may)
{
    struct kin_adaptation_sent sent = sent_by_now(s);
    (void)kin_adaptation_coarsens(&s->adaptation, now, may, &sent);
    media_sender_thin(s);
    s->adapted = true;
}

void media_sender_took(struct kin_media_sender *s, kin_us now)
{
    if (kin_variants_took(&s->variants, now))
        coarsens(s, now, false);
}

void kin_media_sender_report(struct kin_media_sender *s, kin_us now, int64_t unix_us, uint32_t random, struct kin_wr *w)
{
    s->report_due = false;
    kin_rtp_sender_report(&s->rtp, now, unix_us, w);
    bool urgent = kin_adaptation_is_watching(&s->adaptation);
    s->report_at = s->playing ? now + kin_rtp_sender_interval(&s->rtp, urgent, random & 0xffffu) : KIN_US_NEVER;
}

bool kin_media_sender_bye(struct kin_media_sender *s, kin_us now, int64_t unix_us, struct kin_wr *w)
{
    if (s->lab || s->bye_sent)
        return false;
    s->bye_sent = true;
    kin_rtp_sender_bye(&s->rtp, now, unix_us, "end of stream", w);
    return true;
}

// The report's own fraction is that of its interval only: 0 when nothing was lost lately.
static double loss_of(const struct kin_media_stats *stats, int32_t lost)
{
    if (lost <= 0)
        return 0; // below 0: more duplicates than losses
    return (uint64_t)lost < stats->packets ? (double)lost / (double)stats->packets : 1;
}

// -1: unknown.
static kin_us rtt_us(double ms)
{
    return ms >= 0 ? (kin_us)(ms * (double)KIN_US_PER_MS) : -1;
}

// How much is sent follows from what the receiver gets. Over an ordered transport nothing is lost.
static void adapt(struct kin_media_sender *s, kin_us now, const struct kin_rtp_sender_feedback *f)
{
    if (!s->adapts || s->in_order || !s->playing)
        return;
    struct kin_adaptation_report report = {
        .highest_seq = f->highest_seq, .lost = f->lost, .rtt = rtt_us(f->rtt_ms), .lsr = f->lsr};
    struct kin_adaptation_sent sent = sent_by_now(s);
    uint64_t again = s->stats.again_packets + s->stats.copy_packets + s->stats.parity_packets;
    if (kin_variants_resume(&s->variants, now))
        coarsens(s, now, true);
    bool otherwise = kin_unmended_feed(&s->unmended, now, f->lost, again) && s->variants.can;
    if (kin_adaptation_feed(&s->adaptation, now, &report, &sent) || otherwise) {
        media_sender_thin(s);
        s->adapted = true;
    }
    if (s->rtp.feedback && kin_adaptation_is_watching(&s->adaptation))
        s->report_at = kin_us_min(s->report_at, now + kin_rtp_sender_interval(&s->rtp, true, REPORT_SOON));
    if (s->history != NULL)
        kin_rtp_history_limit(s->history, kin_adaptation_is_congested(&s->adaptation) ? CONGESTED_AGAIN : 100);
}

// Copies are for a receiver that gets packets again as they were. Those of RFC 4588 ask as fast as it takes.
static void duplicate(struct kin_media_sender *s, kin_us now, const struct kin_rtp_sender_feedback *f)
{
    uint64_t frames = s->stats.frames_sent > 0 ? s->stats.frames_sent : 1;
    struct kin_duplication_report report = {.highest_seq = f->highest_seq,
                                            .loss = f->loss_fraction,
                                            .rtt = rtt_us(f->rtt_ms),
                                            .frame_packets = (double)s->stats.packets / (double)frames,
                                            .congested = kin_adaptation_is_congested(&s->adaptation)};
    if (s->history == NULL || s->rtx.payload_type != 0 || !kin_duplication_report(&s->duplication, now, &report))
        return;
    kin_rtp_history_copy(s->history, s->duplication.copies);
    s->adapted = true;
}

void kin_media_sender_feed_rtcp(struct kin_media_sender *s, kin_us now, int64_t unix_us, struct kin_span compound)
{
    struct kin_rtp_sender_feedback feedback;
    kin_rtp_sender_feed(&s->rtp, compound, unix_us, &feedback);
    if (!feedback.valid)
        return;
    s->stats.last_activity = now;
    if (feedback.has_report) {
        s->stats.have_report = true;
        s->stats.loss = loss_of(&s->stats, feedback.lost);
        s->stats.loss_lately = feedback.loss_fraction;
        s->stats.lost = feedback.lost;
        s->stats.jitter_ms = feedback.jitter_ms;
        s->stats.rtt_ms = feedback.rtt_ms >= 0 ? feedback.rtt_ms : s->stats.rtt_ms;
        adapt(s, now, &feedback);
        duplicate(s, now, &feedback);
        media_sender_hold_parity(s, now);
        kin_fec_sender_report(&s->fec, now, feedback.highest_seq, feedback.lost);
    }
    if (s->history != NULL) {
        struct kin_rtp_history_source of = {.ssrc = s->rtp.ssrc, .rtt = rtt_us(s->stats.rtt_ms)};
        kin_duplication_asked(&s->duplication, now, kin_rtp_history_feed(s->history, now, &of, compound));
    }
    if (feedback.bye)
        kin_media_sender_end(s, KIN_MEDIA_END_BYE);
}

void kin_media_sender_active(struct kin_media_sender *s, kin_us now)
{
    s->stats.last_activity = now;
}

void kin_media_sender_unreachable(struct kin_media_sender *s, kin_us now)
{
    kin_us since = now - s->unreachable_since;
    if (s->unreachable_since == 0 || since > UNREACHABLE_FORGET_US || s->stats.last_activity > s->unreachable_since)
        s->unreachable_since = now; // the player may be just about to open its port
    else if (since >= UNREACHABLE_US)
        kin_media_sender_end(s, KIN_MEDIA_END_UNREACHABLE);
}
