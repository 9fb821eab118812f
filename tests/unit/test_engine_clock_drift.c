// engine/play/clock_drift: the difference of two clocks, through all that a network does to frames.
#include "engine/play/clock_drift.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define INTERVAL_TS 3750
#define RATE 24

struct sender {
    int64_t frame; // since the beginning
    int64_t from_ts;
    kin_us base; // arrival of the first frame
    int32_t ppm; // by which its clock is faster
    uint32_t prng;
};

static kin_us jitter(struct sender *s, kin_us most)
{
    s->prng = s->prng * 1664525u + 1013904223u;
    return most > 0 ? (kin_us)(s->prng >> 8) % most : 0;
}

static void frame(struct kin_clock_drift *d, struct sender *s, kin_us late)
{
    kin_us sent = s->frame * SEC / RATE;
    int64_t ts = s->from_ts + s->frame++ * INTERVAL_TS;
    kin_clock_drift_frame(d, s->base + sent - sent * s->ppm / 1000000 + late, ts);
}

static void send(struct kin_clock_drift *d, struct sender *s, unsigned seconds, kin_us most)
{
    for (unsigned i = 0; i < seconds * RATE; i++)
        frame(d, s, jitter(s, most));
}

static bool is_near(int32_t ppm, int32_t expected, int32_t by)
{
    return ppm >= expected - by && ppm <= expected + by;
}

TEST(a_clock_is_known_after_a_minute)
{
    static const int32_t rates[] = {0, 300, -300, 3000, -4167, 17000};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct kin_clock_drift d = {.known = false};
        struct sender s = {.base = SEC, .from_ts = (INT64_C(1) << 40) + 0xfffffff0, .ppm = rates[i]};
        send(&d, &s, 50, 0);
        CHECK(!d.known);
        send(&d, &s, 10, 0);
        CHECK(d.known);
        CHECK(is_near(d.ppm, rates[i], 2 + (rates[i] > 0 ? rates[i] : -rates[i]) / 50));
    }
out:;
}

// The wire's jitter is a thousand times what the clocks differ by in a second.
TEST(jitter_does_not_matter)
{
    struct kin_clock_drift d = {.known = false};
    struct sender s = {.base = SEC, .ppm = 100};
    send(&d, &s, 300, 150 * MS);
    CHECK(is_near(d.ppm, 100, 25));
out:;
}

TEST(what_is_held_up_for_a_whole_window_does_not_matter)
{
    struct kin_clock_drift d = {.known = false};
    struct sender s = {.base = SEC, .ppm = -200};
    send(&d, &s, 120, 20 * MS);
    for (unsigned i = 0; i < 20 * RATE; i++)
        frame(&d, &s, SEC + jitter(&s, 20 * MS));
    send(&d, &s, 120, 20 * MS);
    CHECK(is_near(d.ppm, -200, 30));
out:;
}

// The beginning of a stream at twice its pace.
TEST(a_burst_at_the_beginning_does_not_matter)
{
    struct kin_clock_drift d = {.known = false};
    struct sender s = {.base = SEC, .ppm = 50};
    for (int i = 0; i < 4 * RATE; i++)
        frame(&d, &s, (4 * RATE - i) * SEC / RATE / 2);
    send(&d, &s, 120, MS);
    CHECK(is_near(d.ppm, 50, 15));
out:;
}

TEST(a_restart_keeps_what_is_known)
{
    struct kin_clock_drift d = {.known = false};
    struct sender s = {.base = SEC, .ppm = 300};
    send(&d, &s, 100, MS);
    kin_clock_drift_restart(&d);
    s.from_ts += 40 * INTERVAL_TS; // a jump
    send(&d, &s, 40, MS);
    CHECK(d.known && is_near(d.ppm, 300, 20));
    s.ppm = -300;
    kin_clock_drift_restart(&d);
    send(&d, &s, 100, MS);
    CHECK(is_near(d.ppm, -300, 20));
out:;
}

// Nothing comes for long, or the sender's time begins anew, without a word.
TEST(gaps_and_leaps_begin_anew)
{
    struct kin_clock_drift d = {.known = false};
    struct sender s = {.base = SEC, .ppm = 100};
    send(&d, &s, 100, MS);
    CHECK(is_near(d.ppm, 100, 20));
    s.base += 60 * SEC;
    send(&d, &s, 100, MS);
    CHECK(is_near(d.ppm, 100, 20));
    s.from_ts -= 90000 * 30;
    send(&d, &s, 100, MS);
    CHECK(is_near(d.ppm, 100, 20));
    s.from_ts += 90000 * 30;
    send(&d, &s, 100, MS);
    CHECK(is_near(d.ppm, 100, 20));
out:;
}

// A server that sends as fast as it can.
TEST(another_pace_is_no_clock)
{
    struct kin_clock_drift d = {.known = false};
    struct sender s = {.base = SEC, .ppm = 50000};
    send(&d, &s, 200, 0);
    CHECK(!d.known && d.ppm == 0);
out:;
}

TEST(a_reel_slower_than_a_window_has_no_clock)
{
    struct kin_clock_drift d = {.known = false};
    for (int i = 0; i < 100; i++)
        kin_clock_drift_frame(&d, i * 20 * SEC, i * INT64_C(20) * 90000);
    CHECK(!d.known);
out:;
}
