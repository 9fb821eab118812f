// base/natural: the order in which people count, and that it is one: total, and never a byte too far.
#include "base/natural.h"

#include <string.h>

#include "unit.h"

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

// A copy of the text, its NUL included, that ends before an unmapped page.
static const char *guarded(const char *text)
{
    return (const char *)unit_guarded(text, strlen(text) + 1).p;
}

TEST(names_sort_as_people_count)
{
    static const char *const sorted[] = {"",      "0",       "1",      "01x",     "2",     "10",         "Clip1",
                                         "clip2", "clip02b", "clip10", "clip10a", "clips", "shot-9.jpg", "shot-10.jpg",
                                         "shot9", "x",       "x1y2",   "x1y10",   "x1z",   "\xc3\xa9"};
    for (size_t i = 0; i < sizeof sorted / sizeof sorted[0]; i++)
        for (size_t k = 0; k < sizeof sorted / sizeof sorted[0]; k++)
            CHECK_INT(sign(kin_natural_compare(guarded(sorted[i]), guarded(sorted[k]))), sign((int)i - (int)k));
out:
    return;
}

TEST(only_the_same_name_is_equal)
{
    static const char *const pairs[][2] = {{"a01", "a1"}, {"a0", "a00"}, {"A1", "a1"}, {"007", "7"}, {"a", "a0"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        int order = kin_natural_compare(guarded(pairs[i][0]), guarded(pairs[i][1]));
        CHECK(order != 0);
        CHECK_INT(sign(kin_natural_compare(guarded(pairs[i][1]), guarded(pairs[i][0]))), -sign(order));
    }
out:
    return;
}

TEST(numbers_may_be_longer_than_any_integer)
{
    CHECK(kin_natural_compare(guarded("a99999999999999999999999"), guarded("a100000000000000000000000")) < 0);
    CHECK(kin_natural_compare(guarded("a000000000000000000000000000002"), guarded("a11")) < 0);
    CHECK(kin_natural_compare(guarded("a18446744073709551617"), guarded("a1")) > 0);
out:
    return;
}

// Every three of the names that can be made of a few awkward characters: if a < b and b < c then a < c.
TEST(the_order_is_transitive)
{
    static const char *const names[] = {"0",    "00", "0a", "00A", "0A", "a", "A", "a0", "A00", "a0b",
                                        "A00a", "1",  "01", "1a",  "10", ".", "~", "a.", "a1."};
    enum { COUNT = sizeof names / sizeof names[0] };
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < COUNT; k++)
            for (size_t m = 0; m < COUNT; m++)
                if (kin_natural_compare(names[i], names[k]) < 0 && kin_natural_compare(names[k], names[m]) < 0)
                    CHECK(kin_natural_compare(names[i], names[m]) < 0);
out:
    return;
}
