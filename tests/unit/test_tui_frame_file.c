// A frame in a file of its own: the bytes as they are, under a name that was free.
#include "client/frame_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "unit.h"

static struct {
    int calls;
    bool failed;
    char path[FRAME_FILE_PATH_MAX];
} result;

static void on_done(void *ctx, const char *path, const char *error)
{
    (void)ctx;
    result.calls++;
    result.failed = error != NULL;
    snprintf(result.path, sizeof result.path, "%s", path);
}

static bool holds(const char *name, const char *want)
{
    char bytes[64];
    FILE *f = fopen(name, "r");
    size_t n = f != NULL ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f != NULL)
        fclose(f);
    return kin_span_is(kin_span_make(bytes, n), want);
}

static bool write_one(struct kin_loop *loop, struct kin_buf *jpeg)
{
    struct frame_file *f;
    result.calls = 0;
    if (frame_file_start(loop, jpeg, "bunny", 77, on_done, NULL, &f) != KIN_OK)
        return false;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    return result.calls == 1 && !result.failed;
}

TEST(frame_file_replaces_no_file)
{
    char here[4096], folder[] = "/tmp/kinora-frame-XXXXXX";
    static struct kin_loop loop;
    if (!unit_plain())
        return;
    struct kin_buf *a = kin_buf_copy(kin_span_str("first")), *b = kin_buf_copy(kin_span_str("second"));
    struct frame_file *f;
    CHECK(getcwd(here, sizeof here) != NULL && mkdtemp(folder) != NULL && chdir(folder) == 0);
    CHECK_INT(kin_loop_init(&loop), 0);
    CHECK(write_one(&loop, a) && write_one(&loop, b));
    CHECK(kin_span_ends(kin_span_str(result.path), "/bunny-77-2.jpg"));
    CHECK(holds("bunny-77.jpg", "first") && holds("bunny-77-2.jpg", "second"));
    CHECK_INT(frame_file_start(&loop, b, "bunny", 78, on_done, NULL, &f), KIN_OK);
    frame_file_cancel(f); // nobody waits for it, but it was asked for
    uv_run(&loop.uv, UV_RUN_DEFAULT);
    CHECK_INT(result.calls, 1);
    CHECK(holds("bunny-78.jpg", "second"));
    CHECK(unlink("bunny-77.jpg") == 0 && unlink("bunny-77-2.jpg") == 0 && unlink("bunny-78.jpg") == 0);
    CHECK(rmdir(folder) == 0); // a directory that is gone takes none
    CHECK(!write_one(&loop, a) && result.calls == 1 && result.failed);
    CHECK_INT(kin_loop_deinit(&loop), 0);
out:
    frame_file_cancel(NULL);
    if (chdir(here) != 0)
        abort(); // the tests behind this one read files
    kin_buf_unref(a);
    kin_buf_unref(b);
}

TEST(frame_file_names_stay_in_the_directory)
{
    char stem[FRAME_FILE_STEM_MAX], longest[2 * FRAME_FILE_STEM_MAX];
    frame_file_stem("bunny.mjpeg", stem);
    CHECK_SPAN(kin_span_str(stem), "bunny");
    frame_file_stem("a.b/../c.mov", stem);
    CHECK_SPAN(kin_span_str(stem), "a.b_.._c");
    frame_file_stem(".hidden", stem);
    CHECK_SPAN(kin_span_str(stem), "_hidden");
    frame_file_stem("x\x1b[2J\xff\xc2\x9b.avi", stem);
    CHECK_SPAN(kin_span_str(stem), "x_[2J__");
    memset(longest, 'a', sizeof longest);
    memcpy(longest + FRAME_FILE_STEM_MAX - 3, "\xe6\xbc\xa2", 3); // would be cut
    longest[sizeof longest - 1] = '\0';
    frame_file_stem(longest, stem);
    CHECK_INT(strlen(stem), FRAME_FILE_STEM_MAX - 3);
out:;
}
