// Any bytes as a compound RTCP packet: parsed packets lie within it, a receiver survives it, what is written from it
// can be read again, and a sender that is asked for packets sends no more again than it may.
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/rtp/rtp_history.h"
#include "engine/rtp/rtp_receiver.h"
#include "must.h"
#include "proto/rtcp_fb.h"

static void check_written(const struct kin_rtcp_packet *p, const struct kin_rtcp_report *reports)
{
    static uint8_t room[4096];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_packet got;
    unsigned n = p->type == KIN_RTCP_SR || p->type == KIN_RTCP_RR ? p->count : 0;
    kin_rtcp_write_sr(&w, p->ssrc, &p->sr, reports, n);
    kin_rtcp_write_rr(&w, p->ssrc, reports, n);
    kin_rtcp_write_sdes(&w, p->ssrc, p->cname);
    kin_rtcp_write_bye(&w, p->ssrc, p->reason);
    MUST(!w.bad);
    struct kin_span in = kin_wr_span(&w);
    MUST(kin_rtcp_next(&in, &got) == KIN_OK && got.sr.ntp == p->sr.ntp && got.count == n);
    MUST(kin_rtcp_next(&in, &got) == KIN_OK && got.ssrc == p->ssrc);
    for (unsigned i = 0; i < n; i++)
        MUST(kin_rtcp_report_get(&got, i).lost == reports[i].lost);
    MUST(kin_rtcp_next(&in, &got) == KIN_OK && kin_span_eq(got.cname, p->cname));
    MUST(kin_rtcp_next(&in, &got) == KIN_OK && kin_span_eq(got.reason, p->reason));
    MUST(kin_rtcp_next(&in, &got) == KIN_EMORE);
}

// Each pair names packets in ascending order, and can be written again.
static void check_nack(struct kin_rtcp_nack nack)
{
    uint8_t room[KIN_RTCP_NACK_HEAD + KIN_RTCP_NACK_PAIR];
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR], again[KIN_RTCP_NACK_PER_PAIR];
    MUST(nack.pairs.n % KIN_RTCP_NACK_PAIR == 0);
    for (unsigned n; (n = kin_rtcp_nack_next(&nack, seqs)) > 0;) {
        struct kin_wr w = kin_wr_init(room, sizeof room);
        struct kin_rtcp_packet p;
        struct kin_rtcp_nack got;
        MUST(n <= KIN_RTCP_NACK_PER_PAIR);
        for (unsigned i = 1; i < n; i++)
            MUST((uint16_t)(seqs[i] - seqs[0]) > (uint16_t)(seqs[i - 1] - seqs[0]));
        kin_rtcp_write_nack(&w, 9, nack.ssrc, seqs, n);
        struct kin_span in = kin_wr_span(&w);
        MUST(!w.bad && kin_rtcp_next(&in, &p) == KIN_OK && in.n == 0 && kin_rtcp_nack_read(&p, &got));
        MUST(got.ssrc == nack.ssrc && kin_rtcp_nack_next(&got, again) == n && got.pairs.n == 0);
        MUST(memcmp(again, seqs, n * sizeof seqs[0]) == 0);
    }
}

static void check_packet(const struct kin_rtcp_packet *p)
{
    struct kin_rtcp_report reports[32];
    unsigned n = p->type == KIN_RTCP_SR || p->type == KIN_RTCP_RR ? p->count : 0;
    MUST(p->reports.n == 24u * n);
    for (unsigned i = 0; i < n; i++) {
        reports[i] = kin_rtcp_report_get(p, i);
        MUST(reports[i].lost >= -0x800000 && reports[i].lost <= 0x7fffff);
    }
    struct kin_rtcp_nack nack;
    if (kin_rtcp_nack_read(p, &nack))
        check_nack(nack);
    check_written(p, reports);
    kin_us t = kin_rtcp_interval(p->count, p->type, p->sr.octets, p->count & 1, p->sr.packets, p->count & 2, p->ssrc);
    MUST(t > 0 && t <= 2 * 3600 * KIN_US_PER_S);
}

static void check_receiver(struct kin_span in)
{
    struct kin_rtp_receiver_options options = {.ssrc = 1};
    struct kin_rtp_receiver *r = kin_rtp_receiver_new(0, &options);
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    if (r == NULL)
        return;
    kin_rtp_receiver_feed_rtcp(r, 1000, in);
    MUST(kin_rtp_receiver_output(r, kin_rtp_receiver_deadline(r), 7, &w));
    kin_rtp_receiver_free(r);
}

#define SENT_FRAMES 40u
#define SENT_COUNT 10u // packets of a frame
#define SENT_BYTES 1000u
#define STEP_US (5 * KIN_US_PER_MS)

// A sender of frames to whom this is said after each: nothing is sent again that was not sent, nor more than half of
// what was sent.
static void check_history(struct kin_span in, const struct kin_rtcp_nack *nack)
{
    static struct kin_rtp_history h;
    struct kin_rtp_history_source of = {.ssrc = nack->ssrc, .rtt = (kin_us)(nack->ssrc % 100000)};
    uint16_t first = (uint16_t)(nack->pairs.n >= 2 ? nack->pairs.p[0] << 8 : 0);
    uint64_t again_bytes = 0;
    kin_rtp_history_init(&h, 50, 0);
    for (uint32_t i = 0; i < SENT_FRAMES; i++) {
        kin_us now = KIN_US_PER_S + i * STEP_US;
        struct kin_rtp_history_frame f = {.frame = i, .seq = (uint16_t)(first + i * SENT_COUNT), .count = SENT_COUNT};
        struct kin_rtp_again again;
        f.at = now;
        kin_rtp_history_frame(&h, &f);
        kin_rtp_history_sent(&h, now, (uint16_t)(f.seq + SENT_COUNT), (size_t)SENT_BYTES * SENT_COUNT);
        kin_rtp_history_feed(&h, now, &of, in);
        for (unsigned n = 0; kin_rtp_history_next(&h, now, &again); n++) {
            MUST(n < KIN_RTP_HISTORY_SENT && again.frame <= i && again.packet < again.count);
            MUST(again.seq == (uint16_t)(first + again.frame * SENT_COUNT + again.packet));
            kin_rtp_history_done(&h, now, SENT_BYTES);
            again_bytes += SENT_BYTES;
        }
        MUST(kin_rtp_history_deadline(&h) > now);
    }
    MUST(again_bytes <= KIN_RTP_HISTORY_BURST + (uint64_t)SENT_BYTES * (SENT_COUNT * SENT_FRAMES / 2 + 1));
}

static void ask_history(struct kin_span in)
{
    struct kin_span rest = in;
    struct kin_rtcp_packet p;
    struct kin_rtcp_nack nack;
    while (kin_rtcp_next(&rest, &p) == KIN_OK)
        if (kin_rtcp_nack_read(&p, &nack)) {
            check_history(in, &nack);
            return;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kin_span rest = kin_span_make(data, size);
    struct kin_rtcp_packet p;
    size_t before = rest.n;
    int err = KIN_OK;
    while ((err = kin_rtcp_next(&rest, &p)) == KIN_OK) {
        MUST(rest.n < before && before - rest.n >= 4 && (before - rest.n) % 4 == 0);
        before = rest.n;
        check_packet(&p);
    }
    MUST(err == KIN_EMORE ? rest.n == 0 : err == KIN_EBAD && rest.n == before);
    check_receiver(kin_span_make(data, size));
    ask_history(kin_span_make(data, size));
    return 0;
}
