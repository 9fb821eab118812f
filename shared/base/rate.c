// Frame rates.
#include "base/rate.h"

#include <stdio.h>

#include "base/lex.h"

bool kin_rate_valid(uint64_t num, uint64_t den)
{
    if (num == 0 || den == 0 || num > KIN_RATE_MAX_TERM || den > KIN_RATE_MAX_TERM)
        return false;
    return num <= KIN_RATE_MAX_FPS * den && den <= KIN_RATE_MAX_SECONDS * num;
}

uint32_t kin_rate_milli(uint32_t num, uint32_t den)
{
    uint64_t milli = den > 0 ? ((uint64_t)num * 1000 + den / 2) / den : 0;
    return milli < UINT32_MAX ? (uint32_t)milli : UINT32_MAX;
}

void kin_rate_lower(uint64_t *num, uint64_t *den)
{
    uint64_t a = *num, b = *den;
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    *num /= a > 0 ? a : 1;
    *den /= a > 0 ? a : 1;
}

bool kin_rate_parse(struct kin_span text, uint32_t *ret_num, uint32_t *ret_den)
{
    size_t slash = kin_span_find(text, '/');
    uint64_t num, den = 1;
    if (!kin_lex_u64(kin_span_first(text, slash), UINT32_MAX, &num))
        return false;
    if (slash < text.n && !kin_lex_u64(kin_span_skip(text, slash + 1), UINT32_MAX, &den))
        return false;
    if (den == 0)
        return false;
    *ret_num = (uint32_t)num;
    *ret_den = (uint32_t)den;
    return true;
}

char *kin_rate_format(uint32_t num, uint32_t den, char dst[KIN_RATE_TEXT_MAX])
{
    snprintf(dst, KIN_RATE_TEXT_MAX, den == 1 ? "%u" : "%u/%u", (unsigned)num, (unsigned)den);
    return dst;
}
