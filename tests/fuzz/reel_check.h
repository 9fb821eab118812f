// What must hold for the result of a reader on any bytes.
#ifndef REEL_CHECK_H
#define REEL_CHECK_H

#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "media/index_file.h"
#include "media/rate.h"
#include "media/reel_builder.h"
#include "must.h"
#include "source_check.h"

// Sample tables may put frames in any place and order, and over one another.
enum frames_order { FRAMES_IN_ORDER, FRAMES_ANYWHERE };

// What a reader may cost: bytes read for each byte of the file, plus some for headers that are read again.
#define READS_PER_BYTE 3
#define READS_FIXED (2 * (uint64_t)KIN_READER_PROBE_BYTES)

#define LOOKS_PER_BYTE 2 // to find tables and the first complete frame when all are broken

static inline void check_cost(const struct kin_source *source, struct kin_span file, unsigned per_byte)
{
    uint64_t bytes = kin_source_bytes_read(source);
    if (bytes > per_byte * (uint64_t)file.n + READS_FIXED)
        fprintf(stderr, "%llu bytes were read of a file of %zu\n", (unsigned long long)bytes, file.n);
    MUST(bytes <= per_byte * (uint64_t)file.n + READS_FIXED);
}

// The frames lie within the file; in order they do not overlap, begin with SOI, and with the junk do not add up to more
// than the file.
static inline void check_frames(const struct kin_reel_frame *frames, uint32_t count, uint64_t junk,
                                struct kin_span file, enum frames_order order)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < count; i++) {
        MUST(frames[i].length >= 2 && frames[i].offset <= file.n && frames[i].length <= file.n - frames[i].offset);
        if (order == FRAMES_ANYWHERE)
            continue;
        MUST(frames[i].offset >= end);
        end = frames[i].offset + frames[i].length;
        MUST(file.p[frames[i].offset] == 0xff && file.p[frames[i].offset + 1] == 0xd8);
        junk += frames[i].length;
    }
    MUST(order == FRAMES_ANYWHERE || junk <= file.n);
}

static inline void check_times(const struct kin_reel *reel)
{
    MUST(reel->frames[0].ts == 0 && reel->duration_ts <= 2 * KIN_REEL_MAX_TS);
    for (uint32_t i = 1; i < reel->frame_count; i++)
        MUST(reel->frames[i].ts > reel->frames[i - 1].ts);
    MUST(reel->duration_ts > reel->frames[reel->frame_count - 1].ts);
    MUST(kin_rate_valid(reel->rate_num, reel->rate_den));
    MUST(kin_rate_milli(reel->rate_num, reel->rate_den) <= 1000 * (reel->rate_num / reel->rate_den + 1));
}

// The reader alone, whatever the file looks like.
static inline void check_reader(const struct kin_reader *reader, struct kin_span file, enum frames_order order)
{
    struct kin_reel_options none;
    struct kin_reel_builder b;
    struct kin_source *source = NULL;
    memset(&none, 0, sizeof none);
    memset(&b, 0, sizeof b);
    b.options = &none;
    b.total = file.n;
    MUST(kin_source_from_span(file, &source) == KIN_OK);
    struct kin_window window;
    MUST(kin_window_init(&window, source) == KIN_OK);
    int err = reader->index(&window, &b);
    kin_window_deinit(&window);
    MUST(err == KIN_OK || (err == KIN_EBAD && b.why[0] != '\0') || (err == KIN_ELIMIT && b.why[0] != '\0'));
    check_frames(b.frames, b.count, b.junk_bytes, file, order);
    check_cost(source, file, READS_PER_BYTE);
    kin_reel_builder_deinit(&b);
    kin_source_unref(source);
}

// A frame that differs from the file's bytes is at least well-formed.
static inline bool is_mended(const struct kin_buf *buf)
{
    struct kin_jpeg_info info;
    return kin_jpeg_walk(kin_buf_span(buf), &info, NULL) != KIN_OK || info.contiguous;
}

static inline void check_reel(struct kin_reel *reel, struct kin_span file)
{
    bool anywhere = strcmp(reel->format, "mov") == 0;
    check_frames(reel->frames, reel->frame_count, reel->junk_bytes, file, anywhere ? FRAMES_ANYWHERE : FRAMES_IN_ORDER);
    check_times(reel);
    MUST(reel->frame_count > 0 && reel->width > 0 && reel->height > 0);
    MUST(kin_reel_find(reel, 0) == 0);
    MUST(kin_reel_find(reel, reel->duration_ts - 1) == reel->frame_count - 1);
    struct kin_buf *buf = NULL;
    uint32_t last = reel->frame_count - 1;
    int err = kin_reel_read(reel, last, &buf);
    MUST(err == KIN_OK || (err == KIN_EBAD && anywhere)); // not checked: whether a sample is a JPEG
    bool is_chunk = (reel->frames[last].flags & KIN_REEL_FRAME_CHUNK) != 0;
    size_t most = reel->frames[last].length + (reel->table_count > 0 ? KIN_JPEG_TABLE_SET_BYTES : 0);
    MUST(err != KIN_OK || (buf->len >= 2 && buf->data[0] == 0xff && buf->data[1] == 0xd8 && buf->len <= most));
    MUST(err != KIN_OK || is_chunk || buf->len == reel->frames[last].length || is_mended(buf));
    kin_buf_unref(buf);
}

// The stored index of a reel makes the same reel again.
static inline void check_index_of(struct kin_reel *reel)
{
    struct kin_index_key key = {.size = kin_source_size(reel->source), .rate_num = 25, .rate_den = 1};
    struct kin_buf *bytes = NULL;
    struct kin_reel *again = NULL;
    MUST(kin_index_file_write(reel, &key, &bytes) == KIN_OK);
    MUST(kin_index_file_read(kin_buf_span(bytes), &key, reel->source, &again) == KIN_OK);
    MUST(again->frame_count == reel->frame_count && again->duration_ts == reel->duration_ts);
    MUST(again->table_count == reel->table_count && again->left_out == reel->left_out);
    MUST(memcmp(again->frames, reel->frames, reel->frame_count * sizeof reel->frames[0]) == 0);
    kin_reel_unref(again);
    kin_buf_unref(bytes);
    MUST(kin_reel_read(reel, reel->frame_count, &bytes) == KIN_ERANGE && kin_reel_probe(reel->source) != NULL);
}

// Probe, index, read the first frame.
static inline void check_open_source(struct kin_source *source, struct kin_span file)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    int err = kin_reel_open(source, NULL, &reel, why);
    MUST((err == KIN_OK) == (reel != NULL));
    MUST((err == KIN_OK) == (why[0] == '\0'));
    check_cost(source, file, READS_PER_BYTE + LOOKS_PER_BYTE);
    if (reel != NULL) {
        check_reel(reel, file);
        check_index_of(reel);
    }
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
    check_sources(file);
}

#endif
