// Actions, where they have keys, and which: keys.def as an enum, tables and a lookup. model_act() performs an action.
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stddef.h>

#include "terminal/input.h"

enum key_context { // bits
    IN_LIBRARY = 1,
    IN_PLAYER = 2,
    IN_STATS = 4,
    IN_PROTOCOL = 8,
    IN_HELP = 16,
    IN_PAGES = IN_STATS | IN_PROTOCOL | IN_HELP,
    IN_ALL = IN_LIBRARY | IN_PLAYER | IN_PAGES,
};

enum action {
    ACTION_NONE,
#define ACTION(action, name, keys, call) ACTION_##action,
#include "model/keys.def"
    ACTION_COUNT
};

#define ACTION_ALONG_MAX 10000 // the argument of a press at the right end of a bar

struct key_action { // indexed by enum action
    const char *name, *keys;
};

struct key_use {
    enum action action;
    unsigned contexts;
    const char *hint, *help;
};

extern const struct key_action key_actions[ACTION_COUNT];
extern const struct key_use key_uses[];
extern const size_t key_use_count;

#define KEY_NAME_MAX 12
#define KEYS_EACH_MAX 16 // keys of one action

struct key { // or a range of characters
    uint32_t first, last;
    char name[KEY_NAME_MAX]; // as people see it
};

struct keys {
    struct key_set {
        struct key keys[KEYS_EACH_MAX];
        size_t count;
    } of[ACTION_COUNT];
};

// Reads the name of a key: a character ("q", "?"), a range of them ("0-9"), one with Ctrl ("^L"), or one of space,
// semicolon, Enter, Esc, Tab, Backspace, Delete, Insert, up, down, left, right, Home, End, PgUp and PgDn. False when it
// is none of these, or a key that the terminal keeps for itself (^C, ^Z and ^\).
bool key_parse(struct kin_span text, struct key *ret);

// Every action has the keys of keys.def.
void keys_defaults(struct keys *k);

// Gives an action the keys of a list of names, separated by blanks, in place of those that it had. False, and it keeps
// them, when one of them is no key or there are too many.
bool keys_set(struct keys *k, enum action action, struct kin_span names);

// Finds two actions that share a key on one page. False when there are none; else *ret_name is that of the key.
bool keys_clash(const struct keys *k, enum action ret[2], const char **ret_name);

// The action of a key in a context, ACTION_NONE when it has none there. *ret_arg: the key's offset in its range.
enum action keys_find(const struct keys *k, enum key_context context, uint32_t key, int *ret_arg);

// The action's first key, for a sentence; "(no key)" when it has none.
const char *keys_name(const struct keys *k, enum action action);

// The names of its keys, as many as fit in so many columns but at least one, separated by blanks. "" when it has none.
#define KEYS_NAMES_MAX 64
char *keys_names(const struct keys *k, enum action action, int width, char dst[KEYS_NAMES_MAX]);

#endif
