// Picture sizes.
#include "dimensions.h"

#include "base/err.h"
#include "base/lex.h"

static bool parse_side(struct kin_span text, uint32_t *ret)
{
    uint64_t n = 0;
    if (!kin_span_is(text, "-") && !kin_lex_u64(text, DIMENSIONS_MAX, &n))
        return false;
    *ret = (uint32_t)n;
    return true;
}

bool dimensions_parse(const char *text, struct dimensions *ret)
{
    struct kin_span s = kin_span_str(text);
    size_t at = kin_span_find(s, 'x');
    struct dimensions d;
    if (!parse_side(kin_span_first(s, at), &d.width) || !parse_side(kin_span_skip(s, at + 1), &d.height))
        return false;
    if (d.width == 0 && d.height == 0)
        return false;
    *ret = d;
    return true;
}

// n * a / b, rounded, from 1 to UINT32_MAX.
static uint32_t scale(uint32_t n, uint64_t a, uint64_t b)
{
    uint64_t most = UINT64_MAX / 2;
    while (a > most / (n > 0 ? n : 1)) { // only with shapes that no real film has
        a /= 2;
        b /= 2;
    }
    if (b == 0)
        return UINT32_MAX;
    uint64_t scaled = (n * a + b / 2) / b;
    return scaled == 0 ? 1 : scaled < UINT32_MAX ? (uint32_t)scaled : UINT32_MAX;
}

int dimensions_make(struct dimensions requested, struct dimensions film, uint32_t aspect_num, uint32_t aspect_den,
                    struct dimensions *ret)
{
    bool square = aspect_num == 0 || aspect_den == 0;
    uint64_t wide = (uint64_t)film.width * (square ? 1 : aspect_num);
    uint64_t high = (uint64_t)film.height * (square ? 1 : aspect_den);
    struct dimensions d = requested;
    if (film.width == 0 || film.height == 0)
        return KIN_ERANGE;
    if (d.width == 0 && d.height == 0)
        d.height = film.height;
    if (d.width == 0)
        d.width = scale(d.height, wide, high);
    else if (d.height == 0)
        d.height = scale(d.width, high, wide);
    if (d.width > DIMENSIONS_MAX || d.height > DIMENSIONS_MAX)
        return KIN_ERANGE;
    *ret = d;
    return KIN_OK;
}
