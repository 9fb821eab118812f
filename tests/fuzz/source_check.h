// Opens a reel as a daemon might have to: with a limit of bytes read, canceled half-way, with much data after its end,
// and from things that are no reels.
#ifndef FUZZ_SOURCE_CHECK_H
#define FUZZ_SOURCE_CHECK_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "media/reel.h"
#include "must.h"

#define LONG_NAME "0123456789012345678901234567890123456789012345678901234567890123456789"
#define HOLE_BYTES (5u << 19) // two and a half windows of a reader

struct patience {
    unsigned left;
};

static inline bool source_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct patience *p = ctx;
    MUST(done <= total);
    return p->left > 0 && p->left-- > 0;
}

// The result is a reel, or an error with a reason.
static inline int source_open(struct kin_source *source, const struct kin_reel_options *options)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    int err = kin_reel_open(source, options, &reel, why);
    MUST((err == KIN_OK) == (reel != NULL) && (err == KIN_OK) == (why[0] == '\0'));
    kin_reel_unref(reel);
    return err;
}

// The same bytes with a limit on what is read of them.
static inline void check_limited(struct kin_span file)
{
    struct kin_source *source = NULL;
    MUST(kin_source_from_span(file, &source) == KIN_OK);
    kin_source_limit_reads(source, file.n / 2);
    source_open(source, NULL);
    kin_source_unref(source);
}

// A file that goes on after these bytes, and is written to meanwhile.
static inline void check_hole(struct kin_span file)
{
    bool grown = false;
    struct kin_source *source = NULL;
    struct patience patience = {.left = file.n % 4};
    struct kin_reel_options options = {.rate_num = 30, .rate_den = 1, .progress = source_progress, .ctx = &patience};
    int fd = memfd_create("hole", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, file.p, file.n) == (ssize_t)file.n && ftruncate(fd, (off_t)file.n + HOLE_BYTES) == 0);
    MUST(kin_source_from_fd(fd, &source) == KIN_OK); // and the descriptor is its own
    source_open(source, &options);
    MUST(!kin_source_has_changed(source, &grown));
    MUST(ftruncate(fd, (off_t)file.n / 2) == 0);
    MUST(kin_source_has_changed(source, &grown) && !grown);
    source_open(source, NULL);
    kin_source_unref(source);
}

static inline void check_no_files(void)
{
    static const struct {
        const char *path;
        int err;
    } rows[] = {{"/nonexistent/reel", KIN_ENOENT},
                {"/dev/null/x", KIN_ENOENT},
                {"/dev/null", KIN_EUNSUPPORTED},
                {"/", KIN_EUNSUPPORTED},
                {LONG_NAME LONG_NAME LONG_NAME LONG_NAME, KIN_EIO}};
    uint8_t byte = 0;
    struct kin_source *source = NULL;
    struct kin_reel_options bad = {.rate_num = 1, .rate_den = UINT32_MAX};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        MUST(kin_source_from_path(rows[i].path, &source) == rows[i].err && source == NULL);
    MUST(kin_source_from_span(kin_span_make(NULL, 0), &source) == KIN_OK);
    MUST(source_open(source, &bad) == KIN_EINVAL && source_open(source, NULL) == KIN_EUNSUPPORTED);
    MUST(kin_source_read(source, 0, &byte, 0) == 0 && kin_source_read(source, UINT64_MAX, &byte, 1) == 0);
    kin_source_unref(source);
    source = NULL;
    MUST(kin_source_from_fd(-1, &source) == KIN_EIO && source == NULL);
    int fd = memfd_create("unreadable", MFD_CLOEXEC);
    char path[64];
    MUST(fd >= 0 && write(fd, &byte, 1) == 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    MUST(kin_source_from_fd(open(path, O_WRONLY | O_CLOEXEC), &source) == KIN_OK);
    MUST(kin_source_read(source, 0, &byte, 1) == KIN_EIO);
    MUST(source_open(source, NULL) == KIN_EIO && kin_reel_probe(source) == NULL);
    MUST(kin_reel_frame_ts(5, 0, 1) == 0);
    kin_source_unref(source);
    close(fd);
}

static inline void check_sources(struct kin_span file)
{
    check_limited(file);
    if (file.n % 8 == 3) // rarely: it costs more than everything else
        check_hole(file);
    if (file.n < 2)
        check_no_files();
}

#endif
