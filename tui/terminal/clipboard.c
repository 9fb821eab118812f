// Text for the clipboard of the terminal.
#include "terminal/clipboard.h"

static void write_base64(struct kin_wr *out, struct kin_span text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < text.n; i += 3) {
        unsigned v = (unsigned)text.p[i] << 16;
        v |= i + 1 < text.n ? (unsigned)text.p[i + 1] << 8 : 0;
        v |= i + 2 < text.n ? text.p[i + 2] : 0;
        kin_wr_u8(out, (uint8_t)digits[v >> 18]);
        kin_wr_u8(out, (uint8_t)digits[v >> 12 & 63]);
        kin_wr_u8(out, (uint8_t)(i + 1 < text.n ? digits[v >> 6 & 63] : '='));
        kin_wr_u8(out, (uint8_t)(i + 2 < text.n ? digits[v & 63] : '='));
    }
}

// The longest start of a text that fits and does not cut a character.
static struct kin_span cut(struct kin_span text)
{
    size_t n = text.n < CLIPBOARD_TEXT_MAX ? text.n : CLIPBOARD_TEXT_MAX;
    while (n > 0 && n < text.n && (text.p[n] & 0xc0) == 0x80)
        n--;
    return kin_span_first(text, n);
}

void clipboard_write(struct kin_wr *out, struct kin_span text, bool in_tmux)
{
    struct kin_span fitting = cut(text);
    kin_wr_str(out, "\033]52;c;");
    write_base64(out, fitting);
    kin_wr_str(out, "\a");
    if (!in_tmux)
        return;
    kin_wr_str(out, "\033Ptmux;\033\033]52;c;"); // within it, ESC stands twice
    write_base64(out, fitting);
    kin_wr_str(out, "\a\033\\");
}
