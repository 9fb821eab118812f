// openat2 with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS, or the same part by part where that is refused.
#include "library/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ground/messages.h"
#include "ground/shortage.h"

#define RACE_TRIES 8 // openat2 says EAGAIN when a rename raced with it
#define DEPTH_MAX 64 // directories below the root, part by part
#define LINKS_MAX 40 // symbolic links followed in one path, as in the kernel
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

static atomic_bool by_parts;

static bool has_hidden_part(const char *path)
{
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '.' && (p == path || p[-1] == '/'))
            return true;
    }
    return false;
}

static int open_at_once(int root, const char *path)
{
    struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = -1;
    for (int i = 0; i < RACE_TRIES; i++) {
        fd = syscall(SYS_openat2, root, *path != '\0' ? path : ".", &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return fd >= 0 ? (int)fd : -errno;
}

// --- part by part: the kernel never follows a link or goes up, so no rename in the meantime leads out of the root

struct walk {
    int dirs[DEPTH_MAX]; // opened on the way down from the root, which is not among them
    unsigned depth, links;
    int root;
    char rest[PATH_MAX]; // of the path
};

static int walk_dir(const struct walk *w)
{
    return w->depth > 0 ? w->dirs[w->depth - 1] : w->root;
}

static int walk_up(struct walk *w)
{
    if (w->depth == 0)
        return -EXDEV;
    close(w->dirs[--w->depth]);
    return 0;
}

static int walk_down(struct walk *w, const char *name)
{
    if (w->depth == DEPTH_MAX)
        return -ENAMETOOLONG;
    int fd = openat(walk_dir(w), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    w->dirs[w->depth++] = fd;
    return 0;
}

// Takes the next part off the path; skips empty ones and ".". False at the end.
static bool next_part(struct walk *w, char name[NAME_MAX + 1], int *ret_err)
{
    char *at = w->rest;
    size_t n = 0;
    do {
        at += n;
        at += strspn(at, "/");
        n = strcspn(at, "/");
    } while (n == 1 && at[0] == '.');
    *ret_err = n > NAME_MAX ? -ENAMETOOLONG : 0;
    if (n == 0 || n > NAME_MAX)
        return false;
    memcpy(name, at, n);
    name[n] = '\0';
    memmove(w->rest, at + n, strlen(at + n) + 1);
    return true;
}

// Prepends the target of a symbolic link to the rest of the path. 1: it was a link, 0: it is none, or a negative errno.
static int follow_link(struct walk *w, const char *name)
{
    char text[PATH_MAX];
    ssize_t n = readlinkat(walk_dir(w), name, text, sizeof text);
    if (n < 0)
        return errno == EINVAL ? 0 : -errno;
    size_t rest = strlen(w->rest);
    if (++w->links > LINKS_MAX)
        return -ELOOP;
    if (n > 0 && text[0] == '/')
        return -EXDEV;
    if ((size_t)n + 1 + rest >= sizeof w->rest)
        return -ENAMETOOLONG;
    memmove(w->rest + n + 1, w->rest, rest + 1);
    memcpy(w->rest, text, (size_t)n);
    w->rest[n] = '/';
    return 1;
}

static bool is_last(const struct walk *w)
{
    return w->rest[strspn(w->rest, "/")] == '\0';
}

// Goes to where the path leads. A descriptor, or a negative errno.
static int walk_to_end(struct walk *w)
{
    char name[NAME_MAX + 1];
    int err;
    while (next_part(w, name, &err)) {
        if (strcmp(name, "..") == 0) {
            err = walk_up(w);
        } else {
            int link = follow_link(w, name);
            if (link == 0 && is_last(w)) {
                int fd = openat(walk_dir(w), name, OPEN_FLAGS | O_NOFOLLOW);
                return fd >= 0 ? fd : -errno;
            }
            err = link != 0 ? link : walk_down(w, name);
        }
        if (err < 0)
            return err;
    }
    int fd = err == 0 ? openat(walk_dir(w), ".", OPEN_FLAGS | O_DIRECTORY) : -1;
    return err != 0 ? err : fd >= 0 ? fd : -errno;
}

static int open_by_parts(int root, const char *path)
{
    struct walk w = {.root = root};
    if (path[0] == '/')
        return -EXDEV;
    if (strlen(path) >= sizeof w.rest)
        return -ENAMETOOLONG;
    memcpy(w.rest, path, strlen(path) + 1);
    int fd = walk_to_end(&w);
    while (w.depth > 0)
        close(w.dirs[--w.depth]);
    return fd;
}

// --- either way

int beneath_probe(void)
{
    int fd = open_at_once(AT_FDCWD, ".");
    int err = fd < 0 ? fd : 0;
    if (fd >= 0)
        close(fd);
    bool refused = err == -ENOSYS || err == -EPERM;
    atomic_store(&by_parts, refused);
    return refused ? err : 0;
}

void beneath_go_by_parts(bool yes)
{
    atomic_store(&by_parts, yes);
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
    int fd = atomic_load(&by_parts) ? open_by_parts(root, path) : open_at_once(root, path);
    if (fd < 0) {
        shortage_note(fd);
        return fd;
    }
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
        {-EINVAL, 403, MSG_REPLY_NOT_REGULAR},
        {-ENXIO, 403, MSG_REPLY_NOT_REGULAR}, // a socket
    };
    const char *reason = MSG_REPLY_ROOT_UNREADABLE;
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
