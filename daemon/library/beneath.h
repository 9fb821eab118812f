// Opening files that lie beneath the media root, and nothing else, whatever a path or a link says: with openat2(2), or
// part by part where a kernel before 5.6 does not know that call or a filter of system calls refuses it.
#ifndef DAEMON_BENEATH_H
#define DAEMON_BENEATH_H

#include <stdbool.h>
#include <stdint.h>

// Identifies a file and its version: a changed file counts as another one.
struct file_version {
    uint64_t device, inode, size;
    int64_t mtime_ns;
};

struct beneath_file {
    int fd; // the caller's; O_RDONLY | O_NONBLOCK | O_CLOEXEC
    bool is_directory;
    bool is_stills; // a directory that is a reel (stills_memory_recognise())
    struct file_version version;
    int64_t changed_ns; // ctime
};

// Finds out whether openat2 works. 0; or -ENOSYS or -EPERM: it is refused, and paths are walked part by part from now
// on, with the same results. To be called before the first beneath_open(); without it openat2 is used.
int beneath_probe(void);
void beneath_go_by_parts(bool yes); // for tests

// Opens `path` ("" = the root itself, no leading slash) beneath directory `root`. Only regular files and directories;
// no component may be hidden (begin with "."). 0 and *ret, or a negative errno: -ENOENT (also for hidden), -EXDEV or
// -ELOOP (leaves the root), -EACCES, -EINVAL (FIFO, device, socket), others from the system, whose shortages are noted.
int beneath_open(int root, const char *path, struct beneath_file *ret);

// What an entry of an open directory is, without opening it: a regular file, with its version (fd is -1). False: it is
// something else, which only beneath_open() can tell.
bool beneath_is_file(int directory, const char *name, struct beneath_file *ret);

// The RTSP status for such an error: 404, 403 or 503. *ret_reason (may be NULL) gets a phrase or NULL.
unsigned beneath_status(int error, const char **ret_reason);

#endif
