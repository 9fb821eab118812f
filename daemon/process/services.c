// The services of all workers: opened in order, closed in the opposite one, and changed by a reload.
#include "process/services.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/plural.h"
#include "delivery/send_budget.h"
#include "frames/conversion_memory.h"
#include "frames/converted_store.h"
#include "frames/frame_cache.h"
#include "ground/descriptors.h"
#include "ground/journal.h"
#include "ground/limits.h"
#include "ground/messages.h"
#include "library/beneath.h"
#include "library/catalogue.h"

// --- settings

static struct catalogue_settings catalogue_settings(const struct services *s, const struct settings *settings)
{
    return (struct catalogue_settings){.root = settings->media_root,
                                       .rate_num = settings->media_frame_rate.num,
                                       .rate_den = settings->media_frame_rate.den,
                                       .index_bytes = (size_t)settings->media_index_size,
                                       .index_dir = settings->media_index_dir,
                                       .index_dir_bytes = (uint64_t)settings->media_index_dir_size,
                                       .frames = s->frames,
                                       .memory = s->conversion_memory};
}

static void set_bounds(struct services *s, enum limits_kind kind, struct limits_bounds bounds, size_t part)
{
    bounds.by_descriptors = part < bounds.total;
    if (bounds.by_descriptors)
        bounds.total = part;
    limits_set(s->limits, kind, &bounds);
}

static void warn_of_descriptors(const struct settings *s, const struct descriptors_parts *parts)
{
    if (parts->connections < (size_t)s->server_max_connections || parts->reels < (size_t)s->server_max_sessions)
        journal(JOURNAL_DAEMON, KIN_LOG_WARNING, MSG_FEW_DESCRIPTORS, descriptors_limit(), parts->connections,
                kin_plural(parts->connections), parts->reels, kin_plural(parts->reels));
}

static void set_limits(struct services *s, const struct settings *settings)
{
    struct descriptors_parts parts = descriptors_divide(descriptors_limit(), s->own_descriptors);
    warn_of_descriptors(settings, &parts);
    set_bounds(s, LIMITS_CONNECTIONS,
               (struct limits_bounds){.total = (size_t)settings->server_max_connections,
                                      .per_address = (size_t)settings->server_max_connections_per_address},
               parts.connections);
    set_bounds(s, LIMITS_SESSIONS,
               (struct limits_bounds){.total = (size_t)settings->server_max_sessions,
                                      .per_address = (size_t)settings->server_max_sessions_per_address},
               parts.reels);
    catalogue_set_reels(s->catalogue, parts.reels);
    send_budget_set(s->send_budget, (size_t)settings->server_send_memory);
}

void services_begin(struct services *s, const struct settings *settings, unsigned workers)
{
    s->own_descriptors = descriptors_open() + workers; // a loop opens one more with its first stream
    set_limits(s, settings);
}

// What can still fail is tried before anything changes.
int services_apply(struct services *s, const struct settings *settings)
{
    struct catalogue_settings media = catalogue_settings(s, settings);
    int err = catalogue_configure(s->catalogue, &media);
    if (err != KIN_OK) {
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_RELOAD_REFUSED_ROOT, settings->media_root, strerror(errno));
        return err;
    }
    set_limits(s, settings);
    kin_log_set_level(settings_log_level(settings));
    return KIN_OK;
}

// --- life

static void warn_of_refused_openat2(void)
{
    int refused = beneath_probe();
    if (refused != 0)
        journal(JOURNAL_DAEMON, KIN_LOG_WARNING, MSG_OPENAT2_REFUSED, strerror(-refused));
}

static int open_catalogue(struct services *s, const struct settings *settings)
{
    struct catalogue_settings media = catalogue_settings(s, settings);
    int err = catalogue_new(&media, &s->catalogue);
    if (err != KIN_OK)
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_CANNOT_OPEN_ROOT, media.root,
                err == KIN_ENOMEM ? kin_err_str(err) : strerror(errno));
    return err;
}

int services_open(struct services *s, const struct settings *settings)
{
    warn_of_refused_openat2();
    *s = (struct services){
        .limits = limits_new(),
        .send_budget = send_budget_new((size_t)settings->server_send_memory),
        .converted = converted_store_open(settings->media_repair_dir, (uint64_t)settings->media_repair_size),
        .conversion_memory = conversion_memory_new(CONVERSION_MEMORY_MAX)};
    struct frame_cache_params frames = {.kept_bytes = FRAMES_KEPT,
                                        .max_bytes = (size_t)settings->media_cache_size,
                                        .store = s->converted,
                                        .memory = s->conversion_memory};
    bool made = s->limits != NULL && s->send_budget != NULL && s->conversion_memory != NULL;
    int err = made ? frame_cache_new(&frames, &s->frames) : KIN_ENOMEM;
    if (err == KIN_OK)
        return open_catalogue(s, settings);
    journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_CANNOT_START, kin_err_str(err));
    return err;
}

void services_stop(struct services *s)
{
    catalogue_stop(s->catalogue);
    frame_cache_stop(s->frames);
}

void services_join(struct services *s)
{
    catalogue_free(s->catalogue);
    s->catalogue = NULL;
}

void services_free(struct services *s)
{
    frame_cache_free(s->frames);
    conversion_memory_free(s->conversion_memory);
    converted_store_close(s->converted);
    send_budget_free(s->send_budget);
    limits_free(s->limits);
    *s = (struct services){.limits = NULL};
}
