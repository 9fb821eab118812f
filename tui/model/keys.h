// Actions and the keys that mean them: keys.def as an enum, a lookup and the texts of hints and help.
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
    ACTION_TOGGLE,
    ACTION_BACK,
    ACTION_FORWARD,
    ACTION_FAR_BACK,
    ACTION_FAR_FORWARD,
    ACTION_STEP_BACK,
    ACTION_STEP,
    ACTION_START,
    ACTION_TENTH,
    ACTION_SLOWER,
    ACTION_FASTER,
    ACTION_HALF,
    ACTION_DOUBLE,
    ACTION_NORMAL,
    ACTION_BACKWARD,
    ACTION_PREVIOUS,
    ACTION_NEXT,
    ACTION_SETUP,
    ACTION_PLAY,  // a button
    ACTION_PAUSE, // a button
    ACTION_TEARDOWN,
    ACTION_LOOP,
    ACTION_RENDER,
    ACTION_RESET,
    ACTION_STATS,
    ACTION_PROTOCOL,
    ACTION_SELECT_UP,
    ACTION_SELECT_DOWN,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_SCROLL_UP,
    ACTION_SCROLL_DOWN,
    ACTION_ENTER,
    ACTION_PARENT,
    ACTION_RELOAD,
    ACTION_OPEN_URL,
    ACTION_GO_TO,
    ACTION_REDRAW,
    ACTION_HELP,
    ACTION_LEAVE,
    ACTION_QUIT,
    ACTION_SEEK,   // a press on the progress bar; the argument says where: 0..ACTION_ALONG_MAX
    ACTION_SELECT, // a press on a line; the argument is its index
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

// The action of a key in a context, ACTION_NONE when it means nothing there. *ret_arg: its offset in the range.
enum action keys_find(enum key_context context, uint32_t key, int *ret_arg);

#endif
