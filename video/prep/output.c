// Writes OUTPUT.part and renames it when all is well.
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "interrupt.h"

#define LOCK_TRIES 8

static int refuse(char why[OUTPUT_WHY_MAX], const char *path, int code)
{
    const char *text = code == EBUSY ? "another kinora-prep is writing it" : strerror(code);
    snprintf(why, OUTPUT_WHY_MAX, "cannot write %.160s: %s", path, text);
    return code == ENOMEM ? KIN_ENOMEM : KIN_EIO;
}

static int open_in_place(struct output *o, const char *path, char why[OUTPUT_WHY_MAX])
{
    o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return o->fd >= 0 ? KIN_OK : refuse(why, path, errno);
}

// An existing link is followed, so that the file it points at is replaced and not the link.
static bool name_files(struct output *o, const char *path, bool exists)
{
    o->target = exists ? realpath(path, NULL) : strdup(path);
    if (o->target == NULL)
        return false;
    size_t size = strlen(o->target) + sizeof ".part";
    o->part = malloc(size);
    if (o->part != NULL)
        snprintf(o->part, size, "%s.part", o->target);
    return o->part != NULL;
}

static int close_fd(struct output *o)
{
    int fd = o->fd;
    o->fd = -1;
    return fd >= 0 ? close(fd) : 0;
}

static void forget(struct output *o)
{
    free(o->target);
    free(o->part);
    *o = (struct output){.fd = -1};
}

// True while the file that is open still has the name of the part.
static bool is_in_place(const struct output *o)
{
    struct stat open_one, named;
    return fstat(o->fd, &open_one) == 0 && lstat(o->part, &named) == 0 && open_one.st_ino == named.st_ino &&
           open_one.st_dev == named.st_dev;
}

// Opens the part and locks it, so that two runs never write the same one. One that a killed run left is taken over;
// where files cannot be locked, nothing is. 0, or -1 and errno (EBUSY: another run has it).
static int open_part(struct output *o)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        o->fd = open(o->part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0666);
        if (o->fd < 0)
            return -1;
        if (flock(o->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            break;
        if (is_in_place(o))
            return ftruncate(o->fd, 0);
        close_fd(o); // renamed or removed by the run that had it
    }
    errno = EBUSY;
    return -1;
}

// The new file belongs to whom the old one belonged, and is as open to others, as far as we may say so.
static void inherit(const struct output *o, const struct stat *old)
{
    if (fchown(o->fd, old->st_uid, old->st_gid) == 0)
        (void)fchmod(o->fd, old->st_mode & 0777);
}

int output_open(struct output *o, const char *path, char why[OUTPUT_WHY_MAX])
{
    struct stat st;
    *o = (struct output){.fd = -1};
    if (strcmp(path, "-") == 0) {
        o->fd = STDOUT_FILENO;
        return KIN_OK;
    }
    bool exists = stat(path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode))
        return open_in_place(o, path, why);
    if (name_files(o, path, exists) && open_part(o) == 0) {
        if (exists)
            inherit(o, &st);
        return KIN_OK;
    }
    int err = refuse(why, path, errno);
    close_fd(o);
    forget(o);
    return err;
}

int output_write(struct output *o, struct kin_span bytes, char why[OUTPUT_WHY_MAX])
{
    while (bytes.n > 0) {
        ssize_t n = write(o->fd, bytes.p, bytes.n);
        if (interrupt_pending())
            return KIN_ECANCELED;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse(why, o->target != NULL ? o->target : "the output", errno);
        bytes = kin_span_skip(bytes, (size_t)n);
    }
    return KIN_OK;
}

bool output_can_patch(const struct output *o)
{
    return o->part != NULL;
}

int output_patch(struct output *o, uint64_t offset, struct kin_span bytes, char why[OUTPUT_WHY_MAX])
{
    while (bytes.n > 0) {
        ssize_t n = pwrite(o->fd, bytes.p, bytes.n, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse(why, o->target != NULL ? o->target : "the output", errno);
        offset += (uint64_t)n;
        bytes = kin_span_skip(bytes, (size_t)n);
    }
    return KIN_OK;
}

// Closing tells of late errors, but ends the lock, too, unless the file is open twice.
static int put_in_place(struct output *o)
{
    if (o->part == NULL)
        return close_fd(o);
    int lock = dup(o->fd);
    int err = close_fd(o);
    if (err == 0)
        err = rename(o->part, o->target);
    int code = errno;
    if (err != 0)
        unlink(o->part);
    if (lock >= 0)
        close(lock);
    errno = code;
    return err;
}

int output_commit(struct output *o, char why[OUTPUT_WHY_MAX])
{
    int err = KIN_OK;
    if (put_in_place(o) != 0)
        err = refuse(why, o->target != NULL ? o->target : "the output", errno);
    forget(o);
    return err;
}

void output_discard(struct output *o)
{
    if (o->part != NULL)
        unlink(o->part);
    close_fd(o);
    forget(o);
}
