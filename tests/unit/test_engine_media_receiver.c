// engine/play/media_receiver: frames have their places, what is missing is counted once, and the stream ends when it
// ends.
#include "base/err.h"
#include "engine/play/media_receiver.h"
#include "proto/rtcp.h"
#include "sample.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define RATE 10
#define INTERVAL (SEC / RATE)
#define FRAME_TS (90000 / RATE)
#define START (100 * SEC)
#define SSRC 7

// A receiver of a reel whose every frame is the same picture in one packet, and a sender that numbers them.
struct fixture {
    struct kin_media_receiver m;
    struct kin_buf *jpeg;
    kin_us now;
    uint16_t seq;
    uint32_t ts0; // of frame 0
    uint8_t packet[KIN_RTP_HEADER_BYTES + SAMPLE_MAX_BYTES];
    struct kin_media_frame frame; // that came last
    unsigned came;
};

static struct kin_media_reel reel_of(uint32_t frames)
{
    return (struct kin_media_reel){.rate_milli = RATE * 1000,
                                   .even = true,
                                   .duration = kin_us_from_ts((int64_t)frames * FRAME_TS),
                                   .payload_type = KIN_RTP_PT_JPEG,
                                   .format = KIN_PAYLOAD_WHOLE_FILE};
}

static int fixture_open(struct fixture *f, uint32_t frames, bool in_order, bool no_cache)
{
    struct kin_media_receiver_options options = {.cache = {.target = 2, .look_back = 4}, .no_cache = no_cache};
    struct kin_media_stream stream = {.in_order = in_order, .own_ssrc = 1, .cname = "test"};
    struct kin_media_reel reel = reel_of(frames);
    *f = (struct fixture){.now = START, .seq = 65530, .ts0 = UINT32_MAX - 20000, .jpeg = sample_load("420.jpg")};
    int err = kin_media_receiver_init(&f->m, &options);
    if (err != KIN_OK || f->jpeg == NULL)
        return KIN_ENOMEM;
    kin_media_receiver_describe(&f->m, &reel);
    return kin_media_receiver_open(&f->m, f->now, &stream);
}

static void fixture_close(struct fixture *f)
{
    kin_media_receiver_deinit(&f->m);
    kin_buf_unref(f->jpeg);
}

static void take_frames(struct fixture *f)
{
    struct kin_media_frame frame;
    while (kin_media_receiver_frame(&f->m, f->now, &frame)) {
        f->frame = frame;
        f->came++;
    }
}

static bool packet_comes(struct fixture *f, uint32_t number, uint8_t payload_type)
{
    struct kin_rtp_header h = {
        .marker = true, .payload_type = payload_type, .seq = f->seq, .ts = f->ts0 + number * FRAME_TS, .ssrc = SSRC};
    kin_us silence;
    kin_rtp_write(f->packet, &h);
    memcpy(f->packet + KIN_RTP_HEADER_BYTES, f->jpeg->data, f->jpeg->len);
    struct kin_span bytes = kin_span_make(f->packet, KIN_RTP_HEADER_BYTES + f->jpeg->len);
    return kin_media_receiver_feed(&f->m, f->now, bytes, bytes.n, &silence);
}

static void frame_comes(struct fixture *f, uint32_t number)
{
    packet_comes(f, number, KIN_RTP_PT_JPEG);
    f->seq++;
    take_frames(f);
}

static void reply_comes(struct fixture *f, uint32_t number)
{
    uint32_t ts = f->ts0 + number * FRAME_TS;
    struct kin_timeline_start start = {
        .position = number * INTERVAL, .has_rtptime = true, .rtptime = ts, .scale = KIN_TIMELINE_SCALE};
    struct kin_rtp_run run = {.has_seq = true, .seq = f->seq, .has_rtptime = true, .rtptime = ts};
    kin_media_receiver_start(&f->m, f->now, &start, &run);
    take_frames(f);
    kin_media_receiver_settled(&f->m);
}

static void play(struct fixture *f, uint32_t number)
{
    kin_media_receiver_play_sent(&f->m, true);
    reply_comes(f, number);
}

static void bye_comes(struct fixture *f)
{
    uint8_t bytes[64];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_rtcp_write_rr(&w, SSRC, NULL, 0);
    kin_rtcp_write_bye(&w, SSRC, kin_span_make(NULL, 0));
    kin_media_receiver_feed_rtcp(&f->m, f->now, f->now, kin_wr_span(&w));
}

static struct kin_receive_counts counts(const struct fixture *f)
{
    struct kin_receive_live live = kin_media_receiver_live(&f->m);
    return kin_receive_stats_counts(&f->m.received, &live, 0);
}

static void end(struct fixture *f)
{
    kin_media_receiver_flush(&f->m, true);
    take_frames(f);
    kin_media_receiver_end(&f->m, f->now, false);
}

// Out of the cache each frame comes once, in its order, with the number that it came with.
TEST(frames_have_their_places)
{
    struct fixture f;
    unsigned shown = 0;
    CHECK_INT(fixture_open(&f, 40, false, false), KIN_OK);
    play(&f, 8);
    for (uint32_t i = 8; i < 40; i++) {
        const struct kin_playout_frame *due;
        frame_comes(&f, i);
        CHECK_INT(f.frame.number, i);
        CHECK_INT(f.frame.media_us, i * INTERVAL);
        f.now += INTERVAL;
        while ((due = kin_playout_next(f.m.playout, f.now)) != NULL)
            CHECK_INT(kin_media_receiver_place(&f.m, due).number, 8 + shown++);
    }
    CHECK_INT(f.came, 32);
    CHECK(shown >= 30);
    CHECK_INT(counts(&f).frames.expected, 32);
    CHECK_INT(f.m.reel.frames, 40);
    CHECK(f.m.reel.width > 0);
out:
    fixture_close(&f);
}

// Over UDP frames may come before the reply that says where they are.
TEST(frames_before_the_reply_wait_for_it)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 40, false, false), KIN_OK);
    kin_media_receiver_play_sent(&f.m, true);
    uint16_t seq = f.seq;
    frame_comes(&f, 20);
    frame_comes(&f, 21);
    f.now += 60 * MS;
    take_frames(&f);
    CHECK_INT(f.came, 0);
    f.seq = seq;
    reply_comes(&f, 20);
    CHECK_INT(f.came, 2);
    CHECK_INT(f.frame.number, 21);
    CHECK_INT(counts(&f).frames.lost, 0);
out:
    fixture_close(&f);
}

// Regression: an rtptime of the reply that lies ahead of all packets, and nothing was ever shown.
TEST(packets_that_contradict_the_reply_are_believed)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 400, false, false), KIN_OK);
    play(&f, 0);
    frame_comes(&f, 0);
    f.ts0 += 300 * FRAME_TS;
    play(&f, 100);
    f.ts0 -= 300 * FRAME_TS;
    frame_comes(&f, 1);
    CHECK_INT(f.came, 2);
    CHECK_INT(f.frame.number, 100);
    CHECK_INT(counts(&f).frames.lost, 0);
out:
    fixture_close(&f);
}

TEST(frames_that_were_held_go_on_when_play_is_refused)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 40, true, false), KIN_OK);
    play(&f, 0);
    frame_comes(&f, 0);
    kin_media_receiver_play_sent(&f.m, true);
    frame_comes(&f, 1);
    CHECK_INT(f.came, 1);
    kin_media_receiver_refused(&f.m);
    take_frames(&f);
    CHECK_INT(f.came, 2);
    CHECK_INT(f.frame.number, 1);
out:
    fixture_close(&f);
}

// At a jump they are of the run that is left: they count, and nobody sees them.
TEST(frames_that_were_held_are_left_at_a_jump)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 40, true, false), KIN_OK);
    play(&f, 0);
    frame_comes(&f, 0);
    kin_media_receiver_play_sent(&f.m, true);
    frame_comes(&f, 3);
    kin_media_receiver_flush(&f.m, false);
    take_frames(&f);
    kin_media_receiver_leave(&f.m, f.now, true, -1);
    reply_comes(&f, 20);
    frame_comes(&f, 20);
    CHECK_INT(f.came, 2);
    CHECK_INT(f.frame.number, 20);
    CHECK_INT(counts(&f).frames.complete, 3);
    CHECK_INT(counts(&f).frames.lost, 2);
out:
    fixture_close(&f);
}

TEST(what_the_server_left_out_is_told_from_what_was_lost)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 40, false, false), KIN_OK);
    play(&f, 0);
    frame_comes(&f, 0);
    f.now += 4 * INTERVAL;
    frame_comes(&f, 4);
    CHECK_INT(f.frame.left_out, 3);
    f.seq += 2;
    f.now += 3 * INTERVAL;
    frame_comes(&f, 7);
    f.now += 60 * MS; // those missing are given up
    take_frames(&f);
    CHECK_INT(f.frame.number, 7);
    CHECK_INT(f.frame.left_out, 0);
    CHECK_INT(counts(&f).frames.lost, 5);
    CHECK_INT(counts(&f).frames.left_out, 3);
    CHECK_INT(counts(&f).packets.lost, 2);
out:
    fixture_close(&f);
}

TEST(a_stream_ends_with_its_bye)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 12, true, false), KIN_OK);
    play(&f, 0);
    for (uint32_t i = 0; i < 12; i++, f.now += INTERVAL)
        frame_comes(&f, i);
    bye_comes(&f);
    CHECK_INT(kin_media_receiver_check(&f.m, f.now, true), KIN_STREAM_GOES_ON);
    f.now = kin_us_max(f.now, kin_media_receiver_deadline(&f.m, true));
    f.now += KIN_STREAM_BYE_GRACE_US;
    CHECK_INT(kin_media_receiver_check(&f.m, f.now, true), KIN_STREAM_ENDED);
    end(&f);
    CHECK(f.m.ended && !f.m.ended_early && f.m.all_sent_came);
    CHECK_INT(counts(&f).frames.expected, 12);
    end(&f); // once more counts nothing
    CHECK_INT(counts(&f).frames.expected, 12);
    play(&f, 4);
    CHECK(!f.m.ended);
    frame_comes(&f, 4);
    CHECK_INT(f.frame.number, 4);
out:
    fixture_close(&f);
}

TEST(an_end_in_the_middle_is_early_and_the_tail_is_lost_near_the_end)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 400, true, false), KIN_OK);
    play(&f, 0);
    frame_comes(&f, 0);
    end(&f);
    CHECK(f.m.ended_early);
    CHECK_INT(counts(&f).frames.lost, 0);
    play(&f, 390);
    frame_comes(&f, 390);
    f.now += 10 * INTERVAL;
    end(&f);
    CHECK(!f.m.ended_early);
    CHECK_INT(counts(&f).frames.lost, 9);
    CHECK_INT(counts(&f).frames.left_out, 9); // nothing is lost on the way over TCP
out:
    fixture_close(&f);
}

// Regression: counted as the end of the reel, with the last frames left out.
TEST(an_end_before_the_time_of_the_last_frames_is_early)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 40, true, false), KIN_OK);
    play(&f, 0);
    for (uint32_t i = 0; i < 31; i++, f.now += INTERVAL)
        frame_comes(&f, i);
    end(&f);
    CHECK(f.m.ended_early);
    play(&f, 0);
    for (uint32_t i = 0; i < 31; i++, f.now += INTERVAL)
        frame_comes(&f, i);
    f.now += 9 * INTERVAL;
    end(&f);
    CHECK(!f.m.ended_early);
    CHECK_INT(counts(&f).frames.left_out, 9);
out:
    fixture_close(&f);
}

// Over TCP, where the reply to PAUSE says that the server stood still and went on further.
TEST(what_was_left_out_before_a_pause_counts)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 400, true, false), KIN_OK);
    play(&f, 0);
    frame_comes(&f, 0);
    f.now += 20 * INTERVAL;
    kin_media_receiver_leave(&f.m, f.now, false, 20 * INTERVAL);
    CHECK_INT(counts(&f).frames.lost, 19);
    play(&f, 20);
    frame_comes(&f, 20);
    kin_media_receiver_leave(&f.m, f.now, false, 21 * INTERVAL);
    CHECK_INT(counts(&f).frames.lost, 19);
    CHECK_INT(counts(&f).frames.expected, 21);
out:
    fixture_close(&f);
}

TEST(silence_is_noticed_once_and_only_while_playing)
{
    struct fixture f;
    kin_us silence = 0;
    CHECK_INT(fixture_open(&f, 400, false, false), KIN_OK);
    play(&f, 0);
    frame_comes(&f, 0);
    f.now += 3 * SEC;
    CHECK_INT(kin_media_receiver_check(&f.m, f.now, false), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_media_receiver_check(&f.m, f.now, true), KIN_STREAM_SILENT);
    CHECK_INT(kin_media_receiver_check(&f.m, f.now, true), KIN_STREAM_GOES_ON);
    CHECK_INT(kin_media_receiver_overdue(&f.m, f.now, &silence), 29);
    CHECK_INT(silence, 3 * SEC);
    kin_media_receiver_break(&f.m, f.now);
    CHECK(f.m.ended);
    CHECK_INT(counts(&f).frames.lost, 29);
    CHECK_INT(kin_media_receiver_overdue(&f.m, f.now, &silence), 0);
out:
    fixture_close(&f);
}

// Regression: without a cache a reel's RTP time was not followed around its wrap.
TEST(rtp_time_wraps_without_a_cache)
{
    struct fixture f;
    const uint32_t frames = 3 * (UINT32_MAX / FRAME_TS), step = 20000;
    CHECK_INT(fixture_open(&f, frames, true, true), KIN_OK);
    play(&f, 0);
    for (uint32_t i = 0; i < frames; i += step) {
        frame_comes(&f, i);
        CHECK_INT(f.frame.number, i);
        f.now += step * INTERVAL / 16; // as `save` asks for them
    }
    CHECK_INT(kin_playout_ahead(f.m.playout), 0);
out:
    fixture_close(&f);
}

TEST(another_payload_type_is_told)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 40, true, false), KIN_OK);
    play(&f, 0);
    CHECK(!packet_comes(&f, 0, 96));
    CHECK(packet_comes(&f, 0, KIN_RTP_PT_JPEG));
    take_frames(&f);
    CHECK_INT(counts(&f).packets.received, 1);
out:
    fixture_close(&f);
}

// Figures outlive the stream; places do not.
TEST(a_session_that_is_over_leaves_its_figures)
{
    struct fixture f;
    CHECK_INT(fixture_open(&f, 40, true, false), KIN_OK);
    play(&f, 0);
    for (uint32_t i = 0; i < 5; i++)
        frame_comes(&f, i);
    kin_media_receiver_play_sent(&f.m, true);
    frame_comes(&f, 5);
    kin_media_receiver_forget(&f.m, f.now);
    CHECK(f.m.rtp == NULL && f.m.assembler == NULL && !f.m.timeline.anchored);
    CHECK_INT(kin_playout_ahead(f.m.playout), 0);
    take_frames(&f);
    CHECK_INT(f.came, 5);
    CHECK_INT(counts(&f).frames.complete, 6);
    kin_media_receiver_reset_counters(&f.m, 0);
    CHECK_INT(counts(&f).frames.complete, 0);
out:
    fixture_close(&f);
}

// A rate that nobody gives is that of the frames.
TEST(the_rate_is_learned)
{
    struct fixture f;
    struct kin_media_reel reel = reel_of(40);
    CHECK_INT(fixture_open(&f, 40, true, false), KIN_OK);
    reel.rate_milli = 0;
    reel.even = false;
    kin_media_receiver_describe(&f.m, &reel);
    play(&f, 0);
    for (uint32_t i = 0; i < 12; i++, f.now += INTERVAL)
        frame_comes(&f, i);
    CHECK_INT(f.m.reel.rate_milli, RATE * 1000);
    CHECK_INT(f.m.reel.frames, 40);
    CHECK_INT(f.frame.number, 11);
out:
    fixture_close(&f);
}
