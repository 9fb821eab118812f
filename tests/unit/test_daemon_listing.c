// daemon/listing: the JSON of a directory when the time is over, of files that cannot be served, of odd names.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "library/listing.h"
#include "unit.h"

struct place {
    char path[64];
    int root;
    unsigned time;  // questions for the time that are answered with yes
    unsigned looks; // files that were looked at
};

static bool has_time(void *ctx)
{
    struct place *p = ctx;
    return p->time > 0 && p->time-- > 0;
}

static int recognise(void *ctx, struct beneath_file *file)
{
    (void)ctx;
    (void)file;
    return KIN_OK;
}

static int known(void *ctx, const struct file_version *version, struct index_facts *ret, char why[KIN_MEDIA_WHY_MAX])
{
    (void)ctx;
    (void)version;
    (void)ret;
    (void)why;
    return KIN_EAGAIN;
}

// Files of one byte are reels, those of two are being indexed, all others are no reels.
static int facts(void *ctx, const struct beneath_file *file, const char *path, struct index_facts *ret,
                 char why[KIN_MEDIA_WHY_MAX])
{
    struct place *p = ctx;
    (void)path;
    p->looks++;
    *ret = (struct index_facts){.width = 4, .height = 2, .frames = 3, .rate_num = 24, .rate_den = 1, .permille = 250};
    snprintf(why, KIN_MEDIA_WHY_MAX, "no \"reel\"");
    return file->version.size == 1 ? KIN_OK : file->version.size == 2 ? KIN_EAGAIN : KIN_EBAD;
}

static bool put(const struct place *p, const char *name, size_t bytes)
{
    int fd = openat(p->root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, "xxxx", bytes) == (ssize_t)bytes;
    if (fd >= 0)
        close(fd);
    return good;
}

static bool make(struct place *p)
{
    *p = (struct place){.path = "/tmp/kin-listing-XXXXXX", .root = -1, .time = 1000};
    if (mkdtemp(p->path) == NULL)
        abort();
    p->root = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return p->root >= 0;
}

static void clear(struct place *p)
{
    char command[128];
    close(p->root);
    snprintf(command, sizeof command, "rm -rf %s", p->path);
    if (system(command) != 0)
        abort();
}

static struct kin_buf *list(struct place *p)
{
    struct kin_buf *buf = NULL;
    struct listing_source source = {has_time, recognise, known, facts, p};
    return listing_make(&source, p->root, "", &buf) == KIN_OK ? buf : NULL;
}

TEST(what_cannot_be_served_is_counted_and_named)
{
    struct place p;
    struct kin_buf *buf = NULL;
    char name[32];
    CHECK(make(&p) && put(&p, "a", 1));
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "x%d.mp4", i);
        CHECK(put(&p, name, 3));
    }
    buf = list(&p);
    CHECK(buf != NULL);
    struct kin_span json = kin_buf_span(buf);
    CHECK(kin_span_starts(json, "{\"path\":\"/\",\"entries\":[{\"name\":\"a\",\"type\":\"reel\",\"width\":4,"));
    CHECK(kin_span_find_str(json, "}],\"unservable\":{\"count\":10,\"examples\":[{\"name\":\"x0.mp4\","
                                  "\"problem\":\"no \\\"reel\\\"\"},{\"name\":\"x1.mp4\",") < json.n);
    CHECK(kin_span_find_str(json, "x7.mp4") < json.n && kin_span_find_str(json, "x8.mp4") == json.n);
    CHECK(kin_span_ends(json, "}]}}"));
out:
    kin_buf_unref(buf);
    clear(&p);
}

// Of a listing only the waiting for indexes had an end; looking at files took as long as it took.
TEST(what_the_time_does_not_suffice_for_is_listed_unseen)
{
    struct place p;
    struct kin_buf *buf = NULL;
    CHECK(make(&p) && put(&p, "a", 1) && put(&p, "b", 2) && put(&p, "c", 1) && mkdirat(p.root, "d", 0700) == 0);
    CHECK(mkfifoat(p.root, "e", 0600) == 0 && symlinkat("c", p.root, "f") == 0);
    p.time = 2;
    buf = list(&p);
    CHECK(buf != NULL);
    CHECK_INT(p.looks, 2);
    struct kin_span json = kin_buf_span(buf);
    CHECK(kin_span_find_str(json, "{\"name\":\"b\",\"type\":\"reel\",\"indexing\":0.25,\"bytes\":2},"
                                  "{\"name\":\"c\",\"type\":\"reel\",\"indexing\":0.0,\"bytes\":0},"
                                  "{\"name\":\"d\",\"type\":\"directory\"},"
                                  "{\"name\":\"f\",\"type\":\"reel\",\"indexing\":0.0,\"bytes\":0}]}") < json.n);
out:
    kin_buf_unref(buf);
    clear(&p);
}

// A name that is no UTF-8 was left out without a word.
TEST(a_latin_1_name_is_listed_with_a_url_that_works)
{
    struct place p;
    struct kin_buf *buf = NULL;
    CHECK(make(&p) && put(&p, "caf\xe9 1.mjpeg", 1));
    buf = list(&p);
    CHECK(buf != NULL);
    struct kin_span json = kin_buf_span(buf);
    CHECK(kin_span_find_str(json, "[{\"name\":\"caf%E9 1.mjpeg\",\"href\":\"caf%E9%201.mjpeg\",\"type\":") < json.n);
out:
    kin_buf_unref(buf);
    clear(&p);
}

TEST(controls_of_screens_and_of_direction_are_escaped)
{
    struct place p;
    struct kin_buf *buf = NULL;
    CHECK(make(&p) && put(&p, "a\x1b\xc2\x9b\xe2\x80\xae\"\\", 1));
    buf = list(&p);
    CHECK(buf != NULL);
    struct kin_span json = kin_buf_span(buf);
    CHECK(kin_span_find_str(json, "\"a\\u001b\\u009b\\u202e\\\"\\\\\"") < json.n);
out:
    kin_buf_unref(buf);
    clear(&p);
}
