// Frames of any timing become frames of a constant rate: each is repeated or dropped, so that at any moment the picture
// is the right one to within half a frame or so. Exact arithmetic: nothing adds up, however long the film is.
#ifndef PREP_CADENCE_H
#define PREP_CADENCE_H

#include <stdbool.h>
#include <stdint.h>

#define CADENCE_JUMP_S 10 // a film whose times jump by more is taken to begin a new count there

#define CADENCE_MAX_TIME (INT64_C(1) << 56) // ticks, to either side

struct cadence {
    int64_t tick_num, tick_den; // seconds in a tick of the film
    int64_t rate_num, rate_den; // frames per second that are written
    int64_t origin;             // the time that is 0 of what is written, in ticks
    int64_t last;               // time of the frame in hand
    bool jumps;                 // times that jump forward begin a new count, too
    int64_t length;             // ticks: jumps to more than this since the origin always do, for such times are damage;
                                // INT64_MAX when it is not known
    uint64_t written, max_frames; // frames so far, and at most
};

// tick_num/tick_den seconds per tick, positive and below 2^31; rate_num/rate_den frames a second, within the
// limits of media/rate.h.
struct cadence cadence_init(int64_t tick_num, int64_t tick_den, uint32_t rate_num, uint32_t rate_den);

// The first frame, at `time`; the writing begins at `origin` (which may lie before or after it).
void cadence_begin(struct cadence *c, int64_t time, int64_t origin);

// A frame at `time` follows the one in hand (or the film ends there). All times lie within CADENCE_MAX_TIME. Returns
// how often that one is to be written before it: 0 when it is dropped. Counts as written.
uint64_t cadence_next(struct cadence *c, int64_t time);

// Ticks of one written frame, at least 1.
int64_t cadence_period(const struct cadence *c);

bool cadence_full(const struct cadence *c); // max_frames are written

#endif
