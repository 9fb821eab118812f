// Signals, the watchdog and the status line; now and then it returns unused memory.
#include "process/upkeep.h"

#include <signal.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/plural.h"
#include "ground/journal.h"
#include "ground/limits.h"
#include "ground/messages.h"
#include "io/notify.h"
#include "io/timer.h"
#include "library/catalogue.h"

#define STATUS_US (5 * KIN_US_PER_S)

static void on_signal(uv_signal_t *handle, int number)
{
    const struct upkeep *u = handle->data;
    if (number == SIGHUP)
        u->p.on_reload(u->p.ctx);
    else
        u->p.on_stop(u->p.ctx);
}

// A worker is alive if its loop has turned within the last two periods; the main loop is, since this runs on it.
static void on_watchdog(void *ctx, kin_us now)
{
    struct upkeep *u = ctx;
    kin_us oldest = kin_clock_mono_us();
    kin_timer_set(u->watchdog, now + u->p.watchdog_us);
    for (unsigned i = 1; i < u->p.count; i++)
        oldest = kin_us_min(oldest, worker_heartbeat(&u->p.shards[i].worker));
    if (kin_clock_mono_us() - oldest <= 2 * u->p.watchdog_us)
        kin_notify("WATCHDOG=1");
    else
        journal(JOURNAL_TROUBLE, KIN_LOG_ERR, MSG_WORKER_STUCK);
}

// On the housekeeping thread: drops indexes that were not used for long, and returns free memory to the system.
static void run_tidy(struct task *task)
{
    const struct upkeep *u = KIN_CONTAINER(task, struct upkeep, tidy);
    catalogue_tidy(u->p.services->catalogue, kin_clock_mono_us());
    kin_memory_trim();
}

static void on_tidied(struct task *task)
{
    atomic_store(&KIN_CONTAINER(task, struct upkeep, tidy)->tidying, false);
}

static void tidy(struct upkeep *u)
{
    if (atomic_exchange(&u->tidying, true))
        return;
    u->tidy.run = run_tidy;
    u->tidy.free = on_tidied;
    if (task_threads_add(u->housekeeping, &u->tidy, (struct task_owner){0}) != KIN_OK)
        atomic_store(&u->tidying, false);
}

static void on_status(void *ctx, kin_us now)
{
    struct upkeep *u = ctx;
    unsigned playing = 0;
    uint64_t bytes = 0;
    kin_timer_set(u->status, now + STATUS_US);
    for (unsigned i = 0; i < u->p.count; i++) {
        playing += atomic_load(&u->p.shards[i].connections.playing);
        bytes += atomic_load(&u->p.shards[i].connections.sent_bytes);
    }
    uint64_t more = bytes > u->sent_bytes ? bytes - u->sent_bytes : 0;
    u->sent_bytes = bytes;
    tidy(u);
    size_t sessions = limits_count(u->p.services->limits, LIMITS_SESSIONS);
    size_t connections = limits_count(u->p.services->limits, LIMITS_CONNECTIONS);
    kin_notify("STATUS=" MSG_STATUS, playing, kin_plural(playing), (double)more * 8 / (double)STATUS_US, sessions,
               kin_plural(sessions), connections, kin_plural(connections));
}

static int start_signals(struct upkeep *u, uv_loop_t *loop)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    int err = KIN_OK;
    u->catches_signals = true;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uv_signal_init(loop, &u->signals[i]);
        u->signals[i].data = u;
        if (uv_signal_start(&u->signals[i], on_signal, numbers[i]) != 0)
            err = KIN_EIO;
    }
    return err;
}

int upkeep_start(struct upkeep *u, const struct upkeep_params *params)
{
    struct kin_loop *loop = &params->shards[0].worker.loop;
    kin_us now = kin_loop_now(loop);
    u->p = *params;
    int err = task_threads_new(&(struct task_threads_params){.threads = 1, .queue_max = 1}, &u->housekeeping);
    if (err == KIN_OK)
        err = kin_timer_new(loop, on_watchdog, u, &u->watchdog);
    if (err == KIN_OK)
        err = kin_timer_new(loop, on_status, u, &u->status);
    if (err != KIN_OK)
        return err;
    kin_timer_set(u->watchdog, u->p.watchdog_us > 0 ? now + u->p.watchdog_us : KIN_US_NEVER);
    kin_timer_set(u->status, now + STATUS_US);
    return start_signals(u, &loop->uv);
}

void upkeep_stop(struct upkeep *u)
{
    kin_timer_free(u->watchdog);
    kin_timer_free(u->status);
    u->watchdog = u->status = NULL;
    for (unsigned i = 0; u->catches_signals && i < sizeof u->signals / sizeof u->signals[0]; i++)
        uv_close((uv_handle_t *)&u->signals[i], NULL);
    u->catches_signals = false;
}

void upkeep_free(struct upkeep *u)
{
    task_threads_free(u->housekeeping);
    u->housekeeping = NULL;
}
