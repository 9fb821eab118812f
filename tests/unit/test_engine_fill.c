// engine/play/fill: when the server is asked to deliver faster, and when it is not asked again.
#include "engine/play/fill.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define SPACING 3600
#define TARGET 30

static const struct kin_fill_packets none = {.received = 0};

static struct kin_fill_facts facts(unsigned ahead, uint64_t received, uint64_t lost)
{
    return (struct kin_fill_facts){
        .ahead = ahead, .target = TARGET, .low = TARGET / 2, .packets = {received, lost}, .may = true};
}

static int32_t check(struct kin_fill *f, kin_us now, unsigned ahead, uint64_t received, uint64_t lost)
{
    struct kin_fill_facts now_facts = facts(ahead, received, lost);
    return kin_fill_check(f, now, &now_facts);
}

// A filling that began at one second; its frames follow each other by `step` for `count` frames of `ts` each.
static void begin(struct kin_fill *f, unsigned count, kin_us step, int64_t ts)
{
    kin_fill_init(f, true);
    kin_fill_speed(f, SEC, 0, TARGET);
    kin_fill_answered(f, SEC, 4000, none);
    for (unsigned i = 0; i < count; i++)
        kin_fill_frame(f, SEC + i * step, 1000 + i * ts, SPACING);
}

TEST(a_cache_fills_and_the_server_slows_down)
{
    struct kin_fill f;
    kin_fill_init(&f, true);
    CHECK_INT(kin_fill_speed(&f, SEC, 0, TARGET), 4000);
    CHECK(kin_fill_runs(&f));
    CHECK_INT(check(&f, SEC, 0, 0, 0), 0); // not answered yet
    CHECK(kin_fill_answered(&f, SEC, 4000, none));
    for (unsigned i = 0; i < 40; i++)
        kin_fill_frame(&f, SEC + i * 10 * MS, i * SPACING, SPACING);
    CHECK_INT(check(&f, SEC + 390 * MS, 29, 400, 0), 0);
    CHECK_INT(check(&f, SEC + 390 * MS, 30, 400, 0), 1000);
    CHECK(kin_fill_answered(&f, SEC + 400 * MS, 1000, none));
    CHECK(!kin_fill_runs(&f) && f.usable);
    CHECK_INT(check(&f, SEC + 500 * MS, 30, 400, 0), 0);
    CHECK_INT(kin_fill_speed(&f, 2 * SEC, 30, TARGET), 1000); // a pause with a full cache
    kin_fill_answered(&f, 2 * SEC, 1000, none);
    CHECK_INT(kin_fill_speed(&f, 2 * SEC, 0, TARGET), 4000); // a jump
    CHECK_INT(f.usable, true);
out:;
}

TEST(it_fills_again_when_half_of_it_is_gone)
{
    struct kin_fill f;
    begin(&f, 40, 10 * MS, SPACING);
    CHECK_INT(check(&f, SEC + 390 * MS, 30, 400, 0), 1000);
    kin_fill_answered(&f, SEC + 400 * MS, 1000, none);
    kin_fill_frame(&f, SEC + 2 * KIN_FILL_AGAIN_US, 1000000, SPACING);
    CHECK_INT(check(&f, SEC + 2 * KIN_FILL_AGAIN_US, 15, 400, 0), 0);
    CHECK_INT(check(&f, SEC + 2 * KIN_FILL_AGAIN_US, 14, 400, 0), 4000);
    kin_fill_answered(&f, SEC + 2 * KIN_FILL_AGAIN_US, 4000, none);
    CHECK_INT(check(&f, 2 * SEC + 2 * KIN_FILL_AGAIN_US, 14, 400, 0), 1000); // nothing comes
    kin_fill_answered(&f, 2 * SEC + 2 * KIN_FILL_AGAIN_US, 1000, none);
    CHECK_INT(check(&f, 100 * SEC, 0, 400, 0), 0); // still
out:;
}

TEST(a_loss_ends_it_and_less_is_asked_for_later)
{
    struct kin_fill f;
    begin(&f, 10, 10 * MS, SPACING);
    CHECK_INT(check(&f, SEC + 90 * MS, 5, 200, 1), 0); // one packet is forgiven
    CHECK_INT(check(&f, SEC + 90 * MS, 5, 200, 5), 1000);
    kin_fill_answered(&f, SEC + 100 * MS, 1000, (struct kin_fill_packets){200, 5});
    CHECK_INT(kin_fill_speed(&f, 2 * SEC, 0, TARGET), 1000);
    kin_fill_answered(&f, 2 * SEC, 1000, (struct kin_fill_packets){300, 5});
    kin_us later = SEC + 100 * MS + KIN_FILL_LOST_US;
    CHECK_INT(kin_fill_speed(&f, later, 0, TARGET), 2000);
    kin_fill_answered(&f, later, 2000, (struct kin_fill_packets){1000, 5});
    kin_fill_frame(&f, later, 0, SPACING);
    CHECK_INT(check(&f, later, 5, 1100, 50), 1000);
    kin_fill_answered(&f, later, 1000, (struct kin_fill_packets){1100, 50});
    CHECK_INT(kin_fill_speed(&f, later + KIN_FILL_LOST_US, 0, TARGET), 1000); // it waits longer each time
out:;
}

// What is lost at any speed is no reason.
TEST(a_line_that_loses_anyway_is_filled_from)
{
    struct kin_fill f;
    kin_fill_init(&f, true);
    kin_fill_speed(&f, 0, TARGET, TARGET);
    kin_fill_answered(&f, 0, 1000, none);
    kin_fill_speed(&f, SEC, 0, TARGET);
    kin_fill_answered(&f, SEC, 4000, (struct kin_fill_packets){900, 100});
    kin_fill_frame(&f, SEC, 0, SPACING);
    CHECK_INT(check(&f, SEC, 3, 1300, 150), 0);
    CHECK_INT(check(&f, SEC, 3, 1300, 250), 1000);
out:;
}

TEST(a_line_that_is_too_slow_ends_it)
{
    struct kin_fill f;
    begin(&f, 12, 20 * MS, SPACING); // twice as fast, not four times
    CHECK(f.lags);
    CHECK_INT(check(&f, SEC + 220 * MS, 5, 100, 0), 1000);
out:;
}

TEST(a_server_that_does_not_do_it_is_not_asked_again)
{
    struct kin_fill f;
    kin_fill_init(&f, true);
    kin_fill_speed(&f, SEC, 0, TARGET);
    CHECK(kin_fill_answered(&f, SEC, 1000, none)); // no Speed in the reply
    CHECK(!f.usable);
    CHECK_INT(kin_fill_speed(&f, 2 * SEC, 0, TARGET), 1000);
    kin_fill_init(&f, true);
    kin_fill_speed(&f, SEC, 0, TARGET);
    CHECK(kin_fill_answered(&f, SEC, 0, none)); // refused
    CHECK(!f.usable);
    kin_fill_init(&f, false);
    CHECK_INT(kin_fill_speed(&f, SEC, 0, TARGET), 1000);
out:;
}

TEST(a_server_that_does_not_slow_down_is_paused)
{
    struct kin_fill f;
    begin(&f, 40, 10 * MS, SPACING);
    CHECK_INT(check(&f, SEC + 390 * MS, 30, 400, 0), 1000);
    CHECK(!kin_fill_answered(&f, SEC + 400 * MS, 4000, none));
    CHECK(!f.usable);
    begin(&f, 40, 10 * MS, SPACING);
    CHECK_INT(check(&f, SEC + 390 * MS, 30, 400, 0), 1000);
    CHECK(!kin_fill_answered(&f, SEC + 400 * MS, 0, none)); // refused
out:;
}

// gst-rtsp-server divides the times of frames by the Speed, which makes the picture faster.
TEST(a_server_that_divides_rtp_time_is_found_out)
{
    struct kin_fill f;
    begin(&f, 6, 10 * MS, SPACING / 4);
    CHECK(f.misread);
    kin_fill_forbid(&f);
    CHECK_INT(kin_fill_speed(&f, 2 * SEC, 0, TARGET), 1000);
    begin(&f, 6, 10 * MS, SPACING);
    CHECK(!f.misread);
out:;
}

TEST(a_small_cache_needs_none_of_it)
{
    struct kin_fill f;
    kin_fill_init(&f, true);
    CHECK_INT(kin_fill_speed(&f, SEC, 0, KIN_FILL_TARGET_MIN - 1), 1000);
    kin_fill_answered(&f, SEC, 1000, none);
    CHECK(f.usable);
    CHECK_INT(kin_fill_deadline(&f), KIN_US_NEVER);
out:;
}
