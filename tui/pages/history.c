// A figure of the last seconds as columns of a graph.
#include "pages/history.h"

#include <stdio.h>
#include <string.h>

#include "model/format.h"

enum combine { WORST, MEAN, LEAST };

static const struct {
    const char *label;
    enum combine combine;
    const char *unit; // NULL: bit/s, "B": bytes a second; both have a prefix
    double least;     // step of the scale
} figures[HISTORY_FIGURE_COUNT] = {
    [HISTORY_LOST] = {"lost", WORST, "packets", 1},       [HISTORY_RECOVERED] = {"recovered", WORST, "packets", 1},
    [HISTORY_JITTER] = {"jitter", WORST, "ms", 0.001},    [HISTORY_RTT] = {"round trip", WORST, "ms", 0.001},
    [HISTORY_THROUGHPUT] = {"throughput", MEAN, NULL, 1}, [HISTORY_CACHE] = {"cache", LEAST, "frames", 1},
    [HISTORY_RECEIVED] = {"received", MEAN, "fps", 1},    [HISTORY_SHOWN] = {"shown", MEAN, "fps", 1},
    [HISTORY_OUTPUT] = {"output", MEAN, "B", 1},          [HISTORY_TERMINAL] = {"dropped", WORST, "frames", 1},
};

const char *history_label(enum history_figure figure)
{
    return figures[figure].label;
}

static bool is_count(enum history_figure figure)
{
    const char *unit = figures[figure].unit;
    return unit != NULL && strcmp(unit, "B") != 0 && strcmp(unit, "ms") != 0;
}

char *history_number(enum history_figure figure, double value, char dst[HISTORY_TEXT_MAX])
{
    const char *unit = figures[figure].unit;
    char number[FORMAT_MAX];
    if (unit == NULL)
        snprintf(dst, HISTORY_TEXT_MAX, "%s", format_bits(value, number));
    else if (is_count(figure))
        snprintf(dst, HISTORY_TEXT_MAX, figures[figure].combine == MEAN ? "%.1f" : "%.0f", value);
    else if (strcmp(unit, "B") == 0)
        snprintf(dst, HISTORY_TEXT_MAX, "%s/s", format_bytes(value, number));
    else
        snprintf(dst, HISTORY_TEXT_MAX, "%s", value > 0 ? format_ms(value, number) : "0 ms");
    return dst;
}

char *history_value(enum history_figure figure, double value, char dst[HISTORY_TEXT_MAX])
{
    char number[HISTORY_TEXT_MAX];
    history_number(figure, value, number);
    snprintf(dst, HISTORY_TEXT_MAX, "%.30s%s%s", number, is_count(figure) ? " " : "",
             is_count(figure) ? figures[figure].unit : "");
    return dst;
}

static double of_terminal(const struct terminal_totals *t, enum history_figure figure)
{
    return (double)(figure == HISTORY_SHOWN ? t->shown : t->bytes);
}

static double value_of(const struct history_source *from, const struct kin_receive_second *s,
                       enum history_figure figure)
{
    struct terminal_totals terminal = {.bytes = 0};
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
    case HISTORY_RECEIVED:
        return (double)s->counts[KIN_RECEIVE_F_COMPLETE];
    case HISTORY_TERMINAL:
        return (double)s->counts[KIN_RECEIVE_F_TERMINAL];
    default:
        if (from->terminal != NULL)
            terminal = terminal_history_at(from->terminal, s->number);
        return of_terminal(&terminal, figure);
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
    const char *unit = figures[figure].unit;
    for (size_t i = 0; i < c->count; i++)
        most = c->values[i] > most ? c->values[i] : most;
    c->scale = most > 0 ? format_nice_ceiling(most / least) * least : 0;
    char top[FORMAT_MAX];
    if (unit == NULL)
        format_bits(c->scale, top);
    else if (strcmp(unit, "B") == 0)
        format_bytes(c->scale, top);
    else
        snprintf(top, sizeof top, "%.15g %s", c->scale, unit);
    snprintf(c->text, sizeof c->text, "%s%s", c->scale > 0 ? "0-" : "", top);
}

static void note_second(struct history_columns *c, double value)
{
    c->least = c->known == 0 || value < c->least ? value : c->least;
    c->most = c->known == 0 || value > c->most ? value : c->most;
    c->mean = combined(MEAN, c->mean, c->known, value);
    c->last = value;
    c->known++;
}

void history_columns(const struct history_source *from, unsigned step, enum history_figure figure,
                     struct history_columns *ret)
{
    unsigned in_column[HISTORY_COLUMNS_MAX] = {0};
    const struct kin_receive_second *seconds = from->seconds;
    *ret = (struct history_columns){.count = 0};
    if (from->count > 0) {
        uint64_t first = seconds[0].number / step, last = seconds[from->count - 1].number / step;
        first = last - first < HISTORY_COLUMNS_MAX ? first : last - HISTORY_COLUMNS_MAX + 1;
        ret->count = (size_t)(last - first + 1);
        for (size_t i = 0; i < from->count; i++) {
            uint64_t at = seconds[i].number / step;
            double value = value_of(from, &seconds[i], figure);
            if (at < first || !seconds[i].known || value < 0)
                continue;
            at -= first;
            ret->values[at] = combined(figures[figure].combine, ret->values[at], in_column[at], value);
            in_column[at]++;
            note_second(ret, value);
        }
    }
    set_scale(ret, figure);
}
