// engine/play/stats: throughput, frame rate, percentiles, bursts.
#include "engine/play/stats.h"
#include "unit.h"

#define MS KIN_US_PER_MS

static struct kin_throughput rate;
static struct kin_fps fps;
static struct kin_histogram spread, other;
static struct kin_burst burst;

TEST(throughput_of_a_steady_stream)
{
    kin_throughput_init(&rate);
    for (int i = 0; i < 3000; i++)
        kin_throughput_add(&rate, 5 * KIN_US_PER_S + i * MS, 125); // 1 Mbit/s
    CHECK(kin_throughput_bps(&rate) > 990e3 && kin_throughput_bps(&rate) < 1010e3);
    CHECK(kin_throughput_avg_bps(&rate, 8 * KIN_US_PER_S) > 990e3);
    CHECK(rate.min_bps > 990e3 && rate.max_bps < 1010e3);
    double history[KIN_THROUGHPUT_HISTORY];
    CHECK_INT(kin_throughput_history(&rate, history, KIN_THROUGHPUT_HISTORY), 5);
    CHECK(history[4] > 990e3 && history[4] < 1010e3);
    CHECK_INT(kin_throughput_history(&rate, history, 2), 2);
    CHECK_INT(rate.total, 375000);
out:;
}

// Once the time of a pause lowered the average and the minimum as soon as media came again.
TEST(throughput_leaves_a_pause_out)
{
    kin_throughput_init(&rate);
    kin_throughput_rest(&rate); // before the first byte
    for (int i = 0; i < 2000; i++)
        kin_throughput_add(&rate, 5 * KIN_US_PER_S + i * MS, 125); // 1 Mbit/s
    kin_throughput_rest(&rate);
    for (int i = 0; i < 2000; i++)
        kin_throughput_add(&rate, 605 * KIN_US_PER_S + i * MS, 125);
    CHECK(kin_throughput_avg_bps(&rate, 607 * KIN_US_PER_S) > 990e3 &&
          kin_throughput_avg_bps(&rate, 607 * KIN_US_PER_S) < 1010e3);
    CHECK(rate.min_bps > 990e3 && rate.max_bps < 1010e3);
    CHECK(kin_throughput_bps(&rate) > 990e3 && kin_throughput_bps(&rate) < 1010e3);
    kin_throughput_add(&rate, 617 * KIN_US_PER_S, 125); // a silence without a rest counts
    CHECK(kin_throughput_avg_bps(&rate, 617 * KIN_US_PER_S) < 300e3);
    CHECK_INT((long long)rate.min_bps, 0);
out:;
}

// Three seconds of a reel of one frame a second: the average was that of two.
TEST(throughput_counts_the_time_of_the_last_frame)
{
    struct kin_throughput r;
    kin_throughput_init(&r);
    CHECK_INT(kin_throughput_time(&r, KIN_US_PER_S), 0);
    CHECK(kin_throughput_avg_bps(&r, KIN_US_PER_S) <= 0);
    for (kin_us at = 0; at < 3; at++)
        kin_throughput_add(&r, at * KIN_US_PER_S, 1000);
    CHECK_INT(kin_throughput_time(&r, 3 * KIN_US_PER_S), 3 * KIN_US_PER_S);
    CHECK_INT((int)kin_throughput_avg_bps(&r, 3 * KIN_US_PER_S), 8000);
out:;
}

TEST(throughput_falls_to_nothing)
{
    kin_throughput_init(&rate);
    kin_throughput_tick(&rate, 77);
    CHECK_INT((long long)kin_throughput_bps(&rate), 0);
    kin_throughput_add(&rate, 0, 1000);
    kin_throughput_tick(&rate, 999 * MS);
    CHECK(kin_throughput_bps(&rate) > 0);
    kin_throughput_tick(&rate, 1000 * MS + 1);
    CHECK_INT((long long)kin_throughput_bps(&rate), 0);
    kin_throughput_tick(&rate, 90 * KIN_US_PER_S); // longer than the history
    CHECK_INT((long long)rate.min_bps, 0);
    CHECK_INT((long long)rate.max_bps, 16000);
    double history[KIN_THROUGHPUT_HISTORY];
    CHECK_INT(kin_throughput_history(&rate, history, KIN_THROUGHPUT_HISTORY), KIN_THROUGHPUT_HISTORY);
    kin_throughput_tick(&rate, 365 * 24 * 3600 * KIN_US_PER_S);
    kin_throughput_add(&rate, 365 * 24 * 3600 * KIN_US_PER_S, 1000);
    CHECK(kin_throughput_bps(&rate) > 0);
out:;
}

// Once the loss was that of the whole session only.
TEST(loss_of_five_seconds_and_the_worst)
{
    struct kin_loss l;
    uint64_t received = 0, lost = 0;
    kin_loss_init(&l);
    CHECK(kin_loss_recent(&l) <= 0);
    for (int i = 0; i < 100; i++) { // 10 s at 100 packets in 100 ms; half of those of one second are lost
        bool bad = i >= 30 && i < 40;
        received += bad ? 50 : 100;
        lost += bad ? 50 : 0;
        kin_loss_add(&l, 1000 * KIN_US_PER_S + i * 100 * KIN_US_PER_MS, received, lost);
        if (i == 40)
            CHECK(kin_loss_recent(&l) > 0.12 && kin_loss_recent(&l) < 0.13);
    }
    CHECK(kin_loss_recent(&l) <= 0);
    CHECK(kin_loss_worst(&l) > 0.49 && kin_loss_worst(&l) < 0.51);
    kin_loss_add(&l, 1100 * KIN_US_PER_S, received, lost + 100); // nothing but losses
    CHECK(kin_loss_recent(&l) >= 1 && kin_loss_worst(&l) >= 1);
    kin_loss_add(&l, 1100 * KIN_US_PER_S, received + 100, lost); // they came after all
    CHECK(kin_loss_recent(&l) <= 0);
out:;
}

// Once the first packets of a stream, or those after a rest, stood for a second: 1 in 20 lost was 1 in 2.
TEST(the_worst_second_is_a_whole_one)
{
    struct kin_loss l;
    kin_us now = 77 * MS;
    uint64_t received = 0, lost = 0;
    kin_loss_init(&l);
    for (int i = 0; i < 50; i++) // before the stream
        kin_loss_add(&l, now += 10 * MS, received, lost);
    for (int run = 0; run < 3; run++, now += 10 * KIN_US_PER_S)
        for (int i = 0; i < 1200; i++, now += 5 * MS) {
            bool bad = i % 20 == 1;
            received += !bad;
            lost += bad;
            kin_loss_add(&l, now, received, lost);
            if (i > 250 || run > 0)
                CHECK(kin_loss_worst(&l) > 0.04 && kin_loss_worst(&l) < 0.06);
        }
out:;
}

// A packet lost at the very end, which is noticed when nothing comes any more.
TEST(one_lost_packet_is_no_bad_second)
{
    struct kin_loss l;
    kin_us now = 77 * MS;
    kin_loss_init(&l);
    for (uint64_t i = 1; i <= 800; i++, now += 5 * MS)
        kin_loss_add(&l, now, i - i / 20, i / 20);
    kin_loss_add(&l, now += 300 * MS, 760, 41);
    CHECK(kin_loss_worst(&l) > 0.04 && kin_loss_worst(&l) < 0.06);
    kin_loss_add(&l, now += 2000 * MS, 760, 41);
    CHECK(kin_loss_worst(&l) > 0.04 && kin_loss_worst(&l) < 0.06);
    kin_loss_add(&l, now, 760, 341); // a report counts what was lost meanwhile
    CHECK(kin_loss_worst(&l) >= 1);
out:;
}

TEST(a_run_shorter_than_a_second_is_its_worst_one)
{
    struct kin_loss l;
    kin_loss_init(&l);
    kin_loss_add(&l, 100 * MS, 1, 1);
    kin_loss_add(&l, 900 * MS, 75, 25);
    CHECK(kin_loss_worst(&l) > 0.249 && kin_loss_worst(&l) < 0.251);
out:;
}

TEST(frames_per_second)
{
    kin_fps_init(&fps);
    CHECK_INT((long long)kin_fps_get(&fps, 0, 0), 0);
    for (int i = 0; i < 1000; i++)
        kin_fps_add(&fps, (kin_us)i * KIN_US_PER_S / 24);
    double f = kin_fps_get(&fps, 999 * KIN_US_PER_S / 24, 0);
    CHECK(f > 23.9 && f < 24.1);
    CHECK_INT((long long)kin_fps_get(&fps, 1000 * KIN_US_PER_S, 0), 0);
    // once two frames in a row after a standstill were hundreds a second
    kin_fps_add(&fps, 100 * KIN_US_PER_S);
    kin_fps_add(&fps, 100 * KIN_US_PER_S + 4 * MS);
    f = kin_fps_get(&fps, 100 * KIN_US_PER_S + 10 * MS, 0);
    CHECK(f > 0.9 && f < 1.1);
    for (int i = 1; i < 48; i++)
        kin_fps_add(&fps, 100 * KIN_US_PER_S + i * KIN_US_PER_S / 24);
    f = kin_fps_get(&fps, 102 * KIN_US_PER_S, 0);
    CHECK(f > 23 && f < 26);
out:;
}

// Regression: a frame in ten seconds read as none at all.
TEST(events_that_are_rare_by_nature_have_a_rate)
{
    kin_fps_init(&fps);
    for (int i = 0; i < 5; i++)
        kin_fps_add(&fps, i * 10 * KIN_US_PER_S);
    double f = kin_fps_get(&fps, 49 * KIN_US_PER_S, 10 * KIN_US_PER_S);
    CHECK(f > 0.099 && f < 0.101);
    CHECK_INT((long long)(1000 * kin_fps_get(&fps, 49 * KIN_US_PER_S, 0)), 0);
    CHECK_INT((long long)(1000 * kin_fps_get(&fps, 90 * KIN_US_PER_S, 10 * KIN_US_PER_S)), 0);
out:;
}

TEST(percentiles)
{
    kin_histogram_init(&spread);
    CHECK_INT(kin_histogram_percentile(&spread, 50), 0);
    for (int i = 1; i <= 100; i++)
        kin_histogram_add(&spread, i);
    CHECK_INT(kin_histogram_percentile(&spread, 50), 50);
    CHECK_INT(kin_histogram_percentile(&spread, 99), 99);
    CHECK_INT(kin_histogram_percentile(&spread, 100), 100);
    CHECK_INT(spread.max, 100);
    kin_histogram_init(&other);
    kin_histogram_add(&other, -5);
    kin_histogram_add(&other, 41667);
    kin_histogram_add(&other, 3600 * KIN_US_PER_S);
    kin_histogram_add(&other, INT64_MAX);
    CHECK_INT(kin_histogram_percentile(&other, 0), 0);
    kin_us p50 = kin_histogram_percentile(&other, 50);
    CHECK(p50 >= 41667 - 41667 / 512 - 1 && p50 <= 41667 + 41667 / 512 + 1);
    CHECK_INT(other.max, INT64_MAX);
out:;
}

TEST(bursts_within_a_millisecond)
{
    kin_burst_init(&burst);
    for (int i = 0; i < 100; i++)
        kin_burst_add(&burst, i * 100); // ten in a millisecond
    CHECK_INT(burst.max, 10);
    for (int i = 0; i < 16; i++)
        kin_burst_add(&burst, 50 * MS);
    CHECK_INT(burst.max, 16);
    kin_burst_add(&burst, 50 * MS + 999);
    kin_burst_add(&burst, 40 * MS); // kernel timestamps may go back a little
    CHECK_INT(burst.max, 18);
    kin_burst_add(&burst, 51 * MS);
    CHECK_INT(burst.max, 18);
    for (int i = 0; i < 2 * KIN_BURST_RING; i++)
        kin_burst_add(&burst, 100 * MS);
    CHECK_INT(burst.max, KIN_BURST_RING);
out:;
}
