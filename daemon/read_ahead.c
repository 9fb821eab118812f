// One thread and a ring of reads, which it does in their order.
#include "read_ahead.h"

#include <stdlib.h>
#include <uv.h>

struct job {
    struct kin_source *source;
    uint64_t offset;
    void *dst;
    size_t n;
    ptrdiff_t result;
};

struct read_ahead {
    struct kin_ahead face;
    uv_thread_t thread;
    uv_mutex_t lock; // of all below
    uv_cond_t begun, done;
    struct job ring[KIN_WINDOW_AHEAD];
    unsigned first;       // job that ends next
    unsigned count, read; // jobs on their way; how many of them are done
    bool over;
};

static struct job *job_at(struct read_ahead *a, unsigned i)
{
    return &a->ring[(a->first + i) % KIN_WINDOW_AHEAD];
}

static void work(void *arg)
{
    struct read_ahead *a = (struct read_ahead *)arg;
    uv_mutex_lock(&a->lock);
    for (;;) {
        while (a->read == a->count && !a->over)
            uv_cond_wait(&a->begun, &a->lock);
        if (a->over)
            break;
        struct job *job = job_at(a, a->read);
        uv_mutex_unlock(&a->lock);
        job->result = kin_source_read(job->source, job->offset, job->dst, job->n);
        uv_mutex_lock(&a->lock);
        a->read++;
        uv_cond_signal(&a->done);
    }
    uv_mutex_unlock(&a->lock);
}

static void begin(void *ctx, struct kin_source *source, uint64_t offset, void *dst, size_t n)
{
    struct read_ahead *a = (struct read_ahead *)ctx;
    uv_mutex_lock(&a->lock);
    *job_at(a, a->count) = (struct job){.source = source, .offset = offset, .dst = dst, .n = n};
    a->count++;
    uv_cond_signal(&a->begun);
    uv_mutex_unlock(&a->lock);
}

static ptrdiff_t end(void *ctx)
{
    struct read_ahead *a = (struct read_ahead *)ctx;
    uv_mutex_lock(&a->lock);
    while (a->read == 0)
        uv_cond_wait(&a->done, &a->lock);
    ptrdiff_t result = job_at(a, 0)->result;
    a->first = (a->first + 1) % KIN_WINDOW_AHEAD;
    a->count--;
    a->read--;
    uv_mutex_unlock(&a->lock);
    return result;
}

struct read_ahead *read_ahead_new(void)
{
    struct read_ahead *a = (struct read_ahead *)calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->face = (struct kin_ahead){.begin = begin, .end = end, .ctx = a};
    if (uv_mutex_init(&a->lock) != 0) {
        free(a);
        return NULL;
    }
    if (uv_cond_init(&a->begun) != 0 || uv_cond_init(&a->done) != 0)
        abort(); // cannot fail on Linux
    if (uv_thread_create(&a->thread, work, a) == 0)
        return a;
    uv_cond_destroy(&a->done);
    uv_cond_destroy(&a->begun);
    uv_mutex_destroy(&a->lock);
    free(a);
    return NULL;
}

void read_ahead_free(struct read_ahead *a)
{
    if (a == NULL)
        return;
    uv_mutex_lock(&a->lock);
    a->over = true;
    uv_cond_signal(&a->begun);
    uv_mutex_unlock(&a->lock);
    uv_thread_join(&a->thread);
    uv_cond_destroy(&a->done);
    uv_cond_destroy(&a->begun);
    uv_mutex_destroy(&a->lock);
    free(a);
}

const struct kin_ahead *read_ahead_for(const struct read_ahead *a)
{
    return a != NULL ? &a->face : NULL;
}
