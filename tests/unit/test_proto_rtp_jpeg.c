// proto/rtp_jpeg: main, restart and quantization headers (RFC 2435 section 3.1).
#include "base/err.h"
#include "proto/rtp_jpeg.h"
#include "unit.h"

TEST(first_packet_with_everything)
{
    struct kin_rtp_jpeg h;
    uint8_t bytes[8 + 4 + 4 + 128 + 2] = {
        3, 0, 0,    0,    65, 255, 160, 90, // type-specific, offset 0, type 1 with restart, Q 255, 1280x720
        0, 5, 0xff, 0xff,                   // interval 5, F, L, count 0x3fff
        0, 0, 0,    128,                    // MBZ, precision, length
    };
    bytes[sizeof bytes - 1] = 0x99;
    struct kin_span in = unit_guarded(bytes, sizeof bytes);
    CHECK_INT(kin_rtp_jpeg_parse(in, &h), KIN_OK);
    CHECK_INT(h.type_specific, 3);
    CHECK_INT(h.offset, 0);
    CHECK_INT(h.type, 65);
    CHECK_INT(h.q, 255);
    CHECK_INT(h.width, 1280);
    CHECK_INT(h.height, 720);
    CHECK(h.has_restart && h.has_quant);
    CHECK_INT(h.restart_interval, 5);
    CHECK_INT(h.restart_count, 0xffff);
    CHECK_INT(h.tables.n, 128);
    CHECK_INT(h.data.n, 2);
    CHECK_INT(h.data.p[1], 0x99);
    for (size_t n = 0; n < sizeof bytes - 2; n++)
        CHECK_INT(kin_rtp_jpeg_parse(unit_guarded(bytes, n), &h), KIN_EBAD);
out:;
}

TEST(later_packets_have_no_tables)
{
    struct kin_rtp_jpeg h;
    CHECK_INT(kin_rtp_jpeg_parse(UNIT_BYTES(0, 0xff, 0xff, 0xff, 1, 255, 0, 255, 7), &h), KIN_OK);
    CHECK_INT(h.offset, KIN_RTP_JPEG_OFFSET_MAX);
    CHECK_INT(h.width, 0);
    CHECK_INT(h.height, KIN_RTP_JPEG_DIMENSION_MAX);
    CHECK(!h.has_quant && !h.has_restart);
    CHECK_INT(h.data.n, 1);
out:;
}

TEST(types_with_restart_are_64_to_127)
{
    for (unsigned type = 0; type < 256; type++) {
        struct kin_rtp_jpeg h;
        const uint8_t bytes[] = {0, 0, 0, 0, (uint8_t)type, 50, 1, 1, 0, 1, 0xff, 0xff};
        CHECK_INT(kin_rtp_jpeg_parse(unit_guarded(bytes, sizeof bytes), &h), KIN_OK);
        CHECK_INT(h.has_restart, type >= 64 && type <= 127);
        CHECK_INT(h.data.n, h.has_restart ? 0 : 4);
    }
out:;
}

// Every length of the quantization header against every precision and packet length near it.
TEST(table_length_is_believed_only_within_the_packet)
{
    static uint8_t bytes[12 + 600];
    memcpy(bytes, "\0\0\0\0\1\xff\1\1\0", 9);
    for (unsigned length = 0; length <= 0xffff; length += length < 260 ? 1 : 997) {
        bytes[9] = (uint8_t)(length & 3);
        bytes[10] = (uint8_t)(length >> 8), bytes[11] = (uint8_t)length;
        for (size_t n = 12; n < sizeof bytes; n += 49) {
            struct kin_rtp_jpeg h;
            int err = kin_rtp_jpeg_parse(kin_span_make(bytes + sizeof bytes - n, 0), &h);
            CHECK_INT(err, KIN_EBAD); // nothing at all
            err = kin_rtp_jpeg_parse(kin_span_make(bytes, n), &h);
            CHECK_INT(err, length <= n - 12 ? KIN_OK : KIN_EBAD);
            CHECK(err != KIN_OK || (h.tables.n == length && h.data.n == n - 12 - length));
        }
    }
out:;
}

TEST(written_is_read)
{
    uint8_t room[256];
    const uint8_t tables[128] = {42};
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtp_jpeg h = {.type = 64, .q = 255, .width = 641, .height = 479, .has_restart = true};
    struct kin_rtp_jpeg got;
    h.restart_interval = 300, h.restart_count = 0xffff;
    h.has_quant = true, h.tables = kin_span_make(tables, sizeof tables);
    kin_rtp_jpeg_write(&w, &h);
    CHECK(!w.bad);
    CHECK_INT(w.len, 8 + 4 + 4 + 128);
    CHECK_INT(kin_rtp_jpeg_parse(unit_guarded(room, w.len), &got), KIN_OK);
    CHECK_INT(got.width, 648); // rounded up to blocks
    CHECK_INT(got.height, 480);
    CHECK_INT(got.restart_interval, 300);
    CHECK(kin_span_eq(got.tables, h.tables));
    struct kin_wr small = kin_wr_init(room, w.len - 1);
    kin_rtp_jpeg_write(&small, &h);
    CHECK(small.bad);
out:;
}

TEST(large_sizes_are_written_as_zero)
{
    uint8_t room[8];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtp_jpeg h = {.offset = 0x123456, .type = 1, .q = 255, .width = 3840, .height = 1080};
    kin_rtp_jpeg_write(&w, &h);
    CHECK_INT(room[1] << 16 | room[2] << 8 | room[3], 0x123456);
    CHECK_INT(room[6], 0);
    CHECK_INT(room[7], 0);
    h.width = 2040;
    w = kin_wr_init(room, sizeof room);
    kin_rtp_jpeg_write(&w, &h);
    CHECK_INT(room[6], 255);
    CHECK_INT(room[7], 135);
out:;
}
