// engine/play/adaptation: what makes a sender send less, what does not, and how it comes back.
#include "engine/play/adaptation.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define PACKETS 500 // between two reports, half a second apart
#define PACKET_BYTES 1000

// A network between a sender and a receiver that reports.
struct network {
    struct kin_adaptation a;
    kin_us now, rtt, queue, every;
    unsigned loss;     // per mille, of everything
    unsigned capacity; // per mille of the whole stream; 0: any. What is too much makes a queue, and is lost
    struct kin_adaptation_report report;
    struct kin_adaptation_sent sent;
    uint64_t seq;
    unsigned changes;
};

static struct network begin(bool slow)
{
    struct network n = {.now = SEC, .rtt = 40 * MS, .every = slow ? 5 * SEC : SEC / 2};
    kin_adaptation_init(&n.a, slow, false, 41 * MS);
    return n;
}

static struct network begin_coarse(void)
{
    struct network n = begin(false);
    kin_adaptation_init(&n.a, false, true, 41 * MS);
    return n;
}

// What is sent of everything, per mille. Coarser frames are as short as they are expected to be.
static unsigned share(const struct network *n)
{
    struct kin_adaptation_level l = kin_adaptation_level(&n->a);
    return kin_jpeg_quality_share(l.quality) * l.keep / l.of;
}

// Time to the next report passes.
static void step(struct network *n)
{
    uint64_t packets = (uint64_t)(PACKETS * (n->every / (SEC / 2))) * share(n) / 1000, lost = packets * n->loss / 1000;
    bool over = n->capacity > 0 && share(n) > n->capacity;
    if (over)
        lost += (packets - lost) * (share(n) - n->capacity) / share(n);
    n->now += n->every;
    n->seq += packets;
    n->sent.bytes += packets * PACKET_BYTES;
    n->sent.seq = (uint16_t)(n->seq + 1);
    n->report.highest_seq = (uint32_t)n->seq;
    n->report.lost += (int32_t)lost;
    n->report.rtt = n->rtt + (over ? n->queue : 0);
    n->report.lsr++;
    n->changes += kin_adaptation_feed(&n->a, n->now, &n->report, &n->sent);
}

static void run(struct network *n, unsigned seconds)
{
    for (kin_us end = n->now + seconds * SEC; n->now < end;)
        step(n);
}

TEST(nothing_happens_while_nothing_is_lost)
{
    struct network n = begin(false);
    run(&n, 600);
    CHECK_INT(n.changes, 0);
    CHECK_INT(share(&n), 1000);
    CHECK(!kin_adaptation_level(&n.a).spread);
    CHECK(!kin_adaptation_is_congested(&n.a));
    CHECK(!kin_adaptation_is_watching(&n.a));
out:;
}

TEST(random_loss_is_nothing_to_adapt_to)
{
    for (unsigned loss = 10; loss <= 240; loss += 10) {
        struct network n = begin(false);
        n.loss = loss;
        run(&n, 600);
        CHECK_INT(n.changes, 0);
    }
out:;
}

TEST(a_longer_way_is_no_queue)
{
    struct network n = begin(false);
    run(&n, 10);
    n.rtt = 200 * MS;
    run(&n, 60);
    CHECK_INT(n.changes, 0);
out:;
}

static void carry(struct network n, unsigned carries, unsigned least_frames)
{
    unsigned over = 0;
    run(&n, 10);
    n.capacity = carries;
    n.queue = 50 * MS;
    run(&n, 10);
    for (unsigned s = 0; s < 240; s++) {
        step(&n);
        over += share(&n) > carries;
        CHECK(share(&n) * 2 >= carries);
        struct kin_adaptation_level l = kin_adaptation_level(&n.a);
        CHECK(l.keep * 1000 >= l.of * least_frames);
    }
    CHECK(over <= 120); // trials of more
    n.capacity = 0;
    run(&n, 20);
    CHECK_INT(share(&n), 1000);
out:;
}

TEST(a_slow_line_gets_what_it_carries)
{
    static const unsigned carries[] = {900, 800, 700, 500, 400, 300};
    for (size_t i = 0; i < sizeof carries / sizeof *carries; i++) {
        carry(begin(false), carries[i], carries[i] / 2);
        carry(begin_coarse(), carries[i], 750);
    }
}

// Only at a lower quality do more than a quarter of the frames stay where a tenth of the rate is left.
TEST(quality_falls_before_most_frames_are_left_out)
{
    struct network n = begin_coarse();
    run(&n, 10);
    n.capacity = 600;
    n.queue = 50 * MS;
    run(&n, 10);
    struct kin_adaptation_level l = kin_adaptation_level(&n.a);
    CHECK(l.quality >= 1 && l.keep * 4 >= l.of * 3);
    n.capacity = 100;
    run(&n, 20);
    l = kin_adaptation_level(&n.a);
    CHECK(l.quality == KIN_JPEG_QUALITY_STEPS && l.keep * 4 >= l.of);
out:;
}

// A reel of few frames a second leaves out none, but becomes coarser.
TEST(few_frames_become_coarser)
{
    struct network n = begin_coarse();
    kin_adaptation_init(&n.a, false, true, SEC);
    run(&n, 10);
    n.capacity = 350;
    n.queue = 50 * MS;
    run(&n, 20);
    struct kin_adaptation_level l = kin_adaptation_level(&n.a);
    CHECK(l.keep == l.of && l.quality == KIN_JPEG_QUALITY_STEPS);
out:;
}

// Where coarser frames cannot be made, as little is sent in fewer frames; and it goes on as before when they can.
TEST(without_a_lower_quality_frames_are_left_out)
{
    struct network n = begin_coarse();
    run(&n, 10);
    n.capacity = 500;
    n.queue = 50 * MS;
    run(&n, 10);
    unsigned before = share(&n);
    CHECK(kin_adaptation_level(&n.a).quality > 0);
    CHECK(kin_adaptation_coarsens(&n.a, n.now, false, &n.sent));
    CHECK(kin_adaptation_level(&n.a).quality == 0 && share(&n) <= before && share(&n) >= before / 2);
    CHECK(!kin_adaptation_coarsens(&n.a, n.now, false, &n.sent));
    before = share(&n);
    CHECK(kin_adaptation_coarsens(&n.a, n.now, true, &n.sent));
    CHECK(kin_adaptation_level(&n.a).quality > 0 && share(&n) <= before);
    n.capacity = 0;
    run(&n, 30);
    CHECK_INT(share(&n), 1000);
    CHECK(!kin_adaptation_coarsens(&n.a, n.now, false, &n.sent)); // all is sent anyway
out:;
}

// Frames that become hardly shorter count for what they are.
TEST(it_learns_how_short_coarser_frames_are)
{
    struct network n = begin_coarse();
    for (unsigned i = 0; i < 200; i++) {
        kin_adaptation_frame(&n.a, 0, 1100, 1000);
        kin_adaptation_frame(&n.a, 1, 1000, 1000);
        kin_adaptation_frame(&n.a, 2, 500, 1000);
        kin_adaptation_frame(&n.a, 2, 0, 0); // nothing is known of it
    }
    run(&n, 10);
    n.capacity = 600;
    n.queue = 50 * MS;
    while (kin_adaptation_level(&n.a).quality == 0 && n.now < 60 * SEC)
        step(&n);
    CHECK(kin_adaptation_level(&n.a).quality >= 2);
out:;
}

TEST(one_report_does_not_take_more_than_half)
{
    struct network n = begin(false);
    run(&n, 10);
    n.loss = 950;
    n.rtt += 50 * MS;
    while (n.changes == 0 && n.now < 20 * SEC)
        step(&n);
    CHECK(share(&n) <= 500 && share(&n) >= 400);
out:;
}

// The round trip varies so much that a queue would not be seen.
TEST(a_trial_that_loses_much_fails_whatever_the_round_trip_says)
{
    struct network n = begin(false);
    run(&n, 10);
    n.capacity = 300;
    n.queue = 50 * MS;
    run(&n, 20);
    CHECK(share(&n) <= 300);
    n.queue = 0;
    for (unsigned i = 0; i < 120; i++) {
        step(&n);
        CHECK(share(&n) <= 420); // one level more, for a moment
    }
out:;
}

TEST(congestion_is_said_while_it_lasts)
{
    struct network n = begin(false);
    run(&n, 10);
    n.capacity = 700;
    n.queue = 50 * MS;
    step(&n);
    step(&n);
    CHECK(kin_adaptation_is_congested(&n.a));
    CHECK(kin_adaptation_is_watching(&n.a));
    run(&n, 2);
    CHECK(!kin_adaptation_is_congested(&n.a));
out:;
}

TEST(bursts_are_spread_first)
{
    struct network n = begin(false);
    run(&n, 10);
    n.capacity = 950;
    n.queue = 50 * MS;
    while (n.changes == 0 && n.now < 60 * SEC)
        step(&n);
    CHECK_INT(share(&n), 1000);
    CHECK(kin_adaptation_level(&n.a).spread);
out:;
}

// The round trip has become longer, and packets are lost, but not because of what is sent.
TEST(what_does_not_help_is_taken_back)
{
    struct network n = begin(false);
    run(&n, 10);
    n.rtt = 80 * MS;
    n.loss = 200;
    run(&n, 20);
    CHECK(n.changes >= 2);
    CHECK_INT(share(&n), 1000);
    unsigned changes = n.changes;
    run(&n, 600); // and the longer way is the usual one now
    CHECK_INT(n.changes, changes);
out:;
}

TEST(the_least_is_kept_where_even_that_is_too_much)
{
    struct network n = begin(false);
    run(&n, 10);
    n.capacity = 50;
    n.queue = 50 * MS;
    run(&n, 10);
    for (unsigned i = 0; i < 240; i++) {
        step(&n);
        CHECK(share(&n) <= 250);
    }
out:;
}

// A policer has no queue: so much is lost that less is tried.
TEST(heavy_loss_without_a_queue_is_tried)
{
    struct network n = begin(false);
    run(&n, 10);
    n.capacity = 600;
    run(&n, 5);
    CHECK_INT(share(&n), 1000);
    run(&n, 5);
    CHECK(share(&n) <= 600);
    n = begin(false);
    n.loss = 400;
    run(&n, 12);
    CHECK_INT(share(&n), 1000); // it was tried, to no avail
    CHECK_INT(n.changes, 2);
    run(&n, 50);
    CHECK_INT(n.changes, 2);
out:;
}

TEST(seldom_reports_need_a_heavy_loss)
{
    struct network n = begin(true);
    run(&n, 20);
    n.capacity = 950;
    n.queue = 50 * MS;
    run(&n, 300);
    CHECK_INT(n.changes, 0);
    n.capacity = 700;
    run(&n, 40);
    CHECK(share(&n) <= 700);
    n.capacity = 0;
    run(&n, 200);
    CHECK_INT(share(&n), 1000);
out:;
}

TEST(frames_are_not_too_far_apart)
{
    struct network n = begin(false);
    kin_adaptation_init(&n.a, false, false, 300 * MS);
    run(&n, 10);
    n.capacity = 100;
    n.queue = 50 * MS;
    run(&n, 20);
    CHECK(share(&n) >= 750);
    kin_adaptation_init(&n.a, false, false, SEC);
    run(&n, 20);
    CHECK_INT(share(&n), 1000);
out:;
}

TEST(haste_and_what_was_sent_before_say_nothing)
{
    struct network n = begin(false);
    n.sent.fast = true;
    n.capacity = 500;
    n.queue = 50 * MS;
    run(&n, 30);
    CHECK_INT(n.changes, 0);
    n.sent.fast = false;
    n.capacity = 0;
    run(&n, 30);
    CHECK_INT(n.changes, 0);
    kin_adaptation_hold(&n.a, (uint16_t)(n.seq + 5000));
    n.capacity = 500;
    run(&n, 4);
    CHECK_INT(n.changes, 0);
out:;
}

TEST(a_receiver_that_counts_anew_is_no_loss)
{
    struct network n = begin(false);
    run(&n, 10);
    n.report.lost = 0;
    n.seq -= 3000;
    run(&n, 10);
    n.report.lost = -50;
    run(&n, 10);
    CHECK_INT(n.changes, 0);
out:;
}
