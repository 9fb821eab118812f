// Durations, sizes and bandwidths: numbers that carry a unit.
#include <inttypes.h>

#include "base/err.h"
#include "base/lex.h"
#include "options/value.h"

struct unit {
    const char *name;
    int64_t factor;
};

// Largest first: the formatter takes the first that divides the value.
static const struct unit durations[] = {
    {"h", 3600000000}, {"min", 60000000}, {"s", 1000000}, {"ms", 1000}, {"us", 1}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"TiB", INT64_C(1) << 40},
    {"GiB", INT64_C(1) << 30},
    {"MiB", INT64_C(1) << 20},
    {"KiB", INT64_C(1) << 10},
    {"", 1},
    {NULL, 0},
};
// In bytes a second. Decimal, as networks count; bits come before the bytes that are not many more.
static const struct unit bandwidths[] = {
    {"GB", 1000000000}, {"Gbit", 125000000}, {"MB", 1000000}, {"Mbit", 125000},
    {"kB", 1000},       {"kbit", 125},       {"B", 1},        {NULL, 0},
};

static const struct unit *unit_named(const struct unit *units, struct kin_span name)
{
    for (; units->name != NULL; units++)
        if (kin_span_is(name, units->name))
            return units;
    return NULL;
}

// Cuts "1.5 s" into "1.5" and "s".
static void cut_number(struct kin_span text, struct kin_span *ret_number, struct kin_span *ret_unit)
{
    size_t n = 0;
    while (n < text.n && (kin_lex_is_digit(text.p[n]) || text.p[n] == '.'))
        n++;
    *ret_number = kin_span_first(text, n);
    *ret_unit = kin_span_trim(kin_span_skip(text, n));
}

// Whole multiples of a unit, or fractions of it that are exact ("1.5s").
static int scaled(struct kin_span number, int64_t factor, int64_t *ret)
{
    uint64_t micro;
    uint64_t whole;
    if (kin_lex_u64(number, UINT64_MAX, &whole)) {
        if (whole > (uint64_t)(INT64_MAX / factor))
            return KIN_ERANGE;
        *ret = (int64_t)whole * factor;
        return KIN_OK;
    }
    size_t dot = kin_span_find(number, '.');
    if (dot == number.n || number.n - dot > 7)
        return KIN_EINVAL;
    if (!kin_lex_micro(number, UINT64_C(1000000) * 1000000, &micro))
        return KIN_EINVAL;
    uint64_t product;
    if (__builtin_mul_overflow(micro, (uint64_t)factor, &product) || product > INT64_MAX)
        return KIN_ERANGE;
    if (product % 1000000 != 0)
        return KIN_EINVAL;
    *ret = (int64_t)(product / 1000000);
    return KIN_OK;
}

int kin_opt_duration_parse(struct kin_span text, int64_t *ret)
{
    struct kin_span number;
    struct kin_span name;
    cut_number(text, &number, &name);
    if (kin_span_is(text, "0")) {
        *ret = 0;
        return KIN_OK;
    }
    const struct unit *unit = unit_named(durations, name);
    return unit != NULL ? scaled(number, unit->factor, ret) : KIN_EINVAL;
}

int kin_opt_size_parse(struct kin_span text, int64_t *ret)
{
    struct kin_span number;
    struct kin_span name;
    cut_number(text, &number, &name);
    const struct unit *unit = unit_named(sizes, name);
    return unit != NULL ? scaled(number, unit->factor, ret) : KIN_EINVAL;
}

int kin_opt_bandwidth_parse(struct kin_span text, int64_t *ret)
{
    struct kin_span number;
    struct kin_span name;
    cut_number(text, &number, &name);
    if (kin_span_is(text, "0")) {
        *ret = 0;
        return KIN_OK;
    }
    const struct unit *unit = unit_named(bandwidths, name);
    return unit != NULL ? scaled(number, unit->factor, ret) : KIN_EINVAL;
}

static const struct unit *units_of(enum kin_opt_type type)
{
    switch (type) {
    case KIN_OPT_DURATION:
    case KIN_OPT_SECONDS:
        return durations;
    case KIN_OPT_SIZE:
        return sizes;
    case KIN_OPT_BANDWIDTH:
        return bandwidths;
    default:
        return NULL;
    }
}

void kin_opt_number_format(enum kin_opt_type type, int64_t value, char dst[KIN_OPT_NUMBER_MAX])
{
    const struct unit *unit = units_of(type);
    const char *name = "";
    if (unit != NULL && value != 0) {
        while (value % unit->factor != 0) // the last factor is 1
            unit++;
        value /= unit->factor;
        name = unit->name;
    }
    snprintf(dst, KIN_OPT_NUMBER_MAX, "%" PRId64 "%s", value, name);
}
