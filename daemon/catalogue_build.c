// The builders: a few threads that make indexes and listings, so that long builds never hold up the reading of frames.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue_parts.h"
#include "index_build.h"
#include "listing.h"
#include "net/priority.h"

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

// Makes the index and gives it to all who wait for it.
static void run_build(struct catalogue *c, struct task *task)
{
    char why[KIN_MEDIA_WHY_MAX];
    struct kin_reel *reel = NULL;
    struct repair repair = {.remedy = KIN_JPEG_REMEDY_NOTHING};
    struct kin_list waiters;
    struct index_job job = {.store = c->store,
                            .file = task->file,
                            .rate_num = task->rate_num,
                            .rate_den = task->rate_den,
                            .path = task->path,
                            .stopping = &c->stopping,
                            .permille = &task->entry->permille};
    int err = index_build(&job, &reel, why);
    if (err == KIN_OK) {
        index_log(reel, task->path);
        repair_survey(reel, &(struct frame_tools){.memory = c->memory, .canceled = &c->stopping}, &repair);
    }
    uv_mutex_lock(&c->lock);
    move_list(&task->entry->waiters, &waiters);
    task->entry->told = !kin_list_empty(&waiters);
    if (!enter_result(c, task->entry, err, reel, &repair, why)) {
        err = KIN_ENOMEM;
        kin_span_copy(kin_span_str("Memory For Indexes Is Used Up"), why, sizeof why);
    }
    uv_cond_broadcast(&c->built);
    uv_mutex_unlock(&c->lock);
    KIN_LIST_EACH(node, &waiters)
    {
        struct catalogue_request *r = KIN_CONTAINER(node, struct catalogue_request, waiting);
        if (err != KIN_OK) {
            catalogue_fail_reel(r, err, why);
            continue;
        }
        catalogue_give_reel(r, reel, &repair, node == waiters.next);
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
    free(task->path);
    free(task);
}

static void work(void *arg)
{
    struct crew *crew = arg;
    struct catalogue *c = crew->catalogue;
    kin_priority_batch();
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

bool catalogue_add_task(struct catalogue *c, struct crew *crew, const struct task *task, const char *path)
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
    if (!catalogue_add_task(c, &c->indexing, &(struct task){.file = *file, .entry = entry}, path)) {
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

// --- life

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

void catalogue_init_crews(struct catalogue *c)
{
    init_crew(&c->indexing, c);
    init_crew(&c->listing, c);
}

int catalogue_start_crews(struct catalogue *c)
{
    int err = start_crew(&c->indexing, CATALOGUE_BUILDERS);
    return err == KIN_OK ? start_crew(&c->listing, 1) : err;
}

void catalogue_join_crews(struct catalogue *c)
{
    join_crew(&c->listing);
    join_crew(&c->indexing);
}
