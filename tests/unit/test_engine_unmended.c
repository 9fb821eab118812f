// engine/play/unmended: losses that stay, those that are mended, and when they are forgotten.
#include "engine/play/unmended.h"
#include "unit.h"

#define SEC KIN_US_PER_S

// Reports come so often, and each says that so many more are lost, and so many were sent again since.
static bool run(struct kin_unmended *u, kin_us *now, unsigned seconds, kin_us every, int32_t lost, uint64_t again)
{
    static int32_t all_lost;
    static uint64_t all_again;
    for (kin_us end = *now + seconds * SEC; *now < end; *now += every)
        kin_unmended_feed(u, *now, all_lost += lost, all_again += again);
    return u->yes;
}

TEST(losses_that_nobody_mends)
{
    struct kin_unmended u = {.yes = false};
    kin_us now = 100 * SEC;
    CHECK(!run(&u, &now, 10, SEC, 0, 0));
    CHECK(!run(&u, &now, 5, SEC, 1, 0)); // may be chance
    CHECK(run(&u, &now, 10, SEC, 1, 0));
    CHECK(run(&u, &now, 110, SEC, 0, 0));
    CHECK(!run(&u, &now, 20, SEC, 0, 0));
    CHECK(run(&u, &now, 20, 5 * SEC, 4, 0));
out:;
}

TEST(few_losses_far_apart_are_chance)
{
    struct kin_unmended u = {.yes = false};
    kin_us now = 100 * SEC;
    CHECK(!run(&u, &now, 600, 20 * SEC, 1, 0));
    CHECK(!run(&u, &now, 600, 40 * SEC, 100, 0));
out:;
}

TEST(what_was_sent_again_is_mended)
{
    struct kin_unmended u = {.yes = false};
    kin_us now = 100 * SEC;
    CHECK(!run(&u, &now, 300, SEC / 2, 10, 10));
    CHECK(!run(&u, &now, 300, SEC / 2, 10, 5));
    CHECK(!run(&u, &now, 300, 5 * SEC, 2, 1));
    CHECK(run(&u, &now, 20, SEC / 2, 10, 4));
out:;
}

// What is lost now is sent again a little later.
TEST(what_is_on_its_way_is_no_loss)
{
    struct kin_unmended u = {.yes = false};
    kin_us now = 100 * SEC;
    for (int32_t i = 2; i < 400; i++, now += SEC / 4)
        CHECK(!kin_unmended_feed(&u, now, i, (uint64_t)i - 2) && !u.yes);
out:;
}

TEST(a_receiver_that_counts_anew_lost_nothing)
{
    struct kin_unmended u = {.yes = false};
    static const int32_t lost[] = {50, -3, -3, INT32_MIN, INT32_MIN, -3, -3};
    for (unsigned i = 0; i < sizeof lost / sizeof lost[0]; i++)
        CHECK(!kin_unmended_feed(&u, (10 + 5 * i) * SEC, lost[i], 0) && u.times <= 1);
out:;
}
