// How much a client's cache must hold before its picture moves: as little as the network allows, so that it moves at
// once on a good one. Pure.
//
//     kin_start_mark_frame(m, at, ts, speed);      a frame is complete
//     kin_start_mark_underrun(m, now);             the cache ran dry
//     level = kin_start_mark_level(m, now, &facts);
//
// The mark is a time, the margin: how much later than the earliest ones frames come (the worst of late), what a loss
// takes and holds up, or at least what it takes to get a lost packet again, and an allowance that doubles with each
// underrun and is halved every KIN_START_MARK_FORGET_US. As long as nothing is measured, a part of the round trip
// stands for the jitter. Frames are counted from it: the picture may move when as many are there, or when the first one
// has waited for the margin. So a slow reel never waits for a frame that is not due.
#ifndef KIN_ENGINE_START_MARK_H
#define KIN_ENGINE_START_MARK_H

#include <stdbool.h>

#include "base/time.h"

#define KIN_START_MARK_MIN_US (10 * KIN_US_PER_MS) // the least margin, on the best network
#define KIN_START_MARK_MAX_US (2 * KIN_US_PER_S)
#define KIN_START_MARK_FIRST_US (100 * KIN_US_PER_MS) // the allowance after the first underrun
#define KIN_START_MARK_FORGET_US (20 * KIN_US_PER_S)

struct kin_start_mark {
    unsigned fixed;      // frames, instead of what is measured; 0 = not fixed
    unsigned measured;   // frames since the beginning, up to a number that is enough
    kin_us late;         // by which frames come later than the earliest ones: the worst, falling slowly
    bool has_earliest;   // since the last change of pace
    kin_us earliest;     // arrival minus the frame's own time, of the earliest frames, rising slowly
    kin_us allowance;    // at allowance_at
    kin_us allowance_at; // of the last underrun
};

struct kin_start_mark_facts {
    unsigned target;  // of the cache, frames
    kin_us interval;  // between two frames as they are played; 0 = unknown
    kin_us rtt;       // -1 = unknown
    bool lossy;       // packets were lost lately
    kin_us repair_us; // how long a gap may hold up a frame
    kin_us again_us;  // what it takes to get a lost packet again; 0: it does not come again
};

struct kin_start_mark_level {
    unsigned frames; // that must be there, 1..target
    kin_us wait;     // from the first frame: then it moves with what is there
};

// fixed: frames (see above), or 0. wait is KIN_START_MARK_MAX_US then.
void kin_start_mark_init(struct kin_start_mark *m, unsigned fixed);
// The times of frames no longer compare with those before: another run, or another Speed.
void kin_start_mark_restart(struct kin_start_mark *m);
// A frame of RTP time ts, extended, is complete at `at`; RTP time is delivered at this Speed (thousandths, above 0).
void kin_start_mark_frame(struct kin_start_mark *m, kin_us at, int64_t ts, int32_t speed_milli);
void kin_start_mark_underrun(struct kin_start_mark *m, kin_us now);
// The margin alone, whatever was fixed.
kin_us kin_start_mark_margin(const struct kin_start_mark *m, kin_us now, const struct kin_start_mark_facts *facts);
struct kin_start_mark_level kin_start_mark_level(const struct kin_start_mark *m, kin_us now,
                                                 const struct kin_start_mark_facts *facts);

#endif
