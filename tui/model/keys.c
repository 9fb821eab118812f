// The one table of keys, and the names of keys.
#include "model/keys.h"

#include <stdio.h>

#include "base/lex.h"
#include "base/text.h"
#include "text/messages.h"

const struct key_action key_actions[ACTION_COUNT] = {
#define ACTION(action, name, keys, call) [ACTION_##action] = {name, keys},
#include "model/keys.def"
};

const struct key_use key_uses[] = {
#define USE(action, contexts, hint, help) {ACTION_##action, (unsigned)(contexts), hint, help},
#include "model/keys.def"
};

const size_t key_use_count = sizeof key_uses / sizeof *key_uses;

// --- names

static const struct {
    const char *name;
    uint32_t key;
    const char *shown;
} words[] = {
    {"space", ' ', "space"},
    {"semicolon", ';', ";"},
    {"Enter", INPUT_ENTER, "Enter"},
    {"Esc", INPUT_ESC, "Esc"},
    {"Tab", INPUT_TAB, "Tab"},
    {"Backspace", INPUT_BACKSPACE, "Backspace"},
    {"Delete", INPUT_DELETE, "Delete"},
    {"Insert", INPUT_INSERT, "Insert"},
    {"up", INPUT_UP, "up"},
    {"down", INPUT_DOWN, "down"},
    {"left", INPUT_LEFT, "left"},
    {"right", INPUT_RIGHT, "right"},
    {"Home", INPUT_HOME, "Home"},
    {"End", INPUT_END, "End"},
    {"PgUp", INPUT_PAGE_UP, "PgUp"},
    {"PgDn", INPUT_PAGE_DOWN, "PgDn"},
};

static bool parse_word(struct kin_span text, struct key *ret)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!kin_span_case_is(text, words[i].name))
            continue;
        *ret = (struct key){.first = words[i].key, .last = words[i].key};
        snprintf(ret->name, sizeof ret->name, "%s", words[i].shown);
        return true;
    }
    return false;
}

// Removes one character that can be typed from the text.
static bool take_char(struct kin_span *text, uint32_t *ret)
{
    size_t n = kin_text_utf8(*text, ret);
    *text = kin_span_skip(*text, n);
    return n > 0 && *ret > ' ' && !kin_text_is_control(*ret);
}

// Ctrl and a letter, but those that are other keys (^H, ^I, ^J, ^M) and those that are signals (^C, ^Z).
static bool parse_control(struct kin_span text, struct key *ret)
{
    if (text.n != 2 || text.p[0] != '^')
        return false;
    uint8_t letter = text.p[1] & 0xdf;
    if (letter < 'A' || letter > 'Z' || strchr("CHIJMZ", letter) != NULL)
        return false;
    *ret = (struct key){letter & 31u, letter & 31u, {'^', (char)letter}};
    return true;
}

bool key_parse(struct kin_span text, struct key *ret)
{
    struct key key = {.first = 0};
    struct kin_span rest = text;
    if (parse_word(text, ret) || parse_control(text, ret))
        return true;
    if (text.n >= sizeof key.name || !take_char(&rest, &key.first))
        return false;
    key.last = key.first;
    if (rest.n > 0) {
        rest = kin_span_skip(rest, 1);
        if (rest.p[-1] != '-' || !take_char(&rest, &key.last) || rest.n > 0 || key.last <= key.first)
            return false;
    }
    kin_span_copy(text, key.name, sizeof key.name);
    *ret = key;
    return true;
}

// --- bindings

bool keys_set(struct keys *k, enum action action, struct kin_span names)
{
    struct key_set set = {.count = 0};
    struct kin_span name;
    while (kin_lex_word(&names, &name))
        if (set.count == KEYS_EACH_MAX || !key_parse(name, &set.keys[set.count++]))
            return false;
    k->of[action] = set;
    return true;
}

void keys_defaults(struct keys *k)
{
    *k = (struct keys){.of = {{.count = 0}}};
    for (int action = 0; action < ACTION_COUNT; action++)
        if (key_actions[action].keys != NULL)
            keys_set(k, (enum action)action, kin_span_str(key_actions[action].keys));
}

static const struct key *find_shared(const struct key_set *a, const struct key_set *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t n = 0; n < b->count; n++)
            if (a->keys[i].first <= b->keys[n].last && b->keys[n].first <= a->keys[i].last)
                return &a->keys[i];
    return NULL;
}

bool keys_clash(const struct keys *k, enum action ret[2], const char **ret_name)
{
    for (size_t i = 0; i < key_use_count; i++) {
        for (size_t n = i + 1; n < key_use_count; n++) {
            const struct key_use *a = &key_uses[i], *b = &key_uses[n];
            if (a->action == b->action || (a->contexts & b->contexts) == 0)
                continue;
            const struct key *shared = find_shared(&k->of[a->action], &k->of[b->action]);
            if (shared == NULL)
                continue;
            ret[0] = a->action;
            ret[1] = b->action;
            *ret_name = shared->name;
            return true;
        }
    }
    return false;
}

enum action keys_find(const struct keys *k, enum key_context context, uint32_t key, int *ret_arg)
{
    for (size_t i = 0; i < key_use_count; i++) {
        const struct key_set *set = &k->of[key_uses[i].action];
        for (size_t n = 0; n < set->count && (key_uses[i].contexts & (unsigned)context) != 0; n++) {
            if (key >= set->keys[n].first && key <= set->keys[n].last) {
                *ret_arg = (int)(key - set->keys[n].first);
                return key_uses[i].action;
            }
        }
    }
    return ACTION_NONE;
}

// --- for people

const char *keys_name(const struct keys *k, enum action action)
{
    return k->of[action].count > 0 ? k->of[action].keys[0].name : MSG_KEY_NONE;
}

char *keys_names(const struct keys *k, enum action action, int width, char dst[KEYS_NAMES_MAX])
{
    const struct key_set *set = &k->of[action];
    size_t len = 0;
    dst[0] = '\0';
    for (size_t i = 0; i < set->count && len + KEY_NAME_MAX + 1 < KEYS_NAMES_MAX; i++) {
        size_t n = strlen(set->keys[i].name) + (i > 0);
        if (i > 0 && len + n > (size_t)width)
            break;
        len += (size_t)snprintf(dst + len, KEYS_NAMES_MAX - len, "%s%s", i > 0 ? " " : "", set->keys[i].name);
    }
    return dst;
}
