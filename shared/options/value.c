// Values of options: the functions of each type, and what all types share.
#include "options/value.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/rate.h"
#include "base/text.h"

int kin_opt_refuse(const struct kin_opt *opt, struct kin_span text, const char *what, char *why)
{
    char shown[KIN_OPT_SHOWN_MAX];
    char allowed[KIN_OPT_WHY_MAX / 2];
    kin_text_escape(text, shown, sizeof shown);
    kin_opt_allowed(opt, allowed, sizeof allowed);
    snprintf(why, KIN_OPT_WHY_MAX, "\"%s\" %s (%s)", shown, what, allowed);
    return KIN_EINVAL;
}

int kin_opt_check(const struct kin_opt *opt, struct kin_span text, const char *copy, char *why)
{
    char reason[KIN_OPT_WHY_MAX / 2] = "is not allowed";
    char shown[KIN_OPT_SHOWN_MAX];
    if (opt->check == NULL || opt->check(copy, reason, sizeof reason))
        return KIN_OK;
    kin_text_escape(text, shown, sizeof shown);
    snprintf(why, KIN_OPT_WHY_MAX, "\"%s\" %s", shown, reason);
    return KIN_EINVAL;
}

// The types with a plain text are checked here, as a whole; texts.c checks each string by itself.
static int parse_scalar(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    static int (*const parsers[])(const struct kin_opt *, struct kin_span, union kin_opt_value *, char *) = {
        [KIN_OPT_BOOL] = kin_opt_parse_bool,        [KIN_OPT_INT] = kin_opt_parse_number,
        [KIN_OPT_DURATION] = kin_opt_parse_number,  [KIN_OPT_SIZE] = kin_opt_parse_number,
        [KIN_OPT_BANDWIDTH] = kin_opt_parse_number, [KIN_OPT_SECONDS] = kin_opt_parse_number,
        [KIN_OPT_RATE] = kin_opt_parse_rate,        [KIN_OPT_ENUM] = kin_opt_parse_enum,
    };
    char copy[64];
    if (text.n >= sizeof copy)
        return kin_opt_refuse(opt, text, "is too long", why);
    int err = parsers[opt->type](opt, text, ret, why);
    kin_span_copy(text, copy, sizeof copy);
    return err == KIN_OK ? kin_opt_check(opt, text, copy, why) : err;
}

static void free_string(void *field)
{
    free(*(char **)field);
}

static void free_list(void *field)
{
    struct kin_opt_list *list = field;
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    list->count = 0;
}

static void print_bool(const struct kin_opt *opt, const void *field, FILE *out)
{
    (void)opt;
    fputs(*(const bool *)field ? "yes" : "no", out);
}

static void print_number(const struct kin_opt *opt, const void *field, FILE *out)
{
    char text[KIN_OPT_NUMBER_MAX];
    int64_t value = *(const int64_t *)field;
    kin_opt_number_format(opt->type, value, text);
    fputs(value == 0 && opt->choices != NULL ? opt->choices[0] : text, out);
}

static void print_rate(const struct kin_opt *opt, const void *field, FILE *out)
{
    const struct kin_opt_rate *rate = field;
    char text[KIN_RATE_TEXT_MAX];
    (void)opt;
    fputs(kin_rate_format(rate->num, rate->den, text), out);
}

static void print_string(const struct kin_opt *opt, const void *field, FILE *out)
{
    const char *text = *(char *const *)field;
    (void)opt;
    fputs(text != NULL ? text : "", out);
}

static void print_enum(const struct kin_opt *opt, const void *field, FILE *out)
{
    fputs(opt->choices[*(const int64_t *)field], out);
}

static void print_list(const struct kin_opt *opt, const void *field, FILE *out)
{
    const struct kin_opt_list *list = field;
    (void)opt;
    for (size_t i = 0; i < list->count; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", list->items[i]);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool same_string(const void *a, const void *b)
{
    return same_text(*(char *const *)a, *(char *const *)b);
}

static bool same_list(const void *a, const void *b)
{
    const struct kin_opt_list *x = a;
    const struct kin_opt_list *y = b;
    bool same = x->count == y->count;
    for (size_t i = 0; same && i < x->count; i++)
        same = same_text(x->items[i], y->items[i]);
    return same;
}

static const struct {
    size_t size;
    int (*parse)(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why);
    void (*print)(const struct kin_opt *opt, const void *field, FILE *out);
    bool (*same)(const void *a, const void *b); // NULL: the same bytes
    void (*release)(void *field);               // NULL: nothing to release
} types[] = {
    [KIN_OPT_BOOL] = {sizeof(bool), parse_scalar, print_bool, NULL, NULL},
    [KIN_OPT_INT] = {sizeof(int64_t), parse_scalar, print_number, NULL, NULL},
    [KIN_OPT_DURATION] = {sizeof(int64_t), parse_scalar, print_number, NULL, NULL},
    [KIN_OPT_SECONDS] = {sizeof(int64_t), parse_scalar, print_number, NULL, NULL},
    [KIN_OPT_SIZE] = {sizeof(int64_t), parse_scalar, print_number, NULL, NULL},
    [KIN_OPT_BANDWIDTH] = {sizeof(int64_t), parse_scalar, print_number, NULL, NULL},
    [KIN_OPT_RATE] = {sizeof(struct kin_opt_rate), parse_scalar, print_rate, NULL, NULL},
    [KIN_OPT_STRING] = {sizeof(char *), kin_opt_parse_string, print_string, same_string, free_string},
    [KIN_OPT_ENUM] = {sizeof(int64_t), parse_scalar, print_enum, NULL, NULL},
    [KIN_OPT_LIST] = {sizeof(struct kin_opt_list), kin_opt_parse_list, print_list, same_list, free_list},
};

int kin_opt_value_parse(const struct kin_opt *opt, struct kin_span text, union kin_opt_value *ret, char *why)
{
    return types[opt->type].parse(opt, kin_span_trim(text), ret, why);
}

size_t kin_opt_value_size(const struct kin_opt *opt)
{
    return types[opt->type].size;
}

void kin_opt_value_free(const struct kin_opt *opt, void *field)
{
    if (types[opt->type].release != NULL)
        types[opt->type].release(field);
    memset(field, 0, types[opt->type].size);
}

void kin_opt_value_print(const struct kin_opt *opt, const void *field, FILE *out)
{
    types[opt->type].print(opt, field, out);
}

bool kin_opt_value_eq(const struct kin_opt *opt, const void *a, const void *b)
{
    if (types[opt->type].same == NULL)
        return memcmp(a, b, types[opt->type].size) == 0;
    return types[opt->type].same(a, b);
}
