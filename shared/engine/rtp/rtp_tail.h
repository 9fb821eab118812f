// Packets missing after the newest one. Sequence numbers reveal a loss only when a later packet comes; but a sender
// report tells how many packets were sent (RFC 3550 section 6.4.1). Pure.
//
//     kin_rtp_tail_init(t, floor);                       a source began
//     kin_rtp_tail_report(t, packets, expected, most);   a report came
//     kin_rtp_tail_tick(t, now, expected);               once a turn, and at kin_rtp_tail_deadline()
//     lost += kin_rtp_tail_missing(t, expected);
//
// `expected` is the number of packets of the source that are accounted for: received, or lost by their sequence
// numbers. The sender may have begun to count before the source began. Where a report proves that it did not, its count
// is exact; else the first report is taken as the base, and up to KIN_RTP_TAIL_SLACK packets more are no loss, since
// they may have overtaken a report.
//
// Invariants: what a report claims to be missing counts only after KIN_RTP_TAIL_GRACE_US without a packet, and each
// packet accounted for later reduces the claim by one. A report that claims more than `most`, the packets that can have
// been sent after the newest one, is ignored. A sender whose count contradicts the sequence numbers, or goes back, is
// not believed again.
#ifndef KIN_ENGINE_RTP_TAIL_H
#define KIN_ENGINE_RTP_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_RTP_TAIL_GRACE_US (100 * KIN_US_PER_MS) // for packets that a report overtook; shorter than that of a BYE
#define KIN_RTP_TAIL_SLACK 32                       // packets that may overtake a report

struct kin_rtp_tail {
    uint32_t floor;  // least count of the sender before the source began
    uint32_t before; // that count itself, when `known`; exact when `sure`
    bool known, sure;
    bool refuted; // the sender's count cannot be used
    bool pending; // `reported` waits for packets that it overtook
    bool claimed; // `claim` is in force
    uint32_t reported, claim;
    bool quiet; // nothing has come since quiet_at
    kin_us quiet_at;
    uint64_t seen;     // expected, at the last tick
    uint64_t at_claim; // expected, when the claim was made
};

// floor: the newest count that the sender reported before, 0 without one.
void kin_rtp_tail_init(struct kin_rtp_tail *t, uint32_t floor);
void kin_rtp_tail_report(struct kin_rtp_tail *t, uint32_t packets, uint64_t expected, uint64_t most);
void kin_rtp_tail_tick(struct kin_rtp_tail *t, kin_us now, uint64_t expected);
void kin_rtp_tail_settle(struct kin_rtp_tail *t, uint64_t expected); // ends the wait: the claim is in force
void kin_rtp_tail_forget(struct kin_rtp_tail *t, uint64_t expected); // packets missing by now no longer count
kin_us kin_rtp_tail_deadline(const struct kin_rtp_tail *t);          // KIN_US_NEVER when none
uint32_t kin_rtp_tail_missing(const struct kin_rtp_tail *t, uint64_t expected);
// Does the newest report count exactly the packets that are accounted for? Then none is missing at the end.
bool kin_rtp_tail_agrees(const struct kin_rtp_tail *t, uint64_t expected);

#endif
