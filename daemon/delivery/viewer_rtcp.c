// What a viewer and its player tell each other about the session: SR, SDES and BYE out, RR and BYE in.
#include "base/clock.h"
#include "base/rng.h"
#include "delivery/viewer_internal.h"

#define INTERLEAVED_BYTES 4

static void send_compound(struct viewer *v, struct kin_span compound)
{
    if (v->p.transport == VIEWER_UDP) {
        (void)rtp_port_send_rtcp(v->worker->rtp_port, &v->peer, &v->p.local, compound);
        return;
    }
    uint8_t block[INTERLEAVED_BYTES + KIN_RTP_SENDER_RTCP_MAX] = {'$', v->p.channel_rtcp, 0, (uint8_t)compound.n};
    memcpy(block + INTERLEAVED_BYTES, compound.p, compound.n);
    (void)kin_stream_write(v->p.stream, kin_span_make(block, INTERLEAVED_BYTES + compound.n));
}

void viewer_report(struct viewer *v)
{
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    v->report_due = false;
    if (v->p.transport == VIEWER_LAB)
        return;
    kin_us now = kin_loop_now(&v->worker->loop);
    kin_rtp_sender_report(&v->sender, now, kin_clock_unix_us(), &w);
    send_compound(v, kin_wr_span(&w));
    if (v->playing)
        kin_timer_set(v->rtcp_timer, now + kin_rtp_sender_interval(&v->sender, kin_rng_u32() & 0xffffu));
}

void viewer_bye(struct viewer *v)
{
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    if (v->p.transport == VIEWER_LAB || v->said_bye || viewer_displaced(v))
        return;
    v->said_bye = true;
    kin_rtp_sender_bye(&v->sender, kin_loop_now(&v->worker->loop), kin_clock_unix_us(), "end of stream", &w);
    send_compound(v, kin_wr_span(&w));
}

// The report's own fraction is that of its interval only: 0 when nothing was lost lately.
static double loss_of(const struct viewer_stats *stats, int32_t lost)
{
    if (lost <= 0)
        return 0; // below 0: doubles outweigh it
    return (uint64_t)lost < stats->packets ? (double)lost / (double)stats->packets : 1;
}

void viewer_heard(void *ctx, struct kin_span compound)
{
    struct viewer *v = ctx;
    struct kin_rtp_sender_heard heard;
    kin_rtp_sender_feed(&v->sender, compound, kin_clock_unix_us(), &heard);
    if (!heard.valid)
        return;
    v->stats.last_heard = kin_loop_now(&v->worker->loop);
    if (heard.has_report) {
        v->stats.have_report = true;
        v->stats.loss = loss_of(&v->stats, heard.lost);
        v->stats.lost = heard.lost;
        v->stats.jitter_ms = heard.jitter_ms;
        v->stats.rtt_ms = heard.rtt_ms >= 0 ? heard.rtt_ms : v->stats.rtt_ms;
    }
    if (heard.bye)
        viewer_finish(v, VIEWER_END_BYE);
}
