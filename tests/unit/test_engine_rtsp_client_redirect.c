// engine/rtsp/rtsp_client: redirects of every kind, at every step, and where they end.
#include "rtsp_peer.h"

static const char *const redirects[] = {"301 Moved Permanently", "302 Found",     "303 See Other",
                                        "305 Use Proxy",         "307 Temporary", "308 Permanent"};
#define REDIRECTS (sizeof redirects / sizeof redirects[0])

static bool asks(const struct peer *p, const char *method_and_url)
{
    char line[300];
    snprintf(line, sizeof line, "%s RTSP/1.0\r\n", method_and_url);
    return strstr(p->sent, line) == p->sent;
}

// Only 301 and 302 were followed, and only with an absolute URL.
TEST(a_description_may_be_elsewhere)
{
    static const struct {
        const char *location, *url;
    } cases[] = {{"rtsp://b:99/y", "rtsp://b:99/y"},
                 {"rtsp://ann:secret@b/y", "rtsp://b/y"},
                 {"/other?x=1", "rtsp://a:5/other?x=1"},
                 {"other", "rtsp://a:5/dir/other"},
                 {"../up", "rtsp://a:5/up"},
                 {"//b/z", "rtsp://b/z"},
                 {"rtsp://proxy:77", "rtsp://proxy:77/dir/x"}};
    struct peer p = {.c = NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] * REDIRECTS; i++) {
        char location[200], request[200];
        snprintf(location, sizeof location, "Location: %s\r\n", cases[i / REDIRECTS].location);
        CHECK_INT(open_with(&p, "rtsp://joe:pw@a:5/dir/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
        connect_now(&p);
        answer(&p, "200 OK", "");
        answer(&p, redirects[i % REDIRECTS], location);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_REDIRECTED], 1);
        CHECK_SPAN(kin_span_str(p.url), cases[i / REDIRECTS].url);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 2);
        connect_now(&p);
        snprintf(request, sizeof request, "OPTIONS %s", cases[i / REDIRECTS].url);
        CHECK(asks(&p, request));
        kin_rtsp_client_free(p.c);
        p.c = NULL;
    }
out:
    kin_rtsp_client_free(p.c);
}

TEST(what_is_no_rtsp_url_ends_it)
{
    static const char *const bad[] = {"Location: http://b/\r\n", "Location: rtsps://b/\r\n",
                                      "Location: rtsp://b:99999/\r\n"};
    struct peer p = {.c = NULL};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
        connect_now(&p);
        answer(&p, "200 OK", "");
        answer(&p, "302 Found", bad[i]);
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], i < 2);
        CHECK(i == 2 || p.last[KIN_RTSP_CLIENT_FAILED].trouble == KIN_RTSP_TROUBLE_REDIRECT_TARGET);
        kin_rtsp_client_free(p.c);
        p.c = NULL;
    }
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    connect_now(&p);
    answer(&p, "200 OK", "");
    answer(&p, "302 Found", ""); // without a Location it is a refusal
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].status, 302);
out:
    kin_rtsp_client_free(p.c);
}

TEST(circles_end)
{
    struct peer p;
    CHECK_INT(open_with(&p, "rtsp://a/x", KIN_RTSP_CLIENT_AUTO), KIN_OK);
    for (int i = 0; i <= KIN_RTSP_CLIENT_REDIRECTS_MAX; i++) {
        CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
        connect_now(&p);
        answer(&p, "200 OK", "");
        answer(&p, redirects[(unsigned)i % REDIRECTS], i % 2 == 0 ? "Location: /y\r\n" : "Location: /x\r\n");
    }
    CHECK_INT(p.last[KIN_RTSP_CLIENT_FAILED].trouble, KIN_RTSP_TROUBLE_REDIRECT_LOOP);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 1 + KIN_RTSP_CLIENT_REDIRECTS_MAX);
out:
    kin_rtsp_client_free(p.c);
}

// From a SETUP or PLAY on it begins anew elsewhere, and the session that is left is torn down.
TEST(setup_and_play_may_be_elsewhere)
{
    struct peer p;
    CHECK_INT(describe(&p, KIN_RTSP_CLIENT_TCP), KIN_OK);
    kin_rtsp_client_setup(p.c, p.now, 0);
    kin_rtsp_client_play(p.c, p.now, NULL);
    collect(&p);
    answer(&p, "307 Elsewhere", "Location: rtsp://b/reel/track1\r\n"); // the track's own URL
    CHECK_INT(p.last[KIN_RTSP_CLIENT_REDIRECTED].method, KIN_RTSP_SETUP);
    CHECK_SPAN(kin_span_str(p.url), "rtsp://b/reel");
    connect_now(&p);
    CHECK(asks(&p, "OPTIONS rtsp://b/reel"));
    answer(&p, "200 OK", "");
    CHECK(asks(&p, "DESCRIBE rtsp://b/reel"));
    answer_sdp(&p, "", SDP_TEXT);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_DESCRIBED], 2);
    CHECK(kin_rtsp_client_idle(p.c)); // the program gives its commands again
    kin_rtsp_client_setup(p.c, p.now, 0);
    kin_rtsp_client_play(p.c, p.now, NULL);
    collect(&p);
    CHECK(asks(&p, "SETUP rtsp://b/reel/track1"));
    answer(&p, "200 OK", "Session: s\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    answer(&p, "302 Found", "Location: rtsp://c/\r\n");
    CHECK(asks(&p, "TEARDOWN rtsp://b/reel"));
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 2);
    kin_rtsp_client_disconnected(p.c, p.now, 0); // in place of a reply
    collect(&p);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CONNECT], 3);
    CHECK_SPAN(p.last[KIN_RTSP_CLIENT_CONNECT].host, "c");
    connect_now(&p);
    CHECK(asks(&p, "OPTIONS rtsp://c/"));
    CHECK(strstr(p.sent, "Session") == NULL);
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_FAILED], 0);
out:
    kin_rtsp_client_free(p.c);
}

TEST(a_redirected_session_that_is_not_torn_down_in_time_is_left)
{
    struct peer p;
    CHECK_INT(play_udp(&p, KIN_RTSP_CLIENT_AUTO), KIN_OK);
    kin_rtsp_client_ended(p.c);
    kin_rtsp_client_play(p.c, p.now, NULL);
    collect(&p);
    answer(&p, "301 Moved", "Location: rtsp://b/\r\n");
    CHECK(strstr(p.sent, "TEARDOWN ") == p.sent);
    tick(&p, KIN_RTSP_CLIENT_TIMEOUT_US);
    CHECK_SPAN(p.last[KIN_RTSP_CLIENT_CONNECT].host, "b");
    CHECK_INT(p.seen[KIN_RTSP_CLIENT_CLOSED], 0);
out:
    kin_rtsp_client_free(p.c);
}
