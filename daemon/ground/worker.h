// One worker: a loop on a thread of its own (the first one runs on the main thread), a queue of jobs from other
// threads, and a heartbeat. It does not know what it serves.
//
// Only its own thread may use a worker, except for worker_post(), worker_stop() and worker_heartbeat().
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "base/atomic.h"
#include "base/list.h"
#include "io/loop.h"

#define WORKER_MAX 64 // most workers of one daemon

// A job for another worker's loop. The caller provides the memory, so posting cannot fail; the job may free itself.
struct worker_job {
    struct kin_list node;
    void (*run)(struct worker_job *job); // on the worker's thread
};

struct worker {
    struct kin_loop loop;
    unsigned index; // 0 .. server.workers-1

    // private to worker.c
    void (*on_stop)(void *ctx);
    void *ctx;
    uv_thread_t thread;
    bool threaded;
    uv_async_t async;
    uv_mutex_t lock;
    struct kin_list jobs; // under lock
    bool accepts_jobs;    // under lock
    atomic_bool stop_requested;
    bool stopped;
    struct kin_timer *heartbeat_timer;
    kin_us heartbeat_every;
    atomic_llong heartbeat; // kin_us of the last sign of life
};

struct worker_params {
    unsigned index;
    // On the worker's thread when it is to stop: close what was opened on its loop, which ends when all handles are
    // gone. May be NULL.
    void (*on_stop)(void *ctx);
    void *ctx;
    kin_us heartbeat_every; // the watchdog's period, for which an idle loop wakes too; 0: no heartbeat
};

// KIN_OK, KIN_ENOMEM, KIN_EIO. On failure nothing is left behind.
int worker_init(struct worker *w, const struct worker_params *params);
// Runs the loop on the calling thread until worker_stop() was called and every handle is closed.
void worker_run(struct worker *w);
// Runs it on a new thread. KIN_OK or KIN_EIO.
int worker_start(struct worker *w);
// Waits for the thread of worker_start; harmless when there is none.
void worker_join(struct worker *w);
// After worker_run or worker_join, or instead of them. Returns kin_loop_deinit(): 0 when nothing was left open.
int worker_deinit(struct worker *w);

// Any thread; once. Runs on_stop on the worker's thread.
void worker_stop(struct worker *w);
// Any thread. Jobs run in the order they were posted. False when the worker has ended: the job stays the caller's.
bool worker_post(struct worker *w, struct worker_job *job);
// Any thread: monotonic time of the last sign of life; only moves while heartbeat_every is set.
kin_us worker_heartbeat(const struct worker *w);

#endif
