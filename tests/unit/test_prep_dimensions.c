// Sizes: what can be asked for, and what becomes of it.
#include "base/err.h"
#include "dimensions.h"
#include "unit.h"

TEST(sizes_that_can_be_asked_for)
{
    static const struct {
        const char *text;
        uint32_t width, height;
    } good[] = {{"1280x720", 1280, 720}, {"1x1", 1, 1},     {"8192x8192", 8192, 8192},
                {"640x-", 640, 0},       {"-x480", 0, 480}, {"0x480", 0, 480}};
    static const char *const bad[] = {"",       "x",      "-x-",   "0x0",   "12",  "x12",      "12x", "-12x5",
                                      "9000x1", "1x8193", "1 x 2", "1x2x3", "axb", "1280*720", "1x2 "};
    struct dimensions d;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(dimensions_parse(good[i].text, &d));
        CHECK_INT(d.width, good[i].width);
        CHECK_INT(d.height, good[i].height);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!dimensions_parse(bad[i], &d));
out:;
}

static void check(struct dimensions requested, struct dimensions film, uint32_t num, uint32_t den,
                  struct dimensions want)
{
    struct dimensions got = {0};
    CHECK_INT(dimensions_make(requested, film, num, den, &got), KIN_OK);
    CHECK_INT(got.width, want.width);
    CHECK_INT(got.height, want.height);
out:;
}

#define D(w, h) ((struct dimensions){(w), (h)})

TEST(what_is_made)
{
    check(D(0, 0), D(641, 479), 1, 1, D(641, 479));
    check(D(0, 0), D(641, 479), 0, 0, D(641, 479));
    check(D(320, 200), D(641, 479), 7, 3, D(320, 200));
    check(D(1280, 0), D(1920, 1080), 1, 1, D(1280, 720));
    check(D(0, 720), D(1920, 1080), 1, 1, D(1280, 720));
    check(D(0, 0), D(720, 576), 64, 45, D(1024, 576)); // PAL, wide
    check(D(0, 0), D(720, 480), 8, 9, D(640, 480));
    check(D(0, 288), D(720, 576), 64, 45, D(512, 288));
    check(D(512, 0), D(720, 576), 64, 45, D(512, 288));
    check(D(8, 0), D(8192, 1), 1, 1, D(8, 1)); // never nothing
}

TEST(what_is_too_large)
{
    struct dimensions got = {1, 2};
    CHECK_INT(dimensions_make(D(0, 0), D(8193, 10), 1, 1, &got), KIN_ERANGE);
    CHECK_INT(dimensions_make(D(0, 0), D(10, 9000), 1, 1, &got), KIN_ERANGE);
    CHECK_INT(dimensions_make(D(8192, 0), D(10, 11), 1, 1, &got), KIN_ERANGE);
    CHECK_INT(dimensions_make(D(0, 0), D(100, 100), UINT32_MAX, 1, &got), KIN_ERANGE);
    CHECK_INT(dimensions_make(D(0, 8192), D(UINT32_MAX, UINT32_MAX), UINT32_MAX, UINT32_MAX - 1, &got), KIN_OK);
    CHECK_INT(dimensions_make(D(0, 8192), D(UINT32_MAX, 1), UINT32_MAX, 1, &got), KIN_ERANGE);
    CHECK_INT(dimensions_make(D(0, 0), D(0, 5), 1, 1, &got), KIN_ERANGE);
out:;
}
