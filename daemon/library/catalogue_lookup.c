// Look-ups: open the path beneath the root, and go on from what is there.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "library/beneath_case.h"
#include "library/catalogue_internal.h"

struct found { // what a look-up leads to
    struct beneath_file file;
    char *path; // where it differs from the requested one
};

static struct lookup_work *lookup_of(struct task *task)
{
    return KIN_CONTAINER(task, struct lookup_work, work.task);
}

// --- what was found; lock held

static void answer_from_entry(struct catalogue_request *r, struct index_entry *entry)
{
    if (entry->state == INDEX_FAILED) {
        catalogue_fail_reel(r, entry->err, entry->why);
        return;
    }
    catalogue_give_reel(r, entry->reel, &entry->facts.survey, !entry->survey_logged);
    index_cache_survey_logged(entry, true);
}

// True when the request is answered; otherwise it waits for a build.
static bool find_or_build(struct catalogue_request *r, const struct file_version *version)
{
    struct index_entry *entry = index_cache_find(r->catalogue->cache, version);
    if (entry != NULL && (entry->state == INDEX_FAILED || entry->reel != NULL)) {
        answer_from_entry(r, entry);
        return true;
    }
    int err = catalogue_begin_build(r, entry, version);
    if (err != KIN_OK)
        catalogue_fail(r, 503, NULL);
    return err != KIN_OK;
}

static bool answer_directory(struct catalogue_request *r)
{
    r->answer.is_directory = true;
    r->answer.status = r->listing ? 503 : 200;
    return !r->listing || catalogue_begin_listing(r) != KIN_OK;
}

// From here on the request has the path as it is spelled on disk.
static bool set_path(struct catalogue_request *r, const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        catalogue_fail(r, 503, NULL);
        return false;
    }
    free(r->path);
    r->path = copy;
    return true;
}

// True when the request is answered.
static bool continue_request(struct catalogue_request *r, const struct found *found)
{
    if (found->path != NULL && !set_path(r, found->path))
        return true;
    return found->file.is_directory ? answer_directory(r) : find_or_build(r, &found->file.version);
}

static void continue_all(struct lookup_work *lookup, const struct found *found, struct kin_list *answered)
{
    KIN_LIST_EACH_OF(struct catalogue_request, r, &lookup->work.requests, node)
        if (continue_request(r, found))
            catalogue_answered(r, answered);
}

static void fail_all(struct lookup_work *lookup, int error, struct kin_list *answered)
{
    const char *reason;
    unsigned status = beneath_status(error, &reason);
    KIN_LIST_EACH_OF(struct catalogue_request, r, &lookup->work.requests, node) {
        catalogue_fail(r, status, reason);
        catalogue_answered(r, answered);
    }
}

// --- on a thread of the lane

static bool is_wanted(void *ctx)
{
    return !atomic_load((const atomic_bool *)ctx);
}

static int open_path(int root, const struct lookup_work *lookup, struct found *ret)
{
    int err = beneath_open(root, lookup->work.path, &ret->file);
    if (err != -ENOENT || !lookup->any_case)
        return err;
    err = beneath_find_case(root, lookup->work.path, &ret->path);
    return err == 0 ? beneath_open(root, ret->path, &ret->file) : err;
}

// 0 or a negative errno. The descriptor is closed again: further work on the file waits without one.
static int look_up(struct lookup_work *lookup, struct found *ret)
{
    struct work *work = &lookup->work;
    struct stills_look look = {kin_clock_mono_us(), is_wanted, &work->task.canceled};
    int root = catalogue_dup_root(work->catalogue);
    if (root < 0)
        return -errno;
    int err = open_path(root, lookup, ret);
    close(root);
    if (err != 0)
        return err;
    if (*work->path != '\0') // the root is a directory whatever is in it
        err = catalogue_recognise(work->catalogue, &look, &ret->file);
    close(ret->file.fd);
    ret->file.fd = -1;
    return err;
}

static void run_lookup(struct task *task)
{
    struct lookup_work *lookup = lookup_of(task);
    struct catalogue *c = lookup->work.catalogue;
    struct found found = {.path = NULL};
    struct kin_list answered;
    kin_list_init(&answered);
    int err = atomic_load(&task->canceled) ? -ECANCELED : look_up(lookup, &found);
    uv_mutex_lock(&c->lock);
    catalogue_close_work(&lookup->work);
    if (err == 0)
        continue_all(lookup, &found, &answered);
    else
        fail_all(lookup, err, &answered);
    uv_mutex_unlock(&c->lock);
    free(found.path);
    catalogue_send(&answered);
}

// --- for requests; lock held

static struct lookup_work *find_lookup(struct catalogue *c, const struct catalogue_request *r)
{
    KIN_LIST_EACH_OF(struct lookup_work, lookup, &c->work[WORK_LOOKUP], work.node)
        if (lookup->listing == r->listing && lookup->any_case == r->any_case && strcmp(lookup->work.path, r->path) == 0)
            return lookup;
    return NULL;
}

int catalogue_begin_lookup(struct catalogue *c, struct catalogue_request *r)
{
    struct lookup_work *lookup = find_lookup(c, r);
    if (lookup == NULL) {
        lookup = calloc(1, sizeof *lookup);
        if (lookup == NULL)
            return KIN_ENOMEM;
        lookup->listing = r->listing;
        lookup->any_case = r->any_case;
        lookup->work.kind = WORK_LOOKUP;
        lookup->work.task.run = run_lookup;
        int err = catalogue_add_work(c, &lookup->work, r->path, r->requester);
        if (err != KIN_OK) {
            catalogue_free_work(&lookup->work.task);
            return err;
        }
    }
    catalogue_wait_for(r, &lookup->work);
    return KIN_OK;
}
