// The statistics that lie over the picture: the last minute of what decides how the film looks, on one axis.
#include <stdio.h>

#include "pages/diagnosis.h"
#include "pages/graph.h"
#include "pages/history.h"
#include "pages/view.h"
#include "text/messages.h"

#define GLANCE_SECONDS 60
#define LABELS_WIDTH 20
#define GRAPHS_WIDTH 36 // of all, from which on there is room for graphs beside the figures
#define ROWS_MAX 3      // of a graph
#define SENTENCE_LINES 2

#define NO_FIGURE HISTORY_FIGURE_COUNT
static const struct glance {
    enum history_figure bars, second; // the second one as dots, where both have one unit
    bool dots;
} glances[] = {
    {HISTORY_CACHE, NO_FIGURE, false},         {HISTORY_LOST, HISTORY_RECOVERED, true},
    {HISTORY_JITTER, NO_FIGURE, false},        {HISTORY_RECEIVED, HISTORY_SHOWN, true},
    {HISTORY_OUTPUT, HISTORY_TERMINAL, false},
};
#define GLANCE_COUNT ((int)(sizeof glances / sizeof *glances))

struct glance_layout {
    const struct model *m;
    struct screen *s;
    struct rect area; // of labels and graphs
    int labels;       // columns
    unsigned step;
    int rows; // of a graph
};

// What nothing comes for at the moment has no value; the cache has.
static void put_figure(const struct glance_layout *l, int y, enum history_figure figure, double value)
{
    char text[HISTORY_TEXT_MAX];
    bool known = figure == HISTORY_CACHE || model_state(l->m) == KIN_PLAYER_PLAYING;
    int x = l->area.x + 1, right = l->area.x + l->labels;
    x += screen_put(l->s, x, y, right - x, ROLE_DIM, history_label(figure)) + 1;
    screen_put(l->s, x, y, right - x, view_live(l->m, ROLE_STRONG), known ? history_value(figure, value, text) : "-");
}

// In the last row, where there is room beside what stands there.
static void put_scale(const struct glance_layout *l, int y, int rows, const char *scale)
{
    int width = screen_text_width(kin_span_str(scale)), right = l->area.x + l->labels - 1;
    for (int x = right - width; x < right; x++) {
        const struct cell *c = screen_at(l->s, x - 1, y + rows - 1);
        if (c == NULL || c->glyph[0] != ' ')
            return;
    }
    screen_put(l->s, right - width, y + rows - 1, width, ROLE_DIM, scale);
}

static void draw_graph(const struct glance_layout *l, int y, const struct glance *g, const struct history_source *from)
{
    struct history_columns bars, second = {.count = 0};
    history_columns(from, l->step, g->bars, &bars);
    if (g->second != NO_FIGURE)
        history_columns(from, l->step, g->second, &second);
    bool larger = g->dots && second.scale > bars.scale;
    struct graph_history graph = {.bars = {bars.values, bars.count}, .scale = larger ? second.scale : bars.scale};
    if (g->dots)
        graph.dots = (struct graph_series){second.values, second.count};
    struct rect area = {l->area.x + l->labels, y, l->area.w - l->labels - 1, l->rows};
    if (area.w > 0)
        graph_history(l->s, area, &graph);
    put_figure(l, y, g->bars, bars.last);
    if (l->rows > 1 && g->second != NO_FIGURE)
        put_figure(l, y + 1, g->second, second.last);
    if (l->labels < l->area.w)
        put_scale(l, y, l->rows, larger ? second.text : bars.text);
}

static void draw_axis(const struct glance_layout *l, int y)
{
    int x = l->area.x + l->labels, right = l->area.x + l->area.w - 1;
    char text[32];
    snprintf(text, sizeof text, MSG_GLANCE_AXIS, GLANCE_SECONDS);
    screen_put(l->s, x, y, right - x, ROLE_DIM, text);
    screen_put_right(l->s, right, y, ROLE_DIM, MSG_GLANCE_NOW);
}

static void draw_sentence(const struct model *m, struct screen *s, struct rect area)
{
    char text[DIAGNOSIS_MAX];
    struct kin_span rest = kin_span_str(diagnosis_sentence(m, text));
    for (int y = 0; y < area.h && rest.n > 0; y++) {
        bool fits = screen_text_width(rest) <= area.w;
        size_t n = fits ? rest.n : view_first_part(rest, area.w);
        screen_put_span(s, area.x, area.y + y, area.w, ROLE_ACCENT, kin_span_first(rest, n));
        rest = kin_span_trim(kin_span_skip(rest, n));
    }
}

static struct glance_layout lay_out(const struct model *m, struct screen *s, struct rect area)
{
    struct glance_layout l = {.m = m, .s = s, .area = area, .labels = LABELS_WIDTH};
    if (area.w < GRAPHS_WIDTH) // text alone
        l.labels = area.w;
    else if (l.labels > area.w / 2)
        l.labels = area.w / 2;
    int columns = (area.w - l.labels - 1) * (s->utf8 ? 2 : 1), rows = area.h / GLANCE_COUNT;
    l.step = history_step(GLANCE_SECONDS, (size_t)(columns > 0 ? columns : 1));
    l.rows = rows > ROWS_MAX ? ROWS_MAX : rows > 1 ? rows : 1;
    return l;
}

void view_glance_draw(const struct model *m, struct screen *s, struct rect area)
{
    struct kin_receive_second seconds[GLANCE_SECONDS];
    const bool running = !m->reel.history.runs;
    size_t count = kin_receive_history_copy(&m->reel.history, running, seconds, GLANCE_SECONDS);
    const struct history_source source = {seconds, count, &m->reel.terminal};
    int below = area.h > SENTENCE_LINES + 1 ? SENTENCE_LINES + 1 : area.h; // the sentence and the axis
    struct rect graphs = {area.x, area.y, area.w, area.h - below};
    struct glance_layout l = lay_out(m, s, graphs);
    int y = graphs.y;
    for (int i = 0; i < GLANCE_COUNT && y + l.rows <= graphs.y + graphs.h; i++, y += l.rows)
        draw_graph(&l, y, &glances[i], &source);
    if (graphs.h > 0 && l.labels < area.w)
        draw_axis(&l, y++);
    draw_sentence(m, s, (struct rect){area.x + 1, y, area.w - 2, area.y + area.h - y});
}
