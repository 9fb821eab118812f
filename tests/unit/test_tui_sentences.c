// tui/sentences: each code has one plain sentence, fit for a screen and without passwords.
#include <stdio.h>
#include <uv.h>

#include "text/sentences.h"
#include "unit.h"

static bool says(const struct kin_rtsp_client_event *e, const char *wanted)
{
    char text[SENTENCE_MAX];
    sentence_of_event(e, text);
    if (strcmp(text, wanted) != 0)
        fprintf(stderr, "%s\n", text);
    return strcmp(text, wanted) == 0;
}

TEST(events_that_need_a_sentence_have_one)
{
    struct kin_rtsp_client_event e = {
        .kind = KIN_RTSP_CLIENT_TRANSPORT_CHANGED, .method = KIN_RTSP_SETUP, .status = 500};
    e.transport.lower_transport = KIN_LOWER_TRANSPORT_TCP;
    CHECK(says(&e, "the server refuses UDP (SETUP: 500 Internal Server Error): trying TCP"));
    e.transport.lower_transport = KIN_LOWER_TRANSPORT_UDP;
    CHECK(says(&e, "the server refuses TCP (SETUP: 500 Internal Server Error): trying UDP"));
    e.cause = KIN_RTSP_CAUSE_SERVER;
    CHECK(says(&e, "the server was asked for TCP but chose UDP: continuing over UDP"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_TRANSPORT_CHANGED, .seconds = 3};
    e.transport.lower_transport = KIN_LOWER_TRANSPORT_TCP;
    e.cause = KIN_RTSP_CAUSE_CLOSED;
    CHECK(says(&e, "the server closed the connection when asked for UDP: trying TCP"));
    e.cause = KIN_RTSP_CAUSE_NO_ANSWER;
    CHECK(says(&e, "the server has not answered SETUP over UDP for 3 s: trying TCP"));
    e.cause = KIN_RTSP_CAUSE_SILENCE;
    CHECK(says(&e, "nothing has arrived over UDP for 3 s: switching to TCP"));
    e.kind = KIN_RTSP_CLIENT_NO_MEDIA;
    CHECK(says(&e, "nothing has arrived over UDP for 3 s: a firewall may be in the way (try --transport tcp)"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_OTHER_PORT, .port = 8554};
    CHECK(says(&e, "port 554 refuses connections: trying port 8554"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_SKIPPED, .count = 105};
    CHECK(says(&e, "skipped 105 stray bytes between the server's packets"));
    e.count = 1;
    CHECK(says(&e, "skipped 1 stray byte between the server's packets"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_INTERLEAVED};
    CHECK(says(&e, ""));
out:;
}

TEST(urls_of_strangers_are_filtered)
{
    struct kin_rtsp_client_event e = {.kind = KIN_RTSP_CLIENT_REDIRECTED};
    e.url = kin_span_str("rtsp://ann:secret@b/\xc2\x9b\xe2\x80\xae");
    CHECK(says(&e, "the server redirects to rtsp://ann:***@b/\xef\xbf\xbd\xef\xbf\xbd"));
    e.kind = KIN_RTSP_CLIENT_FAILED;
    e.trouble = KIN_RTSP_TROUBLE_REDIRECT_TARGET;
    e.url = kin_span_str("http://b/");
    CHECK(says(&e, "the server redirects to http://b/, which is not an rtsp:// URL"));
    e.trouble = KIN_RTSP_TROUBLE_REDIRECT_LOOP;
    CHECK(says(&e, "the server redirects endlessly: more than 5 times, most recently to http://b/"));
out:;
}

static const struct {
    struct kin_rtsp_client_event event; // without host and port, which are the same in all
    const char *peer_text, *sentence;
} failures[] = {
    {{.trouble = KIN_RTSP_TROUBLE_CONNECT, .error = UV_ECONNREFUSED},
     "",
     "cannot connect to cam port 8554: connection refused"},
    {{.trouble = KIN_RTSP_TROUBLE_CONNECT, .error = UV_EAI_NONAME},
     "",
     "cannot find the host cam: unknown node or service"},
    {{.trouble = KIN_RTSP_TROUBLE_NO_PORT, .error = UV_ECONNREFUSED},
     "",
     "cannot connect to cam: neither port 554 nor port 8554 accepts connections"},
    {{.trouble = KIN_RTSP_TROUBLE_NO_RTSP_SERVER}, "", "cam port 8554 is not an RTSP server"},
    {{.trouble = KIN_RTSP_TROUBLE_NO_ANSWER, .seconds = 10},
     "",
     "no answer from cam port 8554 within 10 s: it may not be an RTSP server"},
    {{.trouble = KIN_RTSP_TROUBLE_CONNECTION_LOST}, "", "connection lost: the server closed it"},
    {{.trouble = KIN_RTSP_TROUBLE_CONNECTION_LOST, .error = UV_ECONNRESET},
     "",
     "connection lost: connection reset by peer"},
    {{.trouble = KIN_RTSP_TROUBLE_NO_REPLY, .method = KIN_RTSP_PLAY},
     "",
     "connection lost: the server does not answer PLAY"},
    {{.trouble = KIN_RTSP_TROUBLE_MALFORMED_REPLY}, "RTSP/1.0 2", "the server sent a malformed reply (RTSP/1.0 2)"},
    {{.trouble = KIN_RTSP_TROUBLE_STRAY_BYTES},
     "",
     "connection lost: the server sent more than 65536 bytes that are neither RTSP nor RTP"},
    {{.trouble = KIN_RTSP_TROUBLE_STATUS, .status = 404, .method = KIN_RTSP_DESCRIBE},
     "No\x1b such \xc2\x9breel",
     "the server has nothing by that name (404 No\xef\xbf\xbd such \xef\xbf\xbdreel)"},
    {{.trouble = KIN_RTSP_TROUBLE_STATUS, .status = 453, .method = KIN_RTSP_SETUP},
     "",
     "the server has no room for another viewer (SETUP: 453 Not Enough Bandwidth)"},
    {{.trouble = KIN_RTSP_TROUBLE_STATUS, .status = 418, .method = KIN_RTSP_PLAY},
     "{teapot}",
     "the server refused the request (PLAY: 418 {teapot})"},
    {{.trouble = KIN_RTSP_TROUBLE_STATE, .method = KIN_RTSP_SETUP},
     "",
     "SETUP is not possible: the session is already set up"},
    {{.trouble = KIN_RTSP_TROUBLE_STATE, .method = KIN_RTSP_PLAY},
     "",
     "PLAY is not possible: the session is not set up"},
    {{.trouble = KIN_RTSP_TROUBLE_NOT_JPEG}, "H264", "the stream is not Motion JPEG: it offers H264"},
    {{.trouble = KIN_RTSP_TROUBLE_NOT_JPEG}, "", "the stream is not Motion JPEG: it offers no video"},
};

TEST(failures_have_plain_sentences)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct kin_rtsp_client_event e = failures[i].event;
        e.kind = KIN_RTSP_CLIENT_FAILED;
        e.host = kin_span_str("cam");
        e.port = 8554;
        e.peer_text = kin_span_str(failures[i].peer_text);
        CHECK(says(&e, failures[i].sentence));
    }
out:;
}

TEST(a_lost_connection_has_a_reason)
{
    char words[SENTENCE_MAX], text[SENTENCE_MAX + SENTENCE_HINT_MAX];
    struct kin_player_event lost = {.kind = KIN_PLAYER_NOTICE, .notice.code = KIN_PLAYER_NOTICE_LOST};
    struct kin_rtsp_client_event e = {
        .kind = KIN_RTSP_CLIENT_FAILED, .trouble = KIN_RTSP_TROUBLE_CONNECTION_LOST, .error = UV_ETIMEDOUT};
    sentence_of_event(&e, words);
    CHECK(sentence_of_notice(&lost, words, "", text));
    CHECK_SPAN(kin_span_str(text), "trying again: connection lost: connection timed out");
out:;
}

TEST(every_trouble_has_words_and_fits)
{
    char text[SENTENCE_MAX], hostile[1000];
    for (size_t i = 0; i < sizeof hostile; i++)
        hostile[i] = "\x1b\xff{\n}"[i % 5];
    for (unsigned i = KIN_RTSP_TROUBLE_NONE + 1; i < KIN_RTSP_TROUBLE_COUNT; i++) {
        struct kin_rtsp_client_event e = {.kind = KIN_RTSP_CLIENT_FAILED, .trouble = (enum kin_rtsp_client_trouble)i};
        sentence_of_event(&e, text);
        CHECK(strlen(text) > 10 && strpbrk(text, "{}%") == NULL);
        e.host = e.url = e.peer_text = kin_span_make(hostile, sizeof hostile);
        sentence_of_event(&e, text);
        CHECK(strlen(text) < SENTENCE_MAX && strpbrk(text, "\x1b\n") == NULL);
    }
    for (unsigned i = 400; i < 600; i++) {
        struct kin_rtsp_client_event e = {.trouble = KIN_RTSP_TROUBLE_STATUS, .status = i};
        sentence_of_event(&e, text);
        CHECK(kin_span_starts(kin_span_str(text), "th"));
    }
    for (unsigned i = 0; i < KIN_RTSP_CAUSE_COUNT; i++) {
        struct kin_rtsp_client_event e = {.kind = KIN_RTSP_CLIENT_TRANSPORT_CHANGED,
                                          .cause = (enum kin_rtsp_client_cause)i};
        sentence_of_event(&e, text);
        CHECK(strlen(text) > 10 && strpbrk(text, "{}%") == NULL);
    }
out:;
}

TEST(every_jpeg_trouble_has_words)
{
    char text[SENTENCE_MAX];
    for (unsigned i = 0; i < KIN_JPEG_TROUBLE_COUNT; i++) {
        sentence_of_jpeg_trouble((enum kin_jpeg_trouble)i, 4711, text);
        CHECK(strlen(text) > 10 && strchr(text, '%') == NULL);
    }
    sentence_of_jpeg_trouble(KIN_JPEG_TROUBLE_Q, 100, text);
    CHECK_SPAN(kin_span_str(text), "Q 100 is reserved (RFC 2435, section 4.2)");
out:;
}

static bool says_left_out(unsigned percent, unsigned every, unsigned one_of, const char *wanted)
{
    struct kin_left_out_share share = {.percent = percent, .every = every, .one_of = one_of};
    char text[SENTENCE_MAX];
    sentence_of_left_out(&share, text);
    return strcmp(text, wanted) == 0;
}

TEST(what_a_server_leaves_out_is_said)
{
    CHECK(says_left_out(0, 0, 0, ""));
    CHECK(says_left_out(33, 3, 0, "server leaves out every 3rd frame"));
    CHECK(says_left_out(50, 2, 0, "server leaves out every 2nd frame"));
    CHECK(says_left_out(12, 8, 0, "server leaves out every 8th frame"));
    CHECK(says_left_out(75, 0, 4, "server sends only every 4th frame"));
    CHECK(says_left_out(40, 0, 0, "server leaves out 40 % of the frames"));
out:;
}

TEST(a_lower_quality_is_said)
{
    char text[SENTENCE_MAX] = "before";
    sentence_of_quality(0, text);
    CHECK_SPAN(kin_span_str(text), "");
    sentence_of_quality(2, text);
    CHECK_SPAN(kin_span_str(text), "server lowers the quality, step 2 of 4");
out:;
}
