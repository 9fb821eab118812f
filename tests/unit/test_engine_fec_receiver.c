// engine/rtp/fec_receiver: what parity brings back, for every pattern of loss of a small frame; and what it does not
// believe.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/fec_receiver.h"
#include "engine/rtp/fec_sender.h"
#include "proto/rtp_xqt.h"
#include "unit.h"

#define SSRC 0x5eed
#define PACKET 300
#define PACKETS_MAX 64
#define PARITIES_MAX 64
#define FIRST UINT64_C(0x1fffc) // extended number of a frame's first packet: the lowest 16 bits wrap within it

struct frame { // its packets, and its parities
    struct kin_rtp_plan *plan;
    unsigned packets, parities;
    size_t sizes[PACKETS_MAX + PARITIES_MAX];
    uint8_t bytes[PACKETS_MAX + PARITIES_MAX][PACKET + KIN_FEC_LONGER];
    struct kin_rtp_flexfec masks[PARITIES_MAX];
};

static void put_packet(struct frame *f, unsigned i)
{
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(f->plan, i);
    struct kin_rtp_header h = {
        .marker = p.marker, .payload_type = 96, .seq = (uint16_t)(FIRST + i), .ts = 77, .ssrc = SSRC};
    struct kin_wr w = kin_wr_init(f->bytes[i], sizeof f->bytes[i]);
    kin_rtp_write(kin_wr_room(&w, KIN_RTP_HEADER_BYTES), &h);
    kin_wr_put(&w, p.head);
    kin_wr_put(&w, p.body);
    kin_wr_put(&w, p.tail);
    f->sizes[i] = w.len;
}

static bool put_parity(struct frame *f, const struct kin_fec_sender *sender, unsigned i)
{
    static uint8_t bytes[KIN_FEC_PACKET_MAX];
    struct kin_fec_source source = {
        .plan = f->plan, .payload_type = 96, .ssrc = SSRC, .ts = 77, .seq = (uint16_t)FIRST};
    size_t n = kin_fec_sender_packet(sender, &source, i, 0, bytes);
    struct kin_span payload;
    const uint8_t *fields;
    if (n > sizeof f->bytes[0])
        return false;
    memcpy(f->bytes[f->packets + i], bytes, n);
    f->sizes[f->packets + i] = n;
    return kin_rtp_flexfec_read(kin_span_make(bytes, n), &f->masks[i], &fields, &payload) == KIN_OK;
}

// Of so many packets, with all the parity of a level.
static bool make(struct frame *f, unsigned packets, unsigned level)
{
    size_t room = (size_t)PACKET - KIN_RTP_HEADER_BYTES - KIN_RTP_XQT_HEADER_BYTES;
    struct kin_buf *jpeg = kin_buf_new(packets * room - KIN_RTP_XQT_DESCRIPTION_BYTES - 30);
    struct kin_fec_sender sender;
    *f = (struct frame){.packets = packets};
    if (jpeg == NULL)
        return false;
    for (size_t i = 0; i < jpeg->len; i++)
        jpeg->data[i] = (uint8_t)(i * 7 % 251);
    const struct kin_jpeg_info info = {.width = 64, .height = 48};
    bool ok = kin_rtp_plan_xqt(jpeg, &info, PACKET, &f->plan) == KIN_OK && kin_rtp_plan_count(f->plan) == packets;
    kin_buf_unref(jpeg);
    if (!ok)
        return false;
    kin_fec_sender_init(&sender, 100, &(struct kin_fec_stream){.payload_type = 98, .ssrc = 9});
    sender.level = level;
    f->parities = kin_fec_sender_begin(&sender, 0, f->plan);
    for (unsigned i = 0; i < packets; i++)
        put_packet(f, i);
    for (unsigned i = 0; i < f->parities; i++)
        ok = ok && put_parity(f, &sender, i);
    return ok;
}

static struct kin_span bytes_of(const struct frame *f, unsigned i)
{
    return kin_span_make(f->bytes[i], f->sizes[i]);
}

static bool is_lost(uint64_t lost, unsigned i)
{
    return (lost >> i & 1) != 0;
}

// The packets, then the parities, that are not lost; and what comes back, each packet whole. Returns the packets that
// are there then, a bit each; 0 when anything was wrong.
static uint64_t receive(struct kin_fec_receiver *r, const struct frame *f, uint64_t lost)
{
    uint64_t there = 0, seq;
    struct kin_span packet;
    for (unsigned i = 0; i < f->packets; i++) {
        if (is_lost(lost, i))
            continue;
        kin_fec_receiver_came(r, FIRST + i, bytes_of(f, i));
        there |= UINT64_C(1) << i;
    }
    for (unsigned i = f->packets; i < f->packets + f->parities; i++)
        if (!is_lost(lost, i) && kin_fec_receiver_feed(r, SSRC, bytes_of(f, i)) != KIN_OK)
            return 0;
    while (kin_fec_receiver_next(r, &seq, &packet)) {
        unsigned i = (unsigned)(seq - FIRST);
        if (i >= f->packets || (there >> i & 1) != 0 || !kin_span_eq(packet, bytes_of(f, i)))
            return 0;
        there |= UINT64_C(1) << i;
    }
    return there;
}

// What can come back, by the masks alone.
static uint64_t possible(const struct frame *f, uint64_t lost)
{
    uint64_t all = (UINT64_C(1) << f->packets) - 1, there = all & ~lost, before;
    do {
        before = there;
        for (unsigned k = 0; k < f->parities; k++) {
            const struct kin_rtp_flexfec *m = &f->masks[k];
            uint64_t set = 0;
            for (unsigned i = 0; i < kin_rtp_flexfec_count(m); i++)
                set |= UINT64_C(1) << ((uint16_t)(m->base - (uint16_t)FIRST) + kin_rtp_flexfec_offset(m, i));
            uint64_t missing = set & ~there;
            if (!is_lost(lost, f->packets + k) && (missing & (missing - 1)) == 0)
                there |= missing;
        }
    } while (there != before);
    return there;
}

static unsigned bits(uint64_t set)
{
    unsigned n = 0;
    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

TEST(every_pattern_of_loss)
{
    struct frame *f = calloc(1, sizeof *f);
    struct kin_fec_receiver *r = kin_fec_receiver_new();
    CHECK(f != NULL && r != NULL && make(f, 8, 1));
    CHECK_INT(f->parities, 6);
    for (uint64_t lost = 0; lost < UINT64_C(1) << (8 + 6); lost += unit_plain() ? 1 : 97) {
        kin_fec_receiver_clear(r);
        uint64_t there = receive(r, f, lost);
        CHECK(there == possible(f, lost));
        CHECK(bits(lost) > 2 || there == 0xff); // any two
    }
out:
    kin_fec_receiver_free(r);
    if (f != NULL)
        kin_rtp_plan_free(f->plan);
    free(f);
}

TEST(three_layers_bring_back_every_three)
{
    struct frame *f = calloc(1, sizeof *f);
    struct kin_fec_receiver *r = kin_fec_receiver_new();
    CHECK(f != NULL && r != NULL && make(f, 36, 3));
    for (unsigned a = 0; a < 36; a += unit_plain() ? 1 : 7)
        for (unsigned b = a + 1; b < 36; b++)
            for (unsigned c = b + 1; c < 36; c += 3) {
                kin_fec_receiver_clear(r);
                CHECK_INT(bits(receive(r, f, UINT64_C(1) << a | UINT64_C(1) << b | UINT64_C(1) << c)), 36);
            }
out:
    kin_fec_receiver_free(r);
    if (f != NULL)
        kin_rtp_plan_free(f->plan);
    free(f);
}

// Parity that comes before its packets waits for them; what comes after it was brought back is known as such.
TEST(in_any_order)
{
    struct frame *f = calloc(1, sizeof *f);
    struct kin_fec_receiver *r = kin_fec_receiver_new();
    struct kin_span packet;
    uint64_t seq;
    CHECK(f != NULL && r != NULL && make(f, 8, 1));
    CHECK(!kin_fec_receiver_came(r, FIRST + 7, bytes_of(f, 7)));
    for (unsigned i = f->parities; i-- > 0;)
        CHECK_INT(kin_fec_receiver_feed(r, SSRC, bytes_of(f, 8 + i)), KIN_OK);
    CHECK(kin_fec_receiver_next(r, &seq, &packet)); // the other one of the last row
    CHECK_INT(seq, FIRST + 6);
    CHECK(!kin_fec_receiver_next(r, &seq, &packet));
    CHECK(kin_fec_receiver_came(r, FIRST + 6, bytes_of(f, 6)));
    for (unsigned i = 6; i-- > 1;)
        kin_fec_receiver_came(r, FIRST + i, bytes_of(f, i));
    CHECK(kin_fec_receiver_next(r, &seq, &packet));
    CHECK_INT(seq, FIRST);
    CHECK(!kin_fec_receiver_next(r, &seq, &packet));
    CHECK(kin_fec_receiver_came(r, FIRST, bytes_of(f, 0)));
    CHECK(!kin_fec_receiver_came(r, FIRST, bytes_of(f, 0)));
    CHECK(!kin_fec_receiver_came(r, FIRST + 1, bytes_of(f, 1)));
out:
    kin_fec_receiver_free(r);
    if (f != NULL)
        kin_rtp_plan_free(f->plan);
    free(f);
}

// A row of `columns` from number `base`, with these fields and payload.
static struct kin_span row(uint16_t base, uint8_t columns, uint8_t length, struct kin_span payload)
{
    static uint8_t bytes[2048];
    struct kin_rtp_header h = {.payload_type = 98, .ssrc = 9};
    struct kin_rtp_flexfec mask = {.ssrc = SSRC, .base = base, .columns = columns};
    struct kin_rtp_parity sum;
    kin_rtp_parity_init(&sum, bytes + KIN_RTP_FLEXFEC_HEADERS, sizeof bytes - KIN_RTP_FLEXFEC_HEADERS);
    kin_rtp_parity_add(&sum, (const uint8_t[KIN_RTP_HEADER_BYTES]){0}, &payload, 1);
    sum.fields[3] = length;
    kin_rtp_flexfec_write(bytes, &h, &mask, &sum);
    return kin_span_make(bytes, KIN_RTP_FLEXFEC_HEADERS + sum.len);
}

static bool brings(struct kin_fec_receiver *r)
{
    uint64_t seq;
    struct kin_span packet;
    return kin_fec_receiver_next(r, &seq, &packet);
}

static const uint8_t short_packet[] = {0x80, 96, 0, 0, 0, 0, 0, 77, 0, 0, 0x5e, 0xed, 1, 2, 3};

TEST(what_cannot_be_is_not_brought_back)
{
    struct kin_fec_receiver *r = kin_fec_receiver_new();
    struct kin_span one = kin_span_make(short_packet, sizeof short_packet), text = kin_span_str("abc");
    CHECK(r != NULL);
    CHECK_INT(kin_fec_receiver_feed(r, SSRC, row(1, 2, 3, text)), KIN_OK); // nothing has come
    CHECK(!brings(r));
    kin_fec_receiver_came(r, 70000, one);
    CHECK_INT(kin_fec_receiver_feed(r, SSRC + 1, row(1, 2, 3, text)), KIN_EUNSUPPORTED);
    CHECK_INT(kin_fec_receiver_feed(r, SSRC, text), KIN_EBAD);
    CHECK_INT(kin_fec_receiver_feed(r, SSRC, row((uint16_t)70000, 2, 9, text)), KIN_OK); // longer than the parity
    CHECK(!brings(r));
    CHECK_INT(kin_fec_receiver_feed(r, SSRC, row((uint16_t)70000, 2, 0, kin_span_str("a"))), KIN_OK); // than a packet
    CHECK(!brings(r));
    CHECK_INT(kin_fec_receiver_feed(r, SSRC, row((uint16_t)(70000 + 4000), 1, 3, text)), KIN_OK); // far away
    CHECK(!brings(r));
    CHECK_INT(kin_fec_receiver_feed(r, SSRC, row((uint16_t)70001, 1, 3, text)), KIN_OK); // a copy
    CHECK(brings(r) && !brings(r));
out:
    kin_fec_receiver_free(r);
}

// However much comes, no more is kept than may be; and what is too old is not missed.
TEST(memory_has_a_bound)
{
    static uint8_t large[4000] = {0x80, 96};
    struct kin_fec_receiver *r = kin_fec_receiver_new();
    CHECK(r != NULL);
    for (uint64_t seq = 70000; seq < 70000 + (unit_plain() ? 3 * KIN_FEC_PACKETS : 300); seq++) {
        kin_fec_receiver_came(r, seq, kin_span_make(large, sizeof large)); // more than KIN_FEC_BYTES
        CHECK_INT(kin_fec_receiver_feed(r, SSRC, row((uint16_t)seq, 200, 3, kin_span_make(large, 2000))), KIN_OK);
        kin_fec_receiver_came(r, 1, kin_span_make(large, sizeof large));
    }
    CHECK_INT(kin_fec_receiver_feed(r, SSRC, row((uint16_t)70000, 2, 3, kin_span_str("abc"))), KIN_OK);
    kin_fec_receiver_came(r, UINT64_C(1) << 40, kin_span_make(large, sizeof large)); // another epoch
    CHECK(!brings(r));
out:
    kin_fec_receiver_free(r);
}
