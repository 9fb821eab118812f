// proto/rtp_flexfec: repair packets of RFC 8627 byte by byte, and what they bring back.
#include "base/err.h"
#include "proto/rtp_flexfec.h"
#include "unit.h"

#define SSRC 0x05060708

// Three packets in a row: of another length each, the last with an extension, a marker and another time.
static const uint8_t first[] = {0x80, 26, 0, 10, 0, 0, 0x10, 0, 5, 6, 7, 8, 0x11, 0x22, 0x33};
static const uint8_t second[] = {0x80, 26, 0, 11, 0, 0, 0x10, 0, 5, 6, 7, 8, 0x44};
static const uint8_t third[] = {0x90, 0x9a, 0, 12, 0, 0, 0x10, 1, 5, 6, 7, 8, 0xff, 0xd8, 0, 0, 0x55};
static const struct kin_span packets[] = {{first, sizeof first}, {second, sizeof second}, {third, sizeof third}};

static const uint8_t row[] = {0x81, 98,   1,    2, 9,   8, 7,    6, 0xa, 0xb, 0xc, 0xd, // one CSRC, no marker
                              5,    6,    7,    8,                                      // which is the source
                              0x50, 0x9a, 0,    7, 0,   0, 0x10, 1, // F, X; M and 26; 3 ^ 1 ^ 5; time
                              0,    10,   3,    1,                  // base, L, D
                              0xaa, 0xfa, 0x33, 0, 0x55};

static bool add(struct kin_rtp_parity *p, struct kin_span packet)
{
    struct kin_span rest = kin_span_skip(packet, KIN_RTP_HEADER_BYTES);
    struct kin_span parts[] = {kin_span_first(rest, 1), kin_span_skip(rest, 1)}; // however it is cut
    return kin_rtp_parity_add(p, packet.p, parts, 2);
}

TEST(a_row_of_three_byte_by_byte)
{
    uint8_t bytes[sizeof row];
    struct kin_rtp_header h = {.marker = true, .payload_type = 98, .seq = 0x102, .ts = 0x09080706, .ssrc = 0x0a0b0c0d};
    struct kin_rtp_flexfec f = {.ssrc = SSRC, .base = 10, .columns = 3, .rows = 1};
    struct kin_rtp_parity p;
    kin_rtp_parity_init(&p, bytes + KIN_RTP_FLEXFEC_HEADERS, sizeof bytes - KIN_RTP_FLEXFEC_HEADERS);
    for (size_t i = 0; i < 3; i++)
        CHECK(add(&p, packets[i]));
    CHECK_INT(p.len, 5);
    kin_rtp_flexfec_write(bytes, &h, &f, &p);
    CHECK(kin_span_eq(kin_span_make(bytes, sizeof bytes), kin_span_make(row, sizeof row)));
out:;
}

TEST(each_of_them_comes_back)
{
    struct kin_span packet = unit_guarded(row, sizeof row), payload;
    struct kin_rtp_flexfec f;
    const uint8_t *fields;
    CHECK_INT(kin_rtp_flexfec_read(packet, &f, &fields, &payload), KIN_OK);
    CHECK_INT(f.ssrc, SSRC);
    CHECK_INT(f.base, 10);
    CHECK_INT(f.columns * 1000 + f.rows, 3001);
    CHECK_INT(payload.n, 5);
    for (size_t lost = 0; lost < 3; lost++) {
        uint8_t bytes[KIN_RTP_HEADER_BYTES + 5];
        struct kin_rtp_parity p;
        kin_rtp_parity_init(&p, bytes + KIN_RTP_HEADER_BYTES, 5);
        CHECK(kin_rtp_parity_begin(&p, fields, payload));
        for (size_t i = 0; i < 3; i++)
            CHECK(i == lost || add(&p, packets[i]));
        size_t n = kin_rtp_parity_restore(&p, f.ssrc, (uint16_t)(f.base + lost), bytes);
        CHECK(kin_span_eq(kin_span_make(bytes, n), packets[lost]));
    }
out:;
}

TEST(masks)
{
    struct kin_rtp_flexfec r = {.columns = 4, .rows = 1}, column = {.columns = 4, .rows = 3}, one = {.columns = 1};
    CHECK_INT(kin_rtp_flexfec_count(&r), 4);
    CHECK_INT(kin_rtp_flexfec_offset(&r, 3), 3);
    CHECK(kin_rtp_flexfec_protects(&r, 3) && !kin_rtp_flexfec_protects(&r, 4));
    CHECK_INT(kin_rtp_flexfec_count(&column), 3);
    CHECK_INT(kin_rtp_flexfec_offset(&column, 2), 8);
    CHECK(kin_rtp_flexfec_protects(&column, 0) && kin_rtp_flexfec_protects(&column, 8));
    CHECK(!kin_rtp_flexfec_protects(&column, 7) && !kin_rtp_flexfec_protects(&column, 12));
    CHECK(!kin_rtp_flexfec_protects(&column, UINT64_MAX)); // in front of the base
    CHECK_INT(kin_rtp_flexfec_count(&one), 1);
out:;
}

static int read(struct kin_span packet)
{
    struct kin_rtp_flexfec f;
    const uint8_t *fields;
    struct kin_span payload;
    return kin_rtp_flexfec_read(packet, &f, &fields, &payload);
}

// The row with one byte changed.
static int read_with(size_t at, uint8_t value)
{
    uint8_t bytes[sizeof row];
    memcpy(bytes, row, sizeof row);
    bytes[at] = value;
    return read(unit_guarded(bytes, sizeof bytes));
}

TEST(what_is_not_one_source_with_a_fixed_mask_is_refused)
{
    for (size_t n = 0; n < KIN_RTP_FLEXFEC_HEADERS; n++)
        CHECK_INT(read(unit_guarded(row, n)), KIN_EBAD);
    CHECK_INT(read(unit_guarded(row, KIN_RTP_FLEXFEC_HEADERS)), KIN_OK); // of packets without payload
    CHECK_INT(read_with(0, 0x41), KIN_EBAD);                             // version
    CHECK_INT(read_with(26, 0), KIN_EBAD);                               // L
    CHECK_INT(read_with(27, 0), KIN_OK);                                 // D
    CHECK_INT(read_with(16, 0x10), KIN_EUNSUPPORTED);                    // a flexible mask
    CHECK_INT(read_with(16, 0x90), KIN_EUNSUPPORTED);                    // a retransmission
    CHECK_INT(read_with(16, 0xd0), KIN_EUNSUPPORTED);                    // reserved
    CHECK_INT(read_with(0, 0x80), KIN_EUNSUPPORTED);                     // no source
    CHECK_INT(read_with(0, 0x82), KIN_EUNSUPPORTED);                     // two
out:;
}

TEST(lengths_that_cannot_be)
{
    uint8_t bytes[8] = {0}, header[KIN_RTP_HEADER_BYTES];
    static const uint8_t longer[KIN_RTP_FLEXFEC_FIELDS] = {0, 0, 0, 4};
    struct kin_rtp_parity p;
    kin_rtp_parity_init(&p, bytes, sizeof bytes);
    CHECK(kin_rtp_parity_begin(&p, longer, kin_span_str("abc")));
    CHECK_INT(kin_rtp_parity_restore(&p, SSRC, 1, header), 0); // longer than the parity
    kin_rtp_parity_init(&p, bytes, 2);
    CHECK(!kin_rtp_parity_begin(&p, longer, kin_span_str("abc")));
    kin_rtp_parity_init(&p, bytes, 2);
    CHECK(!add(&p, packets[0]));
out:;
}
