// engine/play/play_schedule: which frames a range shows, at which RTP times, in every direction.
#include "engine/play/play_schedule.h"
#include "unit.h"

#define RATE 24
#define INTERVAL (90000 / RATE)
#define FRAMES 10

static struct kin_reel_frame index_of[FRAMES];

static const struct kin_reel *reel(void)
{
    static struct kin_reel r;
    for (uint32_t i = 0; i < FRAMES; i++)
        index_of[i] = (struct kin_reel_frame){.ts = kin_reel_frame_ts(i, RATE, 1), .length = 1};
    r.frames = index_of;
    r.frame_count = FRAMES;
    r.duration_ts = kin_reel_frame_ts(FRAMES, RATE, 1);
    return &r;
}

static struct kin_play_schedule along(uint32_t first, int64_t end, int32_t scale_milli, bool loop)
{
    struct kin_play_schedule it;
    struct kin_play_range range = {.first = first, .end = end, .scale_milli = scale_milli};
    kin_play_schedule_init(&it, reel(), &range, loop);
    return it;
}

// Walks to the end of the range: these frames, then over.
static void expect_frames(struct kin_play_schedule it, const uint32_t *want, size_t count)
{
    uint64_t ts = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(!kin_play_schedule_over(&it));
        CHECK_INT(kin_play_schedule_frame(&it), want[i]);
        CHECK_INT(kin_play_schedule_ts(&it), ts);
        CHECK(kin_play_schedule_next_ts(&it) > ts);
        ts = kin_play_schedule_next_ts(&it);
        kin_play_schedule_advance(&it);
    }
    CHECK(kin_play_schedule_over(&it));
    CHECK_INT(kin_play_schedule_ts(&it), ts);
    CHECK(!kin_play_schedule_next_pass(&it));
out:;
}
#define EXPECT_FRAMES(it, ...)                                                                                         \
    expect_frames((it), (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

TEST(forward_and_backward_every_frame)
{
    EXPECT_FRAMES(along(0, 10, 1000, false), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    EXPECT_FRAMES(along(3, 5, 1000, false), 3, 4);
    EXPECT_FRAMES(along(9, -1, -1000, false), 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    EXPECT_FRAMES(along(5, 3, -1000, false), 5, 4);
}

TEST(faster_takes_every_scale_th_frame)
{
    EXPECT_FRAMES(along(0, 10, 2000, false), 0, 2, 4, 6, 8);
    EXPECT_FRAMES(along(1, 10, 4000, false), 1, 5, 9);
    EXPECT_FRAMES(along(9, -1, -4000, false), 9, 5, 1);
    EXPECT_FRAMES(along(0, 10, 1500, false), 0, 1, 3, 4, 6, 7, 9);
    EXPECT_FRAMES(along(0, 10, 16000, false), 0);
}

TEST(slower_shows_every_frame_longer)
{
    struct kin_play_schedule it = along(2, 10, 250, false);
    EXPECT_FRAMES(it, 2, 3, 4, 5, 6, 7, 8, 9);
    CHECK_INT(kin_play_schedule_next_ts(&it), 4 * INTERVAL);
    it = along(2, -1, -500, false);
    EXPECT_FRAMES(it, 2, 1, 0);
    CHECK_INT(kin_play_schedule_next_ts(&it), 2 * INTERVAL);
out:;
}

TEST(rtp_time_runs_in_real_time)
{
    struct kin_play_schedule it = along(0, 10, 2000, false);
    for (unsigned i = 0; i < 5; i++, kin_play_schedule_advance(&it))
        CHECK_INT(kin_play_schedule_ts(&it), i * INTERVAL);
    it = along(9, -1, -4000, false);
    for (unsigned i = 0; i < 3; i++, kin_play_schedule_advance(&it))
        CHECK_INT(kin_play_schedule_ts(&it), i * INTERVAL);
    CHECK_INT(kin_play_schedule_ts(&it), 10 * INTERVAL / 4); // ten frames' time at four times the speed
    it = along(0, 10, 1500, false);
    kin_play_schedule_advance(&it);
    CHECK_INT(kin_play_schedule_ts(&it), INTERVAL * 2 / 3); // frame 1: its own place, not that of a regular beat
out:;
}

TEST(whoever_knows_the_scale_finds_the_frame)
{
    static const int32_t scales[] = {125, 333, 1000, 1250, 1500, 2000, 7777, 16000, -125, -750, -1000, -1333, -16000};
    for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++) {
        struct kin_play_schedule it = along(4, scales[k] < 0 ? -1 : 10, scales[k], false);
        for (; !kin_play_schedule_over(&it); kin_play_schedule_advance(&it)) {
            int64_t media = 4 * INTERVAL + (int64_t)kin_play_schedule_ts(&it) * scales[k] / 1000;
            CHECK_INT((media + INTERVAL / 2) / INTERVAL, kin_play_schedule_frame(&it));
        }
    }
out:;
}

TEST(a_loop_leaves_no_gap)
{
    struct kin_play_schedule it = along(8, 10, 1000, true);
    kin_play_schedule_advance(&it);
    kin_play_schedule_advance(&it);
    CHECK(kin_play_schedule_over(&it));
    CHECK_INT(kin_play_schedule_ts(&it), 2 * INTERVAL);
    CHECK(kin_play_schedule_next_pass(&it));
    CHECK_INT(kin_play_schedule_frame(&it), 0);
    CHECK_INT(kin_play_schedule_ts(&it), 0);

    it = along(1, -1, -1000, true);
    kin_play_schedule_advance(&it);
    kin_play_schedule_advance(&it);
    CHECK(kin_play_schedule_over(&it));
    CHECK_INT(kin_play_schedule_ts(&it), 2 * INTERVAL); // frames 1 and 0
    CHECK(kin_play_schedule_next_pass(&it));
    CHECK_INT(kin_play_schedule_frame(&it), 9);
    CHECK(!along(0, 5, 1000, true).loop); // a part of the reel does not start over
    CHECK(!along(9, 3, -1000, true).loop);
out:;
}

TEST(looking_ahead_goes_round_the_corner)
{
    struct kin_play_schedule it = along(8, 10, 1000, true);
    uint32_t f = 99;
    CHECK(kin_play_schedule_ahead(&it, 0, &f) && f == 8);
    CHECK(kin_play_schedule_ahead(&it, 2, &f) && f == 0);
    CHECK(kin_play_schedule_ahead(&it, 12, &f) && f == 0);
    it = along(1, -1, -1000, true);
    CHECK(kin_play_schedule_ahead(&it, 2, &f) && f == 9);
    it = along(8, 10, 1000, false);
    CHECK(kin_play_schedule_ahead(&it, 1, &f) && f == 9);
    CHECK(!kin_play_schedule_ahead(&it, 2, &f));
    CHECK_INT(kin_play_schedule_frame(&it), 8); // only looked
out:;
}

TEST(where_a_range_leaves_off)
{
    struct kin_play_schedule it = along(3, 5, 4000, false);
    kin_play_schedule_advance(&it);
    CHECK_INT(kin_play_schedule_frame(&it), 5);
    it = along(9, 10, 1000, false);
    kin_play_schedule_advance(&it);
    CHECK_INT(kin_play_schedule_frame(&it), 10);
    it = along(0, -1, -1000, false);
    kin_play_schedule_advance(&it);
    CHECK_INT(kin_play_schedule_frame(&it), 0);
    it = along(77, 10, 1000, false); // out of the reel
    CHECK_INT(kin_play_schedule_frame(&it), 9);
out:;
}

TEST(speed_changes_the_delivery_alone)
{
    struct kin_play_schedule it;
    struct kin_play_range range = {.first = 0, .end = 10, .speed_milli = 4000};
    kin_play_schedule_init(&it, reel(), &range, false);
    kin_play_schedule_advance(&it);
    CHECK_INT(kin_play_schedule_frame(&it), 1);
    CHECK_INT(kin_play_schedule_ts(&it), INTERVAL);
    CHECK_INT(kin_play_schedule_due(&it, 8 * INTERVAL), 2 * INTERVAL);
out:;
}

TEST(what_is_not_possible_is_clamped)
{
    CHECK_INT(kin_scale_clamp(0), 1000);
    CHECK_INT(kin_scale_clamp(1), 125);
    CHECK_INT(kin_scale_clamp(-1), -125);
    CHECK_INT(kin_scale_clamp(16000), 16000);
    CHECK_INT(kin_scale_clamp(INT32_MAX), 16000);
    CHECK_INT(kin_scale_clamp(INT32_MIN), -16000);
    CHECK_INT(kin_speed_clamp(0), 1000);
    CHECK_INT(kin_speed_clamp(INT32_MIN), 1000);
    CHECK_INT(kin_speed_clamp(5000), 4000);
    CHECK_INT(kin_speed_clamp(3), 125);
out:;
}

TEST(a_reel_of_one_frame)
{
    struct kin_reel one = *reel();
    struct kin_play_schedule it;
    uint32_t f;
    one.frame_count = 1;
    one.duration_ts = INTERVAL;
    for (int32_t scale = -1000; scale <= 1000; scale += 2000) {
        struct kin_play_range range = kin_play_range_whole(&one, scale);
        kin_play_schedule_init(&it, &one, &range, true);
        kin_play_schedule_advance(&it);
        CHECK(kin_play_schedule_over(&it));
        CHECK_INT(kin_play_schedule_ts(&it), INTERVAL);
        CHECK(kin_play_schedule_ahead(&it, 5, &f) && f == 0);
    }
out:;
}

TEST(a_pass_takes_a_millisecond_at_least)
{
    struct kin_reel tiny = *reel();
    struct kin_play_range range = {.first = 0, .end = 1, .scale_milli = 1000};
    struct kin_play_schedule it = along(0, 10, 16000, true);
    CHECK_INT(kin_play_schedule_next_ts(&it), (FRAMES * INTERVAL + 8) / 16); // as long as media time says
    tiny.frame_count = 1;
    tiny.duration_ts = 1;
    kin_play_schedule_init(&it, &tiny, &range, true);
    CHECK_INT(kin_play_schedule_next_ts(&it), 90);
    kin_play_schedule_init(&it, &tiny, &range, false);
    CHECK_INT(kin_play_schedule_next_ts(&it), 1); // nothing follows
out:;
}

// A frame 1600 years after the first: RTP time and delivery keep their order at every Scale and Speed.
TEST(the_longest_reels_do_not_overflow)
{
    static struct kin_reel_frame frames[3] = {{.ts = 0, .length = 1}, {.ts = 1, .length = 1}, {.length = 1}};
    static struct kin_reel r = {.frames = frames, .frame_count = 3, .duration_ts = KIN_REEL_MAX_TS};
    static const int32_t rates[] = {125, 126, 1000, 1001, 4000, 16000};
    frames[2].ts = KIN_REEL_MAX_TS - 1;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                struct kin_play_schedule it;
                struct kin_play_range range = kin_play_range_whole(&r, sign * rates[i]);
                range.speed_milli = rates[k];
                kin_play_schedule_init(&it, &r, &range, false);
                while (!kin_play_schedule_over(&it)) {
                    uint64_t ts = kin_play_schedule_ts(&it), next = kin_play_schedule_next_ts(&it);
                    CHECK(next >= ts && next <= KIN_REEL_MAX_TS * 16);
                    CHECK(kin_play_schedule_due(&it, next) >= kin_play_schedule_due(&it, ts));
                    CHECK(kin_play_schedule_due(&it, next) <= next * 8);
                    kin_play_schedule_advance(&it);
                }
            }
        }
    }
    struct kin_play_range whole = kin_play_range_whole(&r, 125);
    struct kin_play_schedule it;
    whole.speed_milli = 125;
    kin_play_schedule_init(&it, &r, &whole, false);
    kin_play_schedule_advance(&it);
    kin_play_schedule_advance(&it);
    CHECK_INT(kin_play_schedule_next_ts(&it), KIN_REEL_MAX_TS * 8);
    CHECK_INT(kin_play_schedule_due(&it, KIN_REEL_MAX_TS * 8), KIN_REEL_MAX_TS * 64);
out:;
}

// Walks to the end of a thinned range: these frames, each at its own time.
static void expect_frames_at(struct kin_play_schedule it, const uint32_t *want, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t first = it.range.first, away = want[i] > first ? want[i] - first : first - want[i];
        CHECK(!kin_play_schedule_over(&it));
        CHECK_INT(kin_play_schedule_frame(&it), want[i]);
        CHECK_INT(kin_play_schedule_ts(&it), away * INTERVAL);
        CHECK(kin_play_schedule_leaves(&it) >= kin_play_schedule_ts(&it));
        CHECK(kin_play_schedule_leaves(&it) < kin_play_schedule_ts(&it) + INTERVAL);
        kin_play_schedule_advance(&it);
    }
    CHECK(kin_play_schedule_over(&it));
out:;
}
#define EXPECT_FRAMES_AT(it, ...)                                                                                      \
    expect_frames_at((it), (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static struct kin_play_schedule thinned(struct kin_play_schedule it, unsigned keep, unsigned of)
{
    kin_play_schedule_thin(&it, (struct kin_play_thinning){keep, of});
    return it;
}

TEST(thinning_leaves_out_evenly_and_keeps_times)
{
    EXPECT_FRAMES_AT(thinned(along(0, 10, 1000, false), 2, 3), 0, 1, 3, 4, 6, 7, 9);
    EXPECT_FRAMES_AT(thinned(along(0, 10, 1000, false), 1, 4), 0, 4, 8);
    EXPECT_FRAMES_AT(thinned(along(9, -1, -1000, false), 3, 4), 9, 8, 7, 5, 4, 3, 1, 0);
    EXPECT_FRAMES_AT(thinned(along(0, 10, 1000, false), 3, 5), 0, 1, 3, 5, 6, 8);
    EXPECT_FRAMES_AT(thinned(along(0, 10, 1000, false), 1, 1), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    EXPECT_FRAMES_AT(thinned(along(7, 8, 1000, false), 1, 8), 7);
}

TEST(what_is_left_of_a_thinned_range_leaves_evenly)
{
    struct kin_play_schedule it = thinned(along(0, 10, 1000, false), 2, 3);
    CHECK_INT(kin_play_schedule_leaves(&it), 0);
    CHECK_INT(kin_play_schedule_next_leaves(&it), INTERVAL * 3 / 2);
    CHECK_INT(kin_play_schedule_advance(&it), 0);
    CHECK_INT(kin_play_schedule_leaves(&it), INTERVAL * 3 / 2);
    CHECK_INT(kin_play_schedule_next_leaves(&it), INTERVAL * 3);
    CHECK_INT(kin_play_schedule_advance(&it), 1);
    CHECK_INT(kin_play_schedule_leaves(&it), INTERVAL * 3);
    kin_play_schedule_thin(&it, (struct kin_play_thinning){1, 2}); // frame 3 is due to be left out now, but is next
    CHECK_INT(kin_play_schedule_frame(&it), 3);
    CHECK_INT(kin_play_schedule_leaves(&it), INTERVAL * 3);
    CHECK_INT(kin_play_schedule_advance(&it), 0);
    CHECK_INT(kin_play_schedule_frame(&it), 4);
out:;
}

TEST(a_thinned_loop_goes_on_with_the_first_frame)
{
    uint32_t frame;
    struct kin_play_schedule it = thinned(along(0, 10, 1000, true), 1, 3);
    CHECK(kin_play_schedule_ahead(&it, 3, &frame));
    CHECK_INT(frame, 9);
    CHECK(kin_play_schedule_ahead(&it, 4, &frame));
    CHECK_INT(frame, 0);
    for (unsigned i = 0; i < 4; i++)
        kin_play_schedule_advance(&it);
    CHECK(kin_play_schedule_over(&it));
    CHECK_INT(kin_play_schedule_ts(&it), 10 * INTERVAL);
    CHECK(kin_play_schedule_next_pass(&it));
    CHECK_INT(kin_play_schedule_frame(&it), 0);
out:;
}
