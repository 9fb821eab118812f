// A counter with a condition. First come, first served, so that a large picture gets its turn too.
#include "frames/conversion_memory.h"

#include <stdlib.h>
#include <uv.h>

#include "base/err.h"

#define LOOK_NS 20000000u // how often a waiting thread looks at its `canceled`

struct conversion_memory {
    uv_mutex_t lock;
    uv_cond_t change;
    size_t max, used;
    unsigned long long next, served; // numbers drawn by those who wait
};

struct conversion_memory *conversion_memory_new(size_t max_bytes)
{
    struct conversion_memory *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->max = max_bytes;
    if (uv_mutex_init(&m->lock) != 0 || uv_cond_init(&m->change) != 0)
        abort(); // cannot fail on Linux
    return m;
}

void conversion_memory_free(struct conversion_memory *m)
{
    if (m == NULL)
        return;
    uv_cond_destroy(&m->change);
    uv_mutex_destroy(&m->lock);
    free(m);
}

// Lock held. A canceled caller keeps its number until its turn comes, or those behind it would wait for ever.
static int wait_turn(struct conversion_memory *m, size_t bytes, const atomic_bool *canceled)
{
    unsigned long long number = m->next++;
    bool gone = false;
    while (m->served != number || (!gone && m->used + bytes > m->max)) {
        gone = canceled != NULL && atomic_load(canceled);
        if (!gone || m->served != number)
            uv_cond_timedwait(&m->change, &m->lock, LOOK_NS);
    }
    m->served++;
    uv_cond_broadcast(&m->change);
    if (gone)
        return KIN_ECANCELED;
    m->used += bytes;
    return KIN_OK;
}

int conversion_memory_acquire(struct conversion_memory *m, size_t bytes, const atomic_bool *canceled)
{
    if (m == NULL)
        return KIN_OK;
    if (bytes > m->max)
        return KIN_ELIMIT;
    uv_mutex_lock(&m->lock);
    int err = wait_turn(m, bytes, canceled);
    uv_mutex_unlock(&m->lock);
    return err;
}

bool conversion_memory_try(struct conversion_memory *m, size_t bytes)
{
    if (m == NULL)
        return true;
    uv_mutex_lock(&m->lock);
    bool room = m->served == m->next && bytes <= m->max - m->used;
    m->used += room ? bytes : 0;
    uv_mutex_unlock(&m->lock);
    return room;
}

void conversion_memory_release(struct conversion_memory *m, size_t bytes)
{
    if (m == NULL)
        return;
    uv_mutex_lock(&m->lock);
    m->used -= bytes;
    uv_cond_broadcast(&m->change);
    uv_mutex_unlock(&m->lock);
}
