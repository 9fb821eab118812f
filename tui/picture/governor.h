// Rate control of pictures: chooses the renderer by its cost in time, and the encoder's threshold by how fast the
// terminal drains.
#ifndef TUI_GOVERNOR_H
#define TUI_GOVERNOR_H

#include "base/time.h"
#include "picture/canvas.h"

struct governor {
    unsigned level;    // index into the thresholds
    kin_us checked;    // when the level was last checked
    uint64_t dropped;  // frames that the terminal had dropped by then
    kin_us quiet_from; // no drop since
    kin_us cost_us;    // of decoding and rendering with symbols, smoothed
    unsigned samples;  // of the cost
    bool too_slow;     // symbols take more than their share of the frame interval; stays set
};

// The terminal has dropped `dropped` frames in all. Call a few times a second.
void governor_terminal(struct governor *g, kin_us now, uint64_t dropped);

// A frame with symbols took cost_us to decode and render; a frame lasts interval_us (0 = unknown).
void governor_rendered(struct governor *g, kin_us cost_us, kin_us interval_us);

// The threshold for encoder_draw().
unsigned governor_threshold(const struct governor *g);

// What `auto` stands for now.
enum canvas_kind governor_kind(const struct governor *g);

#endif
