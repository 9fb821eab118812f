// proto/rtcp: compound packets in and out, and the report interval (RFC 3550 section 6).
#include "base/err.h"
#include "proto/rtcp.h"
#include "unit.h"

TEST(sender_report_with_description)
{
    struct kin_rtcp_packet p;
    struct kin_span in = UNIT_BYTES(0x80, 200, 0, 6, 1, 2, 3, 4,                    // SR, no blocks, 7 words
                                    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, // NTP
                                    0, 0, 0, 90, 0, 0, 0, 5, 0, 0, 1, 0,            // RTP time, packets, octets
                                    0x81, 202, 0, 3, 1, 2, 3, 4,                    // SDES, one chunk, 4 words
                                    1, 3, 'b', 'o', 'x', 0, 0, 0);                  // CNAME "box", terminator, padding
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.type, KIN_RTCP_SR);
    CHECK_INT(p.count, 0);
    CHECK_INT(p.ssrc, 0x01020304);
    CHECK(p.sr.ntp == UINT64_C(0x1112131415161718));
    CHECK_INT(p.sr.rtp_ts, 90);
    CHECK_INT(p.sr.packets, 5);
    CHECK_INT(p.sr.octets, 256);
    CHECK_INT(p.reports.n, 0);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.type, KIN_RTCP_SDES);
    CHECK_INT(p.ssrc, 0x01020304);
    CHECK_SPAN(p.cname, "box");
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_EMORE);
out:;
}

TEST(report_blocks)
{
    struct kin_rtcp_packet p;
    struct kin_span in = UNIT_BYTES(0x82, 201, 0, 13, 0, 0, 0, 9,                  // RR, two blocks
                                    0, 0, 0, 1, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 7,  // SSRC, 64/256, -2, highest
                                    0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5,            // jitter, LSR, DLSR
                                    0, 0, 0, 2, 255, 0x7f, 0xff, 0xff, 0, 0, 0, 8, // the largest loss
                                    0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    struct kin_rtcp_report a = kin_rtcp_report_get(&p, 0);
    struct kin_rtcp_report b = kin_rtcp_report_get(&p, 1);
    CHECK_INT(a.ssrc, 1);
    CHECK_INT(a.fraction_lost, 64);
    CHECK_INT(a.lost, -2);
    CHECK_INT(a.highest_seq, 0x10007);
    CHECK_INT(a.jitter, 3);
    CHECK_INT(a.lsr, 4);
    CHECK_INT(a.dlsr, 5);
    CHECK_INT(b.lost, 0x7fffff);
    CHECK_INT(b.dlsr, UINT32_MAX);
out:;
}

TEST(bye_with_reason)
{
    struct kin_rtcp_packet p;
    struct kin_span in = UNIT_BYTES(0x82, 203, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 4, 'd', 'o', 'n', 'e', 0, 0, 0, // two SSRC
                                    0x80, 203, 0, 0);                                                        // empty
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.type, KIN_RTCP_BYE);
    CHECK_INT(p.ssrc, 1);
    CHECK_SPAN(p.reason, "done");
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.ssrc, 0);
    CHECK_INT(p.reason.n, 0);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_EMORE);
out:;
}

TEST(feedback_and_unknown_types_are_stepped_over)
{
    struct kin_rtcp_packet p;
    struct kin_span in = UNIT_BYTES(0x81, 205, 0, 3, 0, 0, 0, 5, 0, 0, 0, 6, 0, 1, 0, 0, // generic NACK, reduced size
                                    0x80, 207, 0, 1, 0, 0, 0, 9,                         // XR
                                    0x80, 204, 0, 2, 0, 0, 0, 7, 'n', 'a', 'm', 'e');    // APP
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.type, KIN_RTCP_RTPFB);
    CHECK_INT(p.count, 1);
    CHECK_INT(p.ssrc, 5);
    CHECK_INT(p.body.n, 12);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.type, 207);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.ssrc, 7);
out:;
}

static int next(struct kin_span in)
{
    struct kin_rtcp_packet p;
    return kin_rtcp_next(&in, &p);
}

TEST(bad_packets_are_refused)
{
    CHECK_INT(next(UNIT_BYTES(0x80, 201, 0)), KIN_EBAD);                                  // short
    CHECK_INT(next(UNIT_BYTES(0x40, 201, 0, 1, 0, 0, 0, 1)), KIN_EBAD);                   // version
    CHECK_INT(next(UNIT_BYTES(0x80, 201, 0, 2, 0, 0, 0, 1)), KIN_EBAD);                   // length overrun
    CHECK_INT(next(UNIT_BYTES(0x80, 201, 0xff, 0xff, 0, 0, 0, 1)), KIN_EBAD);             //
    CHECK_INT(next(UNIT_BYTES(0x81, 201, 0, 1, 0, 0, 0, 1)), KIN_EBAD);                   // a block that is not there
    CHECK_INT(next(UNIT_BYTES(0x80, 201, 0, 0)), KIN_EBAD);                               // no SSRC
    CHECK_INT(next(UNIT_BYTES(0x80, 200, 0, 1, 0, 0, 0, 1)), KIN_EBAD);                   // SR without sender info
    CHECK_INT(next(UNIT_BYTES(0xa0, 201, 0, 1, 0, 0, 0, 0)), KIN_EBAD);                   // padding of 0
    CHECK_INT(next(UNIT_BYTES(0xa0, 201, 0, 1, 0, 0, 0, 5)), KIN_EBAD);                   // padding beyond the packet
    CHECK_INT(next(UNIT_BYTES(0xa0, 201, 0, 0)), KIN_EBAD);                               // padding of nothing
    CHECK_INT(next(UNIT_BYTES(0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4)), KIN_OK);         //
    CHECK_INT(next(UNIT_BYTES(0x82, 203, 0, 1, 0, 0, 0, 1)), KIN_EBAD);                   // BYE: one SSRC of two
    CHECK_INT(next(UNIT_BYTES(0x81, 203, 0, 2, 0, 0, 0, 1, 4, 'a', 'b', 'c')), KIN_EBAD); // reason cut off
    CHECK_INT(next(UNIT_BYTES(0x80, 204, 0, 0)), KIN_EBAD);                               // APP without SSRC
out:;
}

TEST(sdes_items)
{
    struct kin_rtcp_packet p;
    // without a terminator: it ends with the packet
    struct kin_span in = UNIT_BYTES(0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'm', 'e');
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_SPAN(p.cname, "me");
    // an item beyond the packet
    CHECK_INT(next(UNIT_BYTES(0x81, 202, 0, 2, 0, 0, 0, 1, 1, 3, 'm', 'e')), KIN_EBAD);
    CHECK_INT(next(UNIT_BYTES(0x81, 202, 0, 2, 0, 0, 0, 1, 1, 0, 2, 1)), KIN_EBAD);
    CHECK_INT(next(UNIT_BYTES(0x82, 202, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0)), KIN_EBAD); // second chunk missing
    // two chunks; the CNAME is in the second, after a NAME item
    in = UNIT_BYTES(0x82, 202, 0, 6, 0, 0, 0, 8, 2, 1, 'x', 0, 0, 0, 0, 9, 2, 1, 'y', 1, 3, 'c', 'a', 'm', 0, 0, 0, 0);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.ssrc, 8);
    CHECK_SPAN(p.cname, "cam");
    in = UNIT_BYTES(0x80, 202, 0, 0);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.ssrc, 0);
out:;
}

TEST(written_is_read)
{
    uint8_t room[512];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_packet p;
    struct kin_rtcp_sr sr = {.ntp = UINT64_C(0xe000000080000000), .rtp_ts = 0xfffffff0, .packets = 3, .octets = 4000};
    struct kin_rtcp_report blocks[2] = {{.ssrc = 5, .lost = -1}, {.ssrc = 6, .lost = 9999999, .highest_seq = 0x1ffff}};
    kin_rtcp_write_sr(&w, 77, &sr, blocks, 2);
    kin_rtcp_write_sdes(&w, 77, kin_span_str("kinorad@box"));
    kin_rtcp_write_bye(&w, 77, kin_span_str("end of the reel"));
    CHECK(!w.bad);
    struct kin_span in = unit_guarded(room, w.len);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK(p.sr.ntp == sr.ntp);
    CHECK_INT(p.sr.rtp_ts, sr.rtp_ts);
    CHECK_INT(kin_rtcp_report_get(&p, 0).lost, -1);
    CHECK_INT(kin_rtcp_report_get(&p, 1).lost, 0x7fffff); // clamped to 24 bits
    CHECK_INT(kin_rtcp_report_get(&p, 1).highest_seq, 0x1ffff);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_SPAN(p.cname, "kinorad@box");
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.ssrc, 77);
    CHECK_SPAN(p.reason, "end of the reel");
    CHECK_INT(in.n, 0);
out:;
}

TEST(texts_of_every_length_are_padded)
{
    uint8_t room[600];
    char text[301];
    memset(text, 'x', sizeof text);
    for (size_t n = 0; n <= 300; n++) {
        struct kin_rtcp_packet p;
        struct kin_wr w = kin_wr_init(room, sizeof room);
        kin_rtcp_write_rr(&w, 1, NULL, 0);
        kin_rtcp_write_sdes(&w, 1, kin_span_make(text, n));
        kin_rtcp_write_bye(&w, 1, kin_span_make(text, n));
        CHECK(!w.bad && w.len % 4 == 0);
        struct kin_span in = kin_wr_span(&w);
        CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
        CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
        CHECK_INT(p.cname.n, n < 255 ? n : 255);
        CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
        CHECK_INT(p.reason.n, n < 255 ? n : 255);
        CHECK_INT(kin_rtcp_next(&in, &p), KIN_EMORE);
    }
out:;
}

TEST(interval_has_a_floor)
{
    // two members at 1 MB/s: 5 %, a quarter or three quarters of it, is plenty
    CHECK_INT(kin_rtcp_interval(2, 1, 1000000, true, 100, false, KIN_RTCP_DETERMINISTIC), 5000000);
    CHECK_INT(kin_rtcp_interval(2, 1, 1000000, true, 100, true, KIN_RTCP_DETERMINISTIC), 2500000);
    CHECK_INT(kin_rtcp_interval(2, 1, 0, false, 100, false, KIN_RTCP_DETERMINISTIC), 5000000);
    // Td * (0.5 .. 1.5) / (e - 1.5)
    CHECK_INT(kin_rtcp_interval(2, 1, 1000000, true, 100, false, 0), 2052073);
    CHECK_INT(kin_rtcp_interval(2, 1, 1000000, true, 100, false, 32768), 4104146);
    CHECK_INT(kin_rtcp_interval(2, 1, 1000000, true, 100, false, 65536), 6156220);
    CHECK_INT(kin_rtcp_interval(2, 1, 1000000, true, 100, false, 70000), 6156220);
out:;
}

TEST(interval_shares_the_bandwidth)
{
    // 1000 members, 10 of them senders, 8000 bytes/s: 5 % is 400; receivers share 300: 990 * 100 / 300 s
    CHECK_INT(kin_rtcp_interval(1000, 10, 8000, false, 100, false, KIN_RTCP_DETERMINISTIC), 330000000);
    // senders share 100: 10 * 100 / 100 s
    CHECK_INT(kin_rtcp_interval(1000, 10, 8000, true, 100, false, KIN_RTCP_DETERMINISTIC), 10000000);
    // more than a quarter are senders: all share 400: 1000 * 100 / 400 s
    CHECK_INT(kin_rtcp_interval(1000, 500, 8000, true, 100, false, KIN_RTCP_DETERMINISTIC), 250000000);
    // never beyond an hour, whatever is claimed
    CHECK_INT(kin_rtcp_interval(UINT32_MAX, 0, 1, false, UINT32_MAX, false, KIN_RTCP_DETERMINISTIC), 3600000000);
    CHECK_INT(kin_rtcp_interval(1, 1, UINT64_MAX, true, 100, false, KIN_RTCP_DETERMINISTIC), 5000000);
out:;
}

TEST(feedback_allows_shorter_intervals)
{
    CHECK_INT(kin_rtcp_feedback_interval(2, 1, 1000000, true, 100, false, KIN_RTCP_DETERMINISTIC), 500000);
    CHECK_INT(kin_rtcp_feedback_interval(2, 1, 1000000, true, 100, true, KIN_RTCP_DETERMINISTIC), 100000);
    CHECK_INT(kin_rtcp_feedback_interval(2, 1, 1000000, true, 100, false, 0), 205207);
    // all 50 of 1000 bytes/s are shared by two, one of them a sender
    CHECK_INT(kin_rtcp_feedback_interval(2, 1, 1000, false, 100, true, KIN_RTCP_DETERMINISTIC), 4000000);
out:;
}
