// Numbers and tokens out of text.
#include "base/lex.h"

bool kin_lex_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

size_t kin_lex_digits(struct kin_span s)
{
    size_t n = 0;
    while (n < s.n && kin_lex_is_digit(s.p[n]))
        n++;
    return n;
}

bool kin_lex_is_token_char(uint8_t c)
{
    return c > 0x20 && c < 0x7f && memchr("()<>@,;:\\\"/[]?={}", c, 17) == NULL;
}

bool kin_lex_take_u64(struct kin_span *s, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < s->n && kin_lex_is_digit(s->p[i]); i++) {
        uint64_t d = (uint64_t)(s->p[i] - '0');
        if (v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    if (i == 0 || v > max)
        return false;
    *s = kin_span_skip(*s, i);
    *ret = v;
    return true;
}

bool kin_lex_u64(struct kin_span s, uint64_t max, uint64_t *ret)
{
    uint64_t v;
    if (!kin_lex_take_u64(&s, max, &v) || s.n != 0)
        return false;
    *ret = v;
    return true;
}

static int hex_digit(uint8_t c)
{
    if (kin_lex_is_digit(c))
        return c - '0';
    uint8_t l = (uint8_t)(c | 0x20);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool kin_lex_hex(struct kin_span s, uint64_t max, uint64_t *ret)
{
    if (s.n == 0)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        int d = hex_digit(s.p[i]);
        if (d < 0 || v >> 60 != 0)
            return false;
        v = v << 4 | (uint64_t)d;
    }
    if (v > max)
        return false;
    *ret = v;
    return true;
}

bool kin_lex_micro(struct kin_span s, uint64_t max_micro, uint64_t *ret)
{
    uint64_t whole = 0;
    uint64_t micro = 0;
    bool have_whole = s.n > 0 && kin_lex_is_digit(s.p[0]);
    if (have_whole && !kin_lex_take_u64(&s, max_micro / 1000000, &whole))
        return false;
    if (s.n > 0) {
        if (s.p[0] != '.' || (s.n == 1 && !have_whole))
            return false;
        uint64_t unit = 100000;
        for (size_t i = 1; i < s.n; i++, unit /= 10) {
            if (!kin_lex_is_digit(s.p[i]))
                return false;
            micro += unit * (uint64_t)(s.p[i] - '0');
        }
    } else if (!have_whole) {
        return false;
    }
    uint64_t v = whole * 1000000 + micro;
    if (v > max_micro)
        return false;
    *ret = v;
    return true;
}

static bool is_decimal(struct kin_span s)
{
    size_t digits = 0, points = 0;
    for (size_t i = 0; i < s.n; i++) {
        digits += kin_lex_is_digit(s.p[i]);
        points += s.p[i] == '.';
    }
    return digits > 0 && points <= 1 && digits + points == s.n;
}

bool kin_lex_micro_to(struct kin_span s, uint64_t max_micro, uint64_t *ret)
{
    if (!is_decimal(s))
        return false;
    if (!kin_lex_micro(s, max_micro, ret))
        *ret = max_micro;
    return true;
}

bool kin_lex_word(struct kin_span *s, struct kin_span *ret)
{
    size_t a = 0;
    while (a < s->n && (s->p[a] == ' ' || s->p[a] == '\t'))
        a++;
    size_t b = a;
    while (b < s->n && s->p[b] != ' ' && s->p[b] != '\t')
        b++;
    if (a == b)
        return false;
    *ret = kin_span_make(s->p + a, b - a);
    *s = kin_span_skip(*s, b);
    return true;
}
