// OSC 52: the bytes that put text on the clipboard of a terminal.
#include "terminal/clipboard.h"

#include "unit.h"

static struct kin_span written(const char *text, bool in_tmux)
{
    static uint8_t bytes[256];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    clipboard_write(&w, kin_span_str(text), in_tmux);
    return kin_wr_span(&w);
}

TEST(clipboard_text_is_base64_in_osc_52) // the vectors of RFC 4648, section 10
{
    CHECK_SPAN(written("", false), "\033]52;c;\a");
    CHECK_SPAN(written("f", false), "\033]52;c;Zg==\a");
    CHECK_SPAN(written("fo", false), "\033]52;c;Zm8=\a");
    CHECK_SPAN(written("foo", false), "\033]52;c;Zm9v\a");
    CHECK_SPAN(written("foob", false), "\033]52;c;Zm9vYg==\a");
    CHECK_SPAN(written("\xff\xfb\xbf", false), "\033]52;c;//u/\a");
out:;
}

TEST(clipboard_text_passes_through_tmux)
{
    CHECK_SPAN(written("foo", true), "\033]52;c;Zm9v\a\033Ptmux;\033\033]52;c;Zm9v\a\033\\");
out:;
}

TEST(clipboard_text_has_a_limit)
{
    static char text[CLIPBOARD_TEXT_MAX + 100];
    static uint8_t bytes[CLIPBOARD_BYTES_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    memset(text, 'a', sizeof text - 1);
    clipboard_write(&w, kin_span_str(text), true);
    CHECK(!w.bad);
    memcpy(text + CLIPBOARD_TEXT_MAX - 2, "\xe6\xbc\xa2", 3); // would be cut in its middle
    struct kin_wr shorter = kin_wr_init(bytes, sizeof bytes);
    clipboard_write(&shorter, kin_span_str(text), true);
    CHECK(!shorter.bad && shorter.len < w.len);
out:;
}
