// At what pace a client's picture has to go so that its cache neither runs dry nor over in hours, though the sender's
// clock is not ours. Pure.
//
//     kin_cache_level_frame(l, now, slack, aim, band);     a frame has come, `slack` before its time
//     ppm = kin_cache_level_pace(l, drift_ppm);            by so much sooner frames follow each other
//
// The pace is the sender's, as far as that is known (engine/play/clock_drift.h), and a correction while the mean slack
// of some seconds is outside a band around what it should be. Both together are no more than can be seen.
#ifndef KIN_ENGINE_CACHE_LEVEL_H
#define KIN_ENGINE_CACHE_LEVEL_H

#include <stdint.h>

#include "base/time.h"

#define KIN_CACHE_LEVEL_WINDOW_US (4 * KIN_US_PER_S)
#define KIN_CACHE_LEVEL_FRAMES 4                      // at least, in a window
#define KIN_CACHE_LEVEL_RETURN_US (20 * KIN_US_PER_S) // in which it would be back in the band at a constant pace
#define KIN_CACHE_LEVEL_MAX_PPM 5000                  // half a percent

struct kin_cache_level { // all 0 at first
    kin_us since, sum;   // of the present window; sum: of slack beyond the aim
    unsigned count;
    int32_t ppm; // the correction
};

// The level changes by other means, or is another one: no correction until it has been measured again.
void kin_cache_level_restart(struct kin_cache_level *l);
// aim: the slack that there should be; band: what it may differ by, on either side.
void kin_cache_level_frame(struct kin_cache_level *l, kin_us now, kin_us slack, kin_us aim, kin_us band);
// Parts per million, within KIN_CACHE_LEVEL_MAX_PPM; negative: later.
int32_t kin_cache_level_pace(const struct kin_cache_level *l, int32_t drift_ppm);

#endif
