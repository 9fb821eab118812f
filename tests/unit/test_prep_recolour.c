// From the colours of other standards to JPEG's: against the definition, colour by colour.
#include <math.h> // fabs
#include <stdlib.h>

#include "recolour.h"
#include "unit.h"

static int whole(double v)
{
    return (int)(v + 0.5);
}

static void to_ycc(struct recolour_from k, const double rgb[3], double ycc[3])
{
    ycc[0] = k.red * rgb[0] + (1 - k.red - k.blue) * rgb[1] + k.blue * rgb[2];
    ycc[1] = (rgb[2] - ycc[0]) / (2 * (1 - k.blue)) + 128;
    ycc[2] = (rgb[0] - ycc[0]) / (2 * (1 - k.red)) + 128;
}

// A picture of one colour, moved, is the same colour by the new rule, to within rounding.
static void check_colour(struct recolour_from from, const double rgb[3])
{
    double was[3], want[3];
    struct kin_picture p = {0};
    struct recolour r = recolour_init(from);
    CHECK_INT(kin_picture_init(&p, 32, 16), 0);
    to_ycc(from, rgb, was);
    to_ycc(RECOLOUR_BT601, rgb, want);
    memset(p.y, whole(was[0]), (size_t)p.width * p.height);
    memset(p.cb, whole(was[1]), (size_t)p.width * p.height / 4);
    memset(p.cr, whole(was[2]), (size_t)p.width * p.height / 4);
    recolour_picture(&r, &p);
    for (size_t i = 0; i < (size_t)p.width * p.height; i++)
        CHECK(fabs(p.y[i] - want[0]) <= 1.2);
    for (size_t i = 0; i < (size_t)p.width * p.height / 4; i++)
        CHECK(fabs(p.cb[i] - want[1]) <= 1.2 && fabs(p.cr[i] - want[2]) <= 1.2);
out:
    kin_picture_deinit(&p);
}

TEST(colours_stay_what_they_are)
{
    static const struct recolour_from froms[] = {{0.2126, 0.0722}, {0.2627, 0.0593}, {0.212, 0.087}};
    for (size_t i = 0; i < 3; i++)
        for (unsigned c = 0; c < 125 && !unit_failed(); c++)
            check_colour(froms[i], (const double[3]){8 + c % 5 * 59, 8 + c / 5 % 5 * 59, 8 + c / 25 * 59});
}

TEST(gray_and_our_own_colours_are_left_alone)
{
    struct kin_picture p = {0};
    struct recolour same = recolour_init(RECOLOUR_BT601), other = recolour_init(RECOLOUR_BT709);
    CHECK(!same.needed && other.needed);
    CHECK_INT(kin_picture_init(&p, 16, 16), 0);
    for (unsigned i = 0; i < 256; i++)
        p.y[i] = (uint8_t)i;
    memset(p.cb, 128, 64);
    memset(p.cr, 128, 64);
    recolour_picture(&other, &p);
    for (unsigned i = 0; i < 256; i++)
        CHECK_INT(p.y[i], i);
    CHECK(p.cb[0] == 128 && p.cr[63] == 128);
    memset(p.cb, 10, 64);
    recolour_picture(&same, &p);
    CHECK(p.y[77] == 77 && p.cb[5] == 10);
out:
    kin_picture_deinit(&p);
}

// Between a gray left half and a coloured right half luma rises step by step and is the same in every row.
TEST(chroma_is_interpolated)
{
    struct kin_picture p = {0};
    struct recolour r = recolour_init(RECOLOUR_BT709);
    CHECK_INT(kin_picture_init(&p, 32, 32), 0);
    memset(p.y, 100, 32 * 32);
    memset(p.cb, 128, 256);
    for (unsigned i = 0; i < 256; i++)
        p.cr[i] = i % 16 < 8 ? 128 : 228;
    recolour_picture(&r, &p);
    int rise = p.y[31] - 100;
    CHECK(rise > 10);
    CHECK(p.y[14] == 100 && p.y[17] - 100 == rise);
    CHECK(abs(4 * (p.y[15] - 100) - rise) <= 4 && abs(4 * (p.y[16] - 100) - 3 * rise) <= 4);
    for (unsigned i = 0; i < 32 * 32; i++)
        CHECK_INT(p.y[i], p.y[i % 32]);
out:
    kin_picture_deinit(&p);
}
