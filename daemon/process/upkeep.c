// What the main loop does besides serving: signals, the watchdog, and the status line for the service manager.
#include <signal.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/plural.h"
#include "ground/journal.h"
#include "ground/memory.h"
#include "io/notify.h"
#include "io/timer.h"
#include "process/app_internal.h"

#define STATUS_US (5 * KIN_US_PER_S)

static void on_signal(uv_signal_t *handle, int number)
{
    struct app *app = handle->data;
    if (number == SIGHUP)
        reload_begin(app);
    else
        app_stop(app);
}

// Alive is who turned its loop within the last two periods; the main loop shows it by being here.
static void on_watchdog(void *ctx, kin_us now)
{
    struct app *app = ctx;
    kin_us oldest = kin_clock_mono_us();
    kin_timer_set(app->watchdog, now + app->watchdog_us);
    for (unsigned i = 1; i < app->count; i++)
        oldest = kin_us_min(oldest, worker_heartbeat(&app->shards[i].worker));
    if (kin_clock_mono_us() - oldest <= 2 * app->watchdog_us)
        kin_notify("WATCHDOG=1");
    else
        journal(JOURNAL_TROUBLE, KIN_LOG_ERR, "a worker has not turned its loop for too long");
}

// Indexes that nobody used for long go, and freed memory goes back to the system. On the housekeeping thread.
static void run_tidy(struct task *task)
{
    struct app *app = KIN_CONTAINER(task, struct app, tidy);
    catalogue_tidy(app->catalogue, kin_clock_mono_us());
    memory_trim();
}

static void on_tidied(struct task *task)
{
    atomic_store(&KIN_CONTAINER(task, struct app, tidy)->tidying, false);
}

static void tidy(struct app *app)
{
    if (atomic_exchange(&app->tidying, true))
        return;
    app->tidy.run = run_tidy;
    app->tidy.free = on_tidied;
    if (task_threads_add(app->housekeeping, &app->tidy, (struct task_owner){0}) != KIN_OK)
        atomic_store(&app->tidying, false);
}

static void on_status(void *ctx, kin_us now)
{
    struct app *app = ctx;
    unsigned playing = 0;
    uint64_t bytes = 0;
    kin_timer_set(app->status, now + STATUS_US);
    for (unsigned i = 0; i < app->count; i++) {
        playing += atomic_load(&app->shards[i].connections.playing);
        bytes += atomic_load(&app->shards[i].connections.sent_bytes);
    }
    uint64_t more = bytes > app->status_bytes ? bytes - app->status_bytes : 0;
    app->status_bytes = bytes;
    tidy(app);
    size_t sessions = limits_count(app->limits, LIMITS_SESSIONS);
    size_t connections = limits_count(app->limits, LIMITS_CONNECTIONS);
    kin_notify("STATUS=%u viewer%s, %.1f Mbit/s, %zu session%s, %zu connection%s", playing, kin_plural(playing),
               (double)more * 8 / (double)STATUS_US, sessions, kin_plural(sessions), connections,
               kin_plural(connections));
}

static int start_signals(struct app *app, uv_loop_t *loop)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    int err = KIN_OK;
    app->catches_signals = true;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uv_signal_init(loop, &app->signals[i]);
        app->signals[i].data = app;
        if (uv_signal_start(&app->signals[i], on_signal, numbers[i]) != 0)
            err = KIN_EIO;
    }
    return err;
}

int upkeep_start(struct app *app)
{
    struct kin_loop *loop = &app->shards[0].worker.loop;
    kin_us now = kin_loop_now(loop);
    if (kin_timer_new(loop, on_watchdog, app, &app->watchdog) != KIN_OK ||
        kin_timer_new(loop, on_status, app, &app->status) != KIN_OK)
        return KIN_ENOMEM;
    kin_timer_set(app->watchdog, app->watchdog_us > 0 ? now + app->watchdog_us : KIN_US_NEVER);
    kin_timer_set(app->status, now + STATUS_US);
    return start_signals(app, &loop->uv);
}

void upkeep_stop(struct app *app)
{
    kin_timer_free(app->watchdog);
    kin_timer_free(app->status);
    app->watchdog = app->status = NULL;
    for (unsigned i = 0; app->catches_signals && i < sizeof app->signals / sizeof app->signals[0]; i++)
        uv_close((uv_handle_t *)&app->signals[i], NULL);
}
