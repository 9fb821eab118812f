// The one cause that is named, from the figures of five seconds of film.
#include "model/bottleneck.h"
#include "unit.h"

static struct bottleneck_figures good(void)
{
    return (struct bottleneck_figures){.playing = true, .due = 120, .arrived = 120, .rtt_ms = 40, .least_rtt_ms = 38};
}

#define CHECK_CAUSE(figures, want) CHECK_INT(bottleneck_find(&(figures), &of), want)

TEST(bottleneck_is_none_where_all_is_well)
{
    double of;
    struct bottleneck_figures f = good();
    CHECK_CAUSE(f, BOTTLENECK_NONE);
    CHECK(of == 0);
    f.arrived = 118; // a rate that is rounded
    f.draining = true;
    f.incomplete = 1;
    f.terminal = 2;
    CHECK_CAUSE(f, BOTTLENECK_NONE);
    f = (struct bottleneck_figures){.playing = false, .due = 120, .incomplete = 60};
    CHECK_CAUSE(f, BOTTLENECK_NONE);
    f = (struct bottleneck_figures){.playing = true, .rtt_ms = -1, .least_rtt_ms = -1}; // nothing is known yet
    CHECK_CAUSE(f, BOTTLENECK_NONE);
out:;
}

TEST(bottleneck_is_the_network_that_loses_or_is_silent)
{
    double of;
    struct bottleneck_figures f = good();
    f.arrived = 114;
    f.incomplete = 6;
    CHECK_CAUSE(f, BOTTLENECK_NETWORK);
    CHECK(of == 0.05);
    f = good();
    f.silent_us = 999 * KIN_US_PER_MS;
    CHECK_CAUSE(f, BOTTLENECK_NONE);
    f.silent_us = KIN_US_PER_S;
    CHECK_CAUSE(f, BOTTLENECK_NETWORK);
out:;
}

// Coarser frames are whole: only the server's word tells.
TEST(bottleneck_is_the_network_that_a_server_spares)
{
    double of;
    struct bottleneck_figures f = good();
    f.limited = true;
    CHECK_CAUSE(f, BOTTLENECK_NETWORK);
    f.left_out = 40;
    f.arrived = 80;
    CHECK_CAUSE(f, BOTTLENECK_NETWORK);
    CHECK(of > 0.33 && of < 0.34);
    f.limited = false;
    CHECK_CAUSE(f, BOTTLENECK_SERVER);
out:;
}

// Without a loss (over TCP there is none) the round trip says who is slow.
TEST(bottleneck_of_a_slow_stream_depends_on_the_round_trip)
{
    double of;
    struct bottleneck_figures f = good();
    f.arrived = 90;
    CHECK_CAUSE(f, BOTTLENECK_NONE); // the cache has been filled faster before
    f.draining = true;
    CHECK_CAUSE(f, BOTTLENECK_SERVER);
    CHECK(of == 0.25);
    f.rtt_ms = 97;
    CHECK_CAUSE(f, BOTTLENECK_NETWORK);
    f.least_rtt_ms = -1;
    CHECK_CAUSE(f, BOTTLENECK_SERVER);
out:;
}

TEST(bottleneck_is_the_cause_that_costs_most)
{
    double of;
    struct bottleneck_figures f = good();
    f.late = 3;
    CHECK_CAUSE(f, BOTTLENECK_CACHE);
    f.decoder = 30;
    CHECK_CAUSE(f, BOTTLENECK_DECODER);
    f.terminal = 60;
    CHECK_CAUSE(f, BOTTLENECK_TERMINAL);
    CHECK(of == 0.5);
    f.incomplete = 100;
    CHECK_CAUSE(f, BOTTLENECK_NETWORK);
    f.terminal = 1000; // never more than all
    CHECK_CAUSE(f, BOTTLENECK_TERMINAL);
    CHECK(of == 1);
out:;
}
