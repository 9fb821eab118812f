// A lane: a bounded queue of tasks that block or compute, and the threads that run them.
//
// The daemon has several, so that work of one kind never waits behind another kind. A lane knows neither reels nor
// frames.
//
// Fairness: a task belongs to a session of a client. Clients take turns, and so do the sessions of each; in a lane of
// several threads one client never holds them all.
//
// Ranks: nobody knows beforehand how long a task takes. One that can be paused and has run for TASK_SHORT_US is a long
// one from then on. Background tasks, for which nobody waits now, run when nothing else is queued. One thread is
// reserved for short tasks: a task that becomes a long or a background one on that thread is paused when a short one
// waits, and begins again later.
//
// Withdrawal: when nobody wants a task any more, it leaves the queue if it still waits there, and sees `canceled` if it
// runs.
//
// Locks: a lane has one lock, the innermost of all: no task's function is called under it.
#ifndef DAEMON_TASK_THREADS_H
#define DAEMON_TASK_THREADS_H

#include <stdint.h>

#include "base/atomic.h"
#include "base/list.h"
#include "base/time.h"

#define TASK_THREADS_MAX 16                // of one lane
#define TASK_SHORT_US (10 * KIN_US_PER_MS) // a task that takes longer is a long one

enum task_rank { TASK_SHORT, TASK_LONG, TASK_BACKGROUND, TASK_RANK_COUNT };

// Who wants a task, as numbers.
struct task_owner {
    uint64_t client, session;
};

// Embedded in what it works on. Only `run` and `free` need to be set.
struct task {
    void (*run)(struct task *task);  // on a thread of the lane; has to end soon once `canceled` is set
    void (*free)(struct task *task); // on the same thread, after run; the lane does not touch the task any more
    atomic_bool canceled;            // withdrawn or paused, or the lane stops; long runs look at it
    bool can_pause;                  // set before it is added: a canceled run calls task_threads_is_paused()

    // private to task_threads.c
    struct kin_list node;
    struct task_owner owner;
    enum task_rank rank;
    bool is_long, withdrawn;
    bool pausing, paused; // it has to pause; its run is ending for that
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
// Somebody waits for the task now, or nobody does any more and it becomes a background task. One that runs goes on with
// its new rank.
void task_threads_promote(struct task_threads *t, struct task *task, struct task_owner owner);
void task_threads_demote(struct task_threads *t, struct task *task);
// For a task that was added, before its `free` is called. True: it still waited, and is the caller's again; nothing is
// called any more. False: it runs or has run, and is canceled.
bool task_threads_withdraw(struct task_threads *t, struct task *task);
// From now on nothing is added. Running tasks are canceled, and queued ones are run at once with `canceled` set.
void task_threads_stop(struct task_threads *t);

// Called now and then by a run that can be paused, with the time that it has taken so far; may cancel it.
void task_threads_check_time(struct task_threads *t, struct task *task, kin_us taken);
// For a run that finds itself canceled: true when it has to return without a result and will be called again later.
bool task_threads_is_paused(struct task_threads *t, struct task *task);

unsigned task_threads_waiting(struct task_threads *t);

// Processors that this process may use, at least 1.
unsigned task_threads_processors(void);

#endif
