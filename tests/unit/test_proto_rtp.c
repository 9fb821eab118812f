// proto/rtp: the fixed header, CSRC list, extension and padding (RFC 3550 section 5.1, 5.3.1).
#include "base/err.h"
#include "proto/rtp.h"
#include "unit.h"

TEST(plain_packet)
{
    struct kin_rtp_packet p;
    struct kin_span bytes = UNIT_BYTES(0x80, 0x9a,             // version 2; marker, type 26
                                       0xff, 0xfe,             // sequence number
                                       0x01, 0x02, 0x03, 0x04, // timestamp
                                       0xde, 0xad, 0xbe, 0xef, // SSRC
                                       0x11, 0x22);            // payload
    CHECK_INT(kin_rtp_parse(bytes, &p), KIN_OK);
    CHECK(p.h.marker);
    CHECK_INT(p.h.payload_type, KIN_RTP_PT_JPEG);
    CHECK_INT(p.h.seq, 0xfffe);
    CHECK_INT(p.h.ts, 0x01020304);
    CHECK_INT(p.h.ssrc, 0xdeadbeef);
    CHECK(!p.has_extension);
    CHECK_INT(p.payload.n, 2);
    CHECK(p.payload.p == bytes.p + 12);
out:;
}

TEST(everything_at_once)
{
    struct kin_rtp_packet p;
    struct kin_span bytes = UNIT_BYTES(0xb2, 0x1a, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, // padding, extension, two CSRC
                                       1, 1, 1, 1, 2, 2, 2, 2,                   // CSRC list
                                       0xff, 0xd8, 0, 1, 9, 8, 7, 6,             // extension: profile, one word
                                       0x55, 0x66, 0, 0, 3);                     // payload, three bytes of padding
    CHECK_INT(kin_rtp_parse(bytes, &p), KIN_OK);
    CHECK(!p.h.marker && p.has_extension);
    CHECK_INT(p.extension_profile, 0xffd8);
    CHECK_INT(p.extension.n, 4);
    CHECK_INT(p.extension.p[0], 9);
    CHECK_INT(p.payload.n, 2);
    CHECK_INT(p.payload.p[1], 0x66);
out:;
}

TEST(every_cut_of_the_headers_is_refused)
{
    const uint8_t bytes[] = {0x91, 0x1a, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 1, 1, 0xff, 0xd8, 0, 1, 9, 8, 7, 6};
    struct kin_rtp_packet p = {.h = {.seq = 77}};
    for (size_t n = 0; n < sizeof bytes; n++)
        CHECK_INT(kin_rtp_parse(unit_guarded(bytes, n), &p), KIN_EBAD);
    CHECK_INT(p.h.seq, 77); // untouched
    CHECK_INT(kin_rtp_parse(unit_guarded(bytes, sizeof bytes), &p), KIN_OK);
    CHECK_INT(p.payload.n, 0);
out:;
}

TEST(bad_packets_are_refused)
{
    struct kin_rtp_packet p;
    CHECK_INT(kin_rtp_parse(UNIT_BYTES(0x40, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0), &p), KIN_EBAD); // version 1
    CHECK_INT(kin_rtp_parse(UNIT_BYTES(0xa0, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3), &p), KIN_EBAD);    // no padding there
    CHECK_INT(kin_rtp_parse(UNIT_BYTES(0xa0, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0), &p), KIN_EBAD); // count 0
    CHECK_INT(kin_rtp_parse(UNIT_BYTES(0xa0, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 2), &p), KIN_EBAD); // more than there is
    CHECK_INT(kin_rtp_parse(UNIT_BYTES(0xa0, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1), &p), KIN_OK);
    CHECK_INT(p.payload.n, 0);
out:;
}

TEST(written_is_read)
{
    uint8_t bytes[KIN_RTP_HEADER_BYTES];
    struct kin_rtp_packet p;
    struct kin_rtp_header h = {.marker = true, .payload_type = 96, .seq = 65535, .ts = UINT32_MAX, .ssrc = 0x80000001};
    kin_rtp_write(bytes, &h);
    CHECK_INT(kin_rtp_parse(unit_guarded(bytes, sizeof bytes), &p), KIN_OK);
    CHECK(p.h.marker);
    CHECK_INT(p.h.payload_type, 96);
    CHECK_INT(p.h.seq, 65535);
    CHECK_INT(p.h.ts, UINT32_MAX);
    CHECK_INT(p.h.ssrc, 0x80000001);
    h.marker = false;
    kin_rtp_write(bytes, &h);
    CHECK_INT(bytes[1], 96);
    uint8_t extended[KIN_RTP_HEADER_BYTES + 8] = {[13] = 7, [15] = 1, [19] = 9};
    kin_rtp_write(extended, &h);
    kin_rtp_write_extended(extended);
    CHECK_INT(kin_rtp_parse(unit_guarded(extended, sizeof extended), &p), KIN_OK);
    CHECK(p.has_extension && p.extension_profile == 7 && p.extension.n == 4 && p.payload.n == 0);
out:;
}
