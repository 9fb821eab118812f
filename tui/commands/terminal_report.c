// The report of kinora terminal as text and as JSON.
#include "commands/terminal_report.h"

#include <unistd.h>

#include "base/json_wr.h"
#include "base/text.h"
#include "model/format.h"
#include "text/messages.h"

#define VALUE_MAX 160
#define JSON_MAX (VALUE_MAX * KIN_JSON_BYTE_MAX * VARIABLE_COUNT + 4096)

static const char *yes_or_no(bool yes)
{
    return yes ? "yes" : "no";
}

// How many colours are used, and who says so.
static enum fact_source depth_source(const struct terminal_report *r)
{
    bool is_direct = r->term.depth == DEPTH_16M && r->probe.facts.truecolor.yes;
    return is_direct ? r->probe.facts.truecolor.source : r->term.depth_fixed ? FACT_ENVIRONMENT : FACT_TERMINFO;
}

// The value of a variable for a report, which may be shown to others: of those that name hosts and paths, only that
// they are set.
static const char *shown_value(const struct terminal_report *r, size_t i, char dst[VALUE_MAX])
{
    static const enum facts_variable is_private[] = {VARIABLE_TMUX, VARIABLE_STY, VARIABLE_SSH_CONNECTION,
                                                     VARIABLE_SSH_TTY, VARIABLE_WEZTERM_EXECUTABLE};
    const char *value = r->environment.values[i];
    for (size_t k = 0; k < sizeof is_private / sizeof *is_private; k++)
        if (is_private[k] == i && *value != '\0')
            value = MSG_FACT_SET;
    kin_text_clean(kin_span_str(value), r->utf8, dst, VALUE_MAX);
    return dst;
}

// --- text

static void row(FILE *out, const char *label, const char *value, enum fact_source source)
{
    fprintf(out, "  %-14s  %-32s  %s\n", label, value, facts_source_name(source));
}

static bool is_known(struct fact f)
{
    return f.yes || (f.source != FACT_NOT_ASKED && f.source != FACT_SILENT);
}

static void fact_row(FILE *out, const char *label, struct fact f)
{
    row(out, label, is_known(f) ? yes_or_no(f.yes) : MSG_FACT_UNKNOWN, f.source);
}

static void print_name(const struct terminal_report *r, FILE *out)
{
    const struct terminal_facts *f = &r->probe.facts;
    char text[VALUE_MAX];
    snprintf(text, sizeof text, "%s%s%s", f->name[0] != '\0' ? f->name : MSG_FACT_UNKNOWN,
             f->version[0] != '\0' ? " " : "", f->version);
    row(out, "name", text, f->named);
}

static void print_environment(const struct terminal_report *r, FILE *out)
{
    char shown[VALUE_MAX];
    fprintf(out, "\n%s\n", MSG_TERMINAL_ENVIRONMENT);
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (shown_value(r, i, shown)[0] != '\0')
            fprintf(out, "  %-20s  %s\n", facts_variables[i], shown);
}

static void print_surroundings(const struct terminal_facts *f, FILE *out)
{
    char text[VALUE_MAX];
    if (f->multiplexer == MULTIPLEXER_SCREEN)
        fprintf(out, "  %-14s  %s\n", "inside", MSG_FACT_IN_SCREEN);
    snprintf(text, sizeof text, MSG_FACT_IN_TMUX, f->multiplexer_version, yes_or_no(f->passthrough.yes),
             facts_source_name(f->passthrough.source));
    if (f->multiplexer == MULTIPLEXER_TMUX)
        fprintf(out, "  %-14s  %s\n", "inside", text);
    if (f->remote.yes)
        row(out, "line", f->mosh.yes ? MSG_FACT_MOSH : MSG_FACT_SSH, f->remote.source);
}

static void print_window(const struct terminal_report *r, FILE *out)
{
    const struct terminal_facts *f = &r->probe.facts;
    char text[VALUE_MAX];
    snprintf(text, sizeof text, MSG_FACT_CELLS, r->window.cols, r->window.rows);
    if (r->window.cols > 0)
        row(out, "window", text, FACT_WINDOW);
    snprintf(text, sizeof text, MSG_FACT_CELL_PIXELS, f->cell_width, f->cell_height);
    row(out, "cell", f->cell_width > 0 ? text : MSG_FACT_UNKNOWN, f->cell);
}

static void print_looks(const struct terminal_report *r, FILE *out)
{
    const struct terminal_facts *f = &r->probe.facts;
    char text[VALUE_MAX];
    snprintf(text, sizeof text, "#%06x, %s", f->background_rgb,
             facts_is_dark(f->background_rgb) ? MSG_FACT_DARK : MSG_FACT_LIGHT);
    row(out, "background", f->background == FACT_ASKED ? text : MSG_FACT_UNKNOWN, f->background);
    if (r->term.fd >= 0)
        row(out, "colours", theme_depth_name(r->term.depth), depth_source(r));
    else
        fact_row(out, "direct colours", f->truecolor);
    row(out, "characters", r->utf8 ? "UTF-8" : "ASCII", FACT_ENVIRONMENT);
}

static const char *can_show(struct fact f)
{
    return f.yes ? MSG_TERMINAL_PIXELS_YES : is_known(f) ? MSG_TERMINAL_PIXELS_NO : MSG_TERMINAL_PIXELS_UNKNOWN;
}

static void print_mode(const struct terminal_report *r, enum renderer mode, FILE *out)
{
    const struct terminal_mode *m = &terminal_modes[mode];
    const struct fact *f = renderer_fact(mode, &r->probe.facts);
    fprintf(out, "  %-14s  ", m->name);
    if (m->unicode && !r->utf8)
        fprintf(out, MSG_TERMINAL_NO_UNICODE, m->gives);
    else if (f == NULL)
        fprintf(out, "%s", m->gives);
    else if (f->yes && !terminal_mode_works(r, mode))
        fprintf(out, MSG_TERMINAL_PIXELS_BEHIND, m->gives);
    else
        fprintf(out, MSG_TERMINAL_PIXELS, m->gives, can_show(*f), facts_source_name(f->source));
    fputc('\n', out);
}

static void print_auto(const struct terminal_report *r, FILE *out)
{
    enum renderer choices[RENDERER_CHOICES_MAX];
    unsigned n = renderer_choices(&r->probe.facts, r->utf8, choices);
    fprintf(out, "  %-14s  %s", "auto", renderer_name(choices[0]));
    for (unsigned i = 1; i < n; i++)
        fprintf(out, "%s%s", i == 1 ? MSG_TERMINAL_AUTO_ELSE : MSG_TERMINAL_AUTO_OR, renderer_name(choices[i]));
    fputc('\n', out);
}

static void print_modes(const struct terminal_report *r, FILE *out)
{
    fprintf(out, "\n%s\n", MSG_TERMINAL_MODES);
    print_auto(r, out);
    for (int i = 0; i < RENDERER_COUNT; i++)
        print_mode(r, (enum renderer)i, out);
}

void terminal_print_text(const struct terminal_report *r, FILE *out)
{
    const struct terminal_facts *f = &r->probe.facts;
    char rtt[FORMAT_MAX];
    if (r->term.fd < 0) {
        fprintf(out, MSG_TERMINAL_NOT_ASKED, isatty(STDOUT_FILENO) ? r->why : MSG_TERMINAL_ELSEWHERE);
        fputs("\n\n", out);
    }
    fprintf(out, "%s\n", MSG_TERMINAL_HEADING);
    print_name(r, out);
    print_surroundings(f, out);
    print_window(r, out);
    print_looks(r, out);
    fact_row(out, "synchronized", f->sync);
    fact_row(out, "graphemes", f->graphemes);
    if (r->probe.rtt_us > 0)
        fprintf(out, "  %-14s  %s\n", "answers after", format_ms((double)r->probe.rtt_us / 1000, rtt));
    print_environment(r, out);
    print_modes(r, out);
}

// --- JSON

static const char *source_word(enum fact_source source)
{
    static const char *const words[FACT_SOURCE_COUNT] = {
        [FACT_NOT_ASKED] = "not_asked", [FACT_ASKED] = "asked", [FACT_ENVIRONMENT] = "environment",
        [FACT_TERMINFO] = "terminfo",   [FACT_WINDOW] = "tty",  [FACT_ASSUMED] = "name",
        [FACT_SILENT] = "no_answer",
    };
    return words[source];
}

static void json_fact(struct kin_wr *w, const char *key, struct fact f)
{
    kin_json_open(w, key, '{');
    kin_json_bool(w, "yes", f.yes);
    kin_json_str(w, "source", source_word(f.source));
    kin_json_close(w, '}');
}

static void json_name(struct kin_wr *w, const struct terminal_facts *f)
{
    static const char *const multiplexers[] = {"none", "tmux", "screen"};
    kin_json_str(w, "name", f->name);
    kin_json_str(w, "version", f->version);
    kin_json_str(w, "name_source", source_word(f->named));
    kin_json_str(w, "multiplexer", multiplexers[f->multiplexer]);
    kin_json_str(w, "multiplexer_version", f->multiplexer_version);
}

static void json_facts(struct kin_wr *w, const struct terminal_facts *f)
{
    json_fact(w, "passthrough", f->passthrough);
    json_fact(w, "remote", f->remote);
    json_fact(w, "mosh", f->mosh);
    json_fact(w, "sixel", f->sixel);
    json_fact(w, "kitty", f->kitty);
    json_fact(w, "iterm", f->iterm);
    json_fact(w, "synchronized", f->sync);
    json_fact(w, "graphemes", f->graphemes);
    json_fact(w, "truecolor", f->truecolor);
}

static void json_window(struct kin_wr *w, const struct terminal_report *r)
{
    const struct terminal_facts *f = &r->probe.facts;
    kin_json_open(w, "window", '{');
    kin_json_uint(w, "cols", (uint64_t)r->window.cols);
    kin_json_uint(w, "rows", (uint64_t)r->window.rows);
    kin_json_close(w, '}');
    kin_json_open(w, "cell", '{');
    kin_json_uint(w, "width", (uint64_t)f->cell_width);
    kin_json_uint(w, "height", (uint64_t)f->cell_height);
    kin_json_str(w, "source", source_word(f->cell));
    kin_json_close(w, '}');
}

static void json_looks(struct kin_wr *w, const struct terminal_report *r)
{
    static const char *const depths[] = {[DEPTH_2] = "2", [DEPTH_16] = "16", [DEPTH_256] = "256", [DEPTH_16M] = "16m"};
    const struct terminal_facts *f = &r->probe.facts;
    char rgb[16];
    snprintf(rgb, sizeof rgb, "#%06x", f->background_rgb);
    kin_json_open(w, "background", '{');
    if (f->background == FACT_ASKED) {
        kin_json_str(w, "rgb", rgb);
        kin_json_bool(w, "dark", facts_is_dark(f->background_rgb));
    }
    kin_json_str(w, "source", source_word(f->background));
    kin_json_close(w, '}');
    kin_json_bool(w, "utf8", r->utf8);
    if (r->term.fd < 0)
        return;
    kin_json_open(w, "colors", '{');
    kin_json_str(w, "depth", depths[r->term.depth]);
    kin_json_str(w, "source", source_word(depth_source(r)));
    kin_json_close(w, '}');
}

static void json_modes(struct kin_wr *w, const struct terminal_report *r)
{
    enum renderer choices[RENDERER_CHOICES_MAX];
    renderer_choices(&r->probe.facts, r->utf8, choices);
    kin_json_str(w, "auto", terminal_modes[choices[0]].name);
    kin_json_open(w, "modes", '[');
    for (int i = 0; i < RENDERER_COUNT; i++) {
        const struct fact *f = renderer_fact((enum renderer)i, &r->probe.facts);
        kin_json_open(w, NULL, '{');
        kin_json_str(w, "name", terminal_modes[i].name);
        kin_json_bool(w, "terminal", f == NULL || f->yes);
        kin_json_bool(w, "works", terminal_mode_works(r, (enum renderer)i));
        kin_json_close(w, '}');
    }
    kin_json_close(w, ']');
}

static void json_environment(struct kin_wr *w, const struct terminal_report *r)
{
    char shown[VALUE_MAX];
    kin_json_open(w, "environment", '{');
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (shown_value(r, i, shown)[0] != '\0')
            kin_json_str(w, facts_variables[i], shown);
    kin_json_close(w, '}');
}

void terminal_print_json(const struct terminal_report *r, FILE *out)
{
    char text[JSON_MAX];
    struct kin_wr w = kin_wr_init(text, sizeof text);
    kin_json_open(&w, NULL, '{');
    kin_json_bool(&w, "asked", r->term.fd >= 0 && r->probe.manner != PROBE_NOTHING);
    json_name(&w, &r->probe.facts);
    json_window(&w, r);
    json_looks(&w, r);
    json_facts(&w, &r->probe.facts);
    if (r->probe.rtt_us > 0)
        kin_json_fmt(&w, "rtt_ms", "%.1f", (double)r->probe.rtt_us / 1000);
    else
        kin_json_fmt(&w, "rtt_ms", "null");
    json_modes(&w, r);
    json_environment(&w, r);
    kin_json_close(&w, '}');
    fprintf(out, "%.*s\n", KIN_SPAN_ARG(kin_wr_span(&w)));
}
