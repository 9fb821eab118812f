// A source of bytes at an offset, over a file descriptor or over memory.
#include "media/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/ref.h"

struct kin_source {
    struct kin_ref refs;
    int fd; // -1: `bytes` or `reader` is the source
    struct kin_span bytes;
    struct kin_source_reader reader; // read is NULL if unused
    uint64_t size;
    struct timespec mtime;          // of fd, when it was opened
    atomic_ullong bytes_read, most; // returned so far; limit of that
};

static int source_new(struct kin_source init, struct kin_source **ret)
{
    struct kin_source *s = malloc(sizeof *s);
    if (s == NULL)
        return KIN_ENOMEM;
    *s = init;
    kin_ref_init(&s->refs);
    atomic_init(&s->bytes_read, 0);
    atomic_init(&s->most, UINT64_MAX);
    *ret = s;
    return KIN_OK;
}

int kin_source_from_fd(int fd, struct kin_source **ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return KIN_EIO;
    if (!S_ISREG(st.st_mode))
        return KIN_EUNSUPPORTED;
    return source_new((struct kin_source){.fd = fd, .size = (uint64_t)st.st_size, .mtime = st.st_mtim}, ret);
}

int kin_source_error(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return KIN_ENOENT;
    case EACCES:
    case EPERM:
        return KIN_EACCESS;
    case ENXIO: // a socket
        return KIN_EUNSUPPORTED;
    case ENOMEM:
        return KIN_ENOMEM;
    case EMFILE:
    case ENFILE:
        return KIN_EFILES;
    default:
        return KIN_EIO;
    }
}

int kin_source_from_path(const char *path, struct kin_source **ret)
{
    // O_NONBLOCK: opening a FIFO must not wait for its writer; kin_source_from_fd() rejects it.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return kin_source_error(errno);
    int err = kin_source_from_fd(fd, ret);
    if (err != KIN_OK)
        close(fd);
    return err;
}

int kin_source_from_span(struct kin_span bytes, struct kin_source **ret)
{
    return source_new((struct kin_source){.fd = -1, .bytes = bytes, .size = bytes.n}, ret);
}

int kin_source_from_reader(const struct kin_source_reader *reader, uint64_t size, struct kin_source **ret)
{
    return source_new((struct kin_source){.fd = -1, .reader = *reader, .size = size}, ret);
}

struct kin_source *kin_source_ref(struct kin_source *s)
{
    kin_ref_add(&s->refs);
    return s;
}

void kin_source_unref(struct kin_source *s)
{
    if (s == NULL || !kin_ref_drop(&s->refs))
        return;
    if (s->fd >= 0)
        close(s->fd);
    if (s->reader.free != NULL)
        s->reader.free(s->reader.ctx);
    free(s);
}

uint64_t kin_source_size(const struct kin_source *s)
{
    return s->size;
}

static ptrdiff_t read_span(struct kin_span bytes, uint64_t offset, void *dst, size_t n)
{
    if (offset >= bytes.n)
        return 0;
    struct kin_span part = kin_span_first(kin_span_skip(bytes, (size_t)offset), n);
    memcpy(dst, part.p, part.n);
    return (ptrdiff_t)part.n;
}

static ptrdiff_t read_fd(int fd, uint64_t offset, uint8_t *dst, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, dst + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return KIN_EIO;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ptrdiff_t)done;
}

static ptrdiff_t read_any(struct kin_source *s, uint64_t offset, void *dst, size_t n)
{
    if (s->reader.read != NULL)
        return s->reader.read(s->reader.ctx, offset, dst, n);
    return s->fd >= 0 ? read_fd(s->fd, offset, dst, n) : read_span(s->bytes, offset, dst, n);
}

ptrdiff_t kin_source_read(struct kin_source *s, uint64_t offset, void *dst, size_t n)
{
    if (n == 0)
        return 0;
    if (offset > (uint64_t)INT64_MAX - n || n > PTRDIFF_MAX)
        return 0; // no file is that long
    if (atomic_load_explicit(&s->bytes_read, memory_order_relaxed) >=
        atomic_load_explicit(&s->most, memory_order_relaxed))
        return KIN_ELIMIT;
    ptrdiff_t got = read_any(s, offset, dst, n);
    if (got > 0)
        atomic_fetch_add_explicit(&s->bytes_read, (unsigned long long)got, memory_order_relaxed);
    return got;
}

uint64_t kin_source_bytes_read(const struct kin_source *s)
{
    return atomic_load_explicit(&s->bytes_read, memory_order_relaxed);
}

void kin_source_limit_reads(struct kin_source *s, uint64_t bytes)
{
    uint64_t before = kin_source_bytes_read(s);
    atomic_store_explicit(&s->most, bytes > UINT64_MAX - before ? UINT64_MAX : before + bytes, memory_order_relaxed);
}

bool kin_source_has_changed(const struct kin_source *s, bool *ret_grown)
{
    struct stat st;
    *ret_grown = false;
    if (s->fd < 0 || fstat(s->fd, &st) != 0)
        return false;
    *ret_grown = (uint64_t)st.st_size > s->size;
    return (uint64_t)st.st_size != s->size || st.st_mtim.tv_sec != s->mtime.tv_sec ||
           st.st_mtim.tv_nsec != s->mtime.tv_nsec;
}
