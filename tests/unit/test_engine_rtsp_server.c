// Transcripts of RTSP connections: bytes in, bytes and events out, in virtual time.
#include <stdio.h>
#include <stdlib.h>

#include "rtsp_server_fixture.h"

#define SETUP_UDP                                                                                                      \
    "SETUP rtsp://h/a.mjpeg/track1 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n"
#define SETUP_TCP                                                                                                      \
    "SETUP rtsp://h/a.mjpeg/track1 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"

// A request with the session of r: "METHOD url" and further header lines.
static const char *in_session(struct fixture *r, const char *line, const char *id, const char *more)
{
    char text[512];
    snprintf(text, sizeof text, "%s RTSP/1.0\r\nCSeq: 9\r\nSession: %s\r\n%s\r\n", line, id, more);
    return say(r, text);
}

TEST(options_of_curl)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    const char *o = say(r, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: curl/7.88.1\r\n\r\n");
    CHECK_SPAN(kin_span_str(o), "RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: kinorad/test\r\nPublic: OPTIONS, DESCRIBE, "
                                "SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER\r\n\r\n");
out:
    fixture_free(r);
}

TEST(describe_has_base_type_and_length)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    const char *o = say(r, "DESCRIBE rtsp://h/a.mjpeg?x=1 RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n");
    CHECK(starts(o, "RTSP/1.0 200 OK\r\nCSeq: 2\r\n"));
    CHECK(has(o, "\r\nContent-Base: rtsp://h/a.mjpeg/\r\n"));
    CHECK(has(o, "\r\nContent-Type: application/sdp\r\n"));
    CHECK(has(o, "\r\nContent-Length: "));
    CHECK(has(o, "\r\n\r\nv=0\r\n"));
    CHECK(has(o, "a=control:track1\r\n"));
    CHECK(has(o, "a=range:npt=0-10"));
out:
    fixture_free(r);
}

TEST(queries_and_user_agents_are_handed_on)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    r->hold = true;
    say(r, "DESCRIBE rtsp://h/a.mjpeg?fmt=xqt&x=1 RTSP/1.0\r\nCSeq: 2\r\nUser-Agent: Lavf59.27.100\r\n\r\n");
    CHECK_INT(r->count, 1);
    CHECK_SPAN(r->events[0].query, "fmt=xqt&x=1");
    CHECK_SPAN(r->events[0].user_agent, "Lavf59.27.100");
    struct kin_sdp_out sdp = {
        .duration = -1, .format = KIN_PAYLOAD_XQT, .payload_type = 96, .control = KIN_RTSP_SERVER_TRACK "?fmt=xqt"};
    kin_rtsp_server_reply_describe(r->s, r->now, &sdp);
    take_output(r);
    CHECK(has(r->out, "\r\nContent-Base: rtsp://h/a.mjpeg/\r\n"));
    CHECK(has(r->out, "\r\na=control:track1?fmt=xqt\r\n"));
    say(r, "SETUP rtsp://h/a.mjpeg/track1?fmt=xqt RTSP/1.0\r\nCSeq: 3\r\n"
           "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n");
    CHECK_INT(r->count, 1);
    CHECK_SPAN(r->events[0].query, "fmt=xqt");
    CHECK_INT(r->events[0].user_agent.n, 0);
    CHECK_SPAN(kin_span_str(r->path), "a.mjpeg");
out:
    fixture_free(r);
}

TEST(whether_a_client_declines_to_be_adapted_to)
{
    static const struct {
        const char *header;
        bool declines;
    } cases[] = {
        {"", false}, {"X-Adaptation: no\r\n", true}, {"x-adaptation: NO\r\n", true}, {"X-Adaptation: yes\r\n", false}};
    struct fixture *r = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[256];
        r = fixture_new();
        CHECK(r != NULL);
        snprintf(request, sizeof request,
                 "SETUP rtsp://h/a.mjpeg/track1 RTSP/1.0\r\nCSeq: 3\r\n%s"
                 "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n",
                 cases[i].header);
        say(r, request);
        CHECK_INT(r->count, 1);
        CHECK_INT(r->events[0].no_adapt, cases[i].declines);
        fixture_free(r);
        r = NULL;
    }
out:
    fixture_free(r);
}

TEST(a_body_that_the_shell_sends_itself_has_its_head_only)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    const char *reply = say(r, "DESCRIBE rtsp://h/large RTSP/1.0\r\nCSeq: 2\r\nAccept: application/json\r\n\r\n");
    CHECK(has(reply, "RTSP/1.0 200 OK\r\nCSeq: 2\r\n") && has(reply, "Content-Type: application/json\r\n"));
    CHECK(has(reply, "Content-Length: 1000000\r\n\r\n"));
    CHECK(strcmp(strstr(reply, "\r\n\r\n"), "\r\n\r\n") == 0); // and nothing behind it
    reply = say(r, "DESCRIBE rtsp://h/huge RTSP/1.0\r\nCSeq: 3\r\nAccept: application/json\r\n\r\n");
    CHECK(has(reply, "RTSP/1.0 503 ") && !has(reply, "Content-Length"));
    CHECK(!kin_rtsp_server_reply_head(r->s, r->now, "application/json", 1)); // nothing is pending
out:
    fixture_free(r);
}

TEST(describe_paths_are_decoded_and_without_slashes)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    CHECK(has(say(r, "DESCRIBE rtsp://h:8554//a%2emjpeg/ RTSP/1.0\r\nCSeq: 2\r\n\r\n"), " 200 "));
    CHECK_SPAN(kin_span_str(r->path), "a.mjpeg");
    CHECK(has(say(r, "DESCRIBE rtsp://h/clips RTSP/1.0\r\nCSeq: 2\r\nAccept: application/json\r\n\r\n"), "\r\n\r\n{}"));
    CHECK(has(say(r, "DESCRIBE rtsp://h/ RTSP/1.0\r\nCSeq: 2\r\n\r\n"), " 404 "));
    CHECK_SPAN(kin_span_str(r->path), "");
out:
    fixture_free(r);
}

TEST(status_codes_of_bad_requests)
{
    static const struct {
        const char *request, *status;
    } table[] = {
        {"OPTIONS * RTSP/1.0\r\n\r\n", "RTSP/1.0 400 "},
        {"OPTIONS * RTSP/1.0\r\nCSeq: x\r\n\r\n", "RTSP/1.0 400 "},
        {"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 505 "},
        {"FLY rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 501 "},
        {"ANNOUNCE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 405 "},
        {"RECORD rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 405 "},
        {"DESCRIBE rtsp://h/a%00b RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 400 "},
        {"DESCRIBE rtsp://h/a%zz RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 400 "},
        {"DESCRIBE * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 400 "},
        {"DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nAccept: text/html\r\n\r\n", "RTSP/1.0 406 "},
        {"PLAY rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 455 "},
        {"PAUSE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 455 "},
        {"TEARDOWN rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 454 "},
        {"PLAY rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nSession: 12345678\r\n\r\n", "RTSP/1.0 454 "},
        {"GET_PARAMETER rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nSession: 12345678\r\n\r\n", "RTSP/1.0 454 "},
        {"GET_PARAMETER rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 200 "},
        {"SET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 200 "},
        {"GET_PARAMETER rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nlevel", "RTSP/1.0 451 "},
        {"SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 400 "},
        {"SETUP rtsp://h/none RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n\r\n",
         "RTSP/1.0 404 "},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture *r = fixture_new();
        bool good = r != NULL && starts(say(r, table[i].request), table[i].status) && !r->closed;
        bool none = r != NULL && kin_rtsp_server_sessions(r->s) == 0;
        fixture_free(r);
        CHECK(good);
        CHECK(none);
    }
out:
    return;
}

TEST(refusals_name_what_is_allowed)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    CHECK(has(say(r, "ANNOUNCE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n"), "\r\nAllow: OPTIONS, DESCRIBE, SETUP, "));
    CHECK(has(say(r, "PLAY rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\n\r\n"), "\r\nAllow: OPTIONS, DESCRIBE, SETUP\r\n"));
    const char *o = say(r, "DESCRIBE rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 5\r\n"
                           "Require: www.onvif.org/ver20/backchannel\r\nProxy-Require: x.y\r\n\r\n");
    CHECK(starts(o, "RTSP/1.0 551 Option not supported\r\nCSeq: 5\r\n"));
    CHECK(has(o, "\r\nUnsupported: www.onvif.org/ver20/backchannel, x.y\r\n"));
out:
    fixture_free(r);
}

TEST(play_at_other_rates_says_what_is_done)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    const char *o = in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=8-3\r\nScale: -4\r\n");
    CHECK(has(o, "\r\nRange: npt=8.000-3.000\r\nScale: -4.0\r\nSpeed: 1.0\r\nRTP-Info: "));
    CHECK(r->events[0].has_scale && !r->events[0].has_speed);
    CHECK_INT(r->events[0].scale_milli, -4000);
    CHECK_INT(r->events[0].speed_milli, 1000);
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Scale: 99\r\n"), "\r\nScale: 16.0\r\n"));
    CHECK(!has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, ""), "\r\nScale: "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Scale: 0\r\n"), " 400 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Scale: fast\r\n"), " 400 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Speed: 0\r\n"), " 400 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Speed: -1\r\n"), " 400 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Speed: 99999999999999999999\r\n"), " 200 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Scale: 99999999999999999999\r\n"), " 200 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Speed: 9999999999999999999x\r\n"), " 400 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=3-8\r\nScale: -1\r\n"), " 457 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=8-3\r\nScale: 1\r\n"), " 457 "));
out:
    fixture_free(r);
}

// RFC 2326 section 10.6.
TEST(a_pause_may_come_later)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, ""), " 200 "));
    const char *o = in_session(r, "PAUSE rtsp://h/a.mjpeg", id, "Range: smpte-25=00:00:02:05\r\n");
    CHECK(has(o, "\r\nRange: smpte-25=00:00:02:05-\r\n"));
    CHECK(r->events[0].playing && r->events[0].has_range);
    CHECK_INT(r->events[0].range.start, 2200000);
    CHECK(has(in_session(r, "PAUSE rtsp://h/a.mjpeg", id, "Range: npt=now-\r\n"), "\r\nRange: npt=1.500-\r\n"));
    CHECK(r->events[0].playing && !r->events[0].has_range); // it had played on until now
    CHECK(has(in_session(r, "PAUSE rtsp://h/a.mjpeg", id, "Range: npt=1-2\r\n"), " 400 "));
    CHECK(has(in_session(r, "PAUSE rtsp://h/a.mjpeg", id, "Range: clock=19961108T142300Z\r\n"), " 457 "));
out:
    fixture_free(r);
}

TEST(play_answers_in_the_unit_that_was_asked_in)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: smpte-25=00:00:02:05-\r\n"),
              "\r\nRange: smpte-25=00:00:02:05-00:00:10:00\r\n"));
    CHECK_INT(r->events[0].range.start, 2200000);
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: smpte=00:00:01:00-\r\n"),
              "\r\nRange: smpte=00:00:01:00-00:00:09:29.70\r\n"));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=0:00:01.234-\r\n"), "\r\nRange: npt=1.234-"));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: smpte=0:00:61:00-\r\n"), " 400 "));
out:
    fixture_free(r);
}

TEST(session_over_udp_from_setup_to_teardown)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    const char *o = say(r, SETUP_UDP);
    CHECK(starts(o, "RTSP/1.0 200 OK\r\nCSeq: 3\r\n"));
    CHECK(has(o, ";timeout=60\r\n"));
    CHECK(has(o, "\r\nTransport: RTP/AVP;unicast;client_port=5000-5001;server_port=7000-7001;ssrc=0A0B0C0D\r\n"));
    CHECK_INT(r->events[0].transport.client_port[1], 5001);
    session_of(o, id);
    CHECK_INT(strlen(id), 16);

    o = in_session(r, "PLAY rtsp://h/a.mjpeg/", id, "Range: npt=1.500-\r\nScale: 2\r\nSpeed: 1.5\r\n");
    CHECK(starts(o, "RTSP/1.0 200 OK\r\nCSeq: 9\r\n"));
    CHECK(has(o, "\r\nRange: npt=1.500-10.000\r\n"));
    CHECK(has(o, "\r\nScale: 2.0\r\nSpeed: 1.5\r\n"));
    CHECK(has(o, "\r\nRTP-Info: url=rtsp://h/a.mjpeg/track1;seq=77;rtptime=4242\r\n"));
    CHECK_INT(r->events[0].range.start, 1500000);
    CHECK(!r->events[0].playing);

    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg/track1", id, ""), " 200 "));
    CHECK(r->events[0].playing && !r->events[0].has_range);
    o = in_session(r, "PLAY rtsp://h/a.mjpeg/", id, "Scale: -1\r\n");
    CHECK(has(o, "\r\nScale: -1.0\r\nSpeed: 1.0\r\n")); // without Speed GStreamer reverses the frames
    o = in_session(r, "PLAY rtsp://h/a.mjpeg/", id, "");
    CHECK(!has(o, "\r\nScale:") && !has(o, "\r\nSpeed:"));
    CHECK(has(in_session(r, "PAUSE rtsp://h/a.mjpeg", id, ""), "\r\nRange: npt=1.500-\r\n"));
    CHECK(r->events[0].playing && !r->events[0].has_range);
    CHECK(has(in_session(r, "PAUSE rtsp://h/a.mjpeg", id, ""), "\r\nRange: npt=1.500-\r\n"));
    CHECK(!r->events[0].playing);
    CHECK(has(in_session(r, "TEARDOWN rtsp://h/a.mjpeg/track1/", id, ""), " 200 "));
    CHECK_INT(r->events[0].kind, KIN_RTSP_SERVER_TEARDOWN);
    CHECK_INT(r->events[0].reason, KIN_RTSP_SERVER_BY_REQUEST);
    CHECK(has(in_session(r, "TEARDOWN rtsp://h/a.mjpeg", id, ""), " 454 "));
    CHECK_INT(kin_rtsp_server_sessions(r->s), 0);
    CHECK(!r->closed);
out:
    fixture_free(r);
}

TEST(teardown_and_play_pipelined)
{
    struct fixture *r = fixture_new();
    char id[32], text[512];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    snprintf(text, sizeof text,
             "PLAY rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 4\r\nSession: %s\r\n\r\n"
             "TEARDOWN rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 5\r\nSession: %s\r\n\r\n"
             "PLAY rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 6\r\nSession: %s\r\n\r\n",
             id, id, id);
    const char *o = say(r, text);
    const char *second = strstr(o, "CSeq: 5"), *third = strstr(o, "RTSP/1.0 454");
    CHECK(starts(o, "RTSP/1.0 200 OK\r\nCSeq: 4\r\n"));
    CHECK(second != NULL && third != NULL && second < third);
    CHECK(has(third, "CSeq: 6\r\n"));
out:
    fixture_free(r);
}

TEST(pipelined_requests_wait_for_the_reply)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    r->hold = true;
    say(r, "DESCRIBE rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 1\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n");
    CHECK_INT(r->out_len, 0);
    CHECK_INT(r->count, 1);
    CHECK(kin_rtsp_server_awaits_reply(r->s));
    CHECK(r->in_len > 0);
    kin_rtsp_server_reply_error(r->s, r->now, 415, "Unsupported Media Type: 4:4:4 sampling");
    take_output(r);
    pump(r);
    CHECK(starts(r->out, "RTSP/1.0 415 Unsupported Media Type: 4:4:4 sampling\r\nCSeq: 1\r\n"));
    CHECK(has(r->out, "RTSP/1.0 200 OK\r\nCSeq: 2\r\n"));
    CHECK_INT(r->in_len, 0);
out:
    fixture_free(r);
}

TEST(every_split_gives_the_same_reply)
{
    struct fixture *r = fixture_new();
    static const char request[] = SETUP_UDP "OPTIONS * RTSP/1.0\nCSeq: 4\n\n";
    CHECK(r != NULL);
    for (size_t i = 0; i < sizeof request - 1; i++)
        push(r, &request[i], 1);
    CHECK(starts(r->out, "RTSP/1.0 200 OK\r\nCSeq: 3\r\n"));
    CHECK(has(r->out, "\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 4\r\n"));
out:
    fixture_free(r);
}

// Product rule: a client that lists several transports gets the first that is acceptable.
TEST(transports)
{
    static const struct {
        const char *offer, *status, *answer;
    } table[] = {
        {"RTP/AVP/UDP;unicast;client_port=5000-5001", "200", "RTP/AVP/UDP;unicast;client_port=5000-5001;"},
        {"RTP/AVP;client_port=5000", "200", "client_port=5000-5001;server_port=7000-7001"},
        {"RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=2-3", "200", "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc="},
        {"RTP/AVP/TCP;unicast", "200", "interleaved=0-1"},
        {"RAW/RAW/UDP, RTP/AVP/TCP;interleaved=0-1", "200", "interleaved=0-1"},
        {"RTP/AVP;multicast", "461", ""},
        {"RTP/SAVP;unicast;client_port=5000-5001", "461", ""},
        {"RTP/AVP;unicast;client_port=5000-5001;mode=record", "461", ""},
        {"RTP/AVP;unicast", "400", ""},
        {"RTP/AVP;unicast;client_port=0-1", "400", ""},
        {"RTP/AVP;unicast;client_port=70000-70001", "400", ""},
        {"RTP/AVP;unicast;client_port=65535", "400", ""},
        {"RTP/AVP;unicast;client_port=65535-65535", "400", ""},
        {"RTP/AVP;unicast;client_port=65534", "200", "client_port=65534-65535;"},
        {"RTP/AVP;unicast;client_port=19133", "200", "client_port=19133-19134;"}, // odd: where the client says
        {"RTP/AVP;unicast;client_port=5000-5007", "200", "client_port=5000-5007;"},
        {"RTP/AVP;unicast;client_port=0", "400", ""},
        {"RTP/AVP;unicast;client_port=5-4", "400", ""},
        {"RTP/AVP;unicast;client_port=5001-5000", "400", ""},
        {"RTP/AVP;unicast;client_port=5000-5000", "400", ""},
        {"RTP/AVP;unicast;client_port=5000-0", "400", ""},
        {"RTP/AVP;unicast;client_port=5000-70000", "400", ""},
        {"RTP/AVP;unicast;client_port=5000-", "400", ""},
        {"RTP/AVP;unicast;client_port=-5001", "400", ""},
        {"RTP/AVP;unicast;client_port=", "400", ""},
        {"RTP/AVP;unicast;client_port=5000-5001-5002", "400", ""},
        {"RTP/AVP;unicast;client_port=1023", "403", ""},
        {"RTP/AVP;unicast;client_port=99999999999999999999", "400", ""},
        {"RTP/AVP;unicast;client_port=53-54", "403", ""},
        {"RTP/AVP;unicast;client_port=5000-5001;destination=192.0.2.7", "200", "unicast"},
        {"RTP/AVP;unicast;client_port=5000-5001;destination=198.51.100.1", "403", ""},
        {"RTP/AVP;unicast;client_port=7000-7001", "200", "client_port=7000-7001"},
        {"RTP/AVP/TCP;unicast;interleaved=4-4", "400", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture *r = fixture_new();
        char text[512];
        snprintf(text, sizeof text, "SETUP rtsp://h/a.mjpeg/track1 RTSP/1.0\r\nCSeq: 1\r\nTransport: %s\r\n\r\n",
                 table[i].offer);
        const char *o = r != NULL ? say(r, text) : "";
        bool good = has(o, table[i].status) && has(o, table[i].answer);
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

TEST(ports_of_this_machine_are_not_aimed_at)
{
    struct kin_rtsp_server_options options = defaults;
    options.peer_is_local = true;
    struct fixture *r = fixture_new_with(&options);
    CHECK(r != NULL);
    CHECK(has(say(r, "SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;client_port=7000-7001\r\n\r\n"),
              " 403 "));
    CHECK(has(say(r, "SETUP rtsp://h/a.mjpeg RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;client_port=5352-5353\r\n\r\n"),
              " 403 "));
out:
    fixture_free(r);
}

TEST(second_sessions_get_channels_of_their_own)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    CHECK(has(say(r, SETUP_TCP), "interleaved=0-1"));
    CHECK(has(say(r, SETUP_TCP), "interleaved=2-3"));
    CHECK_INT(kin_rtsp_server_sessions(r->s), 2);
    push(r, "$\003\000\002hi", 6);
    CHECK_INT(r->events[r->count - 1].kind, KIN_RTSP_SERVER_INTERLEAVED);
    CHECK_INT(r->events[r->count - 1].session, 1);
    CHECK(r->events[r->count - 1].rtcp);
    push(r, "$\011\000\000", 4); // a channel of nobody
    CHECK(!r->closed);
    for (unsigned i = 2; i < KIN_RTSP_SERVER_SESSIONS; i++)
        CHECK(has(say(r, SETUP_TCP), " 200 "));
    CHECK(has(say(r, SETUP_TCP), " 453 "));
out:
    fixture_free(r);
}

TEST(setup_again_changes_the_transport_but_not_while_playing)
{
    struct fixture *r = fixture_new();
    char id[32], other[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    const char *o = in_session(r, "SETUP rtsp://h/a.mjpeg/track1", id,
                               "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    session_of(o, other);
    CHECK(has(o, "interleaved=0-1"));
    CHECK_SPAN(kin_span_str(other), id);
    CHECK(r->events[0].again);
    CHECK(has(in_session(r, "SETUP rtsp://h/b.mjpeg", id, "Transport: RTP/AVP/TCP;interleaved=0-1\r\n"), " 459 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, ""), " 200 "));
    CHECK(has(in_session(r, "SETUP rtsp://h/a.mjpeg", id, "Transport: RTP/AVP/TCP;interleaved=0-1\r\n"), " 455 "));
    CHECK_INT(kin_rtsp_server_sessions(r->s), 1);
out:
    fixture_free(r);
}

TEST(range_errors)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=20-\r\n"), " 457 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=5-5\r\n"), " 457 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: clock=19961108T143720.25Z-\r\n"), " 457 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: clock=tomorrow-\r\n"), " 400 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: frames=1-9\r\n"), " 501 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: smpte-24=0:00:01:00-\r\n"), " 501 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=abc\r\n"), " 400 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/other.mjpeg", id, ""), " 404 "));
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, "Range: npt=0:00:02.5-\r\n"), "npt=2.500-"));
out:
    fixture_free(r);
}

TEST(silent_session_ends_after_its_timeout)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    in_session(r, "PLAY rtsp://h/a.mjpeg", id, "");
    CHECK_INT(kin_rtsp_server_deadline(r->s), 60 * KIN_US_PER_S);
    kin_rtsp_server_session_active(r->s, 0, 50 * KIN_US_PER_S); // RTCP
    wait_until(r, 60 * KIN_US_PER_S);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 1);
    r->now = 100 * KIN_US_PER_S; // a keepalive
    CHECK(has(in_session(r, "GET_PARAMETER rtsp://h/a.mjpeg", id, ""), " 200 "));
    wait_until(r, 159 * KIN_US_PER_S);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 1);
    wait_until(r, 160 * KIN_US_PER_S);
    CHECK_INT(r->events[0].kind, KIN_RTSP_SERVER_TEARDOWN);
    CHECK_INT(r->events[0].reason, KIN_RTSP_SERVER_BY_TIMEOUT);
    CHECK(r->closed); // no session, no request for half a minute
out:
    fixture_free(r);
}

// Found by fuzzing: an answer that came after its session had ended brought the session's slot back to life.
TEST(an_answer_after_the_session_ended_is_454)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    for (int pause = 0; pause < 2; pause++) {
        r->hold = true;
        in_session(r, pause ? "PAUSE rtsp://h/a.mjpeg" : "PLAY rtsp://h/a.mjpeg", id, "");
        wait_until(r, r->now + 61 * KIN_US_PER_S);
        CHECK_INT(r->events[0].kind, KIN_RTSP_SERVER_TEARDOWN);
        if (pause)
            kin_rtsp_server_reply_pause(r->s, r->now, 0, false);
        else
            kin_rtsp_server_reply_play(r->s, r->now, &(struct kin_rtsp_server_play){.seq = 1});
        take_output(r);
        CHECK(starts(r->out, "RTSP/1.0 454 ") && !kin_rtsp_server_awaits_reply(r->s));
        CHECK_INT(kin_rtsp_server_sessions(r->s), 0);
        r->hold = false;
        session_of(say(r, SETUP_UDP), id);
    }
out:
    fixture_free(r);
}

// Two hours of keepalives, one in 30 s.
TEST(kept_alive_session_lives_on)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    for (int i = 1; i <= 240; i++) {
        wait_until(r, i * 30 * KIN_US_PER_S);
        CHECK(has(in_session(r, "OPTIONS rtsp://h/a.mjpeg", id, ""), " 200 "));
    }
    CHECK_INT(kin_rtsp_server_sessions(r->s), 1);
out:
    fixture_free(r);
}

TEST(idle_connection_is_closed)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    CHECK_INT(kin_rtsp_server_deadline(r->s), 30 * KIN_US_PER_S);
    r->now = 20 * KIN_US_PER_S;
    say(r, "\r\n\r\n"); // blank lines are no request
    wait_until(r, 30 * KIN_US_PER_S);
    CHECK(r->closed);
    CHECK_INT(r->out_len, 0);
out:
    fixture_free(r);
}

TEST(slow_request_is_408)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    say(r, "OPTIONS * RTSP/1.0\r\n");
    for (int i = 1; i < 10; i++) {
        wait_until(r, i * KIN_US_PER_S);
        push(r, "X: y\r\n", 6);
    }
    CHECK(!r->closed);
    wait_until(r, 10 * KIN_US_PER_S);
    CHECK(starts(r->out, "RTSP/1.0 408 "));
    CHECK(r->closed);
    CHECK_INT(kin_rtsp_server_deadline(r->s), KIN_US_NEVER);
out:
    fixture_free(r);
}

TEST(broken_framing_is_answered_and_closed)
{
    static const struct {
        const char *request, *status;
    } table[] = {
        {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n", "RTSP/1.0 400 "},
        {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 9223372036854775808\r\n\r\n", "RTSP/1.0 413 "},
        {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 1e3\r\n\r\n", "RTSP/1.0 400 "},
        {"\001\002\003", "RTSP/1.0 400 "},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct fixture *r = fixture_new();
        bool good = r != NULL && starts(say(r, table[i].request), table[i].status) && r->closed;
        fixture_free(r);
        CHECK(good);
    }
out:
    return;
}

TEST(long_lines_are_414)
{
    struct fixture *r = fixture_new();
    char *text = malloc(3000);
    CHECK(r != NULL && text != NULL);
    snprintf(text, 3000, "DESCRIBE rtsp://h/%02000d RTSP/1.0\r\nCSeq: 1\r\n\r\n", 0);
    CHECK(starts(say(r, text), "RTSP/1.0 414 "));
    CHECK(r->closed);
out:
    free(text);
    fixture_free(r);
}

TEST(udp_sessions_outlive_their_connection_until_the_timeout)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    say(r, SETUP_UDP);
    say(r, SETUP_TCP);
    r->count = 0;
    kin_rtsp_server_closed(r->s);
    take_events(r);
    CHECK_INT(r->count, 1); // the interleaved one
    CHECK_INT(r->events[0].session, 1);
    CHECK_INT(r->events[0].reason, KIN_RTSP_SERVER_BY_CLOSE);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 1);
    kin_rtsp_server_session_active(r->s, 0, 30 * KIN_US_PER_S);
    wait_until(r, 89 * KIN_US_PER_S);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 1);
    wait_until(r, 90 * KIN_US_PER_S);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 0);
    CHECK_INT(r->events[0].reason, KIN_RTSP_SERVER_BY_TIMEOUT);
    CHECK_INT(kin_rtsp_server_deadline(r->s), KIN_US_NEVER);
out:
    fixture_free(r);
}

TEST(closing_forgets_the_pending_setup)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    r->hold = true;
    say(r, SETUP_UDP);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 1);
    kin_rtsp_server_closed(r->s);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 0);
    CHECK(!kin_rtsp_server_awaits_reply(r->s));
    kin_rtsp_server_reply_setup(r->s, 0, &(struct kin_rtsp_server_setup){.ssrc = 1}); // harmless
    CHECK_INT(kin_rtsp_server_output(r->s).n, 0);
out:
    fixture_free(r);
}

TEST(end_all_tells_every_session)
{
    struct fixture *r = fixture_new();
    CHECK(r != NULL);
    say(r, SETUP_UDP);
    say(r, SETUP_TCP);
    r->count = 0;
    kin_rtsp_server_end_all(r->s, KIN_RTSP_SERVER_BY_CLOSE);
    take_events(r);
    CHECK_INT(r->count, 2);
    CHECK_INT(kin_rtsp_server_sessions(r->s), 0);
out:
    fixture_free(r);
}

TEST(ended_media_can_be_played_again)
{
    struct fixture *r = fixture_new();
    char id[32];
    CHECK(r != NULL);
    session_of(say(r, SETUP_UDP), id);
    in_session(r, "PLAY rtsp://h/a.mjpeg", id, "");
    kin_rtsp_server_ended(r->s, 0);
    in_session(r, "PLAY rtsp://h/a.mjpeg", id, "");
    CHECK(!r->events[0].playing);
    kin_rtsp_server_drop(r->s, 0);
    CHECK(has(in_session(r, "PLAY rtsp://h/a.mjpeg", id, ""), " 454 "));
out:
    fixture_free(r);
}
