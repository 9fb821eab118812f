// Times, percentages and frame numbers as they are typed.
#include "model/position_input.h"

#include "base/lex.h"

#define SECONDS_MAX (1000000 * KIN_US_PER_S) // more than any reel lasts
#define HOURS_MAX 1000
#define TIME_PARTS 3

static bool parse_time(struct kin_span s, kin_us *ret)
{
    struct kin_span part;
    uint64_t micro = 0, larger_unit = 0, minutes = 0;
    int parts = 0;
    while (kin_span_split(&s, ':', &part)) {
        bool last = s.p == NULL;
        if (++parts > TIME_PARTS)
            return false;
        if (!(last ? kin_lex_micro(part, SECONDS_MAX, &micro) : kin_lex_u64(part, HOURS_MAX * 60, &larger_unit)))
            return false;
        minutes = last ? minutes : minutes * 60 + larger_unit;
    }
    *ret = (kin_us)(minutes * 60 * KIN_US_PER_S + micro);
    return parts > 0;
}

static bool parse_share(struct kin_span s, kin_us duration, kin_us *ret)
{
    uint64_t micro;
    if (duration < 0 || !kin_lex_micro(s, 100 * 1000000, &micro))
        return false;
    *ret = (kin_us)((double)duration * (double)micro / 1e8);
    return true;
}

static bool parse_frame(struct kin_span s, uint32_t rate_milli, kin_us *ret)
{
    uint64_t number;
    if (rate_milli == 0 || !kin_lex_u64(s, UINT32_MAX, &number) || number == 0)
        return false;
    *ret = (kin_us)(((double)number - 1) * 1e9 / rate_milli + 0.5);
    return true;
}

bool position_input_parse(const char *text, const struct session_info *info, kin_us *ret)
{
    struct kin_span s = kin_span_trim(kin_span_str(text));
    if (kin_span_starts(s, "#"))
        return parse_frame(kin_span_trim(kin_span_skip(s, 1)), info->rate_milli, ret);
    if (kin_span_ends(s, "%"))
        return parse_share(kin_span_trim(kin_span_first(s, s.n - 1)), info->duration, ret);
    return parse_time(s, ret);
}
