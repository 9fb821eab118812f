// What people see of URLs and messages has no passwords, and what they see of a server no control characters.
#include "base/err.h"
#include "base/text.h"
#include "client/listing.h"
#include "client/listing_json.h"
#include "client/url_path.h"
#include "model/wire_log.h"
#include "proto/sdp.h"
#include "unit.h"

#define C1 "\xc2\x9b"      // U+009B, CSI of one character
#define RLO "\xe2\x80\xae" // U+202E, right-to-left override

static bool shown(const char *url, const char *wanted)
{
    char text[URL_PATH_SHOWN_MAX];
    url_path_shown(url, text);
    return strcmp(text, wanted) == 0;
}

static bool named(const char *url, const char *wanted)
{
    char text[64];
    url_path_name(url, text, sizeof text);
    return strcmp(text, wanted) == 0;
}

TEST(urls_are_shown_without_passwords)
{
    CHECK(shown("rtsp://user:secret@host/x", "rtsp://user:***@host/x"));
    CHECK(shown("user:secret@host/x", "user:***@host/x"));
    CHECK(shown("host:8554/a@b", "host:8554/a@b"));
    CHECK(shown("http://u:se/cret@h", "http://u:***@h"));
    CHECK(shown("rtsp://h/" C1 RLO, "rtsp://h/\xef\xbf\xbd\xef\xbf\xbd"));
    CHECK(named("rtsp://user:secret@host", "user:***@host"));
    CHECK(named("rtsp://user:se/cret@host", "user:***@host"));
    CHECK(named("rtsp://user:secret@host/dir/reel?x=1", "reel"));
out:;
}

static bool unmasked(const char *typed, const char *original, const char *wanted)
{
    char url[URL_PATH_MAX] = "";
    bool done = url_path_unmask(typed, original, url);
    return wanted == NULL ? !done && url[0] == '\0' : done && strcmp(url, wanted) == 0;
}

// The prompt opened "***" as the password.
TEST(an_edited_url_keeps_its_password_for_its_host)
{
    const char *original = "rtsp://ann:s%40c%25@box:8554/dir/a.mjpeg";
    CHECK(unmasked("rtsp://ann:***@box:8554/dir/b", original, "rtsp://ann:s%40c%25@box:8554/dir/b"));
    CHECK(unmasked("rtsp://ann:***@box/***", original, "rtsp://ann:s%40c%25@box/***"));
    CHECK(unmasked("rtsp://ann:new@box/b", original, "rtsp://ann:new@box/b"));
    CHECK(unmasked("rtsp://other/***", original, "rtsp://other/***"));
    CHECK(unmasked("rtsp://ann:***@evil/dir/b", original, NULL));
    CHECK(unmasked("rtsp://bob:***@box/dir/b", original, NULL));
    CHECK(unmasked("rtsp://ann:***@box/", "rtsp://box/", "rtsp://ann:***@box/")); // typed as it is
    CHECK(unmasked("rtsp://ann:***@box/", "", "rtsp://ann:***@box/"));
out:;
}

static bool logged(const char *message, size_t n, const char *wanted)
{
    struct wire_log log;
    struct wire_line line = {.text = kin_span_make(NULL, 0)};
    wire_log_init(&log);
    wire_log_add(&log, 0, true, kin_span_str(message));
    wire_log_line(&log, n, &line);
    bool same = kin_span_is(line.text, wanted);
    wire_log_deinit(&log);
    return same;
}

TEST(the_protocol_log_has_no_credentials)
{
    const char *message =
        "DESCRIBE rtsp://u:pw@h/x RTSP/1.0\r\nAuthorization: Digest username=\"u\", response=\"1\"\r\n"
        "proxy-authorization: Basic dTpwdw==\r\nLocation: rtsp://a:b@c/\r\nCSeq: 1\r\n\r\n";
    if (unit_starved())
        return;
    CHECK(logged(message, 1, "DESCRIBE rtsp://u:***@h/x RTSP/1.0"));
    CHECK(logged(message, 2, "Authorization: Digest ***"));
    CHECK(logged(message, 3, "proxy-authorization: Basic ***"));
    CHECK(logged(message, 4, "Location: rtsp://a:***@c/"));
    CHECK(logged(message, 5, "CSeq: 1"));
out:;
}

TEST(a_long_message_is_cut_and_masked)
{
    static char message[3 * WIRE_LOG_MESSAGE_MAX];
    struct wire_log log;
    struct wire_line line;
    wire_log_init(&log);
    for (size_t i = 0; i + 12 < sizeof message; i += 12)
        memcpy(message + i, "x://a:b@c/\r\n", 12);
    wire_log_add(&log, 0, false, kin_span_str(message));
    for (size_t n = 1; wire_log_line(&log, n, &line); n++)
        CHECK(kin_span_find_str(line.text, "b@") == line.text.n);
    CHECK(log.bytes <= WIRE_LOG_MESSAGE_MAX + 256);
out:
    wire_log_deinit(&log);
}

// `ls --json` printed what the server sent byte for byte.
TEST(the_json_of_a_listing_is_fit_for_a_terminal)
{
    struct listing *l = NULL;
    const char *json = "{\"path\":\"/\",\n\t\"entries\":[{\"name\":\"a" C1 "2J" RLO "\x1b\x7f\xff"
                       "b\",\"type\":\"reel\"}]}";
    int err = listing_parse(unit_guarded_str(json), &l);
    if (err == KIN_ENOMEM)
        return;
    CHECK_INT(err, KIN_OK);
    CHECK_SPAN(kin_span_str(l->json),
               "{\"path\":\"/\",\n\t\"entries\":[{\"name\":\"a\\u009b2J\\u202e\\u001b\\u007f\xef\xbf\xbd"
               "b\",\"type\":\"reel\"}]}");
    CHECK(strstr(l->entries[0].name, C1) == NULL && strstr(l->entries[0].name, RLO) == NULL);
out:
    listing_free(l);
}

TEST(json_text_is_measured_before_it_is_written)
{
    char dst[8];
    CHECK_INT(kin_text_json(kin_span_str("ab" C1), NULL, 0), 8);
    CHECK_INT(kin_text_json(kin_span_str("ab" C1), dst, sizeof dst), 8);
    CHECK_SPAN(kin_span_str(dst), "ab");
out:;
}

TEST(our_descriptions_carry_no_controls)
{
    uint8_t room[1024];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_sdp_out sdp = {.name = unit_guarded_str("a" C1 RLO "\xff\x1b"
                                                       "b"),
                              .duration = -1,
                              .format = KIN_PAYLOAD_JPEG,
                              .payload_type = 26,
                              .control = "track1"};
    kin_sdp_write(&w, &sdp);
    CHECK(!w.bad);
    CHECK(kin_span_find_str(kin_wr_span(&w), "s=a  \xef\xbf\xbd b\r\n") < w.len);
out:;
}
