// The queries for a terminal and what follows from its answers.
#include "terminal/probe.h"

#define ESC "\033"
#define ST "\033\\"
#define QUERY_VERSION ESC "[>q"
#define QUERY_DA2 ESC "[>c"
#define QUERY_MODES ESC "[?2026$p" ESC "[?2027$p"
#define QUERY_CELL ESC "[16t"
#define QUERY_WINDOW ESC "[14t" QUERY_CELL ESC "[18t"
#define QUERY_BACKGROUND ESC "]11;?" ST
#define QUERY_TRUECOLOR ESC "[48;2;1;2;3m" ESC "P$qm" ST ESC "[0m"
#define QUERY_KITTY ESC "_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA" ST
#define QUERY_SIXEL ESC "[?1;1;0S" ESC "[?2;1;0S" // XTSMGRAPHICS: colours, size
#define QUERY_DA1 ESC "[c"
// For the terminal around tmux: every ESC is doubled. DSR is the last: DA1 might be taken for an answer to tmux itself.
#define THROUGH_TMUX                                                                                                   \
    ESC "Ptmux;" ESC ESC "[>q" ESC ESC "[16t" ESC ESC "_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA" ESC ESC "\\" ESC ESC "[5n" ST
#define OUTER_TRIES 3
#define OUTER_AGAIN_US (100 * KIN_US_PER_MS) // after it the terminal around tmux is tried again, and after four of it
#define CELL_MAX 1000                        // pixels
#define TMUX_CELL_WIDTH 16                   // where tmux does not know
#define TMUX_CELL_HEIGHT 32

#define DA1_SIXEL 4
#define DA2_SCREEN 83
#define DA2_TMUX 84

// --- whom to ask what

// The beginnings of TERM; the first that fits counts. Consoles and old terminals print strings (DCS, APC) that they do
// not know.
static enum probe_manner manner_by_term(struct kin_span term)
{
    static const struct {
        const char *name;
        enum probe_manner manner;
    } families[] = {
        {"dumb", PROBE_NOTHING}, {"unknown", PROBE_NOTHING}, {"vt52", PROBE_NOTHING}, {"linux", PROBE_DA1},
        {"vte", PROBE_ALL},      {"vt", PROBE_DA1},          {"ansi", PROBE_DA1},     {"cons", PROBE_DA1},
        {"tmux", PROBE_TMUX},    {"xterm", PROBE_ALL},       {"kitty", PROBE_ALL},    {"foot", PROBE_ALL},
        {"mlterm", PROBE_ALL},   {"alacritty", PROBE_ALL},   {"wezterm", PROBE_ALL},  {"konsole", PROBE_ALL},
        {"gnome", PROBE_ALL},    {"contour", PROBE_ALL},     {"mintty", PROBE_ALL},   {"ghostty", PROBE_ALL},
        {"iterm", PROBE_ALL},    {"putty", PROBE_ALL},       {"st-", PROBE_ALL},      {"rio", PROBE_ALL},
    };
    if (term.n == 0)
        return PROBE_NOTHING;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (kin_span_case_starts(term, families[i].name))
            return families[i].manner;
    return PROBE_CAREFULLY;
}

static enum probe_manner choose_manner(const struct terminal_facts *f, struct kin_span term)
{
    enum probe_manner by_term = manner_by_term(term);
    if (by_term == PROBE_NOTHING)
        return PROBE_NOTHING;
    if (f->multiplexer == MULTIPLEXER_SCREEN)
        return PROBE_DA1;
    return f->multiplexer == MULTIPLEXER_TMUX ? PROBE_TMUX : by_term;
}

void probe_init(struct probe *p, const struct facts_environment *env, bool terminfo_direct)
{
    *p = (struct probe){.manner = PROBE_NOTHING};
    facts_init(&p->facts, env, terminfo_direct);
    p->manner = choose_manner(&p->facts, kin_span_str(env->values[VARIABLE_TERM]));
    p->apc = !kin_span_is(kin_span_str(env->values[VARIABLE_TERM_PROGRAM]), "Apple_Terminal");
}

// --- asking

static void expect(struct fact *f)
{
    if (f->source == FACT_NOT_ASKED)
        f->source = FACT_SILENT;
}

static void expect_all(struct terminal_facts *f)
{
    expect(&f->sync);
    expect(&f->graphemes);
    if (f->named == FACT_NOT_ASKED)
        f->named = FACT_SILENT;
    if (f->cell == FACT_NOT_ASKED)
        f->cell = FACT_SILENT;
    if (f->background == FACT_NOT_ASKED)
        f->background = FACT_SILENT;
}

static void ask_tmux(struct probe *p, struct kin_wr *out)
{
    kin_wr_str(out, THROUGH_TMUX QUERY_VERSION QUERY_DA2 QUERY_MODES QUERY_BACKGROUND);
    expect_all(&p->facts);
    expect(&p->facts.passthrough);
    expect(&p->facts.kitty);
    p->outer_silent = true;
    p->outer_tries = 1;
}

static void ask_all(struct probe *p, struct kin_wr *out)
{
    kin_wr_str(out, QUERY_VERSION QUERY_DA2 QUERY_MODES QUERY_WINDOW QUERY_BACKGROUND QUERY_TRUECOLOR QUERY_SIXEL);
    expect_all(&p->facts);
    expect(&p->facts.truecolor);
    if (!p->apc)
        return;
    kin_wr_str(out, QUERY_KITTY);
    expect(&p->facts.kitty);
}

// DA1 ends a batch.
static void end_batch(struct probe *p, kin_us now, struct kin_wr *out)
{
    kin_wr_str(out, QUERY_DA1);
    p->unanswered++;
    p->asked_at = now;
}

void probe_ask(struct probe *p, kin_us now, struct kin_wr *out)
{
    p->pending = p->sizes_pending = false;
    if (p->manner == PROBE_NOTHING)
        return;
    if (p->manner == PROBE_ALL)
        ask_all(p, out);
    else if (p->manner == PROBE_TMUX)
        ask_tmux(p, out);
    else if (p->manner == PROBE_CAREFULLY)
        kin_wr_str(out, QUERY_DA2);
    expect(&p->facts.sixel);
    end_batch(p, now, out);
}

kin_us probe_due(const struct probe *p)
{
    if (p->pending || (p->sizes_pending && p->unanswered == 0)) // the window may change faster than the line is
        return 0;
    bool again = p->outer_silent && p->outer_tries < OUTER_TRIES;
    return again ? p->asked_at + p->outer_tries * p->outer_tries * OUTER_AGAIN_US : KIN_US_NEVER;
}

void probe_ask_more(struct probe *p, kin_us now, struct kin_wr *out)
{
    if (p->pending) {
        probe_ask(p, now, out);
    } else if (p->sizes_pending && p->unanswered == 0) {
        p->sizes_pending = false;
        kin_wr_str(out, QUERY_CELL QUERY_SIXEL);
        end_batch(p, now, out);
    } else if (now >= probe_due(p)) {
        kin_wr_str(out, THROUGH_TMUX);
        p->outer_tries++;
    }
}

// --- the size of a cell

static void set_cell(struct terminal_facts *f, int width, int height, enum fact_source source)
{
    if (width < 1 || height < 1 || width > CELL_MAX || height > CELL_MAX)
        return;
    f->cell_width = width;
    f->cell_height = height;
    f->cell = source;
}

void probe_set_window(struct probe *p, int cols, int rows, int width, int height)
{
    if (cols < 1 || rows < 1)
        return;
    int cell_width = width / cols, cell_height = height / rows;
    bool is_same = cell_width == p->tty_cell_width && cell_height == p->tty_cell_height;
    bool is_made_up = p->facts.multiplexer == MULTIPLEXER_TMUX && cell_width == TMUX_CELL_WIDTH &&
                      cell_height == TMUX_CELL_HEIGHT;
    if (!is_same && !is_made_up)
        set_cell(&p->facts, cell_width, cell_height, FACT_WINDOW);
    bool is_other = p->tty_columns > 0 && (cols != p->tty_columns || rows != p->tty_rows);
    bool may_change = cell_width < 1 || cell_height < 1 ||
                      p->facts.sixel.yes; // xterm draws sixels as large as its window
    p->sizes_pending |= is_other && p->manner == PROBE_ALL && may_change;
    p->tty_cell_width = cell_width;
    p->tty_cell_height = cell_height;
    p->tty_columns = cols;
    p->tty_rows = rows;
}

static void take_window(struct probe *p, unsigned what, int height, int width)
{
    if (what == 6) {
        set_cell(&p->facts, width, height, FACT_ASKED);
        return;
    }
    int *h = what == 4 ? &p->window_height : &p->window_rows, *w = what == 4 ? &p->window_width : &p->window_columns;
    *h = height;
    *w = width;
    if (p->window_columns > 0 && p->window_rows > 0 && p->facts.cell == FACT_SILENT)
        set_cell(&p->facts, p->window_width / p->window_columns, p->window_height / p->window_rows, FACT_ASKED);
}

// --- answers

// What is left out or 0 is no limit.
static void take_sixel_limit(struct terminal_facts *f, const struct input_event *e)
{
    bool size = e->params[0] == 2 && e->param_count >= 4;
    if (e->params[1] != 0 || e->param_count < 3)
        return;
    if (e->params[0] == 1)
        f->sixel_colors = (int)e->params[2];
    f->sixel_width = size ? (int)e->params[2] : f->sixel_width;
    f->sixel_height = size ? (int)e->params[3] : f->sixel_height;
}

static void answered(struct fact *f, bool yes)
{
    *f = (struct fact){yes, FACT_ASKED};
}

// DA1 is the last answer of a batch: what has not come by now does not come.
static void settle(struct fact *f)
{
    if (f->source == FACT_SILENT)
        f->source = FACT_ASKED;
}

// mosh answers these for every terminal, and passes no queries on.
static bool is_mosh(const struct probe *p, const struct input_event *da1)
{
    return p->model == 1 && p->model_version == 10 && da1->param_count == 1 && da1->params[0] == 62;
}

static void take_da1(struct probe *p, kin_us now, const struct input_event *e)
{
    struct terminal_facts *f = &p->facts;
    if (p->unanswered > 0) {
        p->unanswered--;
        p->rtt_us = now - p->asked_at;
    }
    bool sixel = false;
    for (size_t i = 1; i < e->param_count; i++)
        sixel |= e->params[i] == DA1_SIXEL;
    facts_set_sixel(f, sixel);
    settle(&f->sync);
    settle(&f->graphemes);
    settle(&f->truecolor);
    if (f->multiplexer == MULTIPLEXER_NONE)
        settle(&f->kitty);
    answered(&f->mosh, is_mosh(p, e));
    if (!f->mosh.yes)
        return;
    f->remote = f->mosh;
    f->iterm.yes = false;
}

static void take_da2(struct probe *p, const struct input_event *e)
{
    p->model = e->params[0];
    p->model_version = e->params[1];
    if (p->manner != PROBE_CAREFULLY)
        return;
    if (p->model == DA2_SCREEN)
        p->facts.multiplexer = MULTIPLEXER_SCREEN;
    if (p->model != DA2_TMUX)
        return;
    p->facts.multiplexer = MULTIPLEXER_TMUX;
    p->manner = PROBE_TMUX;
    p->pending = true;
}

// An answer of the terminal around tmux.
static void take_outer(struct probe *p)
{
    if (p->facts.multiplexer == MULTIPLEXER_TMUX)
        facts_set_passthrough(&p->facts);
}

static void end_outer(struct probe *p)
{
    take_outer(p);
    p->outer_silent = false;
    settle(&p->facts.kitty);
}

static void take_version(struct probe *p, struct kin_span text)
{
    if (!kin_span_starts(text, "tmux"))
        take_outer(p);
    facts_set_name(&p->facts, text);
}

static void take_mode(struct probe *p, unsigned mode, unsigned state)
{
    if (mode == 2026)
        answered(&p->facts.sync, state == 1 || state == 2);
    else if (mode == 2027)
        answered(&p->facts.graphemes, state >= 1 && state <= 3);
}

bool probe_report(struct probe *p, kin_us now, const struct input_event *e)
{
    switch (e->type) {
    case INPUT_REPORT_DA1:
        take_da1(p, now, e);
        return true;
    case INPUT_REPORT_STATUS:
        end_outer(p);
        return true;
    case INPUT_REPORT_DA2:
        take_da2(p, e);
        return true;
    case INPUT_REPORT_VERSION:
        take_version(p, e->text);
        return true;
    case INPUT_REPORT_MODE:
        take_mode(p, e->params[0], e->params[1]);
        return true;
    case INPUT_REPORT_WINDOW:
        take_window(p, e->params[0], (int)e->params[1], (int)e->params[2]);
        return true;
    case INPUT_REPORT_SIXEL:
        take_sixel_limit(&p->facts, e);
        return true;
    case INPUT_REPORT_BACKGROUND:
        p->facts.background_rgb = e->key;
        p->facts.background = FACT_ASKED;
        return true;
    case INPUT_REPORT_GRAPHICS:
        take_outer(p);
        answered(&p->facts.kitty, kin_span_ends(e->text, ";OK"));
        return true;
    case INPUT_REPORT_TRUECOLOR:
        if (!p->facts.truecolor.yes)
            answered(&p->facts.truecolor, e->key == 1);
        return true;
    default:
        return false;
    }
}

// --- time

bool probe_is_owed(const struct probe *p, kin_us now, kin_us within)
{
    return (p->unanswered > 0 && now < p->asked_at + within) ||
           (p->outer_silent && now < p->asked_at + PROBE_PATIENCE_US);
}

bool probe_is_done(const struct probe *p, kin_us now)
{
    return !p->pending && !probe_is_owed(p, now, PROBE_PATIENCE_US);
}

kin_us probe_deadline(const struct probe *p)
{
    return p->unanswered > 0 || p->outer_silent ? p->asked_at + PROBE_PATIENCE_US : KIN_US_NEVER;
}
