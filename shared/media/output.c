// Writes OUTPUT.part and renames it on success.
#include "media/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define LOCK_TRIES 8
#define LINKS_MAX 40   // symbolic links followed in a row, as in the kernel
#define WAIT_MS 200    // between two calls of interrupted() while waiting for the reader of a pipe
#define CHUNK PIPE_BUF // bytes that a pipe takes without blocking once poll() reports it writable

static int system_error(char why[KIN_OUTPUT_WHY_MAX], const char *path, int code)
{
    const char *text = code == EBUSY ? "another run is writing it" : strerror(code);
    const char *name = strcmp(path, "-") == 0 ? "standard output" : path;
    snprintf(why, KIN_OUTPUT_WHY_MAX, "cannot write %.160s: %s", name, text);
    return code == ENOMEM ? KIN_ENOMEM : KIN_EIO;
}

static int open_in_place(struct kin_output *o, const char *path, char why[KIN_OUTPUT_WHY_MAX])
{
    o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return o->fd >= 0 ? KIN_OK : system_error(why, path, errno);
}

// The target of the link `path`, relative to the working directory; the caller frees it. NULL and errno: no memory, or
// not a link (EINVAL, ENOENT).
static char *read_link(const char *path)
{
    char to[PATH_MAX];
    ssize_t n = readlink(path, to, sizeof to);
    if (n < 0)
        return NULL;
    const char *slash = strrchr(path, '/');
    size_t folder = to[0] == '/' || slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *joined = malloc(folder + (size_t)n + 1);
    if (joined == NULL)
        return NULL;
    memcpy(joined, path, folder);
    memcpy(joined + folder, to, (size_t)n);
    joined[folder + (size_t)n] = '\0';
    return joined;
}

// The file that a link points to, whether it exists or not, so that the link itself is never replaced.
static char *follow_links(const char *path)
{
    char *at = strdup(path);
    for (int i = 0; at != NULL && i < LINKS_MAX; i++) {
        char *next = read_link(at);
        if (next == NULL && errno != ENOMEM)
            return at;
        free(at);
        at = next;
    }
    if (at != NULL)
        errno = ELOOP;
    free(at);
    return NULL;
}

static bool name_files(struct kin_output *o, const char *path)
{
    o->target = follow_links(path);
    if (o->target == NULL)
        return false;
    size_t size = strlen(o->target) + sizeof ".part";
    o->part = malloc(size);
    if (o->part != NULL)
        snprintf(o->part, size, "%s.part", o->target);
    return o->part != NULL;
}

static int close_fd(struct kin_output *o)
{
    int fd = o->fd;
    o->fd = -1;
    return fd >= 0 ? close(fd) : 0;
}

static void reset(struct kin_output *o)
{
    free(o->target);
    free(o->part);
    *o = (struct kin_output){.fd = -1};
}

// Whether the open file still has the name of the part.
static bool is_in_place(const struct kin_output *o)
{
    struct stat open_one, named;
    return fstat(o->fd, &open_one) == 0 && lstat(o->part, &named) == 0 && open_one.st_ino == named.st_ino &&
           open_one.st_dev == named.st_dev;
}

// O_NONBLOCK: the name may belong to a pipe, on which open() would block.
static int open_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

// Opens and locks the part, so that two runs never write the same one. A part left by an earlier run is reused. File
// systems without locks go unlocked. 0, or -1 and errno (EBUSY: another run has it).
static int open_part(struct kin_output *o)
{
    struct stat st;
    for (int i = 0; i < LOCK_TRIES; i++) {
        o->fd = open_file(o->part);
        if (o->fd < 0)
            return -1;
        if (flock(o->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            break;
        if (is_in_place(o) && fstat(o->fd, &st) == 0) {
            o->leftover = (uint64_t)st.st_size;
            return 0;
        }
        close_fd(o); // renamed or removed by the run that had it
    }
    errno = EBUSY;
    return -1;
}

// Gives the new file the owner and mode of the old one, as far as permitted.
static void inherit(const struct kin_output *o, const struct stat *old)
{
    if (fchown(o->fd, old->st_uid, old->st_gid) == 0)
        (void)fchmod(o->fd, old->st_mode & 0777);
}

int kin_output_open(struct kin_output *o, const char *path, char why[KIN_OUTPUT_WHY_MAX])
{
    struct stat st;
    *o = (struct kin_output){.fd = -1, .path = path};
    if (path[0] == '\0') {
        snprintf(why, KIN_OUTPUT_WHY_MAX, "the name of the file to write is empty");
        return KIN_EINVAL;
    }
    if (strcmp(path, "-") == 0) {
        o->fd = STDOUT_FILENO;
        return KIN_OK;
    }
    bool exists = stat(path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode))
        return open_in_place(o, path, why);
    if (exists && access(path, W_OK) != 0) // renaming would replace it all the same
        return system_error(why, path, errno);
    if (name_files(o, path) && open_part(o) == 0) {
        if (exists)
            inherit(o, &st);
        o->replaces = exists && st.st_size > 0;
        return KIN_OK;
    }
    int err = system_error(why, path, errno);
    close_fd(o);
    reset(o);
    return err;
}

static bool is_interrupted(const struct kin_output *o)
{
    return o->interrupted != NULL && o->interrupted();
}

// Waits until a pipe or terminal is writable. False: interrupted meanwhile.
static bool wait_for_reader(const struct kin_output *o)
{
    struct pollfd p = {.fd = o->fd, .events = POLLOUT};
    while (!is_interrupted(o))
        if (poll(&p, 1, WAIT_MS) > 0)
            return true;
    return false;
}

// A part left by an earlier run is only discarded once there is something to write.
static int drop_leftover(struct kin_output *o)
{
    int err = o->leftover > 0 ? ftruncate(o->fd, 0) : 0;
    o->leftover = 0;
    return err;
}

int kin_output_write(struct kin_output *o, struct kin_span bytes, char why[KIN_OUTPUT_WHY_MAX])
{
    if (drop_leftover(o) != 0)
        return system_error(why, o->path, errno);
    while (bytes.n > 0) {
        if (o->part == NULL && !wait_for_reader(o))
            return KIN_ECANCELED;
        ssize_t n = write(o->fd, bytes.p, o->part == NULL && bytes.n > CHUNK ? CHUNK : bytes.n);
        if (is_interrupted(o))
            return KIN_ECANCELED;
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return system_error(why, o->path, errno);
        bytes = kin_span_skip(bytes, (size_t)n);
    }
    return KIN_OK;
}

bool kin_output_can_patch(const struct kin_output *o)
{
    return o->part != NULL;
}

int kin_output_patch(struct kin_output *o, uint64_t offset, struct kin_span bytes, char why[KIN_OUTPUT_WHY_MAX])
{
    while (bytes.n > 0) {
        ssize_t n = pwrite(o->fd, bytes.p, bytes.n, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return system_error(why, o->path, errno);
        offset += (uint64_t)n;
        bytes = kin_span_skip(bytes, (size_t)n);
    }
    return KIN_OK;
}

void kin_output_cut(struct kin_output *o, uint64_t offset)
{
    if (o->part != NULL && ftruncate(o->fd, (off_t)offset) == 0)
        (void)lseek(o->fd, (off_t)offset, SEEK_SET);
}

// Some write errors show only here. File systems without fdatasync() have nothing to wait for.
static int flush(const struct kin_output *o)
{
    return fdatasync(o->fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOSYS ? 0 : -1;
}

// close() reports late errors but also drops the lock, so a duplicate descriptor keeps it until the rename.
static int put_in_place(struct kin_output *o, bool rename_it)
{
    if (o->part == NULL)
        return close_fd(o);
    int err = drop_leftover(o) == 0 ? flush(o) : -1;
    int code = errno;
    int lock = dup(o->fd);
    if (close_fd(o) != 0 && err == 0) {
        err = -1;
        code = errno;
    }
    if (err == 0 && rename_it) {
        err = rename(o->part, o->target);
        code = errno;
    }
    if (err != 0)
        unlink(o->part);
    if (lock >= 0)
        close(lock);
    errno = code;
    return err;
}

static int finish(struct kin_output *o, bool rename_it, char why[KIN_OUTPUT_WHY_MAX])
{
    int err = KIN_OK;
    if (put_in_place(o, rename_it) != 0)
        err = system_error(why, o->path, errno);
    reset(o);
    return err;
}

int kin_output_commit(struct kin_output *o, char why[KIN_OUTPUT_WHY_MAX])
{
    return finish(o, true, why);
}

int kin_output_keep(struct kin_output *o, char why[KIN_OUTPUT_WHY_MAX])
{
    return finish(o, false, why);
}

void kin_output_discard(struct kin_output *o)
{
    if (o->part != NULL && o->leftover == 0)
        unlink(o->part);
    close_fd(o);
    reset(o);
}
