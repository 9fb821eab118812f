// Where reels are written: files appear whole or not at all, and nothing but a file is ever replaced.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "media/output.h"
#include "unit.h"

struct folder {
    char path[64];
    char why[KIN_OUTPUT_WHY_MAX];
    int back;
};

static bool folder_enter(struct folder *f)
{
    *f = (struct folder){.path = "/tmp/kin-output-XXXXXX", .back = open(".", O_RDONLY | O_DIRECTORY)};
    return f->back >= 0 && mkdtemp(f->path) != NULL && chdir(f->path) == 0;
}

static void folder_leave(struct folder *f)
{
    static const char *const names[] = {"a", "a.part", "b", "b.part", "link", "pipe", "pipe.part", "deep/c", "deep"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(names[i]);
    if (f->back >= 0 && fchdir(f->back) == 0)
        rmdir(f->path);
    if (f->back >= 0)
        close(f->back);
}

static bool put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool ok = file != NULL && fputs(text, file) >= 0;
    return file != NULL && fclose(file) == 0 && ok;
}

static const char *content(const char *path)
{
    static char text[64];
    FILE *file = fopen(path, "re");
    size_t n = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[n] = '\0';
    return file != NULL ? text : "(no file)";
}

static mode_t kind(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static int write_file(const char *path, const char *text, char why[KIN_OUTPUT_WHY_MAX])
{
    struct kin_output o;
    int err = kin_output_open(&o, path, why);
    if (err != KIN_OK)
        return err;
    err = kin_output_write(&o, kin_span_str(text), why);
    if (err == KIN_OK)
        return kin_output_commit(&o, why);
    kin_output_discard(&o);
    return err;
}

TEST(output_appears_whole)
{
    struct folder f;
    struct kin_output o = {.fd = -1};
    CHECK(folder_enter(&f));
    CHECK_INT(kin_output_open(&o, "a", f.why), KIN_OK);
    CHECK(!o.replaces && kin_output_can_patch(&o));
    CHECK_INT(kin_output_write(&o, kin_span_str("Hello world"), f.why), KIN_OK);
    CHECK_INT(kind("a"), 0);
    CHECK_INT(kin_output_patch(&o, 0, kin_span_str("J"), f.why), KIN_OK);
    kin_output_cut(&o, 5);
    CHECK_INT(kin_output_write(&o, kin_span_str("!"), f.why), KIN_OK);
    CHECK_INT(kin_output_commit(&o, f.why), KIN_OK);
    CHECK_SPAN(kin_span_str(content("a")), "Jello!");
    CHECK_INT(kind("a.part"), 0);
    CHECK_INT(kin_output_open(&o, "a", f.why), KIN_OK);
    CHECK(o.replaces);
    CHECK_INT(kin_output_write(&o, kin_span_str("x"), f.why), KIN_OK);
    kin_output_discard(&o);
    CHECK_SPAN(kin_span_str(content("a")), "Jello!");
    CHECK_INT(kind("a.part"), 0);
    CHECK_INT(kin_output_open(&o, "a", f.why), KIN_OK);
    CHECK_INT(kin_output_write(&o, kin_span_str("part"), f.why), KIN_OK);
    CHECK_INT(kin_output_keep(&o, f.why), KIN_OK);
    CHECK_SPAN(kin_span_str(content("a")), "Jello!");
    CHECK_SPAN(kin_span_str(content("a.part")), "part");
out:
    kin_output_discard(&o);
    folder_leave(&f);
}

// Regression: kinora save wrote a file over a link; a link whose target does not exist yet was replaced by both
// programs.
TEST(output_follows_links_and_keeps_them)
{
    struct folder f;
    CHECK(folder_enter(&f));
    CHECK(put_file("a", "old") && symlink("a", "link") == 0);
    CHECK_INT(write_file("link", "new", f.why), KIN_OK);
    CHECK_INT(kind("link"), S_IFLNK);
    CHECK_SPAN(kin_span_str(content("a")), "new");
    CHECK(unlink("link") == 0 && mkdir("deep", 0777) == 0 && symlink("deep/c", "link") == 0);
    CHECK_INT(write_file("link", "made", f.why), KIN_OK);
    CHECK_INT(kind("link"), S_IFLNK);
    CHECK_SPAN(kin_span_str(content("deep/c")), "made");
    CHECK(unlink("link") == 0 && symlink("link", "link") == 0);
    CHECK_INT(write_file("link", "x", f.why), KIN_EIO);
    CHECK_INT(kind("link"), S_IFLNK);
out:
    folder_leave(&f);
}

// What an earlier run kept was emptied before there was anything better, without a word.
TEST(output_keeps_what_was_left_until_there_is_more)
{
    struct folder f;
    struct kin_output o = {.fd = -1};
    CHECK(folder_enter(&f));
    CHECK(put_file("a.part", "of an earlier run"));
    CHECK_INT(kin_output_open(&o, "a", f.why), KIN_OK);
    CHECK_INT(o.leftover, 17);
    kin_output_discard(&o);
    CHECK_SPAN(kin_span_str(content("a.part")), "of an earlier run");
    CHECK_INT(kin_output_open(&o, "a", f.why), KIN_OK);
    CHECK_INT(kin_output_write(&o, kin_span_str("new"), f.why), KIN_OK);
    CHECK_INT(o.leftover, 0);
    CHECK_INT(kin_output_commit(&o, f.why), KIN_OK);
    CHECK_SPAN(kin_span_str(content("a")), "new");
    CHECK_INT(kind("a.part"), 0);
    CHECK(put_file("a.part", "left"));
    CHECK_INT(kin_output_open(&o, "a", f.why), KIN_OK);
    CHECK_INT(kin_output_commit(&o, f.why), KIN_OK); // nothing was written: so be it
    CHECK_SPAN(kin_span_str(content("a")), "");
out:
    kin_output_discard(&o);
    folder_leave(&f);
}

// Regression: kinora save replaced FIFOs and devices by files.
TEST(output_goes_through_pipes_and_devices)
{
    struct folder f;
    int reader = -1;
    char got[16] = "";
    CHECK(folder_enter(&f));
    CHECK(mkfifo("pipe", 0666) == 0);
    reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(reader >= 0);
    CHECK_INT(write_file("pipe", "through", f.why), KIN_OK);
    CHECK_INT(read(reader, got, sizeof got - 1), 7);
    CHECK_SPAN(kin_span_str(got), "through");
    CHECK_INT(kind("pipe"), S_IFIFO);
    CHECK_INT(kind("pipe.part"), 0);
    CHECK_INT(write_file("/dev/null", "x", f.why), KIN_OK);
    CHECK_INT(write_file("/dev/full", "x", f.why), KIN_EIO);
    CHECK_SPAN(kin_span_str(f.why), "cannot write /dev/full: No space left on device"); // it once named no path
    CHECK_INT(kind("/dev/full"), S_IFCHR);
    CHECK_INT(write_file("", "x", f.why), KIN_EINVAL);
    CHECK_SPAN(kin_span_str(f.why), "the name of the file to write is empty");
    CHECK_INT(write_file(".", "x", f.why), KIN_EIO);
    CHECK(strstr(f.why, "Is a directory") != NULL);
    CHECK(put_file("a", "old") && rename("pipe", "a.part") == 0); // a pipe that bears the name of the part
    CHECK_INT(write_file("a", "x", f.why), KIN_EIO);
    CHECK_SPAN(kin_span_str(content("a")), "old");
out:
    close(reader);
    folder_leave(&f);
}

// Regression: two saves to one name wrote the same file, and what came out was a mixture.
TEST(output_refuses_a_second_run)
{
    struct folder f;
    struct kin_output first = {.fd = -1};
    CHECK(folder_enter(&f));
    CHECK_INT(kin_output_open(&first, "a", f.why), KIN_OK);
    CHECK_INT(write_file("a", "second", f.why), KIN_EIO);
    CHECK(strstr(f.why, "another run is writing it") != NULL);
    CHECK_INT(kin_output_write(&first, kin_span_str("first"), f.why), KIN_OK);
    CHECK_INT(kin_output_commit(&first, f.why), KIN_OK);
    CHECK_SPAN(kin_span_str(content("a")), "first");
    CHECK_INT(write_file("a", "then", f.why), KIN_OK);
    CHECK_SPAN(kin_span_str(content("a")), "then");
out:
    kin_output_discard(&first);
    folder_leave(&f);
}

static bool give_up(void)
{
    return true;
}

// Regression: a write to a pipe that nobody reads could not be interrupted.
TEST(output_gives_up_on_a_pipe_that_nobody_reads)
{
    struct folder f;
    struct kin_output o = {.fd = -1};
    static char bytes[1 << 20];
    int reader = -1;
    CHECK(folder_enter(&f));
    CHECK(mkfifo("pipe", 0666) == 0);
    reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK_INT(kin_output_open(&o, "pipe", f.why), KIN_OK);
    o.interrupted = give_up;
    CHECK_INT(kin_output_write(&o, kin_span_make(bytes, sizeof bytes), f.why), KIN_ECANCELED);
    o.interrupted = NULL;
    close(reader);
    reader = -1;
    signal(SIGPIPE, SIG_IGN);
    CHECK_INT(kin_output_write(&o, kin_span_make(bytes, 1), f.why), KIN_EIO);
    CHECK(strstr(f.why, "Broken pipe") != NULL);
out:
    close(reader);
    kin_output_discard(&o);
    folder_leave(&f);
}

TEST(output_keeps_the_mode_and_refuses_what_is_not_writable)
{
    struct folder f;
    struct stat st;
    CHECK(folder_enter(&f));
    CHECK(put_file("a", "old") && chmod("a", 0604) == 0);
    CHECK_INT(write_file("a", "new", f.why), KIN_OK);
    CHECK(stat("a", &st) == 0 && (st.st_mode & 0777) == 0604);
    CHECK_INT(write_file("nowhere/a", "x", f.why), KIN_EIO);
    CHECK(strstr(f.why, "nowhere/a") != NULL && strstr(f.why, "No such file") != NULL);
    CHECK(chmod("a", 0444) == 0);
    if (geteuid() != 0) { // nothing is refused to root
        CHECK_INT(write_file("a", "x", f.why), KIN_EIO);
        CHECK(strstr(f.why, "Permission denied") != NULL);
        CHECK_SPAN(kin_span_str(content("a")), "new");
    }
out:
    folder_leave(&f);
}
