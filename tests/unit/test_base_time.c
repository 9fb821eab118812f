// base/time: products of media times are exact in 128 bits, and what does not fit saturates.
#include "base/time.h"

#include "unit.h"

TEST(muldiv_is_exact_beyond_64_bits)
{
    CHECK_INT(kin_muldiv(INT64_MAX, 1000, 1000), INT64_MAX);
    CHECK_INT(kin_muldiv(INT64_MIN, 1000, 1000), INT64_MIN);
    CHECK_INT(kin_muldiv(INT64_C(1) << 62, 3, 4), INT64_C(3) << 60);
    CHECK_INT(kin_muldiv(7, 1, 2), 3);
    CHECK_INT(kin_muldiv(-7, 1, 2), -4);
    CHECK_INT(kin_muldiv(-8, 1, 2), -4);
    CHECK_INT(kin_muldiv(INT64_MAX, 2, 1), INT64_MAX);
    CHECK_INT(kin_muldiv(INT64_MIN, 2, 1), INT64_MIN);
out:;
}

TEST(muldiv_round_goes_to_the_nearest)
{
    CHECK(kin_muldiv_round(UINT64_MAX, 1000, 1000) == UINT64_MAX);
    CHECK(kin_muldiv_round(UINT64_MAX, 2, 1) == UINT64_MAX);
    CHECK(kin_muldiv_round(7, 1, 2) == 4);
    CHECK(kin_muldiv_round(UINT64_C(1) << 60, 1000, 125) == UINT64_C(1) << 63);
out:;
}

TEST(sums_saturate)
{
    CHECK_INT(kin_us_add(INT64_MAX, 1), INT64_MAX);
    CHECK_INT(kin_us_add(INT64_MIN, -1), INT64_MIN);
    CHECK_INT(kin_us_add(INT64_MAX, INT64_MIN), -1);
    CHECK_INT(kin_us_add(5, -7), -2);
out:;
}

TEST(ticks_become_microseconds)
{
    CHECK_INT(kin_us_from_ts(90000), KIN_US_PER_S);
    CHECK_INT(kin_us_from_ts(1), 11);
    CHECK_INT(kin_us_from_ts(-1), -11);
    CHECK_INT(kin_us_from_ts(INT64_C(9) << 55), INT64_C(100) << 55);
    CHECK_INT(kin_us_from_ts(INT64_MAX), INT64_MAX);
    CHECK_INT(kin_us_from_ts(INT64_MIN), INT64_MIN);
    CHECK_INT(kin_ts_from_us(kin_us_from_ts(INT64_C(1) << 52)), INT64_C(1) << 52);
out:;
}
