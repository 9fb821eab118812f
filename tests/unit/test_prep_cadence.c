// Which frame is shown when: repeated, dropped, after gaps and jumps, and exactly, however long the film is.
#include "cadence.h"
#include "media/reel.h"
#include "unit.h"

// Frames of one rate written at another, in order: dst[n] is the frame in slot n. Returns how many slots are filled.
static uint64_t run(struct cadence c, unsigned frames, int64_t (*time_of)(unsigned frame), unsigned *dst, size_t most)
{
    uint64_t at = 0;
    cadence_begin(&c, time_of(0), time_of(0));
    for (unsigned i = 0; i < frames; i++) {
        uint64_t times = cadence_next(&c, time_of(i + 1));
        for (; times > 0 && at < most; times--)
            dst[at++] = i;
    }
    return c.written;
}

static int64_t exact(unsigned frame) // ticks of 1/120 s, 60 frames a second
{
    return 7 + 2 * (int64_t)frame;
}

static int64_t ms_24(unsigned frame) // as Matroska has 24 frames a second
{
    return (int64_t)(frame * 1000 + 12) / 24;
}

TEST(the_same_rate_changes_nothing)
{
    unsigned got[60];
    CHECK_INT(run(cadence_init(1, 120, 60, 1), 60, exact, got, 60), 60);
    for (unsigned i = 0; i < 60; i++)
        CHECK_INT(got[i], i);
    CHECK_INT(run(cadence_init(1, 1000, 24, 1), 60, ms_24, got, 60), 60);
    for (unsigned i = 0; i < 60; i++)
        CHECK_INT(got[i], i);
out:;
}

TEST(half_and_double)
{
    unsigned got[120];
    CHECK_INT(run(cadence_init(1, 120, 30, 1), 60, exact, got, 120), 30);
    for (unsigned i = 0; i < 30; i++)
        CHECK_INT(got[i], 2 * i);
    CHECK_INT(run(cadence_init(1, 120, 120, 1), 60, exact, got, 120), 120);
    for (unsigned i = 0; i < 120; i++)
        CHECK_INT(got[i], i / 2);
    CHECK_INT(run(cadence_init(1, 1000, 12, 1), 96, ms_24, got, 120), 48); // in spite of rounded times
    for (unsigned i = 0; i < 48; i++)
        CHECK_INT(got[i], 2 * i);
    CHECK_INT(run(cadence_init(1, 1000, 48, 1), 48, ms_24, got, 120), 96);
    for (unsigned i = 0; i < 96; i++)
        CHECK_INT(got[i], i / 2);
out:;
}

TEST(unlike_rates_keep_their_length)
{
    unsigned got[200];
    CHECK_INT(run(cadence_init(1, 120, 7, 1), 600, exact, got, 200), 70);
    CHECK_INT(run(cadence_init(1, 120, 24000, 1001), 600, exact, got, 200), 240); // 239.76, rounded
    for (unsigned i = 1; i < 200; i++)
        CHECK(got[i] == got[i - 1] + 2 || got[i] == got[i - 1] + 3);
out:;
}

TEST(frames_before_the_origin_are_left_out)
{
    struct cadence c = cadence_init(1, 90000, 25, 1);
    cadence_begin(&c, 0, 90000);
    CHECK_INT(cadence_next(&c, 3600), 0);
    CHECK_INT(cadence_next(&c, 90000), 0);
    CHECK_INT(cadence_next(&c, 93600), 1);
out:;
}

TEST(a_gap_is_filled)
{
    struct cadence c = cadence_init(1, 1000, 25, 1);
    cadence_begin(&c, 0, 0);
    CHECK_INT(cadence_next(&c, 40), 1);
    CHECK_INT(cadence_next(&c, 60040), 1500); // a minute long
    CHECK_INT(cadence_next(&c, 60080), 1);
    CHECK_INT(c.written, 1502);
out:;
}

TEST(a_jump_begins_a_new_count)
{
    struct cadence c = cadence_init(1, 1000, 25, 1);
    c.jumps = true;
    cadence_begin(&c, 0, 0);
    CHECK_INT(cadence_next(&c, 40), 1);
    CHECK_INT(cadence_next(&c, 95443717), 1); // the next film of a recording
    CHECK_INT(cadence_next(&c, 95443757), 1);
    CHECK_INT(cadence_next(&c, 1000), 1); // the clock is back
    CHECK_INT(cadence_next(&c, 1040), 1);
    CHECK_INT(c.written, 5);
out:;
}

// A damaged time, days after the end of a film of two seconds, made a reel of millions of frames.
TEST(a_leap_beyond_the_end_is_a_jump)
{
    struct cadence c = cadence_init(1, 1000, 25, 1);
    c.length = 20000;
    cadence_begin(&c, 0, 0);
    CHECK_INT(cadence_next(&c, 19000), 475); // a long picture
    CHECK_INT(cadence_next(&c, 167773880), 1);
    CHECK_INT(cadence_next(&c, 167773920), 1);
    CHECK_INT(cadence_next(&c, 19040), 1);
    CHECK_INT(cadence_next(&c, 21000), 49);  // the end may be said roughly
    cadence_begin(&c, 167772040, 167772040); // the first time was the damaged one
    c.written = 0;
    CHECK_INT(cadence_next(&c, 240), 1);
    CHECK_INT(cadence_next(&c, 280), 1);
    CHECK_INT(cadence_next(&c, 167773960), 1);
out:;
}

TEST(small_steps_back_are_no_jump)
{
    struct cadence c = cadence_init(1, 1000, 25, 1);
    cadence_begin(&c, 0, 0);
    CHECK_INT(cadence_next(&c, 200), 5);
    CHECK_INT(cadence_next(&c, 120), 0);
    CHECK_INT(cadence_next(&c, 240), 1);
    CHECK_INT(cadence_next(&c, 240), 0);
out:;
}

TEST(it_ends)
{
    struct cadence c = cadence_init(1, 1, 1000, 1);
    cadence_begin(&c, 0, 0);
    CHECK_INT(cadence_next(&c, CADENCE_MAX_TIME), KIN_REEL_MAX_FRAMES);
    CHECK(cadence_full(&c));
    CHECK_INT(cadence_next(&c, CADENCE_MAX_TIME), 0);
out:;
}

TEST(leaps_that_no_film_makes)
{
    struct cadence c = cadence_init(1, INT32_MAX, 1, 3600);
    cadence_begin(&c, 0, 0);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(cadence_next(&c, CADENCE_MAX_TIME) <= KIN_REEL_MAX_FRAMES);
        CHECK(cadence_next(&c, -CADENCE_MAX_TIME) <= 1);
    }
    CHECK(cadence_full(&c));
out:;
}

TEST(extremes_do_no_harm)
{
    static const int64_t terms[] = {1, 1001, 90000, INT32_MAX};
    static const uint32_t rates[][2] = {{1000, 1}, {1000000000, 1000000}, {1, 3600}, {1000000000, 1000000000}};
    static const int64_t times[] = {0, 1, CADENCE_MAX_TIME, -CADENCE_MAX_TIME, 5, CADENCE_MAX_TIME};
    for (size_t i = 0; i < 64; i++) {
        struct cadence c = cadence_init(terms[i / 16], terms[i / 4 % 4], rates[i % 4][0], rates[i % 4][1]);
        c.jumps = i % 3 == 0;
        CHECK(cadence_period(&c) >= 1);
        cadence_begin(&c, 0, 0);
        for (size_t t = 0; t < sizeof times / sizeof times[0]; t++)
            CHECK(cadence_next(&c, times[t]) <= KIN_REEL_MAX_FRAMES);
    }
out:;
}
