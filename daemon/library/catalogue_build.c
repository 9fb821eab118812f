// Making indexes: once for each version of a file, for all requests that wait for it.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "ground/messages.h"
#include "ground/shortage.h"
#include "library/catalogue_internal.h"
#include "library/index_build.h"

static struct build_work *build_of(struct task *task)
{
    return KIN_CONTAINER(task, struct build_work, work.task);
}

// --- on a thread of the lane

struct result {
    int err;          // of kin_reel_open
    int system_error; // the file could not be opened: 0 or a negative errno
    struct kin_reel *reel;
    struct conversion_survey survey;
    struct file_version version;
    char why[KIN_MEDIA_WHY_MAX];
};

static void on_tick(void *ctx)
{
    struct build_work *build = ctx;
    struct task_threads *lane = build->work.catalogue->lanes[WORK_BUILD];
    task_threads_check_time(lane, &build->work.task, kin_clock_mono_us() - build->running_since);
}

static int open_file(struct build_work *build, struct beneath_file *ret)
{
    int root = catalogue_dup_root(build->work.catalogue);
    if (root < 0)
        return -errno;
    int err = beneath_open(root, build->work.path, ret);
    close(root);
    if (err != 0)
        return err;
    err = catalogue_recognise(&build->work, ret);
    if (err == 0 && ret->is_directory) // it was a reel a moment ago
        err = -EAGAIN;
    if (err != 0)
        close(ret->fd);
    return err;
}

static void make_index(struct build_work *build, struct result *ret)
{
    struct catalogue *c = build->work.catalogue;
    struct task *task = &build->work.task;
    struct index_job job = {.store = c->store,
                            .rate_num = build->rate_num,
                            .rate_den = build->rate_den,
                            .path = build->work.path,
                            .stopping = &task->canceled,
                            .tick = on_tick,
                            .ctx = build,
                            .permille = &build->permille};
    ret->system_error = open_file(build, &job.file);
    if (ret->system_error != 0)
        return;
    ret->version = job.file.version;
    ret->err = index_build(&job, &ret->reel, ret->why);
    shortage_note_err(ret->err);
    if (ret->err != KIN_OK)
        return;
    index_log(ret->reel, build->work.path);
    conversion_survey_make(ret->reel, &(struct frame_tools){.memory = c->memory, .canceled = &task->canceled},
                           &ret->survey);
}

// --- what came of it; lock held

static bool is_lasting(int err)
{
    return err == KIN_EUNSUPPORTED || err == KIN_EBAD || err == KIN_ELIMIT;
}

// Enters the result under the version that the file had when it was opened. An entry that is not worth keeping is
// removed.
static void enter_result(struct catalogue *c, struct index_entry *entry, struct result *result)
{
    entry->build = NULL;
    bool lasting = result->system_error == 0 && (result->err == KIN_OK || is_lasting(result->err));
    if (!lasting || !index_cache_move(c->cache, entry, &result->version)) {
        index_cache_remove(c->cache, entry);
    } else if (result->err != KIN_OK) {
        index_cache_failed(c->cache, entry, result->err, result->why);
    } else if (!index_cache_ready(c->cache, entry, result->reel, &result->survey)) {
        result->err = KIN_ENOMEM;
        kin_span_copy(kin_span_str(MSG_REPLY_INDEX_MEMORY), result->why, sizeof result->why);
    }
}

static void answer(struct catalogue_request *r, const struct result *result, bool first)
{
    const char *reason;
    if (result->system_error != 0) {
        unsigned status = beneath_status(result->system_error, &reason);
        catalogue_fail(r, status, reason);
    } else if (result->err != KIN_OK) {
        catalogue_fail_reel(r, result->err, result->why);
    } else {
        catalogue_give_reel(r, result->reel, &result->survey, first);
    }
}

static void finish(struct build_work *build, struct result *result, struct kin_list *answered)
{
    struct catalogue *c = build->work.catalogue;
    struct index_entry *entry = build->entry;
    bool first = true;
    if (entry != NULL) {
        index_cache_survey_logged(entry, !kin_list_empty(&build->work.requests));
        enter_result(c, entry, result);
    }
    build->entry = NULL;
    catalogue_close_work(&build->work);
    KIN_LIST_EACH_OF(struct catalogue_request, r, &build->work.requests, node) {
        answer(r, result, first);
        catalogue_answered(r, answered);
        first = false;
    }
    uv_cond_broadcast(&c->built);
}

static void run_build(struct task *task)
{
    struct build_work *build = build_of(task);
    struct catalogue *c = build->work.catalogue;
    struct result result = {.system_error = -ECANCELED, .survey = {.conversion = KIN_JPEG_CONVERSION_NOTHING}};
    struct kin_list answered;
    kin_list_init(&answered);
    build->running_since = kin_clock_mono_us();
    if (!atomic_load(&task->canceled))
        make_index(build, &result);
    if (atomic_load(&task->canceled)) { // its survey may have been cut short
        kin_reel_unref(result.reel);
        result = (struct result){.system_error = -ECANCELED};
        if (task_threads_is_paused(c->lanes[WORK_BUILD], task))
            return;
    }
    uv_mutex_lock(&c->lock);
    finish(build, &result, &answered);
    uv_mutex_unlock(&c->lock);
    catalogue_send(&answered);
    kin_reel_unref(result.reel);
}

// --- beginning and ending; lock held

static void discard(struct build_work *build)
{
    free(build->work.path);
    free(build);
}

static struct build_work *new_build(struct catalogue *c, struct index_entry *entry)
{
    struct build_work *build = calloc(1, sizeof *build);
    if (build == NULL)
        return NULL;
    build->work.kind = WORK_BUILD;
    build->work.task.run = run_build;
    build->work.task.can_pause = true; // and begins again from the start
    build->number = ++c->builds;
    build->entry = entry;
    build->rate_num = c->rate_num;
    build->rate_den = c->rate_den;
    return build;
}

// Begins a build of the entry; NULL: of a new one. On failure the entry stays as it was, and a new one is removed.
static int begin(struct catalogue *c, struct index_entry *entry, const char *path, const struct file_version *version,
                 uint64_t requester, struct build_work **ret)
{
    bool is_new = entry == NULL;
    if (is_new)
        entry = index_cache_add(c->cache, version);
    struct build_work *build = entry != NULL ? new_build(c, entry) : NULL;
    int err = build != NULL ? catalogue_add_work(c, &build->work, path, requester) : KIN_ENOMEM;
    if (err == KIN_OK) {
        index_cache_building(entry);
        entry->build = build;
        *ret = build;
        return KIN_OK;
    }
    if (build != NULL)
        discard(build);
    if (is_new && entry != NULL)
        index_cache_remove(c->cache, entry);
    return err;
}

int catalogue_begin_build(struct catalogue_request *r, struct index_entry *entry, const struct file_version *version)
{
    struct catalogue *c = r->catalogue;
    struct build_work *build = entry != NULL ? entry->build : NULL;
    int err = build == NULL ? begin(c, entry, r->path, version, r->requester, &build) : KIN_OK;
    if (err == KIN_OK)
        catalogue_wait_for(r, &build->work);
    return err;
}

int catalogue_begin_listed_build(struct catalogue *c, const char *path, const struct file_version *version,
                                 uint64_t requester, struct build_work **ret)
{
    if (task_threads_waiting(c->lanes[WORK_BUILD]) >= CATALOGUE_LISTED_BUILDS_MAX)
        return KIN_ELIMIT;
    return begin(c, NULL, path, version, requester, ret);
}

bool catalogue_build_is_wanted(const struct build_work *build)
{
    return build->listings > 0 || build->background;
}

void catalogue_detach_build(struct build_work *build)
{
    if (build->entry == NULL)
        return;
    build->entry->build = NULL;
    index_cache_remove(build->work.catalogue->cache, build->entry);
    build->entry = NULL;
}
