// The table's verbs: defaults, find, set, compare, free.
#include "options/options.h"

#include "base/err.h"
#include "options/suggest.h"
#include "options/unknown.h"
#include "options/value.h"

static void *field_of(const struct kin_opt *opt, void *settings)
{
    return (char *)settings + opt->offset;
}

int kin_opt_defaults(const struct kin_opt *table, size_t count, void *settings)
{
    char why[KIN_OPT_WHY_MAX];
    for (size_t i = 0; i < count; i++)
        memset(field_of(&table[i], settings), 0, kin_opt_value_size(&table[i]));
    for (size_t i = 0; i < count; i++) {
        int err = table[i].value != NULL ? kin_opt_set(&table[i], settings, table[i].value, why) : KIN_OK;
        if (err != KIN_OK) {
            kin_opt_free(table, count, settings);
            return err;
        }
    }
    return KIN_OK;
}

void kin_opt_free(const struct kin_opt *table, size_t count, void *settings)
{
    for (size_t i = 0; settings != NULL && i < count; i++)
        kin_opt_value_free(&table[i], field_of(&table[i], settings));
}

int kin_opt_set(const struct kin_opt *opt, void *settings, const char *text, char why[KIN_OPT_WHY_MAX])
{
    union kin_opt_value value;
    memset(&value, 0, sizeof value);
    snprintf(why, KIN_OPT_WHY_MAX, "%s", kin_err_str(KIN_ENOMEM));
    int err = kin_opt_value_parse(opt, kin_span_str(text), &value, why);
    if (err != KIN_OK)
        return err;
    kin_opt_value_free(opt, field_of(opt, settings));
    memcpy(field_of(opt, settings), &value, kin_opt_value_size(opt));
    return KIN_OK;
}

int kin_opt_append(const struct kin_opt *opt, void *settings, const char *text, char why[KIN_OPT_WHY_MAX])
{
    union kin_opt_value value;
    if (opt->type != KIN_OPT_LIST)
        return kin_opt_set(opt, settings, text, why);
    memset(&value, 0, sizeof value);
    snprintf(why, KIN_OPT_WHY_MAX, "%s", kin_err_str(KIN_ENOMEM));
    int err = kin_opt_value_parse(opt, kin_span_str(text), &value, why);
    struct kin_opt_list *list = field_of(opt, settings);
    if (err == KIN_OK && value.list.count > KIN_OPT_LIST_MAX - list->count) {
        err = kin_opt_refuse(opt, kin_span_str(text), "exceeds the limit", why);
        kin_opt_value_free(opt, &value);
    }
    if (err == KIN_OK) {
        memcpy(&list->items[list->count], value.list.items, value.list.count * sizeof value.list.items[0]);
        list->count += value.list.count;
    }
    return err;
}

bool kin_opt_differs(const struct kin_opt *opt, const void *a, const void *b)
{
    return !kin_opt_value_eq(opt, (const char *)a + opt->offset, (const char *)b + opt->offset);
}

static bool is_named(const struct kin_opt *opt, struct kin_span section, struct kin_span key)
{
    return opt->section != NULL && kin_span_is(section, opt->section) && kin_span_is(key, opt->key);
}

const struct kin_opt *kin_opt_find(const struct kin_opt *table, size_t count, const char *section, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (is_named(&table[i], kin_span_str(section), kin_span_str(key)))
            return &table[i];
    return NULL;
}

int kin_opt_assign(const struct kin_opt *table, size_t count, void *settings, const char *assignment,
                   char why[KIN_OPT_WHY_MAX])
{
    struct kin_span text = kin_span_str(assignment);
    size_t equals = kin_span_find(text, '=');
    struct kin_span name = kin_span_trim(kin_span_first(text, equals));
    size_t dot = kin_span_find(name, '.');
    if (equals == text.n || dot == name.n) {
        snprintf(why, KIN_OPT_WHY_MAX, "\"%.64s\" is not an assignment (section.key=value)", assignment);
        return KIN_EINVAL;
    }
    char section[KIN_SUGGEST_NAME_MAX];
    char key[KIN_SUGGEST_NAME_MAX];
    kin_span_copy(kin_span_first(name, dot), section, sizeof section);
    kin_span_copy(kin_span_skip(name, dot + 1), key, sizeof key);
    const struct kin_opt *opt = kin_opt_find(table, count, section, key);
    if (opt == NULL) {
        kin_opt_unknown(table, count, section, key, why);
        return KIN_EINVAL;
    }
    char reason[KIN_OPT_WHY_MAX];
    int err = kin_opt_set(opt, settings, assignment + equals + 1, reason);
    snprintf(why, KIN_OPT_WHY_MAX, "[%.24s] %.40s: %.*s", section, key, KIN_OPT_WHY_MAX - 80, reason);
    return err;
}
