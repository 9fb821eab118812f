// Frames of reels in memory, shared by all viewers of all workers.
#include "frame_cache.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/list.h"
#include "net/priority.h"
#include "worker.h"

#define BUCKETS 16384u      // a power of two
#define COMPLAINTS 16       // reels remembered as logged
#define AHEAD_READS_MAX 128 // reads on their way above which nothing is read ahead

enum entry_state { READING, THERE };

struct entry {
    struct kin_list lru;    // first: used longest ago; a free node while reading
    struct kin_list wanted; // in the list of those read for somebody who has not come yet
    struct entry *next;     // of the bucket
    struct frame_want want;
    enum entry_state state;
    struct frame *frame; // NULL while reading, and when there was no memory for it
    size_t bytes;        // counted in used; while reading what the index promises
    uint64_t askers;     // workers that wait for it, one bit each; then those that have not come for it yet
};

struct frame_cache {
    struct repair_store *store; // its own locks; may be NULL
    uv_mutex_t lock;            // guards all below
    size_t max_bytes, used;
    unsigned reading;
    struct kin_list lru, wanted;
    struct frame_cache_stats stats;
    const struct kin_reel *complained[COMPLAINTS];
    unsigned complaints;
    struct worker *workers[WORKER_MAX];
    struct entry *buckets[BUCKETS];
};

struct reading { // a read on its way
    uv_work_t work;
    struct frame_cache *cache;
    struct entry *entry; // stays in the map while READING
};

// --- the map; lock held

static struct entry **bucket(struct frame_cache *c, const struct frame_want *w)
{
    uint64_t h = ((uint64_t)(uintptr_t)w->reel >> 4) * 0x9e3779b97f4a7c15u + w->index;
    h = (h ^ (uint64_t)w->form << 40 ^ (uint64_t)w->packet_bytes << 44) * 0xbf58476d1ce4e5b9u;
    return &c->buckets[(h >> 32) & (BUCKETS - 1)];
}

static bool same(const struct frame_want *a, const struct frame_want *b)
{
    return a->reel == b->reel && a->index == b->index && a->form == b->form && a->packet_bytes == b->packet_bytes;
}

static struct entry *find(struct frame_cache *c, const struct frame_want *want)
{
    struct entry *e = *bucket(c, want);
    while (e != NULL && !same(&e->want, want))
        e = e->next;
    return e;
}

static void drop(struct frame_cache *c, struct entry *e)
{
    struct entry **at = bucket(c, &e->want);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    kin_list_remove(&e->lru);
    kin_list_remove(&e->wanted);
    c->used -= e->bytes;
    c->stats.frames--;
    frame_unref(e->frame);
    kin_reel_unref(e->want.reel);
    free(e);
}

// Nobody can get a new reference without the lock, so a lone one stays alone. What was read for somebody must stay
// until he came for it, or two large frames could push each other out for ever.
static bool is_unused(const struct entry *e)
{
    if (e->askers != 0)
        return false;
    return e->frame == NULL || atomic_load_explicit(&e->frame->refs, memory_order_acquire) == 1;
}

// Evicts what was used longest ago until `incoming` bytes fit. False when they do not.
static bool make_room(struct frame_cache *c, size_t incoming)
{
    KIN_LIST_EACH(node, &c->lru)
    {
        if (c->used + incoming <= c->max_bytes)
            break;
        struct entry *e = KIN_CONTAINER(node, struct entry, lru);
        if (is_unused(e)) {
            drop(c, e);
            c->stats.evictions++;
        }
    }
    return c->used + incoming <= c->max_bytes;
}

// Failures of the moment, unlike those that lie in the JPEG.
static bool may_pass(const struct frame *f)
{
    return f->error != KIN_OK && f->error != KIN_EUNSUPPORTED && f->error != KIN_EBAD;
}

// --- reading

static void wake_askers(struct frame_cache *c, const struct entry *e)
{
    for (unsigned i = 0; i < WORKER_MAX; i++)
        if ((e->askers >> i & 1) != 0)
            worker_frames_ready(c->workers[i]);
}

static void publish(struct frame_cache *c, struct entry *e, struct frame *f)
{
    uv_mutex_lock(&c->lock);
    c->used -= e->bytes;
    e->bytes = sizeof *e + (f != NULL ? frame_memory(f) : 0);
    c->used += e->bytes;
    c->reading--;
    e->frame = f;
    e->state = THERE;
    kin_list_push_back(&c->lru, &e->lru);
    if (e->askers != 0)
        kin_list_push_back(&c->wanted, &e->wanted);
    if (f == NULL || may_pass(f))
        c->stats.failures++;
    wake_askers(c, e); // before room is made, which may drop a frame that nobody asked for
    make_room(c, 0);
    uv_mutex_unlock(&c->lock);
}

static void on_pool(uv_work_t *work) // a thread of the pool
{
    struct reading *r = (struct reading *)work->data;
    kin_priority_batch();
    struct frame_want want = r->entry->want; // the entry may go as soon as it is there
    kin_reel_ref(want.reel);
    struct frame *f = frame_read(&want, r->cache->store);
    publish(r->cache, r->entry, f != NULL ? frame_ref(f) : NULL);
    frame_keep(f, &want, r->cache->store); // after those who wait have it
    frame_unref(f);
    kin_reel_unref(want.reel);
}

static void on_pool_done(uv_work_t *work, int status)
{
    (void)status; // reads are never cancelled
    free(work->data);
}

// Lock held. Enters the frame and sends for it.
static int send_for(struct frame_cache *c, struct worker *w, const struct frame_want *want, uint64_t askers)
{
    struct entry *e = (struct entry *)malloc(sizeof *e);
    struct reading *r = (struct reading *)malloc(sizeof *r);
    if (e == NULL || r == NULL) {
        free(e);
        free(r);
        return KIN_ENOMEM;
    }
    struct entry **at = bucket(c, want);
    *e = (struct entry){.next = *at, .want = *want, .state = READING, .askers = askers};
    e->bytes = want->reel->frames[want->index].length;
    kin_list_init(&e->lru);
    kin_list_init(&e->wanted);
    kin_reel_ref(want->reel);
    *at = e;
    c->used += e->bytes;
    c->reading++;
    c->stats.frames++;
    c->stats.reads++;
    *r = (struct reading){.cache = c, .entry = e};
    r->work.data = r;
    uv_queue_work(&w->loop.uv, &r->work, on_pool, on_pool_done);
    return KIN_OK;
}

// --- what workers ask for

// Lock held.
static int take(struct frame_cache *c, struct entry *e, struct frame **ret)
{
    kin_list_remove(&e->lru);
    kin_list_push_back(&c->lru, &e->lru);
    int err = e->frame != NULL ? KIN_OK : KIN_ENOMEM;
    if (err == KIN_OK)
        *ret = frame_ref(e->frame);
    c->stats.hits++;
    if (e->frame == NULL || may_pass(e->frame))
        drop(c, e);
    return err;
}

int frame_cache_get(struct frame_cache *c, struct worker *w, const struct frame_want *want, struct frame **ret)
{
    uint64_t asker = UINT64_C(1) << w->index;
    int err = KIN_EAGAIN;
    uv_mutex_lock(&c->lock);
    c->workers[w->index] = w;
    struct entry *e = find(c, want);
    if (e != NULL && e->state == THERE) {
        err = take(c, e, ret);
    } else if (e != NULL) {
        e->askers |= asker;
    } else {
        make_room(c, want->reel->frames[want->index].length);
        if (send_for(c, w, want, asker) != KIN_OK)
            err = KIN_ENOMEM;
    }
    uv_mutex_unlock(&c->lock);
    return err;
}

void frame_cache_prefetch(struct frame_cache *c, struct worker *w, const struct frame_want *want)
{
    uv_mutex_lock(&c->lock);
    if (find(c, want) == NULL && c->reading < AHEAD_READS_MAX && make_room(c, want->reel->frames[want->index].length))
        (void)send_for(c, w, want, 0);
    uv_mutex_unlock(&c->lock);
}

static void forget_in(struct frame_cache *c, struct entry *first, const struct kin_reel *reel)
{
    for (struct entry *e = first, *next; e != NULL; e = next) {
        next = e->next;
        if (e->state == THERE && (reel == NULL || e->want.reel == reel))
            drop(c, e);
    }
}

void frame_cache_forget(struct frame_cache *c, const struct kin_reel *reel)
{
    uv_mutex_lock(&c->lock);
    for (unsigned i = 0; i < BUCKETS; i++)
        forget_in(c, c->buckets[i], reel);
    uv_mutex_unlock(&c->lock);
}

void frame_cache_woken(struct frame_cache *c, struct worker *w)
{
    uv_mutex_lock(&c->lock);
    KIN_LIST_EACH(node, &c->wanted)
    {
        struct entry *e = KIN_CONTAINER(node, struct entry, wanted);
        e->askers &= ~(UINT64_C(1) << w->index);
        if (e->askers == 0)
            kin_list_remove(&e->wanted);
    }
    make_room(c, 0);
    uv_mutex_unlock(&c->lock);
}

bool frame_cache_complain(struct frame_cache *c, const struct kin_reel *reel)
{
    bool first = true;
    uv_mutex_lock(&c->lock);
    for (unsigned i = 0; i < COMPLAINTS; i++)
        first = first && c->complained[i] != reel;
    if (first)
        c->complained[c->complaints++ % COMPLAINTS] = reel;
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

int frame_cache_new(size_t max_bytes, struct repair_store *store, struct frame_cache **ret)
{
    struct frame_cache *c = (struct frame_cache *)calloc(1, sizeof *c);
    if (c == NULL)
        return KIN_ENOMEM;
    if (uv_mutex_init(&c->lock) != 0) {
        free(c);
        return KIN_EIO;
    }
    c->max_bytes = max_bytes;
    c->store = store;
    kin_list_init(&c->lru);
    kin_list_init(&c->wanted);
    *ret = c;
    return KIN_OK;
}

void frame_cache_free(struct frame_cache *c)
{
    if (c == NULL)
        return;
    frame_cache_forget(c, NULL);
    uv_mutex_destroy(&c->lock);
    free(c);
}
