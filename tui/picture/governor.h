// Chooses what pictures are made of, by what that costs: time of the processor, and for images bytes to the terminal.
// (Cells always keep to their bytes: encoder.h.) Pure: simulated in the tests.
//
// The choices are rungs, the best first. A rung that takes too much is left for the next one, and tried again later:
// soon at first, then after ever longer times, so that a moment of load costs a moment and a machine that is too slow
// is not tried for ever.
#ifndef TUI_GOVERNOR_H
#define TUI_GOVERNOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

#define GOVERNOR_RUNGS_MAX 8

enum governor_reason { GOVERNOR_BEST, GOVERNOR_PROCESSOR, GOVERNOR_TERMINAL }; // why it is not the first rung

struct governor {
    size_t needed[GOVERNOR_RUNGS_MAX]; // bytes a picture without which a rung is not tried; 0: none
    unsigned rungs;                    // how many there are
    unsigned rung;                     // the one in use
    enum governor_reason reason;
    kin_us cost_us;     // of a picture on this rung, smoothed
    double excess;      // the same: its bytes over those that it might take
    unsigned samples;   // on this rung
    unsigned hopeless;  // the last ones that were far too dear, without one in between that was not
    kin_us since;       // when this rung was taken
    kin_us retry_after; // how long the one above is left alone
    bool raised;        // this rung is tried again, after the one below
};

struct governor_sample {
    kin_us cost_us;  // of decoding and rendering a picture
    kin_us interval; // that it lasts; 0 = unknown
    size_t bytes;    // of an image; 0 for cells
    size_t budget;   // that it was made for
    bool measured;   // the line takes no more; else it may
};

// Begins with the first of the rungs that needs no bytes, when they have changed. needed: as in struct governor.
void governor_set_rungs(struct governor *g, kin_us now, const size_t needed[], unsigned rungs);

// A picture of this rung has been made.
void governor_made(struct governor *g, kin_us now, const struct governor_sample *sample);

#endif
