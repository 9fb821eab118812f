// The grid of cells: clipping, wide and combining characters, text from peers.
#include <locale.h>

#include "base/err.h"
#include "terminal/screen.h"
#include "unit.h"

#define CHECK_TEXT(s, text)                                                                                            \
    do {                                                                                                               \
        char unit_text[4096];                                                                                          \
        screen_text(&(s), unit_text, sizeof unit_text);                                                                \
        CHECK_SPAN(kin_span_str(unit_text), text);                                                                     \
    } while (0)

static struct screen make(int cols, int rows)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    struct screen s = {.utf8 = true, .depth = DEPTH_2};
    screen_resize(&s, cols, rows);
    return s;
}

TEST(screen_puts_text_and_clips_it)
{
    struct screen s = make(6, 2);
    CHECK(s.cells != NULL);
    CHECK_INT(screen_put(&s, 4, 0, -1, ROLE_TEXT, "hello"), 2);
    CHECK_INT(screen_put(&s, 0, 1, 3, ROLE_TEXT, "world"), 3);
    screen_put(&s, 0, 7, -1, ROLE_TEXT, "below");
    screen_put(&s, -2, 0, 3, ROLE_TEXT, "abc");
    CHECK_TEXT(s, "c   h\xe2\x80\xa6\nwo\xe2\x80\xa6\n");
    s.utf8 = false;
    CHECK_INT(screen_put(&s, 0, 1, 5, ROLE_TEXT, "worlds"), 5);
    CHECK_INT(screen_put(&s, 0, 0, 2, ROLE_TEXT, "worlds"), 2); // no room for dots
    CHECK_TEXT(s, "wo  h\xe2\x80\xa6\nwo...\n");
out:
    screen_deinit(&s);
}

TEST(screen_keeps_wide_characters_whole)
{
    struct screen s = make(5, 1);
    CHECK(s.cells != NULL);
    CHECK_INT(screen_put(&s, 0, 0, -1, ROLE_TEXT, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2"), 5); // the third does not fit
    CHECK_INT(screen_at(&s, 0, 0)->len, 3);
    CHECK_INT(screen_at(&s, 1, 0)->len, 0);
    screen_put(&s, 1, 0, -1, ROLE_TEXT, "x"); // takes the right half away
    CHECK_TEXT(s, " x\xe5\xad\x97\xe2\x80\xa6\n");
    screen_put(&s, 2, 0, -1, ROLE_TEXT, "y"); // and here the left one
    CHECK_TEXT(s, " xy \xe2\x80\xa6\n");
out:
    screen_deinit(&s);
}

TEST(screen_joins_combining_characters)
{
    struct screen s = make(3, 1);
    CHECK(s.cells != NULL);
    CHECK_INT(screen_put(&s, 0, 0, -1, ROLE_TEXT, "e\xcc\x81z"), 2);
    CHECK_INT(screen_at(&s, 0, 0)->len, 3);
    for (int i = 0; i < 20; i++) // a tower of accents stays within its cell
        screen_put(&s, 0, 0, -1, ROLE_TEXT, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81");
    CHECK(screen_at(&s, 0, 0)->len <= CELL_GLYPH_MAX);
out:
    screen_deinit(&s);
}

TEST(screen_never_holds_a_control_character)
{
    struct screen s = make(12, 1);
    CHECK(s.cells != NULL);
    screen_put_span(&s, 0, 0, -1, ROLE_TEXT, UNIT_BYTES('a', 0x1b, '[', 0x7f, 0xc2, 0x9b, 0xff, 0xe2, 0x80, 0xae));
    CHECK_TEXT(s, "a\xef\xbf\xbd[\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n");
    s.utf8 = false;
    screen_clear(&s);
    screen_put(&s, 0, 0, -1, ROLE_TEXT, "\xc3\xa9t\xc3\xa9\t");
    CHECK_TEXT(s, "?t??\n");
out:
    screen_deinit(&s);
}

TEST(screen_refuses_impossible_sizes)
{
    struct screen s = make(2, 2);
    CHECK(s.cells != NULL);
    CHECK_INT(screen_resize(&s, SCREEN_COLS_MAX + 1, 1), KIN_ERANGE);
    CHECK_INT(screen_resize(&s, -1, 1), KIN_ERANGE);
    CHECK_INT(s.cols, 2);
    CHECK_INT(screen_resize(&s, 0, 0), KIN_OK);
    CHECK(screen_at(&s, 0, 0) == NULL);
out:
    screen_deinit(&s);
}

TEST(screen_aligns_to_the_right)
{
    struct screen s = make(8, 1);
    CHECK(s.cells != NULL);
    CHECK_INT(screen_put_right(&s, 8, 0, ROLE_TEXT, "12 fps"), 6);
    CHECK_INT(screen_put(&s, 0, 0, -1, ROLE_TEXT, "7"), 1);
    CHECK_TEXT(s, "7 12 fps\n");
out:
    screen_deinit(&s);
}
