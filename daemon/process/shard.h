// A worker and what it serves: its acceptors, and its connections with their viewers.
#ifndef DAEMON_SHARD_H
#define DAEMON_SHARD_H

#include "control/connection.h"
#include "delivery/delivery.h"
#include "ground/worker.h"
#include "io/acceptor.h"
#include "process/listener.h"
#include "process/services.h"

// Written by shard.c alone. Others start, stop and post to its worker, and read the counts of its connections.
struct shard {
    struct worker worker;
    bool made; // `worker` is initialised
    struct delivery delivery;
    struct connections connections;
    bool open; // `delivery` and `connections` are initialised
    struct kin_acceptor *acceptors[LISTENER_MAX];
};

// Makes its worker. KIN_OK, KIN_ENOMEM, KIN_EIO. Nothing is left behind on failure.
int shard_init(struct shard *s, unsigned index, kin_us heartbeat_every);
// Begins to accept connections, once the worker runs. What the params point to outlives the shard, except the RTP port:
// it is on the first shard's loop and closed when that stops. KIN_OK or an error; shard_deinit() may be called after
// either.
struct shard_params {
    const struct settings *settings;
    const struct services *services;
    struct rtp_port *rtp_port;
    const struct listeners *listeners;
};
int shard_open(struct shard *s, const struct shard_params *params);
// On its worker's thread: switches to these settings. Nothing there reads the old ones any more.
void shard_change_settings(struct shard *s, const struct settings *settings);
// While its worker does not run. Harmless on a zeroed struct.
void shard_deinit(struct shard *s);

#endif
