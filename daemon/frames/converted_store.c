// A ring of bytes in a file, and a ring of slots that say what they are.
//
// Places only grow; the file offset is the place modulo the size of the file. What lies further back than that size has
// been overwritten, so one comparison tells whether a frame is still there, also after a read.
#include "frames/converted_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/table.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/shortage.h"

#define TABLE_BITS 14
#define PATH_BYTES 4096

struct slot {
    struct converted_key key;
    enum kin_jpeg_compat compat;
    uint64_t place;
    uint32_t bytes;
    struct kin_list by_key;
};

struct converted_store {
    char *dir;
    uint64_t max_bytes;
    uv_mutex_t writing; // held by the thread that writes
    uv_mutex_t lock;    // guards all below
    int fd;             // -1 before the first frame
    bool broken;        // nothing is kept any more
    uint64_t end;       // the place after the newest frame
    uint32_t oldest;    // only grows, like place; the slot is at oldest modulo CONVERTED_STORE_FRAMES_MAX
    uint32_t count;
    struct slot *slots;
    struct kin_table by_key; // struct slot
    struct kin_list lists[1 << TABLE_BITS];
};

// --- the map; lock held

static struct slot *slot_at(struct converted_store *s, uint32_t number)
{
    return &s->slots[number % CONVERTED_STORE_FRAMES_MAX];
}

static struct kin_list *list_of(struct converted_store *s, const struct converted_key *k)
{
    return kin_table_list(&s->by_key, kin_hash(k->reel) ^ (uint64_t)k->half << 32 ^ k->frame);
}

static bool same(const struct converted_key *a, const struct converted_key *b)
{
    return a->reel == b->reel && a->frame == b->frame && a->half == b->half;
}

static const struct slot *find(struct converted_store *s, const struct converted_key *key)
{
    KIN_LIST_EACH_OF(const struct slot, slot, list_of(s, key), by_key)
        if (same(&slot->key, key))
            return slot;
    return NULL;
}

static void drop_oldest(struct converted_store *s)
{
    kin_list_remove(&slot_at(s, s->oldest)->by_key);
    s->oldest++;
    s->count--;
}

static bool is_there(const struct converted_store *s, uint64_t place)
{
    return s->end - place <= s->max_bytes;
}

// The place of the next frame, which lies in the file in one piece. What it will overwrite is forgotten.
static uint64_t reserve(struct converted_store *s, uint32_t bytes)
{
    uint64_t left = s->max_bytes - s->end % s->max_bytes;
    uint64_t place = left >= bytes ? s->end : s->end + left;
    s->end = place + bytes;
    while (s->count > 0 && (s->count == CONVERTED_STORE_FRAMES_MAX || !is_there(s, slot_at(s, s->oldest)->place)))
        drop_oldest(s);
    return place;
}

static void enter(struct converted_store *s, const struct slot *filled)
{
    struct slot *slot = slot_at(s, s->oldest + s->count++);
    *slot = *filled;
    kin_list_push_back(list_of(s, &slot->key), &slot->by_key);
}

// --- the file

static int make_file(const char *dir)
{
    char path[PATH_BYTES];
    if ((size_t)snprintf(path, sizeof path, "%s/kinora-XXXXXX", dir) >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

// Frees the space as well: a full disk hurts others too.
static void give_up(struct converted_store *s, int error)
{
    uv_mutex_lock(&s->lock);
    s->broken = true;
    while (s->count > 0)
        drop_oldest(s);
    s->end += s->max_bytes + 1;
    if (s->fd >= 0 && ftruncate(s->fd, 0) != 0)
        error = errno;
    uv_mutex_unlock(&s->lock);
    journal(JOURNAL_TROUBLE, KIN_LOG_WARNING, MSG_REPAIRS_NOT_STORED, s->dir, strerror(error));
}

// 0 or an errno.
static int write_at(int fd, struct kin_span bytes, uint64_t offset)
{
    while (bytes.n > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        bytes = kin_span_skip(bytes, (size_t)n);
        offset += (uint64_t)n;
    }
    return 0;
}

static bool read_at(int fd, struct kin_buf *ret, uint64_t offset)
{
    size_t done = 0;
    while (done < ret->len) {
        ssize_t n = pread(fd, ret->data + done, ret->len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

// --- get and put

struct kin_buf *converted_store_get(struct converted_store *s, const struct converted_key *key,
                                    enum kin_jpeg_compat *ret_compat)
{
    struct slot found;
    if (s == NULL)
        return NULL;
    uv_mutex_lock(&s->lock);
    const struct slot *slot = find(s, key);
    if (slot != NULL)
        found = *slot;
    int fd = s->fd;
    uv_mutex_unlock(&s->lock);
    struct kin_buf *jpeg = slot != NULL ? kin_buf_new(found.bytes) : NULL;
    if (jpeg == NULL)
        return NULL;
    bool good = read_at(fd, jpeg, found.place % s->max_bytes);
    uv_mutex_lock(&s->lock);
    good = good && is_there(s, found.place); // nothing was written over it meanwhile
    uv_mutex_unlock(&s->lock);
    if (!good) {
        kin_buf_unref(jpeg);
        return NULL;
    }
    *ret_compat = found.compat;
    return jpeg;
}

// s->writing held.
static void put(struct converted_store *s, struct slot *slot, struct kin_span jpeg)
{
    uv_mutex_lock(&s->lock);
    bool wanted = !s->broken && find(s, &slot->key) == NULL;
    if (wanted)
        slot->place = reserve(s, slot->bytes);
    uv_mutex_unlock(&s->lock);
    if (!wanted)
        return;
    int fd = s->fd >= 0 ? s->fd : make_file(s->dir);
    int error = fd >= 0 ? write_at(fd, jpeg, slot->place % s->max_bytes) : errno;
    uv_mutex_lock(&s->lock);
    s->fd = fd;
    if (error == 0)
        enter(s, slot);
    uv_mutex_unlock(&s->lock);
    if (error != 0 && !shortage_note(error))
        give_up(s, error);
}

void converted_store_put(struct converted_store *s, const struct converted_key *key, enum kin_jpeg_compat compat,
                         struct kin_span jpeg)
{
    if (s == NULL || jpeg.n > s->max_bytes / 4 || uv_mutex_trylock(&s->writing) != 0)
        return;
    struct slot slot = {.key = *key, .compat = compat, .bytes = (uint32_t)jpeg.n};
    put(s, &slot, jpeg);
    uv_mutex_unlock(&s->writing);
}

// --- life

static bool init_locks(struct converted_store *s)
{
    if (uv_mutex_init(&s->lock) != 0)
        return false;
    if (uv_mutex_init(&s->writing) == 0)
        return true;
    uv_mutex_destroy(&s->lock);
    return false;
}

struct converted_store *converted_store_open(const char *dir, uint64_t max_bytes)
{
    if (dir == NULL || *dir == '\0' || faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
        return NULL;
    struct converted_store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->dir = strdup(dir);
    s->slots = calloc(CONVERTED_STORE_FRAMES_MAX, sizeof *s->slots); // pages that are not used cost nothing
    if (s->dir == NULL || s->slots == NULL || !init_locks(s)) {
        free(s->slots);
        free(s->dir);
        free(s);
        return NULL;
    }
    s->max_bytes = max_bytes;
    s->fd = -1;
    kin_table_init(&s->by_key, s->lists, TABLE_BITS);
    return s;
}

void converted_store_close(struct converted_store *s)
{
    if (s == NULL)
        return;
    if (s->fd >= 0)
        close(s->fd);
    uv_mutex_destroy(&s->writing);
    uv_mutex_destroy(&s->lock);
    free(s->slots);
    free(s->dir);
    free(s);
}
