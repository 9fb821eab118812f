// What the files of the RTP receiver share: the source, packets held for it, candidates for the next source.
#ifndef KIN_ENGINE_RTP_RECEIVER_INTERNAL_H
#define KIN_ENGINE_RTP_RECEIVER_INTERNAL_H

#include "base/list.h"
#include "engine/rtp/fec_receiver.h"
#include "engine/rtp/rtp_receiver.h"
#include "engine/rtp/rtp_tail.h"
#include "proto/rtcp.h"

#define SEQ_EPOCH UINT64_C(0x10000)  // extended numbers begin here, so that earlier ones stay positive
#define TS_EPOCH (UINT64_C(1) << 40) // and extended timestamps here
#define SEQ_WRAP INT64_C(0x10000)
#define SEEN_BITS 32768              // how far back a packet is known to have come: above what may be held
#define EARLY_US (10 * KIN_US_PER_S) // by which packets may come before the reply to their PLAY
#define CANDIDATES 4                 // sources that are not valid yet
#define CANDIDATE_PACKETS 64         // held for each of them
#define CANDIDATE_STALE_US (10 * KIN_US_PER_S)
#define SHARED_SEQ_MISORDER 4 // lab dialect: a number further back means that the reel starts over
#define JITTER_JUMP_TS ((uint32_t)KIN_RTP_CLOCK_HZ) // a transit that changes by a second is a jump in time, not jitter

struct rtp_held { // a packet that waits
    struct kin_list node;
    uint64_t seq;
    kin_us at;
    size_t size;
    uint8_t bytes[];
};

struct rtp_queue { // in sequence order
    struct kin_list list;
    unsigned count;
    size_t bytes;
};

void rtp_queue_init(struct rtp_queue *q);
void rtp_queue_clear(struct rtp_queue *q);
// Inserts a copy in order, after packets with the same number. KIN_OK or KIN_ENOMEM. Quick near both ends.
int rtp_queue_insert(struct rtp_queue *q, uint64_t seq, kin_us at, struct kin_span bytes);
struct rtp_held *rtp_queue_head(const struct rtp_queue *q); // NULL when empty
struct rtp_held *rtp_queue_take(struct rtp_queue *q);       // the head, now the caller's; NULL when empty
bool rtp_queue_has(const struct rtp_queue *q, uint64_t seq);
kin_us rtp_queue_oldest(const struct rtp_queue *q); // arrival; KIN_US_NEVER when empty
// The earliest arrival of a packet with a higher number: when the gap at `seq` was noticed. KIN_US_NEVER without one.
kin_us rtp_queue_noticed(const struct rtp_queue *q, uint64_t seq);
void rtp_queue_shift(struct rtp_queue *q, int64_t by); // renumbers all
void rtp_queue_move(struct rtp_queue *to, struct rtp_queue *from);

struct rtp_jitter { // RFC 3550 appendix A.8
    bool started;
    uint32_t transit;
    uint32_t scaled; // 16 times the jitter, timestamp units
};

void rtp_jitter_add(struct rtp_jitter *j, kin_us at, uint32_t ts, int32_t speed_milli);
double rtp_jitter_us(const struct rtp_jitter *j);

struct rtp_source { // RFC 3550 appendix A.1
    bool valid;
    uint32_t ssrc;
    uint64_t base_seq, max_seq; // first and highest
    uint64_t next_seq;          // to hand on next
    uint64_t given_up;          // from here on packets were given up by rtp_give_up_to(), but may still come; 0 none
    uint64_t last_ts;           // of the packet handed on last, extended
    kin_us last_at;             // its arrival
    uint32_t newest_ts;         // of max_seq
    kin_us newest_at;           // its arrival
    struct {                    // packets per stretch of media, without outages
        uint64_t packets;
        int64_t ticks;
        int64_t step; // of the newest frame
    } pace;
    struct { // the sender's packet count at its last report, and the highest number that had come by then
        bool known;
        bool doubted; // numbers may have wrapped in an outage since
        uint32_t packets;
        uint64_t seq;
        kin_us at;
    } count;
    struct kin_rtp_tail tail;
    bool placed; // base_seq is the beginning of the run, by RTP-Info: see kin_rtp_receiver_start()
    kin_us began_at;
    struct kin_rtp_header first; // the packet that it began with
    uint64_t seen[SEEN_BITS / 64];
    uint64_t came, came_before, expected_before; // by appendix A.3, duplicates and late packets included
    uint64_t missed;                             // sent while nobody was there: not expected, unless they came
    struct rtp_jitter jitter, frame_jitter;
};

struct rtp_candidate {
    uint32_t ssrc;
    uint64_t newest_seq;
    kin_us newest_at;
    unsigned fresh;              // packets since the last one of the source
    unsigned overtaken, doubled; // of its packets: came after a higher number, came again
    struct rtp_queue queue;
};

struct rtp_reports {
    kin_us next, started;
    unsigned avg_size;
    bool has_sr, bye;
    uint32_t sr_ssrc;
    bool has_named; // an SR or SDES came while there was no source, which
    uint32_t named; // is expected to have this SSRC
    struct kin_rtcp_sr sr;
    kin_us sr_at;
};

struct kin_rtp_receiver {
    struct kin_rtp_receiver_options options;
    char cname[KIN_RTP_CNAME_MAX + 1];
    struct rtp_source source;
    int32_t speed_milli;   // of delivery
    kin_us measured_from;  // jitter; what came before waited for us
    struct {               // what is missing of [from, to) was sent while nobody was there, and so is what follows a
        uint64_t from, to; // packet that came before `until`
        kin_us until;
    } missed;
    struct rtp_queue queue;
    kin_us gap_since; // when the gap before the head of the queue was noticed
    bool flushing;
    bool new_source; // to be reported with the next packet
    struct rtp_candidate candidates[CANDIDATES];
    struct rtp_candidate *successor; // becomes the source as soon as the source's queue is empty; NULL: none is valid
    struct {                         // PLAY was accepted, and no packet of it has come yet
        bool pending;
        kin_us at;
        struct kin_rtp_run run;
    } start;
    struct { // a packet in order, in the shell's memory
        bool present;
        struct kin_rtp_packet packet;
        uint64_t seq;
        kin_us at;
    } direct;
    struct rtp_held *out; // handed on last
    uint64_t total_bytes; // of payload since the beginning, for the session bandwidth
    struct rtp_reports reports;
    struct kin_rtp_receiver_stats stats;
    struct kin_nack nack;
    struct kin_fec_receiver *fec;   // NULL: no parity is agreed
    kin_us parity_wait;             // how long after a packet its parity may come, 0 while none has come
    uint8_t again[KIN_RTP_RTX_MAX]; // the original packet of a retransmission
};

// Makes seq the highest number; those between have not been seen.
void rtp_advance(struct rtp_source *s, uint64_t seq);
// Packets of the source that are accounted for, received or lost.
uint64_t rtp_accounted(const struct kin_rtp_receiver *r);

// Packets are lost: the sender is to know how many soon (RFC 4585 section 3.5).
void rtp_reports_hurry(struct kin_rtp_receiver *r, kin_us now);
void rtp_reports_init(struct kin_rtp_receiver *r, kin_us now);

enum rtp_origin { // how a packet came
    RTP_SENT,     // by itself
    RTP_AGAIN,    // it is a retransmission
    RTP_REBUILT,  // parity brought it back
};
// A packet of the source.
void rtp_feed_source(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes, const struct kin_rtp_packet *p,
                     uint64_t seq, enum rtp_origin origin);
bool rtp_has_come(const struct rtp_source *s, uint64_t seq); // lately

// --- rtp_receiver_repair.c: what is lost is asked for again

// Packets [from, to) are missing, by a packet with RTP time ts that came now.
void rtp_repair_missing(struct kin_rtp_receiver *r, kin_us now, uint64_t from, uint64_t to, uint32_t ts);
// What the sender's last report says is missing after the newest packet is asked for too. ended: it is believed at
// once, since it came with a BYE.
void rtp_repair_tail(struct kin_rtp_receiver *r, kin_us now, bool ended);
// A retransmission (RFC 4588) came.
void rtp_repair_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes);
// Until when to wait before the gap is given up that the head of the queue lies behind.
kin_us rtp_repair_until(const struct kin_rtp_receiver *r);
bool rtp_repair_is_full(const struct kin_rtp_receiver *r); // more packets are held than may be
// Writes RR + SDES + NACK if one is due.
bool rtp_repair_output(struct kin_rtp_receiver *r, kin_us now, struct kin_wr *w);

// --- rtp_receiver_parity.c: what is lost is brought back by parity

// A packet of the source came. True when parity had brought it back before.
bool rtp_parity_came(struct kin_rtp_receiver *r, uint64_t seq, struct kin_span bytes);
// A parity packet (RFC 8627) came.
void rtp_parity_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes);
// Feeds all packets that can be brought back by now.
void rtp_parity_rebuild(struct kin_rtp_receiver *r, kin_us at);
void rtp_parity_clear(struct kin_rtp_receiver *r); // another source, or other numbers

// --- rtp_missed.c: what was sent while nobody was there

bool rtp_is_missed(const struct kin_rtp_receiver *r, uint64_t seq); // if it is missing
bool rtp_was_away(const struct kin_rtp_receiver *r); // has nothing come yet that was sent after the return?
// How many of [from, to), all of which are missing, are lost.
uint64_t rtp_lost_of(const struct kin_rtp_receiver *r, uint64_t from, uint64_t to);
// `to` is the first number after the newest packet that is not missing: was nobody there? Call it before rtp_advance().
void rtp_miss(struct kin_rtp_receiver *r, uint64_t to);

// --- rtp_candidates.c: who is believed, and when

// A packet that does not belong to the source: it is of another one, or its number has jumped. May set the successor.
void rtp_candidates_feed(struct kin_rtp_receiver *r, kin_us at, struct kin_span bytes, const struct kin_rtp_packet *p);
// When a candidate becomes valid without a second packet in sequence: only while there is no source, or a new run is
// pending. Else KIN_US_NEVER.
kin_us rtp_candidate_valid_at(const struct kin_rtp_receiver *r, const struct rtp_candidate *c);
// The candidate that becomes valid first in that way; NULL when there is none.
struct rtp_candidate *rtp_candidates_first(struct kin_rtp_receiver *r);
void rtp_candidates_forget(struct kin_rtp_receiver *r); // and the successor

// --- rtp_continuity.c: how far a packet is from earlier ones, by its timestamp

// The extended number of a packet of any source. After a silence its timestamp tells whether numbers wrapped meanwhile.
uint64_t rtp_extend(const struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, kin_us at);
// Does this packet, whose number has jumped, continue the source after an outage? Then *ret_seq is its extended number.
bool rtp_continues(const struct kin_rtp_receiver *r, const struct kin_rtp_packet *p, kin_us at, uint64_t *ret_seq);
// Notes that p, with the extended number seq, is the newest packet of the source. Call it before newest_ts is updated.
void rtp_note_pace(struct rtp_source *s, const struct kin_rtp_packet *p, uint64_t seq, kin_us at);
// Have so many missing packets taken longer than senders keep them, at the pace so far?
bool rtp_is_outage(const struct rtp_source *s, uint64_t packets);
// By how many packets one may be overtaken: KIN_RTP_MAX_MISORDER, or those of MISORDER_US at the pace so far if more.
uint64_t rtp_misorder(const struct kin_rtp_receiver *r);
// The most packets that can have been sent after the newest one, by a report that came at `at` with timestamp rtp_ts:
// at the pace so far, for as long as both the clock and the RTP time have advanced.
uint64_t rtp_most_behind(const struct rtp_source *s, kin_us at, uint32_t rtp_ts);
// A sender report came: corrects the number of wraps if it was guessed wrong in an outage since the last report.
void rtp_check_count(struct kin_rtp_receiver *r, kin_us at, const struct kin_rtcp_sr *sr);
// How many packets of the run were sent before `first`, the first one that came, `since` after the reply. 0 when
// RTP-Info does not tell, or is implausible.
uint64_t rtp_missing_before(const struct kin_rtp_receiver *r, const struct kin_rtp_run *run,
                            const struct kin_rtp_header *first, kin_us since);
// A run starts after a silence of KIN_RTP_TAIL_GRACE_US, also within the run before, which was started at `run_before`:
// if it continues where the source stopped, the packets between are counted as lost, and the source continues where the
// run begins. True when there were any.
bool rtp_give_up_to(struct kin_rtp_receiver *r, const struct kin_rtp_run *run, kin_us now, kin_us run_before);

#endif
