// Pictures of numbers, in characters.
#include "pages/graph.h"

#include <stdio.h>

static int clamp(double v, int max)
{
    return v <= 0 ? 0 : v >= max ? max : (int)v;
}

static double value_at(const double *values, size_t count, long i)
{
    return i >= 0 && (size_t)i < count ? values[i] : 0;
}

// Steps from the bottom, 0..full; any value above 0 shows at least one.
static unsigned height_of(double value, double scale, int full)
{
    if (value <= 0 || scale <= 0)
        return 0;
    int h = clamp(value / scale * full + 0.5, full);
    return h < 1 ? 1 : (unsigned)h;
}

static void put_braille(struct screen *s, int x, int y, unsigned left, unsigned right)
{
    static const unsigned left_dots[] = {0, 0x40, 0x44, 0x46, 0x47}, right_dots[] = {0, 0x80, 0xa0, 0xb0, 0xb8};
    unsigned code = 0x2800 + left_dots[left] + right_dots[right];
    const char glyph[4] = {(char)0xe2, (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f)), 0};
    screen_put(s, x, y, 1, ROLE_GRAPH, left + right > 0 ? glyph : " ");
}

void graph_sparkline(struct screen *s, int x, int y, int width, const double *values, size_t count, double scale)
{
    static const char steps[] = " .:-=+*#";
    for (int i = 0; i < width; i++) {
        long from_end = width - 1 - i;
        if (s->utf8) {
            long at = (long)count - 2 * from_end - 2;
            put_braille(s, x + i, y, height_of(value_at(values, count, at), scale, 4),
                        height_of(value_at(values, count, at + 1), scale, 4));
        } else {
            double v = value_at(values, count, (long)count - from_end - 1);
            screen_put_span(s, x + i, y, 1, ROLE_GRAPH, kin_span_make(&steps[height_of(v, scale, 7)], 1));
        }
    }
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

void graph_progress(struct screen *s, int x, int y, int width, const struct graph_progress *p)
{
    int played = clamp(p->at * width, width);
    int from = clamp(p->cached_from * width, width), to = clamp(p->cached_to * width + 0.999, width);
    for (int i = 0; i < width; i++) {
        bool cached = i >= from && i < to;
        if (i == played || (i == width - 1 && played == width))
            screen_put(s, x + i, y, 1, ROLE_STRONG, screen_glyph(s, "\xe2\x97\x8f", "O"));
        else if (i < played)
            screen_put(s, x + i, y, 1, ROLE_BAR_PLAYED, screen_glyph(s, "\xe2\x94\x81", "="));
        else if (cached)
            screen_put(s, x + i, y, 1, ROLE_BAR_CACHED, screen_glyph(s, "\xe2\x94\x81", "+"));
        else
            screen_put(s, x + i, y, 1, ROLE_BAR_EMPTY, screen_glyph(s, "\xe2\x94\x80", "-"));
    }
}
