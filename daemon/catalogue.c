// Requests go through three hands: libuv's pool opens the file and looks at what is known of it; a builder's thread
// makes the index or the listing if need be; the asking worker's loop hands out the answer.
#include "catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "catalogue_parts.h"
#include "frame_cache.h"
#include "index_build.h"
#include "journal.h"

// --- the answer

static void request_free(struct catalogue_request *r)
{
    kin_reel_unref(r->answer.reel);
    kin_buf_unref(r->answer.listing);
    free(r->path);
    free(r);
}

void catalogue_fail(struct catalogue_request *r, unsigned status, const char *reason)
{
    r->answer.status = status;
    if (reason == NULL)
        return;
    kin_span_copy(kin_span_str(reason), r->reason, sizeof r->reason);
    r->answer.reason = r->reason;
}

void catalogue_fail_reel(struct catalogue_request *r, int err, const char *why)
{
    bool unfit = err == KIN_EUNSUPPORTED || err == KIN_EBAD || err == KIN_ELIMIT;
    const char *text = why[0] != '\0' ? why : NULL;
    if (unfit)
        catalogue_fail(r, 415, text);
    else
        catalogue_fail(r, 503, text != NULL ? text : kin_err_str(err));
}

void catalogue_give_reel(struct catalogue_request *r, struct kin_reel *reel, const struct repair *repair, bool untold)
{
    r->answer.status = 200;
    r->answer.reel = kin_reel_ref(reel);
    r->answer.repair = *repair;
    r->untold = untold;
}

static void set_entry(struct catalogue_request *r, struct index_entry *entry)
{
    if (entry->state == INDEX_FAILED) {
        catalogue_fail_reel(r, entry->err, entry->why);
        return;
    }
    catalogue_give_reel(r, entry->reel, &entry->facts.repair, !entry->told);
    entry->told = true;
}

// Once for each version of a file, when somebody first asks for it.
static void tell_repair(const struct catalogue_request *r)
{
    char path[JOURNAL_QUOTED_MAX], text[REPAIR_TEXT_MAX];
    const struct repair *repair = &r->answer.repair;
    if (!r->untold || repair->obstacles == 0)
        return;
    journal_quote(kin_span_str(r->path), path);
    if (repair->refusal != NULL)
        journal(JOURNAL_REEL, KIN_LOG_WARNING, "reel cannot be sent path=%s problem=\"%s\"", path,
                repair_refusal(repair, text));
    else
        journal(JOURNAL_REEL, KIN_LOG_NOTICE, "reel is repaired path=%s %s", path, repair_text(repair, text));
}

static void deliver(struct catalogue_request *r)
{
    tell_repair(r);
    if (r->done != NULL)
        r->done(r->ctx, &r->answer);
    request_free(r);
}

static void on_job(struct worker_job *job)
{
    struct catalogue_request *r = KIN_CONTAINER(job, struct catalogue_request, job);
    uv_mutex_lock(&r->catalogue->lock);
    bool in_work = r->in_work;
    uv_mutex_unlock(&r->catalogue->lock);
    r->job_waits = in_work;
    if (!in_work)
        deliver(r);
}

// From a builder's thread, without the lock: the answer is complete.
void catalogue_send(struct catalogue_request *r)
{
    struct catalogue *c = r->catalogue;
    r->job = (struct worker_job){.run = on_job};
    kin_list_init(&r->job.node);
    if (worker_post(r->worker, &r->job))
        return;
    uv_mutex_lock(&c->lock);
    r->orphan = true;
    bool in_work = r->in_work;
    uv_mutex_unlock(&c->lock);
    if (!in_work)
        request_free(r);
}

// --- the pool's part

int catalogue_dup_root(struct catalogue *c)
{
    uv_mutex_lock(&c->lock);
    int fd = fcntl(c->root, F_DUPFD_CLOEXEC, 0);
    int error = errno;
    uv_mutex_unlock(&c->lock);
    errno = error;
    return fd;
}

// A build for this request, with the lock held. `entry` is NULL, or one whose index was dropped.
static bool begin_build(struct catalogue_request *r, struct index_entry *entry, const struct beneath_file *file)
{
    struct catalogue *c = r->catalogue;
    if (entry == NULL)
        entry = index_cache_add(c->cache, &file->version);
    if (entry == NULL)
        return false;
    entry->state = INDEX_BUILDING;
    kin_list_push_back(&entry->waiters, &r->waiting);
    if (catalogue_add_task(c, &c->indexing, &(struct task){.file = *file, .entry = entry}, r->path))
        return true;
    kin_list_remove(&r->waiting);
    index_cache_remove(c->cache, entry);
    return false;
}

// True when the answer is complete; otherwise a builder completes it. Lock held; takes over file->fd.
static bool find_or_build(struct catalogue_request *r, const struct beneath_file *file)
{
    struct index_entry *entry = index_cache_find(r->catalogue->cache, &file->version);
    bool known = entry != NULL && (entry->state == INDEX_FAILED || (entry->state == INDEX_READY && entry->reel));
    if (known) {
        set_entry(r, entry);
    } else if (entry != NULL && entry->state == INDEX_BUILDING) {
        kin_list_push_back(&entry->waiters, &r->waiting);
    } else if (begin_build(r, entry, file)) {
        return false;
    } else {
        catalogue_fail(r, 503, NULL);
        known = true;
    }
    close(file->fd);
    return known;
}

static bool list_or_tell(struct catalogue_request *r, const struct beneath_file *file)
{
    struct catalogue *c = r->catalogue;
    if (r->listing && catalogue_add_task(c, &c->listing, &(struct task){.file = *file, .request = r}, r->path))
        return false;
    close(file->fd);
    r->answer.is_directory = true;
    r->answer.status = r->listing ? 503 : 200;
    return true;
}

static void look_up(uv_work_t *work)
{
    struct catalogue_request *r = work->data;
    struct catalogue *c = r->catalogue;
    struct beneath_file file;
    int root = catalogue_dup_root(c);
    int err = root >= 0 ? beneath_open(root, r->path, &file) : -errno;
    if (root >= 0)
        close(root);
    if (err != 0) {
        const char *reason;
        unsigned status = beneath_status(err, &reason);
        catalogue_fail(r, status, reason);
        r->answered = true;
        return;
    }
    if (*r->path != '\0') // the root is a directory whatever is in it
        index_recognise(&file);
    uv_mutex_lock(&c->lock);
    bool answered = file.is_directory ? list_or_tell(r, &file) : find_or_build(r, &file);
    if (answered)
        r->answered = true; // else a builder may already be at work on r
    uv_mutex_unlock(&c->lock);
}

static void after_look_up(uv_work_t *work, int status)
{
    struct catalogue_request *r = work->data;
    (void)status;
    uv_mutex_lock(&r->catalogue->lock);
    r->in_work = false;
    bool orphan = r->orphan;
    uv_mutex_unlock(&r->catalogue->lock);
    if (orphan)
        request_free(r);
    else if (r->answered || r->job_waits)
        deliver(r);
}

int catalogue_ask(struct catalogue *c, struct worker *w, const char *path, bool listing, catalogue_fn *done, void *ctx,
                  struct catalogue_request **ret)
{
    struct catalogue_request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return KIN_ENOMEM;
    *r = (struct catalogue_request){
        .catalogue = c, .worker = w, .listing = listing, .done = done, .ctx = ctx, .in_work = true};
    r->path = strdup(path);
    r->work.data = r;
    kin_list_init(&r->waiting);
    if (r->path == NULL || uv_queue_work(&w->loop.uv, &r->work, look_up, after_look_up) != 0) {
        request_free(r);
        return KIN_ENOMEM;
    }
    *ret = r;
    return KIN_OK;
}

void catalogue_cancel(struct catalogue_request *r)
{
    if (r != NULL)
        r->done = NULL;
}

// --- life

static int open_root(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void release_frames(void *ctx, const struct kin_reel *reel)
{
    frame_cache_forget(ctx, reel->id);
}

int catalogue_configure(struct catalogue *c, const struct catalogue_settings *settings)
{
    int root = open_root(settings->root);
    if (root < 0)
        return errno == ENOENT ? KIN_ENOENT : KIN_EIO;
    uv_mutex_lock(&c->lock);
    int old = c->root;
    c->root = root;
    bool rate_changed = c->rate_num != settings->rate_num || c->rate_den != settings->rate_den;
    c->rate_num = settings->rate_num;
    c->rate_den = settings->rate_den;
    if (rate_changed)
        index_cache_clear(c->cache);
    index_cache_set_limit(c->cache, settings->index_bytes);
    uv_mutex_unlock(&c->lock);
    if (old >= 0)
        close(old);
    return KIN_OK;
}

int catalogue_new(const struct catalogue_settings *settings, struct catalogue **ret)
{
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    c->root = -1;
    c->memory = settings->memory;
    catalogue_init_crews(c);
    c->cache = index_cache_new();
    if (c->cache == NULL || uv_mutex_init(&c->lock) != 0) {
        index_cache_free(c->cache);
        free(c);
        return KIN_ENOMEM;
    }
    if (uv_cond_init(&c->work) != 0 || uv_cond_init(&c->built) != 0)
        abort(); // cannot fail on Linux
    if (settings->index_dir != NULL)
        c->store = index_store_open(settings->index_dir, settings->index_dir_bytes);
    if (settings->frames != NULL)
        index_cache_on_drop(c->cache, release_frames, settings->frames);
    int err = catalogue_configure(c, settings);
    int error = errno;
    if (err == KIN_OK)
        err = catalogue_start_crews(c);
    if (err != KIN_OK) {
        catalogue_free(c);
        errno = error;
        return err;
    }
    *ret = c;
    return KIN_OK;
}

void catalogue_stop(struct catalogue *c)
{
    uv_mutex_lock(&c->lock);
    atomic_store(&c->stopping, true);
    uv_cond_broadcast(&c->work);
    uv_cond_broadcast(&c->built);
    uv_mutex_unlock(&c->lock);
}

void catalogue_tidy(struct catalogue *c, kin_us now)
{
    uv_mutex_lock(&c->lock);
    index_cache_tidy(c->cache, now);
    uv_mutex_unlock(&c->lock);
}

bool catalogue_stopping(struct catalogue *c)
{
    return atomic_load(&c->stopping);
}

void catalogue_free(struct catalogue *c)
{
    if (c == NULL)
        return;
    catalogue_stop(c);
    catalogue_join_crews(c);
    if (c->root >= 0)
        close(c->root);
    index_cache_free(c->cache);
    index_store_close(c->store);
    uv_cond_destroy(&c->work);
    uv_cond_destroy(&c->built);
    uv_mutex_destroy(&c->lock);
    free(c);
}
