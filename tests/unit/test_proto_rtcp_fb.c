// proto/rtcp_fb: the generic NACK in and out (RFC 4585 section 6.2.1).
#include "base/err.h"
#include "proto/rtcp_fb.h"
#include "unit.h"

// The numbers that a compound packet asks for, as "1 2 65535"; "-" when its first packet is no NACK.
static const char *asked(struct kin_span in)
{
    static char text[8192];
    struct kin_wr w = kin_wr_init(text, sizeof text - 1);
    struct kin_rtcp_packet p;
    struct kin_rtcp_nack nack;
    uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
    if (kin_rtcp_next(&in, &p) != KIN_OK || !kin_rtcp_nack_read(&p, &nack))
        return "-";
    for (unsigned n; (n = kin_rtcp_nack_next(&nack, seqs)) > 0;)
        for (unsigned i = 0; i < n; i++)
            kin_wr_fmt(&w, "%s%u", w.len > 0 ? " " : "", seqs[i]);
    text[w.len] = '\0';
    return text;
}
#define CHECK_ASKED(in, text) CHECK_SPAN(kin_span_str(asked(in)), text)

TEST(pairs_name_their_packets)
{
    struct kin_span in = UNIT_BYTES(0x81, 205, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, // FMT 1, 5 words, of whom, of what
                                    0, 100, 0, 0,                            // this one alone
                                    0xff, 0xfe, 0x80, 0x05); // 65534; by bits 0, 2 and 15 the 1st, 3rd and 16th after
    struct kin_rtcp_packet p;
    struct kin_rtcp_nack nack;
    CHECK_ASKED(in, "100 65534 65535 1 14");
    CHECK_INT(kin_rtcp_next(&in, &p), KIN_OK);
    CHECK(kin_rtcp_nack_read(&p, &nack));
    CHECK_INT(p.ssrc, 5);
    CHECK_INT(nack.ssrc, 6);
    CHECK_INT(nack.pairs.n, 2 * KIN_RTCP_NACK_PAIR);
out:;
}

TEST(a_pair_names_17_at_most)
{
    CHECK_ASKED(UNIT_BYTES(0x81, 205, 0, 3, 0, 0, 0, 5, 0, 0, 0, 6, 0xff, 0xf8, 0xff, 0xff),
                "65528 65529 65530 65531 65532 65533 65534 65535 0 1 2 3 4 5 6 7 8");
out:;
}

TEST(other_feedback_is_none)
{
    CHECK_ASKED(UNIT_BYTES(0x82, 205, 0, 3, 0, 0, 0, 5, 0, 0, 0, 6, 0, 1, 0, 0), "-"); // FMT 2
    CHECK_ASKED(UNIT_BYTES(0x81, 206, 0, 2, 0, 0, 0, 5, 0, 0, 0, 6), "-");             // picture loss indication
    CHECK_ASKED(UNIT_BYTES(0x80, 201, 0, 1, 0, 0, 0, 5), "-");                         // RR
out:;
}

TEST(what_is_cut_off_names_nothing)
{
    static const uint8_t whole[] = {0x81, 205, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 1, 0, 0, 0, 9, 0, 1};
    for (size_t n = 0; n < sizeof whole; n++)
        CHECK_ASKED(unit_guarded(whole, n), "-"); // its length field says more
    for (uint8_t words = 1; words <= 4; words++) {
        uint8_t cut[sizeof whole];
        memcpy(cut, whole, sizeof whole);
        cut[3] = words;
        static const char *const want[] = {"-", "", "1", "1 9 10"};
        CHECK_ASKED(unit_guarded(cut, 4 * (words + 1u)), want[words - 1]);
    }
out:;
}

TEST(padding_is_no_pair)
{
    // 4 bytes of padding behind a pair; 2, which leave half of one
    CHECK_ASKED(UNIT_BYTES(0xa1, 205, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 7, 0, 0, 0, 0, 0, 4), "7");
    CHECK_ASKED(UNIT_BYTES(0xa1, 205, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 7, 0, 0, 0, 8, 0, 2), "7");
out:;
}

// --- written

static struct kin_span written(const uint16_t *seqs, unsigned n)
{
    static uint8_t room[KIN_RTCP_NACK_HEAD + KIN_RTCP_NACK_PACKETS_MAX * KIN_RTCP_NACK_PAIR];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_rtcp_write_nack(&w, 0x01020304, 0x05060708, seqs, n);
    return w.bad ? kin_span_make(NULL, 0) : kin_wr_span(&w);
}

TEST(the_bytes_are_these)
{
    static const uint8_t want[] = {0x81, 205,  0,    4,    1, 2,  3, 4, 5, 6, 7, 8, // FMT 1, 5 words, SSRCs
                                   0xff, 0xff, 0x80, 0x01, 0, 16, 0, 0};            // 65535, 0, 15 | 16
    static const uint16_t seqs[] = {65535, 0, 15, 16};
    struct kin_span got = written(seqs, 4);
    CHECK(kin_span_eq(got, kin_span_make(want, sizeof want)));
    CHECK_ASKED(got, "65535 0 15 16");
out:;
}

TEST(no_more_pairs_than_needed)
{
    static const struct {
        uint16_t step;
        unsigned n, pairs;
    } rows[] = {{1, 1, 1}, {1, 17, 1}, {1, 18, 2}, {1, 34, 2}, {1, 64, 4}, {16, 4, 2}, {17, 64, 64}, {16, 64, 32}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t seqs[KIN_RTCP_NACK_PACKETS_MAX];
        char want[1024];
        struct kin_wr w = kin_wr_init(want, sizeof want - 1);
        for (unsigned k = 0; k < rows[i].n; k++) {
            seqs[k] = (uint16_t)(65000 + rows[i].step * k); // most of them over the wrap
            kin_wr_fmt(&w, "%s%u", k > 0 ? " " : "", seqs[k]);
        }
        want[w.len] = '\0';
        struct kin_span got = written(seqs, rows[i].n);
        CHECK_INT(got.n, KIN_RTCP_NACK_HEAD + rows[i].pairs * KIN_RTCP_NACK_PAIR);
        CHECK_ASKED(unit_guarded(got.p, got.n), want);
    }
out:;
}

TEST(without_room_nothing_is_written_that_looks_whole)
{
    static const uint16_t seqs[] = {1, 100, 200};
    uint8_t room[KIN_RTCP_NACK_HEAD + 3 * KIN_RTCP_NACK_PAIR];
    for (size_t size = 0; size <= sizeof room; size++) {
        struct kin_wr w = kin_wr_init(room, size);
        kin_rtcp_write_nack(&w, 1, 2, seqs, 3);
        CHECK_INT(w.bad, size < sizeof room);
    }
out:;
}
