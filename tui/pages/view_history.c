// The upper part of the statistics page: what the last seconds were like, figure by figure.
#include <stdio.h>

#include "pages/graph.h"
#include "pages/history.h"
#include "pages/view.h"
#include "text/messages.h"

#define NARROW 60 // below this width there is room for the scale alone
#define LABEL_WIDTH 12
#define TEXT_WIDTH 33
#define TEXT_NARROW 15
#define ROWS_FEW 2 // of a graph
#define ROWS_MANY 3
#define TALL 40 // lines of the window from which on there are many

struct history_layout {
    int x, cells, rows; // of the graphs
    unsigned step;
};

static struct history_layout lay_out(const struct view_lines *t)
{
    bool narrow = t->area.w < NARROW;
    struct history_layout l = {.x = 3 + LABEL_WIDTH, .rows = t->area.h >= TALL ? ROWS_MANY : ROWS_FEW};
    int per_cell = t->s->utf8 ? 2 : 1, room = t->area.w - l.x - (narrow ? TEXT_NARROW : TEXT_WIDTH) - 2;
    if (room < 1)
        room = t->area.w - l.x > 1 ? t->area.w - l.x : 1; // no room for text
    l.step = history_step(KIN_RECEIVE_HISTORY_SECONDS, (size_t)room * (size_t)per_cell);
    int columns = (KIN_RECEIVE_HISTORY_SECONDS + (int)l.step - 1) / (int)l.step;
    l.cells = (columns + per_cell - 1) / per_cell;
    return l;
}

static void heading(struct view_lines *t, unsigned step)
{
    char text[48];
    int y;
    if (!view_lines_next(t, &y))
        return;
    snprintf(text, sizeof text, MSG_HISTORY_TITLE, KIN_RECEIVE_HISTORY_SECONDS / 60);
    struct view_flow f = {t->s, t->area.x + 2, y, t->area.x + t->area.w};
    view_flow_put(&f, "", ROLE_ACCENT, text);
    snprintf(text, sizeof text, MSG_HISTORY_STEP, step);
    view_flow_put(&f, "", ROLE_DIM, text);
}

// Beside the first row of a graph its scale and the mean, beside the second the extremes; as far as there is room.
static void put_text(const struct view_lines *t, const struct history_layout *l, int y, int row,
                     enum history_figure figure, const struct history_columns *c)
{
    char text[HISTORY_TEXT_MAX];
    struct view_flow f = {t->s, t->area.x + l->x + l->cells + 1, y, t->area.x + t->area.w};
    if (row == 0)
        view_flow_put(&f, "", ROLE_DIM, c->text);
    if (row == 0 && c->known > 0)
        view_flow_put(&f, "avg", ROLE_DIM, history_number(figure, c->mean, text));
    if (row != 1 || c->known == 0)
        return;
    view_flow_put(&f, "max", ROLE_DIM, history_number(figure, c->most, text));
    view_flow_put(&f, "min", ROLE_DIM, history_number(figure, c->least, text));
}

// A graph of several rows, of which only some may be inside the window.
static void draw_figure(struct view_lines *t, const struct history_layout *l, enum history_figure figure,
                        const struct history_columns *c)
{
    const struct graph_history graph = {.bars = {c->values, c->count}, .scale = c->scale};
    int y, x = t->area.x + l->x;
    for (int row = 0; row < l->rows; row++) {
        if (!view_lines_next(t, &y))
            continue;
        graph_history_row(t->s, (struct rect){x, y, l->cells, l->rows}, &graph, row);
        if (row == 0)
            screen_put(t->s, t->area.x + 3, y, l->x - 3, ROLE_DIM, history_label(figure));
        put_text(t, l, y, row, figure, c);
    }
}

void view_history_draw(const struct model *m, struct view_lines *t)
{
    struct kin_receive_second seconds[KIN_RECEIVE_HISTORY_SECONDS];
    bool running = !m->reel.history.runs; // else what is known of a second that is not over would jump
    size_t count = kin_receive_history_copy(&m->reel.history, running, seconds, KIN_RECEIVE_HISTORY_SECONDS);
    const struct history_source source = {seconds, count, &m->reel.terminal};
    if (m->reel.history.count == 0)
        return;
    struct history_layout l = lay_out(t);
    heading(t, l.step);
    for (int i = 0; i < HISTORY_FIGURE_COUNT; i++) {
        struct history_columns c;
        history_columns(&source, l.step, (enum history_figure)i, &c);
        draw_figure(t, &l, (enum history_figure)i, &c);
    }
}
