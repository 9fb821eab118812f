// base/units: figures of any size, without exponents.
#include "base/units.h"

#include "unit.h"

TEST(bits_have_the_unit_that_suits_them)
{
    char t[KIN_UNITS_MAX];
    CHECK_SPAN(kin_span_str(kin_units_bits(0, t)), "0 bit/s");
    CHECK_SPAN(kin_span_str(kin_units_bits(0.2, t)), "<1 bit/s");
    CHECK_SPAN(kin_span_str(kin_units_bits(860, t)), "860 bit/s");
    CHECK_SPAN(kin_span_str(kin_units_bits(1720, t)), "1.72 kbit/s");
    CHECK_SPAN(kin_span_str(kin_units_bits(9620000, t)), "9.62 Mbit/s");
    CHECK_SPAN(kin_span_str(kin_units_bytes(12500000, t)), "12.5 MB");
out:;
}

TEST(decimals_have_no_exponent)
{
    char t[KIN_UNITS_MAX];
    CHECK_SPAN(kin_span_str(kin_units_decimal(1000, t)), "1000");
    CHECK_SPAN(kin_span_str(kin_units_decimal(24, t)), "24");
    CHECK_SPAN(kin_span_str(kin_units_decimal(0, t)), "0");
    CHECK_SPAN(kin_span_str(kin_units_decimal(1200000, t)), "1200000");
    CHECK_SPAN(kin_span_str(kin_units_decimal(23.976, t)), "23.976");
    CHECK_SPAN(kin_span_str(kin_units_decimal(12.5, t)), "12.5");
out:;
}
