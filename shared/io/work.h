// A thread beside a loop, for one piece of work at a time that comes many times a second. libuv's own queue is for what
// comes rarely: its loop, once woken, spins until the thread that woke it runs again (uv_async_send(3) up to 1.44).
#ifndef KIN_IO_WORK_H
#define KIN_IO_WORK_H

#include <uv.h>

struct kin_work;
typedef void kin_work_fn(void *ctx);

// `run` is called on the thread, then `done` on the loop. The loop lives on while there is work, not for an idle
// thread. KIN_OK, KIN_ENOMEM, KIN_EIO (no descriptor or no thread is to be had).
int kin_work_new(uv_loop_t *loop, kin_work_fn *run, kin_work_fn *done, void *ctx, struct kin_work **ret);
// Has `run` called. Only while there is none under way, or from `done`.
void kin_work_start(struct kin_work *w);
// Ends the thread. Like kin_work_start() not while it works. Accepts NULL.
void kin_work_free(struct kin_work *w);

#endif
