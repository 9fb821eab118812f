// Output that never blocks, against a pipe that nobody reads.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "terminal/writer.h"
#include "unit.h"

#define S KIN_US_PER_S
#define QUERY "\0337\033[2;1H\033[6n\0338"

struct pair {
    int fds[2];
    struct writer w;
};

static bool pair_init(struct pair *p)
{
    p->fds[0] = p->fds[1] = -1;
    writer_init(&p->w);
    if (pipe2(p->fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return false;
    return writer_attach(&p->w, p->fds[1], kin_span_str("")) == KIN_OK;
}

static void pair_deinit(struct pair *p)
{
    writer_deinit(&p->w);
    close(p->fds[0]);
    if (p->fds[1] >= 0)
        close(p->fds[1]);
}

static void commit(struct pair *p, kin_us now, const char *text, bool ask)
{
    struct kin_wr f = writer_begin(&p->w);
    kin_wr_str(&f, text);
    writer_commit(&p->w, now, &f, ask, false);
}

static struct kin_span got(struct pair *p)
{
    static uint8_t bytes[1 << 20];
    size_t len = 0;
    for (ssize_t n; len < sizeof bytes && (n = read(p->fds[0], bytes + len, sizeof bytes - len)) > 0;)
        len += (size_t)n;
    return kin_span_make(bytes, len);
}

TEST(writer_sends_a_frame_and_asks)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 100), KIN_OK);
    commit(&p, 1, "frame", true);
    CHECK(!writer_ready(&p.w, 1));
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK_SPAN(got(&p), "frame" QUERY);
    CHECK(writer_ready(&p.w, 1)); // one may be unanswered
    commit(&p, 2, "second", false);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK_SPAN(got(&p), "second");
out:
    pair_deinit(&p);
}

TEST(writer_waits_for_answers)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 100), KIN_OK);
    for (int i = 0; i < DRAIN_SCREENS; i++) {
        commit(&p, S, "f", true);
        CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    }
    CHECK(!writer_ready(&p.w, S + S));
    CHECK_INT(writer_deadline(&p.w), S + WRITER_FIRST_ANSWER_US);
    writer_answered(&p.w, S + 30000);
    CHECK(writer_ready(&p.w, S + 30000));
    CHECK_INT(p.w.drain.rtt, 30000);
    commit(&p, 2 * S, "f", true);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK(!writer_ready(&p.w, 2 * S + WRITER_FIRST_ANSWER_US)); // one that answers is waited for longer
    CHECK(writer_ready(&p.w, 2 * S + WRITER_PATIENCE_US));
out:
    pair_deinit(&p);
}

TEST(writer_stops_asking_a_terminal_that_never_answers)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 100), KIN_OK);
    kin_us now = S;
    for (int i = 0; i < DRAIN_SCREENS; i++) {
        commit(&p, now, "f", true);
        CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    }
    now += WRITER_FIRST_ANSWER_US;
    CHECK(writer_ready(&p.w, now));
    got(&p);
    for (int i = 0; i < 5; i++) {
        commit(&p, now, "g", true);
        CHECK_INT(writer_flush(&p.w, S), KIN_OK);
        CHECK(writer_ready(&p.w, now));
    }
    CHECK_SPAN(got(&p), "ggggg");
    writer_answered(&p.w, now); // late, but it does answer
    commit(&p, now, "h", true);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK_SPAN(got(&p), "h" QUERY);
out:
    pair_deinit(&p);
}

// Regression: one that answers DA1 and no cursor query got a screen every five seconds.
TEST(writer_waits_no_longer_for_a_terminal_that_answers_other_queries)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 100), KIN_OK);
    writer_note_answers(&p.w, 250 * KIN_US_PER_MS);
    for (int i = 0; i < DRAIN_SCREENS; i++) {
        commit(&p, S, "f", true);
        CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    }
    CHECK_INT(writer_deadline(&p.w), 3 * S); // the line may be slow
    for (int i = 0; i < 5; i++) {
        CHECK(writer_ready(&p.w, 3 * S));
        commit(&p, 3 * S, "g", true);
        CHECK_INT(writer_flush(&p.w, 3 * S), KIN_OK);
    }
    CHECK(p.w.answers);
out:
    pair_deinit(&p);
}

TEST(writer_keeps_the_rest_when_nobody_reads)
{
    struct pair p;
    const size_t big = 300000;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, big), KIN_OK);
    struct kin_wr f = writer_begin(&p.w);
    uint8_t *room = kin_wr_room(&f, big);
    CHECK(room != NULL);
    for (size_t i = 0; i < big; i++)
        room[i] = (uint8_t)(i * 7 % 251);
    writer_commit(&p.w, S, &f, false, false);
    CHECK_INT(writer_flush(&p.w, S), KIN_EAGAIN);
    CHECK(!writer_idle(&p.w) && !writer_ready(&p.w, 100 * S));
    CHECK_INT(writer_reserve(&p.w, 2 * big), KIN_EAGAIN);
    size_t seen = 0;
    for (int round = 0; round < 100 && seen < big; round++) {
        struct kin_span s = got(&p);
        for (size_t i = 0; i < s.n; i++)
            CHECK_INT(s.p[i], (seen + i) * 7 % 251);
        seen += s.n;
        CHECK_INT(writer_flush(&p.w, S), seen < big ? KIN_EAGAIN : KIN_OK); // not until it is said to be writable
        CHECK_INT(got(&p).n, 0);
        writer_writable(&p.w);
        writer_flush(&p.w, S);
    }
    CHECK_INT(seen, big);
    CHECK(writer_idle(&p.w));
out:
    pair_deinit(&p);
}

TEST(writer_notices_that_the_terminal_is_gone)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 10), KIN_OK);
    commit(&p, S, "x", true);
    close(p.fds[1]);
    p.fds[1] = -1;
    CHECK_INT(writer_flush(&p.w, S), KIN_EIO);
    writer_detach(&p.w);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK_INT(writer_reserve(&p.w, WRITER_BYTES_MAX), KIN_ELIMIT);
out:
    pair_deinit(&p);
}

// Regression: after ^Z and fg a frame was written to the shell's screen, before the alternate screen was entered.
TEST(writer_writes_nothing_while_detached_and_the_prologue_first)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 100), KIN_OK);
    commit(&p, S, "frame", true);
    writer_detach(&p.w); // with a frame in flight and a question
    CHECK(writer_idle(&p.w) && !writer_ready(&p.w, 100 * S));
    CHECK_INT(writer_deadline(&p.w), KIN_US_NEVER);
    CHECK_INT(writer_answers_due(&p.w), 0);
    commit(&p, S, "shell's screen", true);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK_SPAN(got(&p), "");
    CHECK_INT(writer_attach(&p.w, p.fds[1], kin_span_str("enter")), KIN_OK);
    CHECK(!writer_ready(&p.w, 100 * S)); // not before the prologue has left
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK(writer_ready(&p.w, S));
    commit(&p, S, "frame", false);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK_SPAN(got(&p), "enterframe");
    CHECK_INT(writer_attach(&p.w, p.fds[1], kin_span_make("", WRITER_PROLOGUE_MAX + 1)), KIN_ELIMIT);
    CHECK(!writer_ready(&p.w, S));
out:
    pair_deinit(&p);
}

// Regression: SIGCONT enters again, and what was owed by then paid for newer queries.
TEST(writer_keeps_what_is_owed_when_it_enters_again)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 100), KIN_OK);
    commit(&p, S, "f", true);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    commit(&p, S, "g", true); // never written, nor its query
    CHECK_INT(p.w.drain.count, 2);
    CHECK_INT(writer_attach(&p.w, p.fds[1], kin_span_str("enter")), KIN_OK);
    CHECK_INT(p.w.drain.count, 1);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK(writer_answers_due(&p.w) > 0);
    writer_answered(&p.w, S + 1000);
    CHECK_INT(writer_answers_due(&p.w), 0);
out:
    pair_deinit(&p);
}

// Regression: q waited a second for a terminal that answers within milliseconds, or not at all.
TEST(writer_waits_no_longer_for_answers_than_they_take)
{
    struct pair p;
    CHECK(pair_init(&p));
    CHECK_INT(writer_reserve(&p.w, 100), KIN_OK);
    CHECK_INT(writer_answers_due(&p.w), 0);
    commit(&p, S, "f", true);
    CHECK_INT(writer_answers_due(&p.w), 0); // in flight still: the terminal does not read
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK(writer_answers_due(&p.w) > 0 && writer_answers_due(&p.w) < 150000);
    writer_answered(&p.w, S + 1000);
    CHECK_INT(writer_answers_due(&p.w), 0);
    commit(&p, 2 * S, "f", true);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK(writer_answers_due(&p.w) > 2000 && writer_answers_due(&p.w) < 150000);
    writer_answered(&p.w, 60 * S);
    commit(&p, 60 * S, "f", true);
    CHECK_INT(writer_flush(&p.w, S), KIN_OK);
    CHECK_INT(writer_answers_due(&p.w), S); // a far terminal is waited for, within reason
out:
    pair_deinit(&p);
}
