// One worker: its loop, its thread, the jobs that other threads post to it.
#include "ground/worker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/priority.h"
#include "io/timer.h"

#define TURN_GAP_US 750 // between turns for deadlines: less than a millisecond is not seen, and waking is dear

// --- jobs

static struct worker_job *next_job(struct worker *w)
{
    struct worker_job *job = NULL;
    uv_mutex_lock(&w->lock);
    if (!kin_list_empty(&w->jobs)) {
        job = KIN_CONTAINER(w->jobs.next, struct worker_job, node);
        kin_list_remove(&job->node);
    }
    uv_mutex_unlock(&w->lock);
    return job;
}

static void run_jobs(struct worker *w)
{
    struct worker_job *job;
    while ((job = next_job(w)) != NULL)
        job->run(job);
}

// No job is accepted after this; those posted before still run.
static void stop_now(struct worker *w)
{
    if (w->stopped)
        return;
    w->stopped = true;
    if (w->on_stop != NULL)
        w->on_stop(w->ctx);
    uv_mutex_lock(&w->lock);
    w->accepts_jobs = false;
    uv_mutex_unlock(&w->lock);
    run_jobs(w);
    kin_timer_free(w->heartbeat_timer);
    w->heartbeat_timer = NULL;
    uv_close((uv_handle_t *)&w->async, NULL);
}

static void on_async(uv_async_t *async)
{
    struct worker *w = (struct worker *)async->data;
    run_jobs(w);
    if (atomic_load(&w->stop_requested))
        stop_now(w);
}

bool worker_post(struct worker *w, struct worker_job *job)
{
    uv_mutex_lock(&w->lock);
    bool taken = w->accepts_jobs;
    if (taken) {
        kin_list_push_back(&w->jobs, &job->node);
        uv_async_send(&w->async); // under the lock: the handle is open as long as jobs are accepted
    }
    uv_mutex_unlock(&w->lock);
    return taken;
}

static void wake(struct worker *w)
{
    uv_mutex_lock(&w->lock);
    if (w->accepts_jobs)
        uv_async_send(&w->async);
    uv_mutex_unlock(&w->lock);
}

void worker_stop(struct worker *w)
{
    atomic_store(&w->stop_requested, true);
    wake(w);
}

// --- heartbeat

static void on_heartbeat(void *ctx, kin_us now)
{
    struct worker *w = ctx;
    atomic_store(&w->heartbeat, (long long)now);
    kin_timer_set(w->heartbeat_timer, now + w->heartbeat_every);
}

kin_us worker_heartbeat(const struct worker *w)
{
    return (kin_us)atomic_load(&w->heartbeat);
}

// --- life

static void fill(struct worker *w, const struct worker_params *p)
{
    w->index = p->index;
    w->on_stop = p->on_stop;
    w->ctx = p->ctx;
    w->threaded = false;
    w->accepts_jobs = true;
    w->stopped = false;
    w->heartbeat_timer = NULL;
    w->heartbeat_every = p->heartbeat_every;
    kin_list_init(&w->jobs);
    atomic_init(&w->stop_requested, false);
    atomic_init(&w->heartbeat, (long long)kin_clock_mono_us());
}

static int start_heartbeat(struct worker *w)
{
    if (w->heartbeat_every <= 0)
        return KIN_OK;
    int err = kin_timer_new(&w->loop, on_heartbeat, w, &w->heartbeat_timer);
    if (err == KIN_OK)
        kin_timer_set(w->heartbeat_timer, kin_loop_now(&w->loop) + w->heartbeat_every);
    return err;
}

int worker_init(struct worker *w, const struct worker_params *params)
{
    fill(w, params);
    if (uv_mutex_init(&w->lock) != 0)
        return KIN_EIO;
    int err = kin_loop_init(&w->loop);
    if (err != KIN_OK)
        goto no_loop;
    w->async.data = w;
    if (uv_async_init(&w->loop.uv, &w->async, on_async) != 0) {
        err = KIN_EIO;
        goto no_async;
    }
    kin_timer_gather(&w->loop, TURN_GAP_US);
    err = start_heartbeat(w);
    if (err == KIN_OK)
        return KIN_OK;
    uv_close((uv_handle_t *)&w->async, NULL);
no_async:
    kin_loop_deinit(&w->loop);
no_loop:
    uv_mutex_destroy(&w->lock);
    return err;
}

void worker_run(struct worker *w)
{
    kin_priority_loop();
    uv_run(&w->loop.uv, UV_RUN_DEFAULT);
}

static void thread_main(void *arg)
{
    worker_run((struct worker *)arg);
}

int worker_start(struct worker *w)
{
    if (uv_thread_create(&w->thread, thread_main, w) != 0)
        return KIN_EIO;
    w->threaded = true;
    return KIN_OK;
}

void worker_join(struct worker *w)
{
    if (!w->threaded)
        return;
    uv_thread_join(&w->thread);
    w->threaded = false;
}

int worker_deinit(struct worker *w)
{
    stop_now(w); // when it never ran
    int err = kin_loop_deinit(&w->loop);
    uv_mutex_destroy(&w->lock);
    return err;
}
