// RTCP: SR, RR, SDES CNAME, BYE and compound packets (RFC 3550 section 6); feedback is skipped.
#ifndef KIN_PROTO_RTCP_H
#define KIN_PROTO_RTCP_H

#include "base/span.h"
#include "base/time.h"
#include "base/wr.h"

enum kin_rtcp_type {
    KIN_RTCP_SR = 200,
    KIN_RTCP_RR = 201,
    KIN_RTCP_SDES = 202,
    KIN_RTCP_BYE = 203,
    KIN_RTCP_APP = 204,
    KIN_RTCP_RTPFB = 205,
    KIN_RTCP_PSFB = 206
};

struct kin_rtcp_sr {
    uint64_t ntp;
    uint32_t rtp_ts, packets, octets;
};

struct kin_rtcp_report { // one report block, 24 bytes (section 6.4.1)
    uint32_t ssrc;
    uint8_t fraction_lost; // 1/256
    int32_t lost;          // cumulative, 24 bits signed
    uint32_t highest_seq;  // extended
    uint32_t jitter;       // timestamp units
    uint32_t lsr, dlsr;    // middle 32 bits of the SR's NTP; 1/65536 s
};

struct kin_rtcp_packet {
    uint8_t type;
    uint8_t count;           // RC, SC or FMT
    uint32_t ssrc;           // of the sender (first SSRC); 0 when there is none (BYE/SDES with count 0)
    struct kin_rtcp_sr sr;   // SR only
    struct kin_span reports; // SR, RR: `count` blocks of 24 bytes
    struct kin_span cname;   // SDES: the CNAME of the first chunk that has one
    struct kin_span reason;  // BYE
    struct kin_span body;    // bytes after the first 4
};

// Takes the next packet off a compound packet. KIN_OK; KIN_EMORE at the end; KIN_EBAD (version, length past the end,
// blocks past the packet). Accepts reduced-size packets: a compound need not start with SR/RR.
int kin_rtcp_next(struct kin_span *compound, struct kin_rtcp_packet *ret);
// Block i < count of an SR or RR.
struct kin_rtcp_report kin_rtcp_report_get(const struct kin_rtcp_packet *packet, unsigned i);

void kin_rtcp_write_sr(struct kin_wr *w, uint32_t ssrc, const struct kin_rtcp_sr *sr,
                       const struct kin_rtcp_report *reports, unsigned n);
void kin_rtcp_write_rr(struct kin_wr *w, uint32_t ssrc, const struct kin_rtcp_report *reports, unsigned n);
void kin_rtcp_write_sdes(struct kin_wr *w, uint32_t ssrc, struct kin_span cname); // one CNAME
void kin_rtcp_write_bye(struct kin_wr *w, uint32_t ssrc, struct kin_span reason);

// Time to the next report (RFC 3550 sections 6.2 and 6.3.1), randomized by random_65536: uniform, 0..65536 for 0..1.
// KIN_RTCP_DETERMINISTIC gives the interval without randomization, five of which are the timeout of a member (section
// 6.3.5). avg_size is the average size of an RTCP packet in bytes, UDP and IP headers included.
#define KIN_RTCP_DETERMINISTIC UINT32_MAX
kin_us kin_rtcp_interval(unsigned members, unsigned senders, uint64_t session_bytes_per_s, bool we_sent,
                         unsigned avg_size, bool initial, uint32_t random_65536);
// The same where feedback is agreed (RTP/AVPF, RFC 4585 section 3.4): reports may follow each other as fast as the
// bandwidth allows. Here that is every KIN_RTCP_FEEDBACK_US on average, or KIN_RTCP_URGENT_US while something is wrong.
#define KIN_RTCP_FEEDBACK_US (500 * KIN_US_PER_MS)
#define KIN_RTCP_URGENT_US (100 * KIN_US_PER_MS)
kin_us kin_rtcp_feedback_interval(unsigned members, unsigned senders, uint64_t session_bytes_per_s, bool we_sent,
                                  unsigned avg_size, bool urgent, uint32_t random_65536);

#endif
