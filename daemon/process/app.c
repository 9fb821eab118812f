// Builds the daemon up step by step, runs it, and takes it down in the opposite order.
#include "process/app.h"

#include <stdlib.h>

#include "base/err.h"
#include "delivery/rtp_port.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "io/notify.h"
#include "process/listener.h"
#include "process/reload.h"
#include "process/services.h"
#include "process/shard.h"
#include "process/upkeep.h"

// app.c puts the parts together; each is written only by the file named after it.
struct app {
    struct cli cli;
    struct services services;
    struct listeners listeners;
    struct shard *shards; // one for each worker; the first one is the main thread's
    unsigned count;
    struct reload reload; // with the settings in force
    struct upkeep upkeep;
    kin_us watchdog_us; // how often the service manager expects a sign of life; 0: never
};

int app_new(const struct cli *cli, struct settings *settings, struct app **ret)
{
    struct app *app = calloc(1, sizeof *app);
    if (app == NULL)
        return KIN_ENOMEM;
    app->cli = *cli;
    app->listeners = LISTENERS_NONE;
    app->watchdog_us = kin_notify_watchdog_us();
    app->count = (unsigned)settings->server_workers;
    app->shards = calloc(app->count, sizeof *app->shards);
    if (app->shards == NULL ||
        reload_init(&app->reload, &app->cli, settings, &app->services, app->shards, app->count) != KIN_OK) {
        free(app->shards);
        free(app);
        return KIN_ENOMEM;
    }
    *ret = app;
    return KIN_OK;
}

// --- opening

static int logged(int err)
{
    if (err != KIN_OK)
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_CANNOT_START, kin_err_str(err));
    return err;
}

static int open_rtp_port(struct app *app, struct rtp_port **ret)
{
    struct rtp_port_options options = {.port = (uint16_t)app->reload.settings->rtp_port,
                                       .inherited = {app->listeners.udp[0], app->listeners.udp[1]}};
    int err = rtp_port_open(&app->shards[0].worker, &options, ret);
    if (err == KIN_OK)
        listeners_release_udp(&app->listeners);
    else
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_CANNOT_OPEN_UDP, options.port, options.port + 1u, kin_err_str(err));
    return err;
}

static int open_shards(struct app *app)
{
    struct shard_params params = {
        .settings = app->reload.settings, .services = &app->services, .listeners = &app->listeners};
    int err = KIN_OK;
    for (unsigned i = 0; err == KIN_OK && i < app->count; i++)
        err = logged(shard_init(&app->shards[i], i, app->watchdog_us));
    if (err == KIN_OK)
        err = open_rtp_port(app, &params.rtp_port);
    for (unsigned i = 0; err == KIN_OK && i < app->count; i++)
        err = logged(shard_open(&app->shards[i], &params));
    return err;
}

// The other workers end before the main one: its RTP port serves their viewers.
static void end_other_workers(struct app *app)
{
    for (unsigned i = 1; i < app->count; i++)
        if (app->shards[i].made)
            worker_stop(&app->shards[i].worker);
    for (unsigned i = 1; i < app->count; i++)
        worker_join(&app->shards[i].worker);
}

static void on_reload(void *ctx)
{
    struct app *app = ctx;
    reload_begin(&app->reload);
}

// On the main loop, once: no further signal is caught.
static void on_stop(void *ctx)
{
    struct app *app = ctx;
    kin_notify("STOPPING=1\nSTATUS=" MSG_STATUS_STOPPING);
    journal(JOURNAL_DAEMON, KIN_LOG_INFO, MSG_STOPPING);
    reload_stop(&app->reload);
    services_stop(&app->services);
    end_other_workers(app);
    upkeep_stop(&app->upkeep);
    worker_stop(&app->shards[0].worker);
}

static int start_upkeep(struct app *app)
{
    return upkeep_start(&app->upkeep, &(struct upkeep_params){.shards = app->shards,
                                                              .count = app->count,
                                                              .services = &app->services,
                                                              .watchdog_us = app->watchdog_us,
                                                              .on_reload = on_reload,
                                                              .on_stop = on_stop,
                                                              .ctx = app});
}

int app_open(struct app *app)
{
    const struct settings *s = app->reload.settings;
    int err = services_open(&app->services, s);
    if (err == KIN_OK)
        err = listeners_open(s, &app->listeners);
    if (err == KIN_OK)
        err = open_shards(app);
    if (err == KIN_OK)
        err = logged(start_upkeep(app));
    if (err == KIN_OK)
        services_begin(&app->services, s, app->count);
    return err;
}

// --- running

int app_run(struct app *app)
{
    int err = KIN_OK;
    for (unsigned i = 1; err == KIN_OK && i < app->count; i++)
        err = logged(worker_start(&app->shards[i].worker));
    if (err != KIN_OK)
        return err;
    listeners_announce(&app->listeners);
    kin_notify("READY=1\nSTATUS=" MSG_STATUS_NO_VIEWERS);
    worker_run(&app->shards[0].worker);
    return KIN_OK;
}

void app_free(struct app *app)
{
    if (app == NULL)
        return;
    end_other_workers(app);
    upkeep_stop(&app->upkeep);
    upkeep_free(&app->upkeep);
    services_join(&app->services);
    for (unsigned i = app->count; i-- > 0;)
        shard_deinit(&app->shards[i]);
    listeners_close(&app->listeners);
    services_free(&app->services);
    reload_deinit(&app->reload);
    free(app->shards);
    free(app);
}
