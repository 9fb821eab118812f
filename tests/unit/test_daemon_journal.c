// daemon/journal: trouble that lasts is said once, and then counted.
#include "ground/journal.h"
#include "unit.h"

TEST(lasting_trouble_is_said_once_and_then_counted)
{
    struct journal_repeat r = {.logged_at = 0};
    char text[JOURNAL_REPEAT_TEXT] = "x";
    kin_us now = KIN_US_PER_S;
    CHECK(journal_is_due(&r, now, text));
    CHECK_SPAN(kin_span_str(text), "");
    for (unsigned i = 0; i < 500; i++)
        CHECK(!journal_is_due(&r, now + i * 100 * KIN_US_PER_MS, text));
    CHECK(journal_is_due(&r, now + JOURNAL_REPEAT_US, text));
    CHECK_SPAN(kin_span_str(text), " (and 500 times before that)");
    CHECK(!journal_is_due(&r, now + JOURNAL_REPEAT_US + 1, text));
    CHECK(journal_is_due(&r, now + 2 * JOURNAL_REPEAT_US, text));
    CHECK_SPAN(kin_span_str(text), " (and 1 time before that)");
out:;
}
