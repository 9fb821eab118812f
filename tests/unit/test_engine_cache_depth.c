// engine/play/cache_depth: how many frames are kept ahead, by what the network needs.
#include "engine/play/cache_depth.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define ROOM 1000

static unsigned update(struct kin_cache_depth *d, kin_us now, kin_us need)
{
    struct kin_cache_depth_facts facts = {.need = need, .interval = 40 * MS, .room = ROOM};
    return kin_cache_depth_update(d, now, &facts);
}

TEST(never_below_what_was_asked_for)
{
    struct kin_cache_depth d;
    kin_cache_depth_init(&d, 30, 120);
    CHECK_INT(update(&d, 0, 0), 30);
    CHECK_INT(update(&d, SEC, 1100 * MS), 30);
    CHECK_INT(kin_cache_depth_low(&d), 15);
    kin_cache_depth_init(&d, 0, 0);
    CHECK_INT(update(&d, 0, 10 * SEC), 1);
    CHECK_INT(kin_cache_depth_low(&d), 1);
out:;
}

TEST(it_grows_at_once_up_to_the_limit)
{
    struct kin_cache_depth d;
    kin_cache_depth_init(&d, 4, 16);
    CHECK_INT(update(&d, 0, 200 * MS), 6);
    CHECK_INT(update(&d, 1, 201 * MS), 7);
    CHECK_INT(update(&d, 2, 60 * SEC), 16);
    CHECK_INT(d.deepest, 16);
out:;
}

TEST(it_shrinks_slowly_and_only_after_a_while)
{
    struct kin_cache_depth d;
    kin_cache_depth_init(&d, 4, 16);
    CHECK_INT(update(&d, 0, 350 * MS), 10);
    CHECK_INT(update(&d, SEC, 0), 10);
    CHECK_INT(update(&d, KIN_CACHE_DEPTH_HOLD_US - 1, 0), 10);
    CHECK_INT(update(&d, KIN_CACHE_DEPTH_HOLD_US, 0), 9);
    CHECK_INT(update(&d, KIN_CACHE_DEPTH_HOLD_US + 1, 0), 9);
    CHECK_INT(update(&d, KIN_CACHE_DEPTH_HOLD_US + KIN_CACHE_DEPTH_STEP_US, 0), 8);
    CHECK_INT(update(&d, 30 * SEC, 280 * MS), 8); // needed again: from here it waits anew
    CHECK_INT(update(&d, 30 * SEC + KIN_CACHE_DEPTH_HOLD_US - 1, 0), 8);
    for (int i = 0; i < 100; i++)
        update(&d, 60 * SEC + i * SEC, 0);
    CHECK_INT(d.frames, 4);
    CHECK_INT(d.deepest, 10);
out:;
}

TEST(memory_limits_it)
{
    struct kin_cache_depth d;
    struct kin_cache_depth_facts facts = {.need = 2 * SEC, .interval = 40 * MS, .room = 12};
    kin_cache_depth_init(&d, 4, 100);
    CHECK_INT(kin_cache_depth_update(&d, 0, &facts), 12);
    facts.room = 1;
    for (int i = 1; i < 100; i++)
        kin_cache_depth_update(&d, i * SEC, &facts);
    CHECK_INT(d.frames, 4);
out:;
}

// A slow reel needs few frames; one whose rate is unknown is taken for one of 25 frames/s.
TEST(frames_are_counted_from_time)
{
    struct kin_cache_depth d;
    struct kin_cache_depth_facts facts = {.need = 300 * MS, .interval = SEC, .room = ROOM};
    kin_cache_depth_init(&d, 1, 100);
    CHECK_INT(kin_cache_depth_update(&d, 0, &facts), 2);
    facts.interval = 0;
    CHECK_INT(kin_cache_depth_update(&d, 0, &facts), 9);
out:;
}

TEST(the_low_mark_leaves_room_below_the_depth)
{
    struct kin_cache_depth d;
    kin_cache_depth_init(&d, 7, 100);
    CHECK_INT(kin_cache_depth_low(&d), 4);
    update(&d, 0, 780 * MS); // 21
    CHECK_INT(kin_cache_depth_low(&d), 16);
    update(&d, SEC, 450 * MS); // 13 of 21
    CHECK_INT(kin_cache_depth_low(&d), 13);
    update(&d, SEC, 0);
    CHECK_INT(kin_cache_depth_low(&d), 11);
out:;
}
