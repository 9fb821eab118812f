// Shared memory objects that someone else removes, or we do.
#include "picture/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"

static void forget(char name[SHM_NAME_MAX])
{
    if (name[0] != '\0')
        shm_unlink(name); // fails where the terminal has done so
    name[0] = '\0';
}

// write(), since a mapping of memory that is not there any more (a full /dev/shm) would be a SIGBUS.
static bool write_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(fd, p, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        p += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

static bool write_pixels(int fd, const struct canvas_pixels *p)
{
    size_t line = (size_t)p->width * 3;
    if (p->stride == line)
        return write_all(fd, p->rgb, line * (size_t)p->height);
    for (int y = 0; y < p->height; y++)
        if (!write_all(fd, p->rgb + (size_t)y * p->stride, line))
            return false;
    return true;
}

int shm_write(struct shm *s, const struct canvas_pixels *pixels, const char **ret_name)
{
    char *name = s->names[s->count % SHM_OBJECTS_MAX];
    forget(name);
    snprintf(name, SHM_NAME_MAX, "/kinora-%ld-%lu", (long)getpid(), s->count);
    s->count++;
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        name[0] = '\0'; // it may be another's
        return KIN_EIO;
    }
    bool wrote = write_pixels(fd, pixels);
    close(fd);
    if (!wrote) {
        forget(name);
        return KIN_EIO;
    }
    *ret_name = name;
    return KIN_OK;
}

void shm_deinit(struct shm *s)
{
    for (size_t i = 0; i < SHM_OBJECTS_MAX; i++)
        forget(s->names[i]);
}
