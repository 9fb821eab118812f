// engine/rtp_receiver with retransmission: what is asked for, what is believed, and what counts as what.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/rtp_receiver.h"
#include "proto/rtcp.h"
#include "proto/rtcp_fb.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SSRC 0x5eed0001u
#define OWN_SSRC 0xcafe
#define PT 26
#define PT_RTX 97
#define PACKETS_PER_FRAME 4 // one a millisecond
#define FRAME_TS (90 * PACKETS_PER_FRAME)

static struct kin_rtp_receiver *receiver(enum kin_rtp_repair repair)
{
    struct kin_rtp_receiver_options options = {
        .ssrc = OWN_SSRC, .repair = repair, .payload_type = PT, .rtx_payload_type = PT_RTX};
    return kin_rtp_receiver_new(0, &options);
}

static uint32_t ts_of(uint16_t seq)
{
    return FRAME_TS * (seq / PACKETS_PER_FRAME);
}

// A packet whose payload is the low byte of its sequence number.
static int put(struct kin_rtp_receiver *r, kin_us at, uint16_t seq)
{
    static uint8_t bytes[KIN_RTP_HEADER_BYTES + 1]; // borrowed until the events are taken
    struct kin_rtp_header h = {.payload_type = PT, .seq = seq, .ts = ts_of(seq), .ssrc = SSRC};
    kin_rtp_write(bytes, &h);
    bytes[KIN_RTP_HEADER_BYTES] = (uint8_t)seq;
    return kin_rtp_receiver_feed(r, at, kin_span_make(bytes, sizeof bytes));
}

#define AGAIN_BYTES (KIN_RTP_HEADER_BYTES + KIN_RTP_RTX_HEADER_BYTES + 1)

// Its retransmission.
static int put_again(struct kin_rtp_receiver *r, kin_us at, uint16_t seq)
{
    static uint16_t own;
    static uint8_t bytes[AGAIN_BYTES];
    struct kin_rtp_header h = {.payload_type = PT_RTX, .seq = own++, .ts = ts_of(seq), .ssrc = 99};
    kin_rtp_write(bytes, &h);
    bytes[KIN_RTP_HEADER_BYTES] = (uint8_t)(seq >> 8);
    bytes[KIN_RTP_HEADER_BYTES + 1] = (uint8_t)seq;
    bytes[KIN_RTP_HEADER_BYTES + 2] = (uint8_t)seq;
    return kin_rtp_receiver_feed(r, at, kin_span_make(bytes, sizeof bytes));
}

// What comes out at `now`, as "1 2 +3:6" where +n is a gap of n packets, '*' a new source; the packet must be whole.
static const char *taken(struct kin_rtp_receiver *r, kin_us now)
{
    static char text[512];
    struct kin_wr w = kin_wr_init(text, sizeof text - 1);
    struct kin_rtp_arrival a;
    while (kin_rtp_receiver_event(r, now, &a)) {
        const struct kin_rtp_header *h = &a.packet.h;
        bool whole = a.packet.payload.n == 1 && a.packet.payload.p[0] == (uint8_t)h->seq && h->ssrc == SSRC &&
                     h->payload_type == PT && h->ts == ts_of(h->seq);
        kin_wr_fmt(&w, "%s%s", w.len > 0 ? " " : "", a.new_source ? "*" : "");
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

// A receiver that has taken packets 1 and 2.
static struct kin_rtp_receiver *started(enum kin_rtp_repair repair)
{
    struct kin_rtp_receiver *r = receiver(repair);
    if (r == NULL)
        return NULL;
    put(r, 0, 1);
    put(r, 0, 2);
    if (strcmp(taken(r, 0), "*1 2") == 0)
        return r;
    kin_rtp_receiver_free(r); // memory was short
    return NULL;
}

// Frames are due `later` after time 0, by their RTP time.
static void due(struct kin_rtp_receiver *r, kin_us later)
{
    kin_rtp_receiver_set_clock(r, &(struct kin_nack_clock){.runs = true, .ts = 0, .due = later});
}

// --- what it asks for

static void list_nack(struct kin_wr *w, struct kin_rtcp_nack *nack)
{
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
    if (nack->ssrc != SSRC)
        kin_wr_str(w, "(of another) ");
    for (unsigned n; (n = kin_rtcp_nack_next(nack, seqs)) > 0;)
        for (unsigned i = 0; i < n; i++)
            kin_wr_fmt(w, "%s%u", w->len > 0 && w->p[w->len - 1] != ' ' ? " " : "", seqs[i]);
}

// What it sends at `now`: "R" for a report, the numbers of a NACK.
static const char *sent(struct kin_rtp_receiver *r, kin_us now)
{
    static char text[4096];
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(text, sizeof text - 1), out = kin_wr_init(room, sizeof room);
    for (; kin_rtp_receiver_output(r, now, 0, &out); out = kin_wr_init(room, sizeof room)) {
        struct kin_span in = unit_guarded(room, out.len);
        struct kin_rtcp_packet p;
        struct kin_rtcp_nack nack;
        bool is_compound = kin_rtcp_next(&in, &p) == KIN_OK && p.type == KIN_RTCP_RR && p.ssrc == OWN_SSRC;
        is_compound = is_compound && kin_rtcp_next(&in, &p) == KIN_OK && p.type == KIN_RTCP_SDES && p.cname.n > 0;
        kin_wr_str(&w, w.len > 0 ? "; " : "");
        if (!is_compound || out.bad)
            kin_wr_str(&w, "?");
        else if (in.n == 0)
            kin_wr_str(&w, "R");
        else if (kin_rtcp_next(&in, &p) == KIN_OK && kin_rtcp_nack_read(&p, &nack) && in.n == 0)
            list_nack(&w, &nack);
    }
    text[w.len] = '\0';
    return text;
}
#define CHECK_SENT(r, now, text) CHECK_SPAN(kin_span_str(sent(r, now)), text)

TEST(a_lost_packet_is_asked_for_and_comes)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    CHECK_TAKEN(r, 10 * MS, "");
    CHECK_INT(kin_rtp_receiver_deadline(r), 40 * MS);
    CHECK_SENT(r, 39 * MS, "");
    CHECK_SENT(r, 40 * MS, "3");
    put(r, 70 * MS, 5);
    CHECK_TAKEN(r, 70 * MS, ""); // it is waited for, longer than what is merely reordered
    put_again(r, 80 * MS, 3);
    CHECK_TAKEN(r, 80 * MS, "3 4 5");
    CHECK_INT(stats(r).received, 5);
    CHECK_INT(stats(r).recovered, 1);
    CHECK_INT(stats(r).requested, 1);
    CHECK_INT(stats(r).retransmitted, 1);
    CHECK_INT(stats(r).retransmitted_bytes, AGAIN_BYTES);
    CHECK_INT(stats(r).lost + stats(r).late + stats(r).reordered + stats(r).spurious + stats(r).duplicate, 0);
    CHECK_INT(stats(r).held, 0);
out:
    kin_rtp_receiver_free(r);
}

TEST(only_what_was_asked_for_is_believed)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    put_again(r, 1 * MS, 2); // came already
    put_again(r, 1 * MS, 3); // not yet there
    put_again(r, 1 * MS, 40000);
    put(r, 10 * MS, 4);
    put_again(r, 20 * MS, 3); // not asked for yet
    CHECK_TAKEN(r, 20 * MS, "");
    CHECK_SENT(r, 40 * MS, "3");
    put_again(r, 50 * MS, 4);
    CHECK_TAKEN(r, 50 * MS, "");
    put_again(r, 60 * MS, 3);
    CHECK_TAKEN(r, 60 * MS, "3 4");
    put_again(r, 70 * MS, 3); // twice
    CHECK_TAKEN(r, 70 * MS, "");
    CHECK_INT(stats(r).retransmitted, 7);
    CHECK_INT(stats(r).received, 4);
    CHECK_INT(stats(r).duplicate + stats(r).late + stats(r).lost, 0);
    CHECK_INT(stats(r).sources, 1);
out:
    kin_rtp_receiver_free(r);
}

TEST(retransmissions_without_content_are_refused)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    struct kin_span padding = UNIT_BYTES(0x80, PT_RTX, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 3);
    CHECK_INT(kin_rtp_receiver_feed(r, 0, padding), KIN_OK);
    CHECK_INT(stats(r).invalid, 1);
    CHECK_INT(stats(r).retransmitted, 0);
    kin_rtp_receiver_restart(r);
    put_again(r, 0, 3); // of no source
    CHECK_INT(stats(r).invalid, 2);
    CHECK(!stats(r).valid);
out:
    kin_rtp_receiver_free(r);
}

TEST(plain_resends_fill_the_gap_too)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_ORIGINAL);
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    CHECK_SENT(r, 40 * MS, "3");
    put(r, 80 * MS, 3);
    CHECK_TAKEN(r, 80 * MS, "3 4");
    put(r, 81 * MS, 3);
    CHECK_INT(stats(r).recovered, 1);
    CHECK_INT(stats(r).duplicate, 1);
    CHECK_INT(stats(r).retransmitted, 0); // nobody can tell
    put_again(r, 90 * MS, 5); // of a payload type that was not agreed: another packet of the source, at most
    CHECK_INT(stats(r).retransmitted, 0);
out:
    kin_rtp_receiver_free(r);
}

TEST(without_the_agreement_nothing_is_asked_for)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_NONE);
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    CHECK_TAKEN(r, 59 * MS, "");
    CHECK_SENT(r, 59 * MS, "");
    CHECK_TAKEN(r, 60 * MS, "+1:4");
    CHECK_INT(stats(r).requested, 0);
out:
    kin_rtp_receiver_free(r);
}

// --- how long it waits

TEST(a_gap_is_given_up_when_its_frame_is_due)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    put(r, 10 * MS, 3);
    CHECK_TAKEN(r, 10 * MS, "3");
    put(r, 10 * MS, 5); // 4 is of the same frame, which is due 4 ms after the first one
    due(r, 200 * MS);
    CHECK_SENT(r, 40 * MS, "4");
    CHECK_TAKEN(r, 194 * MS - 1, "");
    CHECK(kin_rtp_receiver_deadline(r) <= 194 * MS);
    CHECK_TAKEN(r, 194 * MS, "+1:5");
    CHECK_INT(stats(r).lost, 1);
    put_again(r, 230 * MS, 4);
    CHECK_TAKEN(r, 230 * MS, "");
    CHECK_INT(stats(r).lost, 1);
    CHECK_INT(stats(r).retransmitted, 1);
    put(r, 240 * MS, 4); // the packet itself
    CHECK_INT(stats(r).lost, 0);
    CHECK_INT(stats(r).late, 1);
    CHECK_INT(stats(r).received, 4);
out:
    kin_rtp_receiver_free(r);
}

TEST(a_frame_that_is_due_at_once_is_not_asked_for)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    due(r, 35 * MS);
    put(r, 10 * MS, 4);
    CHECK_SENT(r, 60 * MS, "");
    CHECK_TAKEN(r, 60 * MS, "+1:4");
    CHECK_INT(stats(r).requested, 0);
out:
    kin_rtp_receiver_free(r);
}

TEST(flush_waits_for_nothing)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    CHECK_SENT(r, 40 * MS, "3");
    kin_rtp_receiver_flush(r);
    CHECK_TAKEN(r, 41 * MS, "+1:4");
    CHECK_SENT(r, 2 * KIN_US_PER_S, "R"); // a report, and no question
out:
    kin_rtp_receiver_free(r);
}

// --- how much it holds

static unsigned count_taken(struct kin_rtp_receiver *r, kin_us now)
{
    struct kin_rtp_arrival a;
    unsigned n = 0;
    while (kin_rtp_receiver_event(r, now, &a))
        n++;
    return n;
}

TEST(what_waits_is_bounded_in_packets)
{
    if (!unit_plain())
        return;
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    for (uint32_t seq = 4; seq < 4 + KIN_RTP_REPAIR_PACKETS; seq++) {
        put(r, 10 * MS, (uint16_t)seq);
        CHECK_INT(count_taken(r, 10 * MS), 0);
    }
    put(r, 10 * MS, 4 + KIN_RTP_REPAIR_PACKETS);
    CHECK_INT(count_taken(r, 10 * MS), KIN_RTP_REPAIR_PACKETS + 1);
    CHECK_INT(stats(r).lost, 1);
    CHECK_SENT(r, 40 * MS, "");
out:
    kin_rtp_receiver_free(r);
}

TEST(what_waits_is_bounded_in_bytes)
{
    enum { BIG = 65000 };
    struct kin_rtp_receiver *r = NULL;
    uint8_t *bytes = calloc(1, BIG);
    CHECK(bytes != NULL);
    r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    for (uint16_t seq = 4; seq < 4 + KIN_RTP_REPAIR_BYTES / BIG + 1; seq++) {
        struct kin_rtp_header h = {.payload_type = PT, .seq = seq, .ts = ts_of(seq), .ssrc = SSRC};
        CHECK_INT(count_taken(r, 10 * MS), 0);
        kin_rtp_write(bytes, &h);
        kin_rtp_receiver_feed(r, 10 * MS, kin_span_make(bytes, BIG));
    }
    CHECK_INT(count_taken(r, 10 * MS), KIN_RTP_REPAIR_BYTES / BIG + 1);
    CHECK_INT(stats(r).lost, 1);
out:
    kin_rtp_receiver_free(r);
    free(bytes);
}

// --- messages

TEST(a_message_names_64_packets_at_most)
{
    char cname[KIN_RTP_CNAME_MAX + 1];
    memset(cname, 'x', sizeof cname);
    cname[KIN_RTP_CNAME_MAX] = '\0';
    struct kin_rtp_receiver_options o = {.ssrc = OWN_SSRC, .cname = cname, .repair = KIN_RTP_REPAIR_RTX};
    struct kin_rtp_receiver *r = kin_rtp_receiver_new(0, &o);
    struct kin_rtp_arrival a;
    CHECK(r != NULL);
    put(r, 0, 101);
    for (uint16_t i = 0; i < 150; i++) { // every eighteenth is missing, so that each needs a pair
        for (uint16_t k = 0; k < 17; k++) {
            put(r, 0, (uint16_t)(102 + 18 * i + k));
            while (kin_rtp_receiver_event(r, 0, &a))
                ;
        }
    }
    sent(r, 30 * MS);
    CHECK_INT(stats(r).requested, KIN_RTCP_NACK_PACKETS_MAX);
    CHECK_SENT(r, 39 * MS, "");
    sent(r, 40 * MS);
    CHECK_INT(stats(r).requested, 2 * KIN_RTCP_NACK_PACKETS_MAX);
out:
    kin_rtp_receiver_free(r);
}

// Fault: 120 packets in a row were asked for in two messages, and then given up before any could come.
TEST(a_burst_is_recovered)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    due(r, KIN_US_PER_S);
    put(r, 10 * MS, 303);
    for (kin_us at = 40 * MS; at <= 80 * MS; at += 10 * MS)
        CHECK(strlen(sent(r, at)) > 100);
    CHECK_INT(stats(r).requested, 300);
    for (uint16_t seq = 3; seq < 303; seq++) {
        put_again(r, 120 * MS, seq);
        CHECK_INT(count_taken(r, 120 * MS), seq < 302 ? 1 : 2);
    }
    CHECK_INT(stats(r).recovered, 300);
    CHECK_INT(stats(r).lost, 0);
out:
    kin_rtp_receiver_free(r);
}

TEST(reports_and_questions_are_messages_of_their_own)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr small = kin_wr_init(room, sizeof room - 1);
    CHECK(r != NULL);
    kin_us at = kin_rtp_receiver_deadline(r);
    put(r, at - 30 * MS, 4);
    CHECK(!kin_rtp_receiver_output(r, at, 0, &small));
    CHECK_SENT(r, at, "R; 3");
    CHECK(kin_rtp_receiver_deadline(r) > at);
out:
    kin_rtp_receiver_free(r);
}

// --- where it begins

TEST(the_beginning_is_asked_for_as_well)
{
    struct kin_rtp_receiver_options o = {.ssrc = OWN_SSRC,
                                         .repair = KIN_RTP_REPAIR_RTX,
                                         .payload_type = PT,
                                         .rtx_payload_type = PT_RTX,
                                         .begins_by_play = true};
    struct kin_rtp_receiver *r = kin_rtp_receiver_new(0, &o);
    CHECK(r != NULL);
    put(r, 10 * MS, 12);
    put(r, 10 * MS, 13);
    CHECK_TAKEN(r, 10 * MS, "");
    put(r, 12 * MS, 9); // overtaken by both
    CHECK_TAKEN(r, 12 * MS, "");
    kin_rtp_receiver_start(r, 15 * MS,
                           &(struct kin_rtp_run){.has_seq = true, .has_rtptime = true, .seq = 8, .rtptime = ts_of(8)});
    CHECK_SENT(r, 60 * MS, "8 10 11"); // fault: 10 and 11 were not
    put_again(r, 90 * MS, 11);
    CHECK_TAKEN(r, 90 * MS, "");
    put_again(r, 90 * MS, 8);
    CHECK_TAKEN(r, 90 * MS, "*8 9");
    put_again(r, 90 * MS, 10);
    CHECK_TAKEN(r, 90 * MS, "10 11 12 13");
    CHECK_INT(stats(r).received, 6);
    CHECK_INT(stats(r).recovered, 3);
    CHECK_INT(stats(r).reordered, 1);
    CHECK_INT(stats(r).lost, 0);
out:
    kin_rtp_receiver_free(r);
}

TEST(another_source_owes_nothing)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    CHECK_SENT(r, 40 * MS, "3");
    kin_rtp_receiver_restart(r);
    CHECK_SENT(r, 400 * MS, "R"); // a report, and no question
    put(r, 400 * MS, 50);
    put(r, 400 * MS, 51);
    CHECK_TAKEN(r, 400 * MS, "*50 51");
    CHECK_SENT(r, 800 * MS, "R");
    CHECK(kin_rtp_receiver_deadline(r) > 800 * MS);
out:
    kin_rtp_receiver_free(r);
}

// --- counters

// The sender sees in reports what the network does, whatever is repaired (RFC 4588 section 4.3).
TEST(reports_tell_what_the_network_lost)
{
    struct kin_rtp_receiver *r = started(KIN_RTP_REPAIR_RTX);
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_rtcp_packet p;
    CHECK(r != NULL);
    put(r, 10 * MS, 4);
    CHECK_SENT(r, 40 * MS, "3");
    put_again(r, 80 * MS, 3);
    CHECK_TAKEN(r, 80 * MS, "3 4");
    kin_rtp_receiver_write_report(r, 100 * MS, &w);
    struct kin_span in = kin_wr_span(&w);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(p.count, 1);
    CHECK_INT(kin_rtcp_report_get(&p, 0).lost, 1);
    CHECK_INT(kin_rtcp_report_get(&p, 0).fraction_lost, 64);
    put(r, 110 * MS, 3); // it had only been overtaken by its own retransmission
    CHECK_INT(stats(r).duplicate, 1);
    w = kin_wr_init(room, sizeof room);
    kin_rtp_receiver_write_report(r, 120 * MS, &w);
    in = kin_wr_span(&w);
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK_INT(kin_rtcp_report_get(&p, 0).lost, 0);
out:
    kin_rtp_receiver_free(r);
}

// A network at random: each packet that was sent is one of received, lost and late, each that was overtaken one of
// reordered, recovered and late.
#define NETWORK_PACKETS 4000
#define NETWORK_DELAY (20 * MS)
struct network {
    struct kin_rtp_receiver *r;
    uint32_t random;
    kin_us at[NETWORK_PACKETS]; // when a packet comes; 0: never, or it came
    kin_us again_at[NETWORK_PACKETS];
    uint64_t handed_on, gaps;
};

static unsigned roll(struct network *n)
{
    n->random = n->random * 1664525 + 1013904223;
    return n->random >> 16;
}

static void answer_nack(struct network *n, kin_us now, struct kin_rtcp_nack *nack)
{
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
    for (unsigned count; (count = kin_rtcp_nack_next(nack, seqs)) > 0;)
        for (unsigned i = 0; i < count; i++)
            n->again_at[seqs[i]] = roll(n) % 10 > 1 ? now + 2 * NETWORK_DELAY : 0;
}

static void answer(struct network *n, kin_us now)
{
    uint8_t room[KIN_RTP_REPORT_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    for (; kin_rtp_receiver_output(n->r, now, 0, &w); w = kin_wr_init(room, sizeof room)) {
        struct kin_span in = kin_wr_span(&w);
        struct kin_rtcp_packet p;
        struct kin_rtcp_nack nack;
        while (kin_rtcp_next(&in, &p) == KIN_OK)
            if (kin_rtcp_nack_read(&p, &nack))
                answer_nack(n, now, &nack);
    }
}

static void turn(struct network *n, kin_us now)
{
    struct kin_rtp_arrival a;
    for (uint16_t seq = 0; seq < NETWORK_PACKETS; seq++) {
        kin_us *at[2] = {&n->at[seq], &n->again_at[seq]};
        for (int i = 0; i < 2; i++) {
            if (*at[i] == 0 || *at[i] > now)
                continue;
            *at[i] = 0;
            if (i == 0)
                put(n->r, now, seq);
            else
                put_again(n->r, now, seq);
            while (kin_rtp_receiver_event(n->r, now, &a)) {
                n->handed_on++;
                n->gaps += a.gap;
            }
        }
    }
    answer(n, now);
}

TEST(a_bad_network_adds_up)
{
    static struct network n;
    struct kin_rtp_receiver_stats s;
    uint64_t lost = 0;
    if (!unit_plain())
        return;
    n = (struct network){.r = receiver(KIN_RTP_REPAIR_RTX), .random = 1};
    CHECK(n.r != NULL);
    for (uint16_t seq = 0; seq < NETWORK_PACKETS; seq++) {
        bool is_lost = seq > 1 && seq < NETWORK_PACKETS - 2 && roll(&n) % 20 == 0;
        n.at[seq] = is_lost ? 0 : (seq + 1) * MS + NETWORK_DELAY + (seq > 1 ? (kin_us)roll(&n) % (25 * MS) : 0);
        lost += is_lost;
    }
    for (kin_us now = MS; now < (NETWORK_PACKETS + 500) * MS; now += MS) {
        struct kin_nack_clock clock = {.runs = true, .ts = ts_of((uint16_t)(now / MS)), .due = now + 200 * MS};
        kin_rtp_receiver_set_clock(n.r, &clock);
        turn(&n, now);
    }
    s = stats(n.r);
    CHECK_INT(s.received + s.lost + s.late, NETWORK_PACKETS);
    CHECK_INT(s.received, n.handed_on);
    CHECK_INT(s.lost + s.late, n.gaps);
    CHECK_INT(s.recovered + s.lost, lost);
    CHECK(s.recovered > lost * 9 / 10 && s.lost > 0);
    CHECK_INT(s.late, 0); // none takes that long by itself
    CHECK_INT(s.spurious, 0);
    CHECK(s.requested >= lost && s.retransmitted >= s.recovered);
out:
    kin_rtp_receiver_free(n.r);
    n.r = NULL;
}
