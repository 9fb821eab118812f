// The error about a section or key that the table does not have.
#include "options/unknown.h"

#include "base/text.h"
#include "base/wr.h"
#include "options/suggest.h"

#define SHOWN_MAX 48

// The names that a section or the whole table has, each once.
struct names {
    const char *at[KIN_OPT_TABLE_MAX];
    size_t count;
};

static bool has(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->at[i], name) == 0)
            return true;
    return false;
}

static void add(struct names *names, const char *name)
{
    if (names->count < KIN_OPT_TABLE_MAX && !has(names, name))
        names->at[names->count++] = name;
}

static void put(struct kin_wr *w, struct kin_span text)
{
    if (w->size - w->len > text.n + 1)
        kin_wr_put(w, text);
}

// " (known: a, b, c)", or " (did you mean a?)".
static void put_help(struct kin_wr *w, struct kin_span text, const struct names *names)
{
    const char *near = kin_suggest(text, names->at, names->count);
    put(w, kin_span_str(near != NULL ? " (did you mean " : " (known: "));
    if (near != NULL)
        put(w, kin_span_str(near));
    for (size_t i = 0; near == NULL && i < names->count; i++) {
        put(w, kin_span_str(i > 0 ? ", " : ""));
        put(w, kin_span_str(names->at[i]));
    }
    put(w, kin_span_str(near != NULL ? "?)" : ")"));
}

static void names_of(const struct kin_opt *table, size_t count, const char *section, struct names *ret)
{
    ret->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (table[i].section == NULL)
            continue;
        if (section == NULL && table[i].section[0] != '\0')
            add(ret, table[i].section);
        else if (section != NULL && strcmp(table[i].section, section) == 0)
            add(ret, table[i].key);
    }
}

// The section that does have the key, or NULL.
static const char *home_of(const struct kin_opt *table, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].section != NULL && strcmp(table[i].key, key) == 0)
            return table[i].section;
    return NULL;
}

void kin_opt_unknown(const struct kin_opt *table, size_t count, const char *section, const char *key,
                     char why[KIN_OPT_WHY_MAX])
{
    struct kin_wr w = kin_wr_init(why, KIN_OPT_WHY_MAX - 1);
    struct names names;
    char shown[2][SHOWN_MAX];
    kin_text_escape(kin_span_str(section), shown[0], SHOWN_MAX);
    kin_text_escape(kin_span_str(key), shown[1], SHOWN_MAX);
    const char *home = home_of(table, count, key);
    names_of(table, count, section, &names);
    bool known_section = names.count > 0;
    if (section[0] == '\0')
        kin_wr_fmt(&w, "%s: %s", shown[1], known_section ? "unknown key" : "is outside any [section]");
    else if (known_section)
        kin_wr_fmt(&w, "[%s] %s: unknown key", shown[0], shown[1]);
    else
        kin_wr_fmt(&w, "[%s] %s: unknown section", shown[0], shown[1]);
    if (!known_section)
        names_of(table, count, NULL, &names);
    if (home != NULL && home[0] == '\0')
        kin_wr_fmt(&w, " (%s belongs above the first [section])", shown[1]);
    else if (home != NULL)
        kin_wr_fmt(&w, " (%s belongs in [%s])", shown[1], home);
    else
        put_help(&w, kin_span_str(known_section ? key : section), &names);
    why[w.len] = '\0';
}
