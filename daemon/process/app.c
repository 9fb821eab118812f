// Builds the daemon up step by step, runs it, and takes it down in the opposite order.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/descriptors.h"
#include "ground/journal.h"
#include "ground/shortage.h"
#include "io/notify.h"
#include "library/beneath.h"
#include "process/app_internal.h"

struct catalogue_settings app_catalogue_settings(const struct app *app, const struct settings *s)
{
    return (struct catalogue_settings){.root = s->media_root,
                                       .rate_num = s->media_frame_rate.num,
                                       .rate_den = s->media_frame_rate.den,
                                       .index_bytes = (size_t)s->media_index_size,
                                       .index_dir = s->media_index_dir,
                                       .index_dir_bytes = (uint64_t)s->media_index_dir_size,
                                       .frames = app->frames,
                                       .memory = app->conversion_memory};
}

static void set_bounds(struct app *app, enum limits_kind kind, struct limits_bounds bounds, size_t part)
{
    bounds.by_descriptors = part < bounds.total;
    if (bounds.by_descriptors)
        bounds.total = part;
    limits_set(app->limits, kind, &bounds);
}

static void warn_of_descriptors(const struct settings *s, const struct descriptors_parts *parts)
{
    if (parts->connections < (size_t)s->server_max_connections || parts->reels < (size_t)s->server_max_sessions)
        journal(JOURNAL_DAEMON, KIN_LOG_WARNING,
                "%zu descriptors (LimitNOFILE=, ulimit -n) allow %zu connections and %zu sessions, fewer than [server] "
                "max_connections or max_sessions",
                descriptors_limit(), parts->connections, parts->reels);
}

void app_set_limits(struct app *app, const struct settings *s)
{
    struct descriptors_parts parts = descriptors_divide(descriptors_limit(), app->own_descriptors);
    warn_of_descriptors(s, &parts);
    set_bounds(app, LIMITS_CONNECTIONS,
               (struct limits_bounds){.total = (size_t)s->server_max_connections,
                                      .per_address = (size_t)s->server_max_connections_per_address},
               parts.connections);
    set_bounds(app, LIMITS_SESSIONS,
               (struct limits_bounds){.total = (size_t)s->server_max_sessions,
                                      .per_address = (size_t)s->server_max_sessions_per_address},
               parts.reels);
    catalogue_set_reels(app->catalogue, parts.reels);
    send_budget_set(app->send_budget, (size_t)s->server_send_memory);
}

int app_new(const struct cli *cli, struct settings *settings, struct app **ret)
{
    struct app *app = calloc(1, sizeof *app);
    if (app == NULL)
        return KIN_ENOMEM;
    app->cli = *cli;
    app->listeners.udp[0] = app->listeners.udp[1] = -1;
    app->settings = malloc(sizeof *app->settings);
    app->limits = limits_new();
    app->send_budget = send_budget_new((size_t)settings->server_send_memory);
    if (app->settings == NULL || app->limits == NULL || app->send_budget == NULL) {
        free(app->settings);
        send_budget_free(app->send_budget);
        limits_free(app->limits);
        free(app);
        return KIN_ENOMEM;
    }
    *app->settings = *settings;
    app->watchdog_us = kin_notify_watchdog_us();
    *ret = app;
    return KIN_OK;
}

// --- shards

static void on_accept(void *ctx, int fd)
{
    struct shard *shard = ctx;
    connections_add(&shard->connections, fd);
}

static void on_accept_trouble(void *ctx, int error)
{
    struct shard *shard = ctx;
    char more[JOURNAL_REPEAT_TEXT];
    if (!shortage_note(error) && journal_is_due(&shard->app->accept_trouble, kin_clock_mono_us(), more))
        journal(JOURNAL_TROUBLE, KIN_LOG_ERR, "cannot accept connections for now: %s%s", strerror(error), more);
}

static void close_acceptors(struct shard *shard)
{
    for (size_t i = 0; i < LISTENER_MAX; i++) {
        kin_acceptor_close(shard->acceptors[i]);
        shard->acceptors[i] = NULL;
    }
}

// On the shard's own thread. The main one goes last, when no viewer needs the UDP pair any more.
static void on_stop(void *ctx)
{
    struct shard *shard = ctx;
    struct app *app = shard->app;
    close_acceptors(shard);
    connections_stop(&shard->connections);
    if (shard->worker.index > 0)
        return;
    upkeep_stop(app);
    rtp_port_close(app->rtp_port);
    app->rtp_port = NULL;
}

static int make_shard(struct app *app, unsigned index)
{
    struct shard *shard = &app->shards[index];
    shard->app = app;
    shard->delivery = (struct delivery){
        .worker = &shard->worker, .settings = app->settings, .frame_cache = app->frames};
    int err = worker_init(
        &shard->worker,
        &(struct worker_params){.index = index, .on_stop = on_stop, .ctx = shard, .heartbeat_every = app->watchdog_us});
    if (err != KIN_OK)
        return err;
    shard->made = true;
    return connections_init(&shard->connections, &shard->delivery, app->catalogue, app->limits, app->send_budget);
}

static int open_rtp_port(struct app *app)
{
    struct rtp_port_options options = {.port = (uint16_t)app->settings->rtp_port,
                                       .inherited = {app->listeners.udp[0], app->listeners.udp[1]}};
    int err = rtp_port_open(&app->shards[0].worker, &options, &app->rtp_port);
    if (err != KIN_OK) {
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, "cannot open the UDP ports %u and %u: %s", options.port, options.port + 1u,
                kin_err_str(err));
        return err;
    }
    app->listeners.udp[0] = app->listeners.udp[1] = -1; // it has them now
    for (unsigned i = 0; i < app->count; i++)
        app->shards[i].delivery.rtp_port = app->rtp_port;
    return KIN_OK;
}

static int open_acceptors(struct app *app, struct shard *shard)
{
    int err = KIN_OK;
    for (size_t i = 0; err == KIN_OK && i < app->listeners.count; i++)
        err = kin_acceptor_new(&shard->worker.loop, app->listeners.items[i].fd, on_accept, on_accept_trouble, shard,
                               &shard->acceptors[i]);
    return err;
}

static int open_catalogue(struct app *app)
{
    struct catalogue_settings s = app_catalogue_settings(app, app->settings);
    int err = catalogue_new(&s, &app->catalogue);
    if (err != KIN_OK)
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, "cannot open [media] root %s: %s", s.root,
                err == KIN_ENOMEM ? kin_err_str(err) : strerror(errno));
    return err;
}

static int make_shards(struct app *app)
{
    unsigned count = (unsigned)app->settings->server_workers;
    app->shards = calloc(count, sizeof *app->shards);
    if (app->shards == NULL)
        return KIN_ENOMEM;
    app->count = count;
    int err = KIN_OK;
    for (unsigned i = 0; err == KIN_OK && i < count; i++)
        err = make_shard(app, i);
    return err;
}

int app_open(struct app *app)
{
    const struct settings *s = app->settings;
    int refused = beneath_probe();
    if (refused != 0)
        journal(
            JOURNAL_DAEMON, KIN_LOG_WARNING,
            "openat2 is refused (%s): paths are opened part by part instead, which is as safe and a little slower; a "
            "kernel before 5.6 or a filter of system calls does that",
            strerror(-refused));
    app->repairs = repair_store_open(s->media_repair_dir, (uint64_t)s->media_repair_size);
    app->conversion_memory = conversion_memory_new(CONVERSION_MEMORY_MAX);
    struct frame_cache_params frames = {
        .max_bytes = (size_t)s->media_cache_size, .store = app->repairs, .memory = app->conversion_memory};
    int err = app->conversion_memory != NULL ? frame_cache_new(&frames, &app->frames) : KIN_ENOMEM;
    if (err == KIN_OK)
        err = open_catalogue(app);
    if (err == KIN_OK)
        err = listeners_open(app->settings, &app->listeners);
    if (err == KIN_OK)
        err = make_shards(app);
    if (err == KIN_OK)
        err = open_rtp_port(app);
    for (unsigned i = 0; err == KIN_OK && i < app->count; i++)
        err = open_acceptors(app, &app->shards[i]);
    if (err == KIN_OK)
        err = task_threads_new(&(struct task_threads_params){.threads = 1, .queue_max = 1}, &app->housekeeping);
    if (err == KIN_OK)
        err = upkeep_start(app);
    if (err != KIN_OK)
        return err;
    app->own_descriptors = descriptors_open() + app->count; // a loop opens one more with its first stream
    app_set_limits(app, app->settings);
    return KIN_OK;
}

// --- running

static int start_shards(struct app *app)
{
    for (unsigned i = 1; i < app->count; i++) {
        int err = worker_start(&app->shards[i].worker);
        if (err != KIN_OK)
            return err;
        app->shards[i].started = true;
    }
    return KIN_OK;
}

int app_run(struct app *app)
{
    int err = start_shards(app);
    if (err != KIN_OK)
        return err;
    listeners_announce(&app->listeners);
    kin_notify("READY=1\nSTATUS=no viewers");
    app->shards[0].started = true;
    worker_run(&app->shards[0].worker);
    return KIN_OK;
}

// On the main loop. The other workers end first, since their viewers use the main one's UDP pair.
void app_stop(struct app *app)
{
    if (app->stopping)
        return;
    app->stopping = true;
    kin_notify("STOPPING=1\nSTATUS=stopping");
    journal(JOURNAL_DAEMON, KIN_LOG_INFO, "stopping");
    catalogue_stop(app->catalogue);
    frame_cache_stop(app->frames);
    for (unsigned i = 1; i < app->count; i++)
        worker_stop(&app->shards[i].worker);
    for (unsigned i = 1; i < app->count; i++)
        worker_join(&app->shards[i].worker);
    worker_stop(&app->shards[0].worker);
}

// The other workers end before the main one: its UDP pair serves their viewers.
static void free_shards(struct app *app)
{
    for (unsigned i = 1; i < app->count; i++) {
        if (app->shards[i].started)
            worker_stop(&app->shards[i].worker);
        worker_join(&app->shards[i].worker);
    }
    task_threads_free(app->housekeeping); // it uses the catalogue
    catalogue_free(app->catalogue);       // its threads post jobs to workers
    for (unsigned i = app->count; i-- > 0;) {
        if (app->shards[i].made && worker_deinit(&app->shards[i].worker) != 0)
            journal(JOURNAL_DAEMON, KIN_LOG_ERR, "worker %u left handles open", i);
    }
    free(app->shards);
}

void app_free(struct app *app)
{
    if (app == NULL)
        return;
    free_shards(app);
    listeners_close(&app->listeners);
    frame_cache_free(app->frames);
    conversion_memory_free(app->conversion_memory);
    repair_store_close(app->repairs);
    send_budget_free(app->send_budget);
    limits_free(app->limits);
    if (app->retired != NULL)
        settings_free(app->retired);
    free(app->retired);
    settings_free(app->settings);
    free(app->settings);
    free(app);
}
