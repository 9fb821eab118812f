// proto/rtsp_msg: messages as real clients and servers send them, and as nobody should.
#include <stdlib.h>

#include "base/err.h"
#include "proto/rtsp_msg.h"
#include "unit.h"

static int parse(const char *text, struct kin_rtsp_msg *ret)
{
    return kin_rtsp_msg_parse(unit_guarded_str(text), ret);
}

TEST(a_request)
{
    struct kin_rtsp_msg m;
    CHECK_INT(parse("SETUP rtsp://h:8554/a/track1 RTSP/1.0\r\n" // start line
                    "CSeq: 3\r\n"
                    "transport:RTP/AVP/TCP;unicast;interleaved=0-1\r\n" // any case, no blank
                    "User-Agent: Lavf59.27.100\r\n"
                    "Content-Length: 3\r\n"
                    "\r\n"
                    "abc",
                    &m),
              0);
    CHECK(m.is_request && !m.is_http);
    CHECK_INT(m.method, KIN_RTSP_SETUP);
    CHECK_SPAN(m.method_text, "SETUP");
    CHECK_SPAN(m.uri, "rtsp://h:8554/a/track1");
    CHECK_INT(m.version_major, 1);
    CHECK_INT(m.version_minor, 0);
    CHECK_INT(m.header_count, 4);
    CHECK_SPAN(kin_rtsp_msg_get(&m, "Transport"), "RTP/AVP/TCP;unicast;interleaved=0-1");
    CHECK_SPAN(kin_rtsp_msg_get(&m, "cseq"), "3");
    CHECK(kin_rtsp_msg_get(&m, "Session").p == NULL);
    CHECK_SPAN(m.body, "abc");
out:;
}

TEST(a_response)
{
    struct kin_rtsp_msg m;
    CHECK_INT(parse("RTSP/1.0 454 Session Not Found\nCSeq: 2\nEmpty:\n\n", &m), 0);
    CHECK(!m.is_request);
    CHECK_INT(m.status, 454);
    CHECK_SPAN(m.reason, "Session Not Found");
    CHECK(kin_rtsp_msg_get(&m, "Empty").p != NULL);
    CHECK_INT(kin_rtsp_msg_get(&m, "Empty").n, 0);
    CHECK_INT(parse("RTSP/1.0 200\r\n\r\n", &m), 0); // no reason at all
    CHECK_SPAN(m.reason, "");
    CHECK_INT(parse("RTSP/1.0 200 OK\nCSeq: 1\nSession: 694091", &m), 0); // a lab reply ends anywhere
    CHECK_SPAN(kin_rtsp_msg_get(&m, "Session"), "694091");
out:;
}

TEST(folded_values_and_repeated_headers)
{
    struct kin_rtsp_msg m;
    CHECK_INT(parse("PLAY * RTSP/1.0\r\nA: 1\r\n  2\r\nB:\r\n\tx\r\nA: 3\r\nC : 4\r\n\r\n", &m), 0);
    CHECK_INT(m.header_count, 4);
    CHECK_SPAN(kin_rtsp_msg_get(&m, "A"), "1\r\n  2");
    CHECK_SPAN(kin_rtsp_msg_get_nth(&m, "a", 1), "3");
    CHECK(kin_rtsp_msg_get_nth(&m, "A", 2).p == NULL);
    CHECK_SPAN(kin_rtsp_msg_get(&m, "B"), "x");
    CHECK_SPAN(kin_rtsp_msg_get(&m, "C"), "4");
out:;
}

TEST(lenient_start_lines)
{
    struct kin_rtsp_msg m;
    CHECK_INT(parse("DESCRIBE rtsp://h/my movie.mjpeg RTSP/1.0\r\n\r\n", &m), 0);
    CHECK_SPAN(m.uri, "rtsp://h/my movie.mjpeg");
    CHECK_INT(parse("PLAY  *  rtsp/1.0 \r\n\r\n", &m), 0);
    CHECK_SPAN(m.uri, "*");
    CHECK_INT(parse("SWITCH * RTSP/2.0\r\n\r\n", &m), 0);
    CHECK_INT(m.method, KIN_RTSP_UNKNOWN);
    CHECK_SPAN(m.method_text, "SWITCH");
    CHECK_INT(m.version_major, 2);
    CHECK_INT(parse("GET /stream HTTP/1.1\r\nx-sessioncookie: 1\r\n\r\n", &m), 0);
    CHECK(m.is_http);
out:;
}

TEST(bad_messages_are_refused)
{
    static const char *const bad[] = {
        "",
        "\r\n\r\n",
        "PLAY\r\n\r\n",
        "PLAY *\r\n\r\n",
        "PLAY RTSP/1.0\r\n\r\n",
        "PLAY * RTSP/\r\n\r\n",
        "PLAY * RTSP/1\r\n\r\n",
        "PLAY * RTSP/1.\r\n\r\n",
        "PLAY * RTSP/1.0x\r\n\r\n",
        "PLAY * RTSP/99999999999999999999.0\r\n\r\n",
        "PL@Y * RTSP/1.0\r\n\r\n",
        "PLAY: * RTSP/1.0\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "RTSP/1.0\r\n\r\n",
        "RTSP/1.0 20 OK\r\n\r\n",
        "RTSP/1.0 2000 OK\r\n\r\n",
        "RTSP/1.0 099 OK\r\n\r\n",
        "RTSP/1.0 -10 OK\r\n\r\n",
        "RTSP/1.0 END\nCSeq: -1\n\n",
        "RTSP/x.0 200 OK\r\n\r\n",
        "PLAY * RTSP/1.0\r\n folded: first\r\n\r\n",
        "PLAY * RTSP/1.0\r\nno colon\r\n\r\n",
        "PLAY * RTSP/1.0\r\n: no name\r\n\r\n",
        "PLAY * RTSP/1.0\r\nA B: two words\r\n\r\n",
        "PLAY * RTSP/1.0\r\nA: \x1b[2J\r\n\r\n",
        "PLAY * RTSP/1.0\r\nA: x\x7f\r\n\r\n",
        "PLAY * RTSP/1.0\r\nA: x\ry\r\n\r\n",
        "PLAY *\x01 RTSP/1.0\r\n\r\n",
    };
    struct kin_rtsp_msg m;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(parse(bad[i], &m), KIN_EBAD);
out:;
}

TEST(header_count_is_limited)
{
    char text[2048];
    struct kin_rtsp_msg m;
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_wr_str(&w, "PLAY * RTSP/1.0\n");
    for (int i = 0; i < KIN_RTSP_HEADER_MAX; i++)
        kin_wr_str(&w, "A: b\n");
    CHECK_INT(kin_rtsp_msg_parse(unit_guarded(text, w.len), &m), 0);
    CHECK_INT(m.header_count, KIN_RTSP_HEADER_MAX);
    kin_wr_str(&w, "A: b\n");
    CHECK_INT(kin_rtsp_msg_parse(unit_guarded(text, w.len), &m), KIN_EBAD);
out:;
}

TEST(every_cut_of_a_message_stays_inside)
{
    static const char text[] = "PLAY rtsp://h/ RTSP/1.0\r\nA: 1\r\n 2\r\nB : c\r\n\r\nbody";
    struct kin_rtsp_msg m;
    for (size_t n = 0; n < sizeof text; n++)
        if (kin_rtsp_msg_parse(unit_guarded(text, n), &m) == KIN_OK)
            kin_rtsp_msg_get(&m, "Z");
}

TEST(a_64_kib_value_is_just_a_span)
{
    size_t n = 65536;
    char *text = malloc(n);
    struct kin_rtsp_msg m;
    CHECK(text != NULL);
    memset(text, 'v', n);
    memcpy(text, "PLAY * RTSP/1.0\nA: ", 19);
    CHECK_INT(kin_rtsp_msg_parse(unit_guarded(text, n), &m), 0);
    CHECK_INT(kin_rtsp_msg_get(&m, "A").n, n - 19);
out:
    free(text);
}

TEST(names_of_methods_and_statuses)
{
    for (int i = 0; i < KIN_RTSP_UNKNOWN; i++) {
        enum kin_rtsp_method method = (enum kin_rtsp_method)i;
        CHECK_INT(kin_rtsp_method_from(kin_span_str(kin_rtsp_method_str(method))), method);
    }
    CHECK_SPAN(kin_span_str(kin_rtsp_method_str(KIN_RTSP_UNKNOWN)), "UNKNOWN");
    CHECK_INT(kin_rtsp_method_from(kin_span_str("play")), KIN_RTSP_UNKNOWN);
    CHECK_SPAN(kin_span_str(kin_rtsp_reason(461)), "Unsupported transport");
    CHECK_SPAN(kin_span_str(kin_rtsp_reason(299)), "Unknown");
out:;
}

TEST(writing_a_request)
{
    char text[256];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_rtsp_write_request(&w, KIN_RTSP_SET_PARAMETER, kin_span_str("rtsp://h/a b"), 7);
    kin_rtsp_write_header(&w, "Session", kin_span_str("12345678"));
    kin_rtsp_write_header_fmt(&w, "Range", "npt=%d-", 5);
    kin_rtsp_write_end(&w, kin_span_str("x: y\r\n"));
    CHECK(!w.bad);
    CHECK_SPAN(kin_wr_span(&w), "SET_PARAMETER rtsp://h/a%20b RTSP/1.0\r\nCSeq: 7\r\nSession: 12345678\r\n"
                                "Range: npt=5-\r\nContent-Length: 6\r\n\r\nx: y\r\n");
out:;
}

TEST(nothing_can_be_injected)
{
    char text[256];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_rtsp_write_response(&w, 404, "No\r\nX: y");
    kin_rtsp_write_header(&w, "Session", kin_span_make("a\r\nB: c\0d", 9));
    kin_rtsp_write_header_fmt(&w, "Server", "%s", "k\n\x1b");
    kin_rtsp_write_end(&w, kin_span_make(NULL, 0));
    CHECK_SPAN(kin_wr_span(&w), "RTSP/1.0 404 No  X: y\r\nSession: a  B: c d\r\nServer: k  \r\n\r\n");
    w = kin_wr_init(text, sizeof text);
    kin_rtsp_write_request(&w, KIN_RTSP_PLAY, kin_span_str("rtsp://h/\r\nX: y"), 4294967295u);
    CHECK_SPAN(kin_wr_span(&w), "PLAY rtsp://h/%0D%0AX:%20y RTSP/1.0\r\nCSeq: 4294967295\r\n");
out:;
}

TEST(a_writer_that_is_full_says_so)
{
    char text[64];
    struct kin_wr w;
    for (size_t size = 0; size < sizeof text; size++) {
        w = kin_wr_init(size > 0 ? text : NULL, size);
        kin_rtsp_write_response(&w, 200, NULL);
        kin_rtsp_write_header(&w, "CSeq", kin_span_str("1"));
        kin_rtsp_write_header_fmt(&w, "Date", "%s", "some day");
        kin_rtsp_write_end(&w, kin_span_str("body"));
        CHECK(w.bad);
        CHECK(w.len <= size);
    }
out:;
}
