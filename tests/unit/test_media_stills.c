// Directories of stills: their order, what is none, files that change, and versions.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container_data.h"
#include "media/stills.h"

struct folder {
    char path[64];
    int fd;
};

static void put_still(const struct folder *f, const char *name, int comment)
{
    char text[16];
    struct bytes b = room_begin();
    snprintf(text, sizeof text, "%0*d", comment, comment);
    put_tiny_with_comment(&b, text);
    int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, b.p, b.n) == (ssize_t)b.n);
out:
    if (fd >= 0)
        close(fd);
}

static const char *const names[] = {"shot10.jpg", "shot2.JPEG", "Shot1.jpg", "link.jpg",
                                    "notes.txt",  ".hidden",    "shot3.jpe"};

static bool make_folder(struct folder *f)
{
    snprintf(f->path, sizeof f->path, "/tmp/kinora-stills-XXXXXX");
    f->fd = mkdtemp(f->path) != NULL ? open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return f->fd >= 0;
}

static void remove_folder(struct folder *f)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlinkat(f->fd, names[i], 0);
    close(f->fd);
    rmdir(f->path);
}

TEST(stills_come_in_natural_order)
{
    struct folder f;
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    CHECK(make_folder(&f));
    put_still(&f, "shot10.jpg", 3);
    put_still(&f, "shot2.JPEG", 2);
    put_still(&f, "Shot1.jpg", 1);
    put_still(&f, ".hidden", 9);
    CHECK_INT(kin_stills_open(f.fd, &(struct kin_reel_options){.rate_num = 10, .rate_den = 1}, &reel, NULL), KIN_OK);
    CHECK_SPAN(kin_span_str(reel->format), "stills");
    CHECK_INT(reel->frame_count, 3);
    CHECK_INT(reel->duration_ts, 27000);
    CHECK(!reel->rate_stated);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_INT(kin_reel_read(reel, i, &buf), KIN_OK);
        CHECK_INT(buf->len, TINY_BYTES + 4 + i + 1);
        kin_buf_unref(buf);
        buf = NULL;
    }
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
    remove_folder(&f);
}

static void check_none(const struct folder *f, const char *wanted)
{
    struct kin_stills_version v;
    struct kin_reel *reel = NULL;
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(kin_stills_scan(f->fd, NULL, NULL, &v), KIN_EUNSUPPORTED);
    CHECK_INT(kin_stills_open(f->fd, NULL, &reel, why), KIN_EUNSUPPORTED);
    CHECK_SPAN(kin_span_str(why), wanted);
out:
    kin_reel_unref(reel);
}

TEST(other_directories_are_no_reels)
{
    struct folder f;
    CHECK(make_folder(&f));
    check_none(&f, "not a directory of at least 2 JPEGs");
    put_still(&f, "Shot1.jpg", 1);
    check_none(&f, "not a directory of at least 2 JPEGs");
    put_still(&f, "shot3.jpe", 1);
    put_still(&f, "notes.txt", 1);
    check_none(&f, "not a directory of nothing but JPEGs: \"notes.txt\" is none");
    unlinkat(f.fd, "notes.txt", 0);
    CHECK(symlinkat("/etc/hostname", f.fd, "link.jpg") == 0);
    check_none(&f, "not a directory of nothing but JPEGs: \"link.jpg\" is none");
    unlinkat(f.fd, "link.jpg", 0);
    CHECK(mkfifoat(f.fd, "link.jpg", 0600) == 0);
    check_none(&f, "not a directory of nothing but JPEGs: \"link.jpg\" is none");
out:
    remove_folder(&f);
}

static void put_bytes(const struct folder *f, const char *name, const void *p, size_t n)
{
    int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n);
out:
    if (fd >= 0)
        close(fd);
}

TEST(what_is_no_jpeg_but_for_its_name_is_left_out)
{
    struct folder f;
    struct kin_reel *reel = NULL;
    struct kin_stills_version v;
    CHECK(make_folder(&f));
    put_bytes(&f, "Shot1.jpg", "no JPEG at all", 14);
    put_still(&f, "shot2.JPEG", 2);
    put_bytes(&f, "shot3.jpe", "", 0);
    put_still(&f, "shot10.jpg", 3);
    CHECK_INT(kin_stills_scan(f.fd, NULL, NULL, &v), KIN_OK);
    CHECK_INT(kin_stills_open(f.fd, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    CHECK_INT(reel->junk_bytes, 14);
    CHECK(reel->separate_files);
    kin_reel_unref(reel);
    reel = NULL;
    put_bytes(&f, "shot2.JPEG", "nor this", 8);
    put_bytes(&f, "shot10.jpg", "\xff", 1);
    char why[KIN_MEDIA_WHY_MAX] = "";
    CHECK_INT(kin_stills_open(f.fd, NULL, &reel, why), KIN_EBAD);
    CHECK_SPAN(kin_span_str(why), "there is no complete frame in it");
out:
    kin_reel_unref(reel);
    remove_folder(&f);
}

TEST(what_stands_behind_a_picture_is_left_out)
{
    struct folder f;
    struct kin_reel *reel = NULL;
    struct bytes b = room_begin();
    put_tiny(&b);
    put_tiny(&b); // the second view of a camera with two lenses
    CHECK(make_folder(&f));
    put_bytes(&f, "Shot1.jpg", b.p, b.n);
    put_bytes(&f, "shot2.JPEG", b.p, TINY_BYTES + 7);
    CHECK_INT(kin_stills_open(f.fd, NULL, &reel, NULL), KIN_OK);
    CHECK_INT(reel->frame_count, 2);
    check_tinies(reel);
out:
    kin_reel_unref(reel);
    remove_folder(&f);
}

// A still that is cut off after every byte, before one that is whole. Not with each allocation failing in turn.
TEST(a_still_cut_off_anywhere_does_not_spoil_the_others)
{
    static bool done;
    struct folder f;
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct bytes b = room_begin();
    put_tiny(&b);
    CHECK(make_folder(&f));
    put_bytes(&f, "shot2.JPEG", b.p, b.n);
    for (size_t n = 0; n <= b.n && !done; n++) {
        put_bytes(&f, "Shot1.jpg", b.p, n);
        CHECK_INT(kin_stills_open(f.fd, NULL, &reel, NULL), KIN_OK);
        CHECK(reel->frame_count == 1 || reel->frame_count == 2);
        CHECK(n < b.n || reel->frame_count == 2);
        CHECK_INT(kin_reel_read(reel, 0, &buf), KIN_OK);
        CHECK_INT(buf->len, reel->frame_count == 2 ? n : b.n);
        kin_buf_unref(buf);
        buf = NULL;
        CHECK_INT(kin_reel_read(reel, reel->frame_count - 1, &buf), KIN_OK);
        CHECK(buf->len == b.n && memcmp(buf->data, b.p, b.n) == 0);
        kin_buf_unref(buf);
        buf = NULL;
        kin_reel_unref(reel);
        reel = NULL;
    }
    done = true;
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
    remove_folder(&f);
}

TEST(a_still_that_changes_is_noticed)
{
    struct folder f;
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct kin_stills_version before, after;
    CHECK(make_folder(&f));
    put_still(&f, "Shot1.jpg", 1);
    put_still(&f, "shot2.JPEG", 2);
    put_still(&f, "shot10.jpg", 3);
    CHECK_INT(kin_stills_scan(f.fd, NULL, NULL, &before), KIN_OK);
    CHECK_INT(before.count, 3);
    CHECK_INT(kin_stills_scan(f.fd, NULL, NULL, &after), KIN_OK);
    CHECK(before.digest == after.digest);
    CHECK_INT(kin_stills_open(f.fd, NULL, &reel, NULL), KIN_OK);
    put_still(&f, "shot2.JPEG", 5);
    unlinkat(f.fd, "shot10.jpg", 0);
    CHECK(symlinkat("Shot1.jpg", f.fd, "shot10.jpg") == 0);
    CHECK_INT(kin_reel_read(reel, 0, &buf), KIN_OK);
    kin_buf_unref(buf);
    buf = NULL;
    CHECK_INT(kin_reel_read(reel, 1, &buf), KIN_ECHANGED);
    CHECK_INT(kin_reel_read(reel, 2, &buf), KIN_ECHANGED); // links are not followed
    unlinkat(f.fd, "shot10.jpg", 0);
    CHECK_INT(kin_reel_read(reel, 2, &buf), KIN_ECHANGED);
    CHECK_INT(kin_stills_scan(f.fd, NULL, NULL, &after), KIN_OK);
    CHECK(before.digest != after.digest && after.count == 2);
out:
    kin_buf_unref(buf);
    kin_reel_unref(reel);
    remove_folder(&f);
}

TEST(a_lack_of_descriptors_says_nothing_about_the_folder)
{
    struct folder f;
    struct kin_reel *reel = NULL;
    struct kin_buf *buf = NULL;
    struct kin_stills_version version;
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    CHECK(make_folder(&f));
    put_still(&f, "Shot1.jpg", 1);
    put_still(&f, "shot2.JPEG", 2);
    CHECK_INT(kin_stills_open(f.fd, NULL, &reel, NULL), KIN_OK);
    setrlimit(RLIMIT_NOFILE, &none);
    if (unit_plain()) {
        CHECK_INT(kin_stills_scan(f.fd, NULL, NULL, &version), KIN_EFILES);
        CHECK_INT(kin_reel_read(reel, 1, &buf), KIN_EFILES);
    }
out:
    setrlimit(RLIMIT_NOFILE, &before);
    kin_buf_unref(buf);
    kin_reel_unref(reel);
    remove_folder(&f);
}
