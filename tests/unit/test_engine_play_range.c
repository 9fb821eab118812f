// daemon/play_range: what PLAY asks for, as frames of a reel of 10 s at 25 or 24 frames/s.
#include <stdio.h>

#include "base/err.h"
#include "engine/play/play_range.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define FRAMES_MAX 250

static struct kin_reel_frame index_of[FRAMES_MAX];

static uint32_t rate = 25;

static const struct kin_reel *reel(void)
{
    static struct kin_reel r;
    r.frames = index_of;
    r.frame_count = 10 * rate;
    for (uint32_t i = 0; i < r.frame_count; i++)
        index_of[i] = (struct kin_reel_frame){.ts = kin_reel_frame_ts(i, rate, 1), .length = 1};
    r.duration_ts = kin_reel_frame_ts(r.frame_count, rate, 1);
    return &r;
}

static struct kin_play_range found; // by the last expect_...

static void look(const char *range, int32_t scale, uint32_t position, struct kin_play_range now, int want)
{
    struct kin_play_request request = {.given = range != NULL, .scale_milli = scale};
    found = (struct kin_play_range){.first = 9999};
    if (range != NULL)
        CHECK_INT(kin_rtsp_range_parse(kin_span_str(range), &request.range), KIN_OK);
    CHECK_INT(kin_play_range_find(reel(), &request, position, &now, &found), want);
out:;
}

static void expect(const char *range, int32_t scale, uint32_t first, int64_t end)
{
    look(range, scale, 100, kin_play_range_whole(reel(), 1000), KIN_OK);
    CHECK_INT(found.first, first);
    CHECK_INT(found.end, end);
out:;
}

TEST(forward)
{
    expect("npt=0-", 1000, 0, 250);
    expect("npt=1-2", 1000, 25, 50);
    expect("npt=1.039-", 1000, 25, 250);
    expect("npt=1.040-1.080", 1000, 26, 27); // one frame
    expect("npt=1.0396-", 1000, 26, 250);    // 0.4 ms off
    expect("npt=-2", 1000, 0, 50);
    expect("npt=now-", 1000, 100, 250);
    expect("npt=0:00:08-99", 1000, 200, 250);
    expect("smpte-25=00:00:02:05-00:00:02:06", 1000, 55, 56);
    expect("smpte=00:00:01:06-", 1000, 30, 250); // 36 frames at 29.97: 1.2012 s
}

TEST(backward)
{
    expect("npt=8-", -1000, 200, -1);
    expect("npt=8-3", -1000, 200, 75);
    expect("npt=10-0", -4000, 249, -1);
    expect("npt=99-", -1000, 249, -1);
    expect("npt=1.040-1.000", -1000, 26, 25);
    expect("npt=now-", -1000, 100, -1);
    expect("npt=-1", -1000, 100, 25);
}

TEST(ranges_without_a_frame)
{
    struct kin_play_range whole = kin_play_range_whole(reel(), 1000);
    look("npt=10-", 1000, 0, whole, KIN_ERANGE);
    look("npt=99-100", 1000, 0, whole, KIN_ERANGE);
    look("npt=1.01-1.02", 1000, 0, whole, KIN_OK); // the frame that is shown then
    look("npt=3-8", -1000, 0, whole, KIN_ERANGE);
}

// Without a range.
static void expect_on(uint32_t position, struct kin_play_range now, int32_t scale, uint32_t first, int64_t end)
{
    look(NULL, scale, position, now, KIN_OK);
    CHECK_INT(found.first, first);
    CHECK_INT(found.end, end);
out:;
}

TEST(going_on)
{
    struct kin_play_range whole = kin_play_range_whole(reel(), 1000), back = kin_play_range_whole(reel(), -1000);
    struct kin_play_range part = {.first = 50, .end = 75, .scale_milli = 1000};
    struct kin_play_range back_part = {.first = 75, .end = 50, .scale_milli = -1000};
    expect_on(0, whole, 1000, 0, 250);
    expect_on(60, part, 1000, 60, 75);
    expect_on(60, part, 2000, 60, 75);
    expect_on(75, part, 1000, 75, 250); // its end was reached
    expect_on(250, whole, 1000, 0, 250);
    expect_on(0, whole, -1000, 249, -1); // from the end (RFC 2326 section 12.34)
    expect_on(250, whole, -1000, 249, -1);
    expect_on(60, part, -2000, 60, -1);
    expect_on(60, back_part, -1000, 60, 50);
    expect_on(50, back_part, -1000, 50, -1);
    expect_on(60, back, 1000, 60, 250);
    expect_on(0, back, 1000, 0, 250);
}

static void expect_pause(int32_t scale, uint32_t position, int64_t end, kin_us at, int64_t want)
{
    uint32_t frame = 9999;
    struct kin_play_range range = {.first = 100, .end = end, .scale_milli = scale};
    int err = kin_play_range_pause(reel(), at, position, &range, &frame);
    CHECK_INT(err, want >= 0 ? KIN_OK : KIN_ERANGE);
    CHECK_INT(frame, want >= 0 ? want : 9999);
out:;
}

TEST(pausing_later)
{
    expect_pause(1000, 110, 250, 5000 * MS, 125);
    expect_pause(1000, 110, 250, 5001 * MS, 126); // the frame that is shown then still comes
    expect_pause(1000, 110, 250, 4400 * MS, 110); // at once
    expect_pause(1000, 110, 250, 4360 * MS, -1);  // passed
    expect_pause(1000, 110, 250, 10000 * MS, 250);
    expect_pause(1000, 110, 250, 10001 * MS, -1); // behind the reel
    expect_pause(1000, 110, 130, 5200 * MS, 130);
    expect_pause(1000, 110, 130, 5240 * MS, -1); // behind what is played
    expect_pause(-2000, 90, -1, 2000 * MS, 50);
    expect_pause(-2000, 90, -1, 0, 0);
    expect_pause(-2000, 90, -1, 3640 * MS, -1);
    expect_pause(-2000, 90, 60, 2360 * MS, -1);
}

TEST(what_is_really_done)
{
    look("npt=1-", -99000, 0, kin_play_range_whole(reel(), 1000), KIN_OK);
    CHECK_INT(found.scale_milli, -16000);
    CHECK_INT(found.speed_milli, 1000);
    CHECK_INT(kin_play_range_end(reel(), &found), 0);
    struct kin_play_range part = {.first = 50, .end = 75};
    CHECK_INT(kin_play_range_end(reel(), &part), 3000 * MS);
    CHECK_INT(kin_play_range_time(reel(), 250), 10000 * MS);
out:;
}

TEST(frames_whose_times_are_no_whole_milliseconds)
{
    rate = 24;
    expect("npt=0.000-10.000", 1000, 0, 240);
    expect("npt=1-2", 1000, 24, 48);
    expect("npt=1.041667-", 1000, 25, 240);
    expect("npt=1.042-", 1000, 25, 240);
    expect("npt=1.041-", 1000, 24, 240); // 41.7 ms a frame
    expect("npt=1.02-", 1000, 24, 240);
    expect("npt=0-0.001", 1000, 0, 1);
    expect("npt=9.97-", 1000, 239, 240);
    expect("npt=2-99", 1000, 48, 240);
    expect("npt=-5", 1000, 100, 120);
    expect("npt=0:00:01-0:00:01.5", 1000, 24, 36);
    expect("npt=1.042-0.958", -1000, 25, 23);
    rate = 25;
}

// A client sends back the times that we told it, rounded to milliseconds.
TEST(every_frame_time_in_milliseconds_is_that_frame)
{
    char text[64];
    rate = 24;
    for (uint32_t i = 1; i < 240; i++) {
        long long ms = (long long)((kin_play_range_time(reel(), i) + 500) / 1000);
        snprintf(text, sizeof text, "npt=%lld.%03lld-", ms / 1000, ms % 1000);
        expect(text, 1000, i, 240);
        expect(text, -1000, i, -1);
    }
    rate = 25;
}

TEST(a_refusal_leaves_the_result_alone)
{
    look("npt=3600000-", 1000, 0, kin_play_range_whole(reel(), 1000), KIN_ERANGE);
    CHECK_INT(found.first, 9999);
out:;
}
