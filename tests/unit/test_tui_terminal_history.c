// What became of the pictures, second by second.
#include "model/terminal_history.h"
#include "unit.h"

TEST(terminal_history_keeps_what_a_second_adds)
{
    static struct terminal_history h;
    h = (struct terminal_history){.started = false};
    struct terminal_totals t = {.bytes = 1000, .shown = 7, .dropped = 3};
    terminal_history_tick(&h, 0, &t); // from before it began
    CHECK(terminal_history_at(&h, 0).bytes == 0);
    t.bytes += 500;
    t.shown += 2;
    terminal_history_tick(&h, 0, &t);
    t.bytes += 20;
    t.late = 4;
    terminal_history_tick(&h, 0, &t);
    t.dropped += 1;
    t.decoder += 5;
    t.bytes = 3; // counted anew
    terminal_history_tick(&h, 1, &t);
    struct terminal_totals a = terminal_history_at(&h, 0), b = terminal_history_at(&h, 1);
    CHECK(a.bytes == 520 && a.shown == 2 && a.dropped == 0 && a.late == 4);
    CHECK(b.bytes == 0 && b.dropped == 1 && b.decoder == 5);
    CHECK(terminal_history_at(&h, 2).shown == 0);
out:;
}

TEST(terminal_history_rests_with_the_reel)
{
    static struct terminal_history h;
    h = (struct terminal_history){.started = false};
    struct terminal_totals t = {.bytes = 0};
    terminal_history_tick(&h, 3, &t);
    t.shown += 24;
    terminal_history_tick(&h, 3, &t);
    t.shown += 5;
    t.bytes += 4000;
    terminal_history_rest(&h, &t);
    t.shown += 1;
    terminal_history_tick(&h, 3, &t);
    CHECK_INT(terminal_history_at(&h, 3).shown, 25);
    CHECK_INT(terminal_history_at(&h, 3).bytes, 0);
out:;
}

// Seconds of the round before must not be taken for those of this one.
TEST(terminal_history_forgets_what_is_too_old)
{
    static struct terminal_history h;
    h = (struct terminal_history){.started = false};
    struct terminal_totals t = {.bytes = 0};
    terminal_history_tick(&h, 4, &t);
    t.bytes = 9;
    terminal_history_tick(&h, 4, &t);
    CHECK(terminal_history_at(&h, 4).bytes == 9);
    CHECK(terminal_history_at(&h, 4 + TERMINAL_HISTORY_ROOM).bytes == 0);
    terminal_history_tick(&h, 4 + TERMINAL_HISTORY_ROOM, &t);
    CHECK(terminal_history_at(&h, 4).bytes == 0);
out:;
}
