// The sending side of one RTP session: sequence numbers, timestamps, sender reports and what receivers report back
// (RFC 3550 sections 5.1, 6.4, 6.5, 6.6). Pure: time and random numbers are arguments.
//
// A run is a stretch of uninterrupted playing. RTP time goes on from one run to the next without gap (RFC 2326 appendix
// B), whether a seek, a pause or the start of a loop lies between them; sequence numbers go on always.
#ifndef KIN_ENGINE_RTP_SENDER_H
#define KIN_ENGINE_RTP_SENDER_H

#include "base/span.h"
#include "base/time.h"
#include "base/wr.h"
#include "proto/lab.h"
#include "proto/rtp.h"

#define KIN_RTP_SENDER_RTCP_MAX 128 // always enough for a report or a BYE
#define KIN_RTP_SENDER_CNAME_MAX 32
#define KIN_RTP_SENDER_RECEIVERS 4 // SSRCs of one peer that are remembered

struct kin_rtp_sender {
    uint32_t ssrc;
    uint8_t payload_type;
    uint16_t seq;     // of the next packet; lab, numbered by frame: of the frame on its way
    uint32_t next_ts; // RTP time after the last frame sent: the next run starts there
    bool lab;         // the lab's form, whose packets are numbered as lab_numbering says
    enum kin_lab_numbering lab_numbering;

    kin_us run_start; // wall position of the run: RTP time run_ts is due then
    uint32_t run_ts;
    int32_t run_speed; // thousandths: how much faster than real time RTP time is delivered
    uint32_t frame_ts; // of the frame on its way

    uint32_t packets, octets; // of RTP payload, modulo 2^32 as SR wants them

    char cname[KIN_RTP_SENDER_CNAME_MAX];
    uint64_t session_bytes_per_s;
    unsigned rtcp_avg_size; // moving average, IP and UDP headers included
    bool rtcp_initial;

    uint32_t receivers[KIN_RTP_SENDER_RECEIVERS]; // SSRCs that reports came from, the newest overwrites the oldest
    unsigned receivers_seen;                      // how many were ever entered
};

struct kin_rtp_sender_params {
    uint32_t ssrc;
    uint16_t seq;    // first sequence number
    uint32_t ts;     // first RTP timestamp; 0 becomes 1, since ffmpeg takes rtptime=0 in RTP-Info for "unknown"
    uint64_t random; // makes the CNAME
    uint64_t session_bytes_per_s;
    uint8_t payload_type; // 0 = KIN_RTP_PT_JPEG
};
void kin_rtp_sender_init(struct kin_rtp_sender *s, const struct kin_rtp_sender_params *params);

// The lab's form: SSRC 0, and one of two ways to number. Numbers begin at 1 and count on over pauses, seeks and passes,
// modulo 65536, because clients drop what is numbered below the last picture.
//   by frame: all packets of a frame bear its number; the timestamp is the wall clock in seconds
//   by packet: each packet has its own; the timestamp is the frame's number in the reel
void kin_rtp_sender_init_lab(struct kin_rtp_sender *s, enum kin_lab_numbering numbering);

// A run starts, its time 0 due at `start`; speed_milli (> 0) is its Speed (RFC 2326 section 12.35), 1000 the normal
// one.
void kin_rtp_sender_run(struct kin_rtp_sender *s, kin_us start, int32_t speed_milli);
// The frame at `ts` of the run starts. What the lab's form makes timestamps of stands in *lab; NULL in other forms.
struct kin_rtp_sender_lab {
    int64_t unix_us; // wall-clock time
    uint32_t frame;  // number of the frame in the reel, from 1
};
void kin_rtp_sender_frame(struct kin_rtp_sender *s, uint64_t ts, uint64_t duration_ts,
                          const struct kin_rtp_sender_lab *lab);
// The run has come to `ts`, whether or not the frames before it were sent: the next run's RTP time starts there.
void kin_rtp_sender_reach(struct kin_rtp_sender *s, uint64_t ts);
// RTP time of the frame that a run from here would begin with.
uint32_t kin_rtp_sender_next_ts(const struct kin_rtp_sender *s);

// Writes the next packet's header and counts it. `payload` bytes follow the header.
void kin_rtp_sender_packet(struct kin_rtp_sender *s, bool marker, size_t payload, uint8_t ret[KIN_RTP_HEADER_BYTES]);
// Takes the last n packets back, in reverse order: the kernel did not accept them and they will be made again.
void kin_rtp_sender_undo(struct kin_rtp_sender *s, unsigned n, size_t payload);

// --- RTCP out
// Compound SR + SDES, and SR + SDES + BYE; the writer needs KIN_RTP_SENDER_RTCP_MAX bytes.
void kin_rtp_sender_report(struct kin_rtp_sender *s, kin_us now, int64_t unix_us, struct kin_wr *w);
void kin_rtp_sender_bye(struct kin_rtp_sender *s, kin_us now, int64_t unix_us, const char *reason, struct kin_wr *w);
// How long from one report to the next (section 6.2); random_65536 is uniform in 0..65535.
kin_us kin_rtp_sender_interval(struct kin_rtp_sender *s, uint32_t random_65536);

// --- RTCP in
struct kin_rtp_sender_feedback {
    bool valid;           // it was RTCP at all
    bool bye;             // a BYE that can be believed
    bool has_report;      // a block about us; the fields below
    double loss_fraction; // 0..1, since the last report
    int32_t lost;         // cumulative
    double jitter_ms;
    double rtt_ms; // < 0: not known
};
// One datagram or interleaved block of RTCP. A BYE is believed only in a compound packet that is whole and begins with
// SR or RR (RFC 3550 section 6.1 and appendix A.2), and only from an SSRC that such a packet without BYE came from
// before: whoever can forge the peer's address does not know that one. Which SSRC a receiver uses is its own affair
// (ffmpeg takes ours plus one), so any is learnt.
void kin_rtp_sender_feed(struct kin_rtp_sender *s, struct kin_span compound, int64_t unix_us,
                         struct kin_rtp_sender_feedback *ret);

#endif
