// proto/lab: every request form of the university lab and its descendants, and the reply they all read.
#include "base/err.h"
#include "proto/lab.h"
#include "unit.h"

static int parse(const char *text, struct kin_lab_request *ret)
{
    return kin_lab_request_parse(unit_guarded_str(text), ret);
}

TEST(setup_in_every_form)
{
    static const char *const forms[] = {
        "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000",
        "SETUP movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port= 25000\r\n",
        "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port=25000",
        "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port = 25000",
        "SETUP movie.Mjpeg RTSP/1.0\r\nCSeq:1\r\ntransport:RTP/UDP;client_port=25000\r\n",
        "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: TCP/UDP ; client_port = 25000\n\n",
        "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP 25000\n",
        "SETUP movie.Mjpeg\n1\n RTSP/1.0 RTP/UDP 25000",
        "SETUP movie.Mjpeg \n 1\n RTSP/1.0 RTP/UDP 25000\n",
        "SETUP movie.Mjpeg RTSP/1.0 \nCSeq: 1 \nTransport: RTP/AVP;unicast;client_port=25000-25001\nPrefer: HD\n",
        "SETUP movie.Mjpeg RTSP/2.0\nCSeq : 1\nTransport: RTP/UDP; CLIENT_PORT= 25000; x=1\nNPT: 0\n",
    };
    struct kin_lab_request r;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        CHECK_INT(parse(forms[i], &r), 0);
        CHECK_INT(r.method, KIN_RTSP_SETUP);
        CHECK_SPAN(r.file, "movie.Mjpeg");
        CHECK_INT(r.cseq, 1);
        CHECK(r.has_port && !r.has_session && !r.has_frame);
        CHECK_INT(r.rtp_port, 25000);
    }
out:;
}

TEST(later_requests)
{
    struct kin_lab_request r;
    CHECK_INT(parse("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: 123456", &r), 0);
    CHECK_INT(r.method, KIN_RTSP_PLAY);
    CHECK(r.has_session && !r.has_port);
    CHECK_INT(r.session, 123456);
    CHECK_INT(parse("PLAY \n2", &r), 0);
    CHECK_SPAN(r.file, "");
    CHECK_INT(r.cseq, 2);
    CHECK_INT(parse("PAUSE\n3\n", &r), 0);
    CHECK_INT(r.cseq, 3);
    CHECK_INT(parse("PLAY m RTSP/1.0\nCSeq: 3\nSession: 7;timeout=60\nFrame: 250\n", &r), 0);
    CHECK(r.has_frame && r.has_session);
    CHECK_INT(r.frame, 250);
    CHECK_INT(parse("SWITCH rtsp://h/my movie.mjpeg RTSP/1.0\nSession: abc\n", &r), 0);
    CHECK_INT(r.method, KIN_RTSP_UNKNOWN);
    CHECK_SPAN(r.method_text, "SWITCH");
    CHECK_SPAN(r.file, "rtsp://h/my movie.mjpeg");
    CHECK_INT(r.cseq, 0);
    CHECK(!r.has_session);
out:;
}

TEST(a_setup_may_lack_its_port)
{
    struct kin_lab_request r;
    CHECK_INT(parse("SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP\n", &r), 0);
    CHECK(!r.has_port);
    CHECK_INT(parse("SETUP m RTSP/1.0\nCSeq: 1\nTransport:\n", &r), 0);
    CHECK(!r.has_port);
    CHECK_INT(parse("SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port", &r), 0);
    CHECK(!r.has_port);
    CHECK_INT(parse("SETUP m\n1\n RTSP/1.0\n", &r), 0);
    CHECK(!r.has_port);
    CHECK_INT(parse("SETUP m RTSP/1.0\nCSeq: 1\nTransport: TCP/UDP2\n", &r), 0);
    CHECK(!r.has_port);
out:;
}

TEST(bad_requests_are_refused)
{
    static const char *const bad[] = {
        "",
        "\n",
        " PLAY m\n1",
        "PL(Y m RTSP/1.0\nCSeq: 1\n",
        "PLAY m RTSP/1.0\nCSeq: x\n",
        "PLAY m RTSP/1.0\nCSeq: -1\n",
        "PLAY m RTSP/1.0\nCSeq: 4294967296\n",
        "PLAY m RTSP/1.0\nCSeq: 1\nSession: 1\nFrame: x\n",
        "PLAY m\x1b[2J RTSP/1.0\nCSeq: 1\n",
        "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 0",
        "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 65536",
        "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= x",
        "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP 99999999999999999999",
    };
    struct kin_lab_request r;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(parse(bad[i], &r), KIN_EBAD);
    CHECK_INT(kin_lab_request_parse(UNIT_BYTES('P', ' ', 'm', 0, '\n', '1'), &r), KIN_EBAD);
out:;
}

TEST(every_cut_of_a_lab_request_stays_inside)
{
    static const char text[] = "SETUP m RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port= 25000\r\n\r\n";
    struct kin_lab_request r;
    for (size_t n = 0; n < sizeof text; n++)
        kin_lab_request_parse(unit_guarded(text, n), &r);
}

TEST(what_is_wrong_leaves_the_number)
{
    struct kin_lab_request r;
    CHECK_INT(parse("SETUP m RTSP/1.0\nSEeq: 4\nTransport: RTP/UDP; client_port= 0", &r), KIN_EBAD);
    CHECK_INT(r.cseq, 4);
    CHECK_INT(r.method, KIN_RTSP_SETUP);
    CHECK_INT(parse("PLAY m RTSP/1.0\nSeq: 4294967296\nSession: 1", &r), 0);
    CHECK_INT(r.cseq, 0);
    CHECK_INT(parse("PLAY m RTSP/1.0\nFrame: 5\nCSeq: 3", &r), 0);
    CHECK_INT(r.cseq, 3);
    CHECK_INT(r.frame, 5);
    CHECK(r.bare_lf);
    CHECK_INT(parse("PLAY m RTSP/1.0\nFrame: 5\r\nCSeq: 3", &r), 0);
    CHECK(!r.bare_lf);
out:;
}

static void check_name(const char *file, const char *name)
{
    CHECK_SPAN(kin_lab_file_name(unit_guarded_str(file)), name);
out:;
}

TEST(file_names)
{
    check_name("movie.Mjpeg", "movie.Mjpeg");
    check_name("/movie.Mjpeg", "/movie.Mjpeg");
    check_name("rtsp://movie.Mjpeg", "movie.Mjpeg");
    check_name("rtsp://movie.Mjpeg/", "movie.Mjpeg");
    check_name("RTSP://host:8554/a/movie.Mjpeg", "/a/movie.Mjpeg");
    check_name("rtsp://", "");
    check_name("rtsp://my movie", "my movie");
    check_name("", "");
}

TEST(a_query_of_the_file)
{
    struct kin_lab_request r;
    struct kin_lab_choice c;
    CHECK_INT(parse("SETUP a?b=c?seq=packet RTSP/1.0\nCSeq: 1", &r), 0);
    CHECK_SPAN(r.file, "a?b=c");
    CHECK_SPAN(r.query, "seq=packet");
    CHECK_INT(parse("SETUP a? RTSP/1.0\nCSeq: 1", &r), 0);
    CHECK_SPAN(r.file, "a?");
    CHECK_INT(r.query.n, 0);
    CHECK_INT(kin_lab_query_parse(unit_guarded_str("seq=frame&datagram=2000&seq=packet"), &c), 0);
    CHECK(c.has_numbering && c.numbering == KIN_LAB_BY_PACKET); // the last one counts
    CHECK_INT(c.datagram_bytes, 2000);
    CHECK_INT(kin_lab_query_parse(unit_guarded_str("&&=&x"), &c), 0);
    CHECK(!c.has_numbering && c.datagram_bytes == 0);
    CHECK_INT(kin_lab_query_parse(unit_guarded_str("seq=frames"), &c), KIN_EBAD);
    CHECK_INT(kin_lab_query_parse(unit_guarded_str("datagram=99999999999999999999"), &c), KIN_EBAD);
out:;
}

TEST(the_reply_has_three_lines)
{
    char text[64];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_lab_reply_write(&w, 200, 1, 123456);
    CHECK_SPAN(kin_wr_span(&w), "RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: 123456\r\n");
    w = kin_wr_init(text, sizeof text);
    kin_lab_reply_write(&w, 404, 4294967295u, 0);
    CHECK_SPAN(kin_wr_span(&w), "RTSP/1.0 404 Not Found\r\nCSeq: 4294967295\r\nSession: 0\r\n");
    w = kin_wr_init(text, 20);
    kin_lab_reply_write(&w, 200, 1, 1);
    CHECK(w.bad);
out:;
}
