// How much of a reel its viewer's network carries: first a frame's packets are spread over its whole interval, then
// some frames are left out, then all are sent at a lower quality (jpeg/vary.h), and then fewer of those, until the
// network carries more again. Where no lower quality can be had, frames alone are left out, as few as the network
// allows. Pure.
//
//     kin_adaptation_feed(a, now, &report, &sent)   a receiver report came; true: the level has changed
//     kin_adaptation_hold(a, sent.seq)              packets up to here were sent at another pace: they tell nothing
//     kin_adaptation_frame(a, quality, n, of)       so long a frame was sent, of so many bytes of the file
//
// Loss alone does not say that too much is sent: a network that loses at random loses as much of less. Too much is sent
// where packets are lost while a queue stands, which the round trip shows: it is longer than it was before, not for a
// moment but in every report. What the receiver got then is what the network carries, and the level is chosen by that.
//
// Each step is a trial. If the loss is not halved by sending less, then that is not what helps: the level goes back to
// what it was, the round trip counts as the network's own, and such loss is not acted upon for a while, twice as long
// after each further trial. Where so much is lost that a retransmission hardly helps, a trial is made without a queue.
// When nothing is wrong for some seconds, more is tried; where that makes a queue, back again, and the next attempt is
// made later.
#ifndef KIN_ENGINE_ADAPTATION_H
#define KIN_ENGINE_ADAPTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "jpeg/vary.h"

#define KIN_ADAPTATION_QUEUE_US (15 * KIN_US_PER_MS) // in the round trip: a queue, unless that varies as much anyway
#define KIN_ADAPTATION_QUEUE_MAX_US (200 * KIN_US_PER_MS) // is one in any case
#define KIN_ADAPTATION_LOSS 30                            // per mille, with a queue: too much is sent
#define KIN_ADAPTATION_LOSS_SLOW 100                      // the same where reports come seldom
#define KIN_ADAPTATION_LOSS_BLIND 250                     // without a queue
#define KIN_ADAPTATION_BLIND_US (5 * KIN_US_PER_S)        // for so long
#define KIN_ADAPTATION_JUDGE_US (1500 * KIN_US_PER_MS)    // what a step has led to is known after this
#define KIN_ADAPTATION_REST_US (600 * KIN_US_PER_MS)      // at a lower level after a trial of more that failed
#define KIN_ADAPTATION_WAIT_US (2 * KIN_US_PER_S)         // before more is tried, doubled after a failure
#define KIN_ADAPTATION_WAIT_MAX_US (6 * KIN_US_PER_S)
#define KIN_ADAPTATION_SPREAD_WAIT_MAX_US (60 * KIN_US_PER_S) // where all frames are sent anyway
#define KIN_ADAPTATION_IMMUNE_US (60 * KIN_US_PER_S)          // doubled by each further trial that did not help
#define KIN_ADAPTATION_IMMUNE_MAX_US (16 * 60 * KIN_US_PER_S)
#define KIN_ADAPTATION_GAP_MAX_US (400 * KIN_US_PER_MS) // between frames that are sent: no more are left out

struct kin_adaptation_level {
    unsigned keep, of; // of so many frames so many are sent
    bool spread;       // packets, over the whole time until the next frame
    uint8_t quality;   // a step of jpeg/vary.h
};

struct kin_adaptation_report { // of the receiver
    uint32_t highest_seq;      // extended
    int32_t lost;              // in all, retransmissions not deducted
    kin_us rtt;                // < 0: unknown
    uint32_t lsr;              // what it was measured by
};

struct kin_adaptation_sent { // by now
    uint16_t seq;            // of the next packet
    uint64_t bytes, again;   // of packets; beside these, of packets again on request and of parity
    bool fast;               // faster than it is played, at present
};

struct kin_adaptation {
    bool slow;     // reports come seldom
    bool coarsens; // a lower quality can be had
    kin_us frame_us;
    unsigned level;                              // 0: all is sent as it is configured
    unsigned shares[KIN_JPEG_QUALITY_STEPS + 1]; // of a frame's bytes in the file, per mille, by steps of quality
    enum kin_adaptation_phase {
        KIN_ADAPTATION_STEADY,
        KIN_ADAPTATION_LESS, // a trial: does it help?
        KIN_ADAPTATION_MORE, // a trial: does the network carry it?
        KIN_ADAPTATION_REST  // it did not: a little less than before, until the queue is gone and what was lost is sent
    } phase;
    kin_us since;         // of the phase
    unsigned from;        // the level before the trial
    unsigned less;        // steps of this trial
    unsigned more;        // that went well, one after the other
    unsigned loss_before; // per mille
    kin_us wait, calm_at; // before more is tried; since when nothing is wrong
    unsigned immune_loss; // per mille, which less does not help against
    kin_us immune, immune_until;
    bool holds; // reports of what was sent before hold_seq tell nothing
    uint16_t hold_seq;
    struct { // the end of the last sample
        bool known;
        uint32_t highest_seq;
        int32_t lost;
        uint64_t bytes, again;
        kin_us at;
    } last;
    struct { // where too much seems to be sent: what came of it
        unsigned samples;
        uint64_t packets, lost, bytes, again;
    } evidence;
    bool congested, suspects; // suspects: packets are lost, it is not known why
    kin_us blind_since;       // 0: no such loss
    struct {
        unsigned samples;
        uint64_t packets, lost;
    } judged; // what came of the present level
    struct {
        kin_us base;   // without a queue; < 0: unknown
        kin_us calm;   // as it is as a rule, 0: unknown
        kin_us varies; // from one to the next
        unsigned seen; // for that
        kin_us newest[3];
        unsigned count; // of these, measured at this level
        uint32_t lsr;
    } rtt;
};

// slow: feedback is not agreed. coarsens: a lower quality can be had. frame_us: between frames, 0 unknown.
void kin_adaptation_init(struct kin_adaptation *a, bool slow, bool coarsens, kin_us frame_us);
// True when the level has changed.
bool kin_adaptation_feed(struct kin_adaptation *a, kin_us now, const struct kin_adaptation_report *report,
                         const struct kin_adaptation_sent *sent);
void kin_adaptation_hold(struct kin_adaptation *a, uint16_t next_seq);
// A lower quality can be had from now on, or no more. True when the level has changed: it sends as much as before, or
// less.
bool kin_adaptation_coarsens(struct kin_adaptation *a, kin_us now, bool coarsens,
                             const struct kin_adaptation_sent *sent);
void kin_adaptation_frame(struct kin_adaptation *a, unsigned quality, size_t bytes, size_t in_file);
struct kin_adaptation_level kin_adaptation_level(const struct kin_adaptation *a);
// A queue stands and packets are lost: sending them again would take the room of others.
bool kin_adaptation_is_congested(const struct kin_adaptation *a);
// A trial is made, or too much seems to be sent: reports are wanted often.
bool kin_adaptation_is_watching(const struct kin_adaptation *a);

#endif
