// engine/rtsp/rtsp_client: transcripts with virtual time. Each test plays the server's part by hand.
#include "rtsp_peer.h"

TEST(asks_connects_and_describes)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://user:secret@[::1]:8554/my reel?x=1", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 1);
    CHECK_SPAN(p.last[KIN_RTSP_CLIENT_CONNECT].host, "::1");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_CONNECT].port, 8554);
    CHECK_SPAN(kin_span_str(p.sent), "");
    connect_now(&p);
    CHECK_SPAN(kin_span_str(p.sent),
               "OPTIONS rtsp://[::1]:8554/my%20reel?x=1 RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Test\r\n\r\n");
    p.now += 3000;
    answer(&p, "200 OK", "Public: OPTIONS\r\nServer: Reel\xc2\x9b[2J\r\n");
    CHECK_INT(kin_rtsp_client_rtt_us(p.c), 3000);
    CHECK(strstr(kin_rtsp_client_server(p.c), "Reel") != NULL &&
          strstr(kin_rtsp_client_server(p.c), "\xc2\x9b") == NULL);
    CHECK(strstr(p.sent, "DESCRIBE rtsp://[::1]:8554/my%20reel?x=1 RTSP/1.0\r\nCSeq: 2\r\n") != NULL);
    CHECK(strstr(p.sent, "Accept: application/sdp\r\n") != NULL);
    answer_sdp(&p, "", SDP_TEXT);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_DESCRIBED], 1);
    CHECK(p.last[KIN_RTSP_CLIENT_DESCRIBED].is_sdp);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_DESCRIBED].video.rate_milli, 24000);
    CHECK(kin_rtsp_client_idle(p.c));
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
out:
    kin_rtsp_client_free(p.c);
}

TEST(urls_that_are_none)
{
    struct peer p = {.c = NULL};
    CHECK_INT(open_with(&p, "http://host/", KIN_RTSP_CLIENT_AUTO), KIN_EBAD);
    CHECK_INT(open_with(&p, "rtsp://", KIN_RTSP_CLIENT_AUTO), KIN_EBAD);
    CHECK_INT(open_with(&p, "", KIN_RTSP_CLIENT_AUTO), KIN_EBAD);
out:
    kin_rtsp_client_free(p.c);
}

TEST(plays_pauses_and_tears_down_over_udp)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    struct kin_rtsp_client_event *up = &p.last[KIN_RTSP_CLIENT_SET_UP];
    CHECK_INT(up->transport.lower_transport, KIN_LOWER_TRANSPORT_UDP);
    CHECK_INT(up->transport.server_port[0], 6000);
    CHECK_INT(up->transport.client_port[1], 5001);
    struct kin_rtsp_client_event *started = &p.last[KIN_RTSP_CLIENT_STARTED];
    CHECK(started->has_range && started->has_rtp_info);
    CHECK_INT(started->range.end, 10 * SEC);
    CHECK_INT(started->rtp_info.rtptime, 4294967290u);
    CHECK(strstr(p.sent, "PLAY rtsp://cam.example:8554/reel/ RTSP/1.0\r\n") != NULL);
    CHECK(strstr(p.sent, "Session: abc123\r\n") != NULL);
    CHECK(strstr(p.sent, "Range: npt=0.000-\r\n") != NULL);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_PLAYING);

    kin_rtsp_client_media(p.c, p.now);
    CHECK_INT(kin_rtsp_client_pause(p.c, p.now), KIN_OK);
    collect(&p);
    CHECK(strstr(p.sent, "PAUSE rtsp://cam.example:8554/reel/ RTSP/1.0\r\n") != NULL);
    answer(&p, "200 OK", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_STOPPED], 1);
    CHECK_INT(kin_rtsp_client_play(p.c, p.now, NULL), KIN_OK);
    collect(&p);
    CHECK(strstr(p.sent, "PLAY ") != NULL && strstr(p.sent, "Range") == NULL);
    answer(&p, "200 OK", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_STARTED], 2);
    CHECK(!p.last[KIN_RTSP_CLIENT_STARTED].has_range && !p.last[KIN_RTSP_CLIENT_STARTED].has_rtp_info);

    CHECK_INT(kin_rtsp_client_teardown(p.c, p.now), KIN_OK);
    collect(&p);
    CHECK(strstr(p.sent, "TEARDOWN rtsp://cam.example:8554/reel/ RTSP/1.0\r\n") != NULL);
    answer(&p, "200 OK", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CLOSED], 1);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_INIT);

    kin_rtsp_client_disconnected(p.c, p.now, 0); // a server may close now: no failure, and SETUP connects again
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
    kin_rtsp_client_setup(p.c, p.now, 5000);
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 2);
    connect_now(&p);
    CHECK(strstr(p.sent, "SETUP rtsp://cam.example:8554/reel/track1 RTSP/1.0\r\n") != NULL);
    CHECK(strstr(p.sent, "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n") != NULL);
    CHECK(strstr(p.sent, "Session") == NULL);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_jump_pauses_first_and_the_newest_one_wins)
{
    struct peer p;
    struct kin_rtsp_range to5 = {.start_given = true, .start = 5 * SEC};
    struct kin_rtsp_range to7 = {.start_given = true, .start = 7 * SEC + 250000};
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_play(p.c, p.now, &to5);
    collect(&p);
    CHECK(strstr(p.sent, "PAUSE ") != NULL);
    kin_rtsp_client_play(p.c, p.now, &to7);
    answer(&p, "200 OK", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_SEEKING], 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_STOPPED], 0);
    CHECK(strstr(p.sent, "Range: npt=7.250-\r\n") != NULL);
    answer(&p, "457 Invalid Range", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_REFUSED].status, 457);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_REFUSED].trouble, KIN_RTSP_TROUBLE_STATUS);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_REFUSED].method, KIN_RTSP_PLAY);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_READY);
    kin_rtsp_client_play(p.c, p.now, NULL);
    collect(&p);
    answer(&p, "454 Session Not Found", "");
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_INIT);
out:
    kin_rtsp_client_free(p.c);
}

TEST(scale_goes_with_every_play_once_it_was_used)
{
    struct peer p;
    struct kin_rtsp_range to5 = {.start_given = true, .start = 5 * SEC};
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    CHECK(strstr(p.sent, "Scale") == NULL);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_STARTED].scale_milli, 1000);
    kin_rtsp_client_set_scale(p.c, -2000);
    kin_rtsp_client_play(p.c, p.now, &to5);
    collect(&p);
    answer(&p, "200 OK", "");
    CHECK(strstr(p.sent, "Range: npt=5.000-\r\nScale: -2.0\r\n") != NULL);
    answer(&p, "200 OK", "Scale: -1.5\r\n");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_STARTED].scale_milli, -1500);
    kin_rtsp_client_set_scale(p.c, 1000);
    kin_rtsp_client_play(p.c, p.now, &to5);
    collect(&p);
    answer(&p, "200 OK", "");
    CHECK(strstr(p.sent, "\r\nScale: 1.0\r\n") != NULL);
    answer(&p, "200 OK", "Scale: nonsense\r\n");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_STARTED].scale_milli, 1000);
out:
    kin_rtsp_client_free(p.c);
}

TEST(speed_is_asked_for_over_tcp_alone)
{
    struct peer p;
    struct peer q = {.c = NULL};
    struct kin_rtsp_range from = {.start_given = true, .start = 0};
    CHECK_INT(describe(&p, KIN_RTSP_CLIENT_TCP), KIN_OK);
    kin_rtsp_client_set_speed(p.c, 16000, false);
    kin_rtsp_client_setup(p.c, p.now, 0);
    collect(&p);
    answer(&p, "200 OK", "Session: s\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    kin_rtsp_client_play(p.c, p.now, &from);
    collect(&p);
    CHECK(strstr(p.sent, "Range: npt=0.000-\r\nSpeed: 16.0\r\n") != NULL);
    answer(&p, "200 OK", "Speed: 4.0\r\n");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_STARTED].speed_milli, 4000);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_STARTED].scale_milli, 1000);
    CHECK_INT(play_udp(&q, KIN_RTSP_CLIENT_UDP), KIN_OK);
    kin_rtsp_client_set_speed(q.c, 16000, false);
    kin_rtsp_client_play(q.c, q.now, &from);
    collect(&q);
    answer(&q, "200 OK", "");
    CHECK(strstr(q.sent, "PLAY ") != NULL && strstr(q.sent, "Speed") == NULL);
    answer(&q, "200 OK", "");
    CHECK_INT(q.last[KIN_RTSP_CLIENT_STARTED].speed_milli, 1000);
out:
    kin_rtsp_client_free(p.c);
    kin_rtsp_client_free(q.c);
}

// While it plays, a PLAY with nothing but a Speed; else nothing.
TEST(a_pace_changes_while_it_plays)
{
    struct peer p;
    struct kin_rtsp_range to5 = {.start_given = true, .start = 5 * SEC};
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_UDP), KIN_OK);
    kin_rtsp_client_pace(p.c, p.now, 1000);
    collect(&p);
    CHECK(strstr(p.sent, "PLAY ") != NULL && strstr(p.sent, "\r\nSpeed: 1.0\r\n") != NULL);
    CHECK(strstr(p.sent, "Range") == NULL);
    answer(&p, "200 OK", "Range: npt=7-\r\nSpeed: -3\r\n");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_PACED], 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_STARTED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_PACED].speed_milli, 1000);
    CHECK(p.last[KIN_RTSP_CLIENT_PACED].has_range);
    kin_rtsp_client_pace(p.c, p.now, 4000);
    collect(&p);
    answer(&p, "455 Method Not Valid in This State", "");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_PACED].status, 455);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_PACED].speed_milli, 0);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 0);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_PLAYING);
    kin_rtsp_client_set_speed(p.c, 4000, true);
    kin_rtsp_client_play(p.c, p.now, &to5);
    collect(&p);
    answer(&p, "200 OK", "");
    CHECK(strstr(p.sent, "Range: npt=5.000-\r\nSpeed: 4.0\r\n") != NULL); // also over UDP
    answer(&p, "200 OK", "");
    kin_rtsp_client_pause(p.c, p.now);
    kin_rtsp_client_pace(p.c, p.now, 2000);
    collect(&p);
    answer(&p, "200 OK", "");
    CHECK(kin_rtsp_client_idle(p.c) && strstr(p.sent, "Speed: 2.0") == NULL);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_server_that_cannot_pause_still_jumps)
{
    struct peer p;
    struct kin_rtsp_range to5 = {.start_given = true, .start = 5 * SEC};
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_play(p.c, p.now, &to5);
    collect(&p);
    answer(&p, "501 Not Implemented", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_SEEKING], 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 0);
    CHECK(strstr(p.sent, "PLAY ") != NULL && strstr(p.sent, "Range: npt=5.000-\r\n") != NULL);
out:
    kin_rtsp_client_free(p.c);
}

TEST(turns_to_tcp_on_461)
{
    struct peer p;
    CHECK_INT(describe(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_setup(p.c, p.now, 5000);
    collect(&p);
    answer(&p, "461 Unsupported Transport", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
    CHECK(strstr(p.sent, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n") != NULL);
    answer(&p, "200 OK", "Session:  x9 ; timeout = 90\r\nTransport: RTP/AVP;unicast;interleaved=2-3\r\n"); // no "/TCP"
    CHECK_INT(p.last[KIN_RTSP_CLIENT_SET_UP].transport.lower_transport, KIN_LOWER_TRANSPORT_TCP);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_SET_UP].transport.interleaved[1], 3);
out:
    kin_rtsp_client_free(p.c);
}

TEST(does_not_turn_to_tcp_when_udp_is_wanted)
{
    struct peer p;
    CHECK_INT(describe(&p, KIN_RTSP_CLIENT_UDP), KIN_OK);
    kin_rtsp_client_setup(p.c, p.now, 5000);
    kin_rtsp_client_play(p.c, p.now, NULL);
    collect(&p);
    answer(&p, "461 Unsupported Transport", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_REFUSED].method, KIN_RTSP_SETUP);
    CHECK(kin_rtsp_client_idle(p.c));
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_INIT);
out:
    kin_rtsp_client_free(p.c);
}

TEST(turns_to_tcp_after_silence)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    CHECK_INT(kin_rtsp_client_deadline(p.c) - p.now, 3 * SEC);
    tick(&p, 3 * SEC);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
    CHECK(strstr(p.sent, "TEARDOWN ") != NULL);
    answer(&p, "200 OK", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CLOSED], 0);
    CHECK(strstr(p.sent, "RTP/AVP/TCP;unicast;interleaved=0-1") != NULL);
    answer(&p, "200 OK", "Session: b\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    CHECK(strstr(p.sent, "PLAY ") != NULL && strstr(p.sent, "Range: npt=0.000-\r\n") != NULL);
    answer(&p, "200 OK", "");
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_PLAYING);
    tick(&p, 5 * SEC);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_TRANSPORT_CHANGED], 1);
out:
    kin_rtsp_client_free(p.c);
}

TEST(says_that_udp_is_silent)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_UDP), KIN_OK);
    tick(&p, 3 * SEC);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_NO_MEDIA], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_NO_MEDIA].seconds, 3);
    tick(&p, 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_NO_MEDIA], 1);
out:
    kin_rtsp_client_free(p.c);
}

TEST(keeps_the_session_alive)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_media(p.c, p.now);
    CHECK_INT(kin_rtsp_client_deadline(p.c) - p.now, 10 * SEC); // half of timeout=20
    tick(&p, 10 * SEC);
    CHECK(strstr(p.sent, "GET_PARAMETER rtsp://cam.example:8554/reel/ RTSP/1.0\r\n") != NULL);
    CHECK(strstr(p.sent, "Session: abc123\r\n") != NULL);
    answer(&p, "451 Parameter Not Understood", "");
    tick(&p, 10 * SEC);
    CHECK(strstr(p.sent, "OPTIONS ") != NULL);
    kin_rtsp_client_media(p.c, p.now + 1);
    tick(&p, 30 * SEC); // no answer, but pictures come
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
    tick(&p, 10 * SEC);
    tick(&p, 30 * SEC); // no answer and no pictures
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_NO_REPLY);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].method, KIN_RTSP_OPTIONS);
out:
    kin_rtsp_client_free(p.c);
}

TEST(learns_that_the_session_is_gone)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_media(p.c, p.now);
    tick(&p, 10 * SEC);
    answer(&p, "454 Session Not Found", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CLOSED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_CLOSED].trouble, KIN_RTSP_TROUBLE_STATUS);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_CLOSED].status, 454);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_INIT);
out:
    kin_rtsp_client_free(p.c);
}

TEST(follows_redirects_but_not_forever)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    for (int i = 0; i < KIN_RTSP_CLIENT_REDIRECTS_MAX; i++) {
        connect_now(&p);
        answer(&p, "200 OK", "");
        answer(&p, "302 Found", "Location: rtsp://b:99/y\r\n");
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], i + 2);
        CHECK_SPAN(p.last[KIN_RTSP_CLIENT_CONNECT].host, "b");
        CHECK_INT(p.last[KIN_RTSP_CLIENT_CONNECT].port, 99);
    }
    connect_now(&p);
    CHECK(strstr(p.sent, "OPTIONS rtsp://b:99/y RTSP/1.0\r\n") != NULL);
    answer(&p, "301 Moved", "Location: rtsp://b:99/y\r\n");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
out:
    kin_rtsp_client_free(p.c);
}

TEST(answers_requests_of_the_server)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    feed(&p, "GET_PARAMETER rtsp://x/ RTSP/1.0\r\nCSeq: 77\r\n\r\n");
    CHECK(strstr(p.sent, "RTSP/1.0 200 OK\r\nCSeq: 77\r\n") == p.sent);
    feed(&p, "REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 78\r\n\r\n");
    CHECK(strstr(p.sent, "RTSP/1.0 501 Not Implemented\r\nCSeq: 78\r\n") == p.sent);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_PLAYING);
out:
    kin_rtsp_client_free(p.c);
}

TEST(hands_out_and_sends_blocks)
{
    struct peer p;
    uint8_t report[3] = {1, 2, 3};
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    struct kin_span block = UNIT_BYTES('$', 5, 0, 2, 0xaa, 0xbb);
    CHECK_INT(kin_rtsp_client_feed(p.c, p.now, kin_span_first(block, 5)), 0);
    CHECK_INT(kin_rtsp_client_feed(p.c, p.now, block), 6);
    collect(&p);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_INTERLEAVED].channel, 5);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_INTERLEAVED].bytes.n, 2);
    CHECK_INT(kin_rtsp_client_send_block(p.c, 1, kin_span_make(report, sizeof report)), KIN_OK);
    struct kin_span out = kin_rtsp_client_output(p.c);
    CHECK_INT(out.n, 7);
    CHECK(memcmp(out.p, "$\1\0\3\1\2\3", 7) == 0);
    CHECK_INT(kin_rtsp_client_output(p.c).n, 0);
    static uint8_t big[60000];
    CHECK_INT(kin_rtsp_client_send_block(p.c, 1, kin_span_make(big, sizeof big)), KIN_OK);
    CHECK_INT(kin_rtsp_client_send_block(p.c, 1, kin_span_make(big, sizeof big)), KIN_ELIMIT);
    CHECK_INT(kin_rtsp_client_output(p.c).n, 60004);
out:
    kin_rtsp_client_free(p.c);
}

TEST(replies_are_matched_by_number)
{
    struct peer p;
    CHECK_INT(describe(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_setup(p.c, p.now, 5000);
    collect(&p);
    feed(&p, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"); // an old one
    feed(&p, "RTSP/1.0 100 Continue\r\nCSeq: 3\r\n\r\n");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_SET_UP], 0);
    feed(&p, "RTSP/1.0 200 OK\r\nTransport: RTP/AVP;unicast\r\n\r\n"); // no number: taken for the one that waits
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_SET_UP], 1);
    CHECK(!p.last[KIN_RTSP_CLIENT_SET_UP].transport.has_server_port);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_READY);
out:
    kin_rtsp_client_free(p.c);
}

static void check_failure(const char *reply, enum kin_rtsp_client_trouble trouble)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    connect_now(&p);
    CHECK(feed(&p, reply) <= 0 || p.seen[KIN_RTSP_CLIENT_FAILED] == 1 || kin_rtsp_client_deadline(p.c) < KIN_US_NEVER);
    if (p.seen[KIN_RTSP_CLIENT_FAILED] == 0)
        kin_rtsp_client_disconnected(p.c, p.now, 0);
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, trouble);
    CHECK_SPAN(p.last[KIN_RTSP_CLIENT_FAILED].host, "a");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].port, 554);
    CHECK_INT(kin_rtsp_client_deadline(p.c), KIN_US_NEVER);
    CHECK_INT(kin_rtsp_client_setup(p.c, p.now, 0), KIN_ESTATE);
out:
    kin_rtsp_client_free(p.c);
}

TEST(what_is_no_rtsp_server_is_named)
{
    check_failure("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", KIN_RTSP_TROUBLE_NO_RTSP_SERVER);
    check_failure("SSH-2.0-OpenSSH_9.2\r\n", KIN_RTSP_TROUBLE_CLOSED_UNANSWERED);
    check_failure("\x01\x02\x03", KIN_RTSP_TROUBLE_NO_RTSP_SERVER);
    check_failure("", KIN_RTSP_TROUBLE_CLOSED_UNANSWERED);
}

TEST(failures_have_the_words_of_the_server)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    connect_now(&p);
    answer(&p, "501 Not Implemented", ""); // a camera without OPTIONS
    answer(&p, "404 No\xc2\x9b such reel", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].status, 404);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_STATUS);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].method, KIN_RTSP_DESCRIBE);
    CHECK_SPAN(kin_span_str(p.peer_text), "No\xc2\x9b such reel");
    kin_rtsp_client_free(p.c);
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    connect_now(&p);
    feed(&p, "RTSP/1.0 200 OK\r\nno header\r\n\r\n");
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_MALFORMED_REPLY);
    CHECK_SPAN(kin_span_str(p.peer_text), "RTSP/1.0 200 OK");
out:
    kin_rtsp_client_free(p.c);
}

static int open_for_parity(struct peer *p, const char *url, enum kin_rtsp_client_transport transport)
{
    struct kin_rtsp_client_options options = {.url = url, .transport = transport, .fec = true};
    int err = open_as(p, &options);
    if (err != KIN_OK)
        return err;
    connect_now(p);
    answer(p, "200 OK", "Public: OPTIONS\r\n");
    return KIN_OK;
}

// Only the description is asked for so: what it names is requested as it stands there.
TEST(parity_is_asked_for_by_the_query)
{
    struct peer p;
    CHECK_INT(open_for_parity(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    CHECK(strstr(p.sent, "DESCRIBE rtsp://a/x?fec=1 RTSP") != NULL);
    answer_sdp(&p, "", SDP_TEXT); // without Content-Base
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_DESCRIBED], 1);
    CHECK_INT(kin_rtsp_client_setup(p.c, p.now, 5000), KIN_OK);
    collect(&p);
    CHECK(strstr(p.sent, "SETUP rtsp://a/x/") != NULL);
    CHECK(strstr(strstr(p.sent, "SETUP"), "fec") == NULL);
    kin_rtsp_client_free(p.c);
    CHECK_INT(open_for_parity(&p, "rtsp://a/x?fmt=xqt", KIN_RTSP_CLIENT_UDP), KIN_OK);
    CHECK(strstr(p.sent, "DESCRIBE rtsp://a/x?fmt=xqt&fec=1 RTSP") != NULL);
    kin_rtsp_client_free(p.c);
    CHECK_INT(open_for_parity(&p, "rtsp://a/x", KIN_RTSP_CLIENT_TCP), KIN_OK);
    CHECK(strstr(p.sent, "fec") == NULL); // nothing is lost there
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_server_that_refuses_the_query_is_asked_without)
{
    struct peer p;
    CHECK_INT(open_for_parity(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    answer(&p, "404 Not Found", "");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
    CHECK(strstr(p.sent, "DESCRIBE rtsp://a/x RTSP") != NULL);
    answer(&p, "404 Not Found", ""); // so that was not why
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].status, 404);
out:
    kin_rtsp_client_free(p.c);
}

TEST(other_codecs_are_named)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    connect_now(&p);
    answer(&p, "200 OK", "");
    answer_sdp(&p, "", "v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_NOT_JPEG);
    CHECK_SPAN(kin_span_str(p.peer_text), "H264");
out:
    kin_rtsp_client_free(p.c);
}

TEST(listings_are_handed_out)
{
    struct peer p = {.now = 1};
    struct kin_rtsp_client_options options = {.url = "rtsp://a", .accept = "application/json"};
    CHECK_INT(kin_rtsp_client_new(&options, &p.c), KIN_OK);
    collect(&p);
    connect_now(&p);
    answer(&p, "200 OK", "");
    CHECK(strstr(p.sent, "DESCRIBE rtsp://a/ RTSP/1.0\r\n") != NULL);
    CHECK(strstr(p.sent, "Accept: application/json\r\n") != NULL);
    answer(&p, "200 OK", "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_DESCRIBED], 1);
    CHECK(!p.last[KIN_RTSP_CLIENT_DESCRIBED].is_sdp);
out:
    kin_rtsp_client_free(p.c);
}

TEST(silence_before_and_after_the_first_answer)
{
    struct peer p;
    struct peer q = {.c = NULL};
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    connect_now(&p);
    tick(&p, KIN_RTSP_CLIENT_TIMEOUT_US - 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
    tick(&p, 1);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_NO_ANSWER);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].seconds, 10);
    CHECK_INT(describe(&q, KIN_RTSP_CLIENT_TCP), KIN_OK);
    kin_rtsp_client_setup(q.c, q.now, 0);
    collect(&q);
    tick(&q, KIN_RTSP_CLIENT_TIMEOUT_US);
    CHECK_INT(q.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_NO_REPLY);
    CHECK_INT(q.last[KIN_RTSP_CLIENT_FAILED].method, KIN_RTSP_SETUP);
out:
    kin_rtsp_client_free(p.c);
    kin_rtsp_client_free(q.c);
}

// A server that makes the index of a large reel answers DESCRIBE late.
TEST(a_description_may_take_longer)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    connect_now(&p);
    answer(&p, "200 OK", "Public: DESCRIBE, SETUP, PLAY\r\n");
    tick(&p, 5 * KIN_RTSP_CLIENT_TIMEOUT_US);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
    tick(&p, KIN_RTSP_CLIENT_TIMEOUT_US);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_NO_REPLY);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].method, KIN_RTSP_DESCRIBE);
out:
    kin_rtsp_client_free(p.c);
}

TEST(commands_that_make_no_sense_are_refused)
{
    struct peer p;
    CHECK_INT(describe(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_play(p.c, p.now, NULL);
    kin_rtsp_client_pause(p.c, p.now);
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_REFUSED], 2);
    CHECK_INT(p.last[KIN_RTSP_CLIENT_REFUSED].status, 0);
    kin_rtsp_client_teardown(p.c, p.now);
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CLOSED], 1);
    kin_rtsp_client_setup(p.c, p.now, 5000);
    for (int i = 0; i < KIN_RTSP_CLIENT_COMMANDS_MAX; i++)
        CHECK_INT(kin_rtsp_client_pause(p.c, p.now), KIN_OK);
    CHECK_INT(kin_rtsp_client_pause(p.c, p.now), KIN_ELIMIT);
out:
    kin_rtsp_client_free(p.c);
}

TEST(leaving_says_teardown_at_once)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_pause(p.c, p.now);
    collect(&p);
    kin_rtsp_client_leave(p.c, p.now);
    collect(&p);
    CHECK(strstr(p.sent, "TEARDOWN ") == p.sent);
out:
    kin_rtsp_client_free(p.c);
}

TEST(an_end_makes_it_ready_again)
{
    struct peer p;
    struct kin_rtsp_range start = {.start_given = true};
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_ended(p.c);
    CHECK_INT(kin_rtsp_client_state(p.c), KIN_RTSP_CLIENT_READY);
    kin_rtsp_client_play(p.c, p.now, &start);
    collect(&p);
    CHECK(strstr(p.sent, "PLAY ") == p.sent);
out:
    kin_rtsp_client_free(p.c);
}

TEST(survives_every_cut_of_a_conversation)
{
    static const char reply[] = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: PLAY\r\nSession: a;timeout=1\r\n\r\n";
    struct peer p = {.c = NULL};
    for (size_t n = 0; n < sizeof reply - 1; n++) {
        CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
        connect_now(&p);
        CHECK_INT(kin_rtsp_client_feed(p.c, p.now, unit_guarded(reply, n)), 0);
        kin_rtsp_client_disconnected(p.c, p.now, -104);
        collect(&p);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 1);
        CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].error, -104);
        kin_rtsp_client_free(p.c);
        p.c = NULL;
    }
out:
    kin_rtsp_client_free(p.c);
}
