// engine/play/timeline: places, what is missing, outages, streams that begin anew, and what the clock says.
#include "engine/play/timeline.h"

#include "unit.h"

#define SEC KIN_US_PER_S
#define MS KIN_US_PER_MS
#define FRAME_TS 3750 // 24 frames/s
#define REEL_FRAMES 480
#define BASE (INT64_C(1) << 40)

static struct kin_timeline timeline(void)
{
    struct kin_timeline t;
    kin_timeline_init(&t);
    kin_timeline_reel(&t, 20 * SEC, 24000, true);
    return t;
}

static kin_us frame_us(int64_t n)
{
    return kin_us_from_ts(n * FRAME_TS);
}

static uint32_t frame_ts(int64_t n)
{
    return (uint32_t)(BASE + n * FRAME_TS);
}

// A PLAY from the reel's frame `first`, whose RTP time is `ts`, answered at `now`.
static void start(struct kin_timeline *t, kin_us now, int64_t first, int64_t ts, int32_t scale)
{
    struct kin_timeline_start start = {
        .position = frame_us(first), .has_rtptime = true, .rtptime = (uint32_t)ts, .scale = scale};
    kin_timeline_start(t, now, &start);
}

static struct kin_timeline_step frame(struct kin_timeline *t, kin_us now, int64_t n)
{
    return kin_timeline_frame(t, now, BASE + n * FRAME_TS, false, false);
}

static uint64_t number(const struct kin_timeline *t)
{
    return kin_timeline_frames_in(t, kin_timeline_media_us(t, t->frame_ts));
}

TEST(a_reel_from_its_beginning)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    for (int64_t n = 0; n < REEL_FRAMES; n++) {
        struct kin_timeline_step step = frame(&t, frame_us(n), n);
        CHECK_INT(step.missing, 0);
        CHECK_INT(step.follows, n > 0);
        CHECK_INT(number(&t), n);
        CHECK_INT(kin_timeline_is_last(&t, kin_timeline_media_us(&t, t.frame_ts)), n == REEL_FRAMES - 1);
        CHECK_INT(kin_timeline_overdue(&t, frame_us(n) + 10 * MS), 0);
    }
    CHECK_INT(kin_timeline_tail(&t), 0);
    CHECK(kin_timeline_near_end(&t));
    CHECK_INT(kin_timeline_ends_at(&t), 20 * SEC);
out:;
}

// Once the picture's frame number after an outage was that of the frame shown last.
TEST(an_outage_leaves_the_place_right)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    for (int64_t n = 0; n < 100; n++)
        frame(&t, frame_us(n), n);
    CHECK_INT(frame(&t, frame_us(196), 196).missing, 96);
    CHECK_INT(number(&t), 196);
    CHECK_INT(frame(&t, frame_us(197), 197).missing, 0);
    // a receiver that takes it for a new source changes nothing as long as the times go on
    struct kin_timeline_step step = kin_timeline_frame(&t, frame_us(300), BASE + 300 * FRAME_TS, false, true);
    CHECK(!step.jumped);
    CHECK_INT(step.missing, 102);
    CHECK_INT(number(&t), 300);
out:;
}

TEST(times_that_begin_anew_go_on_by_the_clock)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    for (int64_t n = 0; n < 100; n++)
        frame(&t, frame_us(n), n);
    int64_t other = BASE + INT64_C(90000) * 7200;
    struct kin_timeline_step step = kin_timeline_frame(&t, frame_us(99) + 4 * SEC, other, false, true);
    CHECK(step.jumped);
    CHECK_INT(step.missing, 95);
    CHECK_INT(number(&t), 195);
    step = kin_timeline_frame(&t, frame_us(99) + 5 * SEC, other + 24 * FRAME_TS, false, false);
    CHECK_INT(step.missing, 23);
    CHECK_INT(number(&t), 219);
out:;
}

// A camera put its clock back by five seconds: all frames of five seconds were late, and the player stood still.
TEST(a_clock_that_is_put_back_goes_on_by_the_clock)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    for (int64_t n = 0; n < 200; n++)
        frame(&t, frame_us(n), n);
    struct kin_timeline_step step = frame(&t, frame_us(200), 80);
    CHECK(step.jumped);
    CHECK_INT(step.missing, 0);
    CHECK_INT(number(&t), 200);
    step = frame(&t, frame_us(201), 81);
    CHECK(!step.jumped && step.follows);
    CHECK_INT(number(&t), 201);
    CHECK(!frame(&t, frame_us(202), 81 - 11).jumped); // a little is no new time
    uint64_t number_before = number(&t);
    CHECK(frame(&t, frame_us(202), 81 - 11 - 12).jumped);
    CHECK_INT(number(&t), number_before + 1); // though both came at once
out:;
}

// Without one lost packet 816 frames of a reel of 96 were expected.
TEST(a_clock_that_is_put_forward_goes_on_by_the_clock)
{
    struct kin_timeline t = timeline();
    uint64_t missing = 0;
    kin_us before = 0;
    kin_timeline_reel(&t, 4 * SEC, 24000, true);
    start(&t, 0, 0, BASE, 1000);
    for (int64_t n = 0; n < 96; n++) {
        struct kin_timeline_step step = frame(&t, frame_us(n), n < 48 ? n : n + 30 * 24);
        missing += step.missing;
        CHECK(!step.jumped); // the frames before it are yet to be shown
        CHECK_INT(number(&t), n);
        before = n == 47 ? kin_timeline_media_us(&t, t.frame_ts) : before;
    }
    CHECK_INT(missing, 0);
    CHECK_INT(kin_timeline_media_us(&t, BASE + 47 * FRAME_TS), before);
    CHECK_INT(kin_timeline_tail(&t), 0);
    CHECK_INT(kin_timeline_last_over(&t), 4 * SEC);
out:;
}

// A receiver that slept finds five seconds of frames, and behind them what was sent when it woke: those between count.
TEST(a_step_that_makes_up_for_a_sleep_is_no_leap)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    frame(&t, 0, 0);
    for (int64_t n = 1; n < 120; n++)
        CHECK_INT(frame(&t, 15 * SEC, n).missing, 0);
    CHECK_INT(frame(&t, 15 * SEC, 360).missing, 240);
    CHECK_INT(number(&t), 360);
out:;
}

// The same at Speed 4 after four seconds: fifteen seconds of the reel were left out at once, and took their places for
// those of the frames behind them.
TEST(a_step_within_the_reel_is_no_leap)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    for (int64_t n = 0; n < 47; n++)
        CHECK_INT(frame(&t, 4 * SEC, n).missing, 0);
    CHECK_INT(frame(&t, 4 * SEC, 417).missing, 370);
    CHECK_INT(number(&t), 417);
    struct kin_timeline_step step = frame(&t, 4 * SEC, 418 + 24 * 600); // no place of the reel
    CHECK_INT(step.missing, 0);
    CHECK_INT(number(&t), 418);
out:;
}

TEST(the_last_frame_is_over_when_its_time_is)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    frame(&t, 0, 0);
    frame(&t, frame_us(440), 440);
    CHECK_INT(kin_timeline_last_over(&t), KIN_US_NEVER);
    frame(&t, frame_us(450), 450);
    CHECK_INT(kin_timeline_last_over(&t), 20 * SEC);
    frame(&t, frame_us(460) + 300 * MS, 460);
    CHECK(kin_timeline_last_over(&t) >= 20 * SEC + 300 * MS - 1 &&
          kin_timeline_last_over(&t) <= 20 * SEC + 300 * MS + 1);
    kin_timeline_stop(&t);
    CHECK_INT(kin_timeline_last_over(&t), KIN_US_NEVER);
out:;
}

TEST(an_outage_from_the_first_frame_on)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 48, BASE, 1000);
    CHECK_INT(kin_timeline_overdue(&t, 5 * SEC), 119);
    CHECK_INT(kin_timeline_before(&t, 5 * SEC, frame_ts(120)), 120);
    CHECK_INT(kin_timeline_before(&t, 5 * SEC, frame_ts(3600)), 0); // no clock runs so fast
    CHECK_INT(frame(&t, 5 * SEC, 120).missing, 120);
    CHECK_INT(number(&t), 168);
    CHECK_INT(kin_timeline_before(&t, 6 * SEC, frame_ts(120)), 0);
    CHECK_INT(kin_timeline_before(&t, 6 * SEC, frame_ts(130)), 9);
    start(&t, 6 * SEC, 48, BASE + 90000 * 3600, 1000); // an rtptime that has nothing to do with the frames
    CHECK_INT(frame(&t, 6 * SEC, 120).missing, 0);
    CHECK_INT(number(&t), 48);
out:;
}

// Once the expected frames followed from those that came.
TEST(what_is_overdue_follows_from_the_clock)
{
    struct kin_timeline t = timeline();
    CHECK_INT(kin_timeline_overdue(&t, 100 * SEC), 0);
    start(&t, 0, 0, BASE, 1000);
    for (int64_t n = 0; n < 72; n++)
        frame(&t, frame_us(n), n);
    CHECK_INT(kin_timeline_overdue(&t, frame_us(71) + 900 * MS), 0);
    CHECK_INT(kin_timeline_overdue(&t, 12 * SEC), 288 - 72);
    CHECK_INT(kin_timeline_overdue(&t, 60 * SEC), REEL_FRAMES - 72); // the reel is over
    CHECK_INT(kin_timeline_ends_at(&t), 20 * SEC);
    CHECK_INT(kin_timeline_lost(kin_timeline_tail(&t), 8), REEL_FRAMES - 80);
    CHECK_INT(kin_timeline_lost(kin_timeline_tail(&t), REEL_FRAMES), 0);
    kin_timeline_stop(&t); // paused
    CHECK_INT(kin_timeline_overdue(&t, 60 * SEC), 0);
    CHECK_INT(kin_timeline_ends_at(&t), KIN_US_NEVER);
out:;
}

TEST(a_reel_of_one_frame_a_second_is_not_late)
{
    struct kin_timeline t;
    kin_timeline_init(&t);
    kin_timeline_reel(&t, 60 * SEC, 1000, true);
    start(&t, 0, 0, BASE, 1000);
    kin_timeline_frame(&t, 0, BASE, false, false);
    CHECK_INT(kin_timeline_overdue(&t, 2900 * MS), 0);
    CHECK_INT(kin_timeline_overdue(&t, 3 * SEC), 2);
    CHECK_INT(kin_timeline_overdue(&t, 600 * SEC), 59);
out:;
}

TEST(scales_and_directions)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 2000); // every other frame at the normal rate
    for (int64_t n = 0; n < 10; n++)
        CHECK_INT(frame(&t, frame_us(n), n).missing, 0);
    CHECK_INT(number(&t), 18);
    CHECK_INT(frame(&t, frame_us(20), 20).missing, 10);
    CHECK_INT((kin_timeline_ends_at(&t) + 500) / 1000, 10000);
    start(&t, 10 * SEC, 479, BASE + 90000 * 10, -1000);
    kin_timeline_frame(&t, 10 * SEC, BASE + 90000 * 10, false, false);
    CHECK_INT(number(&t), 479);
    kin_timeline_frame(&t, 12 * SEC, BASE + 90000 * 12, false, false);
    CHECK_INT(number(&t), 431);
    CHECK(!kin_timeline_near_end(&t));
    CHECK_INT((kin_timeline_ends_at(&t) + 500) / 1000, 30000);
    CHECK_INT(kin_timeline_overdue(&t, 14 * SEC), 47);
    CHECK_INT(kin_timeline_clamp(&t, 100 * SEC), 20 * SEC - frame_us(1));
out:;
}

TEST(frames_from_before_a_jump)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    frame(&t, 0, 0);
    start(&t, SEC, 240, BASE + 24 * FRAME_TS, 1000);
    CHECK(kin_timeline_is_before(&t, (uint32_t)(BASE + FRAME_TS)));
    CHECK(!kin_timeline_is_before(&t, (uint32_t)(BASE + 24 * FRAME_TS)));
    kin_timeline_frame(&t, SEC, BASE + FRAME_TS, true, false);
    CHECK_INT(number(&t), 1);
    kin_timeline_stop(&t);
    start(&t, SEC, 240, BASE + 24 * FRAME_TS, 1000);
    frame(&t, SEC, 24);
    CHECK_INT(number(&t), 240);
    CHECK_INT(kin_timeline_ts(&t, frame_us(250)), BASE + 34 * FRAME_TS);
    CHECK_INT(kin_timeline_media_us(&t, BASE + 2 * FRAME_TS), frame_us(2)); // of the run before
out:;
}

TEST(a_server_that_loops_starts_over)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    frame(&t, 0, 0);
    for (int64_t n = 1; n < 3 * REEL_FRAMES; n++) {
        CHECK_INT(frame(&t, frame_us(n), n).missing, 0);
        CHECK_INT(number(&t), n % REEL_FRAMES);
    }
out:;
}

// A reel that is a little longer than described has an end, one that goes on much longer has none.
TEST(a_server_that_loops_comes_to_no_end)
{
    struct kin_timeline t = timeline();
    start(&t, 0, 0, BASE, 1000);
    frame(&t, 0, 0);
    frame(&t, frame_us(REEL_FRAMES - 1), REEL_FRAMES - 1);
    CHECK_INT(kin_timeline_behind_end(&t, t.frame_ts), 0);
    CHECK(kin_timeline_near_end(&t) && kin_timeline_last_over(&t) < KIN_US_NEVER);
    frame(&t, frame_us(REEL_FRAMES + 12), REEL_FRAMES + 12);
    CHECK(kin_timeline_behind_end(&t, t.frame_ts) > 0);
    frame(&t, frame_us(2 * REEL_FRAMES - 1), 2 * REEL_FRAMES - 1);
    CHECK_INT(number(&t), REEL_FRAMES - 1);
    CHECK(!kin_timeline_near_end(&t));
    CHECK_INT(kin_timeline_last_over(&t), KIN_US_NEVER);
    CHECK_INT(kin_timeline_ends_at(&t), KIN_US_NEVER);
    CHECK(kin_timeline_overdue(&t, frame_us(2 * REEL_FRAMES + 100)) > 90);
    kin_timeline_clear(&t);
    start(&t, 0, 0, BASE, 1000);
    frame(&t, 0, 0);
    frame(&t, frame_us(REEL_FRAMES + 12), REEL_FRAMES + 12);
    CHECK(kin_timeline_ends_at(&t) < KIN_US_NEVER);
out:;
}

TEST(without_a_rate_nothing_is_missing)
{
    struct kin_timeline t;
    kin_timeline_init(&t);
    start(&t, 0, 0, BASE, 1000);
    frame(&t, 0, 0);
    CHECK_INT(frame(&t, 4 * SEC, 96).missing, 0);
    CHECK_INT(kin_timeline_media_us(&t, BASE + 90000), SEC);
    CHECK_INT(kin_timeline_overdue(&t, 100 * SEC), 0);
    CHECK_INT(kin_timeline_tail(&t), 0);
    CHECK_INT(kin_timeline_ends_at(&t), KIN_US_NEVER);
out:;
}
