// media/window: what is at hand follows the reader, with reads of its own and with reads in the background.
#include "media/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

TEST(a_window_follows_its_reader)
{
    static uint8_t big[KIN_WINDOW_BYTES + 100];
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 + i / 251);
    CHECK_INT(kin_source_from_span(kin_span_make(big, sizeof big), &s), KIN_OK);
    CHECK_INT(kin_window_init(&w, s, NULL), KIN_OK);
    CHECK_INT(kin_window_at(&w, 0, 1, &got), KIN_OK);
    CHECK_INT(got.n, KIN_WINDOW_BYTES);
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES - 2, 2, &got), KIN_OK); // still at hand
    CHECK_INT(got.n, 2);
    CHECK(memcmp(got.p, big + KIN_WINDOW_BYTES - 2, 2) == 0);
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES - 2, 3, &got), KIN_OK); // must be read again
    CHECK_INT(got.n, 102);
    CHECK(memcmp(got.p, big + KIN_WINDOW_BYTES - 2, 102) == 0);
    CHECK_INT(kin_window_at(&w, 5, 1, &got), KIN_OK); // back
    CHECK(got.p[0] == big[5]);
    CHECK_INT(kin_window_at(&w, sizeof big, 1, &got), KIN_OK);
    CHECK_INT(got.n, 0);
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
}

// --- in the background

#define LONG_BYTES (7u * KIN_WINDOW_BYTES + 12345u)

// A source that knows its bytes by their offset, and that fails or ends early where the test says so.
static struct {
    uint64_t fails_at, ends_at;
    unsigned reads;
} file;

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 7 + offset / 251 + offset / KIN_WINDOW_BYTES);
}

static ptrdiff_t read_file(void *ctx, uint64_t offset, void *dst, size_t n)
{
    (void)ctx;
    uint8_t *bytes = dst;
    file.reads++;
    if (file.fails_at >= offset && file.fails_at < offset + n)
        return KIN_EIO;
    uint64_t end = file.ends_at < LONG_BYTES ? file.ends_at : LONG_BYTES;
    size_t got = offset >= end ? 0 : end - offset < n ? (size_t)(end - offset) : n;
    for (size_t i = 0; i < got; i++)
        bytes[i] = byte_at(offset + i);
    return (ptrdiff_t)got;
}

static int open_file(struct kin_source **ret)
{
    const struct kin_source_reader reader = {.read = read_file};
    file.fails_at = file.ends_at = UINT64_MAX;
    file.reads = 0;
    return kin_source_from_reader(&reader, LONG_BYTES, ret);
}

// Reads when the end is waited for, as the slowest thread would.
static struct {
    struct {
        struct kin_source *source;
        uint64_t offset;
        void *dst;
        size_t n;
    } jobs[KIN_WINDOW_AHEAD];
    unsigned count, most;
    bool broken;
} lazy;

static void lazy_begin(void *ctx, struct kin_source *source, uint64_t offset, void *dst, size_t n)
{
    (void)ctx;
    if (lazy.count >= KIN_WINDOW_AHEAD) {
        lazy.broken = true;
        return;
    }
    memset(dst, 0xee, n); // whoever looks at it too early sees that
    lazy.jobs[lazy.count].source = source;
    lazy.jobs[lazy.count].offset = offset;
    lazy.jobs[lazy.count].dst = dst;
    lazy.jobs[lazy.count++].n = n;
    lazy.most = lazy.count > lazy.most ? lazy.count : lazy.most;
}

static ptrdiff_t lazy_end(void *ctx)
{
    (void)ctx;
    if (lazy.count == 0) {
        lazy.broken = true;
        return KIN_EIO;
    }
    ptrdiff_t n = kin_source_read(lazy.jobs[0].source, lazy.jobs[0].offset, lazy.jobs[0].dst, lazy.jobs[0].n);
    memmove(lazy.jobs, lazy.jobs + 1, --lazy.count * sizeof lazy.jobs[0]);
    return n;
}

static const struct kin_ahead lazy_ahead = {.begin = lazy_begin, .end = lazy_end};

// The first and the last byte at hand and some between are those of the file.
static bool is_right(struct kin_span s, uint64_t offset)
{
    for (size_t i = 0; i < s.n; i += 4099)
        if (s.p[i] != byte_at(offset + i))
            return false;
    return s.n == 0 || s.p[s.n - 1] == byte_at(offset + s.n - 1);
}

// From front to back in steps, each of which leaves `left` bytes unread and wants `want`.
static void walk(struct kin_window *w, size_t left, size_t want)
{
    struct kin_span s;
    for (uint64_t at = 0; at < LONG_BYTES;) {
        CHECK_INT(kin_window_at(w, at, want, &s), KIN_OK);
        CHECK(s.n >= want || at + s.n == LONG_BYTES);
        CHECK(is_right(s, at));
        at += s.n > left && at + s.n < LONG_BYTES ? s.n - left : s.n;
    }
    CHECK_INT(kin_window_at(w, LONG_BYTES, 1, &s), KIN_OK);
    CHECK_INT(s.n, 0);
    CHECK(!lazy.broken);
out:
    return;
}

static void begin(void)
{
    memset(&lazy, 0, sizeof lazy);
}

TEST(reads_in_the_background_are_the_same_bytes)
{
    static const size_t steps[][2] = {{0, 1}, {2, 3}, {1, 4099}, {KIN_WINDOW_WANT_MAX - 1, KIN_WINDOW_WANT_MAX}};
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    CHECK_INT(open_file(&s), KIN_OK);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        begin();
        CHECK_INT(kin_window_init(&w, s, &lazy_ahead), KIN_OK);
        walk(&w, steps[i][0], steps[i][1]);
        CHECK_INT(lazy.most, KIN_WINDOW_AHEAD);
        CHECK_INT(lazy.count, 0);
        kin_window_deinit(&w);
    }
    CHECK_INT(file.reads / (sizeof steps / sizeof steps[0]), 9); // each byte once, and the end once more
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
}

TEST(a_reader_may_jump)
{
    static const uint64_t places[] = {0,
                                      KIN_WINDOW_BYTES + 5, // within the reads on their way
                                      3 * KIN_WINDOW_BYTES - 1,
                                      10, // back
                                      6 * KIN_WINDOW_BYTES,
                                      LONG_BYTES - 3,
                                      2 * KIN_WINDOW_BYTES,
                                      UINT64_MAX - 9};
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    begin();
    CHECK_INT(open_file(&s), KIN_OK);
    CHECK_INT(kin_window_init(&w, s, &lazy_ahead), KIN_OK);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        CHECK_INT(kin_window_at(&w, places[i], 9, &got), KIN_OK);
        CHECK(got.n >= 9 || places[i] + got.n >= LONG_BYTES);
        CHECK(is_right(got, places[i]));
    }
    CHECK(!lazy.broken);
    kin_window_deinit(&w); // with reads on their way
    CHECK_INT(lazy.count, 0);
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
}

TEST(a_failing_read_is_told_and_no_more_than_that)
{
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    begin();
    CHECK_INT(open_file(&s), KIN_OK);
    file.fails_at = 2 * KIN_WINDOW_BYTES + 7;
    CHECK_INT(kin_window_init(&w, s, &lazy_ahead), KIN_OK);
    CHECK_INT(kin_window_at(&w, 0, 1, &got), KIN_OK);
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES, 1, &got), KIN_OK);
    CHECK_INT(kin_window_at(&w, 2 * KIN_WINDOW_BYTES - 1, 2, &got), KIN_EIO);
    file.fails_at = UINT64_MAX;
    CHECK_INT(kin_window_at(&w, 2 * KIN_WINDOW_BYTES - 1, 2, &got), KIN_OK);
    CHECK(got.n >= 2 && is_right(got, 2 * KIN_WINDOW_BYTES - 1));
    walk(&w, 0, 1);
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
}

TEST(a_file_that_got_shorter_ends_there)
{
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    begin();
    CHECK_INT(open_file(&s), KIN_OK);
    CHECK_INT(kin_window_init(&w, s, &lazy_ahead), KIN_OK);
    CHECK_INT(kin_window_at(&w, 0, 1, &got), KIN_OK);
    file.ends_at = KIN_WINDOW_BYTES + 100;
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES, 1, &got), KIN_OK);
    CHECK_INT(got.n, 100);
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES + 90, 20, &got), KIN_OK);
    CHECK(got.n == 10 && is_right(got, KIN_WINDOW_BYTES + 90));
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES + 100, 1, &got), KIN_OK);
    CHECK_INT(got.n, 0);
    CHECK_INT(kin_window_at(&w, 3 * KIN_WINDOW_BYTES, 1, &got), KIN_OK);
    CHECK_INT(got.n, 0);
    CHECK(!lazy.broken);
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
}
