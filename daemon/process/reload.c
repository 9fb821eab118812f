// SIGHUP: new settings take the place of the old ones on every worker, or nothing changes at all.
#include "process/reload.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "io/notify.h"

// Warns of each changed key that takes effect only after a restart.
static void warn_of_restart_keys(const struct settings *old, const struct settings *new)
{
    for (size_t i = 0; i < settings_count; i++) {
        const struct kin_opt *opt = &settings_table[i];
        if (opt->restart && kin_opt_differs(opt, old, new))
            journal(JOURNAL_DAEMON, KIN_LOG_WARNING, MSG_NEEDS_RESTART, opt->section, opt->key);
    }
}

static void discard(struct settings *s)
{
    if (s != NULL)
        settings_free(s);
    free(s);
}

static void on_all_changed(struct worker_job *job)
{
    struct reload *r = KIN_CONTAINER(job, struct reload, all_changed);
    kin_notify("READY=1");
    journal(JOURNAL_DAEMON, KIN_LOG_INFO, MSG_RELOADED);
    discard(r->retired);
    r->retired = NULL;
    if (r->again)
        reload_begin(r);
}

// On each worker. The last one posts to the main loop, since nobody reads the old settings any more.
static void on_step(struct worker_job *job)
{
    const struct reload_step *step = KIN_CONTAINER(job, struct reload_step, job);
    struct reload *r = step->reload;
    shard_change_settings(step->shard, r->settings);
    if (atomic_fetch_sub(&r->due, 1) == 1)
        worker_post(&r->shards[0].worker, &r->all_changed);
}

static void post_steps(struct reload *r)
{
    r->all_changed = (struct worker_job){.run = on_all_changed};
    kin_list_init(&r->all_changed.node);
    atomic_store(&r->due, r->count);
    for (unsigned i = 0; i < r->count; i++) {
        r->steps[i] = (struct reload_step){.job = {.run = on_step}, .reload = r, .shard = &r->shards[i]};
        kin_list_init(&r->steps[i].job.node);
        worker_post(&r->shards[i].worker, &r->steps[i].job);
    }
}

static struct settings *read_settings(const struct cli *cli)
{
    char why[KIN_OPT_WHY_MAX] = "";
    struct settings *s = calloc(1, sizeof *s);
    int err = s != NULL ? cli_settings(cli, s, why) : KIN_ENOMEM;
    if (err == KIN_OK) {
        err = cli_verify_root(cli, s, why);
        if (err == KIN_OK)
            return s;
        settings_free(s);
    }
    journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_RELOAD_REFUSED, why[0] != '\0' ? why : kin_err_str(err));
    free(s);
    return NULL;
}

void reload_begin(struct reload *r)
{
    r->again = r->retired != NULL; // one is under way
    if (r->again || r->stopped)
        return;
    kin_notify("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)kin_clock_mono_us());
    struct settings *s = read_settings(r->cli);
    if (s == NULL || services_apply(r->services, s) != KIN_OK) {
        discard(s);
        kin_notify("READY=1");
        return;
    }
    warn_of_restart_keys(r->settings, s);
    r->retired = r->settings;
    r->settings = s;
    post_steps(r);
}

void reload_stop(struct reload *r)
{
    r->stopped = true;
}

// --- life

int reload_init(struct reload *r, const struct cli *cli, const struct settings *settings, struct services *services,
                struct shard *shards, unsigned count)
{
    r->settings = malloc(sizeof *r->settings);
    if (r->settings == NULL)
        return KIN_ENOMEM;
    *r->settings = *settings;
    r->cli = cli;
    r->services = services;
    r->shards = shards;
    r->count = count;
    return KIN_OK;
}

void reload_deinit(struct reload *r)
{
    discard(r->retired);
    discard(r->settings);
}
