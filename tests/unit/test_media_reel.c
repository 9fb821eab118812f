// Reels: times, finding, reading, rates, failures, and files that change under us.
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "media/reel.h"
#include "media_data.h"
#include "unit.h"

static uint8_t room[8 * 1024 * 1024];

static struct bytes tinies(int count)
{
    struct bytes b = {room, 0, sizeof room};
    for (int i = 0; i < count; i++)
        put_tiny(&b);
    return b;
}

static int open_bytes(const struct bytes *b, const struct kin_reel_options *options, struct kin_reel **ret, char *why)
{
    struct kin_source *source = NULL;
    int err = kin_source_from_span(unit_guarded(b->p, b->n), &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, options, ret, why);
    kin_source_unref(source);
    return err;
}

TEST(frame_times_are_exact)
{
    CHECK_INT(kin_reel_frame_ts(0, 25, 1), 0);
    CHECK_INT(kin_reel_frame_ts(1, 25, 1), 3600);
    CHECK_INT(kin_reel_frame_ts(1, 30000, 1001), 3003);
    CHECK_INT(kin_reel_frame_ts(1, 24000, 1001), 3754); // 3753.75
    CHECK_INT(kin_reel_frame_ts(2, 24000, 1001), 7508); // 7507.5, half goes up
    CHECK_INT(kin_reel_frame_ts(4000000, 30000, 1001), INT64_C(12012000000));
    CHECK_INT(kin_reel_frame_ts(1, 7, 1), 12857); // 12857.14
    CHECK_INT(kin_reel_frame_ts(UINT32_MAX, 1000000000, 1000000000), INT64_C(386547056550000));
    CHECK_INT(kin_reel_frame_ts(UINT32_MAX, UINT32_MAX, UINT32_MAX), INT64_C(386547056550000)); // needs 81 bits
    CHECK_INT(kin_reel_frame_ts(5, 0, 1), 0);
out:
    return;
}

TEST(a_frame_is_found_by_its_time)
{
    struct kin_reel *reel = NULL;
    struct bytes b = tinies(7);
    struct kin_reel_options options = {.rate_num = 24000, .rate_den = 1001};
    CHECK_INT(open_bytes(&b, &options, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 7);
    for (uint32_t i = 0; i < 7; i++) {
        uint64_t end = i < 6 ? reel->frames[i + 1].ts : reel->duration_ts;
        CHECK_INT(reel->frames[i].ts, kin_reel_frame_ts(i, 24000, 1001));
        CHECK_INT(kin_reel_find(reel, reel->frames[i].ts), i);
        CHECK_INT(kin_reel_find(reel, end - 1), i);
    }
    CHECK_INT(reel->duration_ts, 26276); // 7 * 3753.75 = 26276.25
    CHECK_INT(kin_reel_find(reel, reel->duration_ts), 7);
    CHECK_INT(kin_reel_find(reel, UINT64_MAX), 7);
out:
    kin_reel_unref(reel);
}

TEST(frames_are_read_whole)
{
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = tinies(2);
    CHECK_INT(open_bytes(&b, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(kin_reel_read(reel, 1, &buf), KIN_OK);
    CHECK(kin_span_eq(kin_buf_span(buf), kin_span_make(room, TINY_BYTES)));
    kin_buf_unref(buf);
    buf = NULL;
    CHECK_INT(kin_reel_read(reel, 2, &buf), KIN_ERANGE);
    CHECK(buf == NULL);
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
}

TEST(facts_come_from_the_first_frame)
{
    struct kin_reel *reel = NULL;
    struct bytes b = tinies(1);
    CHECK_INT(open_bytes(&b, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->width, 16);
    CHECK_INT(reel->height, 16);
    CHECK_INT(reel->compat, KIN_JPEG_COMPAT_OK);
    CHECK(!reel->first.has_dht && reel->first.standard_huffman);
    CHECK(reel->first.dqt[0].present && reel->first.dqt[0].data.p == NULL);
    CHECK(reel->first.scan.p == NULL);
    CHECK_INT(reel->rate_num, 24);
    CHECK_INT(reel->rate_den, 1);
    CHECK(!reel->rate_stated);
    CHECK(kin_reel_ref(reel) == reel);
    kin_reel_unref(reel);
out:
    kin_reel_unref(reel);
}

TEST(the_file_knows_its_rate_best)
{
    struct kin_reel *reel = NULL;
    struct bytes b = {room, 0, sizeof room};
    struct kin_reel_options options = {.rate_num = 50, .rate_den = 1};
    put_tiny_with_comment(&b, "kinora:fps=30000/1001");
    put_tiny_with_comment(&b, "kinora:fps=12"); // only the first frame is asked
    CHECK_INT(open_bytes(&b, &options, &reel, NULL), KIN_OK);
    CHECK_INT(reel->rate_num, 30000);
    CHECK_INT(reel->rate_den, 1001);
    CHECK(reel->rate_stated);
    CHECK_INT(reel->frames[1].ts, 3003);
    kin_reel_unref(reel);
    reel = NULL;
    b = tinies(2);
    CHECK_INT(open_bytes(&b, &options, &reel, NULL), KIN_OK);
    CHECK_INT(reel->rate_num, 50);
    CHECK(!reel->rate_stated);
out:
    kin_reel_unref(reel);
}

static void check_refused(struct kin_span bytes, const struct kin_reel_options *options, int want, const char *what)
{
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    struct bytes b = {room, 0, sizeof room};
    if (bytes.p != room)
        put(&b, bytes.p, bytes.n);
    b.n = bytes.n;
    CHECK_INT(open_bytes(&b, options, &reel, why), want);
    CHECK_SPAN(kin_span_str(why), what);
    CHECK(reel == NULL);
out:
    kin_reel_unref(reel);
}

static ptrdiff_t read_half(void *ctx, uint64_t offset, void *dst, size_t n)
{
    const struct bytes *b = ctx;
    if (offset >= b->n)
        return 0;
    n = n < b->n - offset ? n : (size_t)(b->n - offset);
    memcpy(dst, b->p + offset, n);
    return (ptrdiff_t)n;
}

static int open_half(const struct bytes *b, uint64_t size, struct kin_reel **ret)
{
    struct kin_source_reader reader = {.read = read_half, .ctx = (void *)(uintptr_t)b};
    struct kin_source *source = NULL;
    int err = kin_source_from_reader(&reader, size, &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, NULL, ret, NULL);
    kin_source_unref(source);
    return err;
}

// Bug: where a file of the lab or Matroska was cut while it was looked through, the search for the next frame went
// beyond the bytes at hand, or on for ever.
TEST(a_file_that_is_cut_meanwhile_has_changed)
{
    static const struct {
        const char *bytes;
        size_t n;
        int err; // KIN_EBAD where the head says enough
    } heads[] = {
        {"00009\xff\xd8"
         "240\xff\xda",
         11, KIN_ECHANGED},
        {"\x1a\x45\xdf\xa3\0\xff\xff", 7, KIN_ECHANGED},
        {"RIFF\xff\xff\xff\xff"
         "AVI \1",
         13, KIN_EBAD},
        {"\xff\xd8\xff\xe0\0\4", 6, KIN_ECHANGED},
        {"--b\r\nContent-Type: image/jpeg\r\n\r\n", 33, KIN_ECHANGED},
        {"\0\0\0\x8ftyp", 8, KIN_ECHANGED},
        {"what is this?", 13, KIN_ECHANGED},
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct kin_reel *reel = NULL;
        struct bytes b = {room, 0, sizeof room};
        put(&b, heads[i].bytes, heads[i].n);
        put_fill(&b, 0xee, 1024 * 1024 + 5000 - b.n);
        int err = open_half(&b, 3 * 1024 * 1024, &reel);
        kin_reel_unref(reel);
        CHECK(err == heads[i].err || err == KIN_ENOMEM);
    }
out:
    return;
}

TEST(what_is_no_reel_is_refused_with_a_reason)
{
    check_refused(kin_span_make("", 0), NULL, KIN_EUNSUPPORTED, "the file is empty");
    check_refused(kin_span_str("hello"), NULL, KIN_EUNSUPPORTED, "not a Motion-JPEG reel");
    check_refused(kin_span_str("RIFF\xff\xd8\xff"), NULL, KIN_EUNSUPPORTED, "not a Motion-JPEG reel");
}

TEST(a_rate_out_of_range_is_refused)
{
    struct bytes b = tinies(1);
    struct kin_reel_options options = {.rate_num = 2000, .rate_den = 1};
    check_refused(bytes_span(&b), &options, KIN_EINVAL, "frame rate out of range");
    options = (struct kin_reel_options){.rate_num = 25, .rate_den = 0};
    check_refused(bytes_span(&b), &options, KIN_EINVAL, "frame rate out of range");
}

TEST(a_broken_first_frame_is_refused)
{
    struct bytes b = {room, 0, sizeof room};
    put(&b, tiny_head, sizeof tiny_head);
    put(&b, tiny_body + 69, sizeof tiny_body - 69); // without DQT: legal to index
    b.p[9] = 0;                                     // width 0
    b.p[10] = 0;
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(open_bytes(&b, NULL, &reel, why), KIN_EBAD);
    CHECK(kin_span_starts(kin_span_str(why), "frame 1 at offset 0 is a broken JPEG: "));
out:
    kin_reel_unref(reel);
}

static bool stop_at_once(void *ctx, uint64_t done, uint64_t total)
{
    int *calls = ctx;
    ++*calls;
    return done > total;
}

// A recording that begins in the middle of a picture, or with one that nobody can decode.
TEST(broken_frames_at_the_beginning_are_left_out)
{
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = tinies(4);
    size_t sof = kin_span_find_str(bytes_span(&b), "\xff\xc0");
    for (size_t i = 0; i < 2; i++)
        b.p[i * TINY_BYTES + sof + 9] = 0; // no components
    struct kin_source *source = NULL;
    CHECK_INT(kin_source_from_span(bytes_span(&b), &source), KIN_OK);
    CHECK_INT(kin_reel_open(source, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->frames[0].offset, 2 * TINY_BYTES);
    CHECK_INT(reel->frames[0].ts, 0);
    CHECK_INT(reel->duration_ts, 2 * 3750);
    CHECK_INT(reel->frame_bytes, 2 * TINY_BYTES);
    CHECK_INT(reel->junk_bytes, 2 * TINY_BYTES);
    CHECK_INT(reel->junk_runs, 2);
    CHECK_INT(kin_reel_read(reel, 0, &buf), KIN_OK);
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
    kin_source_unref(source);
}

TEST(indexing_can_be_canceled)
{
    int calls = 0;
    struct kin_reel_options options = {.progress = stop_at_once, .ctx = &calls};
    struct bytes raw = tinies(20000); // 2.4 MB
    check_refused(bytes_span(&raw), &options, KIN_ECANCELED, "canceled");
    CHECK(unit_failed() || calls == 1);
    struct bytes lab = {room, 0, sizeof room};
    for (int i = 0; i < 20000; i++) {
        put_str(&lab, "00111");
        put_tiny(&lab);
    }
    check_refused(bytes_span(&lab), &options, KIN_ECANCELED, "canceled");
    CHECK(unit_failed() || calls == 2);
out:
    return;
}

static int open_file(const struct bytes *b, struct kin_reel **ret)
{
    struct kin_source *source = NULL;
    int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, b->p, b->n) != (ssize_t)b->n || kin_source_from_fd(fd, &source) != KIN_OK) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (kin_reel_open(source, NULL, ret, NULL) != KIN_OK)
        fd = -1;
    kin_source_unref(source); // the reel keeps the descriptor open
    return fd;
}

TEST(a_file_that_changes_is_noticed)
{
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = tinies(3);
    int fd = open_file(&b, &reel);
    CHECK(fd >= 0);
    CHECK(ftruncate(fd, (off_t)(2 * TINY_BYTES + 5)) == 0);
    CHECK_INT(kin_reel_read(reel, 2, &buf), KIN_ECHANGED);
    CHECK(pwrite(fd, "text", 4, (off_t)TINY_BYTES) == 4);
    CHECK_INT(kin_reel_read(reel, 1, &buf), KIN_ECHANGED);
    CHECK(buf == NULL);
    CHECK_INT(kin_reel_read(reel, 0, &buf), KIN_OK);
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
}

// --- tables that are said once (T.81 annex B.5)

#define DQT_BYTES 69u // the first segment of the tiny JPEG

// The tiny JPEG with a table all of `step`, or without any.
static void put_tiny_step(struct bytes *b, uint8_t step)
{
    size_t at = b->n;
    put(b, tiny_head, sizeof tiny_head);
    put(b, tiny_body + (step > 0 ? 0 : DQT_BYTES), sizeof tiny_body - (step > 0 ? 0 : DQT_BYTES));
    if (step > 0)
        memset(b->p + at + 7, step, 64);
}

static void check_step(struct kin_reel *reel, uint32_t i, uint8_t step)
{
    struct kin_jpeg_info info;
    struct kin_buf *buf = NULL;
    CHECK_INT(kin_reel_read(reel, i, &buf), KIN_OK);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(buf), &info, NULL), KIN_OK);
    CHECK(info.dqt[0].present && info.contiguous);
    CHECK_INT(info.dqt[0].data.p[0], step);
    CHECK_INT(info.dqt[0].data.p[63], step);
out:
    kin_buf_unref(buf);
}

// Regression: frames after the first could not be decoded. Read in any order, as after a seek.
TEST(tables_said_before_are_in_force)
{
    static const uint8_t steps[] = {5, 0, 0, 6, 0, 5, 0, 0, 7, 7, 0}, want[] = {5, 5, 5, 6, 6, 5, 5, 5, 7, 7, 7};
    struct bytes b = {room, 0, sizeof room};
    struct kin_reel *reel = NULL;
    for (size_t i = 0; i < sizeof steps; i++)
        put_tiny_step(&b, steps[i]);
    CHECK_INT(open_bytes(&b, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, sizeof steps);
    CHECK_INT(reel->compat, KIN_JPEG_COMPAT_OK);
    CHECK_INT(reel->table_count, 4);
    for (uint32_t i = sizeof steps; i-- > 0 && !unit_failed();)
        check_step(reel, i, want[i]);
out:
    kin_reel_unref(reel);
}

TEST(frames_that_say_their_tables_need_no_others)
{
    struct bytes b = {room, 0, sizeof room};
    struct kin_reel *reel = NULL;
    for (uint8_t i = 1; i < 100; i++)
        put_tiny_step(&b, i);
    CHECK_INT(open_bytes(&b, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->table_count, 0);
    for (uint32_t i = 0; i < 99 && !unit_failed(); i += 49)
        check_step(reel, i, (uint8_t)(i + 1));
out:
    kin_reel_unref(reel);
}

TEST(changes_of_tables_are_bounded)
{
    struct bytes b = {room, 0, sizeof room};
    struct kin_reel *reel = NULL;
    for (unsigned i = 0; i < 4 * KIN_REEL_TABLE_RUNS_MAX; i++)
        put_tiny_step(&b, i % 2 == 0 ? (uint8_t)(i / 2 % 200 + 1) : 0);
    CHECK_INT(open_bytes(&b, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->table_count, KIN_REEL_TABLE_RUNS_MAX);
    check_step(reel, 2 * KIN_REEL_TABLE_RUNS_MAX - 1, KIN_REEL_TABLE_RUNS_MAX);
out:
    kin_reel_unref(reel);
}

// The abbreviated format for tables alone (annex B.5), then pictures without any.
TEST(tables_may_come_alone)
{
    struct bytes b = {room, 0, sizeof room};
    struct kin_reel *reel = NULL;
    put(&b, tiny_head, sizeof tiny_head);
    put(&b, tiny_body, DQT_BYTES);
    memset(b.p + 7, 9, 64);
    put(&b, "\xff\xd9", 2);
    for (unsigned i = 0; i < 3; i++)
        put_tiny_step(&b, 0);
    CHECK_INT(open_bytes(&b, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
    for (uint32_t i = 0; i < 3 && !unit_failed(); i++)
        check_step(reel, i, 9);
out:
    kin_reel_unref(reel);
}

// --- content and change are different things

// Regression: a frame that was no JPEG passed for a change of the file.
TEST(bad_content_is_no_change)
{
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = tinies(3);
    int fd = open_file(&b, &reel);
    CHECK(fd >= 0);
    reel->frames[1].offset++; // as if nobody had looked when the index was made
    CHECK_INT(kin_reel_read(reel, 1, &buf), KIN_EBAD);
    CHECK(pwrite(fd, "x", 1, (off_t)b.n) == 1); // a recording that goes on
    CHECK_INT(kin_reel_read(reel, 1, &buf), KIN_EBAD);
    CHECK_INT(kin_reel_read(reel, 2, &buf), KIN_OK);
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
}

// A frame that breaks off keeps its time; the reel's rate is counted in places.
TEST(a_frame_that_breaks_off_keeps_its_place)
{
    struct kin_reel *reel = NULL;
    struct bytes b = tinies(2);
    b.n -= 4; // its EOI and two bytes of the scan
    put_tiny(&b);
    put_tiny(&b);
    CHECK_INT(open_bytes(&b, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 3);
    CHECK_INT(reel->left_out, 1);
    CHECK_INT(reel->first_left_out, 2);
    CHECK_INT(reel->frames[1].ts, 2 * 3750);
    CHECK_INT(reel->duration_ts, 4 * 3750);
    CHECK(reel->uneven);
out:
    kin_reel_unref(reel);
}
