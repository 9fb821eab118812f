// A shard: accepts, serves, changes its settings and stops, all on its worker's thread.
#include "process/shard.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "delivery/rtp_port.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/shortage.h"

static struct journal_repeat accept_trouble; // of all shards together

static void on_accept(void *ctx, int fd)
{
    struct shard *s = ctx;
    connections_add(&s->connections, fd);
}

static void on_accept_trouble(void *ctx, int error)
{
    char more[JOURNAL_REPEAT_TEXT];
    (void)ctx;
    if (!shortage_note(error) && journal_is_due(&accept_trouble, kin_clock_mono_us(), more))
        journal(JOURNAL_TROUBLE, KIN_LOG_ERR, MSG_CANNOT_ACCEPT, strerror(error), more);
}

// The first shard stops last, when no viewer needs the RTP port any more.
static void on_stop(void *ctx)
{
    struct shard *s = ctx;
    if (!s->open)
        return;
    for (size_t i = 0; i < LISTENER_MAX; i++)
        kin_acceptor_close(s->acceptors[i]);
    connections_stop(&s->connections);
    if (s->worker.index == 0)
        rtp_port_close(s->delivery.rtp_port);
}

int shard_init(struct shard *s, unsigned index, kin_us heartbeat_every)
{
    struct worker_params params = {.index = index, .on_stop = on_stop, .ctx = s, .heartbeat_every = heartbeat_every};
    int err = worker_init(&s->worker, &params);
    s->made = err == KIN_OK;
    return err;
}

int shard_open(struct shard *s, const struct shard_params *params)
{
    const struct services *services = params->services;
    s->delivery = (struct delivery){.worker = &s->worker,
                                    .settings = params->settings,
                                    .rtp_port = params->rtp_port,
                                    .frame_cache = services->frames};
    s->open = true;
    int err = connections_init(&s->connections, &s->delivery, services->catalogue, services->limits,
                               services->send_budget);
    for (size_t i = 0; err == KIN_OK && i < params->listeners->count; i++)
        err = kin_acceptor_new(&s->worker.loop, params->listeners->items[i].fd, on_accept, on_accept_trouble, s,
                               &s->acceptors[i]);
    return err;
}

void shard_change_settings(struct shard *s, const struct settings *settings)
{
    s->delivery.settings = settings;
    connections_apply_settings(&s->connections);
}

void shard_deinit(struct shard *s)
{
    if (s->made && worker_deinit(&s->worker) != 0)
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_HANDLES_OPEN, s->worker.index);
    s->made = false;
}
