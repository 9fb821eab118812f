// How long the answers of a terminal are waited for when it is given back.
#include "commands/answers.h"
#include "unit.h"

#define MS KIN_US_PER_MS

struct fixture {
    struct writer writer;
    struct probe probe;
};

static struct fixture asked_at(kin_us now)
{
    struct fixture f;
    uint8_t bytes[PROBE_BATCH_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    struct facts_environment env;
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        env.values[i] = i == VARIABLE_TERM ? "xterm" : "";
    writer_init(&f.writer);
    probe_init(&f.probe, &env, false);
    probe_ask(&f.probe, now, &w);
    return f;
}

TEST(answers_to_the_first_queries_are_waited_for_a_second)
{
    struct fixture f = asked_at(1000);
    CHECK_INT(answers_due(&f.writer, &f.probe, 2000), 1000 + KIN_US_PER_S);
    CHECK_INT(answers_longest(&f.writer, &f.probe), 0);
    CHECK_INT(answers_due(&f.writer, &f.probe, 1000 + KIN_US_PER_S), 0);
out:;
}

TEST(answers_are_waited_for_twice_the_round_trip)
{
    struct fixture f = asked_at(0);
    struct input_event da1 = {.type = INPUT_REPORT_DA1};
    CHECK(probe_report(&f.probe, 300 * MS, &da1));
    CHECK_INT(answers_due(&f.writer, &f.probe, 400 * MS), 0);
    CHECK_INT(answers_longest(&f.writer, &f.probe), 640 * MS);
    f.writer.drain.count = 1;
    f.writer.drain.queries[0].at = 350 * MS;
    CHECK_INT(answers_due(&f.writer, &f.probe, 400 * MS), 1040 * MS);
    f.writer.drain.rtt = 5 * KIN_US_PER_S;
    CHECK_INT(answers_due(&f.writer, &f.probe, 400 * MS), 400 * MS + KIN_US_PER_S);
    f.writer.silent = true;
    CHECK_INT(answers_due(&f.writer, &f.probe, 400 * MS), 0);
out:;
}

// Regression: the answer to the frame before was not waited for.
TEST(a_frame_in_flight_has_not_asked_yet_but_the_one_before_has)
{
    struct fixture f = asked_at(0);
    struct input_event da1 = {.type = INPUT_REPORT_DA1};
    CHECK(probe_report(&f.probe, 20 * MS, &da1));
    f.writer.len = 100;
    f.writer.queried = true;
    f.writer.frame_began = f.writer.drain.queries[0].at = 50 * MS;
    f.writer.drain.count = 1;
    CHECK_INT(answers_due(&f.writer, &f.probe, 60 * MS), 0);
    f.writer.drain.queries[0].at = 40 * MS;
    f.writer.drain.queries[1].at = 50 * MS;
    f.writer.drain.count = 2;
    CHECK_INT(answers_due(&f.writer, &f.probe, 60 * MS), 140 * MS);
out:;
}

TEST(answers_are_missing_until_they_have_come)
{
    struct fixture f = asked_at(0);
    struct input_event da1 = {.type = INPUT_REPORT_DA1};
    CHECK(answers_are_missing(&f.writer, &f.probe));
    CHECK(probe_report(&f.probe, 20 * MS, &da1));
    CHECK(!answers_are_missing(&f.writer, &f.probe));
    f.writer.gave_up = true;
    CHECK(answers_are_missing(&f.writer, &f.probe));
    writer_answered(&f.writer, 30 * MS);
    CHECK(!answers_are_missing(&f.writer, &f.probe));
    f.writer.drain.count = 1;
    CHECK(answers_are_missing(&f.writer, &f.probe));
out:;
}

TEST(the_terminal_around_tmux_may_take_longer_than_tmux)
{
    struct fixture f = asked_at(0);
    struct input_event da1 = {.type = INPUT_REPORT_DA1};
    f.probe.outer_silent = true;
    CHECK(probe_report(&f.probe, 1 * MS, &da1));
    CHECK_INT(answers_due(&f.writer, &f.probe, 10 * MS), KIN_US_PER_S);
out:;
}
