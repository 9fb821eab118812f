// engine/play/receive_stats: every frame counted once, whatever is lost, late or left; what a reset forgets.
#include "engine/play/receive_stats.h"

#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define INTERVAL (40 * MS)
#define PACKETS 4 // of a frame

struct count { // a timeline of 25 frames/s and what is counted on it
    struct kin_timeline timeline;
    struct kin_receive_stats stats;
    struct kin_receive_live live;
};

static void begin(struct count *c)
{
    struct kin_timeline_start start = {.has_rtptime = true, .scale = 1000};
    *c = (struct count){.live = {.kernel_dropped = 0}};
    kin_timeline_init(&c->timeline);
    kin_timeline_reel(&c->timeline, 100 * INTERVAL, 25000, true);
    kin_timeline_start(&c->timeline, 0, &start);
    kin_receive_stats_init(&c->stats);
    kin_receive_stats_run(&c->stats, 0);
}

// Frame `n` of the reel, behind `partial` ones that came in part; `seq` is its first packet. Returns what the server
// left out before it.
static uint64_t frame(struct count *c, int64_t n, unsigned partial, uint64_t seq, bool late)
{
    struct kin_jpeg_frame f = {.ts = (uint64_t)n * 3600,
                               .seq = seq + PACKETS - 1,
                               .packets = PACKETS,
                               .first_at = n * INTERVAL,
                               .last_at = n * INTERVAL + 3 * MS,
                               .partial_before = partial};
    struct kin_timeline_step step = kin_timeline_frame(&c->timeline, f.first_at, n * 3600, late, false);
    c->live.frames.complete++;
    c->live.frames.partial += partial;
    return kin_receive_stats_frame(&c->stats, &f, &step, late);
}

static struct kin_receive_counts counts(const struct count *c)
{
    return kin_receive_stats_counts(&c->stats, &c->live, 0);
}

TEST(what_is_missing_between_frames_is_lost_or_left_out)
{
    struct count c;
    begin(&c);
    CHECK_INT(frame(&c, 0, 0, 0, false), 0);
    CHECK_INT(frame(&c, 3, 0, PACKETS, false), 2);     // no number is missing: 1 and 2 were not sent
    CHECK_INT(frame(&c, 6, 0, 4 * PACKETS, false), 0); // 4 and 5 were
    CHECK_INT(frame(&c, 9, 1, 7 * PACKETS, false), 0); // of 7 a part came
    struct kin_receive_counts n = counts(&c);
    CHECK_INT(n.frames.lost, 2 + 2 + 1);
    CHECK_INT(n.frames.left_out, 2);
    CHECK_INT(n.frames.partial, 1);
    CHECK_INT(n.frames.expected, 10);
    CHECK_INT(kin_receive_stats_counts(&c.stats, &c.live, 7).frames.expected, 17); // nothing comes at the moment
out:;
}

TEST(what_the_kernel_dropped_while_nobody_was_there_is_none_of_the_lost)
{
    struct count c;
    begin(&c);
    c.live.kernel_dropped = 30;
    c.live.packets.missed = 20;
    CHECK_INT(counts(&c).packets.kernel_dropped, 10);
    c.live.packets.missed = 40; // the machine slept
    CHECK_INT(counts(&c).packets.kernel_dropped, 0);
out:;
}

TEST(sequence_numbers_wrap)
{
    struct count c;
    begin(&c);
    kin_receive_stats_run(&c.stats, 65534);
    CHECK_INT(frame(&c, 1, 0, 65534, false), 1);
    CHECK_INT(frame(&c, 3, 0, 65538, false), 1);
    CHECK_INT(frame(&c, 5, 0, 65543, false), 0);
out:;
}

// The reply to the next PLAY counts instead of the clock, and each PLAY of an outage adds its own.
TEST(an_outage_at_the_end_of_a_run_is_counted_by_the_reply)
{
    struct count c;
    begin(&c);
    frame(&c, 0, 0, 0, false);
    kin_receive_stats_leave(&c.stats, 30, 0);
    CHECK_INT(counts(&c).frames.lost, 30);
    kin_receive_stats_left_at(&c.stats, 33);
    CHECK_INT(counts(&c).frames.lost, 33);
    kin_receive_stats_leave(&c.stats, 10, 2); // of which 2 came in part
    CHECK_INT(counts(&c).frames.lost, 33 + 8);
    kin_receive_stats_left_at(&c.stats, 7);
    CHECK_INT(counts(&c).frames.lost, 33 + 5);
out:;
}

TEST(late_frames_behind_the_end_are_taken_back)
{
    struct count c;
    begin(&c);
    frame(&c, 0, 0, 0, false);
    kin_receive_stats_end(&c.stats, 3, 0, true);
    CHECK_INT(counts(&c).frames.left_out, 3);
    kin_timeline_stop(&c.timeline);
    for (int64_t n = 1; n < 4; n++) {
        CHECK_INT(frame(&c, n, 0, (uint64_t)n * PACKETS, true), 0);
        CHECK_INT(counts(&c).frames.lost, 3 - n);
        CHECK_INT(counts(&c).frames.left_out, 3 - n);
        CHECK_INT(counts(&c).frames.expected, 4);
    }
    CHECK_INT(frame(&c, 6, 0, 6 * PACKETS, true), 0); // nothing is left to take back: 4 and 5 are missing
    CHECK_INT(counts(&c).frames.lost, 2);
    CHECK_INT(counts(&c).frames.expected, 7);
out:;
}

TEST(late_frames_without_a_place_are_taken_back_no_further_than_they_were_noted)
{
    struct count c;
    struct kin_jpeg_frame late = {.partial_before = 1};
    begin(&c);
    frame(&c, 2, 0, 2 * PACKETS, false); // 0 and 1 are missing
    kin_receive_stats_leave(&c.stats, 3, 0);
    kin_receive_stats_late(&c.stats, &late); // it, and one that came in part
    CHECK_INT(counts(&c).frames.lost, 2 + 1);
    kin_receive_stats_left_at(&c.stats, 3); // what the clock guessed and did come is not counted again
    CHECK_INT(counts(&c).frames.lost, 2 + 3);
    kin_receive_stats_late(&c.stats, &late);
    kin_receive_stats_late(&c.stats, &late);
    kin_receive_stats_late(&c.stats, &late);
    CHECK_INT(counts(&c).frames.lost, 2);
    kin_receive_stats_leave(&c.stats, 3, 0);
    frame(&c, 3, 0, 3 * PACKETS, false); // a frame in its turn: what was noted before it stays
    kin_receive_stats_late(&c.stats, &late);
    CHECK_INT(counts(&c).frames.lost, 2 + 3);
out:;
}

TEST(counts_of_receivers_and_sockets_that_are_gone_are_kept)
{
    struct count c;
    begin(&c);
    c.live.packets = (struct kin_rtp_receiver_stats){
        .received = 10, .lost = 2, .late = 1, .duplicate = 3, .payload_bytes = 99};
    c.live.kernel_dropped = 5;
    frame(&c, 0, 0, 0, false);
    struct kin_receive_counts before = counts(&c);
    kin_receive_stats_keep(&c.stats, &c.live);
    kin_receive_stats_keep_socket(&c.stats, c.live.kernel_dropped);
    c.live = (struct kin_receive_live){.kernel_dropped = 0};
    struct kin_receive_counts after = counts(&c);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK_INT(after.packets.received, 10);
    CHECK_INT(after.packets.kernel_dropped, 5);
    CHECK_INT(frame(&c, 3, 0, PACKETS, false), 0); // its numbers have nothing to do with those before
out:;
}

TEST(a_reset_forgets_all_counters)
{
    struct count c;
    struct kin_receive_counts zero = {.frames = {.lost = 0}};
    begin(&c);
    frame(&c, 3, 0, 0, false);
    kin_receive_stats_packet(&c.stats, 0, 1000, true);
    kin_receive_stats_leave(&c.stats, 4, 0);
    kin_receive_stats_keep_socket(&c.stats, 6);
    c.live = (struct kin_receive_live){.kernel_dropped = 5}; // of a socket that stays open
    kin_receive_stats_reset(&c.stats, &c.live);
    struct kin_receive_counts n = counts(&c);
    CHECK(memcmp(&n, &zero, sizeof n) == 0);
    CHECK_INT(kin_receive_stats_average(&c.stats, INTERVAL).us, 0);
    kin_receive_stats_keep_socket(&c.stats, 7); // it dropped two more
    c.live.kernel_dropped = 0;
    CHECK_INT(counts(&c).packets.kernel_dropped, 2);
    kin_receive_stats_late(&c.stats, &(struct kin_jpeg_frame){.seq = 0}); // what it was noted for is forgotten
    CHECK_INT(counts(&c).frames.lost, 0);
out:;
}

TEST(times_count_from_each_connection)
{
    struct count c;
    begin(&c);
    kin_receive_stats_connect(&c.stats, 100 * MS);
    CHECK(c.stats.times.setup_ms < 0 && c.stats.times.first_packet_ms < 0 && c.stats.times.first_frame_ms < 0);
    kin_receive_stats_set_up(&c.stats, 105 * MS);
    kin_receive_stats_set_up(&c.stats, 205 * MS); // the first one counts
    kin_receive_stats_packet(&c.stats, 110 * MS, 100, true);
    kin_receive_stats_packet(&c.stats, 120 * MS, 100, true);
    frame(&c, 3, 0, 0, false);
    frame(&c, 4, 0, PACKETS, false);
    CHECK_INT((int64_t)c.stats.times.setup_ms, 5);
    CHECK_INT((int64_t)c.stats.times.first_packet_ms, 10);
    CHECK_INT((int64_t)c.stats.times.first_frame_ms, 23);
    kin_receive_stats_connect(&c.stats, 1000 * MS);
    CHECK(c.stats.times.first_frame_ms < 0);
out:;
}

// Five frames in five intervals, a rest, five more.
TEST(averages_leave_pauses_out)
{
    struct count c;
    begin(&c);
    for (int64_t n = 0; n < 10; n++) {
        int64_t at = n < 5 ? n : n + 50;
        if (n == 5)
            kin_receive_stats_leave(&c.stats, 0, 0);
        kin_receive_stats_packet(&c.stats, at * INTERVAL, 1000, true);
        frame(&c, at, 0, (uint64_t)n * PACKETS, false);
    }
    struct kin_receive_average a = kin_receive_stats_average(&c.stats, INTERVAL);
    CHECK_INT(a.us, 9 * INTERVAL); // the pause began with the last packet before it
    CHECK_INT((int64_t)a.bps, 10000 * 8 * 1000 / (9 * 40));
    CHECK_INT((int64_t)(a.fps * 36), 1000);
    CHECK_INT(c.stats.intervals.total, 8); // the frames of either run follow each other
out:;
}

// An outage is no pause, though what it took is played again.
TEST(averages_count_outages)
{
    struct count c;
    struct kin_receive_live none = {.kernel_dropped = 0};
    begin(&c);
    for (int64_t n = 0; n < 10; n++) {
        int64_t at = n < 5 ? n : n + 50;
        if (n == 5)
            kin_receive_stats_again(&c.stats, &none);
        kin_receive_stats_packet(&c.stats, at * INTERVAL, 1000, true);
        frame(&c, at, 0, (uint64_t)n * PACKETS, false);
    }
    CHECK_INT(kin_receive_stats_average(&c.stats, INTERVAL).us, 60 * INTERVAL);
out:;
}

TEST(averages_are_over_the_time_that_frames_play)
{
    struct kin_receive_average a = {.us = 10 * SEC, .bps = 1200, .fps = 30};
    struct kin_receive_average ahead = kin_receive_average_played(&a, 2 * SEC, 12 * SEC);
    CHECK(ahead.us == 12 * SEC && ahead.bps > 999 && ahead.bps < 1001 && ahead.fps > 24.9 && ahead.fps < 25.1);
    CHECK_INT(kin_receive_average_played(&a, 5 * SEC, 12 * SEC).us, 12 * SEC); // an outage was made up for
    CHECK_INT(kin_receive_average_played(&a, 5 * SEC, 8 * SEC).us, 10 * SEC);  // or not
    CHECK_INT(kin_receive_average_played(&a, 2 * SEC, 0).us, 12 * SEC);
    CHECK_INT(kin_receive_average_played(&(struct kin_receive_average){.us = 0}, 0, 0).us, 0);
out:;
}

TEST(loss_is_unknown_while_nothing_comes)
{
    struct count c;
    struct kin_receive_packets none = {.received = 0};
    begin(&c);
    kin_receive_stats_packet(&c.stats, 0, 1000, true);
    c.live.packets.received = 90;
    c.live.packets.lost = 10;
    kin_receive_stats_tick(&c.stats, 0, &c.live);
    struct kin_receive_packets packets = counts(&c).packets;
    CHECK_INT((int64_t)(kin_receive_stats_loss(&c.stats, MS, &packets, 2000 * MS).all * 1000 + 0.5), 100);
    CHECK(kin_receive_stats_loss(&c.stats, MS, &packets, 2000 * MS).recent > 0);
    CHECK(kin_receive_stats_loss(&c.stats, MS, &none, 2000 * MS).all == 0);
    begin(&c);
    CHECK(kin_receive_stats_loss(&c.stats, 1999 * MS, &none, 2000 * MS).recent == 0);
    CHECK(kin_receive_stats_loss(&c.stats, 2000 * MS, &none, 2000 * MS).recent < 0);
out:;
}

TEST(coarser_frames_are_counted)
{
    static const unsigned qualities[] = {0, 2, 3, 3, 0};
    struct count c;
    begin(&c);
    for (size_t i = 0; i < sizeof qualities / sizeof qualities[0]; i++) {
        kin_receive_stats_quality(&c.stats, qualities[i]);
        CHECK_INT(c.stats.quality, qualities[i]);
    }
    CHECK_INT(counts(&c).frames.coarser, 3);
    kin_receive_stats_reset(&c.stats, &c.live);
    CHECK_INT(counts(&c).frames.coarser, 0);
out:;
}
