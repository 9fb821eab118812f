// What is missing behind the newest packet. Sequence numbers tell of a loss only when a later packet comes; a sender
// report also says how many packets were sent (RFC 3550 section 6.4.1). Pure.
//
//     kin_rtp_tail_init(t, floor);                       a source began
//     kin_rtp_tail_report(t, packets, expected, most);   a report came
//     kin_rtp_tail_tick(t, now, expected);               once a turn, and at kin_rtp_tail_deadline()
//     lost += kin_rtp_tail_missing(t, expected);
//
// `expected` are the packets of the source that are accounted for: received, or lost by their sequence numbers. Where
// the sender began to count is not known. It is where the source began if a report says no more than that; else the
// first report stands for it, and so few more as may have overtaken a report are no loss.
//
// Invariants: what a report claims counts only when nothing has come for KIN_RTP_TAIL_GRACE_US behind it, and each
// packet that is accounted for later takes one off the claim. A report that claims more than `most`, what can have been
// sent behind the newest packet, says nothing. A count that the sequence numbers contradict, or that goes back, is not
// believed again.
#ifndef KIN_ENGINE_RTP_TAIL_H
#define KIN_ENGINE_RTP_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_RTP_TAIL_GRACE_US (100 * KIN_US_PER_MS) // for packets that the report overtook; shorter than that of a BYE
#define KIN_RTP_TAIL_SLACK 32                       // packets that may overtake a report

struct kin_rtp_tail {
    uint32_t floor;  // of the sender's count before the source
    uint32_t before; // the count itself, when `known`; exact when `sure`
    bool known, sure;
    bool refuted; // the sender counts something else
    bool pending; // `reported` waits for what it overtook
    bool claimed; // `claim` counts
    uint32_t reported, claim;
    bool quiet; // nothing came since quiet_at
    kin_us quiet_at;
    uint64_t seen;     // expected, at the last look
    uint64_t at_claim; // expected, when the claim was made
};

// floor: the newest count that the sender reported before, 0 without one.
void kin_rtp_tail_init(struct kin_rtp_tail *t, uint32_t floor);
void kin_rtp_tail_report(struct kin_rtp_tail *t, uint32_t packets, uint64_t expected, uint64_t most);
void kin_rtp_tail_tick(struct kin_rtp_tail *t, kin_us now, uint64_t expected);
void kin_rtp_tail_settle(struct kin_rtp_tail *t, uint64_t expected); // nothing more is waited for
void kin_rtp_tail_forget(struct kin_rtp_tail *t, uint64_t expected); // what is missing now counts no more
kin_us kin_rtp_tail_deadline(const struct kin_rtp_tail *t);          // KIN_US_NEVER when none
uint32_t kin_rtp_tail_missing(const struct kin_rtp_tail *t, uint64_t expected);
// Does the newest report count exactly what is accounted for? Then nothing is missing behind it.
bool kin_rtp_tail_agrees(const struct kin_rtp_tail *t, uint64_t expected);

#endif
