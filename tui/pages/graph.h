// Meters, bars and sparklines, drawn into a screen.
#ifndef TUI_GRAPH_H
#define TUI_GRAPH_H

#include "terminal/screen.h"

// A sparkline of the newest values, newest at the right edge, two to a cell in braille (one to a cell in ASCII).
// `scale` is the value at full height.
void graph_sparkline(struct screen *s, int x, int y, int width, const double *values, size_t count, double scale);

// "[||||||||   18/30]": a meter with its text inside, filled to value/full, with marks at low/full and high/full (none
// where that is 0).
struct graph_meter {
    double value, full, low, high;
    const char *text;
    enum role role; // of the filled part
};
void graph_meter(struct screen *s, int x, int y, int width, const struct graph_meter *m);

// A progress bar: played up to `at`, with the cached stretch marked; all as fractions 0..1 of the reel.
struct graph_progress {
    double at, cached_from, cached_to;
};
void graph_progress(struct screen *s, int x, int y, int width, const struct graph_progress *p);

#endif
