// engine/rtsp_client against what cameras do: control URLs, refused transports, keepalives without an answer, stray
// bytes.
#include <stdlib.h>

#include "rtsp_peer.h"

#define VIVOTEK "rtsp://cam/live.sdp?profile=P"

static int describe_at(struct peer *p, const char *url, enum kin_rtsp_client_transport transport, const char *headers,
                       const char *control)
{
    char sdp[512];
    int err = open_with(p, url, transport);
    if (err != KIN_OK)
        return err;
    connect_now(p);
    answer(p, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER\r\n");
    snprintf(sdp, sizeof sdp, "v=0\r\ns=c\r\nm=video 0 RTP/AVP 26\r\na=control:%s\r\n", control);
    answer_sdp(p, headers, sdp);
    kin_rtsp_client_setup(p->c, p->now, 5000);
    collect(p);
    return KIN_OK;
}

static bool asks(const struct peer *p, const char *method_and_url, const char *transport)
{
    char line[300];
    snprintf(line, sizeof line, "%s RTSP/1.0\r\n", method_and_url);
    return strstr(p->sent, line) == p->sent && strstr(p->sent, transport) != NULL;
}

#define SET_UP_TCP "Session: s;timeout=20\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"

// Vivotek: the control value belongs behind the query.
TEST(a_refused_control_url_is_tried_in_its_other_forms)
{
    struct peer p;
    CHECK_INT(describe_at(&p, VIVOTEK, KIN_RTSP_CLIENT_TCP, "", "trackID=1"), KIN_OK);
    CHECK(asks(&p, "SETUP rtsp://cam/live.sdp/trackID=1?profile=P", "TCP"));
    answer(&p, "400 Bad Request", "");
    CHECK(asks(&p, "SETUP rtsp://cam/live.sdp?profile=P/trackID=1", "TCP"));
    answer(&p, "404 Not Found", "");
    CHECK(asks(&p, "SETUP rtsp://cam/trackID=1", "TCP")); // as RFC 3986 has it
    answer(&p, "200 OK", SET_UP_TCP);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_SET_UP], 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 0);
    kin_rtsp_client_play(p.c, p.now, NULL);
    collect(&p);
    CHECK(asks(&p, "PLAY rtsp://cam/live.sdp?profile=P", "Session: s"));
out:
    kin_rtsp_client_free(p.c);
}

// A path from the root was appended first: rtsp://cam/live/live/trackID=1.
TEST(an_absolute_path_as_control_begins_at_the_root)
{
    struct peer p;
    CHECK_INT(describe_at(&p, "rtsp://cam/live/", KIN_RTSP_CLIENT_TCP, "", "/live/trackID=1"), KIN_OK);
    CHECK(asks(&p, "SETUP rtsp://cam/live/trackID=1", "TCP"));
    answer(&p, "400 Bad Request", "");
    CHECK(asks(&p, "SETUP rtsp://cam/live/live/trackID=1", "TCP"));
    answer(&p, "404 Not Found", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_form_that_was_accepted_stays)
{
    struct peer p;
    CHECK_INT(describe_at(&p, VIVOTEK, KIN_RTSP_CLIENT_TCP, "Content-Base: " VIVOTEK "/\r\n", "trackID=1"), KIN_OK);
    answer(&p, "454 Session Not Found", "");
    CHECK(asks(&p, "SETUP rtsp://cam/live.sdp?profile=P/trackID=1", "TCP"));
    answer(&p, "200 OK", SET_UP_TCP);
    kin_rtsp_client_teardown(p.c, p.now);
    collect(&p);
    answer(&p, "200 OK", "");
    kin_rtsp_client_setup(p.c, p.now, 5000);
    collect(&p);
    CHECK(asks(&p, "SETUP rtsp://cam/live.sdp?profile=P/trackID=1", "TCP"));
out:
    kin_rtsp_client_free(p.c);
}

// A camera behind a port forwarding names itself by its inner address.
TEST(an_absolute_control_url_of_another_host_is_tried_here_too)
{
    struct peer p;
    CHECK_INT(describe_at(&p, "rtsp://cam:99/x", KIN_RTSP_CLIENT_TCP, "", "rtsp://10.0.0.7/x/track1?a=b"), KIN_OK);
    CHECK(asks(&p, "SETUP rtsp://10.0.0.7/x/track1?a=b", "TCP"));
    answer(&p, "404 Not Found", "");
    CHECK(asks(&p, "SETUP rtsp://cam:99/x/track1?a=b", "TCP"));
    answer(&p, "404 Not Found", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
    CHECK(kin_rtsp_client_idle(p.c));
out:
    kin_rtsp_client_free(p.c);
}

// Only 461 led to TCP.
TEST(whatever_the_refusal_of_udp_tcp_is_tried_once)
{
    static const char *const all[] = {"400 Bad Request",
                                      "403 Forbidden",
                                      "404 Not Found",
                                      "406 Not Acceptable",
                                      "415 Unsupported Media",
                                      "453 Not Enough Bandwidth",
                                      "461 Unsupported",
                                      "500 Internal",
                                      "501 Not Implemented",
                                      "503 Service Unavailable",
                                      "551 Option not supported",
                                      "599 Whatever"};
    struct peer p = {.c = NULL};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_AUTO, "", "t"), KIN_OK);
        CHECK(asks(&p, "SETUP rtsp://cam/x/t", "client_port=5000-5001"));
        answer(&p, all[i], "");
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
        CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].status, strtol(all[i], NULL, 10));
        CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].transport.lower_transport, KIN_LOWER_TRANSPORT_TCP);
        CHECK(asks(&p, "SETUP rtsp://cam/x/t", "interleaved=0-1"));
        answer(&p, all[i], "");
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
        CHECK(kin_rtsp_client_idle(p.c));
        kin_rtsp_client_free(p.c);
        p.c = NULL;
    }
out:
    kin_rtsp_client_free(p.c);
}

// A server that knows no UDP may close the connection instead of saying so, or say nothing: that was the end.
TEST(a_setup_over_udp_that_is_not_answered_leads_to_tcp_once)
{
    static const enum kin_rtsp_client_cause causes[] = {KIN_RTSP_CAUSE_CLOSED, KIN_RTSP_CAUSE_NO_ANSWER};
    struct peer p = {.c = NULL};
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_AUTO, "", "t"), KIN_OK);
        CHECK(asks(&p, "SETUP rtsp://cam/x/t", "client_port=5000-5001"));
        if (causes[i] == KIN_RTSP_CAUSE_CLOSED)
            kin_rtsp_client_disconnected(p.c, p.now, 0);
        tick(&p, causes[i] == KIN_RTSP_CAUSE_CLOSED ? 0 : KIN_RTSP_CLIENT_UDP_SETUP_US);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
        CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].cause, causes[i]);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 2);
        connect_now(&p);
        CHECK(asks(&p, "SETUP rtsp://cam/x/t", "interleaved=0-1")); // the description still holds
        kin_rtsp_client_disconnected(p.c, p.now, 0);
        collect(&p);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 2);
        kin_rtsp_client_free(p.c);
        p.c = NULL;
    }
    CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_UDP, "", "t"), KIN_OK);
    kin_rtsp_client_disconnected(p.c, p.now, 0);
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
out:
    kin_rtsp_client_free(p.c);
}

// Regression: ten seconds passed before TCP was tried. Where nothing else can be tried, as long as for any reply.
TEST(a_setup_over_udp_waits_for_its_reply_only_as_long_as_tcp_can_be_tried)
{
    struct peer p;
    CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_AUTO, "", "t"), KIN_OK);
    CHECK_INT(kin_rtsp_client_deadline(p.c), p.now + KIN_RTSP_CLIENT_UDP_SETUP_US);
    tick(&p, KIN_RTSP_CLIENT_UDP_SETUP_US - 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 0);
    tick(&p, 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].seconds, 3);
    connect_now(&p);
    CHECK(asks(&p, "SETUP rtsp://cam/x/t", "interleaved=0-1"));
    CHECK_INT(kin_rtsp_client_deadline(p.c), p.now + KIN_RTSP_CLIENT_TIMEOUT_US);
    kin_rtsp_client_free(p.c);
    CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_UDP, "", "t"), KIN_OK);
    CHECK_INT(kin_rtsp_client_deadline(p.c), p.now + KIN_RTSP_CLIENT_TIMEOUT_US);
out:
    kin_rtsp_client_free(p.c);
}

// Set up over UDP and asked to play.
static int ask_to_play(struct peer *p, enum kin_rtsp_client_transport transport)
{
    struct kin_rtsp_range range = {.start_given = true};
    int err = describe(p, transport);
    if (err != KIN_OK)
        return err;
    kin_rtsp_client_setup(p->c, p->now, 5000);
    collect(p);
    answer(p, "200 OK", "Session: s\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n");
    kin_rtsp_client_play(p->c, p->now, &range);
    collect(p);
    return KIN_OK;
}

TEST(a_play_over_udp_that_is_refused_leads_to_tcp_once)
{
    static const char *const all[] = {"461 Unsupported", "500 Internal", "503 Service Unavailable"};
    struct peer p = {.c = NULL};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        CHECK_INT(ask_to_play(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
        answer(&p, all[i], "");
        CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].method, KIN_RTSP_PLAY);
        CHECK(asks(&p, "TEARDOWN rtsp://cam.example:8554/reel/", "Session: s"));
        answer(&p, "200 OK", "");
        CHECK(asks(&p, "SETUP rtsp://cam.example:8554/reel/track1", "interleaved=0-1"));
        answer(&p, "200 OK", SET_UP_TCP);
        CHECK(asks(&p, "PLAY rtsp://cam.example:8554/reel/", "Range: npt=0"));
        answer(&p, all[i], "");
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
        kin_rtsp_client_free(p.c);
        p.c = NULL;
    }
    CHECK_INT(ask_to_play(&p, KIN_RTSP_CLIENT_UDP), KIN_OK);
    answer(&p, all[0], "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 0);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
    kin_rtsp_client_free(p.c);
    p.c = NULL;
    CHECK_INT(ask_to_play(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    answer(&p, "457 Invalid Range", ""); // has nothing to do with the transport
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 0);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_transport_that_was_not_asked_for_is_said)
{
    struct peer p = {.c = NULL};
    CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_AUTO, "", "t"), KIN_OK);
    answer(&p, "200 OK", SET_UP_TCP);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].cause, KIN_RTSP_CAUSE_SERVER);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].transport.lower_transport, KIN_LOWER_TRANSPORT_TCP);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_SET_UP], 1);
    kin_rtsp_client_free(p.c);
    p.c = NULL;
    CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_TCP, "", "t"), KIN_OK);
    answer(&p, "200 OK", "Session: s\r\nTransport: RTP/AVP;unicast;client_port=5000-5001\r\n");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].transport.lower_transport, KIN_LOWER_TRANSPORT_UDP);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_wrong_url_over_udp_is_put_right_before_the_transport_changes)
{
    struct peer p;
    CHECK_INT(describe_at(&p, VIVOTEK, KIN_RTSP_CLIENT_AUTO, "", "t"), KIN_OK);
    answer(&p, "400 Bad Request", "");
    CHECK(asks(&p, "SETUP rtsp://cam/live.sdp?profile=P/t", "client_port="));
    answer(&p, "400 Bad Request", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
    CHECK(asks(&p, "SETUP rtsp://cam/live.sdp/t?profile=P", "interleaved="));
    answer(&p, "400 Bad Request", "");
    CHECK(asks(&p, "SETUP rtsp://cam/live.sdp?profile=P/t", "interleaved="));
    answer(&p, "200 OK", SET_UP_TCP);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_SET_UP], 1);
out:
    kin_rtsp_client_free(p.c);
}

TEST(no_other_transport_without_credentials_or_against_the_options)
{
    struct peer p;
    CHECK_INT(describe_at(&p, VIVOTEK, KIN_RTSP_CLIENT_AUTO, "", "t"), KIN_OK);
    answer(&p, "401 Unauthorized", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
    kin_rtsp_client_free(p.c);
    CHECK_INT(describe_at(&p, "rtsp://cam/x", KIN_RTSP_CLIENT_UDP, "", "t"), KIN_OK);
    answer(&p, "500 Internal", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 0);
out:
    kin_rtsp_client_free(p.c);
}

TEST(tcp_that_is_refused_leads_back_to_udp)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    tick(&p, 3 * SEC); // UDP is silent: over TCP from now on
    answer(&p, "200 OK", "");
    answer(&p, "461 Unsupported Transport", ""); // not back to what was silent
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
    kin_rtsp_client_setup(p.c, p.now, 5000); // a new attempt may
    collect(&p);
    CHECK(strstr(p.sent, "interleaved=0-1") != NULL);
    answer(&p, "500 Internal", "");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_TRANSPORT_CHANGED].transport.lower_transport, KIN_LOWER_TRANSPORT_UDP);
    CHECK(strstr(p.sent, "client_port=5000-5001") != NULL);
out:
    kin_rtsp_client_free(p.c);
}

// --- keepalives

// A GET_PARAMETER without an answer stopped all further ones until the server's timeout.
TEST(an_unanswered_keepalive_does_not_stop_the_next)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK); // timeout=20
    kin_us begun = p.now;
    kin_us last = p.now;
    unsigned options = 0;
    while (p.now - begun < 300 * SEC) {
        p.sent[0] = '\0';
        kin_rtsp_client_media(p.c, p.now);
        tick(&p, SEC);
        if (p.sent[0] == '\0')
            continue;
        CHECK(p.now - last < 20 * SEC);
        CHECK(options > 0 || strstr(p.sent, "GET_PARAMETER ") == p.sent || strstr(p.sent, "OPTIONS ") == p.sent);
        options += strstr(p.sent, "OPTIONS ") == p.sent;
        CHECK(options == 0 || strstr(p.sent, "OPTIONS ") == p.sent);
        last = p.now;
    }
    CHECK(options >= 28 && options <= 31);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
    kin_rtsp_client_pause(p.c, p.now);
    collect(&p);
    tick(&p, 5 * SEC); // a command waits for an answer to a keepalive, but not for long
    CHECK(strstr(p.sent, "PAUSE ") == p.sent);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_server_that_is_gone_is_noticed_all_the_same)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_UDP), KIN_OK);
    kin_rtsp_client_media(p.c, p.now);
    kin_rtsp_client_pause(p.c, p.now);
    collect(&p);
    answer(&p, "200 OK", "");
    unsigned s = 0;
    while (p.seen[KIN_RTSP_CLIENT_FAILED] == 0 && s++ < 100)
        tick(&p, SEC);
    CHECK(s >= 30 && s <= 45);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_keepalive_may_be_refused_and_sessions_may_be_short)
{
    struct peer p;
    CHECK_INT(describe_at(&p, "rtsp://cam/x/", KIN_RTSP_CLIENT_TCP, "", "t"), KIN_OK);
    answer(&p, "200 OK", "Session: s;timeout=1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    kin_rtsp_client_play(p.c, p.now, NULL);
    collect(&p);
    answer(&p, "200 OK", "");
    for (unsigned i = 0; i < 20; i++) {
        kin_rtsp_client_media(p.c, p.now + 1);
        tick(&p, SEC / 2);
        if (strstr(p.sent, "GET_PARAMETER") != NULL || strstr(p.sent, "OPTIONS") != NULL)
            answer(&p, i % 2 == 0 ? "501 Not Implemented" : "400 Bad Request", "");
    }
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED] + p.seen[KIN_RTSP_CLIENT_CLOSED], 0);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_PLAYING);
out:
    kin_rtsp_client_free(p.c);
}

// --- another port

TEST(without_a_port_the_other_usual_one_is_tried)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://ann:secret@cam/x?y=1", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_CONNECT].port, 554);
    kin_rtsp_client_refused(p.c, p.now, -111);
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_OTHER_PORT], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_CONNECT].port, 8554);
    connect_now(&p);
    CHECK(asks(&p, "OPTIONS rtsp://cam:8554/x?y=1", ""));
out:
    kin_rtsp_client_free(p.c);
}

TEST(no_port_is_tried_but_once_and_none_but_what_was_named)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://cam/", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_refused(p.c, p.now, -111);
    kin_rtsp_client_refused(p.c, p.now, -111);
    collect(&p);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_NO_PORT);
    kin_rtsp_client_free(p.c);
    CHECK_INT(open_with(&p, "rtsp://cam:554/", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_refused(p.c, p.now, -111);
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_CONNECT);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].error, -111);
out:
    kin_rtsp_client_free(p.c);
}
