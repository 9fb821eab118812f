// One worker with what it serves: the acceptors that bring it connections, and these with their viewers.
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
    bool made; // the worker stands
    struct delivery delivery;
    struct connections connections;
    bool open; // these two stand
    struct kin_acceptor *acceptors[LISTENER_MAX];
};

// Makes its worker. KIN_OK, KIN_ENOMEM, KIN_EIO. Nothing is left behind on failure.
int shard_init(struct shard *s, unsigned index, kin_us heartbeat_every);
// Begins to accept connections, once the worker runs. What is given outlives the shard; but the RTP port, which stands
// on the first shard's loop, is closed when that stops. KIN_OK or an error; shard_deinit() is right after both.
struct shard_params {
    const struct settings *settings;
    const struct services *services;
    struct rtp_port *rtp_port;
    const struct listeners *listeners;
};
int shard_open(struct shard *s, const struct shard_params *params);
// On its worker's thread: goes by these settings from now on. Nobody there reads the old ones any more.
void shard_change_settings(struct shard *s, const struct settings *settings);
// When its worker does not run, or no longer. Harmless on a zeroed struct.
void shard_deinit(struct shard *s);

#endif
