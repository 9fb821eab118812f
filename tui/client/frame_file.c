// Writes one frame to a file of its own.
#include "client/frame_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"

struct frame_file {
    uv_work_t work;
    struct kin_buf *jpeg;
    char stem[FRAME_FILE_STEM_MAX];
    uint64_t number;
    frame_file_fn *done; // NULL once it was canceled
    void *ctx;
    // the result
    char path[FRAME_FILE_PATH_MAX];
    int error; // of errno, 0: it is written
};

void frame_file_stem(const char *reel, char dst[FRAME_FILE_STEM_MAX])
{
    struct kin_span name = kin_span_str(reel);
    const char *dot = strrchr(reel, '.');
    size_t len = 0;
    if (dot != NULL && dot > reel)
        name.n = (size_t)(dot - reel);
    while (name.n > 0) {
        uint32_t c;
        size_t n = kin_text_utf8(name, &c);
        bool good = n > 0 && !kin_text_is_control(c) && c != '/' && !(c == '.' && len == 0);
        n = n > 0 ? n : 1;
        if (len + n >= FRAME_FILE_STEM_MAX)
            break;
        memcpy(dst + len, good ? (const char *)name.p : "_", good ? n : 1);
        len += good ? n : 1;
        name = kin_span_skip(name, n);
    }
    dst[len] = '\0';
}

// --- on the pool

// The file, new and open for writing, or -1.
static int create(struct frame_file *f)
{
    char directory[FRAME_FILE_PATH_MAX / 2], again[16] = "";
    if (getcwd(directory, sizeof directory) == NULL)
        snprintf(directory, sizeof directory, ".");
    for (int i = 1; i <= FRAME_FILE_TRIES; i++) {
        if (i > 1)
            snprintf(again, sizeof again, "-%d", i);
        snprintf(f->path, sizeof f->path, "%s/%s-%llu%s.jpg", directory, f->stem, (unsigned long long)f->number, again);
        int fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

// 0 or an error of errno.
static int write_all(int fd, struct kin_span rest)
{
    while (rest.n > 0) {
        ssize_t n = write(fd, rest.p, rest.n);
        if (n < 0 && errno != EINTR)
            return errno;
        rest = kin_span_skip(rest, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

static void on_work(uv_work_t *work)
{
    struct frame_file *f = (struct frame_file *)work->data;
    int fd = create(f);
    f->error = fd < 0 ? errno : write_all(fd, kin_buf_span(f->jpeg));
    if (fd >= 0 && close(fd) != 0 && f->error == 0) // where some file systems say that there is no room
        f->error = errno;
    if (fd >= 0 && f->error != 0)
        unlink(f->path);
}

// --- on the loop

static void on_done(uv_work_t *work, int status)
{
    struct frame_file *f = (struct frame_file *)work->data;
    (void)status;
    if (f->done != NULL)
        f->done(f->ctx, f->path, f->error != 0 ? strerror(f->error) : NULL);
    kin_buf_unref(f->jpeg);
    free(f);
}

int frame_file_start(struct kin_loop *loop, struct kin_buf *jpeg, const char *stem, uint64_t number,
                     frame_file_fn *done, void *ctx, struct frame_file **ret)
{
    struct frame_file *f = calloc(1, sizeof *f);
    if (f == NULL)
        return KIN_ENOMEM;
    f->work.data = f;
    f->number = number;
    f->done = done;
    f->ctx = ctx;
    f->jpeg = kin_buf_ref(jpeg);
    snprintf(f->stem, sizeof f->stem, "%s", stem);
    if (uv_queue_work(&loop->uv, &f->work, on_work, on_done) != 0) {
        kin_buf_unref(f->jpeg);
        free(f);
        return KIN_ENOMEM;
    }
    *ret = f;
    return KIN_OK;
}

void frame_file_cancel(struct frame_file *f)
{
    if (f != NULL)
        f->done = NULL;
}
