// Deadlines on a loop, as precise as a timerfd makes them (about 0.1 ms late instead of uv_timer's 1 ms).
#ifndef KIN_IO_TIMER_H
#define KIN_IO_TIMER_H

#include "io/loop.h"

// One deadline with absolute time, called once. All timers of a loop share one timerfd, so they cost no descriptor
// each. An armed timer keeps the loop running.
struct kin_timer;
typedef void kin_timer_fn(void *ctx, kin_us now); // from the loop; may set and free its own and any other timer

int kin_timer_new(struct kin_loop *loop, kin_timer_fn *fn, void *ctx, struct kin_timer **ret); // KIN_OK, KIN_ENOMEM
void kin_timer_set(struct kin_timer *t, kin_us deadline); // KIN_US_NEVER disarms; the past fires on the next turn
void kin_timer_free(struct kin_timer *t);                 // no callback after the call; accepts NULL

// From now on the loop wakes for deadlines once in `gap_us` at most, and then serves all that have come: waking and
// setting the timerfd costs more than what is due. A deadline that comes alone is as precise as ever. 0: no gap.
void kin_timer_gather(struct kin_loop *loop, kin_us gap_us);

#endif
