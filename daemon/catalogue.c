// Requests go through three hands: libuv's pool opens the file and looks at what is known of it; a builder's thread
// makes the index or the listing if need be; the asking worker's loop hands out the answer.
#include "catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "beneath.h"
#include "frame_cache.h"
#include "index_build.h"
#include "index_cache.h"
#include "journal.h"
#include "listing.h"

// What some threads have to do. Listings have a thread of their own, since they wait for indexes.
struct crew {
    struct catalogue *catalogue;
    struct kin_list tasks; // struct task
    unsigned waiting;      // of them
    unsigned count;
    uv_thread_t threads[CATALOGUE_BUILDERS];
};

struct catalogue {
    uv_mutex_t lock; // of all below, and of `in_work` and `orphan` of every request
    uv_cond_t work;
    uv_cond_t built; // an index was entered
    struct index_cache *cache;
    struct index_store *store; // of builders; may be NULL
    struct crew indexing, listing;
    int root;
    uint32_t rate_num, rate_den;
    atomic_bool stopping;
};

// What a builder is to do: index `file` for entry, or list directory `file.fd` for request.
struct task {
    struct kin_list node;
    struct beneath_file file;
    struct index_entry *entry;
    struct catalogue_request *request;
    uint32_t rate_num, rate_den;
    char *path; // of the file, for the log
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

// Makes the index and gives it to all who wait for it.
static void run_build(struct catalogue *c, struct task *task)
{
    char why[KIN_MEDIA_WHY_MAX];
    struct kin_reel *reel = NULL;
    struct kin_list waiters;
    struct index_job job = {.store = c->store,
                            .file = task->file,
                            .rate_num = task->rate_num,
                            .rate_den = task->rate_den,
                            .path = task->path,
                            .stopping = &c->stopping,
                            .permille = &task->entry->permille};
    int err = index_build(&job, &reel, why);
    if (err == KIN_OK)
        index_log(reel, task->path);
    uv_mutex_lock(&c->lock);
    move_list(&task->entry->waiters, &waiters);
    if (!enter_result(c, task->entry, err, reel, why)) {
        err = KIN_ENOMEM;
        kin_span_copy(kin_span_str("Memory For Indexes Is Used Up"), why, sizeof why);
    }
    uv_cond_broadcast(&c->built);
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
    free(task->path);
    free(task);
}

static void work(void *arg)
{
    struct crew *crew = arg;
    struct catalogue *c = crew->catalogue;
    uv_mutex_lock(&c->lock);
    for (;;) {
        while (kin_list_empty(&crew->tasks) && !atomic_load(&c->stopping))
            uv_cond_wait(&c->work, &c->lock);
        if (kin_list_empty(&crew->tasks))
            break; // stopping, and nobody waits any more
        struct task *task = KIN_CONTAINER(crew->tasks.next, struct task, node);
        kin_list_remove(&task->node);
        crew->waiting--;
        uv_mutex_unlock(&c->lock);
        run_task(c, task);
        uv_mutex_lock(&c->lock);
    }
    uv_mutex_unlock(&c->lock);
}

// A task for one of the crews, with the lock held. False when out of memory; the file is then still open.
static bool add_task(struct catalogue *c, struct crew *crew, const struct task *task, const char *path)
{
    struct task *copy = malloc(sizeof *copy);
    char *name = strdup(path);
    if (copy == NULL || name == NULL) {
        free(copy);
        free(name);
        return false;
    }
    *copy = *task;
    copy->path = name;
    copy->rate_num = c->rate_num;
    copy->rate_den = c->rate_den;
    kin_list_init(&copy->node);
    kin_list_push_back(&crew->tasks, &copy->node);
    crew->waiting++;
    uv_cond_broadcast(&c->work); // both crews wait for it
    return true;
}

// --- facts for listings

// Sends for an index on behalf of nobody, with the lock held; takes the descriptor over when that works.
static bool begin_alone(struct catalogue *c, struct beneath_file *file, const char *path)
{
    struct index_entry *entry = index_cache_add(c->cache, &file->version);
    if (entry == NULL)
        return false;
    if (!add_task(c, &c->indexing, &(struct task){.file = *file, .entry = entry}, path)) {
        index_cache_remove(c->cache, entry);
        return false;
    }
    file->fd = -1;
    return true;
}

// With the lock held. KIN_EAGAIN: it is still being made when the time is over.
static int await_facts(struct catalogue *c, const struct file_version *version, kin_us until, struct index_facts *ret)
{
    for (;;) {
        const struct index_entry *entry = index_cache_find(c->cache, version);
        kin_us now = kin_clock_mono_us();
        if (entry == NULL) // it could not be kept
            return KIN_EIO;
        if (entry->state == INDEX_FAILED)
            return entry->err;
        if (entry->state == INDEX_READY) {
            *ret = entry->facts;
            return KIN_OK;
        }
        ret->permille = atomic_load(&entry->permille);
        if (now >= until || atomic_load(&c->stopping))
            return KIN_EAGAIN;
        uv_cond_timedwait(&c->built, &c->lock, (uint64_t)(until - now) * 1000);
    }
}

// Is what is not indexed yet a reel at all?
static bool looks_like_reel(int fd)
{
    struct kin_source *source = NULL;
    if (fd < 0 || kin_source_from_fd(fd, &source) != KIN_OK) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool is_reel = kin_reel_probe(source) != NULL;
    kin_source_unref(source);
    return is_reel;
}

int catalogue_facts(struct catalogue *c, struct beneath_file *file, const char *path, kin_us until,
                    struct index_facts *ret)
{
    int spare = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    int err = KIN_EAGAIN;
    *ret = (struct index_facts){0};
    uv_mutex_lock(&c->lock);
    bool known = index_cache_find(c->cache, &file->version) != NULL;
    if (!known && c->indexing.waiting < CATALOGUE_WAITING_MAX)
        known = begin_alone(c, file, path);
    if (known)
        err = await_facts(c, &file->version, until, ret);
    uv_mutex_unlock(&c->lock);
    if (file->fd >= 0)
        close(file->fd);
    if (err == KIN_EAGAIN)
        return looks_like_reel(spare) || file->is_stills ? err : KIN_EUNSUPPORTED;
    if (spare >= 0)
        close(spare);
    return err;
}

// --- the pool's part

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
    if (add_task(c, &c->indexing, &(struct task){.file = *file, .entry = entry}, r->path))
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
    struct catalogue *c = r->catalogue;
    if (r->listing && add_task(c, &c->listing, &(struct task){.file = *file, .request = r}, r->path))
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

static int start_crew(struct crew *crew, unsigned count)
{
    while (crew->count < count) {
        if (uv_thread_create(&crew->threads[crew->count], work, crew) != 0)
            return KIN_ENOMEM;
        crew->count++;
    }
    return KIN_OK;
}

static void join_crew(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++)
        uv_thread_join(&crew->threads[i]);
}

static void init_crew(struct crew *crew, struct catalogue *c)
{
    crew->catalogue = c;
    kin_list_init(&crew->tasks);
}

int catalogue_new(const struct catalogue_settings *settings, struct catalogue **ret)
{
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    c->root = -1;
    init_crew(&c->indexing, c);
    init_crew(&c->listing, c);
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
        err = start_crew(&c->indexing, CATALOGUE_BUILDERS);
    if (err == KIN_OK)
        err = start_crew(&c->listing, 1);
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
    join_crew(&c->listing);
    join_crew(&c->indexing);
    if (c->root >= 0)
        close(c->root);
    index_cache_free(c->cache);
    index_store_close(c->store);
    uv_cond_destroy(&c->work);
    uv_cond_destroy(&c->built);
    uv_mutex_destroy(&c->lock);
    free(c);
}
