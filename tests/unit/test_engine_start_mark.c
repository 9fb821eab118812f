// engine/play/start_mark: how much must be there before the picture moves, on every kind of network.
#include "engine/play/start_mark.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define RATE 25
#define INTERVAL (SEC / RATE)

static const struct kin_start_mark_facts lan = {.target = 30, .interval = INTERVAL, .rtt = MS, .repair_us = 50 * MS};

// `count` frames, each later than it should be by `late` for every n-th one; the first at `now`.
static void frames(struct kin_start_mark *m, kin_us now, unsigned count, kin_us late, unsigned n, int32_t speed)
{
    for (unsigned i = 0; i < count; i++)
        kin_start_mark_frame(m, now + i * INTERVAL * 1000 / speed + (i % n == n - 1 ? late : 0), 5000 + i * 3600,
                             speed);
}

TEST(a_few_frames_on_a_good_network)
{
    struct kin_start_mark m;
    kin_start_mark_init(&m, 0);
    struct kin_start_mark_level level = kin_start_mark_level(&m, SEC, &lan);
    CHECK_INT(level.frames, 2);
    CHECK_INT(level.wait, KIN_START_MARK_MIN_US);
    frames(&m, SEC, 200, 0, 10, 1000);
    CHECK_INT(kin_start_mark_level(&m, 9 * SEC, &lan).frames, 2);
out:;
}

TEST(a_long_way_is_taken_for_jitter_until_that_is_known)
{
    struct kin_start_mark m;
    struct kin_start_mark_facts far = lan;
    far.rtt = 600 * MS;
    kin_start_mark_init(&m, 0);
    CHECK_INT(kin_start_mark_level(&m, SEC, &far).wait, 150 * MS);
    CHECK_INT(kin_start_mark_level(&m, SEC, &far).frames, 5);
    frames(&m, SEC, 20, 0, 10, 1000);
    CHECK_INT(kin_start_mark_level(&m, 2 * SEC, &far).wait, KIN_START_MARK_MIN_US);
out:;
}

TEST(jitter_and_loss_raise_it)
{
    struct kin_start_mark m;
    struct kin_start_mark_facts lossy = lan;
    lossy.lossy = true;
    kin_start_mark_init(&m, 0);
    frames(&m, SEC, 60, 80 * MS, 10, 1000);
    struct kin_start_mark_level level = kin_start_mark_level(&m, 4 * SEC, &lan);
    CHECK(level.wait >= 85 * MS && level.wait <= 100 * MS);
    CHECK_INT(level.frames, 4);
    CHECK_INT(kin_start_mark_level(&m, 4 * SEC, &lossy).wait, level.wait + 50 * MS + INTERVAL);
    frames(&m, 4 * SEC, 3000, 0, 10, 1000); // it is forgotten slowly
    CHECK_INT(kin_start_mark_level(&m, 124 * SEC, &lan).frames, 2);
out:;
}

// Frames that come faster, or slower, than they are played are not late.
TEST(another_pace_is_no_jitter)
{
    struct kin_start_mark m;
    kin_start_mark_init(&m, 0);
    frames(&m, SEC, 100, 0, 10, 4000);
    kin_start_mark_restart(&m);
    frames(&m, 2 * SEC, 100, 0, 10, 1000);
    CHECK_INT(kin_start_mark_level(&m, 6 * SEC, &lan).wait, KIN_START_MARK_MIN_US);
out:;
}

TEST(underruns_raise_it_and_are_forgotten)
{
    struct kin_start_mark m;
    kin_start_mark_init(&m, 0);
    kin_start_mark_underrun(&m, SEC);
    CHECK_INT(kin_start_mark_level(&m, SEC, &lan).wait, KIN_START_MARK_MIN_US + 100 * MS);
    kin_start_mark_underrun(&m, 2 * SEC);
    CHECK_INT(kin_start_mark_level(&m, 2 * SEC, &lan).wait, KIN_START_MARK_MIN_US + 200 * MS);
    CHECK_INT(kin_start_mark_level(&m, 2 * SEC + KIN_START_MARK_FORGET_US, &lan).wait,
              KIN_START_MARK_MIN_US + 100 * MS);
    for (int i = 0; i < 20; i++)
        kin_start_mark_underrun(&m, 3 * SEC);
    CHECK_INT(kin_start_mark_level(&m, 3 * SEC, &lan).wait, KIN_START_MARK_MAX_US);
    CHECK_INT(kin_start_mark_level(&m, 3 * SEC, &lan).frames, lan.target); // never more than that
    CHECK_INT(kin_start_mark_level(&m, INT64_MAX / 2, &lan).frames, 2);
out:;
}

// A slow reel counts time, not frames.
TEST(a_slow_reel_waits_for_the_margin_only)
{
    struct kin_start_mark m;
    struct kin_start_mark_facts slow = lan;
    slow.interval = 2 * SEC;
    kin_start_mark_init(&m, 0);
    CHECK_INT(kin_start_mark_level(&m, SEC, &slow).frames, 2);
    CHECK_INT(kin_start_mark_level(&m, SEC, &slow).wait, KIN_START_MARK_MIN_US);
out:;
}

TEST(it_may_be_fixed)
{
    struct kin_start_mark m;
    kin_start_mark_init(&m, 12);
    kin_start_mark_underrun(&m, SEC);
    CHECK_INT(kin_start_mark_level(&m, SEC, &lan).frames, 12);
    CHECK_INT(kin_start_mark_level(&m, SEC, &lan).wait, KIN_START_MARK_MAX_US);
    kin_start_mark_init(&m, 100);
    CHECK_INT(kin_start_mark_level(&m, SEC, &lan).frames, 30);
out:;
}
