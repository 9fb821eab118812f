// daemon/beneath_case: which file a name in other letters means, and which it never does.
#include "library/beneath_case.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char place[] = "/tmp/kin-case-XXXXXX";
static int root = -1;

static int touch(const char *name)
{
    int fd = openat(root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : -1;
}

static bool make_place(void)
{
    if (root >= 0)
        return true;
    if (mkdtemp(place) == NULL)
        return false;
    root = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root >= 0 && mkdirat(root, "Clips", 0700) == 0 && mkdirat(root, "many", 0700) == 0 &&
           touch("movie.Mjpeg") == 0 && touch("Both.mjpeg") == 0 && touch("both.mjpeg") == 0 &&
           touch("Clips/Film.MJPEG") == 0 && touch(".hidden.mjpeg") == 0 && symlinkat("/etc", root, "Out") == 0 &&
           symlinkat("Clips", root, "Link") == 0;
}

static void check_found(const char *path, const char *want)
{
    char *found = NULL;
    CHECK_INT(beneath_find_case(root, path, &found), 0);
    CHECK_SPAN(kin_span_str(found), want);
out:
    free(found);
}

static void check_error(const char *path, int error)
{
    char *found = NULL;
    CHECK_INT(beneath_find_case(root, path, &found), error);
    CHECK(found == NULL);
out:
    free(found);
}

// Fault: MOVIE.mjpeg was 404 beside movie.Mjpeg, the name that the exercise comes with.
TEST(the_only_name_but_for_its_case)
{
    CHECK(make_place());
    check_found("movie.Mjpeg", "movie.Mjpeg");
    check_found("MOVIE.mjpeg", "movie.Mjpeg");
    check_found("clips/film.mjpeg", "Clips/Film.MJPEG");
    check_found("CLIPS/Film.MJPEG", "Clips/Film.MJPEG");
    check_found("link/film.mjpeg", "Link/Film.MJPEG");
    check_found("clips", "Clips");
    check_found("", "");
out:;
}

TEST(the_exact_name_goes_before)
{
    CHECK(make_place());
    check_found("Both.mjpeg", "Both.mjpeg");
    check_found("both.mjpeg", "both.mjpeg");
    check_error("BOTH.mjpeg", -ENOENT); // one of two
out:;
}

TEST(what_is_not_served_is_not_found)
{
    CHECK(make_place());
    check_error("movie.mjpe", -ENOENT);
    check_error(".HIDDEN.mjpeg", -ENOENT);
    check_error("../etc/passwd", -ENOENT);
    check_error("movie.mjpeg/x", -ENOENT);
    check_error("nowhere/film.mjpeg", -ENOENT);
    check_error("out/passwd", -EXDEV);
    check_found("out", "Out"); // which beneath_open() refuses
out:;
}

TEST(the_search_is_bounded)
{
    char name[64];
    CHECK(make_place());
    for (unsigned i = 0; i < BENEATH_CASE_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "many/%u.mjpeg", i);
        CHECK_INT(symlinkat("x", root, name), 0);
    }
    check_error("many/1.MJPEG", -ENOENT);
out:
    for (unsigned i = 0; i < BENEATH_CASE_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "many/%u.mjpeg", i);
        unlinkat(root, name, 0);
    }
}
