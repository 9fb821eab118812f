// What must hold for whatever a reader makes of any bytes.
#ifndef REEL_CHECK_H
#define REEL_CHECK_H

#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "media/reel_builder.h"
#include "must.h"

// The frames lie in order within the file, do not overlap, and with the junk do not add up to more than it.
static inline void check_frames(const struct kin_reel_frame *frames, uint32_t count, uint64_t junk,
                                struct kin_span file)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < count; i++) {
        MUST(frames[i].offset >= end && frames[i].length >= 2);
        end = frames[i].offset + frames[i].length;
        MUST(end <= file.n);
        MUST(file.p[frames[i].offset] == 0xff && file.p[frames[i].offset + 1] == 0xd8);
        junk += frames[i].length;
    }
    MUST(junk <= file.n);
}

// The reader alone, whatever the file looks like.
static inline void check_reader(const struct kin_reader *reader, struct kin_span file)
{
    struct kin_reel_options none;
    struct kin_reel_builder b;
    struct kin_source *source = NULL;
    memset(&none, 0, sizeof none);
    memset(&b, 0, sizeof b);
    b.options = &none;
    b.total = file.n;
    MUST(kin_source_from_span(file, &source) == KIN_OK);
    int err = reader->index(source, &b);
    MUST(err == KIN_OK || (err == KIN_EBAD && b.why[0] != '\0') || (err == KIN_ELIMIT && b.why[0] != '\0'));
    check_frames(b.frames, b.count, b.junk_bytes, file);
    kin_reel_builder_deinit(&b);
    kin_source_unref(source);
}

static inline void check_reel(struct kin_reel *reel, struct kin_span file)
{
    check_frames(reel->frames, reel->frame_count, reel->junk_bytes, file);
    MUST(reel->frame_count > 0 && reel->width > 0 && reel->height > 0);
    MUST(kin_reel_find(reel, 0) == 0);
    MUST(kin_reel_find(reel, reel->duration_ts - 1) == reel->frame_count - 1);
    struct kin_buf *buf = NULL;
    MUST(kin_reel_read(reel, reel->frame_count - 1, &buf) == KIN_OK);
    MUST(buf->len == reel->frames[reel->frame_count - 1].length);
    kin_buf_unref(buf);
}

// Probe, index, look at the first frame.
static inline void check_open_source(struct kin_source *source, struct kin_span file)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    int err = kin_reel_open(source, NULL, &reel, why);
    MUST((err == KIN_OK) == (reel != NULL));
    MUST((err == KIN_OK) == (why[0] == '\0'));
    if (reel != NULL)
        check_reel(reel, file);
    kin_reel_unref(reel);
}

// The way every program goes: a real file, opened by its name.
static inline void check_open(struct kin_span file)
{
    char path[64];
    struct kin_source *source = NULL;
    int fd = memfd_create("reel", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, file.p, file.n) == (ssize_t)file.n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    MUST(kin_source_from_path(path, &source) == KIN_OK);
    MUST(kin_source_size(source) == file.n);
    check_open_source(source, file);
    kin_source_unref(source);
    close(fd);
}

#endif
