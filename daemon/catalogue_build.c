// The builders: a few threads that make indexes and listings, so that long builds never hold up the reading of frames.
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "catalogue_parts.h"
#include "journal.h"
#include "listing.h"

// --- answers to all who wait

static void send_answers(struct kin_list *requests)
{
    KIN_LIST_EACH(node, requests)
    {
        kin_list_remove(node);
        catalogue_send(KIN_CONTAINER(node, struct catalogue_request, waiting));
    }
}

static void move_list(struct kin_list *from, struct kin_list *to)
{
    kin_list_init(to);
    KIN_LIST_EACH(node, from)
    {
        kin_list_remove(node);
        kin_list_push_back(to, node);
    }
}

// --- indexes

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    const struct catalogue *c = ctx;
    (void)done, (void)total;
    return !atomic_load(&c->stopping);
}

// Builds the index of an open file and surveys its repair; closes it unless the reel keeps it.
static int build(struct catalogue *c, int fd, uint32_t rate_num, uint32_t rate_den, struct kin_reel **ret,
                 struct repair *ret_repair, char why[KIN_MEDIA_WHY_MAX])
{
    struct kin_reel_options options = {.rate_num = rate_num, .rate_den = rate_den, .progress = on_progress, .ctx = c};
    struct kin_source *source = NULL;
    why[0] = '\0';
    int err = kin_source_from_fd(fd, &source);
    if (err != KIN_OK) {
        close(fd);
        return err;
    }
    err = kin_reel_open(source, &options, ret, why);
    kin_source_unref(source);
    if (err == KIN_OK)
        repair_survey(*ret, ret_repair);
    return err;
}

static bool is_lasting(int err)
{
    return err == KIN_EUNSUPPORTED || err == KIN_EBAD || err == KIN_ELIMIT;
}

// Enters what a build found. The entry is gone afterwards when it is not worth keeping. False: the index does not fit
// beside those in use.
static bool enter_result(struct catalogue *c, struct index_entry *entry, int err, struct kin_reel *reel,
                         const struct repair *repair, const char *why)
{
    if (err == KIN_OK)
        return index_cache_ready(c->cache, entry, reel, repair);
    if (is_lasting(err))
        index_cache_failed(c->cache, entry, err, why);
    else
        index_cache_remove(c->cache, entry);
    return true;
}

static void log_reel(const struct kin_reel *reel, const char *path)
{
    char quoted[JOURNAL_QUOTED_MAX];
    journal(JOURNAL_REEL, KIN_LOG_DEBUG, "reel indexed path=%s frames=%u size=%ux%u format=%s",
            journal_quote(kin_span_str(path), quoted), reel->frame_count, reel->width, reel->height, reel->format);
    if (reel->junk_runs > 0 || reel->truncated)
        journal(JOURNAL_REEL, KIN_LOG_NOTICE, "reel has damage path=%s junk_bytes=%llu junk_runs=%u truncated=%s",
                quoted, (unsigned long long)reel->junk_bytes, reel->junk_runs, reel->truncated ? "yes" : "no");
}

// Makes the index and gives it to all who wait for it.
static void run_build(struct catalogue *c, struct task *task)
{
    char why[KIN_MEDIA_WHY_MAX];
    struct kin_reel *reel = NULL;
    struct repair repair = {.remedy = KIN_JPEG_REMEDY_NOTHING};
    struct kin_list waiters;
    int err = build(c, task->file.fd, task->rate_num, task->rate_den, &reel, &repair, why);
    uv_mutex_lock(&c->lock);
    move_list(&task->entry->waiters, &waiters);
    task->entry->told = true;
    if (!enter_result(c, task->entry, err, reel, &repair, why)) {
        err = KIN_ENOMEM;
        kin_span_copy(kin_span_str("Memory For Indexes Is Used Up"), why, sizeof why);
    }
    uv_mutex_unlock(&c->lock);
    KIN_LIST_EACH(node, &waiters)
    {
        struct catalogue_request *r = KIN_CONTAINER(node, struct catalogue_request, waiting);
        if (err != KIN_OK) {
            catalogue_fail_reel(r, err, why);
            continue;
        }
        bool first = node == waiters.next;
        catalogue_give_reel(r, reel, &repair, first);
        if (first)
            log_reel(reel, r->path);
    }
    send_answers(&waiters);
    kin_reel_unref(reel);
}

static void run_listing(struct catalogue *c, struct task *task)
{
    struct catalogue_request *r = task->request;
    int root = catalogue_dup_root(c);
    int err = KIN_EIO;
    if (root >= 0) {
        err = listing_make(c, root, r->path, task->file.fd, &r->answer.listing);
        close(root);
    } else {
        close(task->file.fd);
    }
    r->answer.is_directory = true;
    r->answer.status = err == KIN_OK ? 200 : 503;
    catalogue_send(r);
}

static void run_task(struct catalogue *c, struct task *task)
{
    if (task->entry != NULL)
        run_build(c, task);
    else
        run_listing(c, task);
    free(task);
}

static void builder(void *arg)
{
    struct catalogue *c = arg;
    uv_mutex_lock(&c->lock);
    for (;;) {
        while (kin_list_empty(&c->tasks) && !atomic_load(&c->stopping))
            uv_cond_wait(&c->work, &c->lock);
        if (kin_list_empty(&c->tasks))
            break; // stopping, and nobody waits any more
        struct task *task = KIN_CONTAINER(c->tasks.next, struct task, node);
        kin_list_remove(&task->node);
        uv_mutex_unlock(&c->lock);
        run_task(c, task);
        uv_mutex_lock(&c->lock);
    }
    uv_mutex_unlock(&c->lock);
}

int catalogue_facts(struct catalogue *c, const struct beneath_file *file, struct index_facts *ret)
{
    struct repair repair = {.remedy = KIN_JPEG_REMEDY_NOTHING};
    char why[KIN_MEDIA_WHY_MAX];
    struct kin_reel *reel = NULL;
    uv_mutex_lock(&c->lock);
    struct index_entry *entry = index_cache_find(c->cache, &file->version);
    bool known = entry != NULL && entry->state != INDEX_BUILDING;
    int err = known && entry->state == INDEX_FAILED ? entry->err : KIN_OK;
    if (known && err == KIN_OK)
        *ret = entry->facts;
    uint32_t num = c->rate_num, den = c->rate_den;
    uv_mutex_unlock(&c->lock);
    if (known) {
        close(file->fd);
        return err;
    }
    err = build(c, file->fd, num, den, &reel, &repair, why);
    if (err == KIN_OK)
        *ret = index_facts_of(reel, &repair);
    uv_mutex_lock(&c->lock);
    // Somebody else may have entered it by now; what is being built belongs to its builder.
    if (index_cache_find(c->cache, &file->version) == NULL &&
        (entry = index_cache_add(c->cache, &file->version)) != NULL)
        enter_result(c, entry, err, reel, &repair, why);
    uv_mutex_unlock(&c->lock);
    kin_reel_unref(reel);
    return err;
}

int catalogue_start_builders(struct catalogue *c)
{
    while (c->builders < CATALOGUE_BUILDERS) {
        if (uv_thread_create(&c->threads[c->builders], builder, c) != 0)
            return KIN_ENOMEM;
        c->builders++;
    }
    return KIN_OK;
}
