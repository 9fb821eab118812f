// engine/rtp/rtp_tail: what is missing behind the newest packet, as sender reports count.
#include "engine/rtp/rtp_tail.h"

#include "unit.h"

#define MS KIN_US_PER_MS
#define GRACE KIN_RTP_TAIL_GRACE_US
#define ANY UINT32_MAX // packets may have been sent

// A sender whose count began at `before`, after its first report of 10 packets that all came.
static struct kin_rtp_tail tail(uint32_t before)
{
    struct kin_rtp_tail t;
    kin_rtp_tail_init(&t, 0);
    kin_rtp_tail_report(&t, before + 10, 10, ANY);
    kin_rtp_tail_tick(&t, 0, 10);
    return t;
}

TEST(what_a_report_counts_and_nobody_got_is_missing)
{
    const uint32_t counts[] = {0, 1000, UINT32_MAX - 90, UINT32_MAX - 5000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct kin_rtp_tail t = tail(counts[i]);
        kin_rtp_tail_report(&t, counts[i] + 150, 50, ANY);
        CHECK_INT(kin_rtp_tail_missing(&t, 50), 0);
        kin_rtp_tail_tick(&t, 1000 * MS, 50);
        CHECK_INT(kin_rtp_tail_deadline(&t), 1000 * MS + GRACE);
        kin_rtp_tail_tick(&t, 1000 * MS + GRACE - 1, 50);
        CHECK_INT(kin_rtp_tail_missing(&t, 50), 0);
        kin_rtp_tail_tick(&t, 1000 * MS + GRACE, 50);
        CHECK_INT(kin_rtp_tail_missing(&t, 50), 100);
        CHECK_INT(kin_rtp_tail_deadline(&t), KIN_US_NEVER);
    }
out:;
}

TEST(packets_that_a_report_overtook_are_waited_for)
{
    struct kin_rtp_tail t = tail(0);
    kin_rtp_tail_report(&t, 60, 50, ANY);
    kin_rtp_tail_tick(&t, 1000 * MS, 50);
    kin_rtp_tail_tick(&t, 1080 * MS, 55);
    kin_rtp_tail_tick(&t, 1160 * MS, 55);
    CHECK_INT(kin_rtp_tail_missing(&t, 55), 0);
    kin_rtp_tail_tick(&t, 1170 * MS, 60);
    CHECK_INT(kin_rtp_tail_deadline(&t), KIN_US_NEVER);
    kin_rtp_tail_tick(&t, 2000 * MS, 60);
    CHECK_INT(kin_rtp_tail_missing(&t, 60), 0);
out:;
}

TEST(what_the_numbers_count_later_is_missing_no_more)
{
    struct kin_rtp_tail t = tail(0);
    kin_rtp_tail_report(&t, 150, 50, ANY);
    kin_rtp_tail_tick(&t, 1000 * MS, 50);
    kin_rtp_tail_settle(&t, 50);
    CHECK_INT(kin_rtp_tail_missing(&t, 50), 100);
    CHECK_INT(kin_rtp_tail_missing(&t, 70), 80);
    CHECK_INT(kin_rtp_tail_missing(&t, 150), 0);
    CHECK_INT(kin_rtp_tail_missing(&t, 220), 0);
out:;
}

TEST(the_first_report_may_have_been_overtaken)
{
    struct kin_rtp_tail t;
    kin_rtp_tail_init(&t, 0);
    kin_rtp_tail_report(&t, 500, 20, ANY); // five of these were sent behind it
    kin_rtp_tail_report(&t, 585, 100, ANY);
    kin_rtp_tail_settle(&t, 100);
    CHECK_INT(kin_rtp_tail_missing(&t, 100), 0);
    kin_rtp_tail_report(&t, 685, 100, ANY);
    kin_rtp_tail_settle(&t, 100);
    CHECK_INT(kin_rtp_tail_missing(&t, 100), 100);
out:;
}

// The first report came while packets were missing; a later one says that the count began with the source.
TEST(a_count_that_begins_with_the_source_is_exact)
{
    struct kin_rtp_tail t;
    kin_rtp_tail_init(&t, 400);
    kin_rtp_tail_report(&t, 410, 8, ANY);
    CHECK(!t.sure);
    kin_rtp_tail_report(&t, 450, 51, ANY);
    CHECK(t.sure);
    kin_rtp_tail_report(&t, 460, 58, ANY);
    kin_rtp_tail_settle(&t, 58);
    CHECK_INT(kin_rtp_tail_missing(&t, 58), 2);
out:;
}

TEST(a_count_of_something_else_is_not_believed)
{
    struct kin_rtp_tail t = tail(0);
    kin_rtp_tail_report(&t, 500, 50, ANY);
    kin_rtp_tail_settle(&t, 50);
    kin_rtp_tail_report(&t, 900, 90, ANY);
    CHECK_INT(kin_rtp_tail_missing(&t, 90), 0);
    kin_rtp_tail_report(&t, 1300, 90, ANY);
    kin_rtp_tail_settle(&t, 90);
    CHECK_INT(kin_rtp_tail_missing(&t, 90), 0);
    t = tail(0);
    kin_rtp_tail_report(&t, 7, 20, ANY);
    kin_rtp_tail_report(&t, 900, 20, ANY);
    kin_rtp_tail_settle(&t, 20);
    CHECK_INT(kin_rtp_tail_missing(&t, 20), 0);
out:;
}

TEST(counters_that_are_reset_forget_what_is_missing)
{
    struct kin_rtp_tail t = tail(0);
    kin_rtp_tail_report(&t, 150, 50, ANY);
    kin_rtp_tail_settle(&t, 50);
    kin_rtp_tail_forget(&t, 50);
    CHECK_INT(kin_rtp_tail_missing(&t, 50), 0);
    kin_rtp_tail_report(&t, 170, 50, ANY);
    kin_rtp_tail_settle(&t, 50);
    CHECK_INT(kin_rtp_tail_missing(&t, 50), 20);
out:;
}

TEST(a_count_of_what_came_says_that_all_came)
{
    struct kin_rtp_tail t;
    kin_rtp_tail_init(&t, 0);
    CHECK(!kin_rtp_tail_agrees(&t, 0));
    kin_rtp_tail_report(&t, 10, 10, ANY);
    CHECK(kin_rtp_tail_agrees(&t, 10));
    kin_rtp_tail_report(&t, 60, 50, ANY);
    CHECK(!kin_rtp_tail_agrees(&t, 50));
    CHECK(kin_rtp_tail_agrees(&t, 60));
    kin_rtp_tail_report(&t, 3, 60, ANY);
    CHECK(!kin_rtp_tail_agrees(&t, 60));
    t = tail(7000); // perhaps some overtook the report, or are lost
    CHECK(!kin_rtp_tail_agrees(&t, 10));
out:;
}

// Such a report says nothing; one that comes later and is plausible does.
TEST(more_than_can_have_been_sent_is_not_believed)
{
    const uint32_t counts[] = {0, 1000000000, UINT32_MAX - 90}, nonsense[] = {101, 500, 1000000000, INT32_MAX - 100};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] * 4; i++) {
        uint32_t before = counts[i / 4];
        struct kin_rtp_tail t = tail(before);
        kin_rtp_tail_report(&t, before + 50 + nonsense[i % 4], 50, 100);
        kin_rtp_tail_settle(&t, 50);
        CHECK_INT(kin_rtp_tail_missing(&t, 50), 0);
        kin_rtp_tail_report(&t, before + 60 + 100, 60, 100);
        kin_rtp_tail_settle(&t, 60);
        CHECK_INT(kin_rtp_tail_missing(&t, 60), 100);
    }
out:;
}
