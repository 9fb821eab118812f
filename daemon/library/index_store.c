// One file for each reel, named by its device and inode, so that a changed reel's index replaces the old one. Written
// under another name and renamed. The time of last use is the file's mtime.
#include "library/index_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/shortage.h"
#include "media/index_file.h"

#define NAME_BYTES 64
#define SUFFIX ".kinindex"
#define PART_SUFFIX ".part"

struct index_store {
    int dir;
    uint64_t limit;
    atomic_bool failure_logged;
    atomic_uint number; // of files written, for names that nobody else uses
};

static void log_failure(struct index_store *s, const char *what, int error)
{
    if (!shortage_note(error) && !atomic_exchange(&s->failure_logged, true))
        journal(JOURNAL_TROUBLE, KIN_LOG_WARNING, MSG_INDEXES_NOT_STORED, what, strerror(error));
}

static struct kin_index_key key_of(const struct file_version *v, uint32_t rate_num, uint32_t rate_den)
{
    return (struct kin_index_key){.device = v->device,
                                  .inode = v->inode,
                                  .size = v->size,
                                  .mtime_ns = v->mtime_ns,
                                  .rate_num = rate_num,
                                  .rate_den = rate_den};
}

static void name_of(const struct file_version *v, char dst[NAME_BYTES])
{
    snprintf(dst, NAME_BYTES, "%" PRIx64 "-%" PRIx64 SUFFIX, v->device, v->inode);
}

// --- the directory

static bool ends_with(const char *name, const char *suffix)
{
    return kin_span_ends(kin_span_str(name), suffix);
}

struct census {
    uint64_t bytes;
    char oldest[NAME_BYTES];
    struct timespec oldest_use;
};

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void count_file(struct index_store *s, const char *name, struct census *c)
{
    struct stat st;
    if (!ends_with(name, SUFFIX) || strlen(name) >= NAME_BYTES || fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    c->bytes += (uint64_t)st.st_size;
    if (c->oldest[0] == '\0' || is_before(&st.st_mtim, &c->oldest_use)) {
        snprintf(c->oldest, sizeof c->oldest, "%s", name);
        c->oldest_use = st.st_mtim;
    }
}

// Calls each() for every name. False when the directory cannot be read.
static bool for_each(struct index_store *s, void (*each)(struct index_store *s, const char *name, struct census *c),
                     struct census *c)
{
    int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // a position of its own
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (const struct dirent *d; (d = readdir(dir)) != NULL;)
        each(s, d->d_name, c);
    closedir(dir);
    return true;
}

static void remove_part(struct index_store *s, const char *name, struct census *c)
{
    (void)c;
    if (ends_with(name, SUFFIX PART_SUFFIX))
        unlinkat(s->dir, name, 0);
}

static void keep_bounded(struct index_store *s)
{
    for (;;) {
        struct census c = {0};
        if (!for_each(s, count_file, &c) || c.bytes <= s->limit || unlinkat(s->dir, c.oldest, 0) != 0)
            return;
    }
}

struct index_store *index_store_open(const char *path, uint64_t limit_bytes)
{
    struct index_store *s = *path != '\0' ? calloc(1, sizeof *s) : NULL;
    if (s == NULL)
        return NULL;
    s->limit = limit_bytes;
    s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir < 0 || faccessat(s->dir, ".", W_OK | X_OK, AT_EACCESS) != 0) {
        index_store_close(s);
        return NULL;
    }
    for_each(s, remove_part, NULL); // left by a run that was killed
    return s;
}

void index_store_close(struct index_store *s)
{
    if (s == NULL)
        return;
    if (s->dir >= 0)
        close(s->dir);
    free(s);
}

// --- loading

static struct kin_buf *read_all(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
        (uint64_t)st.st_size > kin_index_file_bytes(KIN_REEL_MAX_FRAMES))
        return NULL;
    struct kin_buf *buf = kin_buf_new((size_t)st.st_size);
    size_t done = 0;
    while (buf != NULL && done < buf->len) {
        ssize_t n = read(fd, buf->data + done, buf->len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            kin_buf_unref(buf);
            return NULL;
        }
        done += (size_t)n;
    }
    return buf;
}

struct kin_reel *index_store_load(struct index_store *s, const struct file_version *version, uint32_t rate_num,
                                  uint32_t rate_den, struct kin_source *source)
{
    char name[NAME_BYTES];
    struct kin_reel *reel = NULL;
    if (s == NULL || version->size < INDEX_STORE_MIN_BYTES)
        return NULL;
    name_of(version, name);
    int fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct kin_index_key key = key_of(version, rate_num, rate_den);
    struct kin_buf *bytes = read_all(fd);
    int err = kin_index_file_read(kin_buf_span(bytes), &key, source, &reel);
    if (err == KIN_OK)
        futimens(fd, NULL); // used now; nothing is lost where that fails
    else if (err == KIN_EBAD)
        journal(JOURNAL_REEL, KIN_LOG_NOTICE, MSG_INDEX_DAMAGED, name);
    kin_buf_unref(bytes);
    close(fd);
    return reel;
}

// --- saving

static bool write_all(int fd, struct kin_span bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = kin_span_skip(bytes, (size_t)n);
    }
    return true;
}

static bool put_file(struct index_store *s, const char *name, struct kin_span bytes)
{
    char part[NAME_BYTES];
    snprintf(part, sizeof part, "%ld-%u" SUFFIX PART_SUFFIX, (long)getpid(), atomic_fetch_add(&s->number, 1));
    int fd = openat(s->dir, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write_all(fd, bytes);
    int error = errno;
    if (close(fd) != 0 && good) {
        error = errno;
        good = false;
    }
    if (good && renameat(s->dir, part, s->dir, name) == 0)
        return true;
    if (good)
        error = errno;
    unlinkat(s->dir, part, 0);
    errno = error;
    return false;
}

void index_store_save(struct index_store *s, const struct file_version *version, uint32_t rate_num, uint32_t rate_den,
                      const struct kin_reel *reel)
{
    char name[NAME_BYTES];
    struct kin_buf *bytes = NULL;
    struct kin_index_key key = key_of(version, rate_num, rate_den);
    bool worthwhile = s != NULL && version->size >= INDEX_STORE_MIN_BYTES &&
                      kin_index_file_bytes(reel->frame_count) <= s->limit;
    if (!worthwhile || kin_index_file_write(reel, &key, &bytes) != KIN_OK)
        return;
    name_of(version, name);
    if (put_file(s, name, kin_buf_span(bytes)))
        keep_bounded(s);
    else
        log_failure(s, name, errno);
    kin_buf_unref(bytes);
}
