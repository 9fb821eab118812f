// engine/rtsp/rtsp_client: stray bytes between interleaved blocks, on which the connection was given up.
#include <stdlib.h>

#include "base/wr.h"
#include "rtsp_peer.h"

#define STREAM_MAX 200000
#define BLOCK_BYTES 40 // with its prefix

static int play_tcp(struct peer *p)
{
    int err = describe(p, KIN_RTSP_CLIENT_TCP);
    if (err != KIN_OK)
        return err;
    kin_rtsp_client_setup(p->c, p->now, 0);
    collect(p);
    answer(p, "200 OK", "Session: s\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n");
    kin_rtsp_client_play(p->c, p->now, NULL);
    collect(p);
    answer(p, "200 OK", "");
    return KIN_OK;
}

static void put_block(struct kin_wr *w, uint8_t channel)
{
    kin_wr_u8(w, '$');
    kin_wr_u8(w, channel);
    kin_wr_be16(w, BLOCK_BYTES - 4);
    kin_wr_u8(w, 0x80);
    kin_wr_u8(w, channel == 2 ? 26 : 200);
    for (unsigned i = 2; i < BLOCK_BYTES - 4; i++)
        kin_wr_u8(w, i);
}

// Feeds the stream as a socket does, `step` bytes more at a time; stops when the machine has failed.
static void feed_stream(struct peer *p, struct kin_span in, size_t step)
{
    size_t used = 0;
    for (size_t have = 0; have < in.n && p->seen[KIN_RTSP_CLIENT_FAILED] == 0;) {
        have = have + step < in.n ? have + step : in.n;
        ptrdiff_t n = 1;
        while (n > 0 && used < have) {
            n = kin_rtsp_client_feed(p->c, p->now, kin_span_make(in.p + used, have - used));
            collect(p);
            used += n > 0 ? (size_t)n : 0;
        }
    }
}

// Random bytes, text, zeros, and what looks like blocks and messages but is none.
static void put_garbage(struct kin_wr *w, unsigned kind, size_t n)
{
    static const char *const lures[] = {"$",         "$\2\0\20\200",   "RTSP/1.0 200 OK\r\n\r\n",
                                        "RTSP/1.0 ", "PLAY x\r\n\r\n", "A\n\n"};
    uint32_t state = 12345 + kind;
    size_t end = w->len + n;
    while (w->len < end) {
        state = state * 1664525 + 1013904223;
        const char *lure = lures[(state >> 8) % (sizeof lures / sizeof lures[0])];
        if (kind >= 3 && state >> 27 == 0 && w->len + strlen(lure) < end && strncmp(lure, "RTSP/1.0 200", 12) != 0)
            kin_wr_str(w, lure);
        else
            kin_wr_u8(w, kind == 0 ? 0 : kind == 1 ? 'a' + (state >> 24) % 26 : state >> 24);
    }
}

TEST(garbage_of_any_length_is_skipped)
{
    static const size_t lengths[] = {1, 2, 3, 4, 5, 100, 105, 1400, 9000, 60000};
    static const size_t steps[] = {1, 3, 1448, STREAM_MAX};
    uint8_t *room = malloc(STREAM_MAX);
    struct peer p = {.c = NULL};
    CHECK(room != NULL);
    for (unsigned i = 0; i < 10 * 4 * 4; i++) {
        size_t n = lengths[i % 10];
        size_t step = steps[i / 10 % 4];
        if (n > 2000 && step < 1000)
            continue; // quadratic in the framer's own limits: long enough already
        struct kin_wr w = kin_wr_init(room, STREAM_MAX);
        for (unsigned b = 0; b < 3; b++)
            put_block(&w, 2);
        put_garbage(&w, i / 40, n);
        for (unsigned b = 0; b < 10; b++)
            put_block(&w, b == 5 ? 3 : 2);
        CHECK_INT(play_tcp(&p), KIN_OK);
        feed_stream(&p, kin_wr_span(&w), step);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
        CHECK(p.seen[KIN_RTSP_CLIENT_INTERLEAVED] >= 12); // one may be taken for part of the garbage
        CHECK(p.seen[KIN_RTSP_CLIENT_SKIPPED] >= 1);
        kin_rtsp_client_free(p.c);
        p.c = NULL;
    }
out:
    kin_rtsp_client_free(p.c);
    free(room);
}

TEST(a_reply_behind_garbage_is_found)
{
    struct peer p;
    char reply[100];
    CHECK_INT(play_tcp(&p), KIN_OK);
    kin_rtsp_client_pause(p.c, p.now);
    collect(&p);
    snprintf(reply, sizeof reply, "\x9a\x01RTSP/1.\nRTSP/1.0 200 OK\r\nCSeq: %u\r\n\r\n", sent_cseq(&p));
    feed(&p, reply);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_STOPPED], 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_block_shorter_than_it_says_costs_the_next_one_only)
{
    uint8_t room[1000];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct peer p;
    for (unsigned b = 0; b < 8; b++) {
        put_block(&w, 2);
        if (b == 2)
            w.len -= 10; // its end never comes
    }
    CHECK_INT(play_tcp(&p), KIN_OK);
    feed_stream(&p, kin_wr_span(&w), sizeof room);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_INTERLEAVED], 7);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_SKIPPED].count, BLOCK_BYTES - 10);
out:
    kin_rtsp_client_free(p.c);
}

TEST(too_much_garbage_ends_it)
{
    static uint8_t zeros[KIN_RTSP_CLIENT_STRAY_MAX + 10];
    struct peer p;
    CHECK_INT(play_tcp(&p), KIN_OK);
    feed_stream(&p, kin_span_make(zeros, sizeof zeros), 4096);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_STRAY_BYTES);
    CHECK(p.last[KIN_RTSP_CLIENT_FAILED].count > KIN_RTSP_CLIENT_STRAY_MAX);
out:
    kin_rtsp_client_free(p.c);
}

TEST(garbage_at_the_end_is_counted_as_well)
{
    static uint8_t zeros[100];
    struct peer p;
    CHECK_INT(play_tcp(&p), KIN_OK);
    feed_stream(&p, kin_span_make(zeros, sizeof zeros), sizeof zeros);
    kin_rtsp_client_disconnected(p.c, p.now, 0);
    collect(&p);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].count, sizeof zeros);
out:
    kin_rtsp_client_free(p.c);
}

TEST(over_udp_the_connection_carries_messages_only)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    feed(&p, "\x9a");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
out:
    kin_rtsp_client_free(p.c);
}
