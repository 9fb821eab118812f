// What the files of the cache share: the ring of frames, the cursor, the anchor of due times. playout.c writes it;
// playout_pace.c moves the anchor after a frame was handed out, and writes what that follows from.
#ifndef KIN_ENGINE_PLAYOUT_INTERNAL_H
#define KIN_ENGINE_PLAYOUT_INTERNAL_H

#include "engine/play/playout.h"
#include "engine/play/standstill.h"

struct kin_playout {
    struct kin_playout_options opts;
    struct kin_playout_stats stats;
    struct kin_standstill standstill;
    enum kin_playout_state state;
    enum kin_playout_reason reason;
    unsigned target, low; // frames
    unsigned mark;        // frames to start with ...
    kin_us wait;          // ... or how long the first one waits at most
    bool eases;           // fills by itself ...
    bool rises;        // ... since it began, ran dry, was below the low mark or the target grew, until that is reached
    bool filled;       // the target was reached since it began or ran dry
    int64_t pace;      // millionths by which frames follow each other sooner
    int64_t pace_rest; // of it, below a microsecond: in millionths of one
    bool ended;
    bool over;          // kin_playout_next() has seen that the last frame's time is over
    bool was_buffering; // when it was paused
    bool has_last;
    int64_t last_ts;   // extended time of the newest frame ever
    int64_t shown_ts;  // of the last frame handed out, which may have left the ring; INT64_MIN after a jump
    int64_t interval;  // 90 kHz, between the last two frames in order
    int64_t even;      // the same if it is constant in the reel; 0 unknown
    int64_t anchor_ts; // this RTP time is due at anchor_us
    kin_us anchor_us;
    bool refilling;  // buffering in the middle of playing: the anchor stays
    kin_us since;    // when buffering began
    int64_t hole_ts; // of the frame after the newest hole counted, INT64_MIN without one
    kin_us behind;   // how much later frames are shown than before the cache ran dry
    size_t bytes;
    size_t start, count, cursor, room; // cursor: frames from the oldest to the next one to show
    struct kin_playout_frame frames[];
};

// Frame i, counted from the oldest.
static inline struct kin_playout_frame *playout_at(const struct kin_playout *p, size_t i)
{
    return (struct kin_playout_frame *)&p->frames[(p->start + i) % p->room];
}

// A frame was handed out: decides how long after it the next one is due.
void playout_space(struct kin_playout *p);

#endif
