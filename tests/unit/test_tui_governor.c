// Which rung is chosen, as costs change.
#include "picture/governor.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define S KIN_US_PER_S
#define INTERVAL 41667

static const size_t none[4]; // no rung needs bytes

// `count` pictures, one an interval, that take what cost[rung] says.
static void play(struct governor *g, kin_us *now, unsigned count, const kin_us cost[], const size_t bytes[],
                 size_t budget)
{
    for (unsigned i = 0; i < count; i++, *now += INTERVAL) {
        struct governor_sample s = {cost[g->rung], INTERVAL, bytes != NULL ? bytes[g->rung] : 0, budget, budget > 0};
        governor_made(g, *now, &s);
    }
}

TEST(governor_keeps_the_best_that_is_in_time)
{
    struct governor g = {0};
    kin_us now = S;
    const kin_us costs[] = {20 * MS, 3 * MS};
    governor_set_rungs(&g, now, none, 2);
    play(&g, &now, 2000, costs, NULL, 0);
    CHECK_INT(g.rung, 0);
    CHECK_INT(g.reason, GOVERNOR_BEST);
out:;
}

// Regression: half blocks for ever after one moment of load.
TEST(governor_comes_back_after_a_moment_of_load)
{
    struct governor g = {0};
    kin_us now = S;
    const kin_us usual[] = {15 * MS, 3 * MS}, loaded[] = {60 * MS, 12 * MS};
    governor_set_rungs(&g, now, none, 2);
    play(&g, &now, 50, usual, NULL, 0);
    play(&g, &now, 12, loaded, NULL, 0); // half a second
    CHECK_INT(g.rung, 1);
    CHECK_INT(g.reason, GOVERNOR_PROCESSOR);
    play(&g, &now, 24 * 5, usual, NULL, 0);
    CHECK_INT(g.rung, 0);
    play(&g, &now, 24 * 60, usual, NULL, 0);
    CHECK_INT(g.rung, 0);
out:;
}

TEST(governor_notices_soon_what_is_hopeless)
{
    struct governor g = {0};
    kin_us now = S;
    const kin_us costs[] = {150 * MS, 3 * MS};
    governor_set_rungs(&g, now, none, 2);
    play(&g, &now, 6, costs, NULL, 0);
    CHECK_INT(g.rung, 1);
out:;
}

// What is too slow is tried again ever more rarely: in ten minutes a few dozen pictures are late, not thousands.
TEST(governor_does_not_flap)
{
    struct governor g = {0};
    kin_us now = S;
    const kin_us costs[] = {35 * MS, 3 * MS};
    unsigned on_top = 0;
    governor_set_rungs(&g, now, none, 2);
    for (int i = 0; i < 24 * 600; i++) {
        on_top += g.rung == 0;
        play(&g, &now, 1, costs, NULL, 0);
    }
    CHECK(on_top < 14 * 15);
    CHECK_INT(g.retry_after, 64 * S);
out:;
}

TEST(governor_leaves_images_that_the_terminal_cannot_take)
{
    struct governor g = {0};
    kin_us now = S;
    const kin_us costs[] = {5 * MS, 5 * MS, 5 * MS, 2 * MS};
    const size_t bytes[] = {400000, 200000, 60000, 0};
    governor_set_rungs(&g, now, none, 4);
    play(&g, &now, 100, costs, bytes, 70000);
    CHECK_INT(g.rung, 2);
    CHECK_INT(g.reason, GOVERNOR_TERMINAL);
    play(&g, &now, 24 * 120, costs, bytes, 20000);
    CHECK(g.rung == 3 || g.raised);
    play(&g, &now, 24 * 300, costs, bytes, 1000000); // the line has become fast
    CHECK_INT(g.rung, 0);
out:;
}

TEST(governor_stays_on_its_last_rung_and_needs_an_interval)
{
    struct governor g = {0};
    kin_us now = S;
    const kin_us costs[] = {S, S};
    governor_set_rungs(&g, now, none, 2);
    play(&g, &now, 60, costs, NULL, 0);
    CHECK_INT(g.rung, 1);
    governor_set_rungs(&g, now, none, 2); // the same: nothing begins again
    CHECK_INT(g.rung, 1);
    governor_set_rungs(&g, now, none, 1);
    for (int i = 0; i < 50; i++)
        governor_made(&g, now, &(struct governor_sample){.cost_us = S});
    CHECK_INT(g.rung, 0);
out:;
}

// Images are begun with only once the line has shown that it takes them, or nothing travels over it.
TEST(governor_tries_images_where_the_line_might_take_them)
{
    struct governor g = {0};
    kin_us now = S;
    const kin_us costs[] = {5 * MS, 5 * MS, 2 * MS};
    const size_t bytes[] = {150000, 0, 0}, needed[] = {40000, 0, 0};
    governor_set_rungs(&g, now, needed, 3);
    CHECK_INT(g.rung, 1);
    play(&g, &now, 24 * 60, costs, bytes, 8000);
    CHECK_INT(g.rung, 1);
    play(&g, &now, 2, costs, bytes, 200000);
    CHECK_INT(g.rung, 0);
    play(&g, &now, 24 * 60, costs, bytes, 200000);
    CHECK_INT(g.rung, 0);
    governor_set_rungs(&g, now, none, 3);
    CHECK_INT(g.rung, 0);
out:;
}
