// A lane: a bounded queue of tasks that block or compute, and the threads that run them.
//
// The daemon has several, so that work of one kind never waits behind another kind. A lane knows neither reels nor
// frames. A task belongs to a session of a client: clients take turns, and so do the sessions of each; where a lane has
// several threads one client never holds them all. Nobody knows beforehand how long a task takes: one that can be
// paused and has run for TASK_SHORT_US is a long one from then on. Background tasks, for which nobody waits now, run
// when nothing else is queued. One thread is kept from both, so that short tasks pass them: a task that turns long on
// that thread, or came to be a background one there, gives it up when somebody waits, and begins again later. A task
// that nobody wants any more is withdrawn: one that still waits leaves the queue for good, one that runs sees
// `canceled`.
//
// Locks: a lane has one lock, the innermost of all: no task's function is called under it.
#ifndef DAEMON_TASK_THREADS_H
#define DAEMON_TASK_THREADS_H

#ifdef __cplusplus
#include <atomic>
using std::atomic_bool;
#else
#include <stdatomic.h>
#endif
#include <stdint.h>

#include "base/list.h"
#include "base/time.h"

#define TASK_THREADS_MAX 16                // of one lane
#define TASK_SHORT_US (10 * KIN_US_PER_MS) // a task that takes longer is a long one

enum task_rank { TASK_SHORT, TASK_LONG, TASK_BACKGROUND, TASK_RANK_COUNT };

// Numbers that name who wants it.
struct task_owner {
    uint64_t client, session;
};

// Embedded in what it works on. Nothing in it needs setting but `run` and `free`.
struct task {
    void (*run)(struct task *task);  // on a thread of the lane; has to end soon once `canceled` is set
    void (*free)(struct task *task); // on the same thread, after run; the lane knows the task no more
    atomic_bool canceled;            // withdrawn or paused, or the lane stops; long runs look at it
    bool can_pause;                  // set before it is added: run asks task_threads_is_paused() when it was canceled

    // private to task_threads.c
    struct kin_list node;
    struct task_owner owner;
    enum task_rank rank;
    bool is_long, withdrawn;
    bool pausing, paused; // it is to give way; its run said that it does
};

struct task_threads_params {
    unsigned threads;   // 1 .. TASK_THREADS_MAX
    unsigned queue_max; // tasks that wait at once; one more is refused
};

struct task_threads;

// Starts the threads. KIN_OK (caller owns *ret), KIN_ENOMEM (also: no thread to be had).
int task_threads_new(const struct task_threads_params *params, struct task_threads **ret);
// Stops, and waits for the threads. Accepts NULL.
void task_threads_free(struct task_threads *t);

// All below: any thread.

// Queues the task for its owner. KIN_OK: run and then free will be called, unless it is withdrawn before. KIN_ELIMIT:
// the queue is full; KIN_ESTATE: the lane has been stopped; the task stays the caller's in both cases.
int task_threads_add(struct task_threads *t, struct task *task, struct task_owner owner);
// A task gets an owner who waits, or has none (background) any more. One that runs goes on, but counts as the other
// kind.
void task_threads_promote(struct task_threads *t, struct task *task, struct task_owner owner);
void task_threads_demote(struct task_threads *t, struct task *task);
// The task was added, and `free` has not been called. True: it waited and is out of the queue; it is the caller's, and
// nothing is called any more. False: it runs, or has run; it is canceled.
bool task_threads_withdraw(struct task_threads *t, struct task *task);
// From now on nothing is added. What runs is canceled, and what waits is run at once with `canceled` set.
void task_threads_stop(struct task_threads *t);

// A run that can be paused calls it now and then, with the time that it has taken so far; it may find itself canceled.
void task_threads_check_time(struct task_threads *t, struct task *task, kin_us taken);
// For a run that was canceled: true when it is to return without a result, and will be called again later.
bool task_threads_is_paused(struct task_threads *t, struct task *task);

unsigned task_threads_waiting(struct task_threads *t);

// Processors that this process may use, at least 1.
unsigned task_threads_processors(void);

#endif
