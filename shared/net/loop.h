// A libuv loop with the time read once per turn, and deadlines as precise as a timerfd makes them.
#ifndef KIN_NET_LOOP_H
#define KIN_NET_LOOP_H

#include <stdbool.h>
#include <uv.h>

#include "base/time.h"

// The monotonic time (kin_clock_mono_us) of this loop turn: read on the first call after the loop woke.
struct kin_loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_check_t check;
    kin_us now;
    bool now_valid;
};

int kin_loop_init(struct kin_loop *loop);
// Closes the own handles, runs the loop until all handles are gone, closes it. Returns 0, or the error of
// uv_loop_close() when somebody left a handle open.
int kin_loop_deinit(struct kin_loop *loop);
kin_us kin_loop_now(struct kin_loop *loop);
void kin_loop_touch(struct kin_loop *loop); // forget the time read: the next kin_loop_now() reads the clock again

// A deadline on a timerfd with absolute time through uv_poll (about 0.1 ms late instead of uv_timer's 1 ms).
struct kin_timer;
typedef void kin_timer_fn(void *ctx, kin_us now);
int kin_timer_new(struct kin_loop *loop, kin_timer_fn *fn, void *ctx, struct kin_timer **ret);
void kin_timer_set(struct kin_timer *t, kin_us deadline); // KIN_US_NEVER disarms; the past fires on the next turn
void kin_timer_free(struct kin_timer *t);                 // asynchronous; no callback after the call; accepts NULL

#endif
