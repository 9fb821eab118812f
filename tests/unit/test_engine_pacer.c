// engine/rtp/pacer: never early, never bursting, no drift, catching up.
#include "engine/rtp/pacer.h"
#include "unit.h"

#define FRAMES 240
#define INTERVAL_TS 3750 // 24 frames/s
#define MAX_EVENTS 400000

struct event {
    kin_us at;
    unsigned packets;
};

static struct event events[MAX_EVENTS];
static size_t event_count;

struct run {
    unsigned interval_ts; // 0: INTERVAL_TS
    unsigned percent, packets;
    kin_us late_every; // each wake-up comes this much late
    kin_us stall_at, stall_for;
    kin_us send_cost;
};

struct result {
    unsigned frames, skipped, early, max_burst;
    kin_us worst_frame_end; // latest end of a frame after its due time
    kin_us last_end;
};

// Drives a pacer as the shell does, on a virtual clock.
static struct result drive(const struct run *r)
{
    struct kin_pacer p;
    struct result res = {0};
    kin_us now = 1000000;
    bool stalled = false;
    uint64_t interval = r->interval_ts > 0 ? r->interval_ts : INTERVAL_TS;
    event_count = 0;
    kin_pacer_init(&p, now, r->percent);
    for (uint64_t i = 0; i < FRAMES; i++) {
        if (kin_pacer_behind(&p, (i + 1) * interval, now)) {
            while (i + 1 < FRAMES && kin_pacer_due(&p, (i + 1) * interval) <= now) {
                i++;
                res.skipped++;
            }
        }
        kin_pacer_begin(&p, i * interval, interval, r->packets);
        while (!kin_pacer_done(&p)) {
            now = kin_us_max(now, kin_pacer_deadline(&p) + r->late_every);
            if (!stalled && r->stall_for > 0 && now >= r->stall_at) {
                now += r->stall_for;
                stalled = true;
            }
            unsigned n = kin_pacer_allowed(&p, now);
            res.early += now < kin_pacer_due(&p, i * interval) || n == 0;
            if (event_count < MAX_EVENTS)
                events[event_count++] = (struct event){now, n};
            now += r->send_cost;
            kin_pacer_sent(&p, n, now);
        }
        res.worst_frame_end = kin_us_max(res.worst_frame_end, now - p.due);
        res.last_end = now;
        res.frames++;
    }
    for (size_t i = 0, from = 0, in_window = 0; i < event_count; i++) {
        in_window += events[i].packets;
        while (events[i].at - events[from].at > 1000)
            in_window -= events[from++].packets;
        res.max_burst = in_window > res.max_burst ? (unsigned)in_window : res.max_burst;
    }
    return res;
}

TEST(a_4k_frame_is_spread_over_its_interval)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 300, .send_cost = 20});
    CHECK_INT(r.frames, FRAMES);
    CHECK_INT(r.early, 0);
    CHECK(r.max_burst <= 16);
    CHECK(r.worst_frame_end > 20000 && r.worst_frame_end <= 41667 * 70 / 100 + 100);
out:;
}

TEST(a_small_frame_leaves_at_once)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 16});
    CHECK_INT(r.frames, FRAMES);
    CHECK_INT(event_count, FRAMES);
    CHECK_INT(r.worst_frame_end, 0);
out:;
}

TEST(trains_are_few_and_even)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 50});
    CHECK_INT(event_count, FRAMES * 4);
    CHECK(r.max_burst <= 13);
out:;
}

TEST(a_late_loop_does_not_drift)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 300, .late_every = 300, .send_cost = 50});
    CHECK_INT(r.skipped, 0);
    CHECK_INT(r.frames, FRAMES);
    CHECK(r.max_burst <= 16);
    kin_us ideal = 1000000 + kin_us_from_ts((FRAMES - 1) * INTERVAL_TS);
    CHECK(r.last_end > ideal && r.last_end < ideal + 41667);
out:;
}

TEST(a_stall_is_caught_up_without_a_burst)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 138, .stall_at = 2000000, .stall_for = 200000});
    CHECK_INT(r.skipped, 0);
    CHECK_INT(r.frames, FRAMES);
    CHECK(r.max_burst <= 16);
    kin_us ideal = 1000000 + kin_us_from_ts((FRAMES - 1) * INTERVAL_TS);
    CHECK(r.last_end < ideal + 41667);
out:;
}

TEST(a_long_stall_skips_frames_once)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 138, .stall_at = 2000000, .stall_for = 2000000});
    CHECK(r.skipped >= 46 && r.skipped <= 49);
    CHECK_INT(r.frames + r.skipped, FRAMES);
    CHECK(r.max_burst <= 16);
out:;
}

TEST(what_cannot_fit_gets_larger_trains)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 12000});
    CHECK_INT(r.frames, FRAMES);
    CHECK(r.max_burst > 16 && r.max_burst <= 450); // 12000 over 29 ms
    CHECK(r.worst_frame_end <= 41667);
out:;
}

TEST(without_pacing_a_frame_leaves_at_once)
{
    struct result r = drive(&(struct run){.percent = 0, .packets = 100});
    CHECK_INT(event_count, FRAMES);
    CHECK_INT(r.max_burst, 100);
out:;
}

// Regression: the first picture of a reel of a frame in ten seconds was there after seven.
TEST(a_frame_of_a_slow_reel_is_spread_over_no_more_than_a_picture_can_wait)
{
    struct result r = drive(&(struct run){.percent = 70, .packets = 60, .interval_ts = 900000});
    CHECK(r.worst_frame_end > 60000 && r.worst_frame_end <= 90000);
    CHECK(r.max_burst <= 16);
out:;
}

TEST(a_full_socket_keeps_the_rest_of_the_train)
{
    struct kin_pacer p;
    kin_pacer_init(&p, 1000, 70);
    kin_pacer_begin(&p, 0, INTERVAL_TS, 20);
    CHECK_INT(kin_pacer_allowed(&p, 999), 0);
    CHECK_INT(kin_pacer_allowed(&p, 1000), 10);
    kin_pacer_sent(&p, 4, 1000);
    CHECK_INT(kin_pacer_allowed(&p, 1000), 6);
    kin_pacer_sent(&p, 6, 1010);
    CHECK_INT(kin_pacer_allowed(&p, 1020), 0);
    CHECK_INT(kin_pacer_deadline(&p), 1000 + 41667 * 70 / 100 / 2);
    kin_pacer_sent(&p, 10, 20000);
    CHECK(kin_pacer_done(&p));
    CHECK_INT(kin_pacer_allowed(&p, 90000), 0);
out:;
}

TEST(starting_over_keeps_the_gap)
{
    struct kin_pacer p;
    kin_pacer_init(&p, 0, 70);
    kin_pacer_begin(&p, 0, INTERVAL_TS, 10);
    kin_pacer_sent(&p, 10, 500);
    kin_pacer_move(&p, 600);
    kin_pacer_begin(&p, 0, INTERVAL_TS, 10);
    CHECK_INT(kin_pacer_deadline(&p), 500 + KIN_PACER_GAP_US);
    kin_pacer_begin(&p, 0, INTERVAL_TS, 6); // with those before it is a train
    CHECK_INT(kin_pacer_deadline(&p), 600);
out:;
}

// Each frame had to be a gap behind the one before: of 1000 frames/s a tenth was skipped.
TEST(a_thousand_frames_a_second_keep_pace)
{
    static const struct {
        unsigned packets, burst;
    } reels[] = {{1, 16}, {4, 16}, {8, 16}, {10, 20}, {25, 50}};
    for (size_t i = 0; i < sizeof reels / sizeof reels[0]; i++) {
        struct result r = drive(&(struct run){
            .interval_ts = 90, .percent = 70, .packets = reels[i].packets, .late_every = 60, .send_cost = 40});
        CHECK_INT(r.frames, FRAMES);
        CHECK(r.max_burst <= reels[i].burst);
        CHECK(r.worst_frame_end <= 1000);
    }
out:;
}

TEST(small_frames_at_any_pace_are_no_burst)
{
    for (unsigned interval_ts = 10; interval_ts < 200; interval_ts += 10) {
        struct result r = drive(&(struct run){
            .interval_ts = interval_ts, .percent = 70, .packets = 1, .stall_at = 1010000, .stall_for = 20000});
        CHECK_INT(r.early, 0);
        CHECK(r.max_burst <= 16);
    }
out:;
}

// Media times of 1600 years, stretched by the slowest Scale and Speed, overflowed when they were multiplied by percent
// and by trains.
TEST(times_at_the_edge_of_the_clock_saturate)
{
    static const uint64_t times[] = {0, UINT64_C(1) << 52, UINT64_C(1) << 58, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        for (size_t k = 0; k < sizeof times / sizeof times[0]; k++) {
            struct kin_pacer p;
            kin_pacer_init(&p, 1000000, 100);
            uint64_t duration = times[k] < UINT64_MAX - times[i] ? times[k] : UINT64_MAX - times[i];
            kin_pacer_begin(&p, times[i], duration, 4096);
            kin_us last = kin_pacer_deadline(&p);
            CHECK(last >= 1000000);
            while (!kin_pacer_done(&p)) {
                kin_us at = kin_pacer_deadline(&p);
                unsigned n = kin_pacer_allowed(&p, at);
                CHECK(at >= last && n > 0);
                last = at;
                kin_pacer_sent(&p, n, p.due);
            }
            CHECK(kin_pacer_behind(&p, times[i], INT64_MAX));
            CHECK(!kin_pacer_behind(&p, times[i], INT64_MIN));
        }
    }
out:;
}
