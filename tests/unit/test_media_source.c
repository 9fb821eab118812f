// Sources: reading at an offset from a file and from memory, ends, refusals, lifetime; the window over them.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "media/source.h"
#include "media/window.h"
#include "unit.h"

// An open descriptor of a new file with these bytes and no name; -1 when there is none to have.
static int file_with(const void *p, size_t n)
{
    char name[] = "/tmp/test_media_source.XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0)
        return -1;
    unlink(name);
    if (write(fd, p, n) == (ssize_t)n)
        return fd;
    close(fd);
    return -1;
}

static void check_reads(struct kin_source *s) // of "0123456789"
{
    char got[16] = "";
    CHECK_INT(kin_source_size(s), 10);
    CHECK_INT(kin_source_read(s, 0, got, 10), 10);
    CHECK_SPAN(kin_span_make(got, 10), "0123456789");
    CHECK_INT(kin_source_read(s, 3, got, 4), 4);
    CHECK_SPAN(kin_span_make(got, 4), "3456");
    CHECK_INT(kin_source_read(s, 8, got, 4), 2);
    CHECK_SPAN(kin_span_make(got, 2), "89");
    CHECK_INT(kin_source_read(s, 10, got, 4), 0);
    CHECK_INT(kin_source_read(s, UINT64_MAX, got, 4), 0);
    CHECK_INT(kin_source_read(s, INT64_MAX, got, 4), 0);
    CHECK_INT(kin_source_read(s, 0, got, 0), 0);
out:
    return;
}

TEST(memory_is_read_at_an_offset)
{
    struct kin_source *s = NULL;
    CHECK_INT(kin_source_from_span(unit_guarded_str("0123456789"), &s), KIN_OK);
    check_reads(s);
out:
    kin_source_unref(s);
}

TEST(a_file_is_read_at_an_offset)
{
    struct kin_source *s = NULL;
    int fd = file_with("0123456789", 10);
    CHECK(fd >= 0);
    CHECK_INT(kin_source_from_fd(fd, &s), KIN_OK);
    fd = -1; // the source's now
    check_reads(s);
out:
    kin_source_unref(s);
    if (fd >= 0)
        close(fd);
}

TEST(the_last_reference_closes_the_file)
{
    struct kin_source *s = NULL;
    int fd = file_with("x", 1);
    CHECK(fd >= 0);
    int mine = fd;
    CHECK_INT(kin_source_from_fd(fd, &s), KIN_OK);
    fd = -1;
    CHECK(kin_source_ref(s) == s);
    kin_source_unref(s);
    CHECK(fcntl(mine, F_GETFD) >= 0);
    kin_source_unref(s);
    s = NULL;
    CHECK(fcntl(mine, F_GETFD) < 0);
out:
    kin_source_unref(s);
    if (fd >= 0)
        close(fd);
}

TEST(only_regular_files_are_sources)
{
    struct kin_source *s = NULL;
    int pipes[2] = {-1, -1};
    CHECK(pipe(pipes) == 0);
    CHECK_INT(kin_source_from_fd(pipes[0], &s), KIN_EUNSUPPORTED);
    CHECK(fcntl(pipes[0], F_GETFD) >= 0); // still the caller's
    CHECK_INT(kin_source_from_fd(-1, &s), KIN_EIO);
    CHECK_INT(kin_source_from_path("/dev/null", &s), KIN_EUNSUPPORTED);
    CHECK_INT(kin_source_from_path("/tmp", &s), KIN_EUNSUPPORTED);
    CHECK_INT(kin_source_from_path("/tmp/no/such/file", &s), KIN_ENOENT);
    CHECK_INT(kin_source_from_path("tests/data/420.jpg/x", &s), KIN_ENOENT);
    CHECK(s == NULL);
out:
    kin_source_unref(s);
    close(pipes[0]);
    close(pipes[1]);
}

TEST(a_fifo_does_not_block_the_opener)
{
    char name[64];
    struct kin_source *s = NULL;
    snprintf(name, sizeof name, "/tmp/test_media_source.%ld.fifo", (long)getpid());
    CHECK(mkfifo(name, 0600) == 0);
    CHECK_INT(kin_source_from_path(name, &s), KIN_EUNSUPPORTED);
out:
    unlink(name);
    kin_source_unref(s);
}

TEST(a_file_is_opened_by_its_path)
{
    struct kin_source *s = NULL;
    uint8_t soi[2];
    CHECK_INT(kin_source_from_path("tests/data/420.jpg", &s), KIN_OK);
    CHECK_INT(kin_source_read(s, 0, soi, 2), 2);
    CHECK(soi[0] == 0xff && soi[1] == 0xd8);
out:
    kin_source_unref(s);
}

TEST(an_unreadable_file_is_an_error)
{
    struct kin_source *s = NULL;
    char byte;
    int fd = open("/tmp", O_WRONLY | O_TMPFILE, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, "x", 1) == 1);
    CHECK_INT(kin_source_from_fd(fd, &s), KIN_OK);
    fd = -1;
    CHECK_INT(kin_source_read(s, 0, &byte, 1), KIN_EIO); // EBADF: not open for reading
out:
    kin_source_unref(s);
    if (fd >= 0)
        close(fd);
}

TEST(a_file_that_shrinks_reads_short)
{
    struct kin_source *s = NULL;
    char got[10];
    int fd = file_with("0123456789", 10);
    CHECK(fd >= 0);
    int mine = fd;
    CHECK_INT(kin_source_from_fd(fd, &s), KIN_OK);
    fd = -1;
    CHECK(ftruncate(mine, 4) == 0);
    CHECK_INT(kin_source_size(s), 10); // what it was
    CHECK_INT(kin_source_read(s, 0, got, 10), 4);
out:
    kin_source_unref(s);
    if (fd >= 0)
        close(fd);
}

// What reading costs is counted, and has an end where somebody says so.
TEST(reads_are_counted_and_limited)
{
    struct kin_source *s = NULL;
    char got[10];
    CHECK_INT(kin_source_from_span(kin_span_make("0123456789", 10), &s), KIN_OK);
    CHECK_INT(kin_source_bytes_read(s), 0);
    CHECK_INT(kin_source_read(s, 8, got, 10), 2);
    CHECK_INT(kin_source_bytes_read(s), 2); // what was there, not what was wanted
    kin_source_limit_reads(s, 5);
    CHECK_INT(kin_source_read(s, 0, got, 4), 4);
    CHECK_INT(kin_source_read(s, 0, got, 4), 4); // passes the limit
    CHECK_INT(kin_source_read(s, 0, got, 1), KIN_ELIMIT);
    CHECK_INT(kin_source_bytes_read(s), 10);
    kin_source_limit_reads(s, UINT64_MAX);
    CHECK_INT(kin_source_read(s, 0, got, 1), 1);
out:
    kin_source_unref(s);
}

TEST(a_file_that_is_written_to_has_changed)
{
    struct kin_source *s = NULL;
    bool grown = true;
    int fd = file_with("0123456789", 10);
    CHECK(fd >= 0);
    int mine = fd;
    struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    CHECK(futimens(fd, old) == 0);
    CHECK_INT(kin_source_from_fd(fd, &s), KIN_OK);
    fd = -1;
    CHECK(!kin_source_has_changed(s, &grown));
    CHECK(!grown);
    CHECK(pwrite(mine, "x", 1, 0) == 1);
    CHECK(kin_source_has_changed(s, &grown));
    CHECK(!grown);
    CHECK(pwrite(mine, "x", 1, 10) == 1);
    CHECK(kin_source_has_changed(s, &grown));
    CHECK(grown);
    CHECK(ftruncate(mine, 4) == 0);
    CHECK(kin_source_has_changed(s, &grown));
    CHECK(!grown);
out:
    kin_source_unref(s);
    if (fd >= 0)
        close(fd);
}

TEST(a_window_follows_its_reader)
{
    static uint8_t big[KIN_WINDOW_BYTES + 100];
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 + i / 251);
    CHECK_INT(kin_source_from_span(kin_span_make(big, sizeof big), &s), KIN_OK);
    CHECK_INT(kin_window_init(&w, s), KIN_OK);
    CHECK_INT(kin_window_at(&w, 0, 1, &got), KIN_OK);
    CHECK_INT(got.n, KIN_WINDOW_BYTES);
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES - 2, 2, &got), KIN_OK); // still at hand
    CHECK_INT(got.n, 2);
    CHECK(memcmp(got.p, big + KIN_WINDOW_BYTES - 2, 2) == 0);
    CHECK_INT(kin_window_at(&w, KIN_WINDOW_BYTES - 2, 3, &got), KIN_OK); // must be read again
    CHECK_INT(got.n, 102);
    CHECK(memcmp(got.p, big + KIN_WINDOW_BYTES - 2, 102) == 0);
    uint64_t bytes = kin_source_bytes_read(s);
    CHECK_INT(kin_window_at(&w, sizeof big - 1, 100, &got), KIN_OK); // there is no more: nothing is read
    CHECK_INT(got.n, 1);
    CHECK_INT(kin_source_bytes_read(s), bytes);
    CHECK_INT(kin_window_at(&w, 5, 1, &got), KIN_OK); // back
    CHECK(got.p[0] == big[5]);
    CHECK_INT(kin_window_at(&w, sizeof big, 1, &got), KIN_OK);
    CHECK_INT(got.n, 0);
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
}

// Found by fuzzing: a look behind the end emptied the window, so that a walk going back from there read all of it anew.
TEST(a_window_keeps_what_it_has_at_the_end)
{
    static const uint8_t small[1000] = {1, 2, 3};
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    CHECK_INT(kin_source_from_span(kin_span_make(small, sizeof small), &s), KIN_OK);
    CHECK_INT(kin_window_init(&w, s), KIN_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(kin_window_at(&w, 1, 2, &got), KIN_OK);
        CHECK(got.n >= 2 && got.p[0] == 2);
        CHECK_INT(kin_window_at(&w, sizeof small - 1, 3, &got), KIN_OK); // all that there is
        CHECK_INT(got.n, 1);
        CHECK_INT(kin_window_at(&w, sizeof small, 1, &got), KIN_OK);
        CHECK_INT(got.n, 0);
    }
    CHECK(kin_source_bytes_read(s) <= sizeof small);
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
}
