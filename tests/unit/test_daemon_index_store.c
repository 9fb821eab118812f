// Indexes on disk: kept, found again, replaced, bounded, and never in the way when the directory is not usable.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "library/index_store.h"
#include "media/index_file.h"
#include "media_data.h"
#include "unit.h"

#define FRAMES 10000 // of a reel that is worth it

static uint8_t room[FRAMES * TINY_BYTES];
static char place[64];

static struct kin_span reel_bytes(void)
{
    struct bytes b = {room, 0, sizeof room};
    while (b.n < sizeof room)
        put_tiny(&b);
    return bytes_span(&b);
}

static bool make_place(void)
{
    snprintf(place, sizeof place, "/tmp/kinora-index-XXXXXX");
    return mkdtemp(place) != NULL;
}

static void in_place(const char *name, char dst[128])
{
    snprintf(dst, 128, "%s/%s", place, name);
}

// Number of files in the place; with `remove` they go, and the place too.
static int files(bool remove)
{
    int count = 0;
    DIR *dir = opendir(place);
    for (const struct dirent *d; dir != NULL && (d = readdir(dir)) != NULL;) {
        if (d->d_name[0] == '.')
            continue;
        count++;
        if (remove)
            unlinkat(dirfd(dir), d->d_name, 0);
    }
    if (dir != NULL)
        closedir(dir);
    if (remove)
        rmdir(place);
    return count;
}

static struct file_version version(uint64_t inode)
{
    return (struct file_version){.device = 1, .inode = inode, .size = sizeof room, .mtime_ns = 7};
}

static int open_reel(struct kin_source **ret_source, struct kin_reel **ret)
{
    int err = kin_source_from_span(reel_bytes(), ret_source);
    return err == KIN_OK ? kin_reel_open(*ret_source, NULL, ret, NULL) : err;
}

static bool is_there(struct index_store *s, const struct file_version *v, uint32_t rate, struct kin_source *source)
{
    struct kin_reel *reel = index_store_load(s, v, rate, 1, source);
    kin_reel_unref(reel);
    return reel != NULL;
}

TEST(what_is_kept_is_found_for_the_same_version_only)
{
    struct index_store *s = NULL;
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL, *again = NULL;
    CHECK(make_place());
    s = index_store_open(place, 1u << 30);
    CHECK(s != NULL);
    CHECK_INT(open_reel(&source, &reel), KIN_OK);
    struct file_version v = version(5), newer = v;
    newer.mtime_ns++;
    CHECK(!is_there(s, &v, 25, source));
    index_store_save(s, &v, 25, 1, reel);
    again = index_store_load(s, &v, 25, 1, source);
    CHECK(again != NULL && again->frame_count == FRAMES);
    CHECK(!is_there(s, &newer, 25, source));
    CHECK(!is_there(s, &v, 24, source));
    index_store_save(s, &newer, 25, 1, reel); // in place of the old one
    CHECK_INT(files(false), 1);
    CHECK(!is_there(s, &v, 25, source));
out:
    kin_reel_unref(again);
    kin_reel_unref(reel);
    kin_source_unref(source);
    index_store_close(s);
    files(true);
}

TEST(the_directory_stays_bounded)
{
    struct index_store *s = NULL;
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL, *again = NULL;
    size_t one = kin_index_file_bytes(FRAMES);
    CHECK(make_place());
    s = index_store_open(place, 3 * one);
    CHECK(s != NULL);
    CHECK_INT(open_reel(&source, &reel), KIN_OK);
    for (uint64_t i = 1; i <= 5; i++) {
        struct file_version v = version(i);
        index_store_save(s, &v, 25, 1, reel);
        usleep(2000); // so that the times of use differ
    }
    CHECK_INT(files(false), 3);
    for (uint64_t i = 1; i <= 5; i++) {
        struct file_version v = version(i);
        again = index_store_load(s, &v, 25, 1, source);
        CHECK((again != NULL) == (i > 2));
        kin_reel_unref(again);
        again = NULL;
    }
out:
    kin_reel_unref(again);
    kin_reel_unref(reel);
    kin_source_unref(source);
    index_store_close(s);
    files(true);
}

TEST(damage_and_leftovers_are_not_in_the_way)
{
    struct index_store *s = NULL;
    struct kin_source *source = NULL;
    struct kin_reel *reel = NULL;
    char path[128];
    CHECK(make_place());
    in_place("1-2.kinindex.part", path); // of a run that was killed
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
    s = index_store_open(place, 1u << 30);
    CHECK(s != NULL);
    CHECK_INT(files(false), 0);
    CHECK_INT(open_reel(&source, &reel), KIN_OK);
    struct file_version v = version(6), small = version(7);
    index_store_save(s, &v, 25, 1, reel);
    in_place("1-6.kinindex", path);
    CHECK(truncate(path, 100) == 0);
    CHECK(!is_there(s, &v, 25, source));
    CHECK(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    CHECK(!is_there(s, &v, 25, source));
    index_store_save(s, &v, 25, 1, reel); // takes its place
    small.size = INDEX_STORE_MIN_BYTES - 1;
    index_store_save(s, &small, 25, 1, reel);
    CHECK_INT(files(false), 1);
out:
    kin_reel_unref(reel);
    kin_source_unref(source);
    index_store_close(s);
    files(true);
}

TEST(without_a_directory_nothing_is_kept)
{
    struct file_version v = version(1);
    CHECK(index_store_open("", 1) == NULL);
    CHECK(index_store_open("/nonexistent", 1) == NULL);
    CHECK(index_store_open("/dev/null", 1) == NULL);
    CHECK(index_store_load(NULL, &v, 25, 1, NULL) == NULL);
    index_store_save(NULL, &v, 25, 1, NULL);
    index_store_close(NULL);
out:
    return;
}
