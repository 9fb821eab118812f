// The RTCP side of a receiver: sender reports in, receiver reports out (RFC 3550 section 6.4, appendix A.3).
#include "base/err.h"
#include "engine/rtp/rtp_receiver_internal.h"

#define UDP_IP_BYTES 28 // counted into the average packet size (section 6.2)
#define FIRST_SIZE 100
#define MEMBERS 2 // the sender and we
#define SENDERS 1

static uint64_t session_bytes_per_s(const struct kin_rtp_receiver *r, kin_us now)
{
    if (r->options.session_bytes_per_s > 0)
        return r->options.session_bytes_per_s;
    kin_us elapsed = kin_us_max(now - r->reports.started, KIN_US_PER_S);
    return r->total_bytes / (uint64_t)(elapsed / KIN_US_PER_MS) * 1000;
}

static kin_us interval(const struct kin_rtp_receiver *r, kin_us now, bool initial, uint32_t random)
{
    if (r->options.repair != KIN_RTP_REPAIR_NONE) // feedback is agreed
        return kin_rtcp_feedback_interval(MEMBERS, SENDERS, session_bytes_per_s(r, now), false, r->reports.avg_size,
                                          false, random);
    return kin_rtcp_interval(MEMBERS, SENDERS, session_bytes_per_s(r, now), false, r->reports.avg_size, initial,
                             random);
}

static void count_size(struct rtp_reports *reports, size_t bytes)
{
    reports->avg_size = (unsigned)((15u * reports->avg_size + bytes + UDP_IP_BYTES) / 16);
}

void rtp_reports_hurry(struct kin_rtp_receiver *r, kin_us now)
{
    kin_us soon = kin_rtcp_feedback_interval(MEMBERS, SENDERS, session_bytes_per_s(r, now), false, r->reports.avg_size,
                                             true, KIN_RTCP_DETERMINISTIC);
    r->reports.next = kin_us_min(r->reports.next, now + soon);
}

void rtp_reports_init(struct kin_rtp_receiver *r, kin_us now)
{
    r->reports = (struct rtp_reports){.started = now, .avg_size = FIRST_SIZE};
    r->reports.next = now + interval(r, now, true, KIN_RTCP_DETERMINISTIC);
}

static bool is_ours(const struct kin_rtp_receiver *r, uint32_t ssrc)
{
    return !r->source.valid || ssrc == r->source.ssrc || (r->reports.has_sr && ssrc == r->reports.sr_ssrc);
}

static void on_rtcp_packet(struct kin_rtp_receiver *r, kin_us at, const struct kin_rtcp_packet *p)
{
    struct rtp_reports *reports = &r->reports;
    if (!r->source.valid && (p->type == KIN_RTCP_SR || (p->type == KIN_RTCP_SDES && p->count > 0))) {
        reports->has_named = true;
        reports->named = p->ssrc;
    }
    if (p->type == KIN_RTCP_SR && (!r->source.valid || p->ssrc == r->source.ssrc || !reports->has_sr)) {
        reports->has_sr = true;
        reports->sr_ssrc = p->ssrc;
        reports->sr = p->sr;
        reports->sr_at = at;
        if (r->source.valid && p->ssrc == r->source.ssrc && !r->options.shared_seq) {
            rtp_check_count(r, at, &p->sr);
            uint64_t most = rtp_most_behind(&r->source, at, p->sr.rtp_ts);
            kin_rtp_tail_report(&r->source.tail, p->sr.packets, rtp_accounted(r), most);
        }
    } else if (p->type == KIN_RTCP_BYE && (p->count == 0 || is_ours(r, p->ssrc))) {
        reports->bye = true;
        rtp_repair_tail(r, at, true);
    }
}

int kin_rtp_receiver_feed_rtcp(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes)
{
    struct kin_rtcp_packet p;
    struct kin_span rest = bytes;
    int err = kin_rtcp_next(&rest, &p);
    for (; err == KIN_OK; err = kin_rtcp_next(&rest, &p))
        on_rtcp_packet(r, at, &p);
    if (err == KIN_EMORE)
        count_size(&r->reports, bytes.n);
    return err == KIN_EMORE && bytes.n > 0 ? KIN_OK : KIN_EBAD;
}

// Share of packets lost since the last report, in 1/256; 0 when duplicates outweigh losses.
static uint8_t fraction_lost(struct rtp_source *s, uint64_t expected)
{
    uint64_t expected_now = expected - s->expected_before;
    uint64_t came_now = s->came - s->came_before;
    s->expected_before = expected;
    s->came_before = s->came;
    if (expected_now == 0 || came_now >= expected_now)
        return 0;
    uint64_t fraction = ((expected_now - came_now) << 8) / expected_now;
    return (uint8_t)(fraction > 255 ? 255 : fraction);
}

static int32_t cumulative_lost(const struct rtp_source *s, uint64_t expected)
{
    int64_t lost = (int64_t)expected - (int64_t)s->came;
    return (int32_t)(lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost);
}

static void add_sender_times(const struct rtp_reports *reports, kin_us now, struct kin_rtcp_report *b)
{
    if (!reports->has_sr || reports->sr_ssrc != b->ssrc)
        return;
    kin_us since = kin_us_max(now - reports->sr_at, 0);
    b->lsr = (uint32_t)(reports->sr.ntp >> 16);
    b->dlsr = (uint32_t)((uint64_t)since / (uint64_t)KIN_US_PER_S << 16 |
                         ((uint64_t)since % (uint64_t)KIN_US_PER_S << 16) / (uint64_t)KIN_US_PER_S);
}

static struct kin_rtcp_report make_report(struct kin_rtp_receiver *r, kin_us now)
{
    struct rtp_source *s = &r->source;
    uint64_t expected = s->max_seq - s->base_seq + 1 - s->missed;
    struct kin_rtcp_report b = {.ssrc = s->ssrc};
    b.fraction_lost = fraction_lost(s, expected);
    b.lost = cumulative_lost(s, expected);
    b.highest_seq = (uint32_t)(s->max_seq - SEQ_EPOCH);
    b.jitter = s->jitter.scaled >> 4;
    add_sender_times(&r->reports, now, &b);
    return b;
}

// RR + SDES. The block is left out when nothing came since the last report (section 6.4.2).
void kin_rtp_receiver_write_report(struct kin_rtp_receiver *r, kin_us now, struct kin_wr *w)
{
    struct kin_rtcp_report block;
    unsigned blocks = r->source.valid && r->source.came > r->source.came_before ? 1 : 0;
    if (blocks > 0)
        block = make_report(r, now);
    kin_rtcp_write_rr(w, r->options.ssrc, &block, blocks);
    kin_rtcp_write_sdes(w, r->options.ssrc, kin_span_str(r->cname));
}

void kin_rtp_receiver_write_bye(struct kin_rtp_receiver *r, kin_us now, struct kin_wr *w)
{
    kin_rtp_receiver_write_report(r, now, w);
    kin_rtcp_write_bye(w, r->options.ssrc, kin_span_make(NULL, 0));
}

bool kin_rtp_receiver_output(struct kin_rtp_receiver *r, kin_us now, uint32_t random, struct kin_wr *w)
{
    if (w->size - w->len < KIN_RTP_REPORT_MAX)
        return false;
    size_t before = w->len;
    bool reports = now >= r->reports.next;
    if (reports)
        kin_rtp_receiver_write_report(r, now, w);
    else if (!rtp_repair_output(r, now, w))
        return false;
    count_size(&r->reports, w->len - before);
    if (reports)
        r->reports.next = now + interval(r, now, false, random & 0xffff);
    return true;
}
