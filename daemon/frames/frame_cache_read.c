// Reading frames: a plain read, of the reel's file or of what was converted before, and where a frame must be
// converted, a second task in the lane of conversions. A variant is one task in a lane of its own.
#include <stdlib.h>

#include "base/err.h"
#include "frames/frame_cache_internal.h"

enum work { WORK_READ, WORK_CONVERT, WORK_VARY };

struct read_job {
    struct task task;
    struct frame_cache *cache;
    struct entry *entry;     // NULL when abandoned; under the cache's lock
    struct frame_want want;  // with a reference to the reel; the content is the entry's
    struct task_owner owner; // the reader that began it
    enum work work;
};

static struct task_threads *lane_of(const struct read_job *job)
{
    const struct frame_cache *c = job->cache;
    return job->work == WORK_VARY ? c->variants : job->work == WORK_CONVERT ? c->conversions : c->reads;
}

static void free_job(struct task *task)
{
    struct read_job *job = KIN_CONTAINER(task, struct read_job, task);
    kin_reel_unref(job->want.reel);
    free(job);
}

// --- what came of it; lock held

static void end_job(struct read_job *job)
{
    job->entry->job = NULL;
    job->entry = NULL;
    job->cache->reading--;
}

// Moves the interest to the conversion. If that cannot begin, its reader is woken now and tries again.
static void move_to_conversion(struct frame_cache *c, struct interest *i, const struct frame_want *want)
{
    struct entry *e = frame_cache_find(c, want, FRAME_COMPATIBLE);
    if (e == NULL)
        e = frame_cache_begin_read(c, want, FRAME_COMPATIBLE, i->reader->owner);
    if (e == NULL || e->job == NULL)
        return;
    kin_list_remove(&i->of_entry);
    kin_list_push_back(&e->interests, &i->of_entry);
    i->entry = e;
}

// Readers that wait are woken, and their interest lasts until they get the frame; those that only read ahead lose it.
static void wake_interested(struct frame_cache *c, struct entry *e)
{
    KIN_LIST_EACH_OF(struct interest, i, &e->interests, of_entry) {
        if (i->awaited)
            frame_cache_wake(c, i->reader);
        else
            frame_cache_end_interest(i);
    }
}

static void move_interested(struct frame_cache *c, struct entry *e, const struct frame_want *want)
{
    KIN_LIST_EACH_OF(struct interest, i, &e->interests, of_entry)
        if (i->content == FRAME_COMPATIBLE)
            move_to_conversion(c, i, want);
}

// A frame that turned out to need no conversion is entered as the original.
static void correct_content(struct frame_cache *c, struct entry *e, const struct frame_want *want)
{
    if (e->content == FRAME_COMPATIBLE && kin_jpeg_variant_is_plain(e->variant) &&
        e->frame->content == FRAME_ORIGINAL && frame_cache_find(c, want, FRAME_ORIGINAL) == NULL)
        frame_cache_rename(c, e, want, FRAME_ORIGINAL);
}

static void publish(struct read_job *job, struct frame *f)
{
    struct frame_cache *c = job->cache;
    struct entry *e = job->entry;
    end_job(job);
    c->stats.failures += f == NULL || f->error != KIN_OK;
    e->frame = f != NULL ? frame_ref(f) : NULL;
    frame_cache_count(c, e);
    if (f != NULL)
        correct_content(c, e, &job->want);
    frame_cache_use(c, e);
    bool original = e->content == FRAME_ORIGINAL && kin_jpeg_variant_is_plain(e->variant);
    if (f != NULL && original && f->compat != KIN_JPEG_COMPAT_OK)
        move_interested(c, e, &job->want);
    wake_interested(c, e); // before room is made, which may drop a frame that nobody waits for
    frame_cache_make_room(c, 0);
}

// The lane stops: no reader is woken, since all viewers end.
static void give_up(struct read_job *job)
{
    struct entry *e = job->entry;
    end_job(job);
    KIN_LIST_EACH_OF(struct interest, i, &e->interests, of_entry)
        frame_cache_end_interest(i);
    frame_cache_drop(job->cache, e);
}

static void run_job(struct task *task);

static int add_job(struct frame_cache *c, struct entry *e, const struct frame_want *want, struct task_owner owner,
                   enum work work)
{
    struct read_job *job = malloc(sizeof *job);
    if (job == NULL)
        return KIN_ENOMEM;
    *job = (struct read_job){.task = {.run = run_job, .free = free_job},
                             .cache = c,
                             .entry = e,
                             .want = *want,
                             .owner = owner,
                             .work = work};
    job->want.content = e->content;
    kin_reel_ref(job->want.reel);
    int err = task_threads_add(lane_of(job), &job->task, owner);
    if (err != KIN_OK) {
        free_job(&job->task);
        return err;
    }
    e->job = job;
    return KIN_OK;
}

// True when the frame has gone on to the lane of conversions.
static bool pass_on(struct read_job *job)
{
    if (add_job(job->cache, job->entry, &job->want, job->owner, WORK_CONVERT) != KIN_OK)
        return false;
    job->entry = NULL;
    return true;
}

static void settle(struct read_job *job, struct frame *f)
{
    struct frame_cache *c = job->cache;
    uv_mutex_lock(&c->lock);
    c->stats.reads += f != NULL && f->was_read;
    c->stats.conversions += f != NULL && f->was_converted;
    bool stopped = atomic_load(&job->task.canceled) || (f != NULL && f->error == KIN_ECANCELED);
    bool convert = f != NULL && f->error == KIN_EAGAIN;
    if (job->entry != NULL && stopped)
        give_up(job);
    else if (job->entry != NULL && !(convert && pass_on(job)))
        publish(job, convert ? NULL : f);
    uv_mutex_unlock(&c->lock);
}

// A frame in memory that another one can be made of: a reference, or NULL. `fits` says whether it is one for that
// content.
static struct frame *find_frame(struct read_job *job, enum frame_content content,
                                bool (*fits)(const struct frame *f, enum frame_content wanted))
{
    struct frame_cache *c = job->cache;
    struct frame_want plain = job->want;
    struct frame *f = NULL;
    plain.variant = (struct kin_jpeg_variant){.quality = 0};
    uv_mutex_lock(&c->lock);
    struct entry *e = frame_cache_find(c, &plain, content);
    if (e != NULL && e->frame != NULL && fits(e->frame, job->want.content))
        f = frame_ref(e->frame);
    uv_mutex_unlock(&c->lock);
    return f;
}

static struct frame *convert(struct read_job *job, const struct frame_tools *tools)
{
    struct frame *original = find_frame(job, FRAME_ORIGINAL, frame_can_be_converted);
    struct frame *f = frame_convert(&job->want, tools, original);
    frame_unref(original);
    return f;
}

// Of what is compatible as it is, the original serves.
static bool can_be_varied(const struct frame *f, enum frame_content wanted)
{
    return f->error == KIN_OK && (f->content == wanted || !frame_can_be_converted(f, wanted));
}

static struct frame *vary(struct read_job *job, const struct frame_tools *tools)
{
    struct frame *plain = find_frame(job, job->want.content, can_be_varied);
    if (plain == NULL && job->want.content == FRAME_COMPATIBLE)
        plain = find_frame(job, FRAME_ORIGINAL, can_be_varied);
    struct frame *f = frame_vary(&job->want, tools, plain);
    frame_unref(plain);
    return f;
}

static struct frame *make(struct read_job *job, const struct frame_tools *tools)
{
    switch (job->work) {
    case WORK_CONVERT:
        return convert(job, tools);
    case WORK_VARY:
        return vary(job, tools);
    case WORK_READ:
        break;
    }
    return frame_read(&job->want, tools);
}

static void run_job(struct task *task)
{
    struct read_job *job = KIN_CONTAINER(task, struct read_job, task);
    struct frame_tools tools = job->cache->tools;
    tools.canceled = &task->canceled;
    struct frame *f = atomic_load(&task->canceled) ? NULL : make(job, &tools);
    settle(job, f);
    frame_keep(f, &job->want, tools.store); // after the readers have it
    frame_unref(f);
}

// --- for the map; lock held

struct entry *frame_cache_begin_read(struct frame_cache *c, const struct frame_want *want, enum frame_content content,
                                     struct task_owner owner)
{
    struct entry *e = frame_cache_enter(c, want, content);
    enum work work = kin_jpeg_variant_is_plain(want->variant) ? WORK_READ : WORK_VARY;
    if (e != NULL && add_job(c, e, want, owner, work) != KIN_OK) {
        frame_cache_drop(c, e);
        return NULL;
    }
    c->reading += e != NULL;
    return e;
}

void frame_cache_abandon_read(struct frame_cache *c, struct entry *e)
{
    struct read_job *job = e->job;
    bool waited = task_threads_withdraw(lane_of(job), &job->task);
    end_job(job);
    if (waited)
        free_job(&job->task);
    frame_cache_drop(c, e);
    c->stats.withdrawn++;
}

int frame_cache_start_lanes(struct frame_cache *c, unsigned conversion_threads)
{
    unsigned processors = task_threads_processors();
    unsigned fewer = processors > 1 ? processors - 1 : 1;
    struct task_threads_params reads = {FRAME_READ_THREADS, FRAME_READS_MAX};
    struct task_threads_params conversions = {conversion_threads > 0 ? conversion_threads : fewer,
                                              FRAME_CONVERSIONS_MAX};
    struct task_threads_params variants = {(conversions.threads + 1) / 2, FRAME_VARIANTS_MAX};
    int err = task_threads_new(&reads, &c->reads);
    if (err == KIN_OK)
        err = task_threads_new(&conversions, &c->conversions);
    return err == KIN_OK ? task_threads_new(&variants, &c->variants) : err;
}
