// The sending side of one RTP session.
#include "engine/rtp/rtp_sender.h"

#include <stdio.h>

#include "base/err.h"
#include "base/rd.h"
#include "proto/rtcp.h"

#define IP_UDP_BYTES 28
#define AVG_SIZE_FIRST 100 // an estimate, as the RFC requires (section 6.3.2)
#define SPEED_NORMAL 1000
#define RTT_MAX_MS 60000.0 // longer ones are not believed

void kin_rtp_sender_init(struct kin_rtp_sender *s, const struct kin_rtp_sender_params *params)
{
    uint32_t ts = params->ts != 0 ? params->ts : 1;
    *s = (struct kin_rtp_sender){.ssrc = params->ssrc,
                                 .payload_type = params->payload_type != 0 ? params->payload_type : KIN_RTP_PT_JPEG,
                                 .seq = params->seq,
                                 .next_ts = ts,
                                 .run_ts = ts,
                                 .run_speed = SPEED_NORMAL,
                                 .frame_ts = ts,
                                 .session_bytes_per_s = params->session_bytes_per_s,
                                 .rtcp_avg_size = AVG_SIZE_FIRST,
                                 .rtcp_initial = true,
                                 .feedback = params->feedback};
    snprintf(s->cname, sizeof s->cname, "kinora-%016llx", (unsigned long long)params->random);
}

void kin_rtp_sender_init_lab(struct kin_rtp_sender *s, enum kin_lab_numbering numbering)
{
    *s = (struct kin_rtp_sender){.payload_type = KIN_RTP_PT_JPEG,
                                 .seq = numbering == KIN_LAB_BY_FRAME ? 0 : 1,
                                 .lab = true,
                                 .lab_numbering = numbering,
                                 .run_speed = SPEED_NORMAL};
}

void kin_rtp_sender_run(struct kin_rtp_sender *s, kin_us start, int32_t speed_milli)
{
    s->run_start = start;
    s->run_ts = s->next_ts;
    s->run_speed = speed_milli;
    s->frame_ts = s->next_ts;
}

void kin_rtp_sender_pace(struct kin_rtp_sender *s, kin_us start, int32_t speed_milli)
{
    s->run_start = start;
    s->run_speed = speed_milli;
}

void kin_rtp_sender_reach(struct kin_rtp_sender *s, uint64_t ts)
{
    s->next_ts = s->run_ts + (uint32_t)ts;
}

static void begin_lab_frame(struct kin_rtp_sender *s, const struct kin_rtp_sender_lab *lab)
{
    if (s->lab_numbering == KIN_LAB_BY_FRAME) {
        s->seq++;
        s->frame_ts = (uint32_t)(lab->unix_us / KIN_US_PER_S);
    } else {
        s->frame_ts = lab->frame;
    }
}

void kin_rtp_sender_frame(struct kin_rtp_sender *s, uint64_t ts, uint64_t duration_ts,
                          const struct kin_rtp_sender_lab *lab)
{
    s->frame_ts = s->run_ts + (uint32_t)ts;
    s->next_ts = s->frame_ts + (uint32_t)duration_ts;
    if (s->lab)
        begin_lab_frame(s, lab);
}

// Does each packet have a sequence number of its own?
static bool numbers_packets(const struct kin_rtp_sender *s)
{
    return !s->lab || s->lab_numbering == KIN_LAB_BY_PACKET;
}

uint32_t kin_rtp_sender_ts_at(const struct kin_rtp_sender *s, kin_us now)
{
    int64_t us = kin_muldiv(now - s->run_start, s->run_speed, SPEED_NORMAL);
    return s->run_ts + (uint32_t)kin_ts_from_us(us);
}

uint32_t kin_rtp_sender_next_ts(const struct kin_rtp_sender *s)
{
    return s->next_ts;
}

void kin_rtp_sender_packet(struct kin_rtp_sender *s, bool marker, size_t payload, uint8_t ret[KIN_RTP_HEADER_BYTES])
{
    struct kin_rtp_header h = {
        .marker = marker, .payload_type = s->payload_type, .seq = s->seq, .ts = s->frame_ts, .ssrc = s->ssrc};
    kin_rtp_write(ret, &h);
    if (numbers_packets(s))
        s->seq++;
    s->packets++;
    s->octets += (uint32_t)payload;
}

void kin_rtp_sender_undo(struct kin_rtp_sender *s, unsigned n, size_t payload)
{
    if (numbers_packets(s))
        s->seq = (uint16_t)(s->seq - n);
    s->packets -= n;
    s->octets -= (uint32_t)payload;
}

// --- retransmission

size_t kin_rtp_sender_again(const struct kin_rtp_sender *s, struct kin_rtp_sender_rtx *rtx,
                            const struct kin_rtp_header *original, struct kin_span extension, uint8_t *dst)
{
    struct kin_rtp_header h = *original;
    struct kin_wr w = kin_wr_init(dst, KIN_RTP_HEADER_BYTES + extension.n + KIN_RTP_RTX_HEADER_BYTES);
    h.ssrc = s->ssrc;
    h.payload_type = s->payload_type;
    if (rtx->payload_type != 0) {
        h.ssrc = rtx->ssrc;
        h.payload_type = rtx->payload_type;
        h.seq = rtx->seq++;
    }
    kin_rtp_write(dst, &h);
    if (extension.n > 0)
        kin_rtp_write_extended(dst);
    w.len = KIN_RTP_HEADER_BYTES;
    kin_wr_put(&w, extension);
    if (rtx->payload_type != 0)
        kin_wr_be16(&w, original->seq);
    return w.len;
}

// --- RTCP out

static void average_in(struct kin_rtp_sender *s, size_t bytes)
{
    s->rtcp_avg_size = (unsigned)((bytes + IP_UDP_BYTES + 15u * s->rtcp_avg_size) / 16);
}

static void write_sr_sdes(struct kin_rtp_sender *s, kin_us now, int64_t unix_us, struct kin_wr *w)
{
    struct kin_rtcp_sr sr = {.ntp = kin_ntp_from_unix_us(unix_us),
                             .rtp_ts = kin_rtp_sender_ts_at(s, now),
                             .packets = s->packets,
                             .octets = s->octets};
    kin_rtcp_write_sr(w, s->ssrc, &sr, NULL, 0);
    kin_rtcp_write_sdes(w, s->ssrc, kin_span_str(s->cname));
}

void kin_rtp_sender_report(struct kin_rtp_sender *s, kin_us now, int64_t unix_us, struct kin_wr *w)
{
    write_sr_sdes(s, now, unix_us, w);
    average_in(s, w->len);
}

void kin_rtp_sender_bye(struct kin_rtp_sender *s, kin_us now, int64_t unix_us, const char *reason, struct kin_wr *w)
{
    write_sr_sdes(s, now, unix_us, w);
    kin_rtcp_write_bye(w, s->ssrc, kin_span_str(reason));
}

kin_us kin_rtp_sender_interval(struct kin_rtp_sender *s, bool urgent, uint32_t random_65536)
{
    if (s->feedback)
        return kin_rtcp_feedback_interval(2, 1, s->session_bytes_per_s, true, s->rtcp_avg_size, urgent, random_65536);
    kin_us us = kin_rtcp_interval(2, 1, s->session_bytes_per_s, true, s->rtcp_avg_size, s->rtcp_initial, random_65536);
    s->rtcp_initial = false;
    return us;
}

// --- RTCP in

// LSR and DLSR are in 1/65536 s of wall-clock time (section 6.4.1).
static double rtt_of(const struct kin_rtcp_report *r, int64_t unix_us)
{
    if (r->lsr == 0)
        return -1;
    uint32_t now = (uint32_t)(kin_ntp_from_unix_us(unix_us) >> 16);
    int32_t rtt = (int32_t)(now - r->lsr - r->dlsr);
    double ms = rtt * 1000.0 / 65536.0;
    return ms >= 0 && ms <= RTT_MAX_MS ? ms : -1;
}

static void read_report(const struct kin_rtcp_report *r, int64_t unix_us, struct kin_rtp_sender_feedback *ret)
{
    ret->has_report = true;
    ret->loss_fraction = r->fraction_lost / 256.0;
    ret->lost = r->lost;
    ret->highest_seq = r->highest_seq;
    ret->lsr = r->lsr;
    ret->jitter_ms = r->jitter * 1000.0 / KIN_RTP_CLOCK_HZ;
    ret->rtt_ms = rtt_of(r, unix_us);
}

static bool is_report(const struct kin_rtcp_packet *p)
{
    return p->type == KIN_RTCP_SR || p->type == KIN_RTCP_RR;
}

static bool is_known(const struct kin_rtp_sender *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < KIN_RTP_SENDER_RECEIVERS && i < s->receivers_seen; i++)
        if (s->receivers[i] == ssrc)
            return true;
    return false;
}

static void learn(struct kin_rtp_sender *s, uint32_t ssrc)
{
    if (!is_known(s, ssrc))
        s->receivers[s->receivers_seen++ % KIN_RTP_SENDER_RECEIVERS] = ssrc;
}

// Is one of the SSRCs that a BYE names known?
static bool is_bye_of_known(const struct kin_rtp_sender *s, const struct kin_rtcp_packet *p)
{
    struct kin_rd r = kin_rd_init(p->body);
    for (unsigned i = 0; p->type == KIN_RTCP_BYE && i < p->count; i++)
        if (is_known(s, kin_rd_be32(&r)))
            return true;
    return false;
}

void kin_rtp_sender_feed(struct kin_rtp_sender *s, struct kin_span compound, int64_t unix_us,
                         struct kin_rtp_sender_feedback *ret)
{
    struct kin_rtcp_packet p;
    struct kin_rtcp_packet first = {.type = 0};
    size_t bytes = compound.n;
    bool bye = false, has_bye = false;
    int err;
    *ret = (struct kin_rtp_sender_feedback){.rtt_ms = -1};
    while ((err = kin_rtcp_next(&compound, &p)) == KIN_OK) {
        if (!ret->valid)
            first = p;
        ret->valid = true;
        bye = bye || is_bye_of_known(s, &p);
        has_bye = has_bye || p.type == KIN_RTCP_BYE;
        for (unsigned i = 0; is_report(&p) && i < p.count; i++) {
            struct kin_rtcp_report r = kin_rtcp_report_get(&p, i);
            if (r.ssrc == s->ssrc)
                read_report(&r, unix_us, ret);
        }
    }
    bool is_compound = err == KIN_EMORE && is_report(&first);
    ret->bye = bye && is_compound;
    if (is_compound && !has_bye) // a BYE does not make its own sender known
        learn(s, first.ssrc);
    if (ret->valid)
        average_in(s, bytes);
}
