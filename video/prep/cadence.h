// Converts frames of any timing to a constant rate by repeating or dropping them, so that the picture at any moment is
// right to within about half a frame. The arithmetic is exact: no error accumulates, however long the film is.
#ifndef PREP_CADENCE_H
#define PREP_CADENCE_H

#include <stdbool.h>
#include <stdint.h>

#define CADENCE_JUMP_S 10 // a larger jump in a film's times is taken for a new count

#define CADENCE_MAX_TIME (INT64_C(1) << 56) // ticks, to either side

struct cadence {
    int64_t tick_num, tick_den; // seconds in a tick of the film
    int64_t rate_num, rate_den; // frames per second that are written
    int64_t origin;             // ticks: the film's time at which the output begins
    int64_t last;               // ticks: time of the current frame
    bool jumps;                 // jumps forward begin a new count, as jumps back always do
    int64_t length;             // ticks: of the film, INT64_MAX if unknown. A jump to beyond this is damage and begins
                                // a new count in any case
    uint64_t written, max_frames; // frames so far, and at most
};

// tick_num/tick_den seconds per tick, positive and below 2^31; rate_num/rate_den frames a second, within the
// limits of media/rate.h.
struct cadence cadence_init(int64_t tick_num, int64_t tick_den, uint32_t rate_num, uint32_t rate_den);

// No more frames are written than that.
void cadence_limit(struct cadence *c, uint64_t max_frames);

// The first frame is at `time`; the output begins at `origin`, which may lie before or after it.
void cadence_begin(struct cadence *c, int64_t time, int64_t origin);

// The next frame, or the end of the film, is at `time` (within CADENCE_MAX_TIME). Returns how often to write the frame
// before it, 0 to drop that one, and counts it as written so often.
uint64_t cadence_next(struct cadence *c, int64_t time);

// Ticks that one written frame lasts, at least 1.
int64_t cadence_period(const struct cadence *c);

bool cadence_full(const struct cadence *c); // max_frames are written

#endif
