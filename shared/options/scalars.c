// Values of the plain types: yes/no, numbers with and without units, frame rates, choices.
#include "base/err.h"
#include "base/lex.h"
#include "base/rate.h"
#include "options/suggest.h"
#include "options/value.h"

int kin_opt_parse_bool(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (kin_span_case_is(text, words[i])) {
            ret->flag = i % 2 == 1;
            return KIN_OK;
        }
    }
    return kin_opt_refuse(opt, text, "is neither yes nor no", why);
}

static int parse_int(struct kin_span text, int64_t *ret)
{
    bool negative = kin_span_starts(text, "-");
    uint64_t v;
    struct kin_span digits = kin_span_skip(text, negative ? 1 : 0);
    if (!kin_lex_u64(digits, INT64_MAX, &v))
        return digits.n > 0 && kin_lex_digits(digits) == digits.n ? KIN_ERANGE : KIN_EINVAL;
    *ret = negative ? -(int64_t)v : (int64_t)v;
    return KIN_OK;
}

static int parse_duration(const struct kin_opt *opt, struct kin_span text, int64_t *ret)
{
    uint64_t micro;
    if (opt->type != KIN_OPT_SECONDS || !kin_lex_micro(text, INT64_MAX, &micro))
        return kin_opt_duration_parse(text, ret);
    *ret = (int64_t)micro;
    return KIN_OK;
}

int kin_opt_parse_number(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    static const char *const wrong[] = {
        [KIN_OPT_INT] = "is not a whole number",    [KIN_OPT_DURATION] = "is not a duration",
        [KIN_OPT_SECONDS] = "is not a duration",    [KIN_OPT_SIZE] = "is not a size",
        [KIN_OPT_BANDWIDTH] = "is not a bandwidth",
    };
    int64_t v = 0;
    uint64_t bare;
    if (opt->choices != NULL && kin_span_is(text, opt->choices[0])) {
        ret->number = 0;
        return KIN_OK;
    }
    int err = opt->type == KIN_OPT_INT         ? parse_int(text, &v)
              : opt->type == KIN_OPT_SIZE      ? kin_opt_size_parse(text, &v)
              : opt->type == KIN_OPT_BANDWIDTH ? kin_opt_bandwidth_parse(text, &v)
                                               : parse_duration(opt, text, &v);
    bool bounded = opt->min != 0 || opt->max != 0;
    if (err == KIN_ERANGE || (err == KIN_OK && bounded && (v < opt->min || v > opt->max)))
        return kin_opt_refuse(opt, text, "is out of range", why);
    bool needs_unit = opt->type == KIN_OPT_DURATION || opt->type == KIN_OPT_BANDWIDTH;
    if (err != KIN_OK && needs_unit && kin_lex_u64(text, UINT64_MAX, &bare))
        return kin_opt_refuse(opt, text, "has no unit", why);
    if (err != KIN_OK)
        return kin_opt_refuse(opt, text, wrong[opt->type], why);
    ret->number = v;
    return KIN_OK;
}

// The NTSC rates that people write with two or three decimals.
static bool ntsc_rate(struct kin_span text, struct kin_opt_rate *ret)
{
    static const struct {
        const char *text;
        uint32_t num;
    } rates[] = {{"23.976", 24000}, {"23.98", 24000}, {"29.97", 30000}, {"59.94", 60000}, {"119.88", 120000}};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        if (kin_span_is(text, rates[i].text)) {
            ret->num = rates[i].num;
            ret->den = 1001;
            return true;
        }
    }
    return false;
}

static bool rate_in_range(const struct kin_opt *opt, uint64_t num, uint64_t den)
{
    bool low = opt->min > 0 && num<(uint64_t)opt->min * den, high = opt->max> 0 && num > (uint64_t)opt->max * den;
    return kin_rate_valid(num, den) && !low && !high;
}

int kin_opt_parse_rate(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    struct kin_opt_rate whole;
    uint64_t num, den = 1000000;
    if (ntsc_rate(text, &ret->rate))
        return KIN_OK;
    if (kin_rate_parse(text, &whole.num, &whole.den)) {
        num = whole.num;
        den = whole.den;
    } else if (!kin_lex_micro(text, UINT64_C(1000000) * UINT32_MAX, &num)) {
        return kin_opt_refuse(opt, text, "is not a frame rate", why);
    }
    kin_rate_lower(&num, &den);
    if (!rate_in_range(opt, num, den))
        return kin_opt_refuse(opt, text, "is out of range", why);
    ret->rate = (struct kin_opt_rate){(uint32_t)num, (uint32_t)den};
    return KIN_OK;
}

int kin_opt_parse_enum(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    size_t n = 0;
    for (; opt->choices[n] != NULL; n++) {
        if (kin_span_case_is(text, opt->choices[n])) {
            ret->number = (int64_t)n;
            return KIN_OK;
        }
    }
    const char *near = kin_suggest(text, opt->choices, n);
    char what[KIN_OPT_SHOWN_MAX] = "is unknown";
    if (near != NULL)
        snprintf(what, sizeof what, "is unknown, did you mean %s?", near);
    return kin_opt_refuse(opt, text, what, why);
}
