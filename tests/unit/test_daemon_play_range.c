// Ranges in normal play time against frame numbers.
#include <stdio.h>

#include "base/err.h"
#include "play_range.h"
#include "unit.h"

#define FRAMES 240

static struct kin_reel_frame frames[FRAMES];
static struct kin_reel reel = {.frames = frames, .frame_count = FRAMES};

// 24 frames/s: the frame times are no whole milliseconds.
static void make_reel(void)
{
    for (uint32_t i = 0; i < FRAMES; i++)
        frames[i].ts = kin_reel_frame_ts(i, 24, 1);
    reel.duration_ts = kin_reel_frame_ts(FRAMES, 24, 1);
}

static int find(const char *text, uint32_t position, uint32_t until, struct play_range *ret)
{
    struct kin_rtsp_range range = {0};
    make_reel();
    if (text != NULL && kin_rtsp_range_parse(kin_span_str(text), &range) != KIN_OK)
        return KIN_EBAD;
    return play_range_find(&reel, &range, text != NULL, position, until, ret);
}

TEST(range_is_half_open_and_exact)
{
    static const struct {
        const char *text;
        uint32_t first, end;
    } table[] = {
        {"npt=0-", 0, 240},      {"npt=0.000-10.000", 0, 240},
        {"npt=1-2", 24, 48},     {"npt=1.041667-", 25, 240},
        {"npt=1.042-", 25, 240}, {"npt=1.041-", 24, 240}, // 41.7 ms a frame
        {"npt=1.02-", 24, 240},  {"npt=0-0.001", 0, 1},
        {"npt=9.97-", 239, 240}, {"npt=2-99", 48, 240},
        {"npt=now-", 100, 240},  {"npt=-5", 100, 120},
        {"npt=-1", 0, 24},       {"npt=0:00:01-0:00:01.5", 24, 36},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct play_range r = {0};
        CHECK_INT(find(table[i].text, 100, FRAMES, &r), KIN_OK);
        CHECK_INT(r.first, table[i].first);
        CHECK_INT(r.end, table[i].end);
    }
out:
    return;
}

// A client sends back the times that we told it, rounded to milliseconds.
TEST(range_of_every_frame_time_in_milliseconds_is_that_frame)
{
    char text[64];
    make_reel();
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct play_range r = {0};
        long long ms = (long long)((play_range_time(&reel, i) + 500) / 1000);
        snprintf(text, sizeof text, "npt=%lld.%03lld-", ms / 1000, ms % 1000);
        CHECK_INT(find(text, 0, FRAMES, &r), KIN_OK);
        CHECK_INT(r.first, i);
    }
out:
    return;
}

TEST(range_outside_the_reel_is_refused)
{
    struct play_range r = {7, 8};
    CHECK_INT(find("npt=10-", 0, FRAMES, &r), KIN_ERANGE);
    CHECK_INT(find("npt=11-12", 0, FRAMES, &r), KIN_ERANGE);
    CHECK_INT(find("npt=3600000-", 0, FRAMES, &r), KIN_ERANGE);
    CHECK_INT(r.first, 7);
out:
    return;
}

TEST(play_without_a_range_goes_on_or_starts_over)
{
    struct play_range r;
    CHECK_INT(find(NULL, 100, FRAMES, &r), KIN_OK);
    CHECK_INT(r.first, 100);
    CHECK_INT(find(NULL, 100, 120, &r), KIN_OK); // paused inside a range
    CHECK_INT(r.end, 120);
    CHECK_INT(find(NULL, 120, 120, &r), KIN_OK); // the range was played to its end
    CHECK_INT(r.first, 0);
    CHECK_INT(r.end, FRAMES);
    CHECK_INT(find(NULL, FRAMES, FRAMES, &r), KIN_OK);
    CHECK_INT(r.first, 0);
out:
    return;
}

TEST(time_of_the_end_is_the_duration)
{
    make_reel();
    CHECK_INT(play_range_time(&reel, 0), 0);
    CHECK_INT(play_range_time(&reel, 24), KIN_US_PER_S);
    CHECK_INT(play_range_time(&reel, FRAMES), 10 * KIN_US_PER_S);
out:
    return;
}
