// Actions and their keys: keys.def as an enum, a lookup and the texts of hints and help. model_act() performs an
// action.
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
#define ACTION(action, call) ACTION_##action,
#include "model/keys.def"
    ACTION_COUNT
};

#define ACTION_ALONG_MAX 10000 // the argument of a press at the right end of a bar

struct key_binding {
    enum action action;
    unsigned contexts;
    uint32_t first, last;
    const char *name, *hint, *help;
};

extern const struct key_binding key_bindings[];
extern const size_t key_binding_count;

// The action of a key in a context, ACTION_NONE when it has none there. *ret_arg: the key's offset in its range.
enum action keys_find(enum key_context context, uint32_t key, int *ret_arg);

#endif
