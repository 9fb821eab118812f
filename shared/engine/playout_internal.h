// What the parts of the cache share: the ring of frames, the cursor, the anchor of due times. Written by playout.c
// only.
#ifndef KIN_ENGINE_PLAYOUT_INTERNAL_H
#define KIN_ENGINE_PLAYOUT_INTERNAL_H

#include "engine/playout.h"

struct kin_playout {
    struct kin_playout_options opts;
    struct kin_playout_stats stats;
    enum kin_playout_state state;
    bool ended;
    bool over;          // the last frame's time is over, and kin_playout_next() has seen it
    bool was_buffering; // when it was paused
    bool has_last;
    int64_t last_ts;   // extended time of the newest frame ever
    int64_t shown_ts;  // of the frame last handed out, INT64_MIN after a jump: it may be gone from the ring
    int64_t interval;  // 90 kHz, between the last two frames in order
    int64_t even;      // the same, when all frames keep it; 0 unknown
    int64_t anchor_ts; // this RTP time is due at anchor_us
    kin_us anchor_us;
    bool refilling;  // it buffers in the middle of playing: the anchor holds still
    kin_us since;    // it buffers, at the earliest
    int64_t hole_ts; // of the frame behind the newest hole that was counted, INT64_MIN without one
    kin_us behind;   // how much later frames are shown than before it ran dry
    size_t bytes;
    size_t start, count, cursor, room; // cursor: frames from the oldest to the next one to show
    struct kin_playout_frame frames[];
};

// The i-th frame from the oldest on.
static inline struct kin_playout_frame *playout_at(const struct kin_playout *p, size_t i)
{
    return (struct kin_playout_frame *)&p->frames[(p->start + i) % p->room];
}

#endif
