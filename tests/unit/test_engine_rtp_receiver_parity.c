// engine/rtp_receiver with parity (RFC 8627): what comes back, in which order, and what counts as what.
#include "base/err.h"
#include "engine/rtp/rtp_receiver.h"
#include "proto/rtcp.h"
#include "proto/rtcp_fb.h"
#include "proto/rtp_flexfec.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SSRC 0x5eed0001u
#define PT 26
#define PT_RTX 97
#define PT_FEC 98
#define PACKETS_PER_FRAME 4
#define FRAME_US (40 * MS)
#define FRAME_TS 3600

static struct kin_rtp_receiver *receiver(enum kin_rtp_repair repair)
{
    struct kin_rtp_receiver_options options = {
        .ssrc = 1, .repair = repair, .payload_type = PT, .rtx_payload_type = PT_RTX, .fec_payload_type = PT_FEC};
    return kin_rtp_receiver_new(0, &options);
}

// A packet whose payload is its sequence number.
static struct kin_span packet(uint16_t seq)
{
    static uint8_t bytes[KIN_RTP_HEADER_BYTES + 2];
    struct kin_rtp_header h = {
        .payload_type = PT, .seq = seq, .ts = FRAME_TS * (seq / PACKETS_PER_FRAME), .ssrc = SSRC};
    kin_rtp_write(bytes, &h);
    bytes[KIN_RTP_HEADER_BYTES] = (uint8_t)(seq >> 8);
    bytes[KIN_RTP_HEADER_BYTES + 1] = (uint8_t)seq;
    return kin_span_make(bytes, sizeof bytes);
}

static void put(struct kin_rtp_receiver *r, kin_us at, uint16_t seq)
{
    (void)kin_rtp_receiver_feed(r, at, packet(seq));
}

static void put_again(struct kin_rtp_receiver *r, kin_us at, uint16_t seq)
{
    struct kin_span p = packet(seq);
    uint8_t bytes[KIN_RTP_HEADER_BYTES + 4];
    struct kin_rtp_header h = {.payload_type = PT_RTX, .ts = FRAME_TS * (seq / PACKETS_PER_FRAME), .ssrc = 9};
    kin_rtp_write(bytes, &h);
    bytes[KIN_RTP_HEADER_BYTES] = (uint8_t)(seq >> 8);
    bytes[KIN_RTP_HEADER_BYTES + 1] = (uint8_t)seq;
    memcpy(bytes + KIN_RTP_HEADER_BYTES + 2, p.p + KIN_RTP_HEADER_BYTES, 2);
    (void)kin_rtp_receiver_feed(r, at, kin_span_make(bytes, sizeof bytes));
}

// The parity of `columns` packets from `seq` on, or of `rows` packets `columns` apart.
static void put_parity(struct kin_rtp_receiver *r, kin_us at, uint16_t seq, uint8_t columns, uint8_t rows)
{
    static uint8_t bytes[KIN_RTP_FLEXFEC_HEADERS + 2];
    struct kin_rtp_header h = {.payload_type = PT_FEC, .ssrc = 8};
    struct kin_rtp_flexfec mask = {.ssrc = SSRC, .base = seq, .columns = columns, .rows = rows};
    struct kin_rtp_parity sum;
    kin_rtp_parity_init(&sum, bytes + KIN_RTP_FLEXFEC_HEADERS, 2);
    for (unsigned i = 0; i < kin_rtp_flexfec_count(&mask); i++) {
        struct kin_span p = packet((uint16_t)(seq + kin_rtp_flexfec_offset(&mask, i)));
        struct kin_span rest = kin_span_skip(p, KIN_RTP_HEADER_BYTES);
        (void)kin_rtp_parity_add(&sum, p.p, &rest, 1);
    }
    kin_rtp_flexfec_write(bytes, &h, &mask, &sum);
    (void)kin_rtp_receiver_feed(r, at, kin_span_make(bytes, sizeof bytes));
}

// What comes out at `now`, as "1 2 +3:6" where +n is a gap of n packets; the packet must be whole.
static const char *taken(struct kin_rtp_receiver *r, kin_us now)
{
    static char text[256];
    struct kin_wr w = kin_wr_init(text, sizeof text - 1);
    struct kin_rtp_arrival a;
    while (kin_rtp_receiver_event(r, now, &a)) {
        const struct kin_rtp_header *h = &a.packet.h;
        struct kin_span want = kin_span_skip(packet(h->seq), KIN_RTP_HEADER_BYTES);
        bool whole = kin_span_eq(a.packet.payload, want) && h->ssrc == SSRC && h->payload_type == PT &&
                     h->ts == FRAME_TS * (h->seq / PACKETS_PER_FRAME);
        kin_wr_str(&w, w.len > 0 ? " " : "");
        if (a.gap > 0)
            kin_wr_fmt(&w, "+%u:", a.gap);
        kin_wr_fmt(&w, "%u%s", h->seq, whole ? "" : "!");
    }
    text[w.bad ? 0 : w.len] = '\0';
    return text;
}
#define CHECK_TAKEN(r, now, text) CHECK_SPAN(kin_span_str(taken(r, now)), text)

static struct kin_rtp_receiver_stats stats(const struct kin_rtp_receiver *r)
{
    struct kin_rtp_receiver_stats s;
    kin_rtp_receiver_stats(r, &s);
    return s;
}

// A receiver that has taken a frame of four packets, 4 to 7, and its parity.
static struct kin_rtp_receiver *started(enum kin_rtp_repair repair)
{
    struct kin_rtp_receiver *r = receiver(repair);
    if (r == NULL)
        return NULL;
    put(r, 0, 4);
    put(r, 0, 5);
    (void)taken(r, 0);
    put(r, 0, 6);
    (void)taken(r, 0);
    put(r, 0, 7);
    if (strcmp(taken(r, 0), "7") == 0) {
        put_parity(r, 0, 4, 4, 1);
        return r;
    }
    kin_rtp_receiver_free(r); // memory was short
    return NULL;
}

TEST(a_lost_packet_comes_back_in_its_place)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    CHECK(r != NULL);
    put(r, FRAME_US, 8);
    CHECK_TAKEN(r, FRAME_US, "8");
    put(r, FRAME_US, 10);
    put(r, FRAME_US, 11);
    CHECK_TAKEN(r, FRAME_US, "");
    put_parity(r, FRAME_US + MS, 8, 4, 1);
    CHECK_TAKEN(r, FRAME_US + MS, "9 10 11");
    CHECK_INT(stats(r).received, 8);
    CHECK_INT(stats(r).recovered, 1);
    CHECK_INT(stats(r).rebuilt, 1);
    CHECK_INT(stats(r).lost + stats(r).late + stats(r).reordered + stats(r).duplicate + stats(r).invalid, 0);
    CHECK_INT(stats(r).parity, 2);
    CHECK_INT(stats(r).parity_bytes, 2 * (KIN_RTP_FLEXFEC_HEADERS + 2));
out:
    kin_rtp_receiver_free(r);
}

// The last packets of a frame are known to be missing before the next frame comes.
TEST(what_is_lost_at_the_end_of_a_frame_comes_back_with_its_parity)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    CHECK(r != NULL);
    put(r, FRAME_US, 8);
    CHECK_TAKEN(r, FRAME_US, "8");
    put(r, FRAME_US, 9);
    CHECK_TAKEN(r, FRAME_US, "9");
    put_parity(r, FRAME_US + MS, 8, 2, 2); // 8 and 10
    CHECK_TAKEN(r, FRAME_US + MS, "10");
    put_parity(r, FRAME_US + MS, 9, 2, 2); // 9 and 11
    CHECK_TAKEN(r, FRAME_US + MS, "11");
    put(r, 2 * FRAME_US, 12);
    CHECK_TAKEN(r, 2 * FRAME_US, "12");
    CHECK_INT(stats(r).rebuilt, 2);
    CHECK_INT(stats(r).lost, 0);
out:
    kin_rtp_receiver_free(r);
}

// One packet that comes back brings back the next one, more of them at once than the shell could take one by one.
TEST(a_chain)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    CHECK(r != NULL);
    put_parity(r, FRAME_US, 8, 2, 0);
    put_parity(r, FRAME_US, 9, 2, 0);
    put_parity(r, FRAME_US, 10, 2, 0);
    put_parity(r, FRAME_US, 8, 4, 0);
    CHECK_TAKEN(r, FRAME_US, "");
    put(r, FRAME_US, 8);
    CHECK_TAKEN(r, FRAME_US, "8 9 10 11");
    CHECK_INT(stats(r).rebuilt, 3);
out:
    kin_rtp_receiver_free(r);
}

// The network neither lost it nor doubled it, and the sender is told that it came.
TEST(what_comes_after_all_is_overtaken)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    put(r, FRAME_US, 8);
    CHECK_TAKEN(r, FRAME_US, "8");
    put(r, FRAME_US, 10);
    put(r, FRAME_US, 11);
    put_parity(r, FRAME_US, 8, 4, 1);
    CHECK_TAKEN(r, FRAME_US, "9 10 11");
    CHECK_INT(stats(r).rebuilt, 1);
    CHECK_INT(stats(r).recovered, 1);
    put(r, FRAME_US + MS, 9);
    CHECK_INT(stats(r).rebuilt, 0);
    CHECK_INT(stats(r).recovered, 0);
    CHECK_INT(stats(r).reordered, 1);
    put_again(r, FRAME_US + 2 * MS, 9);
    CHECK_TAKEN(r, FRAME_US + 2 * MS, "");
    CHECK_INT(stats(r).duplicate, 0);
    CHECK_INT(stats(r).received, 8);
    put(r, FRAME_US + 3 * MS, 9); // but now it does
    CHECK_INT(stats(r).duplicate, 1);
    CHECK_INT(stats(r).reordered, 1);
out:
    kin_rtp_receiver_free(r);
}

// Only its parity came before it: it was not overtaken either. Counters that were reset do not go below 0.
TEST(what_comes_right_after_its_parity_is_in_order)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    for (uint16_t frame = 8; frame <= 12; frame += 4) {
        kin_us at = FRAME_US * frame / 4;
        for (uint16_t i = 0; i < 3; i++) {
            put(r, at, (uint16_t)(frame + i));
            CHECK(taken(r, at)[0] != '\0');
        }
        put_parity(r, at, frame, 4, 1);
        CHECK(taken(r, at)[0] != '\0');
        CHECK_INT(stats(r).rebuilt, 1);
        if (frame > 8)
            kin_rtp_receiver_reset_counters(r);
        put(r, at + MS, (uint16_t)(frame + 3));
        CHECK_INT(stats(r).rebuilt, 0);
        CHECK_INT(stats(r).recovered, 0);
        CHECK_INT(stats(r).reordered, 0);
        CHECK_INT(stats(r).duplicate, 0);
    }
out:
    kin_rtp_receiver_free(r);
}

// The first numbers that a NACK asks for at `now`; 0 when none does.
static unsigned asked(struct kin_rtp_receiver *r, kin_us now)
{
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_packet p;
    struct kin_rtcp_nack nack;
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
    unsigned first = 0;
    for (; kin_rtp_receiver_output(r, now, 0, &w); w = kin_wr_init(room, sizeof room)) {
        struct kin_span in = kin_wr_span(&w);
        while (kin_rtcp_next(&in, &p) == KIN_OK)
            if (kin_rtcp_nack_read(&p, &nack) && kin_rtcp_nack_next(&nack, seqs) > 0)
                first = seqs[0];
    }
    return first;
}

TEST(packets_are_asked_for_once_their_parity_should_have_come)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    kin_rtp_receiver_set_clock(r, &(struct kin_nack_clock){.runs = true, .ts = FRAME_TS, .due = 500 * MS});
    put(r, FRAME_US, 8);
    CHECK_TAKEN(r, FRAME_US, "8");
    put_parity(r, FRAME_US, 4, 4, 1); // now it is known how far frames are apart
    put(r, FRAME_US, 11);
    CHECK_INT(asked(r, FRAME_US + 35 * MS), 0);
    CHECK_INT(asked(r, FRAME_US + 55 * MS), 9);
    put_again(r, FRAME_US + 75 * MS, 9);
    CHECK_TAKEN(r, FRAME_US + 75 * MS, "9");
    put_parity(r, FRAME_US + 75 * MS, 8, 4, 1);
    CHECK_TAKEN(r, FRAME_US + 75 * MS, "10 11");
    CHECK_INT(stats(r).recovered, 2);
    CHECK_INT(stats(r).rebuilt, 1);
    CHECK_INT(stats(r).requested, 2);
    CHECK_INT(stats(r).spurious, 0);
out:
    kin_rtp_receiver_free(r);
}

// Reports tell what the network does: what came back counts as lost there (as RFC 4588 has it).
TEST(reports_count_it_as_lost)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_packet p;
    CHECK(r != NULL);
    put(r, FRAME_US, 9);
    put(r, FRAME_US, 10);
    put(r, FRAME_US, 11);
    put_parity(r, FRAME_US, 8, 4, 1);
    CHECK_TAKEN(r, FRAME_US, "8 9 10 11");
    kin_rtp_receiver_write_report(r, FRAME_US, &w);
    struct kin_span in = kin_wr_span(&w);
    CHECK(kin_rtcp_next(&in, &p) == KIN_OK && p.count == 1);
    CHECK_INT(kin_rtcp_report_get(&p, 0).lost, 1);
out:
    kin_rtp_receiver_free(r);
}

TEST(what_was_given_up_is_not_handed_on_any_more)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    CHECK(r != NULL);
    put(r, FRAME_US, 9);
    CHECK_TAKEN(r, FRAME_US + 500 * MS, "+1:9");
    put(r, FRAME_US + 500 * MS, 10);
    CHECK_TAKEN(r, FRAME_US + 500 * MS, "10");
    put_parity(r, FRAME_US + 500 * MS, 8, 4, 1); // of 8 and 11
    put_parity(r, FRAME_US + 500 * MS, 8, 2, 0); // of 8, and thereby 11
    CHECK_TAKEN(r, FRAME_US + 500 * MS, "11");
    CHECK_INT(stats(r).lost, 1);
    CHECK_INT(stats(r).rebuilt, 1);
    CHECK_INT(stats(r).late, 0);
out:
    kin_rtp_receiver_free(r);
}

// Whoever does not know the SSRC of the source puts nothing in; nor does what was agreed for another payload type.
TEST(parity_of_another_source_is_not_believed)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    uint8_t bytes[KIN_RTP_FLEXFEC_HEADERS] = {0};
    struct kin_rtp_header h = {.payload_type = PT_FEC, .ssrc = 8};
    struct kin_rtp_flexfec mask = {.ssrc = SSRC + 1, .base = 8, .columns = 1};
    struct kin_rtp_parity none;
    CHECK(r != NULL);
    kin_rtp_parity_init(&none, NULL, 0);
    kin_rtp_flexfec_write(bytes, &h, &mask, &none);
    (void)kin_rtp_receiver_feed(r, FRAME_US, kin_span_make(bytes, sizeof bytes));
    mask.ssrc = SSRC; // a copy of a packet without a payload type
    kin_rtp_flexfec_write(bytes, &h, &mask, &none);
    (void)kin_rtp_receiver_feed(r, FRAME_US, kin_span_make(bytes, sizeof bytes));
    CHECK_TAKEN(r, FRAME_US, "");
    CHECK_INT(stats(r).invalid, 1);
    CHECK_INT(stats(r).rebuilt, 0);
out:
    kin_rtp_receiver_free(r);
}

// Another source forgets it all.
TEST(a_new_source_begins_anew)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    CHECK(r != NULL);
    put_parity(r, FRAME_US, 6, 2, 2); // of 6 and 8
    CHECK_TAKEN(r, FRAME_US, "8");
    kin_rtp_receiver_restart(r);
    put_parity(r, FRAME_US, 7, 2, 2);
    CHECK_TAKEN(r, FRAME_US, "");
    put(r, FRAME_US, 1000);
    put(r, FRAME_US, 1001);
    CHECK_TAKEN(r, FRAME_US, "1000 1001");
    put_parity(r, FRAME_US, 1001, 2, 0); // of packets that came before they were believed
    CHECK_TAKEN(r, FRAME_US, "1002");
out:
    kin_rtp_receiver_free(r);
}
