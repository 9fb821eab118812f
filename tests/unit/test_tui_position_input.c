// tui/goal: places as people type them.
#include "model/position_input.h"
#include "unit.h"

static const struct session_info reel = {.rate_milli = 25000, .duration = 120 * KIN_US_PER_S};

TEST(goals_are_times_shares_and_frames)
{
    static const struct {
        const char *text;
        kin_us want;
    } cases[] = {{"83.4", 83400000}, {"1:23.4", 83400000}, {" 01:02:03 ", 3723000000}, {"0", 0},
                 {".5", 500000},     {"50%", 60000000},    {"12.5 %", 15000000},       {"100%", 120000000},
                 {"#1", 0},          {"# 120", 4760000},   {"90:00", 5400000000}};
    kin_us at;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        at = -1;
        CHECK(position_input_parse(cases[i].text, &reel, &at));
        CHECK_INT(at, cases[i].want);
    }
out:;
}

TEST(goals_that_are_none_are_refused)
{
    static const char *const bad[] = {
        "",     " ", "x",  "-1",   "1:2:3:4", "1:",          ":",   "1::2", "1.5:2", "101%",       "%",
        "50%%", "#", "#0", "#1.5", "#x",      "99999999999", "1e3", "1 2",  "5s",    "1001:0:0:0", "60001:0"};
    kin_us at = -1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!position_input_parse(bad[i], &reel, &at));
    static const struct session_info live = {.duration = -1};
    CHECK(!position_input_parse("50%", &live, &at));
    CHECK(!position_input_parse("#5", &live, &at));
    CHECK_INT(at, -1);
out:;
}
