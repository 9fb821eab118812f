// Which frames a file still needs, when a stream leaves some out.
#include "commands/save_order.h"
#include "unit.h"

// Plays from `from` to `to` without a gap.
static bool plays(struct save_order *o, uint64_t from, uint64_t to)
{
    for (uint64_t n = from; n < to; n++)
        if (save_order_feed(o, n, false, 0) != SAVE_APPEND)
            return false;
    return true;
}

TEST(save_order_takes_a_whole_stream)
{
    struct save_order o = save_order_make(4000);
    CHECK(plays(&o, 0, 240));
    CHECK_INT(save_order_end(&o, 240), SAVE_SKIP);
    CHECK_INT(o.missing, 0);
    CHECK_INT(o.speed_milli, 4000);
out:;
}

// Regression: what a server dropped because it sent faster than the line took was missing from the file.
TEST(save_order_asks_again_for_a_gap_and_more_slowly)
{
    struct save_order o = save_order_make(4000);
    CHECK(plays(&o, 0, 10));
    CHECK_INT(save_order_feed(&o, 13, false, 0), SAVE_REFETCH);
    CHECK_INT(o.next, 10);
    CHECK_INT(o.speed_milli, 2000);
    CHECK_INT(save_order_feed(&o, 14, true, 0), SAVE_SKIP); // of the place that is being left
    CHECK_INT(save_order_feed(&o, 9, false, 0), SAVE_SKIP); // a server that begins a frame early
    CHECK(plays(&o, 10, 20));
    CHECK_INT(save_order_feed(&o, 21, false, 0), SAVE_REFETCH);
    CHECK_INT(o.speed_milli, 1000);
    CHECK(plays(&o, 20, 30));
    CHECK_INT(save_order_feed(&o, 31, false, 0), SAVE_REFETCH);
    CHECK_INT(o.speed_milli, 1000);
    CHECK(plays(&o, 30, 40));
    CHECK_INT(o.missing, 0);
out:;
}

TEST(save_order_gives_up_what_the_server_does_not_have)
{
    struct save_order o = save_order_make(1000);
    CHECK(plays(&o, 0, 5));
    CHECK_INT(save_order_feed(&o, 7, false, 0), SAVE_REFETCH);
    CHECK_INT(save_order_feed(&o, 7, false, 0), SAVE_APPEND); // the same again: 5 and 6 do not exist
    CHECK_INT(o.missing, 2);
    for (uint64_t n = 9; n < 13; n += 2) {
        CHECK_INT(save_order_feed(&o, n, false, 0), SAVE_REFETCH);
        CHECK_INT(save_order_feed(&o, n, false, 0), SAVE_APPEND);
    }
    CHECK_INT(save_order_feed(&o, 13, false, 0), SAVE_APPEND); // three times in vain: not asked any more
    CHECK_INT(o.missing, 5);
    CHECK_INT(save_order_end(&o, 16), SAVE_SKIP);
    CHECK_INT(o.missing, 7);
out:;
}

TEST(save_order_gives_up_where_nothing_moves)
{
    struct save_order o = save_order_make(1000);
    CHECK_INT(save_order_feed(&o, 4, false, 0), SAVE_REFETCH);
    CHECK_INT(save_order_feed(&o, 6, false, 0), SAVE_REFETCH);
    CHECK_INT(save_order_feed(&o, 5, false, 0), SAVE_REFETCH);
    CHECK_INT(save_order_feed(&o, 7, false, 0), SAVE_APPEND);
    CHECK_INT(o.missing, 7);
out:;
}

TEST(save_order_tells_what_the_server_left_out)
{
    struct save_order o = save_order_make(1000);
    CHECK_INT(save_order_feed(&o, 2, false, 2), SAVE_REFETCH);
    CHECK_INT(save_order_feed(&o, 2, false, 2), SAVE_APPEND);
    CHECK_INT(save_order_feed(&o, 6, false, 0), SAVE_REFETCH);
    CHECK_INT(save_order_feed(&o, 6, false, 1), SAVE_APPEND); // one left out, the others lost
    CHECK_INT(o.missing, 5);
    CHECK_INT(o.left_out, 3);
    CHECK_INT(save_order_feed(&o, 8, false, 4), SAVE_REFETCH);
    CHECK_INT(save_order_feed(&o, 8, false, 4), SAVE_APPEND); // a place may be counted from further back
    CHECK_INT(o.left_out, 4);
out:;
}

TEST(save_order_asks_for_the_tail_once)
{
    struct save_order o = save_order_make(4000);
    CHECK(plays(&o, 0, 8));
    CHECK_INT(save_order_end(&o, 10), SAVE_REFETCH);
    CHECK(plays(&o, 8, 10));
    CHECK_INT(save_order_end(&o, 10), SAVE_SKIP);
    CHECK_INT(o.missing, 0);
    o = save_order_make(4000);
    CHECK_INT(save_order_end(&o, 10), SAVE_REFETCH);
    CHECK_INT(save_order_end(&o, 10), SAVE_SKIP);
    CHECK_INT(o.missing, 10);
out:;
}
