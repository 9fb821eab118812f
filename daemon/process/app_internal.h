// Inside of the app, shared by app.c (building up and taking down), reload.c and upkeep.c.
#ifndef DAEMON_APP_INTERNAL_H
#define DAEMON_APP_INTERNAL_H

#include "control/connection.h"
#include "delivery/delivery.h"
#include "delivery/rtp_port.h"
#include "frames/frame_cache.h"
#include "ground/journal.h"
#include "ground/limits.h"
#include "ground/task_threads.h"
#include "ground/worker.h"
#include "io/acceptor.h"
#include "library/catalogue.h"
#include "process/app.h"
#include "process/listener.h"

// One worker with what it serves.
struct shard {
    struct app *app;
    struct worker worker;
    struct delivery delivery;
    struct connections connections;
    struct kin_acceptor *acceptors[LISTENER_MAX];
    bool made, started;
    struct worker_job reload; // posted by the main thread
};

struct app {
    struct cli cli;
    struct settings *settings;         // in force
    struct settings *retired;          // replaced by a reload that is under way
    atomic_uint reloads_due;           // workers that still have to take the new settings over
    struct task_threads *housekeeping; // one thread: what the main loop has done now and then
    struct task tidy;                  // on it
    atomic_bool tidying;
    struct limits *limits;
    size_t own_descriptors; // that no connection, reel or look-up needs
    struct send_budget *send_budget;
    struct journal_repeat accept_trouble;
    struct repair_store *repairs; // of frames; NULL: not kept
    struct conversion_memory *conversion_memory;
    struct frame_cache *frames;
    struct catalogue *catalogue;
    struct listeners listeners;
    struct rtp_port *rtp_port;
    struct shard *shards; // the first one is the main thread's
    unsigned count;
    uv_signal_t signals[3];
    bool catches_signals; // these three handles are open
    struct kin_timer *watchdog, *status;
    kin_us watchdog_us;
    uint64_t status_bytes;
    bool stopping;
    struct worker_job reloaded; // back on the main loop
    bool reload_again;          // SIGHUP came while a reload was under way
};

struct catalogue_settings app_catalogue_settings(const struct app *app, const struct settings *s);
void app_set_limits(struct app *app, const struct settings *s);
void app_stop(struct app *app);

// --- reload.c
void reload_begin(struct app *app);

// --- upkeep.c: signals, watchdog and status on the main loop
int upkeep_start(struct app *app);
void upkeep_stop(struct app *app);

#endif
