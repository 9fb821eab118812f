// How much a picture may cost: chooses the renderer by the time it takes and the exactness by what the terminal drains.
#ifndef TUI_GOVERNOR_H
#define TUI_GOVERNOR_H

#include "base/time.h"
#include "picture/canvas.h"

struct governor {
    unsigned level;    // index into the thresholds
    kin_us checked;    // when the level was last looked at
    uint64_t dropped;  // frames the terminal had lost by then
    kin_us quiet_from; // no drop since
    kin_us cost_us;    // of decoding and rendering with symbols, smoothed
    unsigned samples;  // of the cost
    bool too_slow;     // symbols take more than their share of the frame interval
};

// Tells that the terminal has lost `dropped` frames in all. Call a few times a second.
void governor_terminal(struct governor *e, kin_us now, uint64_t dropped);

// Tells what a frame with symbols cost, and how long a frame lasts (0 = unknown).
void governor_rendered(struct governor *e, kin_us cost_us, kin_us interval_us);

// The threshold for encoder_draw().
unsigned governor_threshold(const struct governor *e);

// What `auto` stands for now.
enum canvas_kind governor_kind(const struct governor *e);

#endif
