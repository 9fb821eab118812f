// A table with one place for each hash of an inode: a new directory replaces the one that is there.
#include "library/stills_memory.h"

#include <stdlib.h>
#include <uv.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/table.h"
#include "ground/shortage.h"
#include "media/stills.h"

#define WAIT_NS 20000000u // how often a thread that waits for another one's look calls go_on

struct known {
    uint64_t device, inode;
    int64_t mtime_ns, changed_ns;
    kin_us looked_at; // monotonic, when the look began
    bool busy;        // a thread looks at it now
    bool settled;     // had not changed for a while
    bool valid, is_stills;
    struct kin_stills_version version;
};

struct stills_memory {
    uv_mutex_t lock; // of all below
    uv_cond_t looked;
    struct known known[STILLS_MEMORY_DIRECTORIES];
};

struct stills_memory *stills_memory_new(void)
{
    struct stills_memory *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    if (uv_mutex_init(&m->lock) != 0 || uv_cond_init(&m->looked) != 0)
        abort(); // cannot fail on Linux
    return m;
}

void stills_memory_free(struct stills_memory *m)
{
    if (m == NULL)
        return;
    uv_cond_destroy(&m->looked);
    uv_mutex_destroy(&m->lock);
    free(m);
}

static struct known *place_of(struct stills_memory *m, const struct beneath_file *file)
{
    uint64_t h = kin_hash(file->version.inode ^ file->version.device << 32);
    return &m->known[(h >> 32) % STILLS_MEMORY_DIRECTORIES];
}

static bool is_of(const struct known *k, const struct beneath_file *file)
{
    const struct file_version *v = &file->version;
    return k->device == v->device && k->inode == v->inode && k->mtime_ns == v->mtime_ns &&
           k->changed_ns == file->changed_ns;
}

// A thread that waited for another one's look accepts its result, however recently the directory has changed.
static bool is_good(const struct known *k, const struct beneath_file *file, kin_us since)
{
    if (!k->valid || !is_of(k, file))
        return false;
    return k->looked_at >= since || (k->settled && kin_clock_mono_us() - k->looked_at < STILLS_MEMORY_KEEP_US);
}

static void apply(const struct known *k, struct beneath_file *file)
{
    if (!k->is_stills)
        return;
    file->is_directory = false;
    file->is_stills = true;
    file->version.size = k->version.bytes;
    file->version.mtime_ns = (int64_t)(k->version.digest ^ k->version.count);
}

static bool is_settled(const struct beneath_file *file)
{
    int64_t now_ns = kin_clock_unix_us() * 1000;
    int64_t last = file->changed_ns > file->version.mtime_ns ? file->changed_ns : file->version.mtime_ns;
    return now_ns - last > STILLS_MEMORY_SETTLED_NS;
}

// Releases the lock meanwhile.
static int look_at(struct stills_memory *m, const struct stills_look *look, const struct beneath_file *file,
                   struct known *k)
{
    struct known found = {.device = file->version.device,
                          .inode = file->version.inode,
                          .mtime_ns = file->version.mtime_ns,
                          .changed_ns = file->changed_ns,
                          .looked_at = kin_clock_mono_us(),
                          .settled = is_settled(file),
                          .busy = true};
    *k = found;
    uv_mutex_unlock(&m->lock);
    int err = kin_stills_scan(file->fd, look->go_on, look->ctx, &found.version);
    uv_mutex_lock(&m->lock);
    found.busy = false;
    found.is_stills = err == KIN_OK;
    found.valid = err == KIN_OK || err == KIN_EUNSUPPORTED || err == KIN_ELIMIT;
    *k = found;
    uv_cond_broadcast(&m->looked);
    return err;
}

// Lock held.
static int recognise(struct stills_memory *m, const struct stills_look *look, struct beneath_file *file)
{
    struct known *k = place_of(m, file);
    kin_us since = look->since;
    while (k->busy) {
        if (look->go_on != NULL && !look->go_on(look->ctx))
            return KIN_ECANCELED;
        if (is_of(k, file))
            since = kin_us_min(since, k->looked_at);
        uv_cond_timedwait(&m->looked, &m->lock, WAIT_NS);
    }
    int err = is_good(k, file, since) ? KIN_OK : look_at(m, look, file, k);
    if (err == KIN_ECANCELED || shortage_note_err(err))
        return err;
    apply(k, file);
    return KIN_OK;
}

int stills_memory_recognise(struct stills_memory *m, const struct stills_look *look, struct beneath_file *file)
{
    if (!file->is_directory)
        return KIN_OK;
    uv_mutex_lock(&m->lock);
    int err = recognise(m, look, file);
    uv_mutex_unlock(&m->lock);
    return err;
}
