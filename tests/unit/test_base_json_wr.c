// JSON through a writer: commas, escapes, numbers, and what does not fit.
#include "base/json_wr.h"
#include "unit.h"

static char room[256];

TEST(json_separates_members_and_elements)
{
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_json_open(&w, NULL, '{');
    kin_json_open(&w, "a", '[');
    kin_json_uint(&w, NULL, UINT64_MAX);
    kin_json_open(&w, NULL, '{');
    kin_json_close(&w, '}');
    kin_json_str(&w, NULL, "{");
    kin_json_str(&w, NULL, "");
    kin_json_close(&w, ']');
    kin_json_bool(&w, "b", false);
    kin_json_open(&w, "c", '[');
    kin_json_close(&w, ']');
    kin_json_fmt(&w, "d", "%.3f", 0.5);
    kin_json_fmt(&w, "e", "null");
    kin_json_close(&w, '}');
    CHECK(!w.bad);
    CHECK_SPAN(kin_wr_span(&w),
               "{\"a\":[18446744073709551615,{},\"{\",\"\"],\"b\":false,\"c\":[],\"d\":0.500,\"e\":null}");
out:;
}

TEST(json_escapes_what_is_no_text)
{
    static const char text[] = "a\"\\\x1b\xc2\x9b\xe2\x80\xae\xc3\xa9\xe9";
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_json_open(&w, NULL, '[');
    kin_json_str(&w, NULL, text);
    kin_json_name(&w, NULL, text);
    kin_json_close(&w, ']');
    CHECK_SPAN(kin_wr_span(&w), "[\"a\\\"\\\\\\u001b\\u009b\\u202e\xc3\xa9\\ufffd\","
                                "\"a\\\"\\\\\\u001b\\u009b\\u202e\xc3\xa9%E9\"]");
out:;
}

TEST(thousandths_lose_their_needless_zeros)
{
    static const uint64_t values[] = {0, 7, 70, 700, 23976, 24000, 24010};
    struct kin_wr w = kin_wr_init(room, sizeof room);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        kin_wr_milli(&w, values[i], 0);
        kin_wr_u8(&w, ' ');
        kin_json_milli(&w, "m", values[i]);
        kin_wr_u8(&w, '\n');
    }
    CHECK_SPAN(kin_wr_span(&w), "0 ,\"m\":0.0\n0.007 ,\"m\":0.007\n0.07 ,\"m\":0.07\n0.7 ,\"m\":0.7\n"
                                "23.976 ,\"m\":23.976\n24 ,\"m\":24.0\n24.01 ,\"m\":24.01\n");
out:;
}

// Whatever the room, nothing is written behind it, and what was taken back leaves no comma.
TEST(json_stays_in_its_room)
{
    for (size_t size = 0; size < 40; size++) {
        struct kin_wr w = kin_wr_init(room, size);
        memset(room, '#', sizeof room);
        kin_json_open(&w, NULL, '[');
        size_t before = w.len;
        kin_json_name(&w, NULL, "\x01\xff\"");
        kin_json_milli(&w, NULL, 24000);
        kin_json_close(&w, ']');
        CHECK(w.len <= size && room[size] == '#');
        CHECK_INT(w.bad, size < sizeof "[\"\\u0001%FF\\\"\",24.0]" - 1);
        if (w.bad && size > 1) {
            w.len = before;
            w.bad = false;
            kin_json_close(&w, ']');
            CHECK_SPAN(kin_wr_span(&w), "[]");
        }
    }
out:;
}
