// proto/rtsp_frame: where messages, '$' blocks and lab requests begin and end.
#include <stdlib.h>

#include "base/err.h"
#include "base/wr.h"
#include "proto/rtsp_frame.h"
#include "unit.h"

enum {
    MESSAGE = KIN_RTSP_FRAME_MESSAGE,
    BLOCK = KIN_RTSP_FRAME_INTERLEAVED,
    LAB = KIN_RTSP_FRAME_LAB,
    HTTP = KIN_RTSP_FRAME_HTTP
};

static const char options[] = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";
static const char stock_setup[] = "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000";

// One framer fed from one span, which the caller may let grow.
struct feed {
    struct kin_rtsp_framer f;
    struct kin_span in;
    struct kin_rtsp_frame frame;
    ptrdiff_t n;
};

static struct feed feed_new(bool is_server, struct kin_span in)
{
    struct feed x = {.in = in};
    kin_rtsp_framer_init(&x.f, is_server, NULL);
    return x;
}

static ptrdiff_t taken(struct feed *x, ptrdiff_t n)
{
    x->n = n;
    if (n > 0)
        x->in = kin_span_skip(x->in, (size_t)n);
    return n;
}

static ptrdiff_t next(struct feed *x)
{
    return taken(x, kin_rtsp_framer_next(&x->f, x->in, &x->frame));
}

static ptrdiff_t flush(struct feed *x)
{
    return taken(x, kin_rtsp_framer_flush(&x->f, x->in, &x->frame));
}

// The next frame, of a kind, with these bytes.
static void expect(struct feed *x, int kind, const char *bytes)
{
    CHECK(next(x) > 0);
    CHECK_INT(x->frame.kind, kind);
    CHECK_SPAN(x->frame.bytes, bytes);
out:;
}

static void expect_flushed(struct feed *x, const char *bytes)
{
    CHECK_INT(next(x), 0);
    CHECK(kin_rtsp_framer_wants_flush(&x->f, x->in));
    CHECK(flush(x) > 0);
    CHECK_INT(x->frame.kind, LAB);
    CHECK_SPAN(x->frame.bytes, bytes);
out:;
}

static void expect_nothing(struct feed *x)
{
    CHECK_INT(next(x), 0);
    CHECK(!kin_rtsp_framer_wants_flush(&x->f, x->in));
    CHECK_INT(flush(x), 0);
out:;
}

// Whole text ends in an error and a status.
static void expect_error(const char *text, int error, int status)
{
    struct feed x = feed_new(true, unit_guarded_str(text));
    while (next(&x) > 0)
        ;
    CHECK_INT(x.n, error);
    CHECK_INT(kin_rtsp_framer_status(&x.f), status);
    CHECK_INT(next(&x), error); // for good
    CHECK_INT(flush(&x), error);
out:;
}

TEST(a_message_ends_with_its_empty_line)
{
    struct feed x = feed_new(true, unit_guarded_str(options));
    expect(&x, MESSAGE, options);
    CHECK_INT(x.frame.head_len, strlen(options));
    CHECK_INT(x.in.n, 0);
    expect_nothing(&x);
out:;
}

TEST(bodies_are_part_of_the_message)
{
    struct feed x = feed_new(true, unit_guarded_str("SET_PARAMETER rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n"
                                                    "content-LENGTH : 5\r\nContent-Length: 05\r\n\r\nab\r\nc"
                                                    "OPTIONS * RTSP/1.0\nCSeq: 2\n\n"));
    CHECK(next(&x) > 0);
    CHECK_SPAN(kin_span_skip(x.frame.bytes, x.frame.head_len), "ab\r\nc");
    expect(&x, MESSAGE, "OPTIONS * RTSP/1.0\nCSeq: 2\n\n");
    CHECK_INT(x.in.n, 0);
out:;
}

TEST(a_body_is_waited_for)
{
    static const char text[] = "ANNOUNCE rtsp://h/ RTSP/1.0\r\nContent-Length: 4\r\n\r\nv=0\n";
    struct kin_rtsp_framer f;
    struct kin_rtsp_frame frame;
    kin_rtsp_framer_init(&f, true, NULL);
    for (size_t n = 0; n < sizeof text - 1; n++)
        CHECK_INT(kin_rtsp_framer_next(&f, unit_guarded(text, n), &frame), 0);
    CHECK_INT(kin_rtsp_framer_next(&f, unit_guarded_str(text), &frame), sizeof text - 1);
    CHECK_INT(frame.head_len, sizeof text - 1 - 4);
out:;
}

TEST(pipelined_requests_and_stray_blank_lines)
{
    struct feed x = feed_new(true, unit_guarded_str("\r\n\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n\r\n\r\n"
                                                    "PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 2\r\n\r\n\r\n"));
    expect(&x, MESSAGE, options);
    expect(&x, MESSAGE, "PLAY rtsp://h/ RTSP/1.0\r\nCSeq: 2\r\n\r\n");
    CHECK_INT(x.in.n, 2);
    expect_nothing(&x);
out:;
}

TEST(interleaved_blocks_between_messages)
{
    struct feed x = feed_new(true, UNIT_BYTES('$', 1, 0, 3, 'a', '\n', '$', // channel 1, three bytes
                                              '$', 255, 0, 0,               // channel 255, empty
                                              '\r', '\n', '$', 0, 0, 1, 0,  // after a blank line
                                              'T', ' ', '*', ' ', 'R', 'T', 'S', 'P', '/', '1', '.', '0', '\n', '\n',
                                              '$', 2, 0xff, 0xff, 7)); // not all there
    expect(&x, BLOCK, "a\n$");
    CHECK_INT(x.frame.channel, 1);
    expect(&x, BLOCK, "");
    CHECK_INT(x.frame.channel, 255);
    CHECK(x.frame.bytes.p != NULL);
    CHECK(next(&x) > 0);
    CHECK_INT(x.frame.bytes.n, 1);
    CHECK_INT(x.frame.channel, 0);
    expect(&x, MESSAGE, "T * RTSP/1.0\n\n");
    expect_nothing(&x);
    CHECK_INT(x.in.n, 5);
out:;
}

TEST(the_largest_block_fits)
{
    size_t n = 4 + 65535;
    uint8_t *p = calloc(1, n);
    CHECK(p != NULL);
    p[0] = '$';
    p[2] = p[3] = 0xff;
    struct feed x = feed_new(false, unit_guarded(p, n));
    CHECK_INT(next(&x), n);
    CHECK_INT(x.frame.bytes.n, 65535);
out:
    free(p);
}

TEST(a_dollar_inside_a_head_is_text)
{
    struct feed x = feed_new(true, unit_guarded_str("OPTIONS * RTSP/1.0\r\n$: 1\r\n\r\n"));
    expect(&x, MESSAGE, "OPTIONS * RTSP/1.0\r\n$: 1\r\n\r\n");
}

TEST(garbage_where_a_message_starts)
{
    struct feed x = feed_new(true, UNIT_BYTES(0x16, 3, 1, 2, 0)); // a TLS ClientHello
    CHECK_INT(next(&x), KIN_EBAD);
    CHECK_INT(kin_rtsp_framer_status(&x.f), 400);
    x = feed_new(true, UNIT_BYTES(0));
    CHECK_INT(next(&x), KIN_EBAD);
    expect_error(" OPTIONS * RTSP/1.0\r\n", KIN_EBAD, 400);
    expect_error("\rOPTIONS * RTSP/1.0\r\n", KIN_EBAD, 400);
    expect_error("\xffOPTIONS * RTSP/1.0\r\n", KIN_EBAD, 400);
out:;
}

TEST(nul_anywhere_in_a_head_is_bad)
{
    for (size_t i = 0; i < sizeof options - 1; i++) {
        char text[sizeof options];
        memcpy(text, options, sizeof text);
        text[i] = 0;
        struct feed x = feed_new(true, unit_guarded(text, sizeof options - 1));
        CHECK_INT(next(&x), KIN_EBAD);
        CHECK_INT(kin_rtsp_framer_status(&x.f), 400);
    }
out:;
}

static void expect_length(const char *value, int error, int status)
{
    char text[256] = "SET_PARAMETER rtsp://h/ RTSP/1.0\r\nContent-Length:";
    size_t n = strlen(text);
    n += kin_span_copy(kin_span_str(value), text + n, sizeof text - n);
    kin_span_copy(kin_span_str("\r\n\r\n"), text + n, sizeof text - n);
    expect_error(text, error, status);
}

TEST(content_length_is_strict)
{
    expect_length(" -1", KIN_EBAD, 400);
    expect_length(" +1", KIN_EBAD, 400);
    expect_length(" 1e3", KIN_EBAD, 400);
    expect_length(" 0x10", KIN_EBAD, 400);
    expect_length(" 1 2", KIN_EBAD, 400);
    expect_length(" 1,1", KIN_EBAD, 400);
    expect_length("", KIN_EBAD, 400);
    expect_length(" 1\r\nContent-Length: 2", KIN_EBAD, 400);
    expect_length(" 1\r\n 0", KIN_EBAD, 400); // folded: 1 or 10?
    expect_length("\r\n 5", KIN_EBAD, 400);
    expect_length(" 65537", KIN_ELIMIT, 413);
    expect_length(" 2147483648", KIN_ELIMIT, 413);
    expect_length(" 4294967296", KIN_ELIMIT, 413);
    expect_length(" 9223372036854775808", KIN_ELIMIT, 413);
    expect_length(" 18446744073709551616", KIN_ELIMIT, 413);
    expect_length(" 00000000000000000000000000000000000000000000009999999999", KIN_ELIMIT, 413);
}

TEST(a_million_digits_are_too_long_a_line)
{
    size_t n = 1000000;
    char *text = malloc(n);
    CHECK(text != NULL);
    memset(text, '9', n);
    memcpy(text, "PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: ", 41);
    struct feed x = feed_new(true, kin_span_make(text, n));
    CHECK_INT(next(&x), KIN_ELIMIT);
    CHECK_INT(kin_rtsp_framer_status(&x.f), 400);
out:
    free(text);
}

// A framer with small limits over text built of a head, `count` times `piece`, and a tail.
static void expect_limit(const char *head, const char *piece, size_t count, int want, int status)
{
    static const struct kin_rtsp_limits small = {.line_max = 64, .head_max = 256, .body_max = 8, .header_max = 8};
    char *text = malloc(strlen(head) + count * strlen(piece) + 5);
    CHECK(text != NULL);
    struct kin_wr w = kin_wr_init(text, strlen(head) + count * strlen(piece) + 5);
    kin_wr_str(&w, head);
    for (size_t i = 0; i < count; i++)
        kin_wr_str(&w, piece);
    kin_wr_str(&w, "\r\n\r\n");
    struct kin_rtsp_framer f;
    struct kin_rtsp_frame frame;
    kin_rtsp_framer_init(&f, true, &small);
    ptrdiff_t n = kin_rtsp_framer_next(&f, unit_guarded(text, w.len), &frame);
    CHECK_INT(n > 0 ? 0 : n, want);
    CHECK_INT(n > 0 ? 0 : kin_rtsp_framer_status(&f), status);
out:
    free(text);
}

TEST(every_limit_has_its_status)
{
    expect_limit("OPTIONS /", "a", 64 - 1 - 9, 0, 0); // the line with its CR is 64
    expect_limit("OPTIONS /", "a", 64 - 9, KIN_ELIMIT, 414);
    expect_limit("OPTIONS * RTSP/1.0\r\nA: ", "a", 64 - 1 - 3, 0, 0);
    expect_limit("OPTIONS * RTSP/1.0\r\nA: ", "a", 64 - 3, KIN_ELIMIT, 400);
    expect_limit("OPTIONS * RTSP/1.0", "\r\na:1", 8, 0, 0);
    expect_limit("OPTIONS * RTSP/1.0", "\r\na:1", 9, KIN_ELIMIT, 400);
    expect_limit("OPTIONS * RTSP/1.0\r\na:", "\r\n b", 8, KIN_ELIMIT, 400); // folded lines count
    expect_limit("OPTIONS * RTSP/1.0", "\r\nabcde: 901234567890123456789012345678901234567890", 4, 0, 0);
    expect_limit("OPTIONS * RTSP/1.0", "\r\nabcde: 901234567890123456789012345678901234567890", 5, KIN_ELIMIT, 413);
    expect_limit("", "\r\n", 200, KIN_ELIMIT, 413); // blank lines without end
}

TEST(ten_thousand_headers_and_huge_values)
{
    size_t n = 200000;
    char *text = malloc(n);
    CHECK(text != NULL);
    struct kin_wr w = kin_wr_init(text, n);
    kin_wr_str(&w, "OPTIONS * RTSP/1.0\r\n");
    for (int i = 0; i < 10000; i++)
        kin_wr_str(&w, "Authorization: x\r\n");
    struct feed x = feed_new(true, kin_wr_span(&w));
    CHECK_INT(next(&x), KIN_ELIMIT);
    memset(text + 20, 'v', 65536);
    memcpy(text + 20, "Range: ", 7);
    x = feed_new(true, kin_span_make(text, 20 + 65536));
    CHECK_INT(next(&x), KIN_ELIMIT);
    CHECK_INT(kin_rtsp_framer_status(&x.f), 400);
out:
    free(text);
}

TEST(one_byte_a_segment)
{
    static const char text[] = "\r\nSETUP rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast\r\n\r\n"
                               "$\1\0\2xy"
                               "TEARDOWN rtsp://h/a RTSP/1.0\nCSeq: 2\n\n";
    size_t start = 0;
    unsigned frames = 0;
    struct kin_rtsp_framer f;
    kin_rtsp_framer_init(&f, true, NULL);
    for (size_t n = 0; n < sizeof text; n++) {
        struct kin_rtsp_frame frame;
        ptrdiff_t k = kin_rtsp_framer_next(&f, unit_guarded(text + start, n - start), &frame);
        CHECK(k >= 0);
        frames += k > 0;
        start += (size_t)k;
    }
    CHECK_INT(frames, 3);
    CHECK_INT(start, sizeof text - 1);
out:;
}

TEST(replies_and_requests_reach_a_client)
{
    struct feed x = feed_new(false, unit_guarded_str("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nv="
                                                     "OPTIONS movie RTSP/1.0\r\nCSeq: 9\r\n\r\n"
                                                     "RTSP/1.0 200 OK\nCSeq: 2\n\n"));
    expect(&x, MESSAGE, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nv=");
    expect(&x, MESSAGE, "OPTIONS movie RTSP/1.0\r\nCSeq: 9\r\n\r\n");
    expect(&x, MESSAGE, "RTSP/1.0 200 OK\nCSeq: 2\n\n");
    expect_nothing(&x);
}

// --- the lab: every request form of the survey

TEST(stock_lab_requests_have_no_end)
{
    struct feed x = feed_new(true, unit_guarded_str(stock_setup));
    expect_flushed(&x, stock_setup);
    x.in = unit_guarded_str("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: 123456");
    expect_flushed(&x, "PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: 123456");
    expect_nothing(&x);
}

TEST(lab_requests_of_three_crlf_lines)
{
    struct feed x = feed_new(true, unit_guarded_str("SETUP movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\n"
                                                    "Transport: RTP/UDP; client_port= 25000\r\n"
                                                    "PLAY movie.Mjpeg RTSP/1.0\r\nCSeq: 2\r\nSession: 1\r\n"));
    expect(&x, LAB, "SETUP movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port= 25000\r\n");
    expect(&x, LAB, "PLAY movie.Mjpeg RTSP/1.0\r\nCSeq: 2\r\nSession: 1\r\n");
    CHECK_INT(x.in.n, 0);
    expect_nothing(&x);
out:;
}

TEST(lab_requests_with_a_blank_line)
{
    static const char seek[] = "SEEK movie RTSP/1.0\nCSeq: 3\nSession: 1\nX-Seek: 0.5\n";
    struct feed x = feed_new(true, unit_guarded_str("SEEK movie RTSP/1.0\nCSeq: 3\nSession: 1\nX-Seek: 0.5\n\n"
                                                    "PAUSE movie RTSP/1.0\nCSeq: 4\nSession: 1\n"));
    expect(&x, LAB, seek);
    expect(&x, LAB, "PAUSE movie RTSP/1.0\nCSeq: 4\nSession: 1\n");
    x.in = unit_guarded_str("\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"); // the blank line comes late
    expect(&x, MESSAGE, options);
}

TEST(lab_requests_with_the_version_on_a_third_line)
{
    static const char setup[] = "SETUP movie.Mjpeg\n1\n RTSP/1.0 RTP/UDP 25000";
    struct feed x = feed_new(true, unit_guarded_str(setup));
    expect_flushed(&x, setup);
    x.in = unit_guarded_str("PLAY \n2");
    expect_flushed(&x, "PLAY \n2");
    x.in = unit_guarded_str("TEARDOWN \n3\nPAUSE \n4\n");
    expect(&x, LAB, "TEARDOWN \n3\n");
    expect(&x, LAB, "PAUSE \n4\n");
    CHECK_INT(x.in.n, 0);
out:;
}

TEST(the_version_line_is_no_port)
{
    struct feed x = feed_new(true, unit_guarded_str("SETUP movie.Mjpeg\n1\n RTSP/1.0"));
    expect_nothing(&x);
    x = feed_new(true, unit_guarded_str("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1"));
    expect_nothing(&x);
    x = feed_new(true, unit_guarded_str("PLAY movie"));
    expect_nothing(&x);
}

TEST(lab_requests_may_carry_a_url)
{
    static const char text[] = "SETUP rtsp://h/movie RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000";
    struct feed x = feed_new(true, unit_guarded_str(text));
    expect_flushed(&x, text);
    x = feed_new(true, unit_guarded_str("SETUP /m RTSP/1.0\r\nCSeq: 1\r\nTransport: TCP/UDP ; client_port = 5\r\n"));
    expect(&x, LAB, "SETUP /m RTSP/1.0\r\nCSeq: 1\r\nTransport: TCP/UDP ; client_port = 5\r\n");
    x.f.lab = true; // the engine remembers: nothing in these tells
    x.in = unit_guarded_str("PLAY rtsp://h/movie RTSP/1.0\nCSeq: 2\nSession: 5");
    expect_flushed(&x, "PLAY rtsp://h/movie RTSP/1.0\nCSeq: 2\nSession: 5");
}

TEST(a_fourth_line_does_not_desynchronise)
{
    static const char four[] = "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\nPrefer: HD\n";
    struct feed x = feed_new(true, unit_guarded_str(four));
    expect(&x, LAB, four); // all there at once: it belongs to the request
    x.in = unit_guarded_str("PLAY m RTSP/1.0\nCSeq: 2\nSession: 1\n");
    expect(&x, LAB, "PLAY m RTSP/1.0\nCSeq: 2\nSession: 1\n");
    x.in = unit_guarded_str("Frame: 7\nX: y\nPAUSE m RTSP/1.0\nCSeq: 3\nSession: 1\n"); // too late, and swallowed
    expect(&x, LAB, "PAUSE m RTSP/1.0\nCSeq: 3\nSession: 1\n");
    expect_nothing(&x);
}

TEST(a_fourth_line_without_an_end)
{
    static const char four[] = "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\nPrefer: HD";
    struct feed x = feed_new(true, unit_guarded_str(four));
    expect_flushed(&x, four);
    x.in = unit_guarded_str("\nPLAY m RTSP/1.0\nCSeq: 2\nSession: 1\n"); // its end comes late
    expect(&x, LAB, "PLAY m RTSP/1.0\nCSeq: 2\nSession: 1\n");
    x.in = unit_guarded_str("Prefer: SD");
    CHECK_INT(next(&x), 0);
    CHECK(kin_rtsp_framer_wants_flush(&x.f, x.in));
    CHECK_INT(flush(&x), 0); // forgotten, but still part of what is consumed next
    expect_nothing(&x);
    x.in = unit_guarded_str("Prefer: SDPAUSE m RTSP/1.0\nCSeq: 3\nSession: 1\n");
    expect(&x, LAB, "PAUSE m RTSP/1.0\nCSeq: 3\nSession: 1\n");
    CHECK_INT(x.in.n, 0);
out:;
}

TEST(a_request_cut_after_three_lines_of_the_one_before)
{
    struct feed x = feed_new(true, unit_guarded_str("PLAY m RTSP/1.0\nCSeq: 2\nSession: 1\nPAU"));
    expect_flushed(&x, "PLAY m RTSP/1.0\nCSeq: 2\nSession: 1\n");
    CHECK_INT(x.in.n, 3);
    expect_nothing(&x);
    x.in = unit_guarded_str("PAUSE m RTSP/1.0\nCSeq: 3\nSession: 1\n$");
    expect(&x, LAB, "PAUSE m RTSP/1.0\nCSeq: 3\nSession: 1\n");
    CHECK_INT(x.in.n, 1);
out:;
}

TEST(what_is_lab_and_what_is_not)
{
    static const struct {
        const char *text;
        int kind;
    } rows[] = {
        {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", MESSAGE},
        {"OPTIONS / RTSP/1.0\r\nCSeq: 1\r\n\r\n", MESSAGE},
        {"DESCRIBE rtsp://h/a RTSP/1.0\nCSeq: 1\nAccept: application/sdp\n\n", MESSAGE},
        {"DESCRIBE rtsps://h/a RTSP/1.0\nCSeq: 1\nAccept: application/sdp\n\n", MESSAGE},
        {"GET index.html HTTP/1.0\r\nHost: h\r\nX: y\r\n\r\n", HTTP},
        {"HELLO\r\n\r\n", MESSAGE},
        {"hello world\r\n\r\n", MESSAGE},
        {"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", MESSAGE},
        {"SETUP rtsp://h/a RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP;client_port=2-3\n\n", MESSAGE},
        {"DESCRIBE movie.mjpeg RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\nUser-Agent: x\r\n\r\n", LAB},
        {"DESCRIBE my movie.mjpeg RTSP/1.0\r\nCSeq: 2\r\n\r\n", LAB},
        {"SPEEDUP movie.mjpeg RTSP/1.0 \nCSeq: 2\nSession: 1\n", LAB},
        {"SETUP movie.mjpeg RTSP/2.0\nCSeq: 2\nNPT: 1\n", LAB},
        {"SETUP a_name_that_is_longer_than_forty_characters.mjpeg RTSP/1.0\nCSeq: 2\nNPT: 1\n", LAB},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct feed x = feed_new(true, unit_guarded_str(rows[i].text));
        CHECK(next(&x) > 0);
        CHECK_INT(x.frame.kind, rows[i].kind);
        CHECK_INT(x.in.n, 0);
        expect_nothing(&x);
    }
out:;
}

TEST(a_client_frames_lab_replies)
{
    struct feed x = feed_new(false, unit_guarded_str("RTSP/1.0 200 OK\nCSeq: 1\nSession: 694091"));
    expect_nothing(&x); // not before the dialect is known
    x = feed_new(false, unit_guarded_str("RTSP/1.0 200 OK\nCSeq: 1\nSession: 694091"));
    x.f.lab = true;
    expect_flushed(&x, "RTSP/1.0 200 OK\nCSeq: 1\nSession: 694091");
    x.in = unit_guarded_str("RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 1\r\nTotal frames: 500\r\na.mjpeg b.mjpeg\r\n"
                            "RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 1\r\n");
    expect(&x, LAB, "RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 1\r\nTotal frames: 500\r\na.mjpeg b.mjpeg\r\n");
    expect(&x, LAB, "RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 1\r\n");
    CHECK_INT(x.in.n, 0);
out:;
}

TEST(hostile_lab_requests_stay_limited)
{
    size_t n = 300000;
    char *text = malloc(n);
    CHECK(text != NULL);
    struct kin_wr w = kin_wr_init(text, n);
    kin_wr_str(&w, "PLAY m RTSP/1.0\nCSeq: 2\nSession: 1\n");
    for (int i = 0; i < 30000; i++)
        kin_wr_str(&w, "Prefer: HD\n");
    struct feed x = feed_new(true, kin_wr_span(&w));
    CHECK(next(&x) > 0);
    while (next(&x) > 0)
        ;
    CHECK_INT(x.n, KIN_ELIMIT);
    CHECK_INT(kin_rtsp_framer_status(&x.f), 413);
out:
    free(text);
}
