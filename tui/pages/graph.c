// Pictures of numbers, in characters.
#include "pages/graph.h"

#include <stdio.h>

static int clamp(double v, int max)
{
    return v <= 0 ? 0 : v >= max ? max : (int)v;
}

static double value_at(const struct graph_series *g, long from_end)
{
    long i = (long)g->count - 1 - from_end;
    return i >= 0 && (size_t)i < g->count ? g->values[i] : 0;
}

// Steps from the bottom, 0..full; any value above 0 shows at least one.
static int height_of(double value, double scale, int full)
{
    if (value <= 0 || scale <= 0)
        return 0;
    int h = clamp(value / scale * full + 0.5, full);
    return h < 1 ? 1 : h;
}

#define BRAILLE_STEPS 4 // of a cell
#define ASCII_STEPS 7

// The dots of one half of a cell whose bottom is `below` steps high: a bar up to `bar`, a dot at `dot` (0: none).
static unsigned braille_half(int bar, int dot, int below, bool right)
{
    static const unsigned bars[] = {0, 0x40, 0x44, 0x46, 0x47}, right_bars[] = {0, 0x80, 0xa0, 0xb0, 0xb8};
    const unsigned *of = right ? right_bars : bars;
    int up_to = clamp(bar - below, BRAILLE_STEPS), at = dot - below;
    bool inside = dot > 0 && at >= 1 && at <= BRAILLE_STEPS;
    return of[up_to] | (inside ? of[at] ^ of[at - 1] : 0);
}

static void put_braille(struct screen *s, int x, int y, unsigned dots)
{
    unsigned code = 0x2800 + dots;
    const char glyph[4] = {(char)0xe2, (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f)), 0};
    screen_put(s, x, y, 1, ROLE_GRAPH, dots > 0 ? glyph : " ");
}

static char ascii_step(int bar, int dot, int below)
{
    static const char steps[] = " .:-=+*#";
    bool inside = dot > below && dot <= below + ASCII_STEPS;
    return inside && dot > bar ? 'o' : steps[clamp(bar - below, ASCII_STEPS)];
}

// One cell, whose newest values are `from_end` before the last ones and whose bottom is `below` steps above that of the
// graph, which is `full` steps high.
static void put_part(struct screen *s, int x, int y, const struct graph_history *g, long from_end, int below, int full)
{
    int per_cell = s->utf8 ? 2 : 1, bar[2], dot[2];
    for (int i = 0; i < 2; i++) {
        bar[i] = height_of(value_at(&g->bars, per_cell * from_end + 1 - i), g->scale, full);
        dot[i] = height_of(value_at(&g->dots, per_cell * from_end + 1 - i), g->scale, full);
    }
    char c = ascii_step(bar[1], dot[1], below);
    if (s->utf8)
        put_braille(s, x, y, braille_half(bar[0], dot[0], below, false) | braille_half(bar[1], dot[1], below, true));
    else
        screen_put_span(s, x, y, 1, ROLE_GRAPH, kin_span_make(&c, 1));
}

void graph_history_row(struct screen *s, struct rect area, const struct graph_history *g, int row)
{
    int steps = s->utf8 ? BRAILLE_STEPS : ASCII_STEPS;
    for (int i = 0; i < area.w; i++)
        put_part(s, area.x + i, area.y, g, area.w - 1 - i, (area.h - 1 - row) * steps, area.h * steps);
}

void graph_history(struct screen *s, struct rect area, const struct graph_history *g)
{
    for (int row = 0; row < area.h; row++)
        graph_history_row(s, (struct rect){area.x, area.y + row, area.w, area.h}, g, row);
}

// The cell of a mark, -1 without one.
static int mark_cell(const struct graph_meter *m, double mark, int inside)
{
    return mark > 0 && m->full > 0 ? clamp(mark / m->full * inside, inside - 1) : -1;
}

static const char *meter_glyph(const struct screen *s, int i, int filled, bool mark)
{
    if (mark)
        return screen_glyph(s, "\xe2\x94\x8a", ":");
    return i < filled ? "|" : " ";
}

void graph_meter(struct screen *s, int x, int y, int width, const struct graph_meter *m)
{
    int inside = width - 2;
    int text_width = screen_text_width(kin_span_str(m->text));
    int filled = m->full > 0 ? clamp(m->value / m->full * inside + 0.5, inside) : 0;
    int low = mark_cell(m, m->low, inside), high = mark_cell(m, m->high, inside);
    if (inside < text_width)
        return;
    screen_put(s, x, y, 1, ROLE_STRONG, "[");
    for (int i = 0; i < inside; i++) {
        bool mark = i == low || i == high;
        screen_put(s, x + 1 + i, y, 1, mark ? ROLE_DIM : m->role, meter_glyph(s, i, filled, mark));
    }
    screen_put(s, x + 1 + inside - text_width, y, text_width, ROLE_STRONG, m->text);
    screen_put(s, x + width - 1, y, 1, ROLE_STRONG, "]");
}

static void put_marks(struct screen *s, int x, int y, int width, const struct graph_progress *p)
{
    for (size_t i = 0; i < p->mark_count && i < GRAPH_MARKS_MAX; i++) {
        const char letter[2] = {p->marks[i].letter, 0};
        const char *glyph = letter[0] != 0 ? letter : screen_glyph(s, "\xe2\x96\xb2", "^");
        screen_put(s, x + clamp(p->marks[i].at * width, width - 1), y, 1, ROLE_CAREFUL, glyph);
    }
}

static void put_place(struct screen *s, int x, int y)
{
    screen_put(s, x, y, 1, ROLE_STRONG, screen_glyph(s, "\xe2\x97\x8f", "O"));
}

void graph_progress(struct screen *s, int x, int y, int width, const struct graph_progress *p)
{
    int played = clamp(p->at * width, width);
    int from = clamp(p->cached_from * width, width), to = clamp(p->cached_to * width + 0.999, width);
    for (int i = 0; i < width; i++) {
        bool cached = i >= from && i < to;
        if (i < played)
            screen_put(s, x + i, y, 1, ROLE_BAR_PLAYED, screen_glyph(s, "\xe2\x94\x81", "="));
        else if (cached)
            screen_put(s, x + i, y, 1, ROLE_BAR_CACHED, screen_glyph(s, "\xe2\x94\x81", "+"));
        else
            screen_put(s, x + i, y, 1, ROLE_BAR_EMPTY, screen_glyph(s, "\xe2\x94\x80", "-"));
    }
    put_marks(s, x, y, width, p);
    put_place(s, x + (played < width ? played : width - 1), y);
}
