// SIGHUP: new settings take the place of the old ones on every worker, or nothing changes at all.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/journal.h"
#include "io/notify.h"
#include "process/app_internal.h"

// Every key that is another now but counts only after a restart.
static void warn_of_restart_keys(const struct settings *old, const struct settings *new)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct kin_opt *opt = &settings_table[i];
        if (opt->restart && kin_opt_differs(opt, old, new))
            journal(JOURNAL_DAEMON, KIN_LOG_WARNING, "[%s] %s changed: it counts after a restart", opt->section,
                    opt->key);
    }
}

static void finish(struct app *app)
{
    kin_notify("READY=1");
    journal(JOURNAL_DAEMON, KIN_LOG_INFO, "reloaded");
    settings_free(app->retired);
    free(app->retired);
    app->retired = NULL;
    if (app->reload_again)
        reload_begin(app);
}

static void on_reloaded(struct worker_job *job)
{
    finish(KIN_CONTAINER(job, struct app, reloaded));
}

// On each worker; the last one tells the main loop that nobody reads the old settings any more.
static void on_reload(struct worker_job *job)
{
    struct shard *shard = KIN_CONTAINER(job, struct shard, reload);
    struct app *app = shard->app;
    shard->delivery.settings = app->settings;
    connections_apply_settings(&shard->connections);
    if (atomic_fetch_sub(&app->reloads_due, 1) == 1)
        worker_post(&app->shards[0].worker, &app->reloaded);
}

static void hand_out(struct app *app)
{
    app->reloaded = (struct worker_job){.run = on_reloaded};
    kin_list_init(&app->reloaded.node);
    atomic_store(&app->reloads_due, app->count);
    for (unsigned i = 0; i < app->count; i++) {
        struct shard *shard = &app->shards[i];
        shard->reload = (struct worker_job){.run = on_reload};
        kin_list_init(&shard->reload.node);
        worker_post(&shard->worker, &shard->reload);
    }
}

// What can still fail is tried before anything changes.
static int apply_shared(struct app *app, const struct settings *s)
{
    struct catalogue_settings media = app_catalogue_settings(app, s);
    int err = catalogue_configure(app->catalogue, &media);
    if (err != KIN_OK) {
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, "reload refused, nothing changed: [media] root %s: %s", s->media_root,
                strerror(errno));
        return err;
    }
    app_set_limits(app, s);
    kin_log_set_level(settings_log_level(s));
    return KIN_OK;
}

static struct settings *read_settings(struct app *app)
{
    char why[KIN_OPT_WHY_MAX] = "";
    struct settings *s = calloc(1, sizeof *s);
    int err = s != NULL ? cli_settings(&app->cli, s, why) : KIN_ENOMEM;
    if (err == KIN_OK) {
        err = cli_verify_root(&app->cli, s, why);
        if (err == KIN_OK)
            return s;
        settings_free(s);
    }
    journal(JOURNAL_DAEMON, KIN_LOG_ERR, "reload refused, nothing changed: %s",
            why[0] != '\0' ? why : kin_err_str(err));
    free(s);
    return NULL;
}

void reload_begin(struct app *app)
{
    app->reload_again = app->retired != NULL; // one is under way
    if (app->reload_again || app->stopping)
        return;
    kin_notify("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)kin_clock_mono_us());
    struct settings *s = read_settings(app);
    if (s == NULL || apply_shared(app, s) != KIN_OK) {
        if (s != NULL)
            settings_free(s);
        free(s);
        kin_notify("READY=1");
        return;
    }
    warn_of_restart_keys(app->settings, s);
    app->retired = app->settings;
    app->settings = s;
    hand_out(app);
}
