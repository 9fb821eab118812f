// The file kinora.conf: every option above its first section, then [keys] and [colors].
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "model/settings_internal.h"
#include "text/messages.h"

#define TABLE_MAX (SETTINGS_OPTIONS_MAX + ACTION_COUNT + ROLE_COUNT)
#define HELP_MAX 128
#define PATH_SIZE 1024
_Static_assert(TABLE_MAX <= KIN_OPT_TABLE_MAX, "KIN_OPT_TABLE_MAX");

struct table {
    struct kin_opt options[TABLE_MAX];
    size_t count;
    char help[TABLE_MAX][HELP_MAX];
};

// --- the table

static bool check_keys(const char *text, char *why, size_t why_size)
{
    struct keys scratch = {.of = {{.count = 0}}};
    if (keys_set(&scratch, ACTION_QUIT, kin_span_str(text)))
        return true;
    snprintf(why, why_size, MSG_CONFIG_NO_KEY, KEYS_EACH_MAX);
    return false;
}

static bool check_look(const char *text, char *why, size_t why_size)
{
    struct theme_change change;
    struct kin_span word;
    if (theme_change_parse(kin_span_str(text), &change, &word))
        return true;
    snprintf(why, why_size, MSG_CONFIG_NO_COLOR, (int)(word.n < 24 ? word.n : 24), (const char *)word.p);
    return false;
}

static const char *help_of(enum action action)
{
    for (size_t i = 0; i < key_use_count; i++)
        if (key_uses[i].action == action && key_uses[i].help[0] != '\0')
            return key_uses[i].help;
    return key_actions[action].name;
}

static void add_actions(struct table *t)
{
    for (int action = 0; action < ACTION_COUNT; action++) {
        if (key_actions[action].name == NULL)
            continue;
        snprintf(t->help[t->count], HELP_MAX, MSG_CONFIG_KEYS_HELP, help_of((enum action)action));
        t->options[t->count] = (struct kin_opt){.section = "keys",
                                                .key = key_actions[action].name,
                                                .type = KIN_OPT_STRING,
                                                .offset = offsetof(struct settings_draft, keys) +
                                                          (size_t)action * sizeof(char *),
                                                .value = key_actions[action].keys,
                                                .help = t->help[t->count],
                                                .check = check_keys};
        t->count++;
    }
}

static void add_roles(struct table *t)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        snprintf(t->help[t->count], HELP_MAX, MSG_CONFIG_COLORS_HELP, theme_role_names[role]);
        t->options[t->count] = (struct kin_opt){.section = "colors",
                                                .key = theme_role_names[role],
                                                .type = KIN_OPT_STRING,
                                                .offset = offsetof(struct settings_draft, colors) +
                                                          (size_t)role * sizeof(char *),
                                                .help = t->help[t->count],
                                                .check = check_look};
        t->count++;
    }
}

static void make_table(struct table *t)
{
    t->count = settings_options(SETTINGS_ALL_COMMANDS, t->options);
    add_actions(t);
    add_roles(t);
}

static const struct kin_opt *option_of(const struct table *t, enum action action)
{
    return kin_opt_find(t->options, t->count, "keys", key_actions[action].name);
}

// --- the draft

int settings_draft_init(struct settings_draft *d)
{
    struct table t;
    make_table(&t);
    *d = (struct settings_draft){.keys = {NULL}};
    keys_defaults(&d->settings.keys);
    return kin_opt_defaults(t.options, t.count, d);
}

void settings_draft_deinit(struct settings_draft *d)
{
    for (int action = 0; action < ACTION_COUNT; action++)
        free(d->keys[action]);
    for (int role = 0; role < ROLE_COUNT; role++)
        free(d->colors[role]);
}

// The keys of the texts. KIN_EINVAL, with why, when two actions want one key.
static int take_keys(const struct table *t, struct settings_draft *d, const char *path, char why[KIN_OPT_WHY_MAX])
{
    enum action both[2];
    const char *name;
    char place[PATH_SIZE + 16];
    for (int action = 0; action < ACTION_COUNT; action++)
        if (d->keys[action] != NULL)
            keys_set(&d->settings.keys, (enum action)action, kin_span_str(d->keys[action]));
    if (!keys_clash(&d->settings.keys, both, &name))
        return KIN_OK;
    int lines[2] = {kin_opt_line_in_file(option_of(t, both[0]), path),
                    kin_opt_line_in_file(option_of(t, both[1]), path)};
    int later = lines[1] > lines[0];
    if (lines[later] > 0)
        snprintf(place, sizeof place, MSG_CONFIG_LINE, path, lines[later]);
    else
        snprintf(place, sizeof place, "%s", path);
    snprintf(why, KIN_OPT_WHY_MAX, MSG_CONFIG_CLASH, place, key_actions[both[later]].name, name,
             key_actions[both[1 - later]].name);
    return KIN_EINVAL;
}

static void take_looks(struct settings_draft *d)
{
    struct kin_span word;
    for (int role = 0; role < ROLE_COUNT; role++)
        if (d->colors[role] != NULL)
            theme_change_parse(kin_span_str(d->colors[role]), &d->settings.looks.of[role], &word);
}

// By the XDG Base Directory Specification, which takes no relative path. "" when no directory is known.
static void find_own_file(char path[PATH_SIZE])
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    path[0] = '\0';
    if (base != NULL && base[0] == '/')
        snprintf(path, PATH_SIZE, "%s/kinora/kinora.conf", base);
    else if (home != NULL && home[0] == '/')
        snprintf(path, PATH_SIZE, "%s/.config/kinora/kinora.conf", home);
}

int settings_draft_read(struct settings_draft *d, const char *path, char why[KIN_OPT_WHY_MAX])
{
    struct table t;
    char own[PATH_SIZE];
    if (path == NULL) {
        find_own_file(own);
        path = own;
        if (access(path, F_OK) != 0)
            return KIN_OK;
    }
    make_table(&t);
    why[0] = '\0';
    int err = kin_opt_read_file(t.options, t.count, d, path, why);
    if (err == KIN_OK)
        err = take_keys(&t, d, path, why);
    if (err == KIN_OK)
        take_looks(d);
    if (err != KIN_OK && err != KIN_ENOMEM && why[0] == '\0')
        snprintf(why, KIN_OPT_WHY_MAX, MSG_CONFIG_UNREADABLE, path, kin_err_str(err));
    return err == KIN_OK || err == KIN_ENOMEM ? err : KIN_EINVAL;
}

int settings_draft_print(const struct settings_draft *d, bool sample)
{
    struct table t;
    make_table(&t);
    int err = sample ? kin_opt_print_sample(t.options, t.count, MSG_CONFIG_TITLE, stdout)
                     : kin_opt_print(t.options, t.count, d, stdout);
    return err == KIN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
