// Reads in the background by a thread: the same bytes in the same order, whatever is still on its way at the end.
#include "read_ahead.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "unit.h"

#define BLOCK 65536u
#define BLOCKS 200u

// A file whose blocks bear their number.
static int open_numbered(struct kin_source **ret)
{
    static uint8_t block[BLOCK];
    int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    int err = fd >= 0 ? KIN_OK : KIN_EIO;
    for (unsigned i = 0; i < BLOCKS && err == KIN_OK; i++) {
        memset(block, (int)i, sizeof block);
        err = write(fd, block, sizeof block) == (ssize_t)sizeof block ? KIN_OK : KIN_EIO;
    }
    if (err == KIN_OK)
        err = kin_source_from_fd(fd, ret);
    if (err != KIN_OK && fd >= 0)
        close(fd);
    return err;
}

TEST(a_window_reads_ahead_through_a_thread)
{
    struct read_ahead *a = read_ahead_new();
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    CHECK(a != NULL);
    CHECK_INT(open_numbered(&s), KIN_OK);
    CHECK_INT(kin_window_init(&w, s, read_ahead_for(a)), KIN_OK);
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK_INT(kin_window_at(&w, (uint64_t)i * BLOCK, BLOCK, &got), KIN_OK);
        CHECK(got.n >= BLOCK && got.p[0] == (uint8_t)i && got.p[BLOCK - 1] == (uint8_t)i);
    }
    CHECK_INT(kin_window_at(&w, (uint64_t)BLOCKS * BLOCK, 1, &got), KIN_OK);
    CHECK_INT(got.n, 0);
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
    read_ahead_free(a);
}

TEST(it_ends_with_reads_on_their_way)
{
    struct read_ahead *a = read_ahead_new();
    struct kin_source *s = NULL;
    struct kin_window w = {0};
    struct kin_span got;
    CHECK(a != NULL);
    CHECK_INT(open_numbered(&s), KIN_OK);
    for (unsigned i = 0; i < 20; i++) {
        CHECK_INT(kin_window_init(&w, s, read_ahead_for(a)), KIN_OK);
        CHECK_INT(kin_window_at(&w, (uint64_t)i * BLOCK, 1, &got), KIN_OK);
        CHECK_INT(got.p[0], i);
        CHECK_INT(kin_window_at(&w, (uint64_t)(i + 100) * BLOCK, 1, &got), KIN_OK); // leaves those on their way
        CHECK_INT(got.p[0], i + 100);
        kin_window_deinit(&w);
    }
out:
    kin_window_deinit(&w);
    kin_source_unref(s);
    read_ahead_free(a);
}

TEST(without_a_thread_there_is_none)
{
    CHECK(read_ahead_for(NULL) == NULL);
    read_ahead_free(NULL);
    read_ahead_free(read_ahead_new()); // nothing was ever read
out:
    return;
}
