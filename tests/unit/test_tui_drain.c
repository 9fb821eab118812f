// The rate of a line, learnt from answers over a virtual one.
#include "terminal/drain.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define S KIN_US_PER_S

// A line with a rate and a round trip; screens are written as often as the drain allows, one an interval.
struct line {
    double rate; // bytes a second
    kin_us rtt, interval;
    kin_us fixed;      // time that each screen takes, besides that of its bytes
    kin_us jitter;     // of the answers, at most
    kin_us busy_until; // when the line has taken what was written
    kin_us answers[DRAIN_QUERIES_MAX];
    unsigned waiting;
    kin_us worst_age; // of a screen when it was taken whole, in the time measured
    unsigned written;
};

static void write_screen(struct line *l, struct drain *d, kin_us now, size_t bytes)
{
    kin_us begin = l->busy_until > now ? l->busy_until : now;
    l->busy_until = begin + l->fixed + (kin_us)((double)bytes * 1e6 / l->rate);
    if (drain_query(d, now, bytes))
        l->answers[l->waiting++] = l->busy_until + l->rtt + (l->jitter > 0 ? l->written * 7919 % l->jitter : 0);
    kin_us age = l->busy_until + l->rtt / 2 - now;
    l->worst_age = age > l->worst_age ? age : l->worst_age;
    l->written++;
}

// Screens take `share` of the budget: 1.0 is a film that takes all it gets.
static void run(struct line *l, struct drain *d, kin_us *now, kin_us length, double share)
{
    kin_us end = *now + length, next = *now;
    for (; *now < end; *now += MS) {
        while (l->waiting > 0 && l->answers[0] <= *now) {
            drain_answer(d, l->answers[0]);
            memmove(l->answers, l->answers + 1, --l->waiting * sizeof *l->answers);
        }
        if (*now < next || !drain_ready(d, *now))
            continue;
        next = next + l->interval > *now ? next + l->interval : *now + 1;
        write_screen(l, d, *now, (size_t)((double)drain_budget(d) * share));
    }
}

// Rates from 20 kB/s to 50 MB/s, round trips to 400 ms: the rate is found, the screens come as often as they are
// wanted, and none is older than two intervals and the way to the terminal.
TEST(drain_finds_the_rate_and_keeps_the_line_short)
{
    static const double rates[] = {20e3, 50e3, 200e3, 1e6, 50e6};
    static const kin_us trips[] = {200, 20 * MS, 100 * MS, 400 * MS};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (size_t k = 0; k < sizeof trips / sizeof *trips; k++) {
            struct drain d = {.count = 0};
            struct line l = {.rate = rates[i], .rtt = trips[k], .interval = 41667};
            kin_us now = S;
            drain_set_interval(&d, l.interval);
            run(&l, &d, &now, 15 * S, 1.0);
            l.worst_age = l.written = 0;
            run(&l, &d, &now, 20 * S, 1.0);
            CHECK(d.rate > 0.8 * rates[i] && d.rate < 1.25 * rates[i]);
            CHECK(l.written >= 24 * 20 * 9 / 10);
            CHECK(l.worst_age <= 2 * l.interval + l.rtt / 2);
        }
out:;
}

TEST(drain_follows_a_line_that_changes)
{
    struct drain d = {.count = 0};
    struct line l = {.rate = 2e6, .rtt = 30 * MS, .interval = 41667};
    kin_us now = S;
    drain_set_interval(&d, l.interval);
    run(&l, &d, &now, 5 * S, 1.0);
    CHECK(d.rate > 1.6e6);
    l.rate = 40e3; // two screens for the fast line take three seconds
    run(&l, &d, &now, 8 * S, 1.0);
    l.worst_age = 0;
    run(&l, &d, &now, 10 * S, 1.0);
    CHECK(d.rate < 50e3);
    CHECK(l.worst_age <= 2 * l.interval + l.rtt / 2);
    l.rate = 2e6;
    run(&l, &d, &now, 8 * S, 1.0);
    CHECK(d.rate > 1.6e6);
out:;
}

// Regression: a terminal that takes long to draw, whatever it draws, was given ever fewer bytes.
TEST(drain_knows_bytes_from_screens)
{
    static const kin_us fixed[] = {10 * MS, 30 * MS, 50 * MS};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        struct drain d = {.count = 0};
        struct line l = {.rate = 5e6, .rtt = 500, .interval = 41667, .fixed = fixed[i]};
        kin_us now = S;
        drain_set_interval(&d, l.interval);
        run(&l, &d, &now, 10 * S, 1.0);
        CHECK(drain_budget(&d) > 1500);
        l.worst_age = l.written = 0;
        run(&l, &d, &now, 20 * S, 1.0);
        CHECK(l.worst_age < 4 * (l.interval + fixed[i]));
        CHECK(l.written >= 20 * S / (l.interval + fixed[i]) * 8 / 10);
    }
out:;
}

TEST(drain_bears_jitter)
{
    struct drain d = {.count = 0};
    struct line l = {.rate = 300e3, .rtt = 40 * MS, .interval = 41667, .jitter = 15 * MS};
    kin_us now = S;
    drain_set_interval(&d, l.interval);
    run(&l, &d, &now, 10 * S, 1.0);
    l.worst_age = l.written = 0;
    run(&l, &d, &now, 60 * S, 1.0);
    CHECK(d.rate > 0.5 * l.rate && d.rate < 1.4 * l.rate);
    CHECK(l.written >= 24 * 60 * 9 / 10);
    CHECK(l.worst_age <= 3 * l.interval + l.rtt / 2);
out:;
}

// A player that is kept from reading for a while finds several answers at once.
TEST(drain_is_not_fooled_by_answers_that_come_together)
{
    for (int trip = 0; trip <= 1; trip++) {
        struct drain d = {.count = 0};
        struct line l = {.rate = 50e3, .rtt = trip * 100 * MS + 200, .interval = 41667};
        kin_us now = S;
        drain_set_interval(&d, l.interval);
        run(&l, &d, &now, 10 * S, 1.0);
        l.worst_age = 0;
        for (int i = 0; i < 20; i++) {
            for (unsigned k = 0; k < l.waiting; k++)
                l.answers[k] = l.answers[k] > now + 60 * MS ? l.answers[k] : now + 60 * MS;
            run(&l, &d, &now, S, 1.0);
            CHECK(d.rate < 2 * l.rate);
        }
        CHECK(l.worst_age <= 5 * l.interval + l.rtt / 2);
    }
out:;
}

// A film that takes little says little about the rate: it must not fall, nor rise to what nobody has seen.
TEST(drain_learns_little_from_small_screens)
{
    struct drain d = {.count = 0};
    struct line l = {.rate = 100e3, .rtt = 10 * MS, .interval = 41667};
    kin_us now = S;
    drain_set_interval(&d, l.interval);
    run(&l, &d, &now, 5 * S, 1.0);
    run(&l, &d, &now, 20 * S, 0.05);
    CHECK(d.rate > 50e3);
    l.worst_age = 0;
    run(&l, &d, &now, 2 * S, 1.0);
    CHECK(l.worst_age <= 4 * l.interval);
out:;
}

TEST(drain_sends_no_more_than_the_user_allows)
{
    struct drain d = {.most = 250e3};
    struct line l = {.rate = 50e6, .rtt = 200, .interval = 41667};
    kin_us now = S;
    drain_set_interval(&d, l.interval);
    run(&l, &d, &now, 5 * S, 1.0);
    CHECK(drain_budget(&d) > 7000 && drain_budget(&d) < 10425);
out:;
}

TEST(drain_has_limits)
{
    struct drain d = {.count = 0};
    drain_answer(&d, S); // nobody has asked
    CHECK_INT(d.count, 0);
    CHECK_INT(drain_budget(&d), DRAIN_BYTES_FIRST);
    for (unsigned i = 0; i < DRAIN_QUERIES_MAX; i++)
        CHECK(drain_query(&d, S, 10));
    CHECK(!drain_query(&d, S, 10) && !drain_ready(&d, 2 * S));
    for (unsigned i = 0; i < DRAIN_QUERIES_MAX; i++)
        drain_answer(&d, (1000 + i) * S); // ten bytes a second
    CHECK(drain_ready(&d, 1100 * S));
    CHECK_INT(drain_budget(&d), DRAIN_BYTES_MIN);
    drain_query(&d, 1100 * S, 10);
    drain_query(&d, 1100 * S, 10);
    drain_drop(&d);
    CHECK(drain_ready(&d, 1101 * S));
    drain_set_interval(&d, 3600 * S);
    CHECK_INT(d.interval, DRAIN_INTERVAL_MAX_US);
    drain_set_interval(&d, 1);
    CHECK_INT(d.interval, DRAIN_INTERVAL_MIN_US);
out:;
}
