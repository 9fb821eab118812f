// Which lost packets a receiver asks for again, and when (RFC 4585 generic NACK). Pure.
//
//     kin_nack_missing(n, now, from, to, ts);      a gap was noticed
//     kin_nack_came(n, now, seq, again);           one of them came after all
//     kin_nack_answered(n);                        an answer came too late for it
//     kin_nack_passed(n, seq);                     those before seq are not waited for any more
//     count = kin_nack_output(n, now, seqs, max);  ask for these now; call at kin_nack_deadline()
//     kin_nack_until(n, seq)                       how long it makes sense to wait for this one
//
// Where parity (RFC 8627) follows the packets, one is asked for only once the parity of its frame should have come,
// unless the answer would then come too late.
//
// A packet is asked for once it cannot be merely reordered any more: after the longest delay by which packets were
// overtaken lately, at least KIN_NACK_REORDER_US. Again after a round trip, and only while the answer can arrive before
// the packet's frame is due. What a round trip takes is measured by the answers.
//
// Invariants: entries are sorted by number, each number once; asks == 0 or `asked` is a time. Nobody else writes its
// members.
#ifndef KIN_ENGINE_NACK_H
#define KIN_ENGINE_NACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_NACK_ENTRIES 1024 // packets missing at once; of more the oldest are given up
#define KIN_NACK_REORDER_US (30 * KIN_US_PER_MS)
#define KIN_NACK_REORDER_MAX_US (100 * KIN_US_PER_MS)
#define KIN_NACK_SPACING_US (10 * KIN_US_PER_MS)    // between two messages
#define KIN_NACK_RTT_FIRST_US (100 * KIN_US_PER_MS) // assumed until the first answer
#define KIN_NACK_RTT_MAX_US (2 * KIN_US_PER_S)
#define KIN_NACK_MARGIN_US (10 * KIN_US_PER_MS) // by which a packet must come before its frame is due
#define KIN_NACK_WAIT_MAX_US (2 * KIN_US_PER_S) // for a packet whose frame has no time yet; what senders keep
#define KIN_NACK_UNANSWERED 100                 // packets asked for again without any answer to anything for
#define KIN_NACK_UNANSWERED_US KIN_US_PER_S     // so long: the sender does not answer, and nobody waits for it

struct kin_nack_entry {
    uint64_t seq;
    uint32_t ts; // RTP time of its frame or, at most, of the next one that came
    kin_us noticed, asked;
    unsigned asks;
};

struct kin_nack_clock { // when frames are due
    bool runs;          // false: they have no time yet
    uint32_t ts;        // this RTP time is due at
    kin_us due;
};

struct kin_nack {
    struct kin_nack_clock clock;
    kin_us rtt, variance; // smoothed; rtt is an assumption while `answered` is false
    kin_us reorder;       // how long a packet may only be overtaken
    kin_us reorder_at;    // when that was last judged
    kin_us parity;        // how long its parity may take; 0: there is none
    bool marked;          // retransmissions are known as such (RFC 4588)
    bool answered;
    unsigned unanswered;  // packets asked for again since the last answer
    kin_us unanswered_at; // the first of them
    bool mute;            // the sender does not answer
    kin_us next_at;       // no message before this
    kin_us looked_at;     // when kin_nack_output() looked last: what was too late by then is not due any more
    uint64_t requested;   // packets asked for, each once
    uint64_t spurious;    // of these, that came by themselves
    unsigned count;
    struct kin_nack_entry entries[KIN_NACK_ENTRIES];
};

void kin_nack_init(struct kin_nack *n, bool marked);
void kin_nack_clear(struct kin_nack *n); // nothing is missing: another source, other numbers. What was measured stays
void kin_nack_set_clock(struct kin_nack *n, const struct kin_nack_clock *clock);

// Parity follows a packet after `wait` at most; 0: none does.
void kin_nack_set_parity(struct kin_nack *n, kin_us wait);

// Packets [from, to) are missing, by a packet with RTP time ts that came now. So many that they cannot be remembered
// are an outage: nothing is asked for then.
void kin_nack_missing(struct kin_nack *n, kin_us now, uint64_t from, uint64_t to, uint32_t ts);

enum kin_nack_arrival {
    KIN_NACK_NOT_MISSING, // it was not waited for
    KIN_NACK_OVERTAKEN,   // it came by itself
    KIN_NACK_RECOVERED,   // it came because it was asked for
};
// `again`: it is a retransmission, which only those are that are `marked`; others count as recovered if they were asked
// for and the answer can have arrived.
enum kin_nack_arrival kin_nack_came(struct kin_nack *n, kin_us now, uint64_t seq, bool again);
// It was brought back by parity: whatever comes of it now says nothing about the network.
void kin_nack_rebuilt(struct kin_nack *n, uint64_t seq);
// A retransmission came of a packet that is not waited for: the sender does answer.
void kin_nack_answered(struct kin_nack *n);
bool kin_nack_was_asked(const struct kin_nack *n, uint64_t seq);
void kin_nack_passed(struct kin_nack *n, uint64_t seq);

// The lowest 16 bits of up to `max` packets to ask for now, in ascending order. Returns how many, mostly 0.
unsigned kin_nack_output(struct kin_nack *n, kin_us now, uint16_t *ret, unsigned max);
kin_us kin_nack_deadline(const struct kin_nack *n); // KIN_US_NEVER: nothing to ask for

// Until when to wait for a missing packet; KIN_US_NEVER when it is not known to be missing, or the sender never
// answers.
kin_us kin_nack_until(const struct kin_nack *n, uint64_t seq);

// Until when to wait for all that are missing; 0 when none is waited for.
kin_us kin_nack_until_all(const struct kin_nack *n);

#endif
