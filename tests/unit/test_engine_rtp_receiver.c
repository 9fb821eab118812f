// engine/rtp/rtp_receiver: order, loss, validity, jitter and reports, under a virtual clock.
#include "base/err.h"
#include "engine/rtp/rtp_receiver.h"
#include "proto/rtcp.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SSRC 0x5eed0001u

static struct kin_rtp_receiver *receiver(struct kin_rtp_receiver_options options)
{
    options.ssrc = 0xcafe;
    return kin_rtp_receiver_new(0, &options);
}

static struct kin_rtp_receiver *plain_receiver(void)
{
    return receiver((struct kin_rtp_receiver_options){.cname = NULL});
}

// A packet whose payload is the low byte of its sequence number.
static int put_from(struct kin_rtp_receiver *r, kin_us at, uint32_t ssrc, uint16_t seq, uint32_t ts)
{
    uint8_t bytes[KIN_RTP_HEADER_BYTES + 1];
    struct kin_rtp_header h = {.payload_type = 26, .seq = seq, .ts = ts, .ssrc = ssrc};
    kin_rtp_write(bytes, &h);
    bytes[KIN_RTP_HEADER_BYTES] = (uint8_t)seq;
    return kin_rtp_receiver_feed(r, at, unit_guarded(bytes, sizeof bytes));
}

static int put(struct kin_rtp_receiver *r, kin_us at, uint16_t seq)
{
    return put_from(r, at, SSRC, seq, 3000u * (seq / 4u));
}

// What comes out at `now`, as "1 2 +3:6" where +n is a gap of n packets, '*' a new source; the payload must agree.
static const char *taken(struct kin_rtp_receiver *r, kin_us now)
{
    static char text[512];
    struct kin_wr w = kin_wr_init(text, sizeof text - 1);
    struct kin_rtp_arrival a;
    while (kin_rtp_receiver_event(r, now, &a)) {
        kin_wr_fmt(&w, "%s%s", w.len > 0 ? " " : "", a.new_source ? "*" : "");
        if (a.gap > 0)
            kin_wr_fmt(&w, "+%u:", a.gap);
        kin_wr_fmt(&w, "%u", a.packet.h.seq);
        if (a.packet.payload.n != 1 || a.packet.payload.p[0] != (uint8_t)a.packet.h.seq)
            kin_wr_str(&w, "!");
    }
    text[w.len] = '\0';
    return text;
}
#define CHECK_TAKEN(r, now, text) CHECK_SPAN(kin_span_str(taken(r, now)), text)

static struct kin_rtp_receiver_stats stats(const struct kin_rtp_receiver *r)
{
    struct kin_rtp_receiver_stats s;
    kin_rtp_receiver_stats(r, &s);
    return s;
}

TEST(in_order_packets_pass_at_once)
{
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    put(r, 0, 65534);
    CHECK_TAKEN(r, 0, ""); // two in sequence make it valid
    put(r, 1, 65535);
    CHECK_TAKEN(r, 1, "*65534 65535");
    for (uint32_t i = 0; i < 5; i++) {
        put(r, 2, (uint16_t)i); // over the wrap
        struct kin_rtp_arrival a;
        CHECK(kin_rtp_receiver_event(r, 2, &a));
        CHECK_INT(a.seq, 0x20000 + i);
        CHECK_INT(a.gap, 0);
        CHECK(!kin_rtp_receiver_event(r, 2, &a));
    }
    CHECK_INT(stats(r).received, 7);
    CHECK_INT(stats(r).lost, 0);
    CHECK_INT(stats(r).sources, 1);
out:
    kin_rtp_receiver_free(r);
}

TEST(packets_in_order_are_not_copied)
{
    struct kin_rtp_receiver *r = receiver((struct kin_rtp_receiver_options){.in_order = true});
    uint8_t bytes[13] = {0x80, 26, 0, 1};
    struct kin_rtp_arrival a;
    CHECK(r != NULL);
    CHECK_INT(kin_rtp_receiver_feed(r, 0, kin_span_make(bytes, sizeof bytes)), KIN_OK);
    CHECK(kin_rtp_receiver_event(r, 0, &a));
    bytes[3] = 2;
    CHECK_INT(kin_rtp_receiver_feed(r, 0, kin_span_make(bytes, sizeof bytes)), KIN_OK);
    CHECK(kin_rtp_receiver_event(r, 0, &a));
    CHECK(a.packet.payload.p == bytes + 12);
out:
    kin_rtp_receiver_free(r);
}

// A receiver that has taken packets 1 and 2.
static struct kin_rtp_receiver *started(struct kin_rtp_receiver_options options)
{
    struct kin_rtp_receiver *r = receiver(options);
    if (r == NULL)
        return NULL;
    put(r, 0, 1);
    put(r, 0, 2);
    if (strcmp(taken(r, 0), "*1 2") == 0)
        return r;
    kin_rtp_receiver_free(r); // memory was short
    return NULL;
}

TEST(a_late_packet_fills_its_gap)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    CHECK_TAKEN(r, 10 * MS, "");
    CHECK_INT(kin_rtp_receiver_deadline(r), 60 * MS);
    put(r, 20 * MS, 5);
    CHECK_TAKEN(r, 20 * MS, "");
    put(r, 30 * MS, 3);
    CHECK_TAKEN(r, 30 * MS, "3 4 5");
    CHECK_INT(stats(r).recovered, 1);
    CHECK_INT(stats(r).reordered, 0);
    CHECK_INT(stats(r).lost, 0);
    CHECK_INT(stats(r).received, 5);
    CHECK_INT(stats(r).held, 0);
out:
    kin_rtp_receiver_free(r);
}

// Once recovered and reordered counted the same packets: each that comes late is one of reordered, recovered and late.
TEST(each_packet_that_is_overtaken_counts_once)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    put(r, 12 * MS, 6);
    put(r, 10 * MS + KIN_RTP_REORDERED_US, 3); // overtaken by a little
    CHECK_TAKEN(r, 20 * MS, "3 4");
    put(r, 13 * MS + KIN_RTP_REORDERED_US, 5); // by more
    CHECK_TAKEN(r, 23 * MS, "5 6");
    put(r, 30 * MS, 8);
    CHECK_TAKEN(r, 80 * MS, "+1:8");
    put(r, 90 * MS, 7); // by too much
    CHECK_TAKEN(r, 90 * MS, "");
    CHECK_INT(stats(r).reordered, 1);
    CHECK_INT(stats(r).recovered, 1);
    CHECK_INT(stats(r).late, 1);
    CHECK_INT(stats(r).received, 7);
    CHECK_INT(stats(r).lost, 0);
out:
    kin_rtp_receiver_free(r);
}

TEST(patience_ends)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.reorder_wait = 20 * MS});
    CHECK(r != NULL);
    put(r, 10 * MS, 5);
    put(r, 15 * MS, 8);
    CHECK_TAKEN(r, 29 * MS, "");
    CHECK_INT(kin_rtp_receiver_deadline(r), 30 * MS);
    CHECK_TAKEN(r, 30 * MS, "+2:5");
    CHECK_INT(kin_rtp_receiver_deadline(r), 35 * MS); // the gap before 8 was noticed when 8 came
    CHECK_TAKEN(r, 35 * MS, "+2:8");
    CHECK_INT(stats(r).lost, 4);
    put(r, 40 * MS, 4); // too late: of no use, yet not lost
    CHECK_TAKEN(r, 99 * MS, "");
    CHECK_INT(stats(r).lost, 3);
    CHECK_INT(stats(r).late, 1);
    CHECK_INT(stats(r).recovered, 0);
    CHECK_INT(stats(r).received, 4);
    put(r, 41 * MS, 4); // and once more
    CHECK_INT(stats(r).duplicate, 1);
    CHECK_INT(stats(r).lost, 3);
out:
    kin_rtp_receiver_free(r);
}

TEST(duplicates_are_dropped)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put(r, 1, 2);
    put(r, 1, 1);
    CHECK_TAKEN(r, 1, "");
    put(r, 1, 4);
    put(r, 1, 4); // of a packet that is held
    CHECK_TAKEN(r, 1, "");
    put(r, 1, 3);
    CHECK_TAKEN(r, 1, "3 4");
    CHECK_INT(stats(r).duplicate, 3);
    CHECK_INT(stats(r).received, 4);
out:
    kin_rtp_receiver_free(r);
}

TEST(flush_hands_on_what_is_held)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    kin_rtp_receiver_flush(r); // nothing to do
    put(r, 1, 4);
    put(r, 1, 6);
    CHECK_TAKEN(r, 1, "");
    kin_rtp_receiver_flush(r);
    CHECK_TAKEN(r, 1, "+1:4 +1:6");
    put(r, 2, 8); // and then waits again
    CHECK_TAKEN(r, 2, "");
out:
    kin_rtp_receiver_free(r);
}

TEST(an_ordered_transport_does_not_wait)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.in_order = true});
    CHECK(r == NULL); // it hands on the first packet at once, so "*1" and "2" come out apart
    r = receiver((struct kin_rtp_receiver_options){.in_order = true});
    CHECK(r != NULL);
    put(r, 0, 7);
    CHECK_TAKEN(r, 0, "*7");
    put(r, 0, 9);
    CHECK_TAKEN(r, 0, "+1:9");
    CHECK_INT(stats(r).lost, 1);
    put_from(r, 0, 99, 500, 0); // another source must prove itself here too
    CHECK_TAKEN(r, 0, "");
    put_from(r, 0, 99, 501, 0);
    CHECK_TAKEN(r, 0, "*500 501");
    put_from(r, 0, 99, 40000, 0); // a jump of the same one need not
    CHECK_TAKEN(r, 0, "*40000");
out:
    kin_rtp_receiver_free(r);
}

// Over TCP one packet of a stranger made it the source, and what was lost around it was not counted.
TEST(strays_hide_no_loss)
{
    static const struct kin_rtp_receiver_options options[] = {{.in_order = true}, {.in_order = false}};
    struct kin_rtp_receiver *r = NULL;
    for (size_t i = 0; i < 2; i++) {
        r = receiver(options[i]);
        CHECK(r != NULL);
        put(r, 0, 1);
        taken(r, 0);
        put(r, 0, 2);
        taken(r, 0);
        for (uint16_t k = 0; k < 9; k++) {
            put_from(r, 0, 77u + k, (uint16_t)(1000 * k), k); // another one each time
            CHECK_TAKEN(r, 0, "");
            put(r, 0, (uint16_t)(4 + 2 * k));
            taken(r, KIN_RTP_REORDER_WAIT_US);
        }
        CHECK_INT(stats(r).lost, 9);
        CHECK_INT(stats(r).received, 11);
        CHECK_INT(stats(r).sources, 1);
        kin_rtp_receiver_free(r);
        r = NULL;
    }
out:
    kin_rtp_receiver_free(r);
}

// A stray among the first packets made the one before it forgotten, or was taken for the source itself.
TEST(strays_do_not_spoil_the_beginning)
{
    struct kin_rtp_receiver_options tcp = {.in_order = true, .has_announced = true, .announced = SSRC};
    struct kin_rtp_receiver *r = receiver(tcp);
    CHECK(r != NULL);
    put_from(r, 0, 77, 1000, 0);
    CHECK_TAKEN(r, 0, "");
    put(r, 0, 1);
    CHECK_TAKEN(r, 0, "*1");
    kin_rtp_receiver_free(r);
    r = plain_receiver();
    CHECK(r != NULL);
    put_from(r, 0, 77, 1000, 0);
    put(r, 0, 1);
    put_from(r, 0, 78, 1000, 0);
    put_from(r, 0, 79, 1000, 0);
    put(r, 0, 2);
    CHECK_TAKEN(r, 0, "*1 2");
    CHECK_INT(stats(r).received, 2);
out:
    kin_rtp_receiver_free(r);
}

// An SSRC that is not the announced one is believed all the same when its packets are in sequence.
TEST(an_announcement_may_be_wrong)
{
    struct kin_rtp_receiver *r = receiver(
        (struct kin_rtp_receiver_options){.in_order = true, .has_announced = true, .announced = 5});
    CHECK(r != NULL);
    put(r, 0, 1);
    CHECK_TAKEN(r, 0, "");
    put(r, 0, 2);
    CHECK_TAKEN(r, 0, "*1 2");
out:
    kin_rtp_receiver_free(r);
}

// Over UDP a frame of one packet was held until the next one came, and for ever where none did.
TEST(one_packet_of_a_named_source_is_enough)
{
    struct kin_rtp_receiver_options announced = {.has_announced = true, .announced = SSRC};
    struct kin_rtp_receiver *r = receiver(announced);
    CHECK(r != NULL);
    put(r, 0, 7);
    CHECK_INT(kin_rtp_receiver_deadline(r), KIN_RTP_REORDER_WAIT_US); // one before it may come yet
    CHECK_TAKEN(r, KIN_RTP_REORDER_WAIT_US - 1, "");
    CHECK_TAKEN(r, KIN_RTP_REORDER_WAIT_US, "*7");
    CHECK_INT(stats(r).received, 1);
    kin_rtp_receiver_free(r);
    r = receiver(announced);
    CHECK(r != NULL);
    put(r, 0, 8);
    put(r, 1, 7); // which it does
    CHECK_TAKEN(r, 1, "*7 8");
out:
    kin_rtp_receiver_free(r);
}

TEST(rtcp_names_a_source)
{
    static const uint8_t sdes[] = {0x81, 202, 0, 2, 0x5e, 0xed, 0, 1, 0, 0, 0, 0};
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    put(r, 0, 7);
    kin_rtp_receiver_feed_rtcp(r, 1, kin_span_make(sdes, sizeof sdes));
    CHECK_TAKEN(r, KIN_RTP_REORDER_WAIT_US, "*7");
out:
    kin_rtp_receiver_free(r);
}

TEST(the_number_that_rtp_info_names_is_enough)
{
    struct kin_rtp_run run = {.has_seq = true, .seq = 7};
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    put(r, 0, 7);
    CHECK_TAKEN(r, 0, "");
    kin_rtp_receiver_start(r, 1, &run); // the reply comes after the packet
    CHECK_TAKEN(r, 1, "*7");
    run.seq = 40000;
    kin_rtp_receiver_start(r, 60 * KIN_US_PER_S, &run);
    put(r, 60 * KIN_US_PER_S, 40000); // the next run, numbered anew
    CHECK_TAKEN(r, 60 * KIN_US_PER_S, "*40000");
out:
    kin_rtp_receiver_free(r);
}

TEST(probation_ends_by_time)
{
    struct kin_rtp_receiver_options options[] = {{.in_order = false},
                                                 {.has_announced = true, .announced = 5},
                                                 {.in_order = true, .has_announced = true, .announced = 5}};
    struct kin_rtp_receiver *r = NULL;
    for (size_t i = 0; i < 3; i++) {
        r = receiver(options[i]);
        CHECK(r != NULL);
        put(r, 10, 7);
        CHECK_INT(kin_rtp_receiver_deadline(r), 10 + KIN_RTP_PROBATION_US);
        CHECK_TAKEN(r, 9 + KIN_RTP_PROBATION_US, "");
        CHECK_TAKEN(r, 10 + KIN_RTP_PROBATION_US, "*7");
        put_from(r, KIN_US_PER_S, 77, 500, 0); // while a source is valid, time proves nothing
        CHECK_TAKEN(r, 9 * KIN_US_PER_S, "");
        put(r, 60 * KIN_US_PER_S, 8);
        CHECK_TAKEN(r, 60 * KIN_US_PER_S, "8");
        kin_rtp_receiver_free(r);
        r = NULL;
    }
out:
    kin_rtp_receiver_free(r);
}

TEST(flush_ends_probation)
{
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    put(r, 0, 7);
    put(r, 0, 9);
    kin_rtp_receiver_flush(r);
    CHECK_TAKEN(r, 0, "*7 +1:9");
    put_from(r, 1, 77, 500, 0); // a stray beside a source is none even then
    kin_rtp_receiver_flush(r);
    CHECK_TAKEN(r, 1, "");
    put(r, 2, 11); // and then gaps are waited for again
    CHECK_TAKEN(r, 2, "");
out:
    kin_rtp_receiver_free(r);
}

TEST(a_source_must_prove_itself)
{
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    put_from(r, 0, 1, 10, 0);
    put_from(r, 0, 2, 11, 0); // another source
    put_from(r, 0, 2, 500, 0);
    CHECK_TAKEN(r, 0, "");
    CHECK(!stats(r).valid);
    put_from(r, 0, 2, 502, 0);
    CHECK_TAKEN(r, 0, "");
    put_from(r, 0, 2, 501, 0); // out of order, yet in sequence
    CHECK_TAKEN(r, 0, "*500 501 502");
    CHECK_INT(stats(r).ssrc, 2);
    CHECK_INT(stats(r).received, 3);
    CHECK_INT(stats(r).invalid, 1); // the one before the jump
out:
    kin_rtp_receiver_free(r);
}

TEST(a_stray_packet_does_not_take_over)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put_from(r, 1, 77, 1000, 0);
    put(r, 1, 3);
    CHECK_TAKEN(r, 1, "3");
    put_from(r, 1, 77, 1001, 0); // in sequence, but the source is alive
    CHECK_TAKEN(r, 1, "");
    put(r, 1, 4);
    CHECK_TAKEN(r, 1, "4");
    CHECK_INT(stats(r).sources, 1);
    CHECK_INT(stats(r).ssrc, SSRC);
out:
    kin_rtp_receiver_free(r);
}

TEST(a_new_source_takes_over)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    struct kin_rtp_arrival a;
    CHECK(r != NULL);
    put(r, 1, 4); // held: 3 is missing
    put_from(r, 2, 77, 65535, 0xffffffff);
    CHECK_TAKEN(r, 2, "");
    put_from(r, 3, 77, 0, 0);
    CHECK_TAKEN(r, 3, "+1:4 *65535 0");
    put_from(r, 4, 77, 1, 3000);
    CHECK(kin_rtp_receiver_event(r, 4, &a));
    CHECK_INT(a.ts & 0xffffffff, 3000);
    CHECK(a.ts > (UINT64_C(1) << 32)); // extended over the wrap
    CHECK_INT(stats(r).sources, 2);
    CHECK_INT(stats(r).lost, 1);
    CHECK_INT(stats(r).ssrc, 77);
out:
    kin_rtp_receiver_free(r);
}

TEST(a_jump_needs_two_in_sequence)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put(r, 1, 20000);
    CHECK_TAKEN(r, 1, "");
    put(r, 1, 3);
    CHECK_TAKEN(r, 1, "3"); // it was but one wild packet
    put(r, 2, 40000);
    put(r, 2, 40001);
    CHECK_TAKEN(r, 2, "*40000 40001");
    CHECK_INT(stats(r).sources, 2);
    CHECK_INT(stats(r).lost, 0); // a jump is no loss
out:
    kin_rtp_receiver_free(r);
}

TEST(a_dropout_is_a_loss)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put(r, 0, 2 + KIN_RTP_MAX_DROPOUT - 1);
    CHECK_TAKEN(r, 50 * MS, "+2998:3001");
    CHECK_INT(stats(r).lost, KIN_RTP_MAX_DROPOUT - 2);
    put(r, 60 * MS, (uint16_t)(3001 + KIN_RTP_MAX_DROPOUT)); // one more would be a jump
    CHECK_TAKEN(r, 200 * MS, "");
    CHECK_INT(stats(r).lost, KIN_RTP_MAX_DROPOUT - 2);
out:
    kin_rtp_receiver_free(r);
}

TEST(the_wait_is_bounded_in_packets)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.reorder_wait = 1000 * KIN_US_PER_S});
    unsigned out_count = 0;
    struct kin_rtp_arrival a;
    CHECK(r != NULL);
    for (uint32_t seq = 4; seq < 4 + KIN_RTP_REORDER_PACKETS; seq++) {
        CHECK_INT(put(r, 1, (uint16_t)seq), KIN_OK);
        CHECK(!kin_rtp_receiver_event(r, 1, &a));
    }
    CHECK_INT(stats(r).held, KIN_RTP_REORDER_PACKETS);
    put(r, 1, 4 + KIN_RTP_REORDER_PACKETS);
    while (kin_rtp_receiver_event(r, 1, &a))
        out_count++;
    CHECK_INT(out_count, KIN_RTP_REORDER_PACKETS + 1);
    CHECK_INT(stats(r).lost, 1);
out:
    kin_rtp_receiver_free(r);
}

TEST(the_wait_is_bounded_in_bytes)
{
    static uint8_t big[65507] = {0x80, 26};
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.reorder_wait = 1000 * KIN_US_PER_S});
    struct kin_rtp_arrival a;
    unsigned held = 0;
    CHECK(r != NULL);
    memcpy(big + 8, (const uint8_t[]){SSRC >> 24, SSRC >> 16 & 0xff, SSRC >> 8 & 0xff, SSRC & 0xff}, 4);
    for (uint8_t seq = 4; seq < 100; seq++) {
        big[3] = seq;
        kin_rtp_receiver_feed(r, 1, kin_span_make(big, sizeof big));
        if (kin_rtp_receiver_event(r, 1, &a))
            break;
        held++;
    }
    CHECK_INT(held, KIN_RTP_REORDER_BYTES / sizeof big);
    CHECK_INT(a.gap, 1);
out:
    kin_rtp_receiver_free(r);
}

TEST(what_is_not_taken_is_dropped)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put(r, 1, 3); // not taken
    put(r, 1, 4);
    CHECK_TAKEN(r, 1, "");
    CHECK_INT(stats(r).discarded, 1);
    CHECK_TAKEN(r, 60 * MS, "+1:4");
    CHECK_INT(stats(r).lost, 1);
out:
    kin_rtp_receiver_free(r);
}

TEST(no_rtp_is_refused)
{
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    CHECK_INT(kin_rtp_receiver_feed(r, 0, unit_guarded_str("hello")), KIN_EBAD);
    CHECK_INT(kin_rtp_receiver_feed(r, 0, kin_span_make(NULL, 0)), KIN_EBAD);
    CHECK_INT(stats(r).invalid, 2);
out:
    kin_rtp_receiver_free(r);
}

TEST(restart_forgets_the_source)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    CHECK(r != NULL);
    put(r, 1, 5);
    kin_rtp_receiver_restart(r);
    CHECK(!stats(r).valid);
    CHECK_TAKEN(r, 100 * MS, "");
    put(r, 100 * MS, 50);
    put(r, 100 * MS, 51);
    CHECK_TAKEN(r, 100 * MS, "*50 51");
    CHECK_INT(stats(r).lost, 0);
    kin_rtp_receiver_reset_counters(r);
    CHECK_INT(stats(r).received, 0);
    CHECK(stats(r).valid);
out:
    kin_rtp_receiver_free(r);
}

// --- lab dialect

TEST(shared_numbers_are_chunks_not_duplicates)
{
    struct kin_rtp_receiver *r = receiver((struct kin_rtp_receiver_options){.shared_seq = true});
    CHECK(r != NULL);
    for (int i = 0; i < 3; i++)
        put(r, 0, 1);
    CHECK_TAKEN(r, 0, "");
    put(r, 50 * MS, 2);
    CHECK_TAKEN(r, 50 * MS, "*1 1 1 2");
    put(r, 51 * MS, 2);
    CHECK_TAKEN(r, 51 * MS, "2");
    put(r, 52 * MS, 4); // 3 is missing
    put(r, 53 * MS, 2);
    CHECK_TAKEN(r, 53 * MS, "2");
    put(r, 54 * MS, 4);
    CHECK_TAKEN(r, 101 * MS, "");
    CHECK_TAKEN(r, 102 * MS, "+1:4 4");
    put(r, 103 * MS, 3);
    CHECK_TAKEN(r, 200 * MS, "");
    CHECK_INT(stats(r).duplicate, 0);
    CHECK_INT(stats(r).late, 1);
    CHECK_INT((long long)stats(r).jitter_us, 0); // Unix seconds are no media time
out:
    kin_rtp_receiver_free(r);
}

TEST(a_short_reel_may_begin_again)
{
    struct kin_rtp_receiver *r = receiver((struct kin_rtp_receiver_options){.shared_seq = true});
    CHECK(r != NULL);
    for (uint16_t seq = 1; seq <= 20; seq++)
        put(r, seq, seq), taken(r, seq);
    put(r, 30, 1);
    CHECK_TAKEN(r, 30, "");
    put(r, 80, 2);
    CHECK_TAKEN(r, 80, "*1 2");
    CHECK_INT(stats(r).lost, 0);
out:
    kin_rtp_receiver_free(r);
}

// --- jitter and reports

TEST(steady_frames_have_no_jitter)
{
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    // 25 frames a second of four packets each, paced 5 ms apart; the timestamp wraps on the way
    for (uint32_t i = 0; i < 400; i++) {
        put_from(r, (kin_us)(i / 4) * 40 * MS + (i % 4) * 5 * MS, SSRC, (uint16_t)i, 0xffffa000 + i / 4 * 3600);
        taken(r, 0);
    }
    CHECK_INT((long long)stats(r).frame_jitter_us, 0);
    CHECK(stats(r).jitter_us > 3000 && stats(r).jitter_us < 10000); // pacing inflates the RFC's figure
out:
    kin_rtp_receiver_free(r);
}

TEST(uneven_frames_have_jitter)
{
    struct kin_rtp_receiver *r = plain_receiver();
    CHECK(r != NULL);
    for (uint32_t i = 0; i < 200; i++) { // every other frame 2 ms late: D is 2 ms each time
        put_from(r, (kin_us)i * 40 * MS + (i % 2) * 2 * MS, SSRC, (uint16_t)i, i * 3600);
        taken(r, 0);
    }
    CHECK(stats(r).frame_jitter_us > 1800 && stats(r).frame_jitter_us < 2100);
    put_from(r, 400000 * MS, SSRC, 200, 200 * 3600); // a pause is no jitter
    CHECK(stats(r).jitter_us < 2100);
out:
    kin_rtp_receiver_free(r);
}

static void feed_sr(struct kin_rtp_receiver *r, kin_us at, uint32_t ssrc, uint64_t ntp)
{
    uint8_t room[64];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_sr sr = {.ntp = ntp, .rtp_ts = 12345, .packets = 1, .octets = 1};
    kin_rtcp_write_sr(&w, ssrc, &sr, NULL, 0);
    kin_rtp_receiver_feed_rtcp(r, at, kin_wr_span(&w));
}

// The receiver's next report at `now` and its block, if it has one.
static bool report(struct kin_rtp_receiver *r, kin_us now, struct kin_rtcp_report *ret)
{
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_packet rr, sdes;
    struct kin_span in;
    *ret = (struct kin_rtcp_report){.ssrc = 0};
    CHECK(kin_rtp_receiver_output(r, now, 32768, &w));
    in = kin_wr_span(&w);
    CHECK_INT(kin_rtcp_next(&in, &rr), KIN_OK);
    CHECK_INT(rr.type, KIN_RTCP_RR);
    CHECK_INT(rr.ssrc, 0xcafe);
    CHECK_INT(kin_rtcp_next(&in, &sdes), KIN_OK);
    CHECK_SPAN(sdes.cname, "kinora");
    CHECK_INT(kin_rtcp_next(&in, &sdes), KIN_EMORE);
    if (rr.count > 0)
        *ret = kin_rtcp_report_get(&rr, 0);
    return true;
out:
    return false;
}

// Packets 6 to 9 and 11 to 19 found no room while nobody was there; 10 did, and 22 is lost.
TEST(what_nobody_was_there_for_is_not_lost)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.reorder_wait = 1});
    struct kin_rtcp_report b;
    CHECK(r != NULL);
    for (uint16_t i = 3; i <= 5; i++) {
        put(r, 1000 * MS, i);
        taken(r, 1000 * MS);
    }
    kin_rtp_receiver_missed(r, 4000 * MS);
    put(r, 1050 * MS, 10); // waited
    CHECK_TAKEN(r, 4001 * MS, "+4:10");
    put(r, 4010 * MS, 20);
    CHECK_TAKEN(r, 4011 * MS, "+9:20");
    CHECK_INT(stats(r).lost, 0);
    CHECK_INT(stats(r).missed, 13);
    put(r, 4020 * MS, 12); // is of no use, and nobody was late
    CHECK_TAKEN(r, 4021 * MS, "");
    CHECK_INT(stats(r).late, 0);
    put(r, 4000 * MS + KIN_RTP_MISSED_US, 21);
    taken(r, 4000 * MS + KIN_RTP_MISSED_US);
    put(r, 4001 * MS + KIN_RTP_MISSED_US, 23);
    CHECK_TAKEN(r, 4200 * MS, "+1:23");
    CHECK_INT(stats(r).lost, 1);
    CHECK_INT(stats(r).missed, 13);
    CHECK(report(r, 4300 * MS, &b));
    CHECK_INT(b.lost, 1);
    CHECK_INT(b.highest_seq, 23);
    CHECK_INT(b.fraction_lost, 256 / 11);
out:
    kin_rtp_receiver_free(r);
}

static void feed_count(struct kin_rtp_receiver *r, kin_us at, uint32_t packets)
{
    uint8_t room[64];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_sr sr = {.rtp_ts = packets * 900, .packets = packets, .octets = 1};
    kin_rtcp_write_sr(&w, SSRC, &sr, NULL, 0);
    kin_rtp_receiver_feed_rtcp(r, at, kin_wr_span(&w));
}

// Neither is what a report says was sent meanwhile, as long as nothing comes.
TEST(what_a_report_counts_that_nobody_was_there_for_is_not_lost)
{
    struct kin_rtp_receiver *r = NULL;
    for (unsigned away = 0; away < 2; away++) {
        r = started((struct kin_rtp_receiver_options){.reorder_wait = 1});
        CHECK(r != NULL);
        for (uint16_t i = 3; i < 200; i++) {
            put_from(r, i * 10 * MS, SSRC, i, i * 900u);
            taken(r, i * 10 * MS);
        }
        feed_count(r, 2000 * MS, 199);
        if (away > 0)
            kin_rtp_receiver_missed(r, 4000 * MS);
        feed_count(r, 4001 * MS, 400);
        taken(r, 4200 * MS);
        taken(r, 4400 * MS);
        CHECK_INT(stats(r).lost, away > 0 ? 0 : 201);
        kin_rtp_receiver_free(r);
        r = NULL;
    }
out:
    kin_rtp_receiver_free(r);
}

TEST(reports_say_what_was_lost)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.reorder_wait = 1});
    struct kin_rtcp_report b;
    CHECK(r != NULL);
    feed_sr(r, 1000 * MS, SSRC, UINT64_C(0x0123456789abcdef));
    put(r, 1000 * MS, 5);
    put(r, 1001 * MS, 6);
    CHECK_TAKEN(r, 1002 * MS, "+2:5 6");
    CHECK(report(r, 2500 * MS, &b));
    CHECK_INT(b.ssrc, SSRC);
    CHECK_INT(b.lost, 2);
    CHECK_INT(b.fraction_lost, 2 * 256 / 6);
    CHECK_INT(b.highest_seq, 6);
    CHECK_INT(b.lsr, 0x456789ab);
    CHECK_INT(b.dlsr, 3 * 65536 / 2); // one and a half seconds
    CHECK_INT(kin_rtp_receiver_deadline(r), 2500 * MS + 4104146);
    put(r, 3000 * MS, 7);
    CHECK(report(r, 7000 * MS, &b));
    CHECK_INT(b.lost, 2);
    CHECK_INT(b.fraction_lost, 0); // none in this interval
    CHECK(report(r, 70000 * MS, &b));
    CHECK_INT(b.ssrc, 0); // nothing came: no block
out:
    kin_rtp_receiver_free(r);
}

TEST(duplicates_may_make_the_loss_negative)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.ssrc = 0});
    struct kin_rtcp_report b;
    CHECK(r != NULL);
    put(r, 1, 1);
    put(r, 1, 2);
    CHECK(report(r, 5000 * MS, &b));
    CHECK_INT(b.lost, -2);
    CHECK_INT(b.fraction_lost, 0);
out:
    kin_rtp_receiver_free(r);
}

TEST(highest_number_counts_wraps)
{
    struct kin_rtp_receiver *r = plain_receiver();
    struct kin_rtcp_report b;
    CHECK(r != NULL);
    put(r, 0, 64999);
    for (uint32_t seq = 65000; seq < 65000 + 140000; seq += 2000) // in strides below a dropout
        put(r, 0, (uint16_t)seq), taken(r, 60 * MS);
    CHECK(report(r, 5000 * MS, &b));
    CHECK_INT(b.highest_seq, 65000 + 138000);
out:
    kin_rtp_receiver_free(r);
}

TEST(first_report_is_soon_and_needs_room)
{
    struct kin_rtp_receiver *r = plain_receiver();
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_wr small = kin_wr_init(room, sizeof room - 1);
    CHECK(r != NULL);
    CHECK_INT(kin_rtp_receiver_deadline(r), 2500 * MS);
    CHECK(!kin_rtp_receiver_output(r, 2499 * MS, 0, &w));
    CHECK(!kin_rtp_receiver_output(r, 2500 * MS, 0, &small));
    CHECK(kin_rtp_receiver_output(r, 2500 * MS, 0, &w));
    CHECK_INT(kin_rtp_receiver_deadline(r), 2500 * MS + 2052073);
out:
    kin_rtp_receiver_free(r);
}

TEST(bye_both_ways)
{
    char name[100];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.cname = name});
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    CHECK(r != NULL);
    kin_rtp_receiver_write_bye(r, 0, &w); // the longest there is
    CHECK(!w.bad);
    CHECK_INT(room[w.len - 7], KIN_RTCP_BYE);
    w = kin_wr_init(room, sizeof room);
    kin_rtcp_write_bye(&w, SSRC + 1, kin_span_str("not us"));
    CHECK_INT(kin_rtp_receiver_feed_rtcp(r, 0, kin_wr_span(&w)), KIN_OK);
    CHECK(!stats(r).bye);
    w = kin_wr_init(room, sizeof room);
    kin_rtcp_write_bye(&w, SSRC, kin_span_str("end"));
    CHECK_INT(kin_rtp_receiver_feed_rtcp(r, 0, kin_wr_span(&w)), KIN_OK);
    CHECK(stats(r).bye);
    kin_rtp_receiver_start(r, 0, &(struct kin_rtp_run){.has_seq = false});
    CHECK(!stats(r).bye); // it ended another run
    CHECK_INT(kin_rtp_receiver_feed_rtcp(r, 0, kin_span_first(kin_wr_span(&w), 5)), KIN_EBAD);
    CHECK_INT(kin_rtp_receiver_feed_rtcp(r, 0, kin_span_make(NULL, 0)), KIN_EBAD);
out:
    kin_rtp_receiver_free(r);
}

TEST(a_report_answers_the_sender_reports_of_its_source)
{
    struct kin_rtp_receiver *r = plain_receiver();
    struct kin_rtcp_report b;
    CHECK(r != NULL);
    feed_sr(r, 0, SSRC, UINT64_C(42) << 16);
    put_from(r, 0, 99, 1, 0);
    put_from(r, 0, 99, 2, 0);
    CHECK_TAKEN(r, 0, "*1 2");
    CHECK(report(r, kin_rtp_receiver_deadline(r), &b));
    CHECK(b.ssrc == 99 && b.lsr == 0); // the SR was another's
    feed_sr(r, 0, 99, UINT64_C(43) << 16);
    put_from(r, 0, 99, 3, 0);
    CHECK_TAKEN(r, 0, "3");
    CHECK(report(r, kin_rtp_receiver_deadline(r), &b));
    CHECK_INT(b.lsr, 43);
out:
    kin_rtp_receiver_free(r);
}

// Loss, duplication and reordering at random: what comes out is in order, and the counts add up.
TEST(a_bad_network_adds_up)
{
    struct kin_rtp_receiver *r = started((struct kin_rtp_receiver_options){.reorder_wait = 5 * MS});
    uint32_t random = 1, sent = 0, lost = 0, twice = 0;
    uint64_t last = 0;
    struct kin_rtp_arrival a;
    CHECK(r != NULL);
    for (uint32_t i = 3; i < 3000; i++) {
        uint16_t seq = (uint16_t)(i ^ (i >> 3 & 1)); // every other eight packets come in swapped pairs
        random = random * 1664525 + 1013904223;
        kin_us now = (kin_us)i * 1 * MS;
        lost += random >> 24 < 20;
        sent++;
        if (random >> 24 >= 20)
            put(r, now, seq);
        while (kin_rtp_receiver_event(r, now, &a)) {
            CHECK(a.seq > last);
            last = a.seq;
        }
        if (random >> 24 > 240) {
            twice++;
            put(r, now, seq);
            CHECK(!kin_rtp_receiver_event(r, now, &a) || a.seq > last);
        }
        if (unit_failed())
            break;
    }
    kin_rtp_receiver_flush(r);
    while (kin_rtp_receiver_event(r, 3100 * MS, &a))
        last = a.seq;
    CHECK_INT(stats(r).received + stats(r).late, 2 + sent - lost);
    CHECK_INT(stats(r).duplicate, twice);
    CHECK(stats(r).lost >= lost - 2 && stats(r).lost <= lost); // the last of all may be among them
out:
    kin_rtp_receiver_free(r);
}
