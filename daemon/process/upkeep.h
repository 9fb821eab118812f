// What the main loop does besides serving: signals, the watchdog, the status line for the service manager, and dropping
// what is no longer used.
#ifndef DAEMON_UPKEEP_H
#define DAEMON_UPKEEP_H

#include "ground/task_threads.h"
#include "process/services.h"
#include "process/shard.h"

struct upkeep_params {
    struct shard *shards; // the first one's loop is the main one
    unsigned count;
    const struct services *services;
    kin_us watchdog_us;           // how often the service manager expects a sign of life; 0: never
    void (*on_reload)(void *ctx); // SIGHUP
    void (*on_stop)(void *ctx);   // SIGTERM, SIGINT
    void *ctx;
};

// Written by upkeep.c alone.
struct upkeep {
    struct upkeep_params p;
    uv_signal_t signals[3];
    bool catches_signals; // these handles are open
    struct kin_timer *watchdog, *status;
    uint64_t sent_bytes; // of all viewers, at the last status line
    struct task_threads *housekeeping;
    struct task tidy; // on that thread
    atomic_bool tidying;
};

// KIN_OK, KIN_ENOMEM, KIN_EIO. upkeep_stop() and upkeep_free() may be called after either, and on a zeroed struct.
int upkeep_start(struct upkeep *u, const struct upkeep_params *params);
// On the main loop, which ends no earlier; may be called from on_stop, and again.
void upkeep_stop(struct upkeep *u);
// Before the services are freed: waits for the housekeeping, which uses them.
void upkeep_free(struct upkeep *u);

#endif
