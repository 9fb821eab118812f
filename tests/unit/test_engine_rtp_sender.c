// engine/rtp/rtp_sender: continuity of sequence numbers and timestamps, reports out and in.
#include "base/err.h"
#include "base/seq.h"
#include "engine/rtp/rtp_sender.h"
#include "proto/rtcp.h"
#include "unit.h"

#define INTERVAL 3750

static struct kin_rtp_sender sender(void)
{
    struct kin_rtp_sender s;
    struct kin_rtp_sender_params p = {
        .ssrc = 0x11223344, .seq = 65534, .ts = 0xfffffff0u, .random = 7, .session_bytes_per_s = 1000000};
    kin_rtp_sender_init(&s, &p);
    return s;
}

static struct kin_rtp_header packet(struct kin_rtp_sender *s, bool marker, size_t payload)
{
    uint8_t bytes[KIN_RTP_HEADER_BYTES];
    struct kin_rtp_packet p = {.h = {.ts = 0}};
    kin_rtp_sender_packet(s, marker, payload, bytes);
    if (kin_rtp_parse(kin_span_make(bytes, sizeof bytes), &p) != KIN_OK)
        p.h.ssrc = 0;
    return p.h;
}

TEST(headers_count_on_over_the_wrap)
{
    struct kin_rtp_sender s = sender();
    kin_rtp_sender_run(&s, 1000, 1000);
    for (unsigned i = 0; i < 4; i++) {
        kin_rtp_sender_frame(&s, (uint64_t)i * INTERVAL, INTERVAL, 0);
        struct kin_rtp_header h = packet(&s, i % 2 == 1, 1388);
        CHECK_INT(h.seq, (uint16_t)(65534 + i));
        CHECK_INT(h.ts, (uint32_t)(0xfffffff0u + i * INTERVAL));
        CHECK_INT(h.ssrc, 0x11223344);
        CHECK_INT(h.payload_type, 26);
        CHECK_INT(h.marker, i % 2 == 1);
    }
    CHECK_INT(s.packets, 4);
    CHECK_INT(s.octets, 4 * 1388);
    kin_rtp_sender_undo(&s, 2, 2 * 1388);
    CHECK_INT(s.seq, 0);
    CHECK_INT(s.packets, 2);
out:;
}

TEST(time_goes_on_without_gap_over_seek_pause_and_loop)
{
    struct kin_rtp_sender s = sender();
    kin_rtp_sender_run(&s, 1000, 1000);
    uint32_t first = kin_rtp_sender_next_ts(&s);
    kin_rtp_sender_frame(&s, 0, INTERVAL, 0);
    kin_rtp_sender_frame(&s, INTERVAL, INTERVAL, 0);
    CHECK_INT(kin_rtp_sender_next_ts(&s), (uint32_t)(first + 2 * INTERVAL));
    kin_rtp_sender_run(&s, 9000000, 1000); // back to the start, nine seconds later
    kin_rtp_sender_frame(&s, 0, INTERVAL, 0);
    CHECK_INT(packet(&s, true, 1).ts, (uint32_t)(first + 2 * INTERVAL));
    kin_rtp_sender_frame(&s, 5 * INTERVAL, INTERVAL, 0); // four frames skipped: time shows it
    CHECK_INT(packet(&s, true, 1).ts, (uint32_t)(first + 7 * INTERVAL));
    kin_rtp_sender_reach(&s, 10 * INTERVAL); // the last ones of the reel were skipped, too
    kin_rtp_sender_run(&s, 9500000, 1000);
    CHECK_INT(kin_rtp_sender_next_ts(&s), (uint32_t)(first + 12 * INTERVAL));
out:;
}

TEST(a_first_timestamp_of_zero_is_avoided)
{
    struct kin_rtp_sender s;
    kin_rtp_sender_init(&s, &(struct kin_rtp_sender_params){.ssrc = 1});
    CHECK_INT(kin_rtp_sender_next_ts(&s), 1);
out:;
}

// Fault: clients that start a frame anew at each higher number got no frame of several packets.
TEST(the_lab_counts_frames_from_one_in_seconds)
{
    struct kin_rtp_sender s;
    struct kin_rtp_sender_lab lab = {.unix_us = INT64_C(1700000000999999), .frame = 7};
    kin_rtp_sender_init_lab(&s, KIN_LAB_BY_FRAME);
    kin_rtp_sender_run(&s, 0, 1000);
    kin_rtp_sender_frame(&s, 0, INTERVAL, &lab);
    for (unsigned i = 0; i < 3; i++) {
        struct kin_rtp_header h = packet(&s, i == 2, 1400);
        CHECK_INT(h.seq, 1);
        CHECK_INT(h.ssrc, 0);
        CHECK_INT(h.ts, 1700000000);
        CHECK_INT(h.payload_type, 26);
        CHECK_INT(h.marker, i == 2);
    }
    kin_rtp_sender_undo(&s, 2, 2800); // the kernel took one of them
    CHECK_INT(packet(&s, false, 1400).seq, 1);
    kin_rtp_sender_run(&s, 5, 1000); // a seek
    kin_rtp_sender_frame(&s, 0, INTERVAL, &lab);
    CHECK_INT(packet(&s, true, 6000).seq, 2); // never starts over
    for (unsigned i = 3; i < 65538; i++)
        kin_rtp_sender_frame(&s, 0, INTERVAL, &lab);
    CHECK_INT(packet(&s, true, 6000).seq, 1); // but for its sixteen bits
out:;
}

TEST(the_lab_counts_packets_and_stamps_frames)
{
    struct kin_rtp_sender s;
    struct kin_rtp_sender_lab lab = {.unix_us = INT64_C(1700000000999999), .frame = 7};
    kin_rtp_sender_init_lab(&s, KIN_LAB_BY_PACKET);
    kin_rtp_sender_run(&s, 0, 1000);
    kin_rtp_sender_frame(&s, 0, INTERVAL, &lab);
    for (unsigned i = 0; i < 3; i++) {
        struct kin_rtp_header h = packet(&s, i == 2, 1400);
        CHECK_INT(h.seq, 1 + i);
        CHECK_INT(h.ts, 7);
        CHECK_INT(h.ssrc, 0);
    }
    kin_rtp_sender_undo(&s, 2, 2800);
    CHECK_INT(packet(&s, false, 1400).seq, 2);
    lab.frame = 1;
    kin_rtp_sender_run(&s, 5, 1000);
    kin_rtp_sender_frame(&s, 0, INTERVAL, &lab);
    struct kin_rtp_header h = packet(&s, true, 6000);
    CHECK_INT(h.seq, 3);
    CHECK_INT(h.ts, 1);
out:;
}

TEST(a_report_says_what_was_sent_and_when)
{
    struct kin_rtp_sender s = sender();
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_rtp_sender_run(&s, 1000000, 1000);
    kin_rtp_sender_frame(&s, 0, INTERVAL, 0);
    packet(&s, true, 1000);
    kin_rtp_sender_report(&s, 3000000, INT64_C(1700000000500000), &w);
    CHECK(!w.bad);
    struct kin_span compound = unit_guarded(bytes, w.len);
    struct kin_rtcp_packet p;
    CHECK_INT(kin_rtcp_next(&compound, &p), KIN_OK);
    CHECK_INT(p.type, KIN_RTCP_SR);
    CHECK_INT(p.ssrc, 0x11223344);
    CHECK_INT(p.sr.packets, 1);
    CHECK_INT(p.sr.octets, 1000);
    CHECK_INT(p.sr.rtp_ts, (uint32_t)(0xfffffff0u + 180000u)); // two seconds into the run
    CHECK_INT(p.sr.ntp >> 32, 1700000000ull + 2208988800ull);
    CHECK_INT(p.sr.ntp & 0xffffffff, 0x80000000);
    CHECK_INT(kin_rtcp_next(&compound, &p), KIN_OK);
    CHECK_INT(p.type, KIN_RTCP_SDES);
    CHECK_SPAN(p.cname, "kinora-0000000000000007");
    CHECK_INT(kin_rtcp_next(&compound, &p), KIN_EMORE);
out:;
}

TEST(a_report_of_a_faster_delivery)
{
    struct kin_rtp_sender s = sender();
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    struct kin_rtcp_packet p;
    kin_rtp_sender_run(&s, 1000000, 4000);
    kin_rtp_sender_report(&s, 3000000, INT64_C(1700000000500000), &w);
    struct kin_span compound = kin_wr_span(&w);
    CHECK_INT(kin_rtcp_next(&compound, &p), KIN_OK);
    CHECK_INT(p.sr.rtp_ts, (uint32_t)(0xfffffff0u + 4 * 180000u)); // two seconds at four times the speed
out:;
}

TEST(a_bye_closes_a_compound)
{
    struct kin_rtp_sender s = sender();
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_rtp_sender_bye(&s, 0, 0, "end of range", &w);
    CHECK(!w.bad);
    struct kin_span compound = unit_guarded(bytes, w.len);
    struct kin_rtcp_packet p;
    for (int i = 0; i < 3; i++)
        CHECK_INT(kin_rtcp_next(&compound, &p), KIN_OK);
    CHECK_INT(p.type, KIN_RTCP_BYE);
    CHECK_SPAN(p.reason, "end of range");
out:;
}

TEST(reports_come_after_seconds)
{
    struct kin_rtp_sender s = sender();
    for (uint32_t random = 0; random < 65536; random += 4096) {
        kin_us us = kin_rtp_sender_interval(&s, false, random);
        CHECK(us >= KIN_US_PER_S && us <= 10 * KIN_US_PER_S);
    }
out:;
}

// A receiver's compound, as ours are not what comes back.
static struct kin_span receiver_says(uint8_t *bytes, size_t size, const struct kin_rtcp_report *r, bool bye)
{
    struct kin_wr w = kin_wr_init(bytes, size);
    kin_rtcp_write_rr(&w, 0xabcdef01, r, r != NULL ? 1 : 0);
    if (bye)
        kin_rtcp_write_bye(&w, 0xabcdef01, kin_span_str(""));
    return unit_guarded(bytes, w.len);
}

TEST(a_receiver_report_gives_loss_jitter_and_rtt)
{
    struct kin_rtp_sender s = sender();
    uint8_t bytes[128];
    struct kin_rtp_sender_feedback feedback;
    const int64_t sent = INT64_C(1700000000000000);
    struct kin_rtcp_report r = {.ssrc = 0x11223344,
                                .fraction_lost = 64,
                                .lost = -5,
                                .jitter = 900,
                                .lsr = (uint32_t)(kin_ntp_from_unix_us(sent) >> 16),
                                .dlsr = 65536};
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, &r, false), sent + 1250000, &feedback);
    CHECK(feedback.valid && feedback.has_report && !feedback.bye);
    CHECK_INT(feedback.loss_fraction * 100, 25);
    CHECK_INT(feedback.lost, -5);
    CHECK_INT(feedback.jitter_ms * 10, 100);
    CHECK(feedback.rtt_ms > 249.9 && feedback.rtt_ms < 250.1);
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, &r, false), sent + 500000, &feedback);
    CHECK(feedback.rtt_ms < 0); // before it can have come back
    r.lsr = 0;
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, &r, false), sent, &feedback);
    CHECK(feedback.has_report && feedback.rtt_ms < 0);
    r.ssrc = 1; // about somebody else
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, &r, false), sent, &feedback);
    CHECK(feedback.valid && !feedback.has_report);
out:;
}

// A spoofed BYE ended a session: one that came alone, or from an SSRC that nobody had used.
TEST(only_a_known_receivers_bye_in_a_compound_packet_is_believed)
{
    static const uint8_t lone[] = {0x81, 203, 0, 1, 0xab, 0xcd, 0xef, 0x01};
    static const uint8_t torn[] = {0x80, 201, 0, 1, 0xab, 0xcd, 0xef, 0x01, 0x81, 203, 0, 1, 0xab, 0xcd, 0xef, 0x01, 7};
    static const uint8_t sdes_first[] = {0x81, 202, 0,    2,   0xab, 0xcd, 0xef, 0x01, 0,    0,
                                         0,    0,   0x81, 203, 0,    1,    0xab, 0xcd, 0xef, 0x01};
    static const uint8_t no_source[] = {0x80, 201, 0, 1, 0xab, 0xcd, 0xef, 0x01, 0x80, 203, 0, 0};
    static const uint8_t other[] = {0x80, 201, 0, 1, 0xab, 0xcd, 0xef, 0x01, 0x81, 203, 0, 1, 9, 9, 9, 9};
    static const uint8_t second[] = {0x80, 201, 0, 1, 0xab, 0xcd, 0xef, 0x01, 0x82, 203,
                                     0,    2,   9, 9, 9,    9,    0xab, 0xcd, 0xef, 0x01};
    const struct kin_span refused[] = {
        {torn, sizeof torn}, {sdes_first, sizeof sdes_first}, {no_source, sizeof no_source}, {other, sizeof other}};
    struct kin_rtp_sender s = sender();
    uint8_t bytes[128];
    struct kin_rtp_sender_feedback feedback;
    kin_rtp_sender_feed(&s, kin_span_make(lone, sizeof lone), 0, &feedback);
    CHECK(feedback.valid && !feedback.bye);
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, NULL, true), 0, &feedback); // a lone BYE taught nothing
    CHECK(feedback.valid && !feedback.bye);
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, NULL, true), 0, &feedback); // and neither did that
    CHECK(feedback.valid && !feedback.bye);
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, NULL, false), 0, &feedback);
    CHECK(feedback.valid && !feedback.bye);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        kin_rtp_sender_feed(&s, unit_guarded(refused[i].p, refused[i].n), 0, &feedback);
        CHECK(feedback.valid && !feedback.bye);
    }
    kin_rtp_sender_feed(&s, kin_span_make(lone, sizeof lone), 0, &feedback); // known by now, but alone
    CHECK(feedback.valid && !feedback.bye);
    kin_rtp_sender_feed(&s, unit_guarded(second, sizeof second), 0, &feedback);
    CHECK(feedback.bye);
out:;
}

TEST(a_peer_that_changes_its_ssrc_is_known_by_the_newest_ones)
{
    struct kin_rtp_sender s = sender();
    struct kin_rtp_sender_feedback feedback;
    uint8_t bytes[64];
    for (uint32_t ssrc = 1; ssrc <= KIN_RTP_SENDER_RECEIVERS + 1; ssrc++) {
        struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
        kin_rtcp_write_rr(&w, ssrc, NULL, 0);
        kin_rtp_sender_feed(&s, kin_wr_span(&w), 0, &feedback);
    }
    for (uint32_t ssrc = KIN_RTP_SENDER_RECEIVERS + 1; ssrc >= 1; ssrc--) {
        struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
        kin_rtcp_write_rr(&w, ssrc, NULL, 0);
        kin_rtcp_write_bye(&w, ssrc, kin_span_str(""));
        kin_rtp_sender_feed(&s, kin_wr_span(&w), 0, &feedback);
        CHECK(feedback.bye == (ssrc > 1)); // the first one was forgotten for the last
    }
out:;
}

TEST(a_bye_and_junk_are_told_apart)
{
    struct kin_rtp_sender s = sender();
    uint8_t bytes[128];
    struct kin_rtp_sender_feedback feedback;
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, NULL, false), 0, &feedback);
    CHECK(feedback.valid && !feedback.bye && !feedback.has_report);
    kin_rtp_sender_feed(&s, receiver_says(bytes, sizeof bytes, NULL, true), 0, &feedback);
    CHECK(feedback.valid && feedback.bye && !feedback.has_report);
    kin_rtp_sender_feed(&s, UNIT_BYTES(0xfe, 0xed, 0xfa, 0xce), 0, &feedback); // live555 punching a hole
    CHECK(!feedback.valid && !feedback.bye);
    kin_rtp_sender_feed(&s, kin_span_make(NULL, 0), 0, &feedback);
    CHECK(!feedback.valid);
    kin_rtp_sender_feed(&s, UNIT_BYTES(0x80, 0xc9, 0x00, 0x01, 0, 0, 0, 0), 0, &feedback); // ffmpeg punching
    CHECK(feedback.valid && !feedback.has_report);
out:;
}
