// Writes OUTPUT.part and renames it when all is well.
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "interrupt.h"

static int refuse(char why[OUTPUT_WHY_MAX], const char *path, int code)
{
    snprintf(why, OUTPUT_WHY_MAX, "cannot write %.160s: %s", path, strerror(code));
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

static void forget(struct output *o)
{
    free(o->target);
    free(o->part);
    *o = (struct output){.fd = -1};
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
    if (name_files(o, path, exists)) {
        o->fd = open(o->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0666);
        if (o->fd >= 0)
            return KIN_OK;
    }
    int err = refuse(why, path, errno);
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

static int close_fd(struct output *o)
{
    int fd = o->fd;
    o->fd = -1;
    return fd >= 0 ? close(fd) : 0;
}

int output_commit(struct output *o, char why[OUTPUT_WHY_MAX])
{
    int err = KIN_OK;
    if (close_fd(o) != 0 || (o->part != NULL && rename(o->part, o->target) != 0)) {
        err = refuse(why, o->target != NULL ? o->target : "the output", errno);
        if (o->part != NULL)
            unlink(o->part);
    }
    forget(o);
    return err;
}

void output_discard(struct output *o)
{
    close_fd(o);
    if (o->part != NULL)
        unlink(o->part);
    forget(o);
}
