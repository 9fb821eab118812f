// The settings in force, and their replacement by SIGHUP: on every worker, or nothing changes at all.
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "process/cli.h"
#include "process/services.h"
#include "process/shard.h"

// Written by reload.c alone.
struct reload {
    const struct cli *cli; // where settings come from
    struct services *services;
    struct shard *shards;
    unsigned count;
    struct settings *settings; // in force
    struct settings *retired;  // replaced, while a reload is under way
    struct reload_step {       // on each worker
        struct worker_job job;
        struct reload *reload;
        struct shard *shard;
    } steps[WORKER_MAX];
    atomic_uint due;               // steps that have not run yet
    struct worker_job all_changed; // on the main loop, after the last step
    bool again;                    // SIGHUP came while a reload was under way
    bool stopped;
};

// Takes ownership of *settings. What the others point to may be opened later, and outlives this. KIN_OK or KIN_ENOMEM.
int reload_init(struct reload *r, const struct cli *cli, const struct settings *settings, struct services *services,
                struct shard *shards, unsigned count);
// Both on the main loop. The outcome is logged.
void reload_begin(struct reload *r);
void reload_stop(struct reload *r); // reload_begin() does nothing any more
// After all workers have ended.
void reload_deinit(struct reload *r);

#endif
