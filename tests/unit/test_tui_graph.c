// Meters, bars, sparklines and figures.
#include <locale.h>

#include "model/format.h"
#include "pages/graph.h"
#include "unit.h"

static struct screen make(int cols, bool utf8)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    struct screen s = {.utf8 = utf8, .depth = DEPTH_2};
    screen_resize(&s, cols, 1);
    return s;
}

#define CHECK_LINE(s, want)                                                                                            \
    do {                                                                                                               \
        char unit_text[1024];                                                                                          \
        screen_text(&(s), unit_text, sizeof unit_text);                                                                \
        CHECK_SPAN(kin_span_trim(kin_span_str(unit_text)), want);                                                      \
    } while (0)

TEST(graph_meter_shows_fill_marks_and_text)
{
    struct screen s = make(24, true);
    CHECK(s.cells != NULL);
    struct graph_meter m = {18, 40, 10, 30, "18/30", ROLE_GOOD};
    graph_meter(&s, 0, 0, 24, &m);
    CHECK_LINE(s, "[|||||\xe2\x94\x8a||||      \xe2\x94\x8a"
                  "18/30]");
    screen_clear(&s);
    m = (struct graph_meter){0, 0, 0, 0, "0/0", ROLE_GOOD};
    graph_meter(&s, 0, 0, 10, &m);
    CHECK_LINE(s, "[     0/0]");
    screen_clear(&s);
    m = (struct graph_meter){1e9, 40, 0, 30, "x", ROLE_GOOD}; // too much is full
    graph_meter(&s, 0, 0, 6, &m);
    CHECK_LINE(s, "[|||x]");
    screen_clear(&s);
    graph_meter(&s, 0, 0, 2, &m); // no room, nothing drawn
    CHECK_LINE(s, "");
out:
    screen_deinit(&s);
}

TEST(graph_history_puts_the_newest_at_the_right)
{
    static const double values[] = {0, 1, 2, 3, 4, 4, 8, 0.01};
    const struct graph_history g = {.bars = {values, 8}, .scale = 4};
    struct screen s = make(6, true);
    CHECK(s.cells != NULL);
    graph_history(&s, (struct rect){0, 0, 6, 1}, &g);
    CHECK_LINE(s, "\xe2\xa2\x80\xe2\xa3\xb4\xe2\xa3\xbf\xe2\xa3\x87");
    s.utf8 = false;
    screen_clear(&s);
    graph_history(&s, (struct rect){0, 0, 6, 1}, &g);
    CHECK_LINE(s, "=+###.");
out:
    screen_deinit(&s);
}

// Two rows have eight steps; dots are single ones, over bars or alone.
TEST(graph_history_has_several_rows_and_dots)
{
    static const double bars[] = {8, 5, 4, 1}, dots[] = {0, 8, 8, 3};
    const struct graph_history g = {.bars = {bars, 4}, .dots = {dots, 4}, .scale = 8};
    struct screen s = {.utf8 = true, .depth = DEPTH_2};
    setlocale(LC_CTYPE, "C.UTF-8");
    screen_resize(&s, 2, 2);
    CHECK(s.cells != NULL);
    graph_history(&s, (struct rect){0, 0, 2, 2}, &g);
    CHECK_LINE(s, "\xe2\xa3\x8f\xe2\xa0\x81\n\xe2\xa3\xbf\xe2\xa3\x97");
    s.utf8 = false;
    screen_clear(&s);
    graph_history(&s, (struct rect){0, 0, 2, 2}, &g);
    CHECK_LINE(s, "o\n#o");
out:
    screen_deinit(&s);
}

TEST(graph_progress_marks_what_is_cached)
{
    struct screen s = make(10, false);
    CHECK(s.cells != NULL);
    struct graph_progress p = {.at = 0.3, .cached_from = 0.1, .cached_to = 0.75};
    graph_progress(&s, 0, 0, 10, &p);
    CHECK_LINE(s, "===O++++--");
    p = (struct graph_progress){.at = 1.0};
    graph_progress(&s, 0, 0, 10, &p);
    CHECK_LINE(s, "=========O");
    p = (struct graph_progress){0.3, 0, 0, {{0.5, 'A'}, {0.8, 0}, {1, 'B'}}, 3};
    graph_progress(&s, 0, 0, 10, &p);
    CHECK_LINE(s, "===O-A--^B");
    p = (struct graph_progress){.at = -5, .cached_from = -1, .cached_to = 17};
    graph_progress(&s, 0, 0, 10, &p);
    CHECK_LINE(s, "O+++++++++");
out:
    screen_deinit(&s);
}

TEST(format_writes_figures_for_people)
{
    char t[FORMAT_MAX];
    CHECK_SPAN(kin_span_str(format_bits(0, t)), "0 bit/s");
    CHECK_SPAN(kin_span_str(format_bits(9620000, t)), "9.62 Mbit/s");
    CHECK_SPAN(kin_span_str(format_bits(999600, t)), "1.00 Mbit/s");
    CHECK_SPAN(kin_span_str(format_bits(-3, t)), "0 bit/s");
    CHECK(strlen(format_bits(1e300, t)) == FORMAT_MAX - 1); // cut, not overrun
    CHECK_SPAN(kin_span_str(format_bytes(12500000, t)), "12.5 MB");
    CHECK_SPAN(kin_span_str(format_bytes(345, t)), "345 B");
    CHECK_SPAN(kin_span_str(format_time(187400000, t)), "03:07.4");
    CHECK_SPAN(kin_span_str(format_time(3723400000, t)), "1:02:03.4");
    CHECK_SPAN(kin_span_str(format_time(-1, t)), "--:--");
    CHECK_SPAN(kin_span_str(format_ms(0.214, t)), "0.21 ms");
    CHECK_SPAN(kin_span_str(format_ms(41.67, t)), "41.7 ms");
    CHECK_SPAN(kin_span_str(format_ms(1167, t)), "1167 ms");
    CHECK_SPAN(kin_span_str(format_ms(-1, t)), "");
    CHECK_SPAN(kin_span_str(format_rate(23976, t)), "23.976 fps");
    CHECK_SPAN(kin_span_str(format_rate(12500, t)), "12.5 fps");
    CHECK_SPAN(kin_span_str(format_rate(0, t)), "");
    CHECK(format_nice_ceiling(0) == 1 && format_nice_ceiling(7.2e6) == 1e7 && format_nice_ceiling(2e6) == 2e6);
out:;
}
