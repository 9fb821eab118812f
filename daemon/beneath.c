// openat2 with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS, and the kinds of files that are served.
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RACE_TRIES 8 // openat2 says EAGAIN when a rename raced with it

static bool has_hidden_part(const char *path)
{
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '.' && (p == path || p[-1] == '/'))
            return true;
    }
    return false;
}

static int open_inside(int root, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = -1;
    for (int i = 0; i < RACE_TRIES; i++) {
        fd = syscall(SYS_openat2, root, *path != '\0' ? path : ".", &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return fd >= 0 ? (int)fd : -errno;
}

static struct beneath_file describe(int fd, const struct stat *st)
{
    return (struct beneath_file){
        .fd = fd,
        .is_directory = S_ISDIR(st->st_mode),
        .version = {.device = st->st_dev,
                    .inode = st->st_ino,
                    .size = (uint64_t)st->st_size,
                    .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec},
        .changed_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec};
}

bool beneath_is_file(int directory, const char *name, struct beneath_file *ret)
{
    struct stat st;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return false;
    *ret = describe(-1, &st);
    return true;
}

static int examine(int fd, struct beneath_file *ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return -EINVAL;
    *ret = describe(fd, &st);
    return 0;
}

int beneath_open(int root, const char *path, struct beneath_file *ret)
{
    if (has_hidden_part(path))
        return -ENOENT;
    int fd = open_inside(root, path);
    if (fd < 0)
        return fd;
    int err = examine(fd, ret);
    if (err != 0)
        close(fd);
    return err;
}

unsigned beneath_status(int error, const char **ret_reason)
{
    static const struct {
        int error;
        unsigned status;
        const char *reason;
    } table[] = {
        {-ENOENT, 404, NULL},
        {-ENOTDIR, 404, NULL},
        {-ENAMETOOLONG, 404, NULL},
        {-EACCES, 403, NULL},
        {-EPERM, 403, NULL},
        {-EXDEV, 403, NULL},
        {-ELOOP, 403, NULL},
        {-EINVAL, 403, "Not A Regular File"},
        {-ENXIO, 403, "Not A Regular File"}, // a socket
    };
    const char *reason = "The Media Directory Cannot Be Read Now";
    unsigned status = 503;
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].error == error) {
            status = table[i].status;
            reason = table[i].reason;
        }
    }
    if (ret_reason != NULL)
        *ret_reason = reason;
    return status;
}
