// Making an index: how far it is, in the log and for the listing, and its early end.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lex.h"
#include "base/log.h"
#include "library/index_build.h"
#include "media_data.h"
#include "unit.h"

#define FILE_BYTES (80u << 20) // one JPEG, and then nothing but a hole: skipped, but looked at
#define CALL_US (3 * KIN_US_PER_S / 2)
#define LINES_MAX 64

// What was logged, and what the listing would have said at that moment.
static struct {
    unsigned count, stop_after;
    char lines[LINES_MAX][128];
    unsigned permille[LINES_MAX];
    kin_us at[LINES_MAX];
} told;

static atomic_uint permille;
static atomic_bool stopping;
static kin_us fake_time;

// Time goes on with every report of progress, and with nothing else.
static kin_us fake_clock(void)
{
    fake_time += CALL_US;
    return fake_time;
}

static void on_line(void *ctx, enum kin_log_level level, const char *line)
{
    (void)ctx;
    if (told.count >= LINES_MAX || level > KIN_LOG_INFO || !kin_span_starts(kin_span_str(line), "indexing "))
        return;
    snprintf(told.lines[told.count], sizeof told.lines[0], "%s", line);
    told.permille[told.count] = atomic_load(&permille);
    told.at[told.count++] = fake_time;
    if (told.count == told.stop_after)
        atomic_store(&stopping, true);
}

static void begin(unsigned stop_after)
{
    memset(&told, 0, sizeof told);
    told.stop_after = stop_after;
    atomic_store(&permille, 0);
    atomic_store(&stopping, false);
    fake_time = 0;
    kin_log_set(on_line, NULL, KIN_LOG_INFO);
}

static int open_file(void)
{
    uint8_t jpeg[TINY_BYTES];
    struct bytes b = {jpeg, 0, sizeof jpeg};
    int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    put_tiny(&b);
    if (fd >= 0 && write(fd, b.p, b.n) == (ssize_t)b.n && ftruncate(fd, FILE_BYTES) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int build(struct kin_reel **ret)
{
    char why[KIN_MEDIA_WHY_MAX];
    struct index_job job = {.file = {.fd = open_file(), .version = {.size = FILE_BYTES}},
                            .path = "a \"long\" reel.mjpeg",
                            .stopping = &stopping,
                            .permille = &permille,
                            .clock = fake_clock};
    if (job.file.fd < 0)
        return KIN_EIO;
    int err = index_build(&job, ret, why);
    kin_log_set(NULL, NULL, KIN_LOG_INFO);
    return err;
}

// indexing path="..." done=N%
static bool read_percent(const char *line, unsigned *ret)
{
    static const char head[] = "indexing path=\"a \\\"long\\\" reel.mjpeg\" done=";
    struct kin_span s = kin_span_str(line);
    uint64_t n;
    if (!kin_span_starts(s, head) || !kin_span_ends(s, "%"))
        return false;
    s = kin_span_skip(kin_span_first(s, s.n - 1), sizeof head - 1);
    if (!kin_lex_u64(s, 100, &n))
        return false;
    *ret = (unsigned)n;
    return true;
}

TEST(the_log_says_every_five_seconds_how_far_it_is)
{
    struct kin_reel *reel = NULL;
    unsigned percent = 0, before = 0;
    begin(0);
    CHECK_INT(build(&reel), KIN_OK);
    CHECK_INT(reel->frame_count, 1);
    CHECK(told.count >= 8 && told.count <= 80 / 4); // every fourth report: 6 s
    for (unsigned i = 0; i < told.count; i++) {
        CHECK(read_percent(told.lines[i], &percent));
        CHECK(i == 0 || told.at[i] - told.at[i - 1] == 4 * CALL_US);
        CHECK(percent > before || i == 0);
        CHECK_INT(told.permille[i] / 10, percent);
        before = percent;
    }
    CHECK(before >= 80 && before < 100);
out:
    kin_reel_unref(reel);
}

TEST(a_build_ends_early_when_told_to)
{
    struct kin_reel *reel = NULL;
    begin(2);
    CHECK_INT(build(&reel), KIN_ECANCELED);
    CHECK_INT(told.count, 2);
    CHECK(atomic_load(&permille) < 400);
out:
    kin_reel_unref(reel);
}

TEST(quick_builds_say_nothing)
{
    struct kin_reel *reel = NULL;
    begin(0);
    char why[KIN_MEDIA_WHY_MAX];
    struct index_job job = {
        .file = {.fd = open_file(), .version = {.size = FILE_BYTES}}, .path = "x", .stopping = &stopping};
    CHECK(job.file.fd >= 0);
    CHECK_INT(index_build(&job, &reel, why), KIN_OK); // by the real clock, far below five seconds
    CHECK_INT(told.count, 0);
out:
    kin_log_set(NULL, NULL, KIN_LOG_INFO);
    kin_reel_unref(reel);
}
