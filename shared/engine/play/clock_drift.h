// By how much a sender's clock is faster than ours, as its frames show. Pure.
//
//     kin_clock_drift_frame(d, at, ts);     a frame has come that was sent at the pace at which it is played
//     kin_clock_drift_restart(d);           times no longer compare with those before: a jump, another pace
//
// A frame's transit is its arrival minus its own time. The network only ever adds to it, so the least transit of some
// seconds is that of a frame that nothing held up, and what it changes by from window to window is the difference of
// the clocks. Slopes are taken between windows that lie far apart, and their median counts: a window in which all
// frames were held up changes nothing. The first window is left out, since senders may begin with a burst.
//
// A foreign server that delivers 23.9 frames/s with the times of 24 has a slow clock in this sense.
#ifndef KIN_ENGINE_CLOCK_DRIFT_H
#define KIN_ENGINE_CLOCK_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_CLOCK_DRIFT_WINDOW_US (8 * KIN_US_PER_S)
#define KIN_CLOCK_DRIFT_WINDOWS 32                 // the newest ones, of which the estimate is made: four minutes
#define KIN_CLOCK_DRIFT_WINDOWS_MIN 6              // before there is one
#define KIN_CLOCK_DRIFT_MAX_PPM 20000              // a greater difference is no clock's, but another pace
#define KIN_CLOCK_DRIFT_LEAP_US (2 * KIN_US_PER_S) // between two windows: the sender's time began anew

struct kin_clock_drift { // all 0 at first
    bool known;
    int32_t ppm; // by which the sender's clock is faster; of the last run of windows that was long enough
    bool begun;  // a first frame has come since the restart
    bool skips;  // the first window is not over
    kin_us first_at, window_at;
    int64_t first_ts;
    bool has_least;
    kin_us least;                            // transit of this window, less that of the first frame
    unsigned count;                          // windows so far, up to KIN_CLOCK_DRIFT_WINDOWS
    kin_us windows[KIN_CLOCK_DRIFT_WINDOWS]; // the least transit of each, oldest first
};

// Keeps the estimate.
void kin_clock_drift_restart(struct kin_clock_drift *d);
// ts: RTP time, 90 kHz, extended.
void kin_clock_drift_frame(struct kin_clock_drift *d, kin_us at, int64_t ts);

#endif
