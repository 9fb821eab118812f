// One RTP source as a receiver sees it (RFC 3550): validity, order, loss, jitter and receiver reports. Pure.
//
// The shell feeds datagrams (or '$' blocks) and then takes what is due in sequence order:
//
//     kin_rtp_receiver_feed(r, at, bytes);
//     while (kin_rtp_receiver_event(r, now, &arrival))
//         kin_jpeg_assembler_feed(assembler, &arrival);
//     arm a timer for kin_rtp_receiver_deadline(r); when it fires: the event loop above, and kin_rtp_receiver_output().
//
// A packet that is in order is handed on in place, without a copy. One that comes early is copied and waits for those
// before it, for `reorder_wait` at most.
//
// A source becomes valid by two packets in sequence, or by a single one:
//   at once, when it has the number that RTP-Info names or, over an ordered transport, the announced SSRC;
//   after `reorder_wait`, when SETUP or RTCP names its SSRC (an earlier packet may have been overtaken);
//   after KIN_RTP_PROBATION_US, or at kin_rtp_receiver_flush(), when no other source plays.
// So a frame of one packet is not held back until the next one comes, which may be a minute later.
#ifndef KIN_ENGINE_RTP_RECEIVER_H
#define KIN_ENGINE_RTP_RECEIVER_H

#include "base/time.h"
#include "base/wr.h"
#include "engine/rtp/nack.h"
#include "proto/rtp.h"
#include "proto/rtp_rtx.h"

#define KIN_RTP_MIN_SEQUENTIAL 2 // packets in sequence that make a source valid (RFC 3550 appendix A.1)
#define KIN_RTP_PROBATION_US (500 * KIN_US_PER_MS) // of a single packet whose SSRC nothing names
#define KIN_RTP_MAX_DROPOUT 3000
#define KIN_RTP_MAX_MISORDER 100

#define KIN_RTP_REORDER_WAIT_US (50 * KIN_US_PER_MS)
#define KIN_RTP_REORDERED_US (10 * KIN_US_PER_MS) // a packet overtaken by less is reordered, by more recovered
#define KIN_RTP_REORDER_PACKETS 1024              // held at most, and
#define KIN_RTP_REORDER_BYTES (4u * 1024 * 1024)  // in bytes; beyond either the oldest gap is given up
#define KIN_RTP_REPAIR_PACKETS 16384              // likewise where lost packets come again: two seconds of
#define KIN_RTP_REPAIR_BYTES (24u * 1024 * 1024)  // 3840x2160
#define KIN_RTP_RTX_MAX 9216                      // longest retransmission that is read
#define KIN_RTP_CNAME_MAX 63
#define KIN_RTP_MISSED_US (100 * KIN_US_PER_MS) // what waited in the socket is taken in, and it drops no more
#define KIN_RTP_REPORT_MAX 400                  // bytes that a report needs at most, with BYE or with a NACK

struct kin_rtp_receiver_options {
    uint32_t ssrc;       // our own, for receiver reports
    const char *cname;   // our own, copied, cut at KIN_RTP_CNAME_MAX; NULL or "": "kinora"
    kin_us reorder_wait; // for a missing packet; 0 = KIN_RTP_REORDER_WAIT_US
    bool in_order; // the transport keeps the order (interleaved): no packet waits, and the first packet makes the first
                   // source valid; if an SSRC was announced, only a packet with that
    bool has_announced; // the server announced its SSRC
    uint32_t announced;
    bool shared_seq;     // lab dialect: equal sequence numbers are chunks of one frame, not duplicates; timestamps are
                         // no media time, so no jitter is computed
    bool begins_by_play; // kin_rtp_receiver_start() will be called: until then the first packets of a source wait for
                         // earlier ones that they may have overtaken, for reorder_wait at most
    enum kin_rtp_repair repair;             // what a NACK gets; NONE: none is sent
    uint8_t payload_type, rtx_payload_type; // of the media; with REPAIR_RTX
    uint8_t fec_payload_type;               // of parity (RFC 8627), 0: none is agreed
    uint64_t session_bytes_per_s;           // for the RTCP interval; 0 = as measured
};

// A packet handed on. Borrowed from the bytes fed or from the receiver: valid until the next call of any function that
// takes the receiver without const.
struct kin_rtp_arrival {
    struct kin_rtp_packet packet;
    kin_us at;       // when it arrived
    uint64_t seq;    // sequence number extended beyond 16 bits
    uint64_t ts;     // timestamp extended beyond 32 bits; starts in the middle of the range, so it may go back safely
    uint32_t gap;    // packets right before this one that were given up
    bool new_source; // the first one of this source, or after a jump of its sequence numbers: forget earlier packets
};

// What the network did. Counters go on when the source changes. Each packet that was sent counts in exactly one of
// received, lost, late and missed; each one that came after a higher number in exactly one of reordered, recovered and
// late.
struct kin_rtp_receiver_stats {
    uint64_t received;      // distinct packets that came in time (reordered and recovered ones included)
    uint64_t lost;          // never came
    uint64_t missed;        // never came in time, but was sent while nobody was there: kin_rtp_receiver_missed()
    uint64_t reordered;     // came within KIN_RTP_REORDERED_US of the packet that overtook them, or after parity had
                            // brought them back
    uint64_t recovered;     // came later than that, but before they were given up; where lost packets are asked for:
                            // came because they were asked for; or were rebuilt
    uint64_t rebuilt;       // of these, those that parity brought back and that did not come by themselves after all
    uint64_t parity;        // parity packets that came
    uint64_t parity_bytes;  // of whole RTP packets
    uint64_t requested;     // were asked for
    uint64_t spurious;      // of these, those that came by themselves
    uint64_t retransmitted; // retransmissions that came, needed or not, as far as they can be told
    uint64_t retransmitted_bytes; // of whole RTP packets
    uint64_t late;                // came after they were given up
    uint64_t duplicate;           // came again
    uint64_t invalid;             // not RTP, or of a source that never became valid
    uint64_t discarded;           // given up for lack of room or memory (counted as lost too)
    uint64_t payload_bytes;       // of the packets in `received`
    uint32_t sources;             // that became valid, jumps included
    uint32_t ssrc;                // of the present source
    bool valid;                   // there is a source
    bool bye;                     // it sent a BYE
    bool agrees;                  // its newest report counts exactly the packets that came or are known to be lost
    uint32_t held;                // packets waiting now
    double jitter_us;             // interarrival jitter (RFC 3550 6.4.1) over all packets, as reported in RTCP
    double frame_jitter_us;       // the same over first packets of frames only: the figure to show
};

// Where the media of a PLAY begin, by RTP-Info (RFC 2326 section 12.33).
struct kin_rtp_run {
    bool has_seq, has_rtptime;
    uint16_t seq;
    uint32_t rtptime;
};

struct kin_rtp_receiver;

// NULL when out of memory. options->cname is copied.
struct kin_rtp_receiver *kin_rtp_receiver_new(kin_us now, const struct kin_rtp_receiver_options *options);
void kin_rtp_receiver_free(struct kin_rtp_receiver *r); // accepts NULL

// One packet that arrived at `at`. KIN_OK (also when it is held, late or a duplicate: see the counters), KIN_EBAD when
// it is not an RTP packet. Take all events before the next feed: a packet that was not taken is dropped (`discarded`).
int kin_rtp_receiver_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes);

// The next packet in sequence order that is due at `now`. False when there is none (yet).
bool kin_rtp_receiver_event(struct kin_rtp_receiver *r, kin_us now, struct kin_rtp_arrival *ret);

// A compound RTCP packet of the sender, of which SR, BYE and the SSRC of SDES are used. KIN_OK or KIN_EBAD (packets
// before the malformed one count).
int kin_rtp_receiver_feed_rtcp(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes);

// When frames are due: packets are waited for and asked for accordingly. Call it before kin_rtp_receiver_event().
void kin_rtp_receiver_set_clock(struct kin_rtp_receiver *r, const struct kin_nack_clock *clock);

// Until when lost packets may still be repaired, 0 when none is waited for.
kin_us kin_rtp_receiver_repaired_at(const struct kin_rtp_receiver *r);

// What it takes to get a lost packet again: from when it is missing until it comes; 0 when it does not. rtt: of the
// control connection, for as long as no packet came again. With parity: until that brings it back.
kin_us kin_rtp_receiver_repair_us(const struct kin_rtp_receiver *r, kin_us rtt);

// When to call event and output again. Never KIN_US_NEVER, since another report is always due.
kin_us kin_rtp_receiver_deadline(const struct kin_rtp_receiver *r);

// What is to be sent now: the receiver report (RR + SDES) when it is due, or a NACK; call it until it returns false,
// each time for another RTCP packet. `random` is uniform (its low 16 bits are used) and spaces the next report (RFC
// 3550 section 6.3). False when nothing is due yet or w has less room than KIN_RTP_REPORT_MAX.
bool kin_rtp_receiver_output(struct kin_rtp_receiver *r, kin_us now, uint32_t random, struct kin_wr *w);

// RR + SDES + BYE, for the end of a session; and RR + SDES outside the schedule (hole punching, right after PLAY).
void kin_rtp_receiver_write_bye(struct kin_rtp_receiver *r, kin_us now, struct kin_wr *w);
void kin_rtp_receiver_write_report(struct kin_rtp_receiver *r, kin_us now, struct kin_wr *w);

// All packets that are held become due at once, despite gaps, and even of a source that is not valid yet (end of the
// stream, pause). Take the events.
void kin_rtp_receiver_flush(struct kin_rtp_receiver *r);

// PLAY was accepted. The source may now number its packets anew without a loss; packets between run->seq and the first
// one that comes are lost. An earlier BYE belonged to another run. Between two calls, a jump of the numbers is an
// outage if the timestamps fit. True: at the pace so far, the run continues where the source or the run before stopped,
// with packets missing between; these were counted as lost, and their media reached to run->rtptime.
bool kin_rtp_receiver_start(struct kin_rtp_receiver *r, kin_us now, const struct kin_rtp_run *run);

// Forgets the source but keeps the counters: the next packet begins a new one (after a seek on a server whose sequence
// numbers jump, or a reconnection). Packets that are held are dropped and not counted.
void kin_rtp_receiver_restart(struct kin_rtp_receiver *r);

void kin_rtp_receiver_stats(const struct kin_rtp_receiver *r, struct kin_rtp_receiver_stats *ret);
// From now on RTP time is delivered at this Speed (RFC 2326 section 12.35), in thousandths above 0: jitter is measured
// against that.
void kin_rtp_receiver_set_speed(struct kin_rtp_receiver *r, int32_t milli);
// Packets that come before `until` have waited for us: they tell nothing about jitter.
void kin_rtp_receiver_away(struct kin_rtp_receiver *r, kin_us until);
// Until now nobody was there, for so long that packets may have found no room: those that are missing after the newest
// one, until one comes KIN_RTP_MISSED_US from now or a run starts, are not lost, nor asked for again, nor reported.
void kin_rtp_receiver_missed(struct kin_rtp_receiver *r, kin_us now);
void kin_rtp_receiver_reset_counters(struct kin_rtp_receiver *r); // reports to the sender are not affected

#endif
