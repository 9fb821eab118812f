// Edit distance over short names (Damerau's, restricted to neighbours).
#include "options/suggest.h"

#include <limits.h>

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned kin_suggest_distance(struct kin_span a, struct kin_span b)
{
    unsigned rows[3][KIN_SUGGEST_NAME_MAX + 1]; // before the last, last, current
    if (a.n > KIN_SUGGEST_NAME_MAX || b.n > KIN_SUGGEST_NAME_MAX)
        return UINT_MAX;
    for (size_t j = 0; j <= b.n; j++)
        rows[1][j] = (unsigned)j;
    for (size_t i = 1; i <= a.n; i++) {
        unsigned *now = rows[2];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b.n; j++) {
            bool same = a.p[i - 1] == b.p[j - 1];
            now[j] = least(least(rows[1][j], now[j - 1]) + 1, rows[1][j - 1] + (same ? 0u : 1u));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                now[j] = least(now[j], rows[0][j - 2] + 1);
        }
        memcpy(rows[0], rows[1], sizeof rows[0]);
        memcpy(rows[1], rows[2], sizeof rows[1]);
    }
    return rows[1][b.n];
}

const char *kin_suggest(struct kin_span text, const char *const *names, size_t count)
{
    const char *best = NULL;
    unsigned limit = (unsigned)least((unsigned)(text.n < 64 ? text.n : 64) / 3 + 1, 3) + 1;
    for (size_t i = 0; i < count; i++) {
        struct kin_span name = kin_span_str(names[i]);
        unsigned d = kin_suggest_distance(text, name);
        if (d < limit && d < name.n) {
            limit = d;
            best = names[i];
        }
    }
    return best;
}
