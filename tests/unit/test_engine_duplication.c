// engine/play/duplication: copies of everything where asking does not mend what is lost. In virtual time.
#include "engine/play/duplication.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define START (100 * SEC)
#define RATE 1400 // packets a second
#define EVERY (150 * MS)
#define FRAME_PACKETS 60

static struct receiver {
    struct kin_duplication d;
    kin_us now;
    uint32_t seq;
    kin_us rtt;
    bool congested;
    unsigned changes;
} rx;

static void begin(void)
{
    rx = (struct receiver){.now = START, .seq = 65000, .rtt = 40 * MS};
    kin_duplication_init(&rx.d, KIN_DUPLICATION_COPIES_MAX);
}

// Reports this loss so often for so long, and asks for so many packets before each report.
static void report(double loss, unsigned asks, kin_us every, kin_us length)
{
    for (kin_us end = rx.now + length; rx.now < end;) {
        rx.now += every;
        rx.seq += (uint32_t)(RATE * every / SEC);
        struct kin_duplication_report r = {.highest_seq = rx.seq,
                                           .loss = loss,
                                           .rtt = rx.rtt,
                                           .frame_packets = FRAME_PACKETS,
                                           .congested = rx.congested};
        kin_duplication_asked(&rx.d, rx.now, asks);
        rx.changes += kin_duplication_report(&rx.d, rx.now, &r);
    }
}

// Until there are copies, after a while without loss.
static void lose(double loss)
{
    report(0, 0, EVERY, 2 * SEC);
    for (unsigned i = 0; i < 10 && rx.d.copies == 0; i++)
        report(loss, 1, EVERY, EVERY);
}

TEST(what_asking_mends_is_not_copied)
{
    begin();
    report(0, 0, EVERY, 600 * SEC);
    report(0.001, 1, EVERY, 600 * SEC);    // 1.4 a second
    report(0.0015, 1, 5 * SEC, 600 * SEC); // 10 in a report, but only 2 a second
    report(0.3, 1, EVERY, 60 * SEC);       // too much is sent already
    CHECK_INT(rx.changes, 0);
    kin_duplication_init(&rx.d, 0);
    report(0.02, 1, EVERY, 60 * SEC); // there must not be any
    CHECK_INT(rx.changes, 0);
out:;
}

TEST(there_are_as_few_copies_as_will_do)
{
    static const struct {
        double loss;
        unsigned most, copies;
    } cases[] = {{0.005, 2, 1}, {0.008, 2, 1}, {0.01, 2, 2}, {0.02, 2, 2}, {0.02, 1, 1}, {0.15, 2, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        kin_duplication_init(&rx.d, cases[i].most);
        lose(cases[i].loss);
        CHECK_INT(rx.d.copies, cases[i].copies);
        CHECK_INT(rx.changes, 1);
    }
out:;
}

TEST(copies_end_when_nothing_is_lost_any_more)
{
    begin();
    report(0, 0, EVERY, SEC);
    report(0.02, 1, EVERY, EVERY);
    CHECK_INT(rx.d.copies, 2); // by the first report
    report(0, 1, EVERY, 600 * SEC);
    CHECK(rx.d.copies == 2 && rx.changes == 1);
    report(0, 0, EVERY, KIN_DUPLICATION_QUIET_US + SEC);
    CHECK(rx.d.copies == 0 && rx.changes == 2);
out:;
}

TEST(they_end_later_when_that_was_too_soon)
{
    begin();
    report(0, 0, EVERY, SEC);
    for (kin_us quiet = KIN_DUPLICATION_QUIET_US; quiet <= KIN_DUPLICATION_QUIET_MAX_US; quiet *= 2) {
        report(0.02, 0, EVERY, 2 * EVERY);
        CHECK(rx.d.copies > 0);
        report(0, 0, EVERY, quiet - SEC);
        CHECK(rx.d.copies > 0);
        report(0, 0, EVERY, 2 * SEC);
        CHECK(rx.d.copies == 0);
    }
    report(0, 0, EVERY, 2 * KIN_DUPLICATION_SOON_US);
    report(0.02, 0, EVERY, 2 * EVERY);
    report(0, 0, EVERY, KIN_DUPLICATION_QUIET_US + SEC);
    CHECK(rx.d.copies == 0); // another time of trouble
out:;
}

// --- where the network does not carry them

TEST(much_that_is_missing_ends_them_for_longer_and_longer)
{
    begin();
    lose(0.05);
    for (kin_us rest = KIN_DUPLICATION_REST_US; rest <= KIN_DUPLICATION_REST_MAX_US; rest *= 2) {
        CHECK(rx.d.copies > 0);
        report(0, 3, EVERY, 10 * SEC); // 1 in 8 of those behind: some have not been copied yet
        CHECK(rx.d.copies > 0);
        for (kin_us end = rx.now + 3 * SEC; rx.now < end && rx.d.copies > 0;)
            report(0, 6, EVERY, EVERY);
        CHECK(rx.d.copies == 0);
        report(0.05, 1, EVERY, rest - SEC);
        CHECK(rx.d.copies == 0);
        lose(0.05);
    }
out:;
}

TEST(a_burst_now_and_then_does_not)
{
    begin();
    lose(0.05);
    for (unsigned i = 0; i < 100; i++) {
        report(0, 1, EVERY, 2 * SEC);
        report(0, 17, EVERY, EVERY);
    }
    CHECK_INT(rx.changes, 1);
out:;
}

TEST(a_queue_ends_them)
{
    begin();
    lose(0.05);
    rx.rtt += KIN_DUPLICATION_QUEUE_US;
    report(0, 1, EVERY, 2 * EVERY);
    rx.rtt = 40 * MS;
    report(0, 1, EVERY, SEC);
    rx.rtt = -1;
    report(0, 1, EVERY, SEC);
    CHECK(rx.d.copies > 0); // only for a moment
    rx.rtt = 40 * MS + KIN_DUPLICATION_QUEUE_US;
    report(0, 1, EVERY, 3 * EVERY);
    CHECK(rx.d.copies == 0);
out:;
}

TEST(congestion_forbids_and_ends_them)
{
    begin();
    rx.congested = true;
    lose(0.05);
    CHECK_INT(rx.changes, 0);
    rx.congested = false;
    lose(0.05);
    CHECK(rx.d.copies > 0);
    rx.congested = true;
    report(0, 1, EVERY, EVERY);
    CHECK(rx.d.copies == 0);
out:;
}
