// engine/play/stream_end: BYE, silence in the middle, silence near the end, and a stream that never ends.
#include "engine/play/stream_end.h"

#include "unit.h"

#define SEC KIN_US_PER_S
#define MS KIN_US_PER_MS

static struct kin_stream_place middle(void)
{
    return (struct kin_stream_place){
        .watched = true, .last_over = KIN_US_NEVER, .interval = 40 * MS, .ends_at = 60 * SEC};
}

static struct kin_stream_end started(void)
{
    struct kin_stream_end e;
    kin_stream_end_init(&e);
    kin_stream_end_start(&e, 0);
    return e;
}

TEST(a_bye_waits_for_what_it_overtook)
{
    struct kin_stream_end e = started();
    struct kin_stream_place place = middle();
    kin_stream_end_packet(&e, SEC);
    kin_stream_end_bye(&e, SEC);
    kin_stream_end_bye(&e, 2 * SEC); // once more
    CHECK_INT(kin_stream_end_deadline(&e, &place), SEC + KIN_STREAM_BYE_GRACE_US);
    CHECK_INT(kin_stream_end_check(&e, SEC, &place), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_stream_end_check(&e, SEC + KIN_STREAM_BYE_GRACE_US, &place), KIN_STREAM_ENDED);
    place.watched = false; // paused meanwhile: it counts all the same
    CHECK_INT(kin_stream_end_check(&e, SEC + KIN_STREAM_BYE_GRACE_US, &place), KIN_STREAM_ENDED);
    kin_stream_end_stop(&e);
    CHECK_INT(kin_stream_end_deadline(&e, &place), KIN_US_NEVER);
out:;
}

TEST(a_run_is_quiet_when_nothing_comes)
{
    struct kin_stream_end e = started();
    CHECK(!kin_stream_end_is_quiet(&e, KIN_STREAM_FIRST_US - 1));
    CHECK(kin_stream_end_is_quiet(&e, KIN_STREAM_FIRST_US));
    kin_stream_end_packet(&e, SEC);
    CHECK(!kin_stream_end_is_quiet(&e, SEC + KIN_STREAM_QUIET_US - 1));
    CHECK(kin_stream_end_is_quiet(&e, SEC + KIN_STREAM_QUIET_US));
    kin_stream_end_stop(&e);
    CHECK(!kin_stream_end_is_quiet(&e, 100 * SEC));
out:;
}

// Once such a reel came whole, and had "ended before the end".
TEST(media_that_go_on_behind_a_bye_are_no_end)
{
    struct kin_stream_end e = started();
    struct kin_stream_place place = middle();
    kin_us at = SEC;
    kin_stream_end_packet(&e, at);
    kin_stream_end_bye(&e, at);
    for (int i = 0; i < 50; i++) {
        kin_stream_end_packet(&e, at += 100 * KIN_US_PER_MS);
        CHECK_INT(kin_stream_end_check(&e, at, &place), KIN_STREAM_GOES_ON);
    }
    CHECK_INT(kin_stream_end_deadline(&e, &place), at + KIN_STREAM_BYE_GRACE_US);
    CHECK_INT(kin_stream_end_check(&e, at + KIN_STREAM_BYE_GRACE_US, &place), KIN_STREAM_ENDED);
out:;
}

TEST(silence_is_said_once)
{
    struct kin_stream_end e = started();
    struct kin_stream_place place = middle();
    CHECK_INT(kin_stream_end_check(&e, 3 * SEC, &place), KIN_STREAM_GOES_ON); // the first packet may take longer
    CHECK_INT(kin_stream_end_packet(&e, 4 * SEC), 0);
    CHECK_INT(kin_stream_end_deadline(&e, &place), 4 * SEC + KIN_STREAM_SILENT_US);
    CHECK_INT(kin_stream_end_silence(&e, 5 * SEC, &place), 0);
    CHECK_INT(kin_stream_end_check(&e, 6 * SEC, &place), KIN_STREAM_SILENT);
    CHECK_INT(kin_stream_end_check(&e, 7 * SEC, &place), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_stream_end_silence(&e, 7 * SEC, &place), 3 * SEC);
    CHECK_INT(kin_stream_end_packet(&e, 8 * SEC), 4 * SEC);
    CHECK_INT(kin_stream_end_packet(&e, 9 * SEC), 0);
    CHECK_INT(kin_stream_end_check(&e, 11 * SEC, &place), KIN_STREAM_SILENT);
out:;
}

TEST(slow_reels_are_not_silent)
{
    struct kin_stream_end e = started();
    struct kin_stream_place place = middle();
    place.interval = 5 * SEC;
    kin_stream_end_packet(&e, SEC);
    CHECK_INT(kin_stream_end_check(&e, 15 * SEC, &place), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_stream_end_check(&e, 16 * SEC, &place), KIN_STREAM_SILENT);
    place.last_over = 3 * SEC;
    CHECK_INT(kin_stream_end_deadline(&e, &place), 13 * SEC);
out:;
}

// A pause that began 1 s before the end once ended the run 300 ms too early for its last frame, report and BYE.
TEST(silence_near_the_end_waits_for_the_last_frame)
{
    struct kin_stream_end e = started();
    struct kin_stream_place place = middle();
    kin_stream_end_packet(&e, 59 * SEC);
    place.last_over = 60 * SEC;
    CHECK_INT(kin_stream_end_deadline(&e, &place), 60 * SEC + KIN_STREAM_END_GRACE_US);
    CHECK_INT(kin_stream_end_check(&e, 60 * SEC + KIN_STREAM_END_GRACE_US - 1, &place), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_stream_end_check(&e, 60 * SEC + KIN_STREAM_END_GRACE_US, &place), KIN_STREAM_ENDED);
out:;
}

// Without a BYE: as long after the last packet as ever.
TEST(silence_behind_the_end_is_the_end)
{
    struct kin_stream_end e = started();
    struct kin_stream_place place = middle();
    kin_stream_end_packet(&e, 60 * SEC);
    place.last_over = 59 * SEC + 990 * MS;
    CHECK_INT(kin_stream_end_check(&e, 60 * SEC + KIN_STREAM_END_GRACE_US - 1, &place), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_stream_end_check(&e, 60 * SEC + KIN_STREAM_END_GRACE_US, &place), KIN_STREAM_ENDED);
    kin_stream_end_bye(&e, 60 * SEC);
    CHECK_INT(kin_stream_end_deadline(&e, &place), 60 * SEC + KIN_STREAM_BYE_GRACE_US);
out:;
}

TEST(a_stream_that_broke_off_ends_some_day)
{
    struct kin_stream_end e = started();
    struct kin_stream_place place = middle();
    kin_stream_end_packet(&e, 10 * SEC);
    CHECK_INT(kin_stream_end_check(&e, 12 * SEC, &place), KIN_STREAM_SILENT);
    CHECK_INT(kin_stream_end_deadline(&e, &place), 60 * SEC + KIN_STREAM_BROKEN_US);
    CHECK_INT(kin_stream_end_check(&e, 69 * SEC, &place), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_stream_end_check(&e, 70 * SEC, &place), KIN_STREAM_BROKEN);
    place.ends_at = KIN_US_NEVER; // of a camera
    CHECK_INT(kin_stream_end_check(&e, 700 * SEC, &place), KIN_STREAM_GOES_ON);
    place.watched = false; // paused
    CHECK_INT(kin_stream_end_deadline(&e, &place), KIN_US_NEVER);
out:;
}

TEST(silence_is_shown_from_a_quarter_of_a_second_on)
{
    struct kin_stream_end e;
    struct kin_stream_place place = {
        .watched = true, .last_over = KIN_US_NEVER, .interval = 40 * MS, .ends_at = KIN_US_NEVER};
    kin_stream_end_init(&e);
    kin_stream_end_start(&e, 0);
    CHECK_INT(kin_stream_end_hush(&e, SEC, &place), 0); // nothing has come yet at all
    kin_stream_end_packet(&e, SEC);
    CHECK_INT(kin_stream_end_hush(&e, SEC + 249 * MS, &place), 0);
    CHECK_INT(kin_stream_end_hush(&e, SEC + 250 * MS, &place), 250 * MS);
    place.interval = SEC; // a slow reel
    CHECK_INT(kin_stream_end_hush(&e, 3 * SEC, &place), 0);
    CHECK_INT(kin_stream_end_hush(&e, 5 * SEC, &place), 4 * SEC);
    kin_stream_end_bye(&e, 5 * SEC);
    CHECK_INT(kin_stream_end_hush(&e, 6 * SEC, &place), 0);
out:;
}
