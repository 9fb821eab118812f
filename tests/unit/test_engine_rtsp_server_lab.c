// Transcripts of connections of the university lab's clients, and of HTTP clients that came to the wrong port.
#include "rtsp_server_fixture.h"

// --- the lab's dialect

TEST(stock_lab_client)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    say(r, "SETUP a.mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000"); // no newline at the end
    CHECK_INT(r->out_len, 0);
    CHECK_INT(kin_rtsp_server_deadline(r->s), KIN_RTSP_SERVER_LAB_WAIT_US);
    wait_until(r, KIN_RTSP_SERVER_LAB_WAIT_US);
    unsigned session = 0;
    char rest[8] = "";
    CHECK(starts(r->out, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: "));
    session = (unsigned)strtoul(strstr(r->out, "Session: ") + 9, NULL, 10);
    kin_span_copy(kin_span_str(strstr(r->out, "Session: ") + 15), rest, sizeof rest);
    CHECK(session >= 100000 && session <= 999999);
    CHECK_SPAN(kin_span_str(rest), "\r\n"); // three lines and nothing else
    CHECK(r->events[0].lab);
    CHECK_INT(r->events[0].transport.lower_transport, KIN_LOWER_TRANSPORT_UDP);
    CHECK_INT(r->events[0].transport.client_port[0], 25000);

    char text[128], want[128];
    snprintf(text, sizeof text, "PLAY a.mjpeg RTSP/1.0\nCSeq: 2\nSession: %u\n", session);
    snprintf(want, sizeof want, "RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: %u\r\n", session);
    CHECK_SPAN(kin_span_str(say(r, text)), want);
    CHECK_INT(r->events[0].kind, KIN_RTSP_SERVER_PLAY);
    wait_until(r, 3600 * KIN_US_PER_S); // lab clients send no keepalives
    CHECK(kin_rtsp_server_sessions(r->s) == 1);
    snprintf(text, sizeof text, "PAUSE a.mjpeg RTSP/1.0\nCSeq: 3\nSession: %u\n\n", session);
    CHECK(has(say(r, text), "CSeq: 3\r\n"));
    snprintf(text, sizeof text, "TEARDOWN a.mjpeg RTSP/1.0\nCSeq: 4\nSession: %u\n\n", session);
    CHECK(has(say(r, text), "CSeq: 4\r\n"));
    CHECK(r->closed);
out:
    fixture_free(r);
}

TEST(lab_errors_keep_the_shape)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    const char *o = say(r, "SETUP none RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\n\n");
    CHECK_SPAN(kin_span_str(o), "RTSP/1.0 404 Not Found\r\nCSeq: 1\r\nSession: 0\r\n");
    o = say(r, "PLAY none RTSP/1.0\nCSeq: 2\nSession: 1\n\n");
    CHECK(starts(o, "RTSP/1.0 455 ") && has(o, "\r\nCSeq: 2\r\nSession: 0\r\n"));
    o = say(r, "SWITCH none RTSP/1.0\nCSeq: 3\nSession: 1\n\n");
    CHECK(starts(o, "RTSP/1.0 501 "));
    CHECK_INT(kin_rtsp_server_sessions(r->s), 0);
out:
    fixture_free(r);
}

TEST(lab_seek_and_describe)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    say(r, "SETUP /a.mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP;client_port=25000\r\n\r\n");
    CHECK_SPAN(kin_span_str(r->path), "a.mjpeg");
    say(r, "PLAY a.mjpeg RTSP/1.0\r\nCSeq: 2\r\nSession: 1\r\nFrame: 100\r\n\r\n");
    CHECK_INT(r->count, 1);
    CHECK(r->events[0].has_frame);
    CHECK_INT(r->events[0].frame, 99); // the lab counts from 1
    const char *o = say(r, "DESCRIBE a.mjpeg RTSP/1.0\r\nCSeq: 3\r\nAccept: application/sdp\r\n\r\n");
    CHECK(starts(o, "RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Base: a.mjpeg\r\nContent-Type: application/sdp\r\n"));
    CHECK(has(o, "\r\nv=0\r\nm=video 25000 RTP/AVP 26\r\n"));
out:
    fixture_free(r);
}

#define LAB_SETUP "SETUP a.mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\n"
#define OK_1 "RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: "

static unsigned count_lines(const char *text)
{
    unsigned n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

// Fault: "SEeq: 2" was answered with number 0, which its client takes for the reply to nothing.
TEST(a_misspelt_number_counts_by_its_position)
{
    static const char *const lines[] = {"SEeq: 2", "CSeq 2", "cseq=2", "Seq:2", "2", " 2 ", "CSeq : 2\r"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct fixture *r = fixture_new();
        char text[128];
        snprintf(text, sizeof text, "PLAY a.mjpeg RTSP/1.0\n%s\nSession: 7", lines[i]);
        bool good = r != NULL && starts(say(r, LAB_SETUP), OK_1);
        if (good)
            say(r, text);
        if (good)
            wait_until(r, r->now + KIN_RTSP_SERVER_LAB_WAIT_US);
        good = good && starts(r->out, "RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: ");
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

TEST(a_header_of_that_name_goes_before_the_position)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    say(r, LAB_SETUP);
    CHECK(has(say(r, "PLAY a.mjpeg RTSP/1.0\nX-Try: 9\nCSeq: 2\nSession: 1\n\n"), "CSeq: 2\r\n"));
    CHECK(has(say(r, "PAUSE a.mjpeg RTSP/1.0\nSession: 123456\nCSeq: 3\n\n"), "CSeq: 3\r\n"));
    CHECK(has(say(r, "PAUSE a.mjpeg RTSP/1.0\nSession: 123456\nX: y\n\n"), "CSeq: 0\r\n"));
out:
    fixture_free(r);
}

TEST(a_refusal_bears_the_number_of_the_request)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    CHECK_SPAN(kin_span_str(say(r, "SETUP a.mjpeg RTSP/1.0\nCSeq: 5\nTransport: RTP/UDP; client_port= 99999\n\n")),
               "RTSP/1.0 400 Bad Request\r\nCSeq: 5\r\nSession: 0\r\n");
    CHECK_SPAN(kin_span_str(say(r, "PLAY a.mjpeg RTSP/1.0\nCSeq: 6\nSession: 1\nFrame: x\n\n")),
               "RTSP/1.0 400 Bad Request\r\nCSeq: 6\r\nSession: 0\r\n");
out:
    fixture_free(r);
}

TEST(the_name_of_a_lab_file)
{
    static const struct {
        const char *target, *path;
    } rows[] = {
        {"rtsp://a.mjpeg", "a.mjpeg"}, // the name stands where the host belongs
        {"rtsp://a.mjpeg/", "a.mjpeg"},
        {"RTSP://a.mjpeg:8554", "a.mjpeg"},
        {"rtsp://a%2emjpeg", "a.mjpeg"},
        {"rtsp://192.0.2.1:8554/a.mjpeg", "a.mjpeg"},
        {"rtsp://h/clips/a.mjpeg", "clips/a.mjpeg"},
        {"rtsp://h/a.mjpeg?seq=frame", "a.mjpeg"},
        {"rtsp://my movie.mjpeg", "my movie.mjpeg"},
        {"/a.mjpeg", "a.mjpeg"},
        {"a.mjpeg?seq=packet", "a.mjpeg"},
        {"a.mjpeg?other=1", "a.mjpeg"},
        {"what?.mjpeg", "what?.mjpeg"}, // no query
        {"what?.mjpeg?seq=frame", "what?.mjpeg"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture *r = fixture_new();
        char text[256];
        snprintf(text, sizeof text, "SETUP %s RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\n",
                 rows[i].target);
        if (r != NULL)
            say(r, text);
        bool good = r != NULL && strcmp(r->path, rows[i].path) == 0 && r->events[0].lab;
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

TEST(the_name_says_how_packets_are_numbered)
{
    static const struct {
        const char *query, *status;
        bool given;
        enum kin_lab_numbering numbering;
        uint32_t datagram_bytes;
    } rows[] = {
        {"", " 200 ", false, KIN_LAB_BY_FRAME, 0},
        {"?seq=frame", " 200 ", true, KIN_LAB_BY_FRAME, 0},
        {"?seq=packet", " 200 ", true, KIN_LAB_BY_PACKET, 0},
        {"?x=1&seq=packet&datagram=1412", " 200 ", true, KIN_LAB_BY_PACKET, 1412},
        {"?datagram=65507", " 200 ", false, KIN_LAB_BY_FRAME, 65507},
        {"?seq=", " 400 ", false, KIN_LAB_BY_FRAME, 0},
        {"?seq=chunk", " 400 ", false, KIN_LAB_BY_FRAME, 0},
        {"?datagram=1411", " 400 ", false, KIN_LAB_BY_FRAME, 0},
        {"?datagram=65508", " 400 ", false, KIN_LAB_BY_FRAME, 0},
        {"?datagram=20KiB", " 400 ", false, KIN_LAB_BY_FRAME, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture *r = fixture_new();
        char text[256];
        snprintf(text, sizeof text, "SETUP a.mjpeg%s RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/UDP; client_port= 25000\r\n",
                 rows[i].query);
        bool good = r != NULL && has(say(r, text), rows[i].status) && count_lines(r->out) == 3;
        if (good && r->count > 0)
            good = r->events[0].lab_choice.has_numbering == rows[i].given &&
                   r->events[0].lab_choice.numbering == rows[i].numbering &&
                   r->events[0].lab_choice.datagram_bytes == rows[i].datagram_bytes;
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

// A fourth line desynchronises clients that read three; it goes to those only whose request shows that they read it.
TEST(the_number_of_frames_is_said_to_who_reads_it)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    CHECK_INT(count_lines(say(r, LAB_SETUP)), 3);
    CHECK_INT(count_lines(say(r, "PLAY a.mjpeg RTSP/1.0\nCSeq: 2\nSession: 1\n")), 3);
    const char *o = say(r, "PLAY a.mjpeg RTSP/1.0\nCSeq: 3\nSession: 1\nFrame: 100\n");
    CHECK(has(o, "\r\nTotalFrames: 240\r\n"));
    CHECK_INT(count_lines(o), 4);
    CHECK_INT(count_lines(say(r, "PLAY a.mjpeg RTSP/1.0\r\nCSeq: 4\r\nSession: 1\r\nFrame: 100\r\n")), 3); // readLine()
    CHECK_INT(count_lines(say(r, "PAUSE a.mjpeg RTSP/1.0\nCSeq: 5\nSession: 1\n")), 3);
    o = say(r, "SETUP a.mjpeg?seq=packet RTSP/1.0\nCSeq: 6\nTransport: RTP/UDP; client_port= 25000\n");
    CHECK(has(o, "\r\nTotalFrames: 240\r\n"));
    CHECK_INT(count_lines(say(r, "SETUP none?seq=packet RTSP/1.0\nCSeq: 6\nTransport: RTP/UDP; client_port= 5000\n")),
              3);
out:
    fixture_free(r);
}

// Fault: a SETUP with a proper URL and RTP/AVP that lacks the empty line was never answered.
TEST(a_proper_setup_without_its_empty_line)
{
    static const char *const forms[] = {
        "SETUP rtsp://h/a.mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP; client_port= 25000",
        "SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP; client_port= 25000\r\n",
        "SETUP rtsp://h/a.mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP;unicast;client_port=25000-25001\n",
        "SETUP /a.mjpeg RTSP/1.0\nSEeq: 1\nTransport: RTP/AVP/UDP;client_port=25000\n",
        "SETUP rtsp://a.mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP; client_port= 25000\n",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct fixture *r = fixture_new();
        bool good = r != NULL && strlen(say(r, forms[i])) == 0;
        if (good)
            wait_until(r, r->now + KIN_RTSP_SERVER_LAB_LATE_US - 1);
        good = good && r->out_len == 0; // the rest of a proper request may still come
        if (good)
            wait_until(r, r->now + 1);
        good = good && starts(r->out, OK_1) && count_lines(r->out) == 3 &&
               r->events[0].transport.client_port[0] == 25000 && r->events[0].lab;
        good = good && has(say(r, "PLAY rtsp://h/a.mjpeg RTSP/1.0\nCSeq: 2\nSession: 1\n"), "CSeq: 2\r\n");
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

TEST(a_proper_setup_that_comes_slowly_stays_proper)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    say(r, "SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=25000-25001");
    wait_until(r, 400 * KIN_US_PER_MS);
    say(r, "\r\n");
    wait_until(r, 800 * KIN_US_PER_MS);
    CHECK(has(say(r, "\r\n"), "\r\nTransport: RTP/AVP;unicast;client_port=25000-25001;server_port=7000-7001"));
    say(r, "SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP;client_port=25002-25003\r\nUser-Agent: "
           "x\r\n");
    CHECK_INT(r->out_len, 0);
    wait_until(r, r->now + 5 * KIN_US_PER_S); // a fourth line: none of the lab's
    CHECK_INT(r->out_len, 0);
    CHECK(has(say(r, "\r\n"), "CSeq: 2\r\nServer: "));
    say(r, "SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nUser-Agent: x\r\nTransport: RTP/AVP;client_port=25004-25005\r\n");
    wait_until(r, r->now + KIN_US_PER_S);
    CHECK(has(say(r, "CSeq: 3\r\n\r\n"), "CSeq: 3\r\nServer: "));
    say(r,
        "SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 4\r\nTransport: RTP/AVP/TCP;client_port=25004;interleaved=0-1\r\n");
    wait_until(r, r->now + KIN_US_PER_S);
    CHECK(has(say(r, "\r\n"), "interleaved=0-1"));
out:
    fixture_free(r);
}

// All that a client of the lab says in a session, in one piece, byte by byte, and with either line end.
TEST(lab_requests_in_every_piece_and_line_end)
{
    static const char *const ends[] = {"\n", "\r\n"};
    for (unsigned mix = 0; mix < 32; mix++) {
        struct fixture *r = fixture_new();
        char text[512];
        const char *e[5];
        for (unsigned i = 0; i < 5; i++)
            e[i] = ends[mix >> i & 1];
        snprintf(text, sizeof text,
                 "SETUP a.mjpeg RTSP/1.0%sCSeq: 1%sTransport: RTP/UDP; client_port= 25000%s%s"
                 "PLAY a.mjpeg RTSP/1.0%sCSeq: 2%sSession: 1%sPAUSE a.mjpeg RTSP/1.0%sSEeq: 3%sSession: 1%s"
                 "TEARDOWN a.mjpeg RTSP/1.0%sCSeq: 4%sSession: 1%s",
                 e[0], e[1], e[2], mix % 3 == 0 ? e[3] : "", e[0], e[4], e[1], e[2], e[3], e[4], e[1], e[0], e[2]);
        bool good = r != NULL;
        for (size_t i = 0; good && i < strlen(text); i++) {
            if (mix % 2 == 0)
                push(r, text + i, 1);
            else if (i == 0)
                push(r, text, strlen(text));
        }
        good = good && starts(r->out, OK_1) && has(r->out, "CSeq: 2\r\n") && has(r->out, "CSeq: 3\r\n") &&
               has(r->out, "CSeq: 4\r\n") && count_lines(r->out) == 12 && r->closed;
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

TEST(lower_case_methods_are_no_methods)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    CHECK_SPAN(kin_span_str(say(r, "setup a.mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\n\n")),
               "RTSP/1.0 501 Not Implemented\r\nCSeq: 1\r\nSession: 0\r\n");
    CHECK(has(say(r, LAB_SETUP), " 200 "));
out:
    fixture_free(r);
}

// --- HTTP on the RTSP port

// Fault: a browser got an answer in a protocol that it does not read, a tunnel none before its body was complete.
TEST(http_is_answered_in_http_and_closed)
{
    static const struct {
        const char *request, *status, *part;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: box:8554\r\nAccept: text/html\r\n\r\n", "HTTP/1.1 404 ", "rtsp://box:8554/\n"},
        {"GET /clips/a.mjpeg?x=1 HTTP/1.0\nHost: [2001:db8::1]:8554\n\n", "HTTP/1.1 404 ",
         "rtsp://[2001:db8::1]:8554/clips/a.mjpeg?x=1\n"},
        {"GET /a HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "rtsp://HOST:PORT/a\n"},
        {"GET /<script> HTTP/1.1\r\nHost: <b>\r\n\r\n", "HTTP/1.1 404 ", "rtsp://HOST:PORT/\n"},
        {"GET http://box/a HTTP/1.1\r\nHost: box\r\n\r\n", "HTTP/1.1 404 ", "rtsp://box/\n"},
        {"GET index.html HTTP/1.0\r\n\r\n", "HTTP/1.1 404 ", "RTSP server"},
        {"POST /a HTTP/1.1\r\nHost: box\r\nContent-Length: 99999999\r\n\r\nabc", "HTTP/1.1 405 ", "Allow: GET, HEAD"},
        {"OPTIONS * HTTP/1.1\r\nHost: box\r\n\r\n", "HTTP/1.1 405 ", "Connection: close"},
        {"GET /a HTTP/1.0\r\nx-sessioncookie: abc\r\nAccept: application/x-rtsp-tunnelled\r\n\r\n", "HTTP/1.1 501 ",
         "RTSP over HTTP is not served"},
        {"POST /a HTTP/1.0\r\nContent-Type: application/x-rtsp-tunnelled\r\nContent-Length: 32767\r\n\r\nT1BU",
         "HTTP/1.1 501 ", "RTSP over HTTP"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 405 ", "RTSP server"},
        {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400 ", "RTSP server"},
        {"GET / HTTP/x\r\n\r\n", "HTTP/1.1 400 ", "RTSP server"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture *r = fixture_new();
        const char *o = r != NULL ? say(r, rows[i].request) : "";
        const char *length = strstr(o, "Content-Length: "), *body = strstr(o, "\r\n\r\n");
        bool good = starts(o, rows[i].status) && has(o, rows[i].part) && r->closed && r->in_len == 0;
        good = good && length != NULL && body != NULL && strtoul(length + 16, NULL, 10) == strlen(body + 4);
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

TEST(http_stays_within_the_limits)
{
    struct fixture *r = fixture_new();
    char text[2048];
    CHECK(r != NULL);
    const char *o = say(r, "HEAD / HTTP/1.1\r\nHost: box\r\n\r\n");
    CHECK(starts(o, "HTTP/1.1 404 ") && has(o, "\r\nContent-Length: ") && o[strlen(o) - 3] == '\n');
    CHECK(r->closed);
    fixture_free(r);
    r = fixture_new();
    CHECK(r != NULL);
    snprintf(text, sizeof text, "GET / HTTP/1.1\r\nCookie: %01200d\r\n\r\n", 0);
    CHECK(starts(say(r, text), "HTTP/1.1 400 ") && r->closed);
    fixture_free(r);
    r = fixture_new();
    CHECK(r != NULL);
    say(r, "GET / HTTP/1.1\r\nHost: box\r\n");
    wait_until(r, 10 * KIN_US_PER_S);
    CHECK(starts(r->out, "HTTP/1.1 408 ") && r->closed);
out:
    fixture_free(r);
}
