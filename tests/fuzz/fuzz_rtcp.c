// Any bytes as a compound RTCP packet: parsed packets lie within it, a receiver survives it, and what is written from
// it can be read again.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp_receiver.h"
#include "must.h"
#include "proto/rtcp.h"

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

static void check_packet(const struct kin_rtcp_packet *p)
{
    struct kin_rtcp_report reports[32];
    unsigned n = p->type == KIN_RTCP_SR || p->type == KIN_RTCP_RR ? p->count : 0;
    MUST(p->reports.n == 24u * n);
    for (unsigned i = 0; i < n; i++) {
        reports[i] = kin_rtcp_report_get(p, i);
        MUST(reports[i].lost >= -0x800000 && reports[i].lost <= 0x7fffff);
    }
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
    return 0;
}
