// Frame rates: limits, the text form, and the comment inside a JPEG.
#include "media/rate.h"
#include "media_data.h"
#include "unit.h"

TEST(rates_have_limits)
{
    CHECK(kin_rate_valid(25, 1));
    CHECK(kin_rate_valid(30000, 1001));
    CHECK(kin_rate_valid(1000, 1));
    CHECK(kin_rate_valid(1, 3600));
    CHECK(kin_rate_valid(119880121, 1000000));
    CHECK(!kin_rate_valid(1001, 1));
    CHECK(!kin_rate_valid(1, 3601));
    CHECK(!kin_rate_valid(0, 1));
    CHECK(!kin_rate_valid(25, 0));
    CHECK(!kin_rate_valid(UINT32_MAX, UINT32_MAX));
out:
    return;
}

TEST(rates_are_read_as_text)
{
    uint32_t num = 7, den = 7;
    CHECK(kin_rate_parse(unit_guarded_str("24"), &num, &den));
    CHECK_INT(num, 24);
    CHECK_INT(den, 1);
    CHECK(kin_rate_parse(unit_guarded_str("24000/1001"), &num, &den));
    CHECK_INT(num, 24000);
    CHECK_INT(den, 1001);
    static const char *const bad[] = {"",    "/",   "24/", "/1",     "24/0",        "23.976",
                                      " 24", "24 ", "-24", "24/1/1", "99999999999", "24fps"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!kin_rate_parse(unit_guarded_str(bad[i]), &num, &den));
    CHECK_INT(num, 24000); // untouched
out:
    return;
}

static bool find(const char *comment, uint32_t *num, uint32_t *den)
{
    uint8_t room[1024];
    struct bytes b = {room, 0, sizeof room};
    put_tiny_with_comment(&b, comment);
    return kin_rate_find_comment(unit_guarded(b.p, b.n), num, den);
}

TEST(a_comment_states_the_rate)
{
    uint32_t num = 0, den = 0;
    CHECK(find("kinora:fps=30000/1001", &num, &den));
    CHECK_INT(num, 30000);
    CHECK_INT(den, 1001);
    CHECK(find("kinora:fps=24\n", &num, &den));
    CHECK_INT(num, 24);
    CHECK(!find("Kinora:fps=24", &num, &den));
    CHECK(!find("kinora:fps=", &num, &den));
    CHECK(!find("kinora:fps=24 ticks", &num, &den));
    CHECK(!find("Lavc59.37.100", &num, &den));
out:
    return;
}

TEST(a_comment_without_a_sane_rate_states_none)
{
    static const char *const bad[] = {"kinora:fps=0/1", "kinora:fps=1001", "kinora:fps=1/3601", "kinora:fps=fast"};
    uint32_t num = 7, den = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!find(bad[i], &num, &den) && num == 7 && den == 7);
out:;
}

TEST(a_comment_may_end_with_a_nul_and_stand_behind_others)
{
    uint8_t room[1024];
    struct bytes b = {room, 0, sizeof room};
    uint32_t num = 0, den = 0;
    put(&b, tiny_head, sizeof tiny_head);
    put_segment(&b, 0xe0, "JFIF", 5);
    put_segment(&b, 0xfe, "Lavc", 4);
    put_fill(&b, 0xff, 3); // fill bytes before a marker
    put_segment(&b, 0xfe, "kinora:fps=12", 14);
    put(&b, tiny_body, sizeof tiny_body);
    CHECK(kin_rate_find_comment(unit_guarded(b.p, b.n), &num, &den));
    CHECK_INT(num, 12);
    for (size_t n = 0; n < 40; n++) // cut anywhere before its end: not found, nothing read past the end
        CHECK(!kin_rate_find_comment(unit_guarded(b.p, n), &num, &den));
out:
    return;
}

TEST(a_comment_behind_the_scan_does_not_count)
{
    uint8_t room[1024];
    struct bytes b = {room, 0, sizeof room};
    uint32_t num = 0, den = 0;
    put_tiny(&b);
    put_segment(&b, 0xfe, "kinora:fps=12", 13);
    CHECK(!kin_rate_find_comment(unit_guarded(b.p, b.n), &num, &den));
    static const uint8_t short_segment[] = {0xff, 0xd8, 0xff, 0xfe, 0x00, 0x01, 'k'};
    CHECK(!kin_rate_find_comment(unit_guarded(short_segment, sizeof short_segment), &num, &den));
out:
    return;
}

TEST(comments_are_written)
{
    char text[KIN_RATE_COMMENT_MAX];
    CHECK_INT(kin_rate_format_comment(24, 1, text), 13);
    CHECK_SPAN(kin_span_str(text), "kinora:fps=24");
    CHECK_INT(kin_rate_format_comment(24000, 1001, text), 21);
    CHECK_SPAN(kin_span_str(text), "kinora:fps=24000/1001");
    CHECK(kin_rate_format_comment(UINT32_MAX, UINT32_MAX, text) < KIN_RATE_COMMENT_MAX);
out:
    return;
}

TEST(the_mean_of_frames_and_their_time)
{
    static const struct {
        uint32_t frames;
        uint64_t ts;
        uint32_t num, den;
    } table[] = {
        {24, 90000, 24, 1},
        {1, 3600, 25, 1},
        {1, 3750, 24, 1},
        {30, 90090, 30000, 1001},
        {240, 900900, 24000, 1001},
        {2, 90000 * 7, 2, 7},                     // a frame in three and a half seconds
        {1, 90, 1000, 1},                         // as fast as it may be
        {1, 89, 1000, 1},                         // faster: the limit
        {1, 0, 1000, 1},                          // no time at all
        {1, UINT64_C(90000) * 3600, 1, 3600},     // as slow as it may be
        {1, UINT64_C(90000) * 3600 + 1, 1, 3600}, // slower: the limit
        {0, 90000, 1, 3600},                      // no frame
        {0, 0, 1, 3600},                          //
        {UINT32_MAX, 1, 1000, 1},                 //
        {1, UINT64_MAX, 1, 3600},                 //
        {UINT32_MAX, UINT64_MAX, 1, 3600},        //
        {UINT32_MAX, UINT64_C(90000) * UINT32_MAX, 1, 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint32_t num = 0, den = 0;
        kin_rate_mean(table[i].frames, table[i].ts, &num, &den);
        CHECK_INT(num, table[i].num);
        CHECK_INT(den, table[i].den);
    }
out:;
}

// Terms that are too long are shortened to a rate that differs by less than anybody can measure.
TEST(a_mean_with_long_terms_stays_true)
{
    for (uint32_t frames = 1; frames < 4000000000u; frames = frames * 3 + 1) {
        uint64_t ts = (uint64_t)frames * 3003 + 1; // a little more than 29.97 frames/s say
        uint32_t num = 0, den = 0;
        kin_rate_mean(frames, ts, &num, &den);
        CHECK(kin_rate_valid(num, den));
        double want = 90000.0 * frames / (double)ts, got = (double)num / den;
        CHECK(got > want * (1 - 1e-6) && got < want * (1 + 1e-6));
    }
out:;
}

// Regression: listings, descriptions and reports each rounded a rate in their own way.
TEST(a_rate_is_said_in_thousandths)
{
    uint32_t num, den;
    CHECK_INT(kin_rate_milli(24, 1), 24000);
    CHECK_INT(kin_rate_milli(24000, 1001), 23976);
    CHECK_INT(kin_rate_milli(30000, 1001), 29970);
    CHECK_INT(kin_rate_milli(1, 3600), 0);
    CHECK_INT(kin_rate_milli(2, 3), 667);
    CHECK_INT(kin_rate_milli(25, 0), 0);
    CHECK_INT(kin_rate_milli(KIN_RATE_MAX_TERM, 1), UINT32_MAX);
    CHECK(kin_rate_parse(kin_span_str(KIN_RATE_DEFAULT_TEXT), &num, &den));
    CHECK(num == KIN_RATE_DEFAULT_NUM && den == KIN_RATE_DEFAULT_DEN);
out:
    return;
}
