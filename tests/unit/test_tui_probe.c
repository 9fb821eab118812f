// What is asked of which terminal, and what follows from environment and answers.
#include "terminal/probe.h"
#include "unit.h"

#define DCS "\033P"
#define APC "\033_"
#define XTERM_DA1 "\033[?64;4;22c"

// The environment of "NAME=value NAME=value".
static struct facts_environment environment(const char *text)
{
    static char copy[512];
    struct facts_environment env;
    struct kin_span rest = kin_span_str(copy), word;
    kin_span_copy(kin_span_str(text), copy, sizeof copy);
    rest.n = strlen(copy);
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        env.values[i] = "";
    while (kin_span_split(&rest, ' ', &word)) {
        size_t n = kin_span_find(word, '=');
        for (size_t i = 0; i < VARIABLE_COUNT; i++)
            if (kin_span_is(kin_span_first(word, n), facts_variables[i]))
                env.values[i] = copy + (word.p - (const uint8_t *)copy) + n + 1;
        if (rest.p != NULL)
            copy[rest.p - (const uint8_t *)copy - 1] = '\0';
    }
    return env;
}

static void begin(struct probe *p, const char *env)
{
    struct facts_environment e = environment(env);
    probe_init(p, &e, false);
}

// The queries as text: the first, and those that are due later.
static const char *queries_by(void (*append)(struct probe *p, kin_us now, struct kin_wr *out), struct probe *p,
                              kin_us now)
{
    static char text[PROBE_BATCH_MAX + 1];
    struct kin_wr w = kin_wr_init(text, PROBE_BATCH_MAX);
    append(p, now, &w);
    text[w.bad ? 0 : w.len] = '\0';
    return text;
}

static const char *ask(struct probe *p, kin_us now)
{
    return queries_by(probe_ask, p, now);
}

static const char *ask_more(struct probe *p, kin_us now)
{
    return now >= probe_due(p) ? queries_by(probe_ask_more, p, now) : "";
}

// Answers of the terminal. Returns how many of them were taken.
static int answer(struct probe *p, kin_us now, const char *bytes)
{
    static struct input in;
    struct input_event e;
    int taken = 0;
    input_init(&in);
    input_feed(&in, now, kin_span_str(bytes));
    while (input_next(&in, now, 0, &e))
        taken += probe_report(p, now, &e);
    return taken;
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static bool is(struct fact f, bool yes, enum fact_source source)
{
    return f.yes == yes && f.source == source;
}

TEST(probe_asks_everything_of_an_xterm)
{
    struct probe p;
    begin(&p, "TERM=xterm-256color");
    const char *queries = ask(&p, 1000);
    CHECK(has(queries, "\033[>q") && has(queries, "\033[?2026$p\033[?2027$p") && has(queries, APC "Gi=31,"));
    CHECK(has(queries, "\033[14t\033[16t\033[18t") && has(queries, "\033]11;?\033\\") && has(queries, DCS "$qm\033\\"));
    CHECK(kin_span_ends(kin_span_str(queries), "\033[c"));
    CHECK(is(p.facts.sixel, false, FACT_SILENT) && is(p.facts.sync, false, FACT_SILENT));
    CHECK(!probe_is_done(&p, 1000 + PROBE_PATIENCE_US - 1));
    CHECK_INT(probe_deadline(&p), 1000 + PROBE_PATIENCE_US);
    CHECK(probe_is_done(&p, 1000 + PROBE_PATIENCE_US)); // and an answer is still one
    CHECK_INT(answer(&p, 3 * KIN_US_PER_S + 1000,
                     DCS ">|XTerm(379)\033\\\033[>41;379;0c\033[?2026;2$y\033[?2027;0$y" APC "Gi=31;OK\033\\"
                         "\033[6;20;9t\033]11;rgb:ffff/ffff/f0f0\033\\" DCS "1$r0;48:2::1:2:3m\033\\" XTERM_DA1),
              9);
    CHECK_SPAN(kin_span_str(p.facts.name), "XTerm");
    CHECK_SPAN(kin_span_str(p.facts.version), "379");
    CHECK(is(p.facts.sixel, true, FACT_ASKED) && is(p.facts.kitty, true, FACT_ASKED));
    CHECK(is(p.facts.sync, true, FACT_ASKED) && is(p.facts.graphemes, false, FACT_ASKED));
    CHECK(is(p.facts.truecolor, true, FACT_ASKED) && is(p.facts.iterm, false, FACT_ASSUMED));
    CHECK(p.facts.cell_width == 9 && p.facts.cell_height == 20 && p.facts.cell == FACT_ASKED);
    CHECK(p.facts.background == FACT_ASKED && p.facts.background_rgb == 0xfffff0);
    CHECK(!facts_is_dark(p.facts.background_rgb) && facts_is_dark(0x1e1e2e));
    CHECK_INT(p.rtt_us, 3 * KIN_US_PER_S);
    CHECK(probe_is_done(&p, 2000) && probe_deadline(&p) == KIN_US_NEVER);
out:;
}

// What it does not answer, but DA1, it does not know.
TEST(probe_takes_silence_for_a_no_once_da1_has_come)
{
    struct probe p;
    begin(&p, "TERM=xterm");
    ask(&p, 0);
    CHECK_INT(answer(&p, 5000, "\033[?62;22c"), 1);
    CHECK(is(p.facts.sixel, false, FACT_ASKED) && is(p.facts.kitty, false, FACT_ASKED));
    CHECK(is(p.facts.sync, false, FACT_ASKED) && is(p.facts.truecolor, false, FACT_ASKED));
    CHECK_INT(p.facts.background, FACT_SILENT);
    CHECK(probe_is_done(&p, 5000));
    CHECK_INT(answer(&p, 6000, "\033[12;40Rq\033[A"), 0); // no answers to these queries
out:;
}

TEST(probe_sends_no_string_to_who_prints_it)
{
    static const char *const da1_alone[] = {"TERM=linux",
                                            "TERM=vt100",
                                            "TERM=vt220",
                                            "TERM=ansi",
                                            "TERM=screen STY=1.pts",
                                            "TERM=xterm-256color STY=1.pts",
                                            "TERM=screen-256color STY=1.pts TMUX=/tmp/x"};
    struct probe p;
    for (size_t i = 0; i < sizeof da1_alone / sizeof *da1_alone; i++) {
        begin(&p, da1_alone[i]);
        CHECK_SPAN(kin_span_str(ask(&p, 0)), "\033[c");
    }
    static const char *const nothing[] = {"TERM=dumb", "TERM=unknown", "TERM=vt52", "", "TMUX=/tmp/x"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        begin(&p, nothing[i]);
        CHECK_SPAN(kin_span_str(ask(&p, 0)), "");
        CHECK(probe_is_done(&p, 0) && probe_deadline(&p) == KIN_US_NEVER);
    }
    static const char *const doubtful[] = {"TERM=screen-256color", "TERM=rxvt-unicode-256color", "TERM=eterm-color"};
    for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++) {
        begin(&p, doubtful[i]);
        CHECK_SPAN(kin_span_str(ask(&p, 0)), "\033[>c\033[c");
    }
    begin(&p, "TERM=xterm-256color TERM_PROGRAM=Apple_Terminal"); // prints what is in an APC
    CHECK(!has(ask(&p, 0), APC));
    begin(&p, "TERM=vte-256color");
    CHECK(has(ask(&p, 0), APC));
out:;
}

TEST(probe_finds_tmux_where_term_says_screen)
{
    struct probe p;
    begin(&p, "TERM=screen-256color");
    ask(&p, 0);
    CHECK_INT(answer(&p, 1000, "\033[>84;0;0c\033[?1;2c"), 2);
    CHECK(p.pending && !probe_is_done(&p, 1000));
    CHECK_INT(p.facts.multiplexer, MULTIPLEXER_TMUX);
    CHECK(has(ask(&p, 2000), DCS "tmux;"));
    CHECK(!p.pending);
    begin(&p, "TERM=screen");
    ask(&p, 0);
    CHECK_INT(answer(&p, 1000, "\033[>83;40900;0c\033[?1;2c"), 2);
    CHECK(!p.pending && probe_is_done(&p, 1000));
    CHECK_INT(p.facts.multiplexer, MULTIPLEXER_SCREEN);
out:;
}

TEST(probe_looks_through_tmux)
{
    struct probe p;
    const char *env = "TERM=tmux-256color TMUX=/tmp/x TERM_PROGRAM=tmux TERM_PROGRAM_VERSION=3.3a LC_TERMINAL=iTerm2";
    begin(&p, env);
    CHECK_SPAN(kin_span_str(p.facts.multiplexer_version), "3.3a");
    CHECK_SPAN(kin_span_str(p.facts.name), "iTerm2");
    const char *queries = ask(&p, 0);
    CHECK(has(queries, DCS "tmux;\033\033[>q\033\033[16t\033\033_Gi=31,") && !has(queries, "\033\\" APC) &&
          !has(queries, "q" APC));
    CHECK_INT(answer(&p, 1000, DCS ">|tmux 3.3a\033\\\033[?1;2c"), 2);
    CHECK(is(p.facts.passthrough, false, FACT_SILENT) && is(p.facts.kitty, false, FACT_SILENT) && !p.facts.iterm.yes);
    CHECK(!probe_is_done(&p, 1000) && probe_is_owed(&p, 1000, PROBE_PATIENCE_US));
    CHECK(probe_is_done(&p, PROBE_PATIENCE_US));
    CHECK_INT(answer(&p, 9000, DCS ">|WezTerm 20240203\033\\\033[6;20;8t" APC "Gi=31;OK\033\\"), 3);
    CHECK(!probe_is_done(&p, 9000));
    CHECK_INT(answer(&p, 9000, "\033[0n"), 1);
    CHECK(p.facts.cell_width == 8 && p.facts.cell == FACT_ASKED);
    CHECK(is(p.facts.passthrough, true, FACT_ASKED) && is(p.facts.kitty, true, FACT_ASKED));
    CHECK(is(p.facts.iterm, true, FACT_ASSUMED) && probe_is_done(&p, 9000));
    CHECK_SPAN(kin_span_str(p.facts.name), "WezTerm");
    CHECK_SPAN(kin_span_str(p.facts.multiplexer_version), "3.3a");
out:;
}

// Regression: tmux lost the question while it drew its window for the first time.
TEST(probe_asks_a_silent_terminal_around_tmux_again)
{
    struct probe p;
    begin(&p, "TERM=tmux-256color TMUX=/tmp/x");
    ask(&p, 0);
    CHECK_INT(answer(&p, 1000, "\033[?1;2c"), 1);
    CHECK(*ask_more(&p, 1000) == '\0');
    CHECK(probe_due(&p) > 1000 && probe_due(&p) < PROBE_PATIENCE_US / 2);
    const char *again = ask_more(&p, probe_due(&p));
    CHECK(has(again, DCS "tmux;\033\033[>q") && !has(again, "\033[c"));
    CHECK(*ask_more(&p, PROBE_PATIENCE_US / 2) != '\0' && probe_due(&p) == KIN_US_NEVER); // not for ever
    CHECK(probe_is_done(&p, PROBE_PATIENCE_US));
    ask(&p, KIN_US_PER_S); // entered again
    CHECK_INT(answer(&p, KIN_US_PER_S, DCS ">|kitty(0.35.2)\033\\\033[0n\033[0n"), 3);
    CHECK(probe_due(&p) == KIN_US_NEVER && p.facts.placeholders.yes);
    begin(&p, "TERM=xterm-kitty");
    ask(&p, 0);
    CHECK(probe_due(&p) == KIN_US_NEVER);
out:;
}

TEST(facts_know_who_draws_placeholders)
{
    static const struct {
        const char *answer;
        bool yes;
    } terminals[] = {{"kitty(0.35.2)", true}, {"kitty(0.28.0)", true},    {"kitty(0.26.5)", false},
                     {"ghostty 1.0.1", true}, {"Konsole 22.12.3", false}, {"kittycat(1.0)", false}};
    struct probe p;
    for (size_t i = 0; i < sizeof terminals / sizeof *terminals; i++) {
        begin(&p, "TERM=tmux-256color TMUX=/tmp/x");
        facts_set_name(&p.facts, kin_span_str(terminals[i].answer));
        CHECK(p.facts.placeholders.yes == terminals[i].yes);
    }
out:;
}

TEST(probe_knows_mosh_by_its_answers)
{
    struct probe p;
    begin(&p, "TERM=xterm-256color LC_TERMINAL=iTerm2");
    CHECK(p.facts.iterm.yes && !p.facts.remote.yes);
    ask(&p, 0);
    CHECK_INT(answer(&p, 1000, "\033[>1;10;0c\033[?62c"), 2);
    CHECK(p.facts.mosh.yes && p.facts.remote.yes && !p.facts.iterm.yes);
    begin(&p, "TERM=xterm-256color");
    ask(&p, 0);
    CHECK_INT(answer(&p, 1000, "\033[>1;5202;0c\033[?62c"), 2); // an old VTE
    CHECK(!p.facts.mosh.yes);
out:;
}

// Only DSR, the last question, says that nothing more comes from behind tmux.
TEST(probe_waits_for_a_terminal_around_tmux_that_knows_no_graphics)
{
    struct probe p;
    begin(&p, "TERM=tmux-256color TMUX=/tmp/x");
    probe_set_window(&p, 80, 24, 80 * 16, 24 * 32); // which tmux says when it does not know
    CHECK_INT(p.facts.cell, FACT_NOT_ASKED);
    ask(&p, 0);
    CHECK_INT(answer(&p, 1000, "\033[?1;2c\033[0n"), 2);
    CHECK(is(p.facts.kitty, false, FACT_ASKED) && is(p.facts.passthrough, true, FACT_ASKED));
    CHECK(probe_is_done(&p, 1000) && p.facts.iterm.source == FACT_NOT_ASKED);
out:;
}

TEST(facts_know_terminals_by_the_environment)
{
    static const struct {
        const char *env, *name, *version;
        bool iterm;
    } terminals[] = {
        {"TERM=xterm-256color TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.5.0", "iTerm.app", "3.5.0", true},
        {"TERM=xterm-256color LC_TERMINAL=iTerm2 SSH_TTY=/dev/pts/1", "iTerm2", "", true},
        {"TERM=xterm-256color WEZTERM_PANE=0", "WezTerm", "", true},
        {"TERM=xterm-256color KONSOLE_VERSION=220400", "Konsole", "220400", true},
        {"TERM=xterm-256color KONSOLE_VERSION=211202", "Konsole", "211202", false},
        {"TERM=xterm-256color TERM_PROGRAM=vscode TERM_PROGRAM_VERSION=1.92.2", "vscode", "1.92.2", false},
        {"TERM=xterm-256color TERM_PROGRAM=mintty", "mintty", "", true},
        {"TERM=xterm-kitty KITTY_WINDOW_ID=1", "kitty", "", false},
        {"TERM=xterm-256color VTE_VERSION=7006", "VTE", "7006", false},
        {"TERM=mlterm", "mlterm", "", false},
        {"TERM=xterm-256color", "", "", false},
    };
    struct probe p;
    for (size_t i = 0; i < sizeof terminals / sizeof *terminals; i++) {
        begin(&p, terminals[i].env);
        CHECK_SPAN(kin_span_str(p.facts.name), terminals[i].name);
        CHECK_SPAN(kin_span_str(p.facts.version), terminals[i].version);
        CHECK_INT(p.facts.iterm.yes, terminals[i].iterm);
        CHECK_INT(p.facts.remote.yes, has(terminals[i].env, "SSH"));
    }
    begin(&p, "TERM=xterm-256color TERM_PROGRAM=vscode");
    CHECK_INT(answer(&p, 1, "\033[?62;4;9;22c"), 1); // its pictures are on
    CHECK(is(p.facts.iterm, true, FACT_ASSUMED));
    begin(&p, "TERM=xterm-256color TERM_PROGRAM=iTerm.app STY=1");
    CHECK(!p.facts.iterm.yes && p.facts.multiplexer == MULTIPLEXER_SCREEN);
    begin(&p, "TERM=xterm COLORTERM=truecolor");
    CHECK(is(p.facts.truecolor, true, FACT_ENVIRONMENT));
    ask(&p, 0);
    CHECK_INT(answer(&p, 1, DCS "1$r0m\033\\"), 1); // the user knows better
    CHECK(is(p.facts.truecolor, true, FACT_ENVIRONMENT));
out:;
}

TEST(facts_keep_a_name_clean_and_short)
{
    struct terminal_facts f = {.name = ""};
    facts_set_name(&f, kin_span_str("\xc2\x9b\033[2Jx\xe2\x80\xae (1\xff"));
    for (const char *c = f.name; *c != '\0'; c++)
        CHECK(*c >= ' ' && *c <= '~');
    facts_set_name(&f, kin_span_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa(b"));
    CHECK_INT(strlen(f.name), FACTS_NAME_MAX - 1);
    facts_set_name(&f, kin_span_str(""));
    CHECK_SPAN(kin_span_str(f.name), "");
out:;
}

TEST(probe_believes_no_impossible_cell)
{
    struct probe p;
    begin(&p, "TERM=xterm");
    probe_set_window(&p, 0, 0, 100, 100);
    CHECK_INT(p.facts.cell, FACT_NOT_ASKED);
    probe_set_window(&p, 80, 24, 0, 0);
    ask(&p, 0);
    CHECK_INT(answer(&p, 1, "\033[6;0;0t\033[6;99999;8t"), 2);
    CHECK(p.facts.cell == FACT_SILENT && p.facts.cell_width == 0);
    CHECK_INT(answer(&p, 1, "\033[4;480;640t\033[8;24;80t"), 2); // by division
    CHECK(p.facts.cell == FACT_ASKED && p.facts.cell_width == 8 && p.facts.cell_height == 20);
    begin(&p, "TERM=xterm");
    probe_set_window(&p, 80, 24, 640, 480);
    CHECK(p.facts.cell == FACT_WINDOW && p.facts.cell_width == 8 && p.facts.cell_height == 20);
out:;
}

// Another font makes another window: where the tty cannot say how large letters are, the terminal is asked again.
TEST(the_size_of_a_cell_is_asked_again)
{
    struct probe p;
    char text[64];
    begin(&p, "TERM=xterm-256color");
    probe_set_window(&p, 80, 24, 0, 0);
    ask(&p, 0);
    answer(&p, 10, "\033[6;20;10t" XTERM_DA1);
    CHECK(probe_due(&p) == KIN_US_NEVER && p.facts.cell_width == 10);
    CHECK(facts_cell_aspect(&p.facts, 3) == 2);
    probe_set_window(&p, 40, 12, 0, 0);
    probe_set_window(&p, 20, 6, 0, 0);
    CHECK(probe_due(&p) == 0);
    struct kin_wr w = kin_wr_init(text, sizeof text);
    probe_ask_more(&p, 20, &w);
    CHECK_SPAN(kin_wr_span(&w), "\033[16t\033[?1;1;0S\033[?2;1;0S\033[c");
    CHECK(probe_due(&p) == KIN_US_NEVER && probe_is_owed(&p, 30, PROBE_PATIENCE_US));
    probe_set_window(&p, 21, 6, 0, 0); // not before that is answered
    w = kin_wr_init(text, sizeof text);
    probe_ask_more(&p, 30, &w);
    CHECK(w.len == 0);
    answer(&p, 40, "\033[6;30;20t" XTERM_DA1);
    CHECK(p.facts.cell_width == 20 && facts_cell_aspect(&p.facts, 3) == 1.5);
    probe_ask_more(&p, 50, &w);
    CHECK(w.len > 0 && probe_due(&p) == KIN_US_NEVER);
    answer(&p, 60, XTERM_DA1);
    probe_set_window(&p, 80, 24, 800, 480);                // it says it now
    CHECK(probe_due(&p) == 0 && p.facts.cell_width == 10); // but not how large sixels may be
    p.facts.sixel.yes = p.sizes_pending = false;
    probe_set_window(&p, 40, 12, 400, 240);
    CHECK(probe_due(&p) == KIN_US_NEVER);
    begin(&p, "TERM=vt220"); // which may print what it does not know
    probe_set_window(&p, 80, 24, 0, 0);
    probe_set_window(&p, 40, 12, 0, 0);
    CHECK(probe_due(&p) == KIN_US_NEVER);
out:;
}

// The terminal's answer counts more than the tty, until the tty says that letters have another size now.
TEST(probe_follows_letters_that_grow)
{
    struct probe p;
    begin(&p, "TERM=xterm");
    probe_set_window(&p, 80, 24, 640 + 20, 480);
    ask(&p, 0);
    CHECK_INT(answer(&p, 1, "\033[6;19;7t"), 1);
    probe_set_window(&p, 160, 48, 1280 + 20, 960);
    CHECK(p.facts.cell == FACT_ASKED && p.facts.cell_width == 7 && p.facts.cell_height == 19);
    probe_set_window(&p, 80, 24, 1280 + 20, 960);
    CHECK(p.facts.cell == FACT_WINDOW && p.facts.cell_width == 16 && p.facts.cell_height == 40);
    CHECK_INT(answer(&p, 1, "\033[6;38;15t"), 1);
    CHECK(p.facts.cell == FACT_ASKED && p.facts.cell_width == 15 && p.facts.cell_height == 38);
out:;
}

TEST(probe_learns_how_large_sixels_may_be)
{
    struct facts_environment env;
    struct probe p;
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        env.values[i] = i == VARIABLE_TERM ? "xterm" : "";
    probe_init(&p, &env, false);
    CHECK(
        probe_report(&p, 1, &(struct input_event){.type = INPUT_REPORT_SIXEL, .params = {1, 0, 64}, .param_count = 3}));
    CHECK(probe_report(
        &p, 1, &(struct input_event){.type = INPUT_REPORT_SIXEL, .params = {2, 0, 800, 600}, .param_count = 4}));
    CHECK(probe_report(
        &p, 1, &(struct input_event){.type = INPUT_REPORT_SIXEL, .params = {1, 3, 7}, .param_count = 3})); // an error
    CHECK(p.facts.sixel_colors == 64 && p.facts.sixel_width == 800 && p.facts.sixel_height == 600);
out:;
}
