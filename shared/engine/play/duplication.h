// How many copies are sent of every packet (RFC 7198): to a receiver that asks for lost packets, but more slowly than
// they get lost. Pure.
//
//     kin_duplication_report(d, now, &report);   the receiver reports; true: `copies` has changed
//     kin_duplication_asked(d, now, packets);    it asks for so many packets at once
//
// ffmpeg asks every 200 ms for what is missing among 17 packets, and waits for a packet for 100 ms: it mends a few
// losses a second. Where more are reported, everything is followed by a copy, or by two if one leaves too many frames
// with a hole.
//
// Reports count copies as received, so that they say nothing of losses any more. What is missing among the packets that
// the receiver asks for does: when nothing is, for some seconds, no more copies are sent, and if that was too soon, for
// twice as long the next time. When a good part is, or a queue has built up, the network does not carry copies: they
// are given up, each time for longer.
#ifndef KIN_ENGINE_DUPLICATION_H
#define KIN_ENGINE_DUPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_DUPLICATION_COPIES_MAX 2
#define KIN_DUPLICATION_LOSSES 3               // a second, and so many in all: asking does not mend more
#define KIN_DUPLICATION_LOSS_MAX 0.15          // of all packets: too much is sent already
#define KIN_DUPLICATION_SPOILED_MAX 0.005      // of all frames
#define KIN_DUPLICATION_WINDOW_US KIN_US_PER_S // in which losses are counted
#define KIN_DUPLICATION_MISSING_MAX 0.2 // of the packets behind one that is asked for, copies notwithstanding ...
#define KIN_DUPLICATION_ASKED 8         // ... seen so often; fails
#define KIN_DUPLICATION_QUEUE_US (100 * KIN_US_PER_MS) // added to the round trip ...
#define KIN_DUPLICATION_QUEUE_REPORTS 3                // ... in so many reports; fails
#define KIN_DUPLICATION_QUIET_US (10 * KIN_US_PER_S)
#define KIN_DUPLICATION_QUIET_MAX_US (320 * KIN_US_PER_S)
#define KIN_DUPLICATION_SOON_US (5 * KIN_US_PER_S)
#define KIN_DUPLICATION_REST_US (60 * KIN_US_PER_S)
#define KIN_DUPLICATION_REST_MAX_US (16 * 60 * KIN_US_PER_S)

struct kin_duplication_report { // of the receiver
    uint32_t highest_seq;       // extended
    double loss;                // 0..1, since its last report
    kin_us rtt;                 // < 0: unknown
    double frame_packets;       // on average
    bool congested;             // more than the network carries is sent as it is
};

struct kin_duplication {
    unsigned most, copies; // 0: none
    bool known;            // there was a report
    uint32_t highest_seq;
    kin_us report_at;
    kin_us window_since;
    double window_lost, window_packets;
    kin_us rtt;      // before there were copies
    unsigned queued; // reports of a queue, one after the other
    unsigned asked;  // how often, ...
    double missing;  // ... and the sum of what was missing behind the first, 0..1
    kin_us asked_at; // while there are copies: when they began, or a packet was asked for last
    kin_us ended_at; // KIN_US_NEVER: they never did by themselves
    kin_us quiet, rest, not_before;
};

// most: copies, at most; 0 never sends any.
void kin_duplication_init(struct kin_duplication *d, unsigned most);
bool kin_duplication_report(struct kin_duplication *d, kin_us now, const struct kin_duplication_report *report);
void kin_duplication_asked(struct kin_duplication *d, kin_us now, unsigned packets);

#endif
