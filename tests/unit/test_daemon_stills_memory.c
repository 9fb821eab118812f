// daemon/stills_memory: a directory is looked at once, again when it has changed, and never on behalf of nobody.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "library/stills_memory.h"
#include "unit.h"

#define LONG_AGO INT64_C(1000000000)

struct folder {
    char path[64];
    int fd;
};

static bool put(const struct folder *f, const char *name)
{
    int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool make(struct folder *f)
{
    *f = (struct folder){.path = "/tmp/kin-stills-XXXXXX", .fd = -1};
    if (mkdtemp(f->path) == NULL)
        abort();
    f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return f->fd >= 0 && put(f, "a.jpg") && put(f, "b.jpg");
}

static void clear(struct folder *f)
{
    static const char *const names[] = {"a.jpg", "b.jpg", "c.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlinkat(f->fd, names[i], 0);
    close(f->fd);
    rmdir(f->path);
}

// The directory as beneath_open() would describe it, last changed at a time of the test's choosing.
static struct beneath_file at(const struct folder *f, int64_t changed_ns)
{
    return (struct beneath_file){
        .fd = f->fd, .is_directory = true, .version = {.inode = 7, .mtime_ns = changed_ns}, .changed_ns = changed_ns};
}

static int64_t version_at(struct stills_memory *m, const struct folder *f, int64_t changed_ns, kin_us since)
{
    struct beneath_file file = at(f, changed_ns);
    struct stills_look look = {.since = since};
    return stills_memory_recognise(m, &look, &file) == KIN_OK && file.is_stills ? file.version.mtime_ns : 0;
}

TEST(a_directory_is_remembered_until_its_time_changes)
{
    struct folder f;
    struct stills_memory *m = stills_memory_new();
    CHECK(make(&f) && m != NULL);
    int64_t first = version_at(m, &f, LONG_AGO, KIN_US_NEVER);
    CHECK(first != 0);
    CHECK(put(&f, "c.jpg")); // and the time stays what it was, so that a look would show
    CHECK_INT(version_at(m, &f, LONG_AGO, KIN_US_NEVER), first);
    CHECK(version_at(m, &f, LONG_AGO + 1, KIN_US_NEVER) != first);
out:
    stills_memory_free(m);
    clear(&f);
}

// Times have steps: a change right after the look would not show.
TEST(a_directory_that_has_just_changed_is_not_trusted)
{
    struct folder f;
    struct stills_memory *m = stills_memory_new();
    int64_t now = kin_clock_unix_us() * 1000;
    CHECK(make(&f) && m != NULL);
    kin_us begin = kin_clock_mono_us();
    int64_t first = version_at(m, &f, now, KIN_US_NEVER);
    CHECK(first != 0 && put(&f, "c.jpg"));
    CHECK_INT(version_at(m, &f, now, begin), first); // but by what began before, such as one listing
    CHECK(version_at(m, &f, now, KIN_US_NEVER) != first);
out:
    stills_memory_free(m);
    clear(&f);
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

// Not with each allocation failing in turn: there is one for every name.
TEST(a_look_that_nobody_waits_for_ends)
{
    static bool done;
    struct folder f;
    char name[32];
    struct stills_memory *m = stills_memory_new();
    struct stills_look look = {.since = KIN_US_NEVER, .go_on = never};
    CHECK(make(&f) && m != NULL);
    if (done)
        goto out;
    done = true;
    for (int i = 0; i < 1100; i++) {
        snprintf(name, sizeof name, "more%d.jpg", i);
        CHECK(put(&f, name));
    }
    struct beneath_file file = at(&f, LONG_AGO);
    CHECK_INT(stills_memory_recognise(m, &look, &file), KIN_ECANCELED);
    look.go_on = NULL;
    CHECK_INT(stills_memory_recognise(m, &look, &file), KIN_OK);
    CHECK(file.is_stills && !file.is_directory);
out:
    for (int i = 0; i < 1100; i++) {
        snprintf(name, sizeof name, "more%d.jpg", i);
        unlinkat(f.fd, name, 0);
    }
    stills_memory_free(m);
    clear(&f);
}

TEST(a_plain_directory_is_remembered_too)
{
    struct folder f;
    struct stills_memory *m = stills_memory_new();
    CHECK(make(&f) && m != NULL);
    unlinkat(f.fd, "b.jpg", 0);
    CHECK_INT(version_at(m, &f, LONG_AGO, KIN_US_NEVER), 0);
    CHECK(put(&f, "b.jpg"));
    CHECK_INT(version_at(m, &f, LONG_AGO, KIN_US_NEVER), 0);
    CHECK(version_at(m, &f, LONG_AGO + 1, KIN_US_NEVER) != 0);
out:
    stills_memory_free(m);
    clear(&f);
}
