// engine/rtp/fec_sender: how much parity by which loss, and which packets each parity protects.
#include <math.h>

#include "base/err.h"
#include "engine/rtp/fec_sender.h"
#include "proto/rtp_xqt.h"
#include "unit.h"

#define SEC KIN_US_PER_S
#define SSRC 0x5eed
#define SEQ 65500 // of the first packet: numbers wrap within a frame
#define PACKET 300
#define PARITIES_MAX 1024

static const struct kin_fec_stream stream = {.payload_type = 98, .ssrc = 7, .seq = 65535};

#define ROOM ((size_t)PACKET - KIN_RTP_HEADER_BYTES - KIN_RTP_XQT_HEADER_BYTES)

// A plan of so many packets, the last of them shorter than the others.
static int make_plan(unsigned packets, struct kin_rtp_plan **ret)
{
    struct kin_buf *jpeg = kin_buf_new(packets * ROOM - KIN_RTP_XQT_DESCRIPTION_BYTES - 30);
    if (jpeg == NULL)
        return KIN_ENOMEM;
    for (size_t i = 0; i < jpeg->len; i++)
        jpeg->data[i] = (uint8_t)(i * 7 % 251);
    const struct kin_jpeg_info info = {.width = 64, .height = 48};
    int err = kin_rtp_plan_xqt(jpeg, &info, PACKET, ret);
    kin_buf_unref(jpeg);
    return err == KIN_OK && kin_rtp_plan_count(*ret) != packets ? KIN_EINVAL : err;
}

static struct kin_fec_sender sender(unsigned percent, unsigned level)
{
    struct kin_fec_sender f;
    kin_fec_sender_init(&f, percent, &stream);
    f.level = level;
    return f;
}

// The masks of a frame's parities, their bases counted from its first packet. Returns how many there are.
static unsigned masks(struct kin_fec_sender *f, const struct kin_rtp_plan *plan, struct kin_rtp_flexfec *ret,
                      size_t *ret_bytes)
{
    static uint8_t bytes[KIN_FEC_PACKET_MAX];
    struct kin_fec_source source = {.plan = plan, .payload_type = 96, .ssrc = SSRC, .ts = 9, .seq = SEQ};
    unsigned count = kin_fec_sender_begin(f, 0, plan);
    *ret_bytes = 0;
    CHECK(count <= PARITIES_MAX);
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *fields;
        struct kin_span payload;
        size_t n = kin_fec_sender_packet(f, &source, i, 11, bytes);
        CHECK_INT(kin_rtp_flexfec_read(kin_span_make(bytes, n), &ret[i], &fields, &payload), KIN_OK);
        CHECK_INT(ret[i].ssrc, SSRC);
        ret[i].base = (uint16_t)(ret[i].base - SEQ);
        unsigned last = ret[i].base + kin_rtp_flexfec_offset(&ret[i], kin_rtp_flexfec_count(&ret[i]) - 1);
        unsigned before = kin_fec_sender_follows(f, i);
        CHECK(last < before && before - ret[i].base <= KIN_FEC_BLOCK && before <= kin_rtp_plan_count(plan));
        CHECK(i == 0 || kin_fec_sender_follows(f, i - 1) <= before);
        *ret_bytes += n;
    }
    return count;
out:
    return 0;
}

static size_t bytes_of(const struct kin_rtp_plan *plan)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < kin_rtp_plan_count(plan); i++) {
        struct kin_rtp_plan_packet p = kin_rtp_plan_packet(plan, i);
        bytes += KIN_RTP_HEADER_BYTES + kin_rtp_plan_packet_bytes(&p);
    }
    return bytes;
}

// How many of the masks protect packet i; and the first two packets that are told apart by none, if there are any.
static unsigned protecting(const struct kin_rtp_flexfec *m, unsigned count, unsigned i)
{
    unsigned n = 0;
    for (unsigned k = 0; k < count; k++)
        n += i >= m[k].base && kin_rtp_flexfec_protects(&m[k], i - m[k].base);
    return n;
}

static bool tells_apart(const struct kin_rtp_flexfec *m, unsigned count, unsigned a, unsigned b)
{
    for (unsigned k = 0; k < count; k++)
        if ((a >= m[k].base && kin_rtp_flexfec_protects(&m[k], a - m[k].base)) !=
            (b >= m[k].base && kin_rtp_flexfec_protects(&m[k], b - m[k].base)))
            return true;
    return false;
}

static bool tells_all_apart(const struct kin_rtp_flexfec *m, unsigned count, unsigned packets)
{
    for (unsigned a = 0; a < packets; a++)
        for (unsigned b = a + 1; b < packets; b++)
            if (!tells_apart(m, count, a, b))
                return false;
    return true;
}

static struct kin_rtp_flexfec m[PARITIES_MAX];

static void check_frame(unsigned packets, unsigned percent, unsigned level)
{
    static const unsigned layers[KIN_FEC_LEVELS] = {1, 2, 3, 3};
    struct kin_rtp_plan *plan = NULL;
    struct kin_fec_sender f = sender(percent, level);
    size_t bytes;
    CHECK_INT(make_plan(packets, &plan), KIN_OK);
    unsigned count = masks(&f, plan, m, &bytes);
    CHECK(bytes * 100 <= bytes_of(plan) * percent);
    for (unsigned i = 0; i < packets; i++) {
        unsigned n = protecting(m, count, i);
        CHECK(n <= layers[level] && (count == 0 || n > 0));
    }
    if (level > 0 && percent == 50 && packets >= 20 && packets <= 2 * KIN_FEC_BLOCK)
        CHECK(tells_all_apart(m, count, packets < 100 ? packets : 100));
out:
    kin_rtp_plan_free(plan);
}

TEST(each_packet_is_protected_once_a_layer_within_the_share)
{
    static const unsigned sizes[] = {1, 2, 3, 4, 5, 8, 10, 15, 20, 33, 56, 100, 254, 255, 256, 600};
    static const unsigned shares[] = {0, 5, 50, 100};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++)
            for (unsigned level = 0; level < KIN_FEC_LEVELS && !unit_failed(); level++)
                check_frame(sizes[i], shares[k], level);
}

// The formula of the header, for layers of the sides that frames of 240 packets get.
static double stays_lost(double p, double layers, double side)
{
    double y = p;
    for (int i = 0; i < 200; i++)
        y = 1 - (1 - p) * pow(1 - p * pow(y, layers - 1), side - 1);
    return p * pow(y, layers);
}

TEST(levels_leave_what_they_promise)
{
    static const struct {
        double loss, layers;
    } rows[] = {{.001, 1}, {.02, 2}, {.05, 3}};
    struct kin_rtp_plan *plan = NULL;
    CHECK_INT(make_plan(240, &plan), KIN_OK);
    for (unsigned level = 0; level < 3; level++) {
        struct kin_fec_sender f = sender(100, level);
        double side = rows[level].layers * 240 / kin_fec_sender_begin(&f, 0, plan);
        CHECK(stays_lost(rows[level].loss, rows[level].layers, side) < 1.0 / 64000);
        CHECK(stays_lost(rows[level].loss * 2, rows[level].layers, side) > 1.0 / 64000); // and no more than that
    }
out:
    kin_rtp_plan_free(plan);
}

// Columns alone, 4 packets apart, byte by byte (the parity itself is looked at in test_proto_rtp_flexfec.c).
TEST(headers)
{
    struct kin_rtp_plan *plan = NULL;
    struct kin_fec_sender f = sender(100, 0);
    static uint8_t bytes[KIN_FEC_PACKET_MAX];
    static const uint8_t want[] = {0x81, 98, 0xff, 0xff, 0, 0, 0, 11, 0, 0, 0, 7, 0, 0, 0x5e, 0xed};
    static const uint8_t mask[] = {0xff, 0xdd, 4, 12};
    CHECK_INT(make_plan(48, &plan), KIN_OK);
    struct kin_fec_source source = {.plan = plan, .payload_type = 96, .ssrc = SSRC, .ts = 9, .seq = SEQ};
    CHECK_INT(kin_fec_sender_begin(&f, 0, plan), 4);
    kin_fec_sender_packet(&f, &source, 1, 11, bytes);
    CHECK_INT(memcmp(bytes, want, sizeof want), 0);
    CHECK_INT(memcmp(bytes + 24, mask, sizeof mask), 0);
    f.level = 3; // the frame keeps to what it began with
    kin_fec_sender_packet(&f, &source, 1, 11, bytes);
    CHECK_INT(memcmp(bytes + 24, mask, sizeof mask), 0);
    kin_fec_sender_sent(&f);
    kin_fec_sender_packet(&f, &source, 2, 11, bytes);
    CHECK_INT(bytes[2] + bytes[3], 0); // the number wrapped
out:
    kin_rtp_plan_free(plan);
}

TEST(without_a_stream_or_a_share_there_is_none)
{
    struct kin_rtp_plan *plan = NULL;
    struct kin_fec_sender none, some = sender(0, 3);
    kin_fec_sender_init(&none, 50, &(struct kin_fec_stream){.payload_type = 0});
    CHECK_INT(make_plan(20, &plan), KIN_OK);
    CHECK_INT(kin_fec_sender_begin(&none, 0, plan), 0);
    CHECK_INT(kin_fec_sender_begin(&some, 0, plan), 0);
out:
    kin_rtp_plan_free(plan);
}

TEST(the_level_rises_at_once_and_falls_step_by_step)
{
    struct kin_fec_sender f;
    uint32_t seq = UINT32_MAX - 500; // wraps
    int32_t lost = 10;
    kin_us now = 100 * SEC;
    kin_fec_sender_init(&f, 50, &stream);
    CHECK_INT(f.level, 1);
    kin_fec_sender_report(&f, now, seq, lost); // nothing to compare with
    CHECK_INT(f.level, 1);
    kin_fec_sender_report(&f, now += SEC, seq += 1000, lost += 30);
    CHECK_INT(f.level, 2);
    kin_fec_sender_report(&f, now += SEC, seq += 1000, lost += 51);
    CHECK_INT(f.level, 3);
    kin_fec_sender_report(&f, now += SEC, seq += 1000, lost); // calm since a second
    CHECK_INT(f.level, 3);
    for (unsigned level = 3; level > 0; level--) {
        kin_us since = now;
        for (unsigned i = 0; f.level == level && i < 20; i++)
            kin_fec_sender_report(&f, now += SEC, seq += 1000, lost);
        CHECK_INT(f.level, level - 1);
        CHECK(now - since >= 9 * SEC);
    }
    kin_fec_sender_report(&f, now += SEC, seq += 1000, lost += 2);
    CHECK_INT(f.level, 1);
out:;
}

TEST(where_nothing_was_ever_lost_the_level_falls_at_once)
{
    struct kin_fec_sender f;
    kin_fec_sender_init(&f, 50, &stream);
    kin_fec_sender_report(&f, SEC, 5000, 0);
    kin_fec_sender_report(&f, 3 * SEC, 5600, 0); // so few say nothing yet
    CHECK_INT(f.level, 1);
    kin_fec_sender_report(&f, 5 * SEC, 6200, 0);
    CHECK_INT(f.level, 0);
    kin_fec_sender_report(&f, 7 * SEC, 6800, 1);
    CHECK_INT(f.level, 1);
    kin_fec_sender_report(&f, 9 * SEC, 7900, 1); // now it does lose
    CHECK_INT(f.level, 1);
out:;
}

// Where the network does not carry the stream there is none for a while, longer where parity is to blame.
TEST(it_is_held_while_the_network_does_not_carry_it)
{
    struct kin_rtp_plan *plan = NULL;
    struct kin_fec_sender f = sender(50, 1);
    kin_us now = 100 * SEC;
    CHECK_INT(make_plan(20, &plan), KIN_OK);
    kin_fec_sender_report(&f, now, 1000, 0);
    kin_fec_sender_hold(&f, now);
    kin_fec_sender_report(&f, now += SEC, 2000, 100); // would not be lost if less were sent
    CHECK_INT(f.level, 1);
    kin_fec_sender_hold(&f, now);
    CHECK_INT(kin_fec_sender_begin(&f, now += KIN_FEC_HOLD_US - 1, plan), 0);
    CHECK(kin_fec_sender_begin(&f, ++now, plan) > 0);
    kin_fec_sender_hold(&f, now += SEC);
    CHECK_INT(kin_fec_sender_begin(&f, now + 2 * KIN_FEC_HOLD_US - 1, plan), 0);
    CHECK(kin_fec_sender_begin(&f, now += 2 * KIN_FEC_HOLD_US, plan) > 0);
    for (unsigned i = 0; i < 10; i++) {
        kin_fec_sender_hold(&f, now);
        now = f.held_until;
    }
    CHECK_INT(f.hold, KIN_FEC_HOLD_MAX_US);
    kin_fec_sender_hold(&f, now += KIN_FEC_TRIAL_US); // for another reason
    CHECK_INT(f.hold, KIN_FEC_HOLD_US);
out:
    kin_rtp_plan_free(plan);
}

TEST(few_packets_tell_nothing)
{
    struct kin_fec_sender f;
    kin_fec_sender_init(&f, 50, &stream);
    kin_fec_sender_report(&f, SEC, 1000, 0);
    kin_fec_sender_report(&f, SEC + 1, 1010, 5);
    CHECK_INT(f.level, 1);
    kin_fec_sender_report(&f, 4 * SEC, 1010, 5); // but after a while they do
    CHECK_INT(f.level, 3);
    kin_fec_sender_report(&f, 5 * SEC, 1020, 4); // fewer lost than before: duplicates
    kin_fec_sender_report(&f, 30 * SEC, 3020, -100);
    CHECK_INT(f.level, 2);
    kin_fec_sender_report(&f, 31 * SEC, 10, 0); // another receiver
    CHECK_INT(f.level, 2);
out:;
}
