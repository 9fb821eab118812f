// A figure of the last seconds as columns of a graph.
#include "pages/history.h"

#include <stdio.h>

#include "model/format.h"

enum combine { WORST, MEAN, LEAST };

static const struct {
    const char *label;
    enum combine combine;
    const char *unit; // NULL: bit/s, which have a prefix
    double least;     // step of the scale
} figures[HISTORY_FIGURE_COUNT] = {
    [HISTORY_LOST] = {"lost", WORST, "packets", 1},        [HISTORY_RECOVERED] = {"recovered", WORST, "packets", 1},
    [HISTORY_JITTER] = {"jitter", WORST, "ms", 0.001},     [HISTORY_RTT] = {"round trip", WORST, "ms", 0.001},
    [HISTORY_THROUGHPUT] = {"throughput", MEAN, NULL, 1},  [HISTORY_CACHE] = {"cache", LEAST, "frames", 1},
    [HISTORY_TERMINAL] = {"terminal", WORST, "frames", 1},
};

const char *history_label(enum history_figure figure)
{
    return figures[figure].label;
}

static double value_of(const struct kin_receive_second *s, enum history_figure figure)
{
    switch (figure) {
    case HISTORY_LOST:
        return (double)s->counts[KIN_RECEIVE_P_LOST];
    case HISTORY_RECOVERED:
        return (double)s->counts[KIN_RECEIVE_P_RECOVERED];
    case HISTORY_JITTER:
        return s->state.jitter_ms;
    case HISTORY_RTT:
        return s->state.rtt_ms;
    case HISTORY_THROUGHPUT:
        return kin_receive_second_bps(s);
    case HISTORY_CACHE:
        return s->state.cache;
    default:
        return (double)s->counts[KIN_RECEIVE_F_TERMINAL];
    }
}

unsigned history_step(size_t seconds, size_t room)
{
    return room > 0 && seconds > room ? (unsigned)((seconds + room - 1) / room) : 1;
}

// `n` values have been combined before.
static double combined(enum combine how, double before, unsigned n, double value)
{
    if (n == 0)
        return value;
    if (how == MEAN)
        return (before * n + value) / (n + 1);
    return (how == WORST) == (value > before) ? value : before;
}

static void set_scale(struct history_columns *c, enum history_figure figure)
{
    double most = 0, least = figures[figure].least;
    char bits[FORMAT_MAX];
    const char *from = "0-", *unit = figures[figure].unit;
    for (size_t i = 0; i < c->count; i++)
        most = c->values[i] > most ? c->values[i] : most;
    c->scale = most > 0 ? format_nice_ceiling(most / least) * least : 0;
    if (c->scale <= 0)
        from = "";
    if (unit == NULL)
        snprintf(c->text, sizeof c->text, "%s%s", from, format_bits(c->scale, bits));
    else
        snprintf(c->text, sizeof c->text, "%s%.15g %s", from, c->scale, unit);
}

void history_columns(const struct kin_receive_second *seconds, size_t count, unsigned step, enum history_figure figure,
                     struct history_columns *ret)
{
    unsigned in_column[HISTORY_COLUMNS_MAX] = {0};
    *ret = (struct history_columns){.count = 0};
    if (count > 0) {
        uint64_t first = seconds[0].number / step, last = seconds[count - 1].number / step;
        first = last - first < HISTORY_COLUMNS_MAX ? first : last - HISTORY_COLUMNS_MAX + 1;
        ret->count = (size_t)(last - first + 1);
        for (size_t i = 0; i < count; i++) {
            uint64_t at = seconds[i].number / step;
            double value = value_of(&seconds[i], figure);
            if (at < first || !seconds[i].known || value < 0)
                continue;
            at -= first;
            ret->values[at] = combined(figures[figure].combine, ret->values[at], in_column[at], value);
            in_column[at]++;
        }
    }
    set_scale(ret, figure);
}
