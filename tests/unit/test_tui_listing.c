// tui/listing_json: the listing of a directory, as kinorad writes it and as nobody should.
#include <stdio.h>

#include "base/err.h"
#include "client/listing.h"
#include "client/listing_json.h"
#include "client/url_path.h"
#include "unit.h"

static const char sample[] =
    "{\"path\":\"/"
    "\",\"entries\":[{\"name\":\"bunny.mjpeg\",\"type\":\"reel\",\"width\":854,\"height\":480,\"frames\":240,"
    "\"fps\":24.0,\"duration\":10.5,\"bytes\":123456},{\"name\":\"clips\",\"type\":\"directory\"}]}";

TEST(reads_what_kinorad_writes)
{
    struct listing *l = NULL;
    CHECK_INT(listing_parse(unit_guarded_str(sample), &l), KIN_OK);
    CHECK_SPAN(kin_span_str(l->path), "/");
    CHECK_INT(l->count, 2);
    CHECK_SPAN(kin_span_str(l->entries[0].name), "bunny.mjpeg");
    CHECK(!l->entries[0].is_directory);
    CHECK_INT(l->entries[0].width, 854);
    CHECK_INT(l->entries[0].frames, 240);
    CHECK_INT((int)(l->entries[0].duration * 10), 105);
    CHECK_INT(l->entries[0].bytes, 123456);
    CHECK(l->entries[1].is_directory);
    CHECK_SPAN(kin_span_str(l->json), sample);
out:
    listing_free(l);
}

TEST(reads_other_people_s_json)
{
    struct listing *l = NULL;
    CHECK_INT(listing_parse(
                  unit_guarded_str(" { \"x\" : [1, {\"y\":null}, \"\\u00e9\", true, -1.5e3] ,\n\"entries\" : [ { "
                                   "\"name\" : \"\\u00e9\\ud83d\\ude00\\n\\\"\", \"width\": 70000, \"z\":{} } ] } "),
                  &l),
              KIN_OK);
    CHECK_INT(l->count, 1);
    CHECK_SPAN(kin_span_str(l->entries[0].name), "\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\"");
    CHECK_INT(l->entries[0].width, 0);
    listing_free(l);
    l = NULL;
    CHECK_INT(listing_parse(unit_guarded_str("{\"entries\":[]}"), &l), KIN_OK);
    CHECK_INT(l->count, 0);
out:
    listing_free(l);
}

TEST(reads_what_is_not_ready_or_cannot_be_sent)
{
    struct listing *l = NULL;
    CHECK_INT(
        listing_parse(unit_guarded_str(
                          "{\"entries\":[{\"name\":\"a\",\"type\":\"reel\",\"indexing\":0.42,"
                          "\"bytes\":7},{\"indexing\":99},{\"repair\":\"lossless\",\"problem\":\"frame 1:\\n no\"}]}"),
                      &l),
        KIN_OK);
    CHECK_INT(l->count, 3);
    CHECK(l->entries[0].indexing && (int)(l->entries[0].indexed * 100 + 0.5) == 42 && l->entries[0].bytes == 7);
    CHECK(l->entries[1].indexing && l->entries[1].indexed <= 1);
    CHECK(!l->entries[2].indexing);
    CHECK_SPAN(kin_span_str(l->entries[2].repair), "lossless");
    CHECK_SPAN(kin_span_str(l->entries[2].problem), "frame 1:\xef\xbf\xbd no");
out:
    listing_free(l);
}

TEST(reads_what_cannot_be_served)
{
    struct listing *l = NULL;
    CHECK_INT(listing_parse(unit_guarded_str("{\"entries\":[],\"unservable\":{\"count\":12,\"x\":[],\"examples\":["
                                             "{\"name\":\"a.mp4\",\"problem\":\"not a\\nreel\"},{\"name\":\"b\"}]}}"),
                            &l),
              KIN_OK);
    CHECK_INT(l->unservable, 12);
    CHECK_INT(l->example_count, 2);
    CHECK_SPAN(kin_span_str(l->examples[0].name), "a.mp4");
    CHECK_SPAN(kin_span_str(l->examples[0].problem), "not a\xef\xbf\xbdreel");
    CHECK_SPAN(kin_span_str(l->examples[1].problem), "");
out:
    listing_free(l);
}

TEST(more_examples_than_fit_are_left_out)
{
    struct listing *l = NULL;
    CHECK_INT(listing_parse(
                  unit_guarded_str("{\"entries\":[],\"unservable\":{\"examples\":[{},{},{},{},{},{},{},{},{}]}}"), &l),
              KIN_OK);
    CHECK_INT(l->example_count, LISTING_EXAMPLES_MAX);
out:
    listing_free(l);
}

// A name that is no UTF-8 comes with the segment of the URL that leads to it, and with nothing that leads elsewhere.
TEST(a_href_leads_to_the_entry)
{
    static const char *const bad[] = {"../x", "a/b", "..", "a?b", "a#b", "", "a b"};
    char json[128], url[URL_PATH_MAX];
    struct listing *l = NULL;
    CHECK_INT(listing_parse(
                  unit_guarded_str("{\"entries\":[{\"name\":\"caf%E9\",\"href\":\"caf%E9\"},{\"name\":\"a%\"}]}"), &l),
              KIN_OK);
    CHECK(url_path_entry("rtsp://h/d", &l->entries[0], url));
    CHECK_SPAN(kin_span_str(url), "rtsp://h/d/caf%E9");
    CHECK_SPAN(kin_span_str(l->entries[0].name), "caf\\xe9"); // it looked like a file whose name has "%E9" in it
    CHECK(url_path_entry("rtsp://h/d", &l->entries[1], url));
    CHECK_SPAN(kin_span_str(url), "rtsp://h/d/a%25");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        listing_free(l);
        l = NULL;
        snprintf(json, sizeof json, "{\"entries\":[{\"name\":\"x\",\"href\":\"%s\"}]}", bad[i]);
        CHECK_INT(listing_parse(unit_guarded_str(json), &l), KIN_OK);
        CHECK(l->entries[0].href == NULL);
    }
    listing_free(l);
    l = NULL;
    CHECK_INT(listing_parse(unit_guarded_str("{\"entries\":[{\"href\":\"%00\",\"name\":\"n\"},{\"href\":\"a%0Ab\"}],"
                                             "\"unservable\":{\"examples\":[{\"name\":\"%FF\",\"href\":\"%FF\"}]}}"),
                            &l),
              KIN_OK);
    CHECK_SPAN(kin_span_str(l->entries[0].name), "n");
    CHECK_SPAN(kin_span_str(l->entries[1].name), "a\\x0ab");
    CHECK_SPAN(kin_span_str(l->examples[0].name), "\\xff");
    CHECK(url_path_segment(&l->entries[1], url));
    CHECK_SPAN(kin_span_str(url), "a%0Ab");
out:
    listing_free(l);
}

TEST(refuses_what_is_none)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"entries\":{}}",
                                      "{\"entries\":[1]}",
                                      "{\"entries\":[{\"name\":1}]}",
                                      "{\"entries\":[{\"name\":\"\\x\"}]}",
                                      "{\"entries\":[{\"name\":\"\\u12\"}]}",
                                      "{\"entries\":[{} {}]}",
                                      "{\"a\":[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]],\"entries\":[]}"};
    struct listing *l = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(listing_parse(unit_guarded_str(bad[i]), &l) != KIN_OK);
out:
    listing_free(l);
}

TEST(survives_every_cut)
{
    struct listing *l = NULL;
    for (size_t n = 0; n < sizeof sample - 1; n++)
        CHECK(listing_parse(unit_guarded(sample, n), &l) != KIN_OK);
out:
    listing_free(l);
}

TEST(the_number_of_entries_is_bounded)
{
    struct listing *l = NULL;
    static char big[(LISTING_MAX + 1) * 3 + 32];
    size_t n = (size_t)snprintf(big, sizeof big, "{\"entries\":[{}");
    for (int i = 0; i < LISTING_MAX; i++)
        n += (size_t)snprintf(big + n, sizeof big - n, ",{}");
    n += (size_t)snprintf(big + n, sizeof big - n, "]}");
    int err = listing_parse(kin_span_make(big, n), &l);
    CHECK(err == KIN_ELIMIT || err == KIN_ENOMEM);
out:
    listing_free(l);
}
