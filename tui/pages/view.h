// The pages: each draws the model, which it cannot change, on a screen and returns the layout. Keys and presses become
// actions of the model here. One file a page, behind one table.
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "model/model.h"
#include "terminal/screen.h"

#define VIEW_MIN_COLS 20
#define VIEW_MIN_ROWS 6
#define VIEW_NARROW 40 // below this width labels are short

// Areas of the screen that react to a press of the mouse.
#define HITS_MAX 256
struct hit {
    struct rect area;
    enum action action;
    int arg;
    bool along; // the argument is the horizontal position of the press, 0..ACTION_ALONG_MAX
};
struct hits {
    struct hit items[HITS_MAX];
    size_t count;
};

void hits_add(struct hits *h, struct rect area, enum action action, int arg, bool along); // beyond the limit: dropped
enum action hits_find(const struct hits *h, int x, int y, int *ret_arg);

// The result of drawing a screen.
struct layout {
    struct hits hits;
    struct rect picture;   // where the picture goes; empty when the page has none
    struct rect thumbnail; // where one of a reel goes; likewise
    size_t lines, height;  // of a page that scrolls: all lines, visible lines; else 0, 0
};

struct view {
    enum key_context context;
    const char *title; // NULL: the reel's own
    bool whole;        // `area` is the whole window: the page draws title, message and hints itself, or none
    void (*draw)(const struct model *m, struct screen *s, struct rect area, struct layout *ret); // ret is empty before
};

extern const struct view view_library, view_player, view_stats, view_protocol, view_help;

// Draws the whole screen: title bar, page, status line, key hints, and the prompt when it is open. *ret is for
// model_drawn() and view_input().
void view_draw(const struct model *m, struct screen *s, struct layout *ret);

// Turns a key, a press or a paste into an action of the model; `layout` is that of the screen last drawn.
void view_input(struct model *m, const struct layout *layout, const struct input_event *event);

// --- pieces that pages share
void view_title_draw(const struct model *m, struct screen *s); // in the first row
// What the keys of the page do at present, from x on. *ret: the page has been drawn.
void view_hints_draw(const struct model *m, struct screen *s, enum key_context context, int x, int y,
                     struct layout *ret);
bool view_has_message(const struct model *m);
void view_message_draw(const struct model *m, struct screen *s, int y);
// "PLAYING, paused": what the reel does, and why the picture stands. Returns the role it has in the title bar.
enum role view_state_text(const struct model *m, bool wide, char *dst, size_t size);
// The panel of the player's page: the bar with its times, and lines of figures. Each fits any width.
void view_panel_progress(const struct model *m, struct screen *s, struct rect line, struct hits *hits);
void view_panel_figures(const struct model *m, struct screen *s, struct rect line);
void view_panel_details(const struct model *m, struct screen *s, struct rect line);
int view_panel_buttons(const struct model *m, struct screen *s, int x, int y, struct hits *hits); // returns their end
// The statistics that lie over the picture: graphs on one axis, and what holds the film back.
void view_glance_draw(const struct model *m, struct screen *s, struct rect area);
// Beside the list of the library: where in its area, empty where there is no room; and what stands there.
struct rect view_preview_area(struct rect area);
void view_preview_draw(const struct model *m, struct screen *s, struct rect area, struct layout *ret);
void view_prompt_draw(const struct model *m, struct screen *s, struct rect area);

const char *view_state_name(enum kin_player_state state); // "PLAYING"

// Current rates are dim unless the reel plays.
enum role view_live(const struct model *m, enum role role);

// How many bytes of a text fit in a row: up to the last comma, or else the last blank, but never between a number and
// its unit. At least one.
size_t view_first_part(struct kin_span text, int width);

// "label value" pairs side by side; one that does not fit is left out. x moves on.
struct view_flow {
    struct screen *s;
    int x, y, right;
};
void view_flow_put(struct view_flow *f, const char *label, enum role role, const char *value);

// Lines of a page that scrolls: only those inside the window are drawn.
struct view_lines {
    struct screen *s;
    struct rect area;
    size_t skip, line; // lines above the window, lines counted so far
};
bool view_lines_next(struct view_lines *l, int *ret_y); // counts a line; true when it is to be drawn, in row *ret_y

// A label in so many columns, from column x of the page on, and text behind it, in as many rows as that takes.
struct view_row {
    int x, labels;
    enum role label_role;
    const char *label; // NULL: none
    enum role role;
    const char *text;
};
void view_lines_row(struct view_lines *l, const struct view_row *r);

// All figures of the statistics page without its graphs, one below the other. Returns how many rows of the screen they
// take.
size_t view_stats_rows(const struct model *m, struct screen *s);

#define VIEW_LABEL_WIDTH 18                       // of the rows of the statistics page
int view_label_width(const struct view_lines *l); // the same, or less where the page is narrow
// The last two minutes of the reel that is played, as graphs with their scales. Nothing before it plays.
void view_history_draw(const struct model *m, struct view_lines *l);

#endif
