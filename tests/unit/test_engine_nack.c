// engine/rtp/nack: which lost packets are asked for, when, and how long they are waited for. In virtual time.
#include "base/wr.h"
#include "engine/rtp/nack.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define START (100 * SEC)
#define ALL KIN_NACK_ENTRIES

static struct kin_nack nack; // of the test that runs

static void begin(bool marked)
{
    kin_nack_init(&nack, marked);
}

// One packet is missing, by one that came at `at`.
static void lose(kin_us at, uint64_t seq)
{
    kin_nack_missing(&nack, at, seq, seq + 1, 0);
}

// Frames are due `later` after START, by their RTP time.
static void due(kin_us later)
{
    kin_nack_set_clock(&nack, &(struct kin_nack_clock){.runs = true, .ts = 0, .due = START + later});
}

static unsigned ask(kin_us at)
{
    uint16_t seqs[ALL];
    return kin_nack_output(&nack, at, seqs, ALL);
}

// Asks whenever it is due until `end`; the times since START in ms, as "30 140".
static const char *asked_until(kin_us now, kin_us end)
{
    static char text[256];
    struct kin_wr w = kin_wr_init(text, sizeof text - 1);
    for (unsigned turns = 0; kin_nack_deadline(&nack) <= end; turns++) {
        now = kin_us_max(now, kin_nack_deadline(&nack));
        if (ask(now) > 0)
            kin_wr_fmt(&w, "%s%lld", w.len > 0 ? " " : "", (long long)((now - START) / MS));
        if (turns == 100) {
            kin_wr_str(&w, " and spins");
            break;
        }
    }
    text[w.len] = '\0';
    return text;
}
#define CHECK_ASKED(from, end, text) CHECK_SPAN(kin_span_str(asked_until(START + (from), START + (end))), text)

// A round trip of this length has been measured.
static void measure(kin_us rtt)
{
    for (uint64_t seq = 1; seq <= 64; seq++) {
        lose(START - 10 * SEC, seq);
        nack.next_at = 0;
        ask(START - 9 * SEC);
        kin_nack_came(&nack, START - 9 * SEC + rtt, seq, true);
    }
    nack.next_at = 0;
}

TEST(what_may_only_be_overtaken_is_not_asked_for)
{
    uint16_t seqs[4];
    begin(true);
    CHECK_INT(kin_nack_deadline(&nack), KIN_US_NEVER);
    lose(START, 70000);
    CHECK_INT(kin_nack_deadline(&nack), START + KIN_NACK_REORDER_US);
    CHECK_INT(ask(START + KIN_NACK_REORDER_US - 1), 0);
    CHECK(!kin_nack_was_asked(&nack, 70000));
    CHECK_INT(kin_nack_output(&nack, START + KIN_NACK_REORDER_US, seqs, 4), 1);
    CHECK_INT(seqs[0], 70000 - 65536);
    CHECK(kin_nack_was_asked(&nack, 70000));
    CHECK_INT(nack.requested, 1);
out:;
}

TEST(it_asks_again_after_a_round_trip)
{
    begin(true);
    measure(40 * MS);
    lose(START, 100);
    CHECK_INT(nack.rtt, 40 * MS);
    CHECK_ASKED(0, 210 * MS, "30 80 130 180");
    CHECK_INT(nack.requested, 65); // each packet counts once
out:;
}

// Before the first answer the assumption doubles, or no answer would ever be attributed to its question.
TEST(a_path_longer_than_assumed_is_measured_all_the_same)
{
    begin(true);
    lose(START, 1);
    CHECK_ASKED(0, 229 * MS, "30 140");
    CHECK_INT(kin_nack_came(&nack, START + 230 * MS, 1, true), KIN_NACK_RECOVERED);
    CHECK(!nack.answered); // of which question?
    lose(START + 300 * MS, 2);
    CHECK_ASKED(300 * MS, 529 * MS, "330");
    kin_nack_came(&nack, START + 530 * MS, 2, true);
    CHECK(nack.answered);
    CHECK_INT(nack.rtt, 200 * MS);
out:;
}

TEST(the_round_trip_is_smoothed)
{
    begin(true);
    measure(40 * MS);
    lose(START, 100);
    CHECK_ASKED(0, 30 * MS, "30");
    kin_nack_came(&nack, START + 30 * MS + 48 * MS, 100, true);
    CHECK_INT(nack.rtt, 41 * MS);
    CHECK_INT(nack.variance / MS, 2);
    lose(START + 100 * MS, 101);
    CHECK_ASKED(100 * MS, 130 * MS, "130");
    kin_nack_came(&nack, START + 5 * SEC, 101, true); // a sample that cannot be one
    CHECK_INT(nack.rtt, 41 * MS);
out:;
}

TEST(nothing_is_asked_for_that_cannot_come_in_time)
{
    begin(true);
    measure(40 * MS);
    due(30 * MS + 40 * MS + KIN_NACK_MARGIN_US);
    lose(START, 100);
    CHECK_INT(kin_nack_deadline(&nack), KIN_US_NEVER);
    CHECK_INT(ask(START + 30 * MS), 0);
    CHECK_INT(kin_nack_until(&nack, 100), START + 70 * MS);
    due(30 * MS + 40 * MS + KIN_NACK_MARGIN_US + 1);
    CHECK_ASKED(0, SEC, "30");
    due(200 * MS);
    CHECK_ASKED(30 * MS, SEC, "80 130");
out:;
}

// The frame's own RTP time counts.
TEST(frames_are_due_by_their_rtp_time)
{
    begin(true);
    due(100 * MS);
    kin_nack_missing(&nack, START, 7, 8, 90 * 300);
    kin_nack_missing(&nack, START, 9, 10, 0u - 90 * 50);
    CHECK_INT(kin_nack_until(&nack, 7), START + 390 * MS);
    CHECK_INT(kin_nack_until(&nack, 9), START + 40 * MS);
    CHECK_INT(kin_nack_until(&nack, 8), KIN_US_NEVER);
    nack.clock.runs = false; // while the player fills its cache
    CHECK_INT(kin_nack_until(&nack, 7), START + KIN_NACK_WAIT_MAX_US);
    due(10 * SEC); // senders keep nothing for so long
    CHECK_INT(kin_nack_until(&nack, 7), START + KIN_NACK_WAIT_MAX_US);
out:;
}

// Fault: between the last moment to ask and the one to give up, the deadline stood in the past and the loop spun.
TEST(a_question_that_comes_too_late_leaves_no_deadline)
{
    begin(true);
    measure(40 * MS);
    due(30 * MS + 40 * MS + KIN_NACK_MARGIN_US + 2 * MS);
    lose(START, 100);
    lose(START - 5 * MS, 99);
    CHECK_INT(ask(START + 25 * MS), 1); // the other one must wait for 10 ms, and then it is too late
    CHECK_INT(kin_nack_deadline(&nack), KIN_US_NEVER);
    due(SEC);
    CHECK_INT(kin_nack_deadline(&nack), START + 35 * MS);
    due(30 * MS + 40 * MS + KIN_NACK_MARGIN_US + 6 * MS);
    CHECK_INT(kin_nack_deadline(&nack), START + 35 * MS);
    CHECK_INT(ask(START + 40 * MS), 0); // the timer was late
    CHECK_INT(kin_nack_deadline(&nack), KIN_US_NEVER);
    CHECK_INT(kin_nack_until(&nack, 100), START + 76 * MS);
    due(SEC); // and the frame was put off
    CHECK_INT(kin_nack_deadline(&nack), START + 40 * MS);
    CHECK_INT(ask(START + 40 * MS), 1);
out:;
}

TEST(questions_keep_their_distance)
{
    uint16_t seqs[2];
    begin(true);
    kin_nack_missing(&nack, START, 65534, 65539, 0);
    CHECK_INT(kin_nack_output(&nack, START + 30 * MS, seqs, 2), 2);
    CHECK(seqs[0] == 65534 && seqs[1] == 65535);
    CHECK_INT(kin_nack_deadline(&nack), START + 40 * MS);
    CHECK_INT(kin_nack_output(&nack, START + 39 * MS, seqs, 2), 0);
    CHECK_INT(kin_nack_output(&nack, START + 40 * MS, seqs, 2), 2);
    CHECK(seqs[0] == 0 && seqs[1] == 1);
    CHECK_INT(kin_nack_output(&nack, START + 50 * MS, seqs, 2), 1);
    CHECK_INT(seqs[0], 2);
out:;
}

TEST(what_comes_by_itself_is_not_recovered)
{
    begin(true);
    lose(START, 5);
    CHECK_INT(kin_nack_came(&nack, START + 10 * MS, 5, false), KIN_NACK_OVERTAKEN);
    CHECK_INT(kin_nack_came(&nack, START + 10 * MS, 5, false), KIN_NACK_NOT_MISSING);
    CHECK_INT(nack.spurious, 0);
    lose(START, 6);
    CHECK_INT(ask(START + 30 * MS), 1);
    CHECK_INT(kin_nack_came(&nack, START + 40 * MS, 6, false), KIN_NACK_OVERTAKEN); // retransmissions are marked
    CHECK_INT(nack.spurious, 1);
    CHECK(!nack.answered);
    CHECK_INT(nack.reorder, 60 * MS); // so much patience is needed
    lose(START + SEC, 7);
    CHECK(kin_nack_deadline(&nack) > START + SEC + 50 * MS);
    lose(START + SEC, 8);
    kin_nack_came(&nack, START + 2 * SEC, 8, false);
    CHECK_INT(nack.reorder, KIN_NACK_REORDER_MAX_US);
    for (int i = 3; i < 60; i++)
        lose(START + i * SEC, 100u + (unsigned)i);
    CHECK(nack.reorder < KIN_NACK_REORDER_US + MS); // forgotten
out:;
}

// The packet as it was says not whether it was sent again: only the time does.
TEST(unmarked_answers_are_told_by_their_time)
{
    begin(false);
    lose(START, 5);
    CHECK_INT(ask(START + 30 * MS), 1);
    CHECK_INT(kin_nack_came(&nack, START + 70 * MS, 5, false), KIN_NACK_RECOVERED);
    CHECK_INT(nack.rtt, 40 * MS);
    lose(START + 100 * MS, 6);
    CHECK_INT(ask(START + 130 * MS), 1);
    CHECK_INT(kin_nack_came(&nack, START + 149 * MS, 6, false), KIN_NACK_OVERTAKEN);
    CHECK_INT(nack.spurious, 1);
    lose(START + 200 * MS, 7);
    CHECK_INT(ask(START + 300 * MS), 1);
    CHECK_INT(kin_nack_came(&nack, START + 320 * MS, 7, false), KIN_NACK_RECOVERED);
out:;
}

TEST(the_oldest_are_given_up_when_too_much_is_missing)
{
    uint16_t seqs[ALL];
    begin(true);
    kin_nack_missing(&nack, START, 10, 20, 0);
    kin_nack_missing(&nack, START, 30, 30 + ALL - 3, 0);
    CHECK_INT(nack.count, ALL);
    CHECK_INT(kin_nack_until(&nack, 16), KIN_US_NEVER);
    CHECK(kin_nack_until(&nack, 17) != KIN_US_NEVER);
    CHECK_INT(kin_nack_output(&nack, START + 30 * MS, seqs, ALL), ALL);
    CHECK(seqs[0] == 17 && seqs[2] == 19 && seqs[3] == 30);
    kin_nack_missing(&nack, START, 5000, 5000 + ALL, 0);
    CHECK_INT(nack.count, ALL);
    CHECK_INT(nack.entries[0].seq, 5000);
    kin_nack_missing(&nack, START, 9000, 9000 + ALL + 1, 0); // an outage: nobody can be asked for so much
    CHECK_INT(nack.count, ALL);
    CHECK_INT(nack.entries[0].seq, 5000);
out:;
}

TEST(gaps_may_be_noticed_in_any_order)
{
    uint16_t seqs[8];
    begin(true);
    kin_nack_missing(&nack, START, 20, 22, 0);
    kin_nack_missing(&nack, START, 10, 12, 0); // before the beginning, by the reply to PLAY
    kin_nack_missing(&nack, START, 15, 15, 0); // nothing
    kin_nack_missing(&nack, START, 30, 31, 0);
    CHECK_INT(kin_nack_output(&nack, START + 30 * MS, seqs, 8), 5);
    CHECK(seqs[0] == 10 && seqs[1] == 11 && seqs[2] == 20 && seqs[3] == 21 && seqs[4] == 30);
out:;
}

TEST(what_is_passed_or_cleared_is_not_waited_for)
{
    begin(true);
    measure(40 * MS);
    kin_nack_missing(&nack, START, 100, 105, 0);
    kin_nack_passed(&nack, 103);
    CHECK_INT(nack.count, 2);
    CHECK_INT(kin_nack_until(&nack, 102), KIN_US_NEVER);
    CHECK_INT(kin_nack_came(&nack, START, 102, true), KIN_NACK_NOT_MISSING);
    kin_nack_passed(&nack, 1000);
    CHECK_INT(kin_nack_deadline(&nack), KIN_US_NEVER);
    lose(START, 2000);
    kin_nack_clear(&nack);
    CHECK_INT(kin_nack_deadline(&nack), KIN_US_NEVER);
    CHECK_INT(nack.rtt, 40 * MS); // the path is the same
out:;
}

// Fault: a burst of more than a hundred packets, asked for at once, was taken for a sender that does not answer, and
// given up before the answers could come.
TEST(a_large_burst_is_waited_for)
{
    begin(true);
    measure(200 * MS);
    due(2 * SEC);
    kin_nack_missing(&nack, START, 1000, 1000 + 300, 0);
    CHECK_INT(ask(START + 30 * MS), 300);
    CHECK_INT(kin_nack_until(&nack, 1000), START + 2 * SEC - KIN_NACK_MARGIN_US);
    CHECK_INT(kin_nack_came(&nack, START + 230 * MS, 1000, true), KIN_NACK_RECOVERED);
out:;
}

// Some servers offer feedback and never answer: their losses are waited for no longer than without.
TEST(a_sender_that_never_answers_is_not_waited_for)
{
    kin_us now = START;
    begin(true);
    for (uint64_t seq = 0; seq < 150; seq++, now += 50 * MS) {
        lose(now, 2 * seq);
        ask(now + 30 * MS);
    }
    CHECK_INT(kin_nack_until(&nack, 298), KIN_US_NEVER);
    CHECK(kin_nack_deadline(&nack) <= now + 2 * SEC); // it may still begin to
    // Fault: one that had been away for a while was never waited for again, since its answers came after that.
    kin_nack_passed(&nack, 298);
    kin_nack_answered(&nack);
    lose(now, 300);
    CHECK_INT(kin_nack_until(&nack, 300), now + KIN_NACK_WAIT_MAX_US);
out:;
}

// Whatever happens, a deadline that has come leads to a question or to another deadline.
TEST(no_deadline_stays_in_the_past)
{
    uint32_t random = 1;
    uint64_t next = 1;
    kin_us now = START;
    begin(true);
    for (unsigned i = 0; i < 20000; i++) {
        uint16_t seqs[8];
        random = random * 1664525 + 1013904223;
        unsigned what = random >> 24, n = random >> 16 & 15;
        now += random >> 8 & 0x7fff;
        if (what < 100) {
            kin_nack_missing(&nack, now, next, next + n, (uint32_t)(90 * (now - START) / MS));
            next += n + 1;
        } else if (what < 150 && nack.count > 0) {
            kin_nack_came(&nack, now, nack.entries[n % nack.count].seq, what & 1);
        } else if (what < 160) {
            kin_nack_passed(&nack, next > 100 ? next - 100 : 0);
        } else if (what < 180) {
            struct kin_nack_clock clock = {what != 170, (uint32_t)(90 * (now - START) / MS), now + 20 * MS * n};
            kin_nack_set_clock(&nack, &clock);
        }
        for (unsigned turn = 0; kin_nack_deadline(&nack) <= now; turn++) {
            unsigned asked = kin_nack_output(&nack, now, seqs, 8);
            CHECK(asked <= 8 && turn < 2);
            for (unsigned k = 1; k < asked; k++)
                CHECK((int16_t)(uint16_t)(seqs[k] - seqs[k - 1]) > 0);
        }
    }
    CHECK(nack.requested > 1000);
out:;
}

// What parity may bring back is not asked for before that could have come, unless the answer would then be too late.
TEST(parity_comes_first_where_there_is_time)
{
    begin(true);
    measure(100 * MS);
    kin_nack_set_parity(&nack, 50 * MS);
    due(SEC);
    lose(START, 70000);
    CHECK_ASKED(0, 60 * MS, "50");
    begin(true);
    measure(100 * MS);
    kin_nack_set_parity(&nack, 50 * MS);
    due(155 * MS); // less 10 ms, and 100 ms for the answer
    lose(START, 70001);
    CHECK_ASKED(0, 60 * MS, "30");
out:;
}

// It proves nothing about the path, nor was the question needless.
TEST(what_was_rebuilt_is_not_asked_for)
{
    begin(true);
    due(SEC);
    lose(START, 70000);
    lose(START, 70001);
    kin_nack_rebuilt(&nack, 70000);
    CHECK_INT(ask(START + 30 * MS), 1);
    kin_nack_rebuilt(&nack, 70001);
    kin_nack_rebuilt(&nack, 70002); // which was not missing
    CHECK_INT(kin_nack_deadline(&nack), KIN_US_NEVER);
    CHECK_INT(kin_nack_came(&nack, START + 31 * MS, 70001, true), KIN_NACK_NOT_MISSING);
    CHECK_INT(nack.spurious, 0);
    CHECK(!nack.answered);
out:;
}
