// Text the person edits and text the server sends: prompt, places, protocol log.
#include "client/url_path.h"
#include "model/format.h"
#include "model/prompt.h"
#include "model/wire_log.h"
#include "unit.h"

static void type(struct prompt *p, const char *text)
{
    for (; *text != '\0'; text++)
        prompt_key(p, (uint8_t)*text);
}

TEST(prompt_edits_a_line)
{
    struct prompt p;
    prompt_set(&p, "rtsp://box/");
    type(&p, "reel");
    CHECK_SPAN(kin_span_str(p.text), "rtsp://box/reel");
    prompt_key(&p, INPUT_BACKSPACE);
    prompt_key(&p, INPUT_HOME);
    prompt_key(&p, INPUT_DELETE);
    CHECK_SPAN(kin_span_str(p.text), "tsp://box/ree");
    prompt_key(&p, INPUT_END);
    prompt_key(&p, INPUT_LEFT);
    prompt_key(&p, 'W' & 31);
    CHECK_SPAN(kin_span_str(p.text), "tsp://box/e");
    prompt_key(&p, 'U' & 31);
    CHECK_SPAN(kin_span_str(p.text), "e");
    prompt_key(&p, 'K' & 31);
    CHECK_INT(p.len, 0);
    CHECK(prompt_key(&p, INPUT_BACKSPACE) && prompt_key(&p, INPUT_DELETE) && prompt_key(&p, INPUT_LEFT));
    CHECK(!prompt_key(&p, INPUT_ENTER) && !prompt_key(&p, 0x1b));
out:;
}

// "lost 3 (0.00 %)" is no loss to whoever reads it.
TEST(a_small_loss_does_not_read_as_none)
{
    char a[FORMAT_MAX];
    CHECK_SPAN(kin_span_str(format_loss(0, a)), "0.00 %");
    CHECK_SPAN(kin_span_str(format_loss(3e-6, a)), "<0.01 %");
    CHECK_SPAN(kin_span_str(format_loss(0.12345, a)), "12.35 %");
    CHECK_SPAN(kin_span_str(format_share(0, a)), "0 %");
    CHECK_SPAN(kin_span_str(format_share(3e-6, a)), "<0.01 %");
    CHECK_SPAN(kin_span_str(format_share(0.0004, a)), "0.04 %");
    CHECK_SPAN(kin_span_str(format_share(0.012, a)), "1.2 %");
    CHECK_SPAN(kin_span_str(format_share(0.98, a)), "98 %");
out:;
}

TEST(a_slow_rate_does_not_read_as_none)
{
    char a[FORMAT_MAX];
    CHECK_SPAN(kin_span_str(format_fps(0, a)), "0.0");
    CHECK_SPAN(kin_span_str(format_fps(1 / 3600.0, a)), "0.00028");
    CHECK_SPAN(kin_span_str(format_fps(0.1, a)), "0.1");
    CHECK_SPAN(kin_span_str(format_fps(0.95, a)), "0.9");
    CHECK_SPAN(kin_span_str(format_fps(23.976, a)), "24.0");
out:;
}

TEST(prompt_moves_by_characters)
{
    struct prompt p;
    prompt_set(&p, "");
    prompt_key(&p, 0xe9);
    prompt_key(&p, 0x1f430);
    CHECK_SPAN(kin_span_str(p.text), "\xc3\xa9\xf0\x9f\x90\xb0");
    prompt_key(&p, INPUT_LEFT);
    CHECK_INT(p.cursor, 2);
    prompt_key(&p, INPUT_BACKSPACE);
    CHECK_SPAN(kin_span_str(p.text), "\xf0\x9f\x90\xb0");
    prompt_key(&p, INPUT_DELETE);
    CHECK_INT(p.len, 0);
out:;
}

TEST(prompt_takes_a_paste_without_controls_and_within_its_bound)
{
    struct prompt p;
    prompt_set(&p, "");
    prompt_insert(&p, UNIT_BYTES('a', '\n', 0x1b, '[', 'A', 0xff, 'b'));
    CHECK_SPAN(kin_span_str(p.text), "a[Ab");
    for (int i = 0; i < 3 * PROMPT_MAX; i++)
        prompt_insert(&p, kin_span_str("\xc3\xa9"));
    CHECK(p.len < PROMPT_MAX && p.text[p.len] == '\0' && (uint8_t)p.text[p.len - 1] == 0xa9);
out:;
}

TEST(place_walks_through_urls)
{
    char url[URL_PATH_MAX], name[64];
    CHECK(url_path_complete(" box:8554/a \n", url));
    CHECK_SPAN(kin_span_str(url), "rtsp://box:8554/a");
    CHECK(!url_path_complete("", url) && !url_path_complete("rtsp://", url) &&
          !url_path_complete("rtsp://a:999999/", url));
    CHECK(!url_path_complete("http://box/", url) && url_path_complete("RTSP://box/", url));
    CHECK(url_path_child("rtsp://box/a", "b c%", false, url));
    CHECK_SPAN(kin_span_str(url), "rtsp://box/a/b%20c%25");
    CHECK(url_path_child("rtsp://box", "d", true, url));
    CHECK_SPAN(kin_span_str(url), "rtsp://box/d/");
    CHECK(url_path_parent("rtsp://box/a/b/?x=1", url));
    CHECK_SPAN(kin_span_str(url), "rtsp://box/a/");
    CHECK(url_path_parent("rtsp://box/a", url));
    CHECK_SPAN(kin_span_str(url), "rtsp://box/");
    CHECK(!url_path_parent("rtsp://box/", url) && !url_path_parent("rtsp://box", url) &&
          !url_path_parent("nonsense", url));
    CHECK(!url_path_is_below_root("rtsp://box/") && url_path_is_below_root("rtsp://box/x"));
    url_path_name("rtsp://box/a/my%20reel%1b.mjpeg", name, sizeof name);
    CHECK_SPAN(kin_span_str(name), "my reel\xef\xbf\xbd.mjpeg");
    url_path_name("rtsp://box:1/", name, sizeof name);
    CHECK_SPAN(kin_span_str(name), "box:1");
out:;
}

// Regression: a URL with dots led to a library whose parent was none.
TEST(place_resolves_dots)
{
    static const char *const cases[][2] = {
        {"box/a/./b", "rtsp://box/a/b"},        {"rtsp://box/a/../x.mjpeg?fmt=half", "rtsp://box/x.mjpeg?fmt=half"},
        {"rtsp://box/a/b/..", "rtsp://box/a/"}, {"rtsp://box/./", "rtsp://box/"},
        {"rtsp://box/../x", "rtsp://box/../x"}, {"rtsp://box?a/../b", "rtsp://box?a/../b"},
        {"rtsp://box", "rtsp://box"},           {"rtsp://box/a..b/.c", "rtsp://box/a..b/.c"},
    };
    char url[URL_PATH_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(url_path_complete(cases[i][0], url));
        CHECK_SPAN(kin_span_str(url), cases[i][1]);
    }
out:;
}

// Fault: a name with a space or a percent sign, as a listing shows it, was a bad request.
TEST(place_escapes_what_is_typed)
{
    static const char *const cases[][2] = {
        {"rtsp://box/a b/100%.mjpeg", "rtsp://box/a%20b/100%25.mjpeg"},
        {"rtsp://box/a%20b%2", "rtsp://box/a%20b%252"},
        {"rtsp://box/%zz%c3%a9", "rtsp://box/%25zz%c3%a9"},
        {"rtsp://u%:p%@box/x", "rtsp://u%:p%@box/x"},
    };
    char url[URL_PATH_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(url_path_complete(cases[i][0], url));
        CHECK_SPAN(kin_span_str(url), cases[i][1]);
    }
out:;
}

TEST(place_refuses_what_does_not_fit)
{
    static char name[3 * URL_PATH_MAX];
    char url[URL_PATH_MAX] = "untouched";
    memset(name, ' ', URL_PATH_MAX - 1);
    CHECK(!url_path_child("rtsp://box/", name, false, url));
    memset(name, 'x', sizeof name - 1);
    CHECK(!url_path_complete(name, url));
    CHECK_SPAN(kin_span_str(url), "untouched");
out:;
}

static size_t line_count(const struct wire_log *log)
{
    struct wire_line l;
    size_t n = 0;
    while (wire_log_line(log, n, &l))
        n++;
    return n;
}

TEST(wire_log_shows_messages_as_lines)
{
    struct wire_log log;
    struct wire_line l;
    wire_log_init(&log);
    wire_log_add(&log, 5, true, kin_span_str("PLAY * RTSP/1.0\r\nCSeq: 4\r\n\r\n"));
    wire_log_add(&log, 9, false, kin_span_str("RTSP/1.0 200 OK\n\n"));
    CHECK_INT(line_count(&log), log.lines);
    CHECK_INT(log.lines, 5);
    CHECK(wire_log_line(&log, 0, &l) && l.heading && l.message->sent && l.message->at == 5);
    CHECK(wire_log_line(&log, 2, &l) && !l.heading);
    CHECK_SPAN(l.text, "CSeq: 4");
    CHECK(wire_log_line(&log, 4, &l) && !l.message->sent);
    CHECK_SPAN(l.text, "RTSP/1.0 200 OK");
out:
    wire_log_deinit(&log);
}

TEST(wire_log_forgets_the_oldest)
{
    static char big[2 * WIRE_LOG_MESSAGE_MAX];
    struct wire_log log;
    struct wire_line l;
    wire_log_init(&log);
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 3; i++)
        wire_log_add(&log, i, false, kin_span_make(big, sizeof big));
    CHECK(log.bytes == 3 * WIRE_LOG_MESSAGE_MAX); // each is cut
    for (int i = 0; i < 2 * WIRE_LOG_MESSAGES_MAX; i++)
        wire_log_add(&log, 100 + i, true, kin_span_str("a\nb"));
    CHECK(log.count == WIRE_LOG_MESSAGES_MAX && log.lines == 3 * WIRE_LOG_MESSAGES_MAX);
    for (int i = 0; i < 100; i++)
        wire_log_add(&log, 1000 + i, true, kin_span_make(big, sizeof big));
    CHECK(log.bytes <= WIRE_LOG_BYTES_MAX && log.count > 10);
    CHECK_INT(line_count(&log), log.lines);
    CHECK(wire_log_line(&log, 0, &l) && l.message->at > 1000);
    wire_log_add(&log, 1, true, kin_span_make(NULL, 0)); // nothing to show but that it was sent
out:
    wire_log_deinit(&log);
}
