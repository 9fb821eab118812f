// Requests go through three hands: libuv's pool opens the file and looks at what is known of it; a builder's thread
// makes the index or the listing if need be; the asking worker's loop hands out the answer.
#include "catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "beneath.h"
#include "frame_cache.h"
#include "index_cache.h"
#include "journal.h"
#include "listing.h"

struct catalogue {
    uv_mutex_t lock; // of all below, and of `in_work` and `orphan` of every request
    uv_cond_t work;
    struct index_cache *cache;
    struct kin_list tasks; // struct task
    int root;
    uint32_t rate_num, rate_den;
    atomic_bool stopping;
    unsigned builders;
    uv_thread_t threads[CATALOGUE_BUILDERS];
};

// What a builder is to do: index `file` for entry, or list directory `file.fd` for request.
struct task {
    struct kin_list node;
    struct beneath_file file;
    struct index_entry *entry;
    struct catalogue_request *request;
    uint32_t rate_num, rate_den;
};

struct catalogue_request {
    struct catalogue *catalogue;
    struct worker *worker;
    uv_work_t work;
    struct worker_job job;
    struct kin_list waiting; // in an entry's waiters
    char *path;
    bool listing;
    catalogue_fn *done; // NULL when canceled; of the loop's thread
    void *ctx;
    bool in_work;                   // its pool work has not come back to the loop yet
    bool orphan;                    // its worker has ended
    bool job_waits;                 // of the loop's thread: the answer came while in_work
    bool answered;                  // by the pool's thread itself
    struct catalogue_answer answer; // owns reel and listing here
    char reason[CATALOGUE_REASON_MAX];
};

// --- the answer

static void request_free(struct catalogue_request *r)
{
    kin_reel_unref(r->answer.reel);
    kin_buf_unref(r->answer.listing);
    free(r->path);
    free(r);
}

static void set_failure(struct catalogue_request *r, unsigned status, const char *reason)
{
    r->answer.status = status;
    if (reason == NULL)
        return;
    kin_span_copy(kin_span_str(reason), r->reason, sizeof r->reason);
    r->answer.reason = r->reason;
}

static void set_reel_failure(struct catalogue_request *r, int err, const char *why)
{
    bool unfit = err == KIN_EUNSUPPORTED || err == KIN_EBAD || err == KIN_ELIMIT;
    const char *text = why[0] != '\0' ? why : NULL;
    if (unfit)
        set_failure(r, 415, text);
    else
        set_failure(r, 503, text != NULL ? text : kin_err_str(err));
}

static void set_entry(struct catalogue_request *r, const struct index_entry *entry)
{
    if (entry->state == INDEX_FAILED) {
        set_reel_failure(r, entry->err, entry->why);
        return;
    }
    r->answer.status = 200;
    r->answer.reel = kin_reel_ref(entry->reel);
}

static void deliver(struct catalogue_request *r)
{
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
static void send_answer(struct catalogue_request *r)
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

static void send_answers(struct kin_list *requests)
{
    KIN_LIST_EACH(node, requests)
    {
        kin_list_remove(node);
        send_answer(KIN_CONTAINER(node, struct catalogue_request, waiting));
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

// --- builders

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    const struct catalogue *c = ctx;
    (void)done, (void)total;
    return !atomic_load(&c->stopping);
}

// Builds the index of an open file; closes it unless the reel keeps it.
static int build(struct catalogue *c, int fd, uint32_t rate_num, uint32_t rate_den, struct kin_reel **ret,
                 char why[KIN_MEDIA_WHY_MAX])
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
    return err;
}

static bool is_lasting(int err)
{
    return err == KIN_EUNSUPPORTED || err == KIN_EBAD || err == KIN_ELIMIT;
}

// Enters what a build found. The entry is gone afterwards when it is not worth keeping. False: the index does not fit
// beside those in use.
static bool enter_result(struct catalogue *c, struct index_entry *entry, int err, struct kin_reel *reel,
                         const char *why)
{
    if (err == KIN_OK)
        return index_cache_ready(c->cache, entry, reel);
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
    if (reel->fit != KIN_JPEG_FIT_OK)
        journal(JOURNAL_REEL, KIN_LOG_WARNING, "reel cannot be sent as RFC 2435 path=%s problem=\"%s\"", quoted,
                kin_jpeg_fit_str(reel->fit));
    if (reel->junk_runs > 0 || reel->truncated)
        journal(JOURNAL_REEL, KIN_LOG_NOTICE, "reel has damage path=%s junk_bytes=%llu junk_runs=%u truncated=%s",
                quoted, (unsigned long long)reel->junk_bytes, reel->junk_runs, reel->truncated ? "yes" : "no");
}

// Makes the index and gives it to all who wait for it.
static void run_build(struct catalogue *c, struct task *task)
{
    char why[KIN_MEDIA_WHY_MAX];
    struct kin_reel *reel = NULL;
    struct kin_list waiters;
    int err = build(c, task->file.fd, task->rate_num, task->rate_den, &reel, why);
    uv_mutex_lock(&c->lock);
    move_list(&task->entry->waiters, &waiters);
    if (!enter_result(c, task->entry, err, reel, why)) {
        err = KIN_ENOMEM;
        kin_span_copy(kin_span_str("Memory For Indexes Is Used Up"), why, sizeof why);
    }
    uv_mutex_unlock(&c->lock);
    KIN_LIST_EACH(node, &waiters)
    {
        struct catalogue_request *r = KIN_CONTAINER(node, struct catalogue_request, waiting);
        if (err != KIN_OK) {
            set_reel_failure(r, err, why);
            continue;
        }
        r->answer.status = 200;
        r->answer.reel = kin_reel_ref(reel);
        if (node == waiters.next)
            log_reel(reel, r->path);
    }
    send_answers(&waiters);
    kin_reel_unref(reel);
}

static int dup_root(struct catalogue *c)
{
    uv_mutex_lock(&c->lock);
    int fd = fcntl(c->root, F_DUPFD_CLOEXEC, 0);
    int error = errno;
    uv_mutex_unlock(&c->lock);
    errno = error;
    return fd;
}

static void run_listing(struct catalogue *c, struct task *task)
{
    struct catalogue_request *r = task->request;
    int root = dup_root(c);
    int err = KIN_EIO;
    if (root >= 0) {
        err = listing_make(c, root, r->path, task->file.fd, &r->answer.listing);
        close(root);
    } else {
        close(task->file.fd);
    }
    r->answer.is_directory = true;
    r->answer.status = err == KIN_OK ? 200 : 503;
    send_answer(r);
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
    err = build(c, file->fd, num, den, &reel, why);
    if (err == KIN_OK)
        *ret = index_facts_of(reel);
    uv_mutex_lock(&c->lock);
    // Somebody else may have entered it by now; what is being built belongs to its builder.
    if (index_cache_find(c->cache, &file->version) == NULL &&
        (entry = index_cache_add(c->cache, &file->version)) != NULL)
        enter_result(c, entry, err, reel, why);
    uv_mutex_unlock(&c->lock);
    kin_reel_unref(reel);
    return err;
}

// --- the pool's part

// A task for the builders, with the lock held. False when out of memory; the file is then still open.
static bool add_task(struct catalogue *c, const struct task *task)
{
    struct task *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return false;
    *copy = *task;
    copy->rate_num = c->rate_num;
    copy->rate_den = c->rate_den;
    kin_list_init(&copy->node);
    kin_list_push_back(&c->tasks, &copy->node);
    uv_cond_signal(&c->work);
    return true;
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
    if (add_task(c, &(struct task){.file = *file, .entry = entry}))
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
        set_failure(r, 503, NULL);
        known = true;
    }
    close(file->fd);
    return known;
}

static bool list_or_tell(struct catalogue_request *r, const struct beneath_file *file)
{
    if (r->listing && add_task(r->catalogue, &(struct task){.file = *file, .request = r}))
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
    int root = dup_root(c);
    int err = root >= 0 ? beneath_open(root, r->path, &file) : -errno;
    if (root >= 0)
        close(root);
    if (err != 0) {
        const char *reason;
        unsigned status = beneath_status(err, &reason);
        set_failure(r, status, reason);
        r->answered = true;
        return;
    }
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
    frame_cache_forget(ctx, reel);
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

static int start_builders(struct catalogue *c)
{
    while (c->builders < CATALOGUE_BUILDERS) {
        if (uv_thread_create(&c->threads[c->builders], builder, c) != 0)
            return KIN_ENOMEM;
        c->builders++;
    }
    return KIN_OK;
}

int catalogue_new(const struct catalogue_settings *settings, struct catalogue **ret)
{
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    c->root = -1;
    kin_list_init(&c->tasks);
    c->cache = index_cache_new();
    if (c->cache == NULL || uv_mutex_init(&c->lock) != 0) {
        index_cache_free(c->cache);
        free(c);
        return KIN_ENOMEM;
    }
    if (uv_cond_init(&c->work) != 0)
        abort(); // cannot fail on Linux
    if (settings->frames != NULL)
        index_cache_on_drop(c->cache, release_frames, settings->frames);
    int err = catalogue_configure(c, settings);
    int error = errno;
    if (err == KIN_OK)
        err = start_builders(c);
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
    for (unsigned i = 0; i < c->builders; i++)
        uv_thread_join(&c->threads[i]);
    if (c->root >= 0)
        close(c->root);
    index_cache_free(c->cache);
    uv_cond_destroy(&c->work);
    uv_mutex_destroy(&c->lock);
    free(c);
}
