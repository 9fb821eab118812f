// Frames of reels in memory: the map of what is there or on its way, and who wants it.
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "frames/frame_cache_internal.h"

#define AHEAD_READS_MAX 128 // reads on their way above which nothing is read ahead

// --- the map; lock held

static struct kin_list *list_of(struct frame_cache *c, const struct frame_want *w, enum frame_content content)
{
    uint64_t kind = (uint64_t)content << 40 ^ (uint64_t)w->variant.quality << 34 ^ (uint64_t)w->variant.bands << 32;
    return kin_table_list(&c->by_key, kin_hash(w->reel->id) ^ w->index ^ kind);
}

struct entry *frame_cache_find(struct frame_cache *c, const struct frame_want *w, enum frame_content content)
{
    KIN_LIST_EACH_OF(struct entry, e, list_of(c, w, content), by_key)
        if (e->reel == w->reel->id && e->index == w->index && e->content == content &&
            kin_jpeg_variant_is(e->variant, w->variant))
            return e;
    return NULL;
}

struct entry *frame_cache_enter(struct frame_cache *c, const struct frame_want *w, enum frame_content content)
{
    struct entry *e = malloc(sizeof *e);
    if (e == NULL)
        return NULL;
    *e = (struct entry){.reel = w->reel->id,
                        .index = w->index,
                        .content = content,
                        .variant = w->variant,
                        .bytes = w->reel->frames[w->index].length};
    kin_list_init(&e->lru);
    kin_list_init(&e->interests);
    kin_list_push_back(list_of(c, w, content), &e->by_key);
    c->used += e->bytes;
    c->stats.frames++;
    return e;
}

void frame_cache_rename(struct frame_cache *c, struct entry *e, const struct frame_want *w, enum frame_content content)
{
    e->content = content;
    kin_list_remove(&e->by_key);
    kin_list_push_back(list_of(c, w, content), &e->by_key);
}

// An ORIGINAL frame is COMPATIBLE as well, unless it has to be converted. For one that is still being read, the reel's
// first frame is taken as typical.
static bool is_compatible_too(const struct entry *e, const struct frame_want *w)
{
    if (e->job != NULL)
        return w->reel->compat == KIN_JPEG_COMPAT_OK;
    return e->frame == NULL || e->frame->compat == KIN_JPEG_COMPAT_OK;
}

// Variants are made of the original where the reel is compatible as a whole: a frame of it that is not, is left as it
// is.
static enum frame_content varied_content(const struct frame_want *w)
{
    return w->content == FRAME_COMPATIBLE && w->reel->compat == KIN_JPEG_COMPAT_OK ? FRAME_ORIGINAL : w->content;
}

// The entry that serves a want, NULL when none does.
static struct entry *find_for(struct frame_cache *c, const struct frame_want *w)
{
    if (!kin_jpeg_variant_is_plain(w->variant))
        return frame_cache_find(c, w, varied_content(w));
    struct entry *e = frame_cache_find(c, w, w->content);
    if (e != NULL || w->content != FRAME_COMPATIBLE)
        return e;
    e = frame_cache_find(c, w, FRAME_ORIGINAL);
    return e != NULL && is_compatible_too(e, w) ? e : NULL;
}

// The content to read for a want that no entry serves.
static enum frame_content content_to_read(struct frame_cache *c, const struct frame_want *w)
{
    if (!kin_jpeg_variant_is_plain(w->variant))
        return varied_content(w);
    bool unconverted = w->content == FRAME_COMPATIBLE && w->reel->compat == KIN_JPEG_COMPAT_OK;
    return unconverted && frame_cache_find(c, w, FRAME_ORIGINAL) == NULL ? FRAME_ORIGINAL : w->content;
}

void frame_cache_count(struct frame_cache *c, struct entry *e)
{
    c->used -= e->bytes;
    e->bytes = e->frame != NULL ? frame_memory(e->frame) : 0;
    c->used += e->bytes;
}

void frame_cache_drop(struct frame_cache *c, struct entry *e)
{
    kin_list_remove(&e->by_key);
    kin_list_remove(&e->lru);
    c->used -= e->bytes;
    c->stats.frames--;
    frame_unref(e->frame);
    free(e);
}

// New references are made under the lock only, so the cache's own stays the only one. A frame that was read for a
// reader must stay until the reader gets it, or two large frames could evict each other for ever.
static bool is_unused(const struct entry *e)
{
    if (!kin_list_empty(&e->interests))
        return false;
    return e->frame == NULL || !kin_ref_is_shared(&e->frame->refs);
}

static bool was_rewritten(const struct entry *e)
{
    return e->content != FRAME_ORIGINAL || !kin_jpeg_variant_is_plain(e->variant);
}

void frame_cache_use(struct frame_cache *c, struct entry *e)
{
    e->used_at = kin_clock_mono_us();
    kin_list_remove(&e->lru);
    kin_list_push_back(was_rewritten(e) ? &c->made : &c->read, &e->lru);
}

// Evicts from a list while there is too much: more than may be, or than is kept of what was used before `old`.
static void evict(struct frame_cache *c, struct kin_list *list, size_t incoming, kin_us old)
{
    KIN_LIST_EACH_OF(struct entry, e, list, lru) {
        size_t most = e->used_at < old ? c->kept_bytes : c->max_bytes;
        if (c->used + incoming <= most)
            break;
        if (is_unused(e)) {
            frame_cache_drop(c, e);
            c->stats.evictions++;
        }
    }
}

bool frame_cache_make_room(struct frame_cache *c, size_t incoming)
{
    evict(c, &c->read, incoming, kin_clock_mono_us() - FRAME_KEPT_US);
    evict(c, &c->made, incoming, 0);
    return c->used + incoming <= c->max_bytes;
}

// Unlike failures that lie in the JPEG.
static bool is_transient(const struct frame *f)
{
    return f->error != KIN_OK && f->error != KIN_EUNSUPPORTED && f->error != KIN_EBAD;
}

// --- who wants what; lock held

static struct interest *find_interest(struct frame_reader *r, const struct entry *e)
{
    KIN_LIST_EACH_OF(struct interest, i, &r->interests, of_reader)
        if (i->entry == e)
            return i;
    return NULL;
}

void frame_cache_end_interest(struct interest *i)
{
    kin_list_remove(&i->of_entry);
    kin_list_remove(&i->of_reader);
    free(i);
}

static int add_interest(struct frame_reader *r, struct entry *e, enum frame_content content, bool awaited)
{
    struct interest *i = find_interest(r, e);
    if (i == NULL) {
        i = malloc(sizeof *i);
        if (i == NULL)
            return KIN_ENOMEM;
        *i = (struct interest){.reader = r, .entry = e, .content = content};
        kin_list_push_back(&e->interests, &i->of_entry);
        kin_list_push_back(&r->interests, &i->of_reader);
    }
    i->awaited = i->awaited || awaited;
    return KIN_OK;
}

static void end_interest_and_read(struct frame_cache *c, struct interest *i)
{
    struct entry *e = i->entry;
    frame_cache_end_interest(i);
    if (e->job != NULL && kin_list_empty(&e->interests))
        frame_cache_abandon_read(c, e);
}

// Frames that were read for this reader, but that it does not want now, need not stay.
static void release_others(struct frame_reader *r, const struct entry *wanted)
{
    KIN_LIST_EACH_OF(struct interest, i, &r->interests, of_reader)
        if (i->entry != wanted && i->entry->job == NULL)
            frame_cache_end_interest(i);
}

// --- waking

// On the worker's loop. wake() may get frames, withdraw and free the reader, so nothing is held across the call.
static void on_wake(struct worker_job *job)
{
    struct wake_list *w = KIN_CONTAINER(job, struct wake_list, job);
    struct frame_cache *c = w->cache;
    uv_mutex_lock(&c->lock);
    w->posted = false;
    while (!kin_list_empty(&w->ready)) {
        struct frame_reader *r = KIN_CONTAINER(w->ready.next, struct frame_reader, ready);
        kin_list_remove(&r->ready);
        uv_mutex_unlock(&c->lock);
        r->wake(r->ctx);
        uv_mutex_lock(&c->lock);
    }
    frame_cache_make_room(c, 0); // for what was larger than expected
    uv_mutex_unlock(&c->lock);
}

void frame_cache_wake(struct frame_cache *c, struct frame_reader *r)
{
    struct wake_list *w = &c->wakes[r->worker->index];
    kin_list_remove(&r->ready);
    kin_list_push_back(&w->ready, &r->ready);
    if (w->posted)
        return;
    w->job = (struct worker_job){.run = on_wake};
    kin_list_init(&w->job.node);
    w->posted = worker_post(r->worker, &w->job);
}

// --- readers

void frame_reader_init(struct frame_reader *r, struct frame_cache *c, struct worker *w, uint64_t client,
                       void (*wake)(void *ctx), void *ctx)
{
    *r = (struct frame_reader){.cache = c, .worker = w, .owner = {.client = client}, .wake = wake, .ctx = ctx};
    kin_list_init(&r->interests);
    kin_list_init(&r->ready);
    uv_mutex_lock(&c->lock);
    r->owner.session = ++c->next_reader;
    uv_mutex_unlock(&c->lock);
}

void frame_reader_withdraw(struct frame_reader *r)
{
    struct frame_cache *c = r->cache;
    if (c == NULL) // never initialised
        return;
    uv_mutex_lock(&c->lock);
    kin_list_remove(&r->ready);
    while (!kin_list_empty(&r->interests))
        end_interest_and_read(c, KIN_CONTAINER(r->interests.next, struct interest, of_reader));
    uv_mutex_unlock(&c->lock);
}

// Enters a frame that is not there and queues its read. Lock held.
static int begin_read(struct frame_reader *r, const struct frame_want *want, bool awaited)
{
    struct frame_cache *c = r->cache;
    struct entry *e = frame_cache_begin_read(c, want, content_to_read(c, want), r->owner);
    if (e == NULL)
        return KIN_ENOMEM;
    int err = add_interest(r, e, want->content, awaited);
    if (err != KIN_OK)
        frame_cache_abandon_read(c, e);
    return err;
}

// The entry's plan for a want. Lock held.
static int find_plan(struct frame_cache *c, struct entry *e, const struct frame_want *want,
                     const struct frame_plan **ret)
{
    if (e->frame == NULL)
        return KIN_ENOMEM;
    int err = frame_plan(e->frame, want, ret);
    frame_cache_count(c, e);
    return err;
}

// A frame that can hold no more plans leaves the cache, so that it is read again with none. Lock held.
static int hand_out(struct frame_reader *r, struct entry *e, const struct frame_want *want,
                    const struct frame_plan **ret)
{
    struct frame_cache *c = r->cache;
    struct interest *i = find_interest(r, e);
    if (i != NULL)
        frame_cache_end_interest(i);
    frame_cache_use(c, e);
    int err = find_plan(c, e, want, ret);
    if (err == KIN_OK) {
        frame_ref(e->frame);
        c->stats.handed_out++;
    }
    if ((e->frame == NULL || is_transient(e->frame) || err == KIN_ELIMIT) && kin_list_empty(&e->interests))
        frame_cache_drop(c, e);
    return err == KIN_ELIMIT ? KIN_ENOMEM : err;
}

// e is NULL, or being read. Lock held.
static int request_read(struct frame_reader *r, struct entry *e, const struct frame_want *want)
{
    int err;
    if (e != NULL) {
        err = add_interest(r, e, want->content, true);
    } else {
        frame_cache_make_room(r->cache, want->reel->frames[want->index].length);
        err = begin_read(r, want, true);
    }
    return err == KIN_OK ? KIN_EAGAIN : err;
}

int frame_cache_get(struct frame_reader *r, const struct frame_want *want, const struct frame_plan **ret)
{
    struct frame_cache *c = r->cache;
    uv_mutex_lock(&c->lock);
    struct entry *e = find_for(c, want);
    release_others(r, e);
    int err = e != NULL && e->job == NULL ? hand_out(r, e, want, ret) : request_read(r, e, want);
    uv_mutex_unlock(&c->lock);
    return err;
}

void frame_cache_prefetch(struct frame_reader *r, const struct frame_want *want)
{
    struct frame_cache *c = r->cache;
    size_t bytes = want->reel->frames[want->index].length;
    uv_mutex_lock(&c->lock);
    struct entry *e = find_for(c, want);
    if (e != NULL && e->job != NULL)
        (void)add_interest(r, e, want->content, false);
    else if (e == NULL && c->reading < AHEAD_READS_MAX && frame_cache_make_room(c, bytes))
        (void)begin_read(r, want, false);
    uv_mutex_unlock(&c->lock);
}

// --- all of them

static void drop_frames(struct frame_cache *c, uint64_t reel, bool all)
{
    struct kin_list *lists[] = {&c->read, &c->made};
    for (size_t i = 0; i < 2; i++)
        KIN_LIST_EACH_OF(struct entry, e, lists[i], lru)
            if ((all || e->reel == reel) && kin_list_empty(&e->interests))
                frame_cache_drop(c, e);
}

void frame_cache_forget(struct frame_cache *c, uint64_t reel)
{
    uv_mutex_lock(&c->lock);
    drop_frames(c, reel, false);
    uv_mutex_unlock(&c->lock);
}

bool frame_cache_should_log(struct frame_cache *c, const struct kin_reel *reel)
{
    bool first = true;
    uv_mutex_lock(&c->lock);
    for (unsigned i = 0; i < LOGGED_REELS_MAX; i++)
        first = first && c->logged[i] != reel->id;
    if (first)
        c->logged[c->logged_count++ % LOGGED_REELS_MAX] = reel->id;
    uv_mutex_unlock(&c->lock);
    return first;
}

void frame_cache_stats(struct frame_cache *c, struct frame_cache_stats *ret)
{
    uv_mutex_lock(&c->lock);
    *ret = c->stats;
    ret->bytes = c->used;
    uv_mutex_unlock(&c->lock);
}

// --- life

int frame_cache_new(const struct frame_cache_params *params, struct frame_cache **ret)
{
    struct frame_cache *c = calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    if (uv_mutex_init(&c->lock) != 0)
        abort(); // cannot fail on Linux
    c->max_bytes = params->max_bytes;
    c->kept_bytes = params->kept_bytes > 0 && params->kept_bytes < c->max_bytes ? params->kept_bytes : c->max_bytes;
    c->tools = (struct frame_tools){.store = params->store, .memory = params->memory};
    kin_list_init(&c->read);
    kin_list_init(&c->made);
    kin_table_init(&c->by_key, c->lists, TABLE_BITS);
    for (unsigned i = 0; i < WORKER_MAX; i++) {
        c->wakes[i].cache = c;
        kin_list_init(&c->wakes[i].ready);
    }
    int err = frame_cache_start_lanes(c, params->conversion_threads);
    if (err != KIN_OK) {
        frame_cache_free(c);
        return err;
    }
    *ret = c;
    return KIN_OK;
}

void frame_cache_stop(struct frame_cache *c)
{
    task_threads_stop(c->reads);
    task_threads_stop(c->conversions);
    task_threads_stop(c->variants);
}

void frame_cache_free(struct frame_cache *c)
{
    if (c == NULL)
        return;
    task_threads_free(c->reads); // first: its tasks may go on in the other lane
    task_threads_free(c->conversions);
    task_threads_free(c->variants);
    drop_frames(c, 0, true);
    uv_mutex_destroy(&c->lock);
    free(c);
}
