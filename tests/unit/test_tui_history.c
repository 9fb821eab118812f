// A figure of the last seconds as columns: how seconds share them, what stands for several, the scale.
#include "pages/history.h"

#include "unit.h"

enum { SECONDS = 12 };

// Seconds from `first` on with these counts of lost packets.
static void make(struct kin_receive_second *s, uint64_t first, const unsigned *lost, size_t count)
{
    for (size_t i = 0; i < count; i++)
        s[i] = (struct kin_receive_second){
            .number = first + i,
            .known = true,
            .covers = KIN_US_PER_S,
            .counts = {[KIN_RECEIVE_P_LOST] = lost[i], [KIN_RECEIVE_WIRE_BYTES] = 125000 * (uint64_t)lost[i]},
            .state = {.jitter_ms = 0.2, .rtt_ms = -1, .cache = lost[i]}};
}

static void columns(const struct kin_receive_second *s, size_t count, unsigned step, enum history_figure figure,
                    struct history_columns *ret)
{
    const struct history_source source = {s, count, NULL};
    history_columns(&source, step, figure, ret);
}

TEST(history_has_a_column_for_each_second)
{
    static const unsigned lost[SECONDS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    struct kin_receive_second s[SECONDS];
    struct history_columns c;
    make(s, 100, lost, SECONDS);
    s[5].known = false;
    columns(s, SECONDS, 1, HISTORY_LOST, &c);
    CHECK_INT(c.count, SECONDS);
    CHECK(c.values[0] == 0 && c.values[4] == 4 && c.values[5] == 0 && c.values[11] == 11);
    CHECK(c.scale == 20);
    CHECK_SPAN(kin_span_str(c.text), "0-20 packets");
    columns(s, SECONDS, 1, HISTORY_JITTER, &c);
    CHECK_SPAN(kin_span_str(c.text), "0-0.2 ms");
    columns(s, SECONDS, 1, HISTORY_RTT, &c); // unknown
    CHECK(c.values[3] == 0 && c.scale == 0);
    CHECK_SPAN(kin_span_str(c.text), "0 ms");
    columns(s, SECONDS, 1, HISTORY_THROUGHPUT, &c);
    CHECK(c.values[3] == 3e6);
    CHECK_INT(c.known, SECONDS - 1);
    CHECK(c.least == 0 && c.most == 11e6 && c.mean > 5.5e6 && c.mean < 5.6e6 && c.last == 11e6);
    CHECK_SPAN(kin_span_str(c.text), "0-20.0 Mbit/s");
    columns(s, 0, 1, HISTORY_LOST, &c);
    CHECK(c.count == 0 && c.scale == 0);
out:;
}

// Which seconds share a column does not change as time goes on.
TEST(history_shares_columns)
{
    static const unsigned lost[SECONDS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    struct kin_receive_second s[SECONDS];
    struct history_columns c;
    make(s, 100, lost, SECONDS); // 99-101, 102-104, 105-107, 108-110, 111-
    s[4].known = false;          // 104
    columns(s, SECONDS, 3, HISTORY_LOST, &c);
    CHECK_INT(c.count, 5);
    CHECK(c.values[0] == 1 && c.values[1] == 3 && c.values[2] == 7 && c.values[3] == 10 && c.values[4] == 11);
    columns(s, SECONDS, 3, HISTORY_CACHE, &c);
    CHECK(c.values[0] == 0 && c.values[1] == 2 && c.values[2] == 5 && c.values[3] == 8 && c.values[4] == 11);
    columns(s, SECONDS, 3, HISTORY_THROUGHPUT, &c);
    CHECK(c.values[0] == 0.5e6 && c.values[1] == 2.5e6 && c.values[2] == 6e6);
    columns(s + 2, SECONDS - 2, 3, HISTORY_LOST, &c);
    CHECK(c.count == 4 && c.values[0] == 3 && c.values[1] == 7);
out:;
}

TEST(history_has_the_terminal_on_the_same_axis)
{
    static const unsigned lost[3] = {0, 0, 0};
    static struct terminal_history t;
    struct kin_receive_second s[3];
    struct history_columns c;
    char text[HISTORY_TEXT_MAX];
    struct terminal_totals totals = {.bytes = 5};
    make(s, 100, lost, 3);
    t = (struct terminal_history){.started = false};
    terminal_history_tick(&t, 100, &totals);
    totals.bytes += 700000;
    totals.shown += 24;
    terminal_history_tick(&t, 101, &totals);
    const struct history_source source = {s, 3, &t};
    history_columns(&source, 1, HISTORY_OUTPUT, &c);
    CHECK(c.count == 3 && c.values[0] == 0 && c.values[1] == 7e5 && c.values[2] == 0);
    CHECK_SPAN(kin_span_str(c.text), "0-1.00 MB");
    CHECK_SPAN(kin_span_str(history_value(HISTORY_OUTPUT, 7e5, text)), "700 kB/s");
    history_columns(&source, 1, HISTORY_SHOWN, &c);
    CHECK(c.values[1] == 24 && c.scale == 50);
    CHECK_SPAN(kin_span_str(history_value(HISTORY_SHOWN, 24, text)), "24.0 fps");
    CHECK_SPAN(kin_span_str(history_value(HISTORY_JITTER, 0, text)), "0 ms");
    CHECK_SPAN(kin_span_str(history_value(HISTORY_LOST, 8, text)), "8 packets");
out:;
}

TEST(history_fits_into_its_room)
{
    static struct kin_receive_second s[2 * HISTORY_COLUMNS_MAX];
    struct history_columns c;
    CHECK_INT(history_step(120, 120), 1);
    CHECK_INT(history_step(120, 119), 2);
    CHECK_INT(history_step(120, 84), 2);
    CHECK_INT(history_step(120, 18), 7);
    CHECK_INT(history_step(3, 18), 1);
    CHECK_INT(history_step(3, 0), 1);
    for (size_t i = 0; i < sizeof s / sizeof *s; i++)
        make(&s[i], i, (unsigned[]){(unsigned)i}, 1);
    columns(s, sizeof s / sizeof *s, 1, HISTORY_LOST, &c); // the newest remain
    CHECK_INT(c.count, HISTORY_COLUMNS_MAX);
    CHECK(c.values[HISTORY_COLUMNS_MAX - 1] == 2 * HISTORY_COLUMNS_MAX - 1);
out:;
}
