// The pages: each draws the model on a screen and says where the mouse can press. One file a page, behind one table.
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "model/model.h"
#include "terminal/screen.h"

#define VIEW_MIN_COLS 40
#define VIEW_MIN_ROWS 12

// What a press of the mouse does where.
#define HITS_MAX 256
#define HITS_ALONG_MAX 10000
struct hit {
    struct rect area;
    enum action action;
    int arg;
    bool along; // the argument is where in the area it was pressed, 0..HITS_ALONG_MAX from left to right
};
struct hits {
    struct hit items[HITS_MAX];
    size_t count;
};

void hits_add(struct hits *h, struct rect area, enum action action, int arg, bool along); // beyond the limit: dropped
enum action hits_find(const struct hits *h, int x, int y, int *ret_arg);

struct view {
    enum key_context context;
    const char *title; // NULL: the page draws its own in the title bar
    void (*draw)(struct model *m, struct screen *s, struct rect area, struct hits *hits);
};

extern const struct view view_library, view_player, view_stats, view_protocol, view_help;

// Draws the whole screen: title bar, page, status line, key hints, and the prompt when it is open.
void view_draw(struct model *m, struct screen *s, struct hits *hits);

// Handles a key, a press, a paste.
void view_input(struct model *m, const struct hits *hits, const struct input_event *event);

// --- pieces that pages share
void view_prompt_draw(struct model *m, struct screen *s, struct rect area);
void view_prompt_input(struct model *m, const struct input_event *event);

const char *view_state_name(enum kin_player_state state); // "PLAYING"

// What stands still is dim: a rate of something that has stopped is no rate.
enum role view_live(const struct model *m, enum role role);

// "label value" pairs side by side; one that does not fit is left out. x moves on.
struct view_flow {
    struct screen *s;
    int x, y, right;
};
void view_flow_put(struct view_flow *f, const char *label, enum role role, const char *value);

// Lines of a page that scrolls: those before the first one shown and below the window have no place on the screen.
struct view_lines {
    struct screen *s;
    struct rect area;
    size_t skip, line; // lines above the window, lines so far
};
bool view_lines_next(struct view_lines *l, int *ret_y); // counts a line; true when it is to be drawn, in row *ret_y

#endif
