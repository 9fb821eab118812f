// How many frames a client's cache keeps ahead of the picture: those that the viewer asked for, more while the network
// needs more, never more than a limit. Pure.
//
//     frames = kin_cache_depth_update(d, now, &facts);     whenever the facts may have changed
//
// What the network needs is a time: by how much frames come late, and what it takes to get a lost packet again, twice
// (engine/play/start_mark.h). The depth grows to it at once, since the next frame may be that late. It shrinks by a
// frame at a time, and only after the need was smaller for a while.
//
//     0 ---- low mark -------- depth (high mark) ---- most
//
// Below the low mark the server is to deliver faster, or the picture goes a little slower, until the high mark is
// reached: what lies between them keeps either from being switched on and off with every frame.
#ifndef KIN_ENGINE_CACHE_DEPTH_H
#define KIN_ENGINE_CACHE_DEPTH_H

#include "base/time.h"

#define KIN_CACHE_DEPTH_HOLD_US (20 * KIN_US_PER_S) // without a need for the depth before it shrinks
#define KIN_CACHE_DEPTH_STEP_US KIN_US_PER_S        // from one frame less to the next

struct kin_cache_depth {
    unsigned least, most; // frames: what the viewer asked for, and the limit
    unsigned frames;      // the depth
    unsigned needed;      // by the newest facts, within the limits
    unsigned deepest;     // that it has been
    kin_us shrinks_at;    // while fewer are needed
};

struct kin_cache_depth_facts {
    kin_us need;     // playing time that must be ahead, 0 or more
    kin_us interval; // between two frames as they are played; 0 = unknown
    unsigned room;   // frames of the present size that the cache has memory for
};

// least is at least 1; a `most` below it means that the depth is fixed.
void kin_cache_depth_init(struct kin_cache_depth *d, unsigned least, unsigned most);
// Returns the depth in frames. Memory limits how far it grows, but does not make it shrink below `least`.
unsigned kin_cache_depth_update(struct kin_cache_depth *d, kin_us now, const struct kin_cache_depth_facts *facts);
// The low mark in frames: half of the depth, or as many as are needed, but at most three quarters. 1..depth.
unsigned kin_cache_depth_low(const struct kin_cache_depth *d);

#endif
