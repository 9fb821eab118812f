// When the packets of a frame leave: spread over part of the frame's interval, in trains, without drift and without
// bursts when the loop was late. Pure: time comes in, deadlines and counts come out.
//
//   due(i) = start + ts(i)          a frame is never early
//   trains of at most KIN_PACER_TRAIN packets, evenly over `percent` of the interval, or of KIN_PACER_INTERVAL_MAX_US
//   trains within KIN_PACER_GAP_US of each other have at most KIN_PACER_TRAIN packets together, however late the loop
//   was: never more than that within a millisecond
//
// A frame too large for that gets larger trains, as large as the spread needs. Frames that follow each other within
// that gap, or nearly so, leave as many packets at a time as needed to keep pace.
#ifndef KIN_ENGINE_PACER_H
#define KIN_ENGINE_PACER_H

#include <stdbool.h>

#include "base/time.h"

#define KIN_PACER_TRAIN 16
#define KIN_PACER_GAP_US 1050
#define KIN_PACER_INTERVAL_MAX_US                                                                                      \
    (125 * KIN_US_PER_MS)     // of the interval, however long: the picture waits for its last packet
#define KIN_PACER_LATE_US 250 // lateness in noticing the end of a gap
// A sender that fell behind (a busy machine, a slow disk) catches up at full pace for as long as a viewer's buffer is
// likely to last; beyond this, frames are skipped.
#define KIN_PACER_PATIENCE_US (250 * KIN_US_PER_MS)

struct kin_pacer {
    kin_us start;     // when media time 0 of this run is due
    unsigned percent; // of the interval, 0: no spreading
    bool whole;       // over the whole interval instead, however long
    // the frame that is being sent
    kin_us due, window;
    unsigned packets, sent;
    unsigned trains, train; // planned, and done
    unsigned train_max;     // packets of the largest train
    unsigned left;          // of the train that is being sent
    kin_us not_before;      // end of the gap after the last train; until then ...
    uint64_t burst;         // ... at most this many packets leave ...
    uint64_t recent;        // ... including these, of earlier trains without a gap between
};

// Media time 0 is due at `start`.
void kin_pacer_init(struct kin_pacer *p, kin_us start, unsigned percent);

// From the next frame on, packets are spread over the whole interval, or over `percent` of it again.
void kin_pacer_spread(struct kin_pacer *p, bool whole);

// Moves media time 0, e.g. by the length of the reel when it starts over. The gap after the last train is kept.
void kin_pacer_move(struct kin_pacer *p, kin_us start);

// When the frame at media time ts (90 kHz) is due.
kin_us kin_pacer_due(const struct kin_pacer *p, uint64_t ts);

// True when the frame before next_ts, not sent yet, should be skipped: next_ts is overdue by KIN_PACER_PATIENCE_US or
// more. Once skipping, go on to the newest frame that is due.
bool kin_pacer_behind(const struct kin_pacer *p, uint64_t next_ts, kin_us now);

// The frame at ts, lasting duration_ts, starts: `packets` >= 1 are to be sent.
void kin_pacer_begin(struct kin_pacer *p, uint64_t ts, uint64_t duration_ts, unsigned packets);

bool kin_pacer_done(const struct kin_pacer *p); // all packets of the frame were sent
// When the next packets may go; meaningless when done.
kin_us kin_pacer_deadline(const struct kin_pacer *p);
// How many may go now: the rest of the train, 0 when it is too early.
unsigned kin_pacer_allowed(const struct kin_pacer *p, kin_us now);
// n <= allowed packets were given to the kernel; `now` is the time after that.
void kin_pacer_sent(struct kin_pacer *p, unsigned n, kin_us now);

#endif
