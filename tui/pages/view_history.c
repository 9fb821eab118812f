// The upper part of the statistics page: what the last seconds were like, figure by figure.
#include <stdio.h>

#include "pages/graph.h"
#include "pages/history.h"
#include "pages/view.h"
#include "text/messages.h"

#define NARROW 60
#define LABEL_NARROW 11
#define SCALE_WIDTH 15

struct history_layout {
    int x, cells; // of the graphs
    unsigned step;
};

static struct history_layout lay_out(const struct view_lines *t)
{
    struct history_layout l = {.x = 3 + (t->area.w < NARROW ? LABEL_NARROW : VIEW_LABEL_WIDTH)};
    int per_cell = t->s->utf8 ? 2 : 1, room = t->area.w - l.x - SCALE_WIDTH - 2;
    l.step = history_step(KIN_RECEIVE_HISTORY_SECONDS, (size_t)(room > 0 ? room * per_cell : 1));
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
    int x = t->area.x + 2 + screen_put(t->s, t->area.x + 2, y, -1, ROLE_ACCENT, text);
    snprintf(text, sizeof text, MSG_HISTORY_STEP, step);
    screen_put(t->s, x + 2, y, -1, ROLE_DIM, text);
}

static void row(struct view_lines *t, const struct history_layout *l, const char *label,
                const struct history_columns *c)
{
    int y;
    if (!view_lines_next(t, &y))
        return;
    screen_put(t->s, t->area.x + 3, y, l->x - 3, ROLE_DIM, label);
    graph_sparkline(t->s, t->area.x + l->x, y, l->cells, c->values, c->count, c->scale);
    int x = t->area.x + l->x + l->cells + 1;
    screen_put(t->s, x, y, t->area.x + t->area.w - x, ROLE_DIM, c->text);
}

void view_history_draw(const struct model *m, struct view_lines *t)
{
    struct kin_receive_second seconds[KIN_RECEIVE_HISTORY_SECONDS];
    bool running = !m->reel.history.runs; // else what is known of a second that is not over would jump
    size_t count = kin_receive_history_copy(&m->reel.history, running, seconds, KIN_RECEIVE_HISTORY_SECONDS);
    if (m->reel.history.count == 0)
        return;
    struct history_layout l = lay_out(t);
    heading(t, l.step);
    for (int i = 0; i < HISTORY_FIGURE_COUNT; i++) {
        struct history_columns c;
        history_columns(seconds, count, l.step, (enum history_figure)i, &c);
        if (i != HISTORY_TERMINAL || c.scale > 0)
            row(t, &l, history_label((enum history_figure)i), &c);
    }
}
