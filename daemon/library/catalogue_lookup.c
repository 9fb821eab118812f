// Look-ups: open the path beneath the root, and go on from what is there.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "library/beneath_case.h"
#include "library/catalogue_internal.h"

struct found { // what a look-up leads to
    struct beneath_file file;
    char *path; // where it differs from the requested one
};

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

// err: of the look-up, 0 or a negative errno. True when the request is answered.
static bool continue_request(struct catalogue_request *r, int err, const struct found *found)
{
    if (err != 0) {
        const char *reason;
        unsigned status = beneath_status(err, &reason);
        catalogue_fail(r, status, reason);
        return true;
    }
    if (found->path != NULL && !set_path(r, found->path))
        return true;
    return found->file.is_directory ? answer_directory(r) : find_or_build(r, &found->file.version);
}

// --- on a thread of the lane

static int open_path(int root, const struct work *work, struct found *ret)
{
    int err = beneath_open(root, work->path, &ret->file);
    if (err != -ENOENT || !work->any_case)
        return err;
    err = beneath_find_case(root, work->path, &ret->path);
    return err == 0 ? beneath_open(root, ret->path, &ret->file) : err;
}

// 0 or a negative errno. The descriptor is closed again: further work on the file waits without one.
static int look_up(struct work *work, struct found *ret)
{
    int root = catalogue_dup_root(work->catalogue);
    if (root < 0)
        return -errno;
    int err = open_path(root, work, ret);
    close(root);
    if (err != 0)
        return err;
    if (*work->path != '\0') // the root is a directory whatever is in it
        err = catalogue_recognise(work, &ret->file);
    close(ret->file.fd);
    ret->file.fd = -1;
    return err;
}

static void run_lookup(struct task *task)
{
    struct work *work = KIN_CONTAINER(task, struct work, task);
    struct catalogue *c = work->catalogue;
    struct found found = {.path = NULL};
    struct kin_list answered;
    kin_list_init(&answered);
    int err = atomic_load(&task->canceled) ? -ECANCELED : look_up(work, &found);
    uv_mutex_lock(&c->lock);
    catalogue_close_work(work);
    KIN_LIST_EACH_OF(struct catalogue_request, r, &work->requests, node)
        if (continue_request(r, err, &found))
            catalogue_answered(r, &answered);
    uv_mutex_unlock(&c->lock);
    free(found.path);
    catalogue_send(&answered);
}

// --- for requests; lock held

int catalogue_begin_lookup(struct catalogue_request *r)
{
    return catalogue_join_work(r, WORK_LOOKUP, sizeof(struct work), run_lookup);
}
