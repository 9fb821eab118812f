// proto/uri_resolve and proto/uri_mask: references, forms of control URLs, and passwords that nobody is to see.
#include "base/err.h"
#include "proto/uri_mask.h"
#include "proto/uri_resolve.h"
#include "unit.h"

static bool resolves(const char *base, const char *reference, const char *wanted)
{
    char dst[200];
    return kin_uri_resolve(unit_guarded_str(base), unit_guarded_str(reference), dst, sizeof dst) == KIN_OK &&
           strcmp(dst, wanted) == 0;
}

TEST(references)
{
    const char *base = "rtsp://u:p@h:99/a/b/c;p?q";
    CHECK(resolves(base, "rtsp://x/y", "rtsp://x/y"));
    CHECK(resolves(base, "g", "rtsp://u:p@h:99/a/b/g")); // RFC 3986 section 5.4
    CHECK(resolves(base, "./g", "rtsp://u:p@h:99/a/b/g"));
    CHECK(resolves(base, "g/", "rtsp://u:p@h:99/a/b/g/"));
    CHECK(resolves(base, "/g", "rtsp://u:p@h:99/g"));
    CHECK(resolves(base, "//g", "rtsp://g/a/b/c;p?q")); // as a proxy
    CHECK(resolves(base, "//g/", "rtsp://g/"));
    CHECK(resolves(base, "?y", "rtsp://u:p@h:99/a/b/c;p?y"));
    CHECK(resolves(base, "g?y", "rtsp://u:p@h:99/a/b/g?y"));
    CHECK(resolves(base, "", "rtsp://u:p@h:99/a/b/c;p?q"));
    CHECK(resolves(base, ".", "rtsp://u:p@h:99/a/b/"));
    CHECK(resolves(base, "..", "rtsp://u:p@h:99/a/"));
    CHECK(resolves(base, "../g", "rtsp://u:p@h:99/a/g"));
    CHECK(resolves(base, "../../../../g", "rtsp://u:p@h:99/g"));
    CHECK(resolves(base, "/./g", "rtsp://u:p@h:99/g"));
    CHECK(resolves(base, "/../g", "rtsp://u:p@h:99/g"));
    CHECK(resolves(base, "g.", "rtsp://u:p@h:99/a/b/g."));
    CHECK(resolves(base, "..g", "rtsp://u:p@h:99/a/b/..g"));
    CHECK(resolves(base, "./../g", "rtsp://u:p@h:99/a/g"));
    CHECK(resolves(base, "g/../h#f", "rtsp://u:p@h:99/a/b/h"));
    CHECK(resolves("rtsp://h", "g", "rtsp://h/g"));
    CHECK(resolves("rtsp://h?x", "g", "rtsp://h/g"));
    CHECK(!resolves("nonsense", "g", ""));
out:;
}

TEST(references_that_do_not_fit)
{
    char dst[12];
    CHECK_INT(kin_uri_resolve(kin_span_str("rtsp://h/"), kin_span_str("abc"), dst, sizeof dst), KIN_ELIMIT);
    CHECK_INT(kin_uri_resolve(kin_span_str("rtsp://h/"), kin_span_str("ab"), dst, sizeof dst), KIN_OK);
out:;
}

static bool control(enum kin_uri_control_form form, const char *base, const char *control, const char *wanted)
{
    char dst[200] = "none";
    kin_uri_control(form, unit_guarded_str(base), unit_guarded_str(control), dst, sizeof dst);
    return strcmp(dst, wanted) == 0;
}

TEST(forms_of_a_control_url)
{
    const char *base = "rtsp://h/live.sdp?x=1";
    CHECK(control(KIN_URI_CONTROL_APPENDED, base, "t", "rtsp://h/live.sdp/t?x=1"));
    CHECK(control(KIN_URI_CONTROL_BEHIND_QUERY, base, "t", "rtsp://h/live.sdp?x=1/t"));
    CHECK(control(KIN_URI_CONTROL_BEHIND_QUERY, "rtsp://h/l?x=1//", "//t", "rtsp://h/l?x=1/t"));
    CHECK(control(KIN_URI_CONTROL_RFC3986, base, "t", "rtsp://h/t"));
    CHECK(control(KIN_URI_CONTROL_OUR_HOST, base, "t", "none"));
    CHECK(control(KIN_URI_CONTROL_BEHIND_QUERY, "rtsp://h/l/", "t", "none"));
    CHECK(control(KIN_URI_CONTROL_BEHIND_QUERY, base, "*", "none"));
    CHECK(control(KIN_URI_CONTROL_BEHIND_QUERY, base, "", "none"));
    CHECK(control(KIN_URI_CONTROL_APPENDED, base, "rtsp://i:9/t", "rtsp://i:9/t"));
    CHECK(control(KIN_URI_CONTROL_OUR_HOST, base, "rtsp://i:9/t?u", "rtsp://h/t?u"));
    CHECK(control(KIN_URI_CONTROL_OUR_HOST, base, "rtsp://h/t", "none"));
    CHECK(control(KIN_URI_CONTROL_FROM_ROOT, base, "/cam/t", "rtsp://h/cam/t"));
    CHECK(control(KIN_URI_CONTROL_APPENDED, "rtsp://h/cam/", "/cam/t", "rtsp://h/cam/cam/t"));
    CHECK(control(KIN_URI_CONTROL_RFC3986, base, "/cam/t", "none")); // the same again
    CHECK(control(KIN_URI_CONTROL_FROM_ROOT, base, "cam/t", "none"));
    CHECK(control(KIN_URI_CONTROL_FROM_ROOT, base, "//cam/t", "none"));
out:;
}

static bool masked(const char *text, const char *wanted)
{
    char dst[200];
    kin_uri_mask(unit_guarded_str(text), dst, sizeof dst);
    return strcmp(dst, wanted) == 0;
}

TEST(passwords_are_masked)
{
    CHECK(masked("rtsp://user:secret@host/", "rtsp://user:***@host/"));
    CHECK(masked("rtsp://user:se:c@ret@host:99/a:b@c", "rtsp://user:***@host:99/a:b@c"));
    CHECK(masked("rtsp://user:@host", "rtsp://user:***@host"));
    CHECK(masked("rtsp://:pw@[::1]:5/x", "rtsp://:***@[::1]:5/x"));
    CHECK(masked("rtsp://user@host/", "rtsp://user@host/"));
    CHECK(masked("rtsp://host:8554/x?a=b:c@d", "rtsp://host:8554/x?a=b:c@d"));
    CHECK(masked("rtsp://user:se/cr?et#@host:5/x", "rtsp://user:***@host:5/x"));
    CHECK(masked("rtsp://[::1]:8554/a:b@c", "rtsp://[::1]:8554/a:b@c"));
    CHECK(masked("rtsp://host/a:b@c rtsp://host:8554/a@b", "rtsp://host/a:b@c rtsp://host:8554/a@b"));
    CHECK(masked("", ""));
    CHECK(masked("rtsp://", "rtsp://"));
    CHECK(masked("from rtsp://a:b@c/ to http://d:e@f and g:h@i", "from rtsp://a:***@c/ to http://d:***@f and g:h@i"));
    CHECK(masked("Location: rtsp://a:b@c\r\nX: d:e@f", "Location: rtsp://a:***@c\r\nX: d:e@f"));
out:;
}

TEST(masked_text_is_cut_to_its_room)
{
    char dst[12];
    CHECK_INT(kin_uri_mask(kin_span_str("rtsp://user:secret@host/"), dst, sizeof dst), 11);
    CHECK_SPAN(kin_span_str(dst), "rtsp://user");
    CHECK_INT(kin_uri_mask(kin_span_str("x"), dst, 0), 0);
    CHECK_INT(kin_uri_mask(kin_span_str("x"), dst, 1), 0);
out:;
}
