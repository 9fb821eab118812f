// proto/rtp_xqt: headers of QuickTime packets.
#include "base/err.h"
#include "proto/rtp_xqt.h"
#include "unit.h"

TEST(a_described_sample)
{
    struct kin_rtp_xqt x;
    const uint8_t bytes[] = {0x0f, 0,   0,    1,          // packing 3, S, Q
                             0x30, 0,   0,    22,         // A, Z; 22 bytes from here
                             'v',  'i', 'd',  'e',        //
                             0,    1,   0x5f, 0x90,       // 90000
                             0,    2,   's',  'd',  7, 8, // TLV
                             0,    0,   'x',  'x',        // TLV without contents
                             0,    0,                     // padding to 32 bits
                             0xff, 0xd8};
    CHECK_INT(kin_rtp_xqt_parse(unit_guarded(bytes, sizeof bytes), &x), KIN_OK);
    CHECK(x.key && x.has_description && x.is_video);
    CHECK_INT(x.timescale, 90000);
    CHECK_INT(x.sample_description.n, 2);
    CHECK_INT(x.sample_description.p[1], 8);
    CHECK_INT(x.data.n, 2);
    for (size_t n = 0; n < sizeof bytes - 2; n++)
        CHECK_INT(kin_rtp_xqt_parse(unit_guarded(bytes, n), &x), KIN_EBAD);
out:;
}

TEST(a_plain_packet)
{
    struct kin_rtp_xqt x;
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x0e, 0, 0, 1, 9), &x), KIN_OK);
    CHECK(!x.has_description);
    CHECK_INT(x.data.n, 1);
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x1e, 0, 0, 1, 9), &x), KIN_EUNSUPPORTED);    // version
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x06, 0, 0, 1, 9), &x), KIN_EUNSUPPORTED);    // packing 1
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x0e, 0x80, 0, 1, 9), &x), KIN_EUNSUPPORTED); // packet information
out:;
}

TEST(bad_descriptions)
{
    struct kin_rtp_xqt x;
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x0f, 0, 0, 1, 0x30, 0, 0, 11, 1, 2, 3, 4, 5, 6, 7, 8), &x), KIN_EBAD);
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x0f, 0, 0, 1, 0x20, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8), &x),
              KIN_EUNSUPPORTED); // in parts
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x0f, 0, 0, 1, 0x30, 0, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 's', 'd'), &x),
              KIN_EBAD); // TLV past the description
out:;
}

// Regression: a TLV longer than what is left was read again and again.
TEST(an_overlong_tlv_ends)
{
    struct kin_rtp_xqt x;
    CHECK_INT(kin_rtp_xqt_parse(
                  UNIT_BYTES(0x0f, 0, 0, 1, 0x30, 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 's', 'd', 1, 2, 3, 4), &x),
              KIN_EBAD);
out:;
}

TEST(what_is_written_can_be_read)
{
    static uint8_t room[KIN_RTP_XQT_HEADER_BYTES + KIN_RTP_XQT_DESCRIPTION_BYTES];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtp_xqt x;
    kin_rtp_xqt_write(&w, true, 0);
    kin_rtp_xqt_write_description(&w, 3840, 2160);
    CHECK(!w.bad);
    CHECK_INT(w.len, sizeof room);
    CHECK_INT(kin_rtp_xqt_parse(unit_guarded(room, sizeof room), &x), KIN_OK);
    CHECK(x.key && x.has_description && x.is_video);
    CHECK_INT(x.timescale, 90000);
    CHECK_INT(x.sample_description.n, 86);
    CHECK(memcmp(x.sample_description.p, "\0\0\0\x56jpeg", 8) == 0);
    CHECK(memcmp(x.sample_description.p + 32, "\x0f\0\x08\x70", 4) == 0); // width, height
    CHECK_INT(x.data.n, 0);
    w = kin_wr_init(room, sizeof room);
    kin_rtp_xqt_write(&w, false, 0);
    CHECK_INT(kin_rtp_xqt_parse(unit_guarded(room, w.len), &x), KIN_OK);
    CHECK(x.key && !x.has_description);
out:;
}

// Whatever came before: the interval that is meant is the next one with that number.
TEST(the_reserved_bits_tell_the_interval)
{
    uint8_t room[KIN_RTP_XQT_HEADER_BYTES + 3];
    struct kin_rtp_xqt x;
    for (uint32_t interval = 1; interval < 3000; interval += 7) {
        struct kin_wr w = kin_wr_init(room, sizeof room);
        uint32_t got = 0, before = interval > 900 ? interval - 900 : 0;
        kin_rtp_xqt_write(&w, false, kin_rtp_xqt_eighth(interval));
        kin_wr_u8(&w, 0xff);
        kin_wr_u8(&w, (uint8_t)(0xd0 + ((interval - 1) & 7)));
        kin_wr_u8(&w, 1);
        CHECK_INT(kin_rtp_xqt_parse(kin_wr_span(&w), &x), KIN_OK);
        CHECK(kin_rtp_xqt_interval(&x, before, &got) && got == interval);
        CHECK(kin_rtp_xqt_interval(&x, interval, &got) && got == interval);
        CHECK(kin_rtp_xqt_interval(&x, interval + 1, &got) && got == interval + KIN_RTP_XQT_INTERVALS);
        x.eighth = 0;
        CHECK(!kin_rtp_xqt_interval(&x, 0, &got));
    }
    CHECK_INT(kin_rtp_xqt_parse(UNIT_BYTES(0x0e, 5, 0, 1, 0xff, 0xda), &x), KIN_OK);
    CHECK(!kin_rtp_xqt_interval(&x, 0, &(uint32_t){0}));
out:;
}
