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
    struct settings *retired;  // replaced by a reload that is under way
    struct reload_step {       // on each worker
        struct worker_job job;
        struct reload *reload;
        struct shard *shard;
    } steps[WORKER_MAX];
    atomic_uint due;               // steps that are yet to be taken
    struct worker_job all_changed; // back on the main loop, when they all are
    bool again;                    // SIGHUP came while a reload was under way
    bool stopped;
};

// Takes *settings over. What is pointed to may be opened later and outlives this. KIN_OK or KIN_ENOMEM.
int reload_init(struct reload *r, const struct cli *cli, const struct settings *settings, struct services *services,
                struct shard *shards, unsigned count);
// All on the main loop. What comes of it is in the log.
void reload_begin(struct reload *r);
void reload_stop(struct reload *r); // reload_begin() does nothing any more
// When no worker runs any more.
void reload_deinit(struct reload *r);

#endif
