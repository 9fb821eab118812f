// Meters, bars and sparklines, drawn into a screen.
#ifndef TUI_GRAPH_H
#define TUI_GRAPH_H

#include "terminal/screen.h"

// A graph of the newest values, newest at the right edge, two to a cell in braille (one to a cell in ASCII): bars, and
// another figure as dots over them. `scale` is the value at full height, which is all rows of the area.
struct graph_series {
    const double *values; // oldest first
    size_t count;
};
struct graph_history {
    struct graph_series bars, dots; // either may be empty
    double scale;
};
void graph_history(struct screen *s, struct rect area, const struct graph_history *g);
// One row of it, 0 is the top, in row area.y of the screen: for graphs that are partly outside a window.
void graph_history_row(struct screen *s, struct rect area, const struct graph_history *g, int row);

// "[||||||||   18/30]": a meter with its text inside, filled to value/full, with marks at low/full and high/full (none
// where that is 0).
struct graph_meter {
    double value, full, low, high;
    const char *text;
    enum role role; // of the filled part
};
void graph_meter(struct screen *s, int x, int y, int width, const struct graph_meter *m);

// A progress bar: played up to `at`, with the cached stretch and places of the reel marked; all as fractions 0..1.
#define GRAPH_MARKS_MAX 12
struct graph_progress {
    double at, cached_from, cached_to;
    struct {
        double at;
        char letter; // 0: a bookmark
    } marks[GRAPH_MARKS_MAX];
    size_t mark_count;
};
void graph_progress(struct screen *s, int x, int y, int width, const struct graph_progress *p);

#endif
