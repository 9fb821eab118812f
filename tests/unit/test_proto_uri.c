// proto/uri: URLs as people and servers write them.
#include <stdio.h>

#include "base/err.h"
#include "proto/uri.h"
#include "unit.h"

TEST(a_full_url_is_split)
{
    struct kin_uri u;
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://ann:s%20t@box.example:8554/clips/a%20b.mjpeg?fmt=xqt#x"), &u), 0);
    CHECK_SPAN(u.scheme, "rtsp");
    CHECK_SPAN(u.user, "ann");
    CHECK_SPAN(u.password, "s%20t");
    CHECK_SPAN(u.host, "box.example");
    CHECK(!u.host_is_ipv6);
    CHECK_INT(u.port, 8554);
    CHECK_SPAN(u.path, "/clips/a%20b.mjpeg");
    CHECK_SPAN(u.query, "fmt=xqt");
out:;
}

TEST(what_is_absent_has_defaults)
{
    struct kin_uri u;
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://h"), &u), 0);
    CHECK_INT(u.port, 554);
    CHECK_SPAN(u.path, "");
    CHECK_SPAN(u.user, "");
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsps://h/"), &u), 0);
    CHECK_INT(u.port, 322);
    CHECK_SPAN(u.path, "/");
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://h:/x"), &u), 0); // RFC 3986: an empty port is the default
    CHECK_INT(u.port, 554);
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://h?x=1"), &u), 0);
    CHECK_SPAN(u.path, "");
    CHECK_SPAN(u.query, "x=1");
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://h/my movie.mjpeg"), &u), 0); // as ffmpeg sends it
    CHECK_SPAN(u.path, "/my movie.mjpeg");
out:;
}

TEST(ipv6_hosts_lose_their_brackets)
{
    struct kin_uri u;
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://[::1]:8554/a"), &u), 0);
    CHECK_SPAN(u.host, "::1");
    CHECK(u.host_is_ipv6);
    CHECK_INT(u.port, 8554);
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://[fe80::1%25eth0]/"), &u), 0);
    CHECK_SPAN(u.host, "fe80::1%25eth0");
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://[::ffff:10.0.0.1]"), &u), 0);
    CHECK_INT(u.port, 554);
out:;
}

TEST(a_password_may_hold_an_at_sign)
{
    struct kin_uri u;
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://admin:p@ss:w@10.0.0.2/ch0"), &u), 0);
    CHECK_SPAN(u.user, "admin");
    CHECK_SPAN(u.password, "p@ss:w");
    CHECK_SPAN(u.host, "10.0.0.2");
    CHECK_INT(kin_uri_parse(unit_guarded_str("rtsp://h/a@b"), &u), 0); // not userinfo
    CHECK_SPAN(u.host, "h");
out:;
}

TEST(bad_urls_are_refused)
{
    static const char *const bad[] = {
        "",
        "rtsp:",
        "rtsp:/h",
        "rtsp://",
        "rtsp:///path",
        "://h/",
        "1rtsp://h/",
        "rtsp://h:0/",
        "rtsp://h:65536",
        "rtsp://h:-1/",
        "rtsp://h:8x/",
        "rtsp://:554/",
        "rtsp://u@",
        "rtsp://[::1",
        "rtsp://[]/",
        "rtsp://[::1]x/",
        "rtsp://[host]/",
        "rtsp://h/a\rb",
        "h/a",
        "rtsp://h/a\nX: y",
        "rtsp://h\t/",
        "rtsp://h/\x7f",
        "rtsp://a b/",
        "rtsp://h:1:2/",
        "*",
        "/movie.mjpeg",
        "movie.mjpeg",
        "rtsp://a]b/",
        "rtsp://[1.2.3.4]/",
        "rtsp://[::g]/",
    };
    struct kin_uri u;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_SPAN(kin_span_str(kin_uri_parse(unit_guarded_str(bad[i]), &u) == KIN_EBAD ? bad[i] : "taken"), bad[i]);
    CHECK_INT(kin_uri_parse(UNIT_BYTES('r', 't', 's', 'p', ':', '/', '/', 'h', '/', 0), &u), KIN_EBAD);
out:;
}

TEST(the_length_of_a_url_is_limited)
{
    static char text[KIN_URI_MAX + 1];
    struct kin_uri u;
    memset(text, 'a', sizeof text);
    memcpy(text, "rtsp://h/", 9);
    CHECK_INT(kin_uri_parse(unit_guarded(text, KIN_URI_MAX), &u), 0);
    CHECK_INT(kin_uri_parse(unit_guarded(text, KIN_URI_MAX + 1), &u), KIN_EBAD);
out:;
}

TEST(every_cut_of_a_url_stays_inside)
{
    static const char text[] = "rtsp://u:p@[::1%25e]:8554/a%20b?x=y#f";
    struct kin_uri u;
    char out[64];
    for (size_t n = 0; n < sizeof text; n++) {
        struct kin_span s = unit_guarded(text, n);
        kin_uri_parse(s, &u);
        kin_uri_decode(s, out, sizeof out, NULL);
        kin_uri_resolve_control(s, s, out, sizeof out);
    }
}

TEST(percent_coding)
{
    char out[8];
    size_t n = 0;
    CHECK_INT(kin_uri_decode(unit_guarded_str("a%20b%2f"), out, sizeof out, &n), 0);
    CHECK_SPAN(kin_span_str(out), "a b/");
    CHECK_INT(n, 4);
    CHECK_INT(kin_uri_decode(unit_guarded_str("a%2"), out, sizeof out, NULL), KIN_EBAD);
    CHECK_INT(kin_uri_decode(unit_guarded_str("a%"), out, sizeof out, NULL), KIN_EBAD);
    CHECK_INT(kin_uri_decode(unit_guarded_str("%zz"), out, sizeof out, NULL), KIN_EBAD);
    CHECK_INT(kin_uri_decode(unit_guarded_str("%00"), out, sizeof out, NULL), KIN_EBAD);
    CHECK_INT(kin_uri_decode(unit_guarded_str("1234567"), out, sizeof out, NULL), 0);
    CHECK_INT(kin_uri_decode(unit_guarded_str("12345678"), out, sizeof out, NULL), KIN_ELIMIT);
    CHECK_INT(kin_uri_decode(unit_guarded_str(""), out, 0, NULL), KIN_ELIMIT);
    CHECK_INT(kin_uri_encode_path(unit_guarded_str("/a b"), out, sizeof out), 0);
    CHECK_SPAN(kin_span_str(out), "/a%20b");
    CHECK_INT(kin_uri_encode_path(unit_guarded_str("???"), out, sizeof out), KIN_ELIMIT);
out:;
}

TEST(controls_resolve_against_the_base)
{
    static const struct {
        const char *base, *control, *want;
    } rows[] = {
        {"rtsp://h/a", "track1", "rtsp://h/a/track1"},
        {"rtsp://h/a/", "track1", "rtsp://h/a/track1"},
        {"rtsp://h/a/", "/track1", "rtsp://h/a/track1"},
        {"rtsp://h/a", "*", "rtsp://h/a"},
        {"rtsp://h/a/", "", "rtsp://h/a/"},
        {"rtsp://h/a", "rtsp://other/b?c", "rtsp://other/b?c"},
        {"rtsp://h/cam?ch=1", "trackID=1", "rtsp://h/cam/trackID=1?ch=1"},
        {"rtsp://h/cam/?ch=1", "trackID=1", "rtsp://h/cam/trackID=1?ch=1"},
        {"rtsp://h/cam?ch=1", "t?u=2", "rtsp://h/cam/t?u=2"},
        {"rtsp://h/cam?ch=1", "?u=2", "rtsp://h/cam?u=2"},
        {"rtsp://h", "stream=0", "rtsp://h/stream=0"},
    };
    char out[64];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kin_span base = unit_guarded_str(rows[i].base);
        CHECK_INT(kin_uri_resolve_control(base, unit_guarded_str(rows[i].control), out, sizeof out), 0);
        CHECK_SPAN(kin_span_str(out), rows[i].want);
    }
    CHECK_INT(kin_uri_resolve_control(kin_span_str("rtsp://h/a"), kin_span_str("track1"), out, 17), KIN_ELIMIT);
    CHECK_INT(kin_uri_resolve_control(kin_span_str("rtsp://h/a"), kin_span_str("track1"), out, 18), 0);
out:;
}

// A URL with "/./" or "a/../x" was not found.
TEST(dot_segments_are_removed)
{
    static const struct {
        const char *path, *want;
    } table[] = {
        {"", ""},           {"a", "a"},
        {"a/./b", "a/b"},   {"./a", "a"},
        {"a/.", "a/"},      {"a/..", ""},
        {"a/../b", "b"},    {"a/b/../../c", "c"},
        {"/a/../b", "/b"},  {"/./a", "/a"},
        {"a/b/..", "a/"},   {"a/b/../", "a/"},
        {"...", "..."},     {".a/..b", ".a/..b"},
        {"a//b", "a//b"},   {"a/./././", "a/"},
        {"x/.././y", "y"},  {"/a/b/c/./../../g", "/a/g"},
        {"a//../b", "a/b"}, {".", ""},
    };
    static const char *const above[] = {"..", "../a", "a/../../b", "/..", "/../a", "a/b/../../..", "./.."};
    char path[64];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(path, sizeof path, "%s", table[i].path);
        CHECK_INT(kin_uri_remove_dots(path), KIN_OK);
        CHECK_SPAN(kin_span_str(path), table[i].want);
    }
    for (size_t i = 0; i < sizeof above / sizeof above[0]; i++) {
        snprintf(path, sizeof path, "%s", above[i]);
        CHECK_INT(kin_uri_remove_dots(path), KIN_ERANGE);
        CHECK_SPAN(kin_span_str(path), above[i]);
    }
out:;
}
