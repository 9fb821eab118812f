// tui/sentences: each code has one plain sentence, fit for a screen and without passwords.
#include <stdio.h>

#include "client/sentences.h"
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
    struct kin_rtsp_client_event e = {.kind = KIN_RTSP_CLIENT_SWITCHING, .method = KIN_RTSP_SETUP, .status = 500};
    e.transport.lower = KIN_RTSP_LOWER_TCP;
    CHECK(says(&e, "the server refuses UDP (SETUP: 500 Internal Server Error): trying TCP"));
    e.transport.lower = KIN_RTSP_LOWER_UDP;
    CHECK(says(&e, "the server refuses TCP (SETUP: 500 Internal Server Error): trying UDP"));
    e.cause = KIN_RTSP_CAUSE_SERVER;
    CHECK(says(&e, "the server was asked for TCP and chose UDP: going on over UDP"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_SWITCHING, .seconds = 3};
    e.transport.lower = KIN_RTSP_LOWER_TCP;
    e.cause = KIN_RTSP_CAUSE_CLOSED;
    CHECK(says(&e, "the server closed the connection when asked for UDP: trying TCP"));
    e.cause = KIN_RTSP_CAUSE_NO_ANSWER;
    CHECK(says(&e, "the server has not answered a SETUP over UDP for 3 s: trying TCP"));
    e.cause = KIN_RTSP_CAUSE_SILENCE;
    CHECK(says(&e, "nothing has arrived over UDP for 3 s: going on over TCP"));
    e.kind = KIN_RTSP_CLIENT_SILENT;
    CHECK(says(&e, "nothing has arrived over UDP for 3 s: a firewall may be in the way (try --transport tcp)"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_OTHER_PORT, .port = 8554};
    CHECK(says(&e, "port 554 refuses connections: trying port 8554"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_SKIPPED, .count = 105};
    CHECK(says(&e, "skipped 105 stray bytes between the packets of the server"));
    e = (struct kin_rtsp_client_event){.kind = KIN_RTSP_CLIENT_BLOCK};
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
    CHECK(says(&e, "the server redirects without end: more than 5 times, the last to http://b/"));
    e.trouble = KIN_RTSP_TROUBLE_NO_PORT;
    e.host = kin_span_str("cam"), e.port = 8554;
    CHECK(says(&e, "cannot connect to cam: neither port 554 nor port 8554 accepts connections"));
    e.trouble = KIN_RTSP_TROUBLE_TEXT;
    e.text = "the words of the machine";
    CHECK(says(&e, "the words of the machine"));
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
