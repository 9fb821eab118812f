// engine/play/receive_history: a record a second, what is taken back, gaps, rests, the limit.
#include "engine/play/receive_history.h"

#include <stdio.h>

#include "unit.h"

#define MS KIN_US_PER_MS
#define S KIN_US_PER_S
#define BEGIN (77 * S + 123)
#define ROOM 10

struct line { // a history of ten seconds and what it is fed with
    struct kin_receive_second seconds[ROOM];
    struct kin_receive_history history;
    struct kin_receive_totals totals;
};

static void begin(struct line *l)
{
    *l = (struct line){.totals = {.state = {.jitter_ms = -1, .rtt_ms = -1}}};
    kin_receive_history_init(&l->history, l->seconds, ROOM);
    kin_receive_history_tick(&l->history, BEGIN, true, &l->totals);
}

static void tick(struct line *l, kin_us after)
{
    kin_receive_history_tick(&l->history, BEGIN + after, true, &l->totals);
}

static void rest(struct line *l, kin_us after)
{
    kin_receive_history_tick(&l->history, BEGIN + after, false, &l->totals);
}

// "12 34 - 5": one counter of each second, the running one included; "-" where nothing is known.
static const char *text_of(const struct line *l, enum kin_receive_counter counter, char dst[256])
{
    struct kin_receive_second s[ROOM];
    size_t n = kin_receive_history_copy(&l->history, true, s, ROOM), at = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)(s[i].known ? snprintf(dst + at, 256 - at, "%s%llu", i > 0 ? " " : "",
                                             (unsigned long long)s[i].counts[counter])
                                  : snprintf(dst + at, 256 - at, "%s-", i > 0 ? " " : ""));
    return dst;
}

#define CHECK_COUNTS(l, counter, want)                                                                                 \
    do {                                                                                                               \
        char unit_text[256];                                                                                           \
        CHECK_SPAN(kin_span_str(text_of(l, KIN_RECEIVE_##counter, unit_text)), want);                                  \
    } while (0)

TEST(receive_history_keeps_a_record_a_second)
{
    struct line l;
    begin(&l);
    for (int i = 1; i <= 12; i++) { // four times a second
        l.totals.counts[KIN_RECEIVE_P_RECEIVED] += (uint64_t)i;
        l.totals.counts[KIN_RECEIVE_F_COMPLETE] += 6;
        l.totals.state = (struct kin_receive_state){.jitter_ms = i, .rtt_ms = 40, .cache = (unsigned)(30 - i)};
        tick(&l, i * 250 * MS);
    }
    CHECK_COUNTS(&l, P_RECEIVED, "10 26 42 -");
    CHECK_COUNTS(&l, F_COMPLETE, "24 24 24 -");
    struct kin_receive_second s[ROOM];
    CHECK_INT(kin_receive_history_copy(&l.history, false, s, ROOM), 3);
    CHECK_INT(s[2].number, 2);
    CHECK(s[2].state.jitter_ms == 12 && s[2].state.cache == 18 && s[0].state.jitter_ms == 4);
    CHECK_INT(kin_receive_history_copy(&l.history, false, s, 2), 2);
    CHECK_INT(s[0].number, 1);
out:;
}

// A caller that comes right after the end of each second, as it is told to.
TEST(receive_history_is_fed_once_a_second)
{
    struct line l;
    begin(&l);
    for (int i = 1; i <= 4; i++) {
        CHECK_INT(kin_receive_history_deadline(&l.history), BEGIN + i * S);
        l.totals.counts[KIN_RECEIVE_WIRE_BYTES] += 1000 * (uint64_t)i;
        tick(&l, i * S + i * 3 * MS);
    }
    CHECK_COUNTS(&l, WIRE_BYTES, "1000 2000 3000 4000 -");
    struct kin_receive_second s[ROOM];
    CHECK_INT(kin_receive_history_copy(&l.history, false, s, ROOM), 4);
    CHECK(kin_receive_second_bps(&s[3]) < 32000 && kin_receive_second_bps(&s[3]) > 31800);
    l.totals.counts[KIN_RECEIVE_WIRE_BYTES] += 50; // and at the end of it all
    tick(&l, 4 * S + 100 * MS);
    CHECK_COUNTS(&l, WIRE_BYTES, "1000 2000 3000 4000 50");
    CHECK_INT(kin_receive_history_copy(&l.history, true, s, ROOM), 5);
    CHECK(kin_receive_second_bps(&s[4]) == 400); // not as if it went on
out:;
}

TEST(receive_history_takes_back_where_it_was_counted)
{
    static const uint64_t lost[] = {0, 4, 4, 9, 2, 2};
    struct line l;
    begin(&l);
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        l.totals.counts[KIN_RECEIVE_F_LOST] = lost[i];
        tick(&l, (kin_us)i * S + 500 * MS);
    }
    CHECK_COUNTS(&l, F_LOST, "0 2 0 0 0 0");
    l.totals.counts[KIN_RECEIVE_F_LOST] = 0;
    tick(&l, 5 * S + 600 * MS);
    CHECK_COUNTS(&l, F_LOST, "0 0 0 0 0 0");
out:;
}

TEST(receive_history_leaves_empty_what_nobody_saw)
{
    struct line l;
    begin(&l);
    l.totals.counts[KIN_RECEIVE_P_RECEIVED] = 10;
    tick(&l, 900 * MS);
    l.totals.counts[KIN_RECEIVE_P_RECEIVED] = 5000; // stopped for four seconds
    tick(&l, 4900 * MS);
    l.totals.counts[KIN_RECEIVE_P_RECEIVED] = 5007;
    tick(&l, 5 * S);
    CHECK_COUNTS(&l, P_RECEIVED, "10 - - - 7 -");
    l.totals.counts[KIN_RECEIVE_P_RECEIVED] = 5020; // a turn that takes long leaves no hole
    tick(&l, 6900 * MS);
    CHECK_COUNTS(&l, P_RECEIVED, "10 - - - 7 13 -");
    struct kin_receive_second s[ROOM];
    CHECK_INT(kin_receive_history_copy(&l.history, true, s, ROOM), 7);
    CHECK_INT(s[5].covers, 1900 * MS);
    tick(&l, 1000 * S); // much longer than there is room for
    CHECK_COUNTS(&l, P_RECEIVED, "- - - - - - - - - -");
    CHECK_INT(kin_receive_history_copy(&l.history, true, s, ROOM), ROOM);
    CHECK_INT(s[ROOM - 1].number, 1000);
out:;
}

TEST(receive_history_forgets_what_is_older)
{
    struct line l;
    begin(&l);
    for (int i = 1; i <= 25; i++) {
        l.totals.counts[KIN_RECEIVE_P_LATE] += (uint64_t)i;
        tick(&l, i * S);
    }
    CHECK_COUNTS(&l, P_LATE, "17 18 19 20 21 22 23 24 25 -");
    l.totals.counts[KIN_RECEIVE_P_LATE] = 0; // more than is still known
    tick(&l, 25 * S + 100 * MS);
    CHECK_COUNTS(&l, P_LATE, "0 0 0 0 0 0 0 0 0 0");
out:;
}

// While the reel is paused nothing passes; what becomes known meanwhile is not forgotten. The time until the pause
// counts: a second that lasted longer had more frames than the reel has in one.
TEST(receive_history_rests_with_the_reel)
{
    struct line l;
    begin(&l);
    l.totals.counts[KIN_RECEIVE_F_COMPLETE] = 24;
    tick(&l, 1000 * MS);
    l.totals.counts[KIN_RECEIVE_F_COMPLETE] = 36;
    rest(&l, 1500 * MS);
    l.totals.counts[KIN_RECEIVE_F_LOST] = 3;
    rest(&l, 60 * S);
    rest(&l, 61 * S);
    CHECK_COUNTS(&l, F_COMPLETE, "24 12");
    CHECK_COUNTS(&l, F_LOST, "0 3");
    tick(&l, 62 * S); // plays again, and the second has not yet lasted as long as it takes
    l.totals.counts[KIN_RECEIVE_F_COMPLETE] = 48;
    tick(&l, 62500 * MS);
    l.totals.counts[KIN_RECEIVE_F_COMPLETE] = 60;
    tick(&l, 63 * S);
    CHECK_COUNTS(&l, F_COMPLETE, "24 24 12");
    kin_receive_history_init(&l.history, l.seconds, ROOM); // begins with what plays
    rest(&l, 64 * S);
    CHECK_COUNTS(&l, F_COMPLETE, "");
    CHECK_INT(kin_receive_history_deadline(&l.history), KIN_US_NEVER);
out:;
}
