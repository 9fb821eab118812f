// engine/play/variants: what is asked for, how long it is waited for, and when it is given up.
#include "engine/play/variants.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S

static const struct kin_jpeg_variant coarse = {.quality = 2}, bands = {.bands = true}, plain = {.quality = 0};

static bool asks(struct kin_variants *v, kin_us now, bool again, struct kin_jpeg_variant expected)
{
    return kin_jpeg_variant_is(kin_variants_ask(v, now, again), expected);
}

TEST(what_is_wanted_is_asked_for)
{
    struct kin_variants v;
    kin_variants_init(&v, true);
    CHECK(asks(&v, SEC, false, plain));
    CHECK_INT(kin_variants_until(&v), KIN_US_NEVER);
    CHECK(kin_variants_want(&v, coarse));
    CHECK(!kin_variants_want(&v, coarse));
    CHECK(asks(&v, SEC, true, plain)); // still that frame
    CHECK(asks(&v, 2 * SEC, false, coarse));
    CHECK(!kin_variants_took(&v, 2 * SEC));
    CHECK(kin_variants_want(&v, bands));
    CHECK(asks(&v, 3 * SEC, false, bands));
    kin_variants_init(&v, false);
    CHECK(!kin_variants_want(&v, coarse));
    CHECK(asks(&v, SEC, false, plain));
out:;
}

TEST(the_first_one_is_waited_for)
{
    struct kin_variants v;
    kin_variants_init(&v, true);
    kin_variants_want(&v, coarse);
    CHECK(asks(&v, SEC, false, coarse));
    CHECK_INT(kin_variants_until(&v), SEC + KIN_VARIANTS_WAIT_US);
    CHECK(asks(&v, SEC + KIN_VARIANTS_WAIT_US - 1, true, coarse));
    CHECK(asks(&v, SEC + KIN_VARIANTS_WAIT_US, true, plain));
    CHECK_INT(kin_variants_until(&v), KIN_US_NEVER);
    CHECK(asks(&v, SEC + 150 * MS, true, plain));
    CHECK(!kin_variants_took(&v, SEC + 150 * MS));
    CHECK(asks(&v, 2 * SEC, false, coarse)); // the next one is there, or not
    CHECK_INT(kin_variants_until(&v), 2 * SEC);
    CHECK(asks(&v, 2 * SEC, true, plain));
    CHECK(!kin_variants_took(&v, 2 * SEC));
    CHECK(asks(&v, 3 * SEC, false, coarse));
    CHECK(!kin_variants_took(&v, 3 * SEC));
    CHECK_INT(v.missed, 0);
out:;
}

// Misses so many that they are given up.
static bool miss(struct kin_variants *v, kin_us *now)
{
    bool given_up = false;
    for (unsigned i = 0; i < KIN_VARIANTS_MISSED; i++, *now += 40 * MS) {
        kin_variants_ask(v, *now, false);
        kin_variants_missed(v);
        given_up = kin_variants_took(v, *now);
        if (given_up != (i + 1 == KIN_VARIANTS_MISSED))
            return false;
    }
    return given_up;
}

TEST(what_is_never_there_is_given_up_for_a_while)
{
    struct kin_variants v;
    kin_us now = SEC, rest = KIN_VARIANTS_REST_US;
    kin_variants_init(&v, true);
    kin_variants_want(&v, coarse);
    for (unsigned i = 0; i < 8; i++, rest = kin_us_min(2 * rest, KIN_VARIANTS_REST_MAX_US)) {
        CHECK(miss(&v, &now));
        CHECK(asks(&v, now, false, plain));
        CHECK(!kin_variants_want(&v, bands));
        CHECK(!kin_variants_want(&v, coarse));
        CHECK(!kin_variants_took(&v, now));
        CHECK(!kin_variants_resume(&v, now - 40 * MS + rest - 1));
        now += rest;
        CHECK(kin_variants_resume(&v, now));
        CHECK(!kin_variants_resume(&v, now));
        CHECK(asks(&v, now, false, coarse));
    }
    CHECK(!kin_variants_took(&v, now)); // there at last
    CHECK(miss(&v, &now));
    CHECK(kin_variants_resume(&v, now + KIN_VARIANTS_REST_US));
out:;
}
