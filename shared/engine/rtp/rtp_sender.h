// The sending side of one RTP session: sequence numbers, timestamps, sender reports and what receivers report back
// (RFC 3550 sections 5.1, 6.4, 6.5, 6.6). Pure: time and random numbers are arguments.
//
// A run is a stretch of uninterrupted playing:
//
//     kin_rtp_sender_run(s, start, speed);         RTP time 0 of the run is due at `start`
//     kin_rtp_sender_frame(s, ts, duration, lab);  for each frame, and kin_rtp_sender_packet() for each of its packets
//     kin_rtp_sender_reach(s, ts);                 the run extends to `ts`, though frames before that were not sent
//
// RTP time goes on from one run to the next without a gap (RFC 2326 appendix B), whether a seek, a pause or the start
// of a loop lies between them; so do sequence numbers.
#ifndef KIN_ENGINE_RTP_SENDER_H
#define KIN_ENGINE_RTP_SENDER_H

#include "base/span.h"
#include "base/time.h"
#include "base/wr.h"
#include "proto/lab.h"
#include "proto/rtp.h"
#include "proto/rtp_rtx.h"

#define KIN_RTP_SENDER_RTCP_MAX 128 // always enough for a report or a BYE
#define KIN_RTP_SENDER_CNAME_MAX 32
#define KIN_RTP_SENDER_RECEIVERS 4 // SSRCs of one peer that are remembered

struct kin_rtp_sender {
    uint32_t ssrc;
    uint8_t payload_type;
    uint16_t seq;     // of the next packet; lab, numbered by frame: of the current frame
    uint32_t next_ts; // RTP time after the last frame sent: the next run starts there
    bool lab;         // the lab's payload, numbered as lab_numbering says
    enum kin_lab_numbering lab_numbering;

    kin_us run_start; // when RTP time run_ts is due
    uint32_t run_ts;
    int32_t run_speed; // thousandths: how much faster than real time RTP time is delivered
    uint32_t frame_ts; // of the current frame

    uint32_t packets, octets; // of RTP payload, modulo 2^32 as SR wants them

    char cname[KIN_RTP_SENDER_CNAME_MAX];
    uint64_t session_bytes_per_s;
    unsigned rtcp_avg_size; // moving average, IP and UDP headers included
    bool rtcp_initial;
    bool feedback; // is agreed (RTP/AVPF): reports follow each other faster

    uint32_t receivers[KIN_RTP_SENDER_RECEIVERS]; // SSRCs of reports, a ring: the newest overwrites the oldest
    unsigned receivers_seen;                      // number ever entered
};

struct kin_rtp_sender_params {
    uint32_t ssrc;
    uint16_t seq;    // first sequence number
    uint32_t ts;     // first RTP timestamp; 0 becomes 1, since ffmpeg takes rtptime=0 in RTP-Info for "unknown"
    uint64_t random; // makes the CNAME
    uint64_t session_bytes_per_s;
    uint8_t payload_type; // 0 = KIN_RTP_PT_JPEG
    bool feedback;        // is agreed (RTP/AVPF)
};
void kin_rtp_sender_init(struct kin_rtp_sender *s, const struct kin_rtp_sender_params *params);

// The lab's packets: SSRC 0, and numbered in one of two ways. Numbers begin at 1 and go on over pauses, seeks and
// passes, modulo 65536, because clients drop packets numbered below the last picture.
//   by frame: all packets of a frame bear its number; the timestamp is the wall clock in seconds
//   by packet: each packet has its own; the timestamp is the frame's number in the reel
void kin_rtp_sender_init_lab(struct kin_rtp_sender *s, enum kin_lab_numbering numbering);

// A run starts, its time 0 due at `start`; speed_milli (> 0) is its Speed (RFC 2326 section 12.35), 1000 the normal
// one.
void kin_rtp_sender_run(struct kin_rtp_sender *s, kin_us start, int32_t speed_milli);
// From now on the run is delivered at another Speed, as if its time 0 had been due at `start` at that Speed. RTP time
// goes on.
void kin_rtp_sender_pace(struct kin_rtp_sender *s, kin_us start, int32_t speed_milli);
// The frame at `ts` of the run starts. *lab is what timestamps of the lab are made from; NULL for others.
struct kin_rtp_sender_lab {
    int64_t unix_us; // wall-clock time
    uint32_t frame;  // number of the frame in the reel, from 1
};
void kin_rtp_sender_frame(struct kin_rtp_sender *s, uint64_t ts, uint64_t duration_ts,
                          const struct kin_rtp_sender_lab *lab);
// The run extends to `ts`, whether or not the frames before it were sent: the next run's RTP time starts there.
void kin_rtp_sender_reach(struct kin_rtp_sender *s, uint64_t ts);
// RTP time that corresponds to `now`, extrapolated from the start of the run.
uint32_t kin_rtp_sender_ts_at(const struct kin_rtp_sender *s, kin_us now);
// RTP time of the frame that a run from here would begin with.
uint32_t kin_rtp_sender_next_ts(const struct kin_rtp_sender *s);

// Writes the next packet's header and counts it. `payload` bytes follow the header.
void kin_rtp_sender_packet(struct kin_rtp_sender *s, bool marker, size_t payload, uint8_t ret[KIN_RTP_HEADER_BYTES]);
// Takes back the last n packets, with `payload` bytes in all: the kernel did not accept them, and they will be written
// again.
void kin_rtp_sender_undo(struct kin_rtp_sender *s, unsigned n, size_t payload);

// --- retransmission

struct kin_rtp_sender_rtx { // the stream of retransmissions (RFC 4588)
    uint8_t payload_type;   // 0: there is none, packets are sent again as they were
    uint32_t ssrc;
    uint16_t seq; // of its next packet
};
// Writes the header of a packet that is sent again, seq and ts being its own, followed by its original number where
// that belongs (behind the header extension of `extension` bytes, which is written too). It is not counted in reports.
// Returns the bytes written; dst has room for both headers and the extension.
size_t kin_rtp_sender_again(const struct kin_rtp_sender *s, struct kin_rtp_sender_rtx *rtx,
                            const struct kin_rtp_header *original, struct kin_span extension, uint8_t *dst);

// --- RTCP out
// Compound SR + SDES, and SR + SDES + BYE; the writer needs KIN_RTP_SENDER_RTCP_MAX bytes.
void kin_rtp_sender_report(struct kin_rtp_sender *s, kin_us now, int64_t unix_us, struct kin_wr *w);
void kin_rtp_sender_bye(struct kin_rtp_sender *s, kin_us now, int64_t unix_us, const char *reason, struct kin_wr *w);
// How long from one report to the next (section 6.2); random_65536 is uniform in 0..65535.
// urgent: something is wrong, and feedback is agreed.
kin_us kin_rtp_sender_interval(struct kin_rtp_sender *s, bool urgent, uint32_t random_65536);

// --- RTCP in
struct kin_rtp_sender_feedback {
    bool valid;           // it was RTCP at all
    bool bye;             // a credible BYE
    bool has_report;      // a report block about us: the fields below are set
    double loss_fraction; // 0..1, since the last report
    int32_t lost;         // cumulative
    uint32_t highest_seq; // extended
    uint32_t lsr;         // names the sender report that rtt_ms is measured by
    double jitter_ms;
    double rtt_ms; // < 0: not known
};
// One datagram or interleaved block of RTCP. A BYE is credible only in a well-formed compound packet that begins with
// SR or RR (RFC 3550 section 6.1 and appendix A.2), and only for an SSRC that sent such a packet without a BYE before:
// whoever can forge the peer's address does not know that SSRC. A receiver may use any SSRC (ffmpeg uses ours plus
// one), so each one is remembered.
void kin_rtp_sender_feed(struct kin_rtp_sender *s, struct kin_span compound, int64_t unix_us,
                         struct kin_rtp_sender_feedback *ret);

#endif
