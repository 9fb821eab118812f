// A libuv loop with the time read once per turn. Its deadlines: io/timer.h.
#ifndef KIN_IO_LOOP_H
#define KIN_IO_LOOP_H

#include <stdbool.h>
#include <uv.h>

#include "base/time.h"

struct kin_timer; // io/timer.h

// The monotonic time (kin_clock_mono_us) of this loop turn: read on the first call after the loop woke.
struct kin_loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_check_t check;
    kin_us now;
    bool now_valid;
    // All deadlines of the loop: a binary heap, earliest first, on one timerfd.
    uv_poll_t timer_poll;
    uv_timer_t linger; // bounds kin_loop_deinit
    int timer_fd;
    kin_us timer_armed; // what the timerfd is set to, KIN_US_NEVER when off
    kin_us timer_pass;  // while deadlines are being called: the time of that, else KIN_US_NEVER
    kin_us timer_gap;   // from one such pass to the next at least
    kin_us timer_last;  // the time of the last pass
    struct kin_timer **heap;
    size_t heap_count; // armed timers
    size_t heap_size;  // room
    size_t timer_count;
    uint8_t *scratch; // receive buffers shared by the datagram sockets of this loop
};

// KIN_OK, KIN_ENOMEM, KIN_EIO (out of descriptors). Nothing is left behind on failure. SIGPIPE is ignored
// from then on, for the whole process.
int kin_loop_init(struct kin_loop *loop);
// Closes the loop's own handles, runs the loop until all handles are gone (at most KIN_LOOP_LINGER_MS), closes it.
// Returns 0, or the error of uv_loop_close() when somebody left a handle or a kin_timer open.
#define KIN_LOOP_LINGER_MS 5000
int kin_loop_deinit(struct kin_loop *loop);
// Runs the loop until all handles and requests are gone, at most patience_ms; then for requests alone (a look-up of a
// host name, work on the thread pool: they cannot be canceled) at most requests_ms. False when something is left: its
// memory and the loop must then stay.
bool kin_loop_drain(struct kin_loop *loop, unsigned patience_ms, unsigned requests_ms);
kin_us kin_loop_now(struct kin_loop *loop);
void kin_loop_touch(struct kin_loop *loop); // forget the time read: the next kin_loop_now() reads the clock again

#endif
