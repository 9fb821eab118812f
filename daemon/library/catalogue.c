// Requests: what they wait for, how they are answered, how they are canceled; and the life of the catalogue.
#include "library/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "frames/frame_cache.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/shortage.h"
#include "library/catalogue_internal.h"

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
    bool unsupported = err == KIN_EUNSUPPORTED || err == KIN_EBAD || err == KIN_ELIMIT;
    const char *text = why[0] != '\0' ? why : NULL;
    if (unsupported)
        catalogue_fail(r, 415, text);
    else
        catalogue_fail(r, 503, text != NULL ? text : kin_err_str(err));
}

void catalogue_give_reel(struct catalogue_request *r, struct kin_reel *reel, const struct conversion_survey *survey,
                         bool log_survey)
{
    r->answer.status = 200;
    r->answer.reel = kin_reel_ref(reel);
    r->answer.survey = *survey;
    r->log_survey = log_survey;
}

// Logged once for each version of a file, with its first answer.
static void journal_survey(const struct catalogue_request *r)
{
    char path[JOURNAL_QUOTED_MAX], text[CONVERSION_SURVEY_TEXT_MAX];
    const struct conversion_survey *survey = &r->answer.survey;
    if (!r->log_survey || survey->incompatibilities == 0)
        return;
    journal_quote(kin_span_str(r->path), path);
    if (survey->refusal != NULL)
        journal(JOURNAL_REEL, KIN_LOG_WARNING, MSG_REEL_UNSENDABLE, path, conversion_survey_refusal(survey, text));
    else
        journal(JOURNAL_REEL, KIN_LOG_NOTICE, MSG_REEL_REPAIRED, path, conversion_survey_text(survey, text));
}

static void on_answer(struct worker_job *job)
{
    struct catalogue_request *r = KIN_CONTAINER(job, struct catalogue_request, job);
    journal_survey(r);
    if (r->done != NULL)
        r->done(r->ctx, &r->answer);
    request_free(r);
}

void catalogue_answered(struct catalogue_request *r, struct kin_list *answered)
{
    r->work = NULL;
    kin_list_remove(&r->node);
    kin_list_push_back(answered, &r->node);
}

void catalogue_send(struct kin_list *answered)
{
    KIN_LIST_EACH_OF(struct catalogue_request, r, answered, node) {
        kin_list_remove(&r->node);
        r->job = (struct worker_job){.run = on_answer};
        kin_list_init(&r->job.node);
        if (!worker_post(r->worker, &r->job))
            request_free(r); // the worker has ended
    }
}

// --- work; lock held

void catalogue_free_work(struct task *task)
{
    struct work *work = KIN_CONTAINER(task, struct work, task);
    free(work->path);
    free(work);
}

int catalogue_add_work(struct catalogue *c, struct work *work, const char *path, uint64_t requester)
{
    work->catalogue = c;
    work->task.free = catalogue_free_work;
    work->path = strdup(path);
    work->requester = requester;
    work->since = kin_clock_mono_us();
    kin_list_init(&work->node);
    kin_list_init(&work->requests);
    if (work->path == NULL)
        return KIN_ENOMEM;
    int err = task_threads_add(c->lanes[work->kind], &work->task, (struct task_owner){.client = requester});
    if (err != KIN_OK)
        return err;
    kin_list_push_back(&c->work[work->kind], &work->node);
    c->count[work->kind]++;
    return KIN_OK;
}

void catalogue_close_work(struct work *work)
{
    if (kin_list_empty(&work->node))
        return;
    kin_list_remove(&work->node);
    work->catalogue->count[work->kind]--;
}

static struct work *find_work(struct catalogue *c, enum work_kind kind, const struct catalogue_request *r)
{
    KIN_LIST_EACH_OF(struct work, work, &c->work[kind], node) {
        bool same = kind != WORK_LOOKUP || (work->listing == r->listing && work->any_case == r->any_case);
        if (same && strcmp(work->path, r->path) == 0)
            return work;
    }
    return NULL;
}

int catalogue_join_work(struct catalogue_request *r, enum work_kind kind, size_t size, void (*run)(struct task *task))
{
    struct work *work = find_work(r->catalogue, kind, r);
    if (work == NULL) {
        work = calloc(1, size);
        if (work == NULL)
            return KIN_ENOMEM;
        work->kind = kind;
        work->task.run = run;
        work->listing = r->listing;
        work->any_case = r->any_case;
        int err = catalogue_add_work(r->catalogue, work, r->path, r->requester);
        if (err != KIN_OK) {
            catalogue_free_work(&work->task);
            return err;
        }
    }
    catalogue_wait_for(r, work);
    return KIN_OK;
}

static void set_rank(struct work *work)
{
    struct task_threads *lane = work->catalogue->lanes[work->kind];
    KIN_LIST_EACH_OF(const struct catalogue_request, r, &work->requests, node) {
        if (!r->yields) {
            task_threads_promote(lane, &work->task, (struct task_owner){.client = r->requester});
            return;
        }
    }
    if (work->kind != WORK_BUILD || ((struct build_work *)work)->listings == 0)
        task_threads_demote(lane, &work->task);
}

void catalogue_wait_for(struct catalogue_request *r, struct work *work)
{
    kin_list_remove(&r->node);
    kin_list_push_back(&work->requests, &r->node);
    r->work = work;
    set_rank(work);
}

static bool is_wanted(const struct work *work)
{
    if (!kin_list_empty(&work->requests))
        return true;
    return work->kind == WORK_BUILD && catalogue_build_is_wanted((const struct build_work *)work);
}

void catalogue_end_unwanted(struct work *work)
{
    struct catalogue *c = work->catalogue;
    if (is_wanted(work)) {
        set_rank(work);
        return;
    }
    if (work->kind == WORK_BUILD)
        catalogue_detach_build((struct build_work *)work);
    catalogue_close_work(work);
    if (task_threads_withdraw(c->lanes[work->kind], &work->task))
        catalogue_free_work(&work->task);
    else
        uv_cond_broadcast(&c->built); // a listing may wait there
}

// --- requests

int catalogue_query(struct catalogue *c, const struct catalogue_query *query, struct catalogue_request **ret)
{
    struct catalogue_request *r = calloc(1, sizeof *r);
    if (r == NULL)
        return KIN_ENOMEM;
    *r = (struct catalogue_request){.catalogue = c,
                                    .worker = query->worker,
                                    .path = strdup(query->path),
                                    .listing = query->listing,
                                    .any_case = query->any_case,
                                    .requester = query->requester,
                                    .done = query->done,
                                    .ctx = query->ctx};
    kin_list_init(&r->node);
    int err = KIN_ENOMEM;
    if (r->path != NULL) {
        uv_mutex_lock(&c->lock);
        err = catalogue_begin_lookup(r);
        uv_mutex_unlock(&c->lock);
    }
    shortage_note_err(err);
    if (err == KIN_OK)
        *ret = r;
    else
        request_free(r);
    return err;
}

void catalogue_cancel(struct catalogue_request *r)
{
    if (r == NULL)
        return;
    struct catalogue *c = r->catalogue;
    uv_mutex_lock(&c->lock);
    struct work *work = r->work;
    r->done = NULL;
    if (work != NULL) {
        kin_list_remove(&r->node);
        catalogue_end_unwanted(work);
    }
    uv_mutex_unlock(&c->lock);
    if (work != NULL)
        request_free(r); // else its worker has it, or soon will
}

void catalogue_yield(struct catalogue_request *r)
{
    if (r == NULL)
        return;
    uv_mutex_lock(&r->catalogue->lock);
    r->yields = true;
    if (r->work != NULL)
        set_rank(r->work);
    uv_mutex_unlock(&r->catalogue->lock);
}

// --- life

static int open_root(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int catalogue_dup_root(struct catalogue *c)
{
    uv_mutex_lock(&c->lock);
    int fd = fcntl(c->root, F_DUPFD_CLOEXEC, 0);
    int error = errno;
    uv_mutex_unlock(&c->lock);
    errno = error;
    if (fd < 0)
        shortage_note(error);
    return fd;
}

static bool is_not_canceled(void *ctx)
{
    return !atomic_load((const atomic_bool *)ctx);
}

int catalogue_recognise(struct work *work, struct beneath_file *file)
{
    struct stills_look look = {kin_clock_mono_us(), is_not_canceled, &work->task.canceled};
    switch (stills_memory_recognise(work->catalogue->stills, &look, file)) {
    case KIN_ECANCELED:
        return -ECANCELED;
    case KIN_EFILES:
        return -EMFILE;
    case KIN_ENOMEM:
        return -ENOMEM;
    default:
        return 0;
    }
}

static void drop_frames(void *ctx, const struct kin_reel *reel)
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

void catalogue_set_reels(struct catalogue *c, size_t count)
{
    uv_mutex_lock(&c->lock);
    index_cache_set_reels(c->cache, count);
    uv_mutex_unlock(&c->lock);
}

static int start_lanes(struct catalogue *c)
{
    static const struct task_threads_params params[] = {
        [WORK_LOOKUP] = {CATALOGUE_LOOKUP_THREADS, CATALOGUE_LOOKUPS_MAX},
        [WORK_BUILD] = {CATALOGUE_BUILD_THREADS, CATALOGUE_BUILDS_MAX},
        [WORK_LISTING] = {CATALOGUE_LISTING_THREADS, CATALOGUE_LISTINGS_MAX}};
    int err = KIN_OK;
    for (unsigned i = 0; err == KIN_OK && i < WORK_KIND_COUNT; i++)
        err = task_threads_new(&params[i], &c->lanes[i]);
    return err;
}

static int open_parts(struct catalogue *c, const struct catalogue_settings *settings)
{
    c->cache = index_cache_new();
    c->stills = stills_memory_new();
    if (c->cache == NULL || c->stills == NULL)
        return KIN_ENOMEM;
    if (settings->index_dir != NULL)
        c->store = index_store_open(settings->index_dir, settings->index_dir_bytes);
    if (settings->frames != NULL)
        index_cache_on_drop(c->cache, drop_frames, settings->frames);
    int err = catalogue_configure(c, settings);
    return err == KIN_OK ? start_lanes(c) : err;
}

int catalogue_new(const struct catalogue_settings *settings, struct catalogue **ret)
{
    struct catalogue *c = calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    c->root = -1;
    c->memory = settings->memory;
    for (unsigned i = 0; i < WORK_KIND_COUNT; i++)
        kin_list_init(&c->work[i]);
    if (uv_mutex_init(&c->lock) != 0 || uv_cond_init(&c->built) != 0)
        abort(); // cannot fail on Linux
    int err = open_parts(c, settings);
    int error = errno;
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
    for (unsigned i = 0; i < WORK_KIND_COUNT; i++)
        if (c->lanes[i] != NULL)
            task_threads_stop(c->lanes[i]);
    uv_mutex_lock(&c->lock);
    uv_cond_broadcast(&c->built);
    uv_mutex_unlock(&c->lock);
}

void catalogue_tidy(struct catalogue *c, kin_us now)
{
    uv_mutex_lock(&c->lock);
    index_cache_tidy(c->cache, now);
    uv_mutex_unlock(&c->lock);
}

void catalogue_stats(struct catalogue *c, struct catalogue_stats *ret)
{
    uv_mutex_lock(&c->lock);
    *ret = (struct catalogue_stats){c->count[WORK_LOOKUP], c->count[WORK_BUILD], c->count[WORK_LISTING]};
    uv_mutex_unlock(&c->lock);
}

// Lanes in the order in which a request goes through them: each may try to add to the next one, which is stopped by
// then.
void catalogue_free(struct catalogue *c)
{
    if (c == NULL)
        return;
    catalogue_stop(c);
    task_threads_free(c->lanes[WORK_LOOKUP]);
    task_threads_free(c->lanes[WORK_LISTING]);
    task_threads_free(c->lanes[WORK_BUILD]);
    if (c->root >= 0)
        close(c->root);
    index_cache_free(c->cache);
    index_store_close(c->store);
    stills_memory_free(c->stills);
    uv_cond_destroy(&c->built);
    uv_mutex_destroy(&c->lock);
    free(c);
}
