// The one table of keys.
#include "model/keys.h"

const struct key_binding key_bindings[] = {
#define KEY(action, contexts, first, last, name, hint, help)                                                           \
    {ACTION_##action, (unsigned)(contexts), first, last, name, hint, help},
#include "model/keys.def"
};

const size_t key_binding_count = sizeof key_bindings / sizeof *key_bindings;

enum action keys_find(enum key_context context, uint32_t key, int *ret_arg)
{
    for (size_t i = 0; i < key_binding_count; i++) {
        const struct key_binding *b = &key_bindings[i];
        if ((b->contexts & (unsigned)context) != 0 && key >= b->first && key <= b->last) {
            *ret_arg = (int)(key - b->first);
            return b->action;
        }
    }
    return ACTION_NONE;
}
