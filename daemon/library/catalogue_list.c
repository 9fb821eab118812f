// Listing directories: one piece of work for all requests of the same one, with one deadline for all of it.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/shortage.h"
#include "library/catalogue_internal.h"
#include "library/listing.h"

static struct listing_work *listing_of(struct task *task)
{
    return KIN_CONTAINER(task, struct listing_work, work.task);
}

static kin_us end_of(const struct listing_work *l)
{
    return l->work.since + LISTING_TIME_US;
}

// --- the facts of a file

// The listing waits for this build until it is itself over; lock held. Builds beyond its table are not held.
static void join_build(struct listing_work *l, const struct file_version *version, struct build_work *build)
{
    for (unsigned i = 0; i < l->build_count; i++)
        if (l->builds[i].number == build->number)
            return;
    if (l->build_count == CATALOGUE_LISTED_BUILDS_MAX)
        return;
    l->builds[l->build_count].version = *version;
    l->builds[l->build_count++].number = build->number;
    build->listings++;
}

// Delivered: builds that the answer shows as unfinished are completed in the background. Else only those that others
// wait for go on. Lock held.
static void release_builds(struct listing_work *l, bool delivered)
{
    struct catalogue *c = l->work.catalogue;
    for (unsigned i = 0; i < l->build_count; i++) {
        struct index_entry *entry = index_cache_find(c->cache, &l->builds[i].version);
        struct build_work *build = entry != NULL ? entry->build : NULL;
        if (build == NULL || build->number != l->builds[i].number)
            continue;
        build->listings--;
        build->background = build->background || delivered;
        catalogue_end_unwanted(&build->work);
    }
}

// KIN_EAGAIN: it is still being made. Lock held.
static int facts_of(const struct index_entry *entry, struct index_facts *ret, char why[KIN_MEDIA_WHY_MAX])
{
    switch (entry->state) {
    case INDEX_READY:
        *ret = entry->facts;
        return KIN_OK;
    case INDEX_FAILED:
        kin_span_copy(kin_span_str(entry->why), why, KIN_MEDIA_WHY_MAX);
        return entry->err;
    default:
        ret->permille = atomic_load(&entry->build->permille);
        return KIN_EAGAIN;
    }
}

// As facts_of(), but waits, for half of the remaining time at most: the other half is for the files after this one.
// Lock held.
static int await_facts(struct listing_work *l, const struct file_version *version, struct index_facts *ret,
                       char why[KIN_MEDIA_WHY_MAX])
{
    struct catalogue *c = l->work.catalogue;
    kin_us until = kin_clock_mono_us() / 2 + end_of(l) / 2;
    for (;;) {
        const struct index_entry *entry = index_cache_find(c->cache, version);
        kin_us now = kin_clock_mono_us();
        if (entry == NULL) // it could not be kept
            return KIN_EIO;
        int err = facts_of(entry, ret, why);
        if (err != KIN_EAGAIN)
            return err;
        join_build(l, version, entry->build);
        if (now >= until || atomic_load(&l->work.task.canceled))
            return KIN_EAGAIN;
        uv_cond_timedwait(&c->built, &c->lock, (uint64_t)(until - now) * 1000);
    }
}

// Lock held.
static int find_facts(struct listing_work *l, const struct beneath_file *file, const char *path,
                      struct index_facts *ret, char why[KIN_MEDIA_WHY_MAX])
{
    struct catalogue *c = l->work.catalogue;
    const struct file_version *version = &file->version;
    struct build_work *build = NULL;
    if (index_cache_find(c->cache, version) == NULL &&
        catalogue_begin_listed_build(c, path, version, l->work.requester, &build) != KIN_OK)
        return KIN_EAGAIN;
    return await_facts(l, version, ret, why);
}

static int known(void *ctx, const struct file_version *version, struct index_facts *ret, char why[KIN_MEDIA_WHY_MAX])
{
    struct listing_work *l = ctx;
    struct catalogue *c = l->work.catalogue;
    uv_mutex_lock(&c->lock);
    const struct index_entry *entry = index_cache_find(c->cache, version);
    int err = entry == NULL ? KIN_EAGAIN : facts_of(entry, ret, why);
    uv_mutex_unlock(&c->lock);
    return err;
}

// Does a file that is not indexed yet look like a reel?
static bool looks_like_reel(const struct beneath_file *file)
{
    struct kin_source *source = NULL;
    int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        shortage_note(errno);
        return false;
    }
    if (kin_source_from_fd(fd, &source) != KIN_OK) {
        close(fd);
        return false;
    }
    bool is_reel = kin_reel_probe(source) != NULL;
    kin_source_unref(source);
    return is_reel;
}

static int facts(void *ctx, const struct beneath_file *file, const char *path, struct index_facts *ret,
                 char why[KIN_MEDIA_WHY_MAX])
{
    struct listing_work *l = ctx;
    struct catalogue *c = l->work.catalogue;
    *ret = (struct index_facts){0};
    uv_mutex_lock(&c->lock);
    int err = find_facts(l, file, path, ret, why);
    uv_mutex_unlock(&c->lock);
    if (err == KIN_EAGAIN && !file->is_stills && !looks_like_reel(file))
        return KIN_EUNSUPPORTED;
    return err;
}

// --- on a thread of the lane

static bool has_time(void *ctx)
{
    struct listing_work *l = ctx;
    return !atomic_load(&l->work.task.canceled) && kin_clock_mono_us() < end_of(l);
}

static int recognise(void *ctx, struct beneath_file *file)
{
    struct listing_work *l = ctx;
    struct stills_look look = {l->work.since, has_time, l};
    return stills_memory_recognise(l->work.catalogue->stills, &look, file);
}

static int make_listing(struct listing_work *l, struct kin_buf **ret)
{
    struct catalogue *c = l->work.catalogue;
    struct listing_source source = {
        .has_time = has_time, .recognise = recognise, .known = known, .facts = facts, .ctx = l};
    int root = catalogue_dup_root(c);
    if (root < 0)
        return KIN_EIO;
    int err = listing_make(&source, root, l->work.path, ret);
    close(root);
    return err;
}

static void run_listing(struct task *task)
{
    struct listing_work *l = listing_of(task);
    struct catalogue *c = l->work.catalogue;
    struct kin_buf *listing = NULL;
    struct kin_list answered;
    kin_list_init(&answered);
    int err = atomic_load(&task->canceled) ? KIN_ECANCELED : make_listing(l, &listing);
    uv_mutex_lock(&c->lock);
    catalogue_close_work(&l->work);
    release_builds(l, err == KIN_OK && !kin_list_empty(&l->work.requests));
    KIN_LIST_EACH_OF(struct catalogue_request, r, &l->work.requests, node) {
        r->answer.is_directory = true;
        r->answer.status = err == KIN_OK ? 200 : 503;
        r->answer.listing = listing != NULL ? kin_buf_ref(listing) : NULL;
        catalogue_answered(r, &answered);
    }
    uv_mutex_unlock(&c->lock);
    catalogue_send(&answered);
    kin_buf_unref(listing);
}

// --- for requests; lock held

int catalogue_begin_listing(struct catalogue_request *r)
{
    return catalogue_join_work(r, WORK_LISTING, sizeof(struct listing_work), run_listing);
}
