// base/span, lex, text: views, numbers, the filter for foreign text.
#include "base/buf.h"
#include "base/lex.h"
#include "base/seq.h"
#include "base/text.h"
#include "base/time.h"
#include "unit.h"

TEST(text_is_found_at_every_place)
{
    struct kin_span s = unit_guarded_str("aab--a--b--bc");
    CHECK_INT(kin_span_find_str(s, "--b"), 6);
    CHECK_INT(kin_span_find_str(s, "aab"), 0);
    CHECK_INT(kin_span_find_str(s, "bc"), 11);
    CHECK_INT(kin_span_find_str(s, "c"), 12);
    CHECK_INT(kin_span_find_str(s, "bcd"), 13); // as much of it as there is
    CHECK_INT(kin_span_find_str(s, "zz"), 13);
    CHECK_INT(kin_span_find_str(s, ""), 0);
    CHECK_INT(kin_span_find_str(kin_span_first(s, 0), "a"), 0);
out:
    return;
}

TEST(bytes_are_found_from_either_end)
{
    struct kin_span s = unit_guarded_str("user@name@host/x?y");
    CHECK_INT(kin_span_find_any(s, "?/"), 14);
    CHECK_INT(kin_span_find_any(s, "!"), 18);
    CHECK_INT(kin_span_find_any(kin_span_make("a\0b/", 4), "/"), 3); // NUL is in no set
    CHECK_INT(kin_span_after_last(s, '@'), 10);
    CHECK_INT(kin_span_after_last(s, 'y'), 18);
    CHECK_INT(kin_span_after_last(s, '!'), 0);
    CHECK_INT(kin_span_find_any(kin_span_first(s, 0), "u"), 0);
    CHECK_INT(kin_span_after_last(kin_span_first(s, 0), 'u'), 0);
out:
    return;
}

TEST(leading_digits_are_counted)
{
    CHECK_INT(kin_lex_digits(unit_guarded_str("0123x9")), 4);
    CHECK_INT(kin_lex_digits(unit_guarded_str("42")), 2);
    CHECK_INT(kin_lex_digits(unit_guarded_str("x1")), 0);
    CHECK_INT(kin_lex_digits(kin_span_make(NULL, 0)), 0);
out:
    return;
}

TEST(split_yields_empty_tail)
{
    struct kin_span rest = unit_guarded_str("a,,b,");
    struct kin_span part;
    CHECK(kin_span_split(&rest, ',', &part));
    CHECK_SPAN(part, "a");
    CHECK(kin_span_split(&rest, ',', &part));
    CHECK_SPAN(part, "");
    CHECK(kin_span_split(&rest, ',', &part));
    CHECK_SPAN(part, "b");
    CHECK(kin_span_split(&rest, ',', &part));
    CHECK_SPAN(part, "");
    CHECK(!kin_span_split(&rest, ',', &part));
out:;
}

TEST(numbers_are_bounded)
{
    uint64_t v = 7;
    CHECK(kin_lex_u64(unit_guarded_str("65535"), 65535, &v));
    CHECK_INT(v, 65535);
    CHECK(!kin_lex_u64(unit_guarded_str("65536"), 65535, &v));
    CHECK(!kin_lex_u64(unit_guarded_str("-1"), 65535, &v));
    CHECK(!kin_lex_u64(unit_guarded_str("1e3"), 65535, &v));
    CHECK(!kin_lex_u64(unit_guarded_str(""), 65535, &v));
    CHECK(!kin_lex_u64(unit_guarded_str("18446744073709551616"), UINT64_MAX, &v));
    CHECK(kin_lex_u64(unit_guarded_str("18446744073709551615"), UINT64_MAX, &v));
    CHECK(kin_lex_hex(unit_guarded_str("FFffFFff"), UINT32_MAX, &v));
    CHECK_INT(v, UINT32_MAX);
    CHECK(kin_lex_micro(unit_guarded_str("12.5"), UINT64_MAX / 2, &v));
    CHECK_INT(v, 12500000);
    CHECK(kin_lex_micro(unit_guarded_str(".25"), UINT64_MAX / 2, &v));
    CHECK_INT(v, 250000);
    CHECK(!kin_lex_micro(unit_guarded_str("."), UINT64_MAX / 2, &v));
    CHECK(!kin_lex_micro(unit_guarded_str("1.x"), UINT64_MAX / 2, &v));
out:;
}

TEST(foreign_text_is_made_harmless)
{
    char out[64];
    kin_text_escape(unit_guarded_str("a\x1b[2J\xc2\x9b\xe2\x80\xae\xff\xc3\xa9"), out, sizeof out);
    CHECK_SPAN(kin_span_str(out), "a\\x1b[2J\\x9b\\u202e\\xff\xc3\xa9");
    kin_text_clean(unit_guarded_str("a\x1b\xff\xc3\xa9"), true, out, sizeof out);
    CHECK_SPAN(kin_span_str(out), "a\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9");
    kin_text_clean(unit_guarded_str("caf\xc3\xa9"), false, out, sizeof out);
    CHECK_SPAN(kin_span_str(out), "caf?");
    CHECK_INT(kin_text_clean(kin_span_str("abcdef"), true, out, 4), 3);
out:;
}

TEST(wrapping_numbers_extend)
{
    CHECK_INT(kin_seq_extend(65535, 0), 65536);
    CHECK_INT(kin_seq_extend(65536, 65535), 65535);
    CHECK_INT(kin_ts_extend(UINT64_C(0xfffffff0), 16), 0x100000010);
    CHECK_INT(kin_us_from_ts(90000), 1000000);
    CHECK_INT(kin_ts_from_us(kin_us_from_ts(3750)), 3750);
    CHECK_INT(kin_ts_from_us(-1000000), -90000);
out:;
}

TEST(buffers_are_shared)
{
    struct kin_buf *a = kin_buf_copy(kin_span_str("frame"));
    struct kin_buf *b = kin_buf_ref(a);
    CHECK(a != NULL);
    CHECK_SPAN(kin_buf_span(b), "frame");
    kin_buf_unref(a);
    a = NULL;
    CHECK_SPAN(kin_buf_span(b), "frame");
out:
    kin_buf_unref(a);
    kin_buf_unref(b);
}

TEST(text_utf8_both_ways)
{
    static const uint32_t codes[] = {0, 'a', 0x7f, 0x80, 0x7ff, 0x800, 0x2580, 0xfffd, 0x10000, 0x1fb00, 0x10ffff};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char bytes[4];
        uint32_t code = 1;
        size_t n = kin_text_put_utf8(codes[i], bytes);
        CHECK_INT(kin_text_utf8(kin_span_make(bytes, n), &code), n);
        CHECK_INT(code, codes[i]);
    }
out:;
}
