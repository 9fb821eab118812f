// engine/rtp/rtp_continuity: an outage is a loss of exactly so many packets, however often the numbers wrapped
// meanwhile.
#include "base/err.h"
#include "engine/rtp/rtp_receiver.h"
#include "proto/rtcp.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define SSRC 0x5eed0001u
#define FRAME_TS 3750
#define FRAME_PACKETS 63 // 17 Mbit/s at 24 frames/s

struct source { // a sender and the receiver, with a link between that can be down
    struct kin_rtp_receiver *r;
    uint64_t frame, sent;
    unsigned frame_packets;
    uint16_t first_seq;
    uint32_t first_ts;
    uint64_t gaps;     // packets given up, by the arrivals
    unsigned sources;  // arrivals that say that a source began
    uint64_t arrivals; // all of them
};

static kin_us time_of(uint64_t frame)
{
    return SEC + kin_us_from_ts((int64_t)frame * FRAME_TS);
}

static void take(struct source *s, kin_us now)
{
    struct kin_rtp_arrival a;
    while (kin_rtp_receiver_event(s->r, now, &a)) {
        s->gaps += a.gap;
        s->sources += a.new_source;
        s->arrivals++;
    }
}

static void lose_frames(struct source *s, uint64_t frames)
{
    s->frame += frames;
    s->sent += frames * s->frame_packets;
}

static void send_frames(struct source *s, uint64_t frames)
{
    for (uint64_t end = s->frame + frames; s->frame < end; s->frame++) {
        for (unsigned i = 0; i < s->frame_packets; i++, s->sent++) {
            uint8_t bytes[KIN_RTP_HEADER_BYTES + 1] = {0};
            struct kin_rtp_header h = {.payload_type = 26, .ssrc = SSRC};
            h.seq = (uint16_t)(s->first_seq + s->sent);
            h.ts = s->first_ts + (uint32_t)(s->frame * FRAME_TS);
            kin_rtp_write(bytes, &h);
            kin_us at = time_of(s->frame) + (kin_us)i * 100;
            kin_rtp_receiver_feed(s->r, at, kin_span_make(bytes, sizeof bytes));
            take(s, at);
        }
    }
    take(s, time_of(s->frame) + SEC);
}

static void send_report(struct source *s)
{
    uint8_t room[64];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_sr sr = {.ntp = s->frame << 32, .packets = (uint32_t)s->sent};
    sr.rtp_ts = s->first_ts + (uint32_t)(s->frame * FRAME_TS);
    kin_rtcp_write_sr(&w, SSRC, &sr, NULL, 0);
    kin_rtp_receiver_feed_rtcp(s->r, time_of(s->frame), kin_wr_span(&w));
}

// The reply to a PLAY: RTP-Info names the packet that is sent next, or says something else.
static bool start(struct source *s, uint16_t seq)
{
    struct kin_rtp_run run = {.has_seq = true, .has_rtptime = true, .seq = seq};
    run.rtptime = s->first_ts + (uint32_t)(s->frame * FRAME_TS);
    return kin_rtp_receiver_start(s->r, time_of(s->frame), &run);
}

static bool open_source(struct source *s)
{
    struct kin_rtp_receiver_options options = {.ssrc = 0xcafe};
    *s = (struct source){.frame_packets = FRAME_PACKETS, .first_seq = 65000, .first_ts = UINT32_MAX - 10000};
    s->r = kin_rtp_receiver_new(0, &options);
    if (s->r == NULL)
        return false;
    start(s, s->first_seq);
    return true;
}

static struct kin_rtp_receiver_stats stats(const struct source *s)
{
    struct kin_rtp_receiver_stats stats;
    kin_rtp_receiver_stats(s->r, &stats);
    return stats;
}

// An outage of that many frames in the middle of a stream: the loss is exact, and there is one source.
static bool outage_is_counted(uint64_t frames, unsigned packets_per_frame)
{
    struct source s;
    CHECK(open_source(&s));
    s.frame_packets = packets_per_frame;
    send_frames(&s, 48);
    lose_frames(&s, frames);
    send_frames(&s, 48);
    CHECK_INT(s.sources, 1);
    CHECK_INT(s.gaps, frames * packets_per_frame);
    CHECK_INT(stats(&s).lost, frames * packets_per_frame);
    CHECK_INT(stats(&s).received, UINT64_C(96) * packets_per_frame);
    CHECK_INT(stats(&s).received, s.arrivals);
    kin_rtp_receiver_free(s.r);
    return true;
out:
    kin_rtp_receiver_free(s.r);
    return unit_starved(); // an allocation was made to fail
}

// Once a jump above 3000 packets was a new source: no loss, and a picture at the wrong place.
TEST(an_outage_of_any_length_is_a_loss)
{
    static const uint64_t seconds[] = {1, 2, 4, 10, 20, 30, 40, 43, 44, 60, 90, 180, 600};
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++)
        CHECK(outage_is_counted(seconds[i] * 24, FRAME_PACKETS));
out:;
}

TEST(an_outage_of_exactly_one_wrap_is_seen)
{
    CHECK(outage_is_counted(1024, 64));
    CHECK(outage_is_counted(1025, 64));
    CHECK(outage_is_counted(1023, 64));
    CHECK(outage_is_counted(2048, 64));
out:;
}

TEST(an_outage_of_a_slow_stream)
{
    CHECK(outage_is_counted(24 * 3600, 1));
    CHECK(outage_is_counted(24 * 60, 2));
out:;
}

// The stream was lighter before the outage than during it: the guess is wrong by wraps until the sender says its count.
TEST(the_senders_count_puts_a_wrong_guess_right)
{
    struct source s;
    CHECK(open_source(&s));
    s.frame_packets = 20;
    send_frames(&s, 48);
    send_report(&s);
    s.frame_packets = FRAME_PACKETS;
    uint64_t lost = UINT64_C(24) * 60 * FRAME_PACKETS; // 90 720: one wrap and 25 184
    lose_frames(&s, 24 * 60);
    send_frames(&s, 24);
    CHECK_INT(stats(&s).lost, lost - 65536);
    send_report(&s);
    CHECK_INT(stats(&s).lost, lost);
    send_frames(&s, 24);
    send_report(&s);
    CHECK_INT(stats(&s).lost, lost);
    CHECK_INT(stats(&s).received, 48 * 20 + 48 * FRAME_PACKETS);
    CHECK_INT(s.sources, 1);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(a_count_that_comes_before_the_packets_does_no_harm)
{
    struct source s;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    send_report(&s);
    lose_frames(&s, 24 * 44);
    send_report(&s);
    send_frames(&s, 24);
    send_report(&s);
    CHECK_INT(stats(&s).lost, 24 * 44 * FRAME_PACKETS);
    CHECK_INT(s.sources, 1);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(a_sender_that_counts_anew_is_not_believed)
{
    struct source s;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    send_report(&s);
    uint64_t sent = s.sent;
    s.sent = 7;
    send_report(&s);
    s.sent = sent + 40000;
    send_report(&s);
    s.sent = sent;
    send_frames(&s, 24);
    send_report(&s);
    CHECK_INT(stats(&s).lost, 0);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(time_that_jumps_too_is_another_stream)
{
    struct source s;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    s.first_ts += 3600u * 90000;
    s.first_seq += 20000;
    send_frames(&s, 24);
    CHECK_INT(s.sources, 2);
    CHECK_INT(stats(&s).lost, 0);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(a_new_play_may_number_anew)
{
    struct source s;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    s.frame += 24 * 600; // a pause of ten minutes
    s.first_seq = (uint16_t)(7 - s.sent);
    start(&s, 7);
    send_frames(&s, 24);
    CHECK_INT(s.sources, 2);
    CHECK_INT(stats(&s).lost, 0);
    CHECK_INT(stats(&s).received, 72 * FRAME_PACKETS);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(a_pause_is_no_outage)
{
    struct source s;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    s.frame += 24 * 600; // numbers go on where they were, time went on meanwhile
    start(&s, (uint16_t)(s.first_seq + s.sent));
    send_frames(&s, 24);
    CHECK_INT(s.sources, 1);
    CHECK_INT(stats(&s).lost, 0);
out:
    kin_rtp_receiver_free(s.r);
}

// A run of which nothing comes, up to the reply that begins the next one.
static bool run_in_the_dark(struct source *s, uint64_t frames)
{
    lose_frames(s, frames);
    return start(s, (uint16_t)(s->first_seq + s->sent));
}

TEST(runs_that_never_came_are_lost)
{
    static const uint64_t frames[] = {3, 12, 24, 60, 240, 240, 240};
    struct source s;
    uint64_t lost = 0;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        CHECK(run_in_the_dark(&s, frames[i]));
        lost += frames[i] * FRAME_PACKETS;
        CHECK_INT(stats(&s).lost, lost);
    }
    CHECK(!run_in_the_dark(&s, 0));
    lose_frames(&s, 60); // of the run that comes
    send_frames(&s, 48);
    CHECK_INT(stats(&s).lost, lost + 60 * FRAME_PACKETS);
    CHECK_INT(stats(&s).received, 96 * FRAME_PACKETS);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(what_comes_of_a_run_that_was_given_up_is_late)
{
    struct source s;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    CHECK(run_in_the_dark(&s, 40));
    s.sent -= UINT64_C(40) * FRAME_PACKETS;
    s.first_ts -= 40 * FRAME_TS;
    send_frames(&s, 30);
    CHECK_INT(stats(&s).late, 30 * FRAME_PACKETS);
    CHECK_INT(stats(&s).lost, 10 * FRAME_PACKETS);
    CHECK_INT(stats(&s).received, 48 * FRAME_PACKETS);
    CHECK_INT(stats(&s).sources, 1);
out:
    kin_rtp_receiver_free(s.r);
}

// The sender was silent, and only its clock went on: that is no loss, short or long.
TEST(a_clock_that_goes_on_in_a_pause_is_no_loss)
{
    static const uint64_t frames[] = {3, 6, 12, 24, 24 * 60};
    struct source s;
    CHECK(open_source(&s));
    send_frames(&s, 48);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        s.frame += frames[i];
        CHECK(!run_in_the_dark(&s, 0));
        CHECK_INT(stats(&s).lost, 0);
        send_frames(&s, 24);
    }
    CHECK_INT(s.sources, 1);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(what_is_lost_before_the_first_packet_is_counted)
{
    struct source s;
    CHECK(open_source(&s));
    start(&s, s.first_seq);
    lose_frames(&s, 12);
    send_frames(&s, 24);
    CHECK_INT(stats(&s).lost, 12 * FRAME_PACKETS);
    CHECK_INT(s.gaps, 12 * FRAME_PACKETS);
    CHECK_INT(s.sources, 1);
out:
    kin_rtp_receiver_free(s.r);
}

TEST(the_reply_may_come_after_the_first_packets)
{
    struct source s;
    CHECK(open_source(&s));
    kin_rtp_receiver_restart(s.r); // without a word about a PLAY
    s.sent = 3;                    // the first ones are lost
    send_frames(&s, 1);
    s.frame = 0; // where the run began
    start(&s, s.first_seq);
    s.frame = 1;
    send_frames(&s, 23);
    CHECK_INT(stats(&s).lost, 3);
    CHECK_INT(stats(&s).received, 24 * FRAME_PACKETS);
out:
    kin_rtp_receiver_free(s.r);
}

// 1000 frames/s of nine packets. Once more than 3000 packets before the first one were taken for another numbering.
TEST(a_fast_reel_whose_beginning_is_lost)
{
    static const unsigned ms[] = {200, 500, 800, 990, 1200};
    struct source s = {.r = NULL};
    for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
        kin_rtp_receiver_free(s.r);
        CHECK(open_source(&s));
        s.frame_packets = 9 * FRAME_TS / 90;
        lose_frames(&s, ms[i] * 90 / FRAME_TS);
        uint64_t lost = s.sent;
        s.frame_packets = 3;
        send_frames(&s, 4);
        CHECK_INT(stats(&s).lost, lost);
        CHECK_INT(s.sources, 1);
    }
out:
    kin_rtp_receiver_free(s.r);
}

// A count of more packets than can have been sent since the last one that came, behind a stream that came whole.
static bool nonsense_is_not_believed(uint32_t before, uint32_t extra, bool after_outage)
{
    struct source s;
    uint64_t sent = UINT64_C(24) * 3 * 10;
    CHECK(open_source(&s));
    s.frame_packets = 10;
    send_frames(&s, 48);
    s.sent += before;
    s.first_seq = (uint16_t)(s.first_seq - before);
    send_report(&s);
    if (after_outage)
        lose_frames(&s, 48);
    send_frames(&s, 24);
    uint64_t true_count = s.sent;
    s.sent += extra;
    send_report(&s);
    s.sent = true_count;
    kin_rtp_receiver_restart(s.r);
    CHECK_INT(stats(&s).lost, after_outage ? 48 * 10 : 0);
    CHECK_INT(stats(&s).received, sent);
    kin_rtp_receiver_free(s.r);
    return true;
out:
    kin_rtp_receiver_free(s.r);
    return unit_starved();
}

TEST(a_report_that_cannot_be_true_is_no_loss)
{
    static const uint32_t before[] = {0, 1000000000, UINT32_MAX - 3000};
    static const uint32_t extra[] = {500, 65536, 1000000000, 0xc03d0000u, 3225223168u, 0x5eed1234u};
    for (size_t i = 0; i < 3 * sizeof extra / sizeof extra[0]; i++) {
        CHECK(nonsense_is_not_believed(before[i % 3], extra[i / 3], false));
        CHECK(nonsense_is_not_believed(before[i % 3], extra[i / 3], true));
    }
out:;
}

TEST(rtp_info_that_is_nonsense_counts_nothing)
{
    struct source s;
    CHECK(open_source(&s));
    start(&s, 12345);
    send_frames(&s, 24);
    CHECK_INT(stats(&s).lost, 0);
    CHECK_INT(stats(&s).received, 24 * FRAME_PACKETS);
out:
    kin_rtp_receiver_free(s.r);
}

// Lab senders: the number of a frame on all its packets, and seconds for timestamps.
TEST(lab_numbers_are_those_of_frames)
{
    struct kin_rtp_receiver_options options = {.shared_seq = true};
    struct kin_rtp_receiver *r = kin_rtp_receiver_new(0, &options);
    struct kin_rtp_receiver_stats got;
    struct kin_rtp_arrival a;
    uint64_t gap = 0;
    CHECK(r != NULL);
    for (unsigned frame = 1; frame <= 400; frame++) {
        uint8_t bytes[KIN_RTP_HEADER_BYTES + 1] = {0};
        struct kin_rtp_header h = {.payload_type = 26, .seq = (uint16_t)frame, .ts = 1700000000u + frame / 20};
        kin_rtp_write(bytes, &h);
        kin_us now = (kin_us)frame * 50 * MS;
        bool down = frame > 100 && frame <= 180; // 4 s
        for (unsigned i = 0; i < 3 && !down; i++) {
            kin_rtp_receiver_feed(r, now, kin_span_make(bytes, sizeof bytes));
            while (kin_rtp_receiver_event(r, now, &a))
                gap += a.gap;
        }
    }
    while (kin_rtp_receiver_event(r, 21 * SEC, &a))
        gap += a.gap;
    kin_rtp_receiver_stats(r, &got);
    CHECK_INT(gap, 80);
    CHECK_INT(got.lost, 80);
    CHECK_INT(got.sources, 1);
    CHECK_INT(got.received, 320 * 3);
out:
    kin_rtp_receiver_free(r);
}
