// What the environment says about a terminal, and what is known about terminals by their names.
#include "terminal/facts.h"

#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "text/messages.h"

const char *const facts_variables[VARIABLE_COUNT] = {
#define X(name) #name,
    FACTS_VARIABLES(X)
#undef X
};

void facts_environment_read(struct facts_environment *ret)
{
    for (size_t i = 0; i < VARIABLE_COUNT; i++) {
        const char *value = getenv(facts_variables[i]);
        ret->values[i] = value != NULL ? value : "";
    }
}

static bool is_set(const struct facts_environment *env, enum facts_variable v)
{
    return env->values[v][0] != '\0';
}

// --- names

// Those that show pictures of iTerm2's protocol, from which version on; it cannot be asked for. xterm.js does both that
// and sixel by one addition, which may be off.
static const struct {
    const char *name;
    double since;
    bool with_sixel;
} iterm_terminals[] = {
    {"iTerm", 0, false}, {"WezTerm", 0, false},      {"mintty", 0, false}, {"Konsole", 22.04, false},
    {"rio", 0, false},   {"WarpTerminal", 0, false}, {"vscode", 0, true},  {"xterm.js", 0, true},
    {"Tabby", 0, true},  {"mlterm", 3.7, false},
};

// "22.04.3" or, in KONSOLE_VERSION, "220403".
static double version_number(const char *version)
{
    double v = strtod(version, NULL);
    return v > 9999 && strchr(version, '.') == NULL ? v / 10000 : v;
}

// Those that draw direct colours, whether or not they tell. (mlterm takes the colours behind text for its own.)
static const char *const direct_terminals[] = {"kitty",   "foot",    "Alacritty", "WezTerm", "ghostty",
                                               "contour", "Konsole", "iTerm",     "mintty"};

// Those that draw block elements themselves, whatever the font has.
static const char *const block_terminals[] = {"kitty",   "foot", "Alacritty", "WezTerm", "ghostty", "contour",
                                              "Konsole", "VTE",  "rio",       "vscode",  "xterm.js"};

// Those that draw kitty's pictures where placeholders stand.
static const struct {
    const char *name;
    double since;
} placeholder_terminals[] = {{"kitty", 0.28}, {"ghostty", 0}};

static bool is_one_of(const struct terminal_facts *f, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kin_span_case_starts(kin_span_str(f->name), names[i]))
            return true;
    return false;
}

static void know_by_name(struct terminal_facts *f)
{
    if (f->name[0] == '\0')
        return;
    f->blocks = (struct fact){is_one_of(f, block_terminals, sizeof block_terminals / sizeof *block_terminals),
                              FACT_ASSUMED};
    bool direct = is_one_of(f, direct_terminals, sizeof direct_terminals / sizeof *direct_terminals);
    if (direct && f->multiplexer == MULTIPLEXER_NONE && !f->truecolor.yes)
        f->truecolor = (struct fact){true, FACT_ASSUMED};
    f->placeholders = (struct fact){false, FACT_ASSUMED};
    for (size_t i = 0; i < sizeof placeholder_terminals / sizeof *placeholder_terminals; i++)
        if (kin_span_case_is(kin_span_str(f->name), placeholder_terminals[i].name))
            f->placeholders.yes = version_number(f->version) >= placeholder_terminals[i].since;
    f->iterm = (struct fact){false, FACT_ASSUMED};
    for (size_t i = 0; i < sizeof iterm_terminals / sizeof *iterm_terminals; i++)
        if (kin_span_case_starts(kin_span_str(f->name), iterm_terminals[i].name))
            f->iterm.yes = version_number(f->version) >= iterm_terminals[i].since &&
                           (f->sixel.yes || !iterm_terminals[i].with_sixel);
    if (f->multiplexer != MULTIPLEXER_NONE && !f->passthrough.yes)
        f->iterm.yes = false;
}

static void set_name(struct terminal_facts *f, struct kin_span name, struct kin_span version, enum fact_source source)
{
    kin_text_clean(name, false, f->name, sizeof f->name);
    kin_text_clean(version, false, f->version, sizeof f->version);
    f->named = source;
    know_by_name(f);
}

void facts_set_name(struct terminal_facts *f, struct kin_span text)
{
    size_t n = kin_span_find_any(text, " (");
    struct kin_span name = kin_span_first(text, n), version = kin_span_trim(kin_span_skip(text, n));
    if (kin_span_starts(version, "("))
        version = kin_span_first(kin_span_skip(version, 1), kin_span_find(kin_span_skip(version, 1), ')'));
    if (!kin_span_case_is(name, "tmux")) {
        set_name(f, name, version, FACT_ASKED);
        return;
    }
    f->multiplexer = MULTIPLEXER_TMUX;
    kin_text_clean(version, false, f->multiplexer_version, sizeof f->multiplexer_version);
    know_by_name(f);
}

void facts_set_sixel(struct terminal_facts *f, bool yes)
{
    f->sixel = (struct fact){yes, FACT_ASKED};
    know_by_name(f);
}

void facts_set_passthrough(struct terminal_facts *f)
{
    f->passthrough = (struct fact){true, FACT_ASKED};
    know_by_name(f);
}

// Many a TERM is the terminal's name, or ends in it.
static void name_from_term(struct terminal_facts *f, const char *term)
{
    static const char *const names[] = {"kitty",   "foot",    "mlterm",  "alacritty", "wezterm",
                                        "ghostty", "contour", "konsole", "mintty"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(term, names[i]) != NULL)
            set_name(f, kin_span_str(names[i]), kin_span_str(""), FACT_ENVIRONMENT);
}

// Variables that name the terminal, the ones that are most to be trusted first.
static void name_from_environment(struct terminal_facts *f, const struct facts_environment *env)
{
    static const struct {
        const char *name; // NULL: the value of the variable
        enum facts_variable variable, version;
    } sources[] = {
        {NULL, VARIABLE_TERM_PROGRAM, VARIABLE_TERM_PROGRAM_VERSION},
        {NULL, VARIABLE_LC_TERMINAL, VARIABLE_LC_TERMINAL_VERSION},
        {"WezTerm", VARIABLE_WEZTERM_EXECUTABLE, VARIABLE_COUNT},
        {"WezTerm", VARIABLE_WEZTERM_PANE, VARIABLE_COUNT},
        {"Konsole", VARIABLE_KONSOLE_VERSION, VARIABLE_KONSOLE_VERSION},
        {"kitty", VARIABLE_KITTY_WINDOW_ID, VARIABLE_COUNT},
        {"VTE", VARIABLE_VTE_VERSION, VARIABLE_VTE_VERSION},
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const char *value = env->values[sources[i].variable];
        bool is_multiplexer = strcasecmp(value, "tmux") == 0 || strcasecmp(value, "screen") == 0;
        if (*value == '\0' || is_multiplexer)
            continue;
        const char *version = sources[i].version < VARIABLE_COUNT ? env->values[sources[i].version] : "";
        set_name(f, kin_span_str(sources[i].name != NULL ? sources[i].name : value), kin_span_str(version),
                 FACT_ENVIRONMENT);
        return;
    }
    name_from_term(f, env->values[VARIABLE_TERM]);
}

// --- the rest of the environment

static void find_multiplexer(struct terminal_facts *f, const struct facts_environment *env)
{
    struct kin_span term = kin_span_str(env->values[VARIABLE_TERM]);
    bool in_tmux = is_set(env, VARIABLE_TMUX) || kin_span_starts(term, "tmux");
    bool in_screen = is_set(env, VARIABLE_STY) && !kin_span_starts(term, "tmux"); // whichever is inside the other
    f->multiplexer = in_screen ? MULTIPLEXER_SCREEN : in_tmux ? MULTIPLEXER_TMUX : MULTIPLEXER_NONE;
    if (strcasecmp(env->values[VARIABLE_TERM_PROGRAM], "tmux") == 0 && in_tmux)
        kin_text_clean(kin_span_str(env->values[VARIABLE_TERM_PROGRAM_VERSION]), false, f->multiplexer_version,
                       sizeof f->multiplexer_version);
}

void facts_init(struct terminal_facts *f, const struct facts_environment *env, bool terminfo_direct)
{
    const char *colorterm = env->values[VARIABLE_COLORTERM];
    *f = (struct terminal_facts){.name = "",
                                 .kitty_window = is_set(env, VARIABLE_KITTY_WINDOW_ID),
                                 .console = kin_span_starts(kin_span_str(env->values[VARIABLE_TERM]), "linux")};
    find_multiplexer(f, env);
    name_from_environment(f, env);
    if (is_set(env, VARIABLE_SSH_CONNECTION) || is_set(env, VARIABLE_SSH_TTY))
        f->remote = (struct fact){true, FACT_ENVIRONMENT};
    if (strcasecmp(colorterm, "truecolor") == 0 || strcasecmp(colorterm, "24bit") == 0)
        f->truecolor = (struct fact){true, FACT_ENVIRONMENT};
    else if (terminfo_direct)
        f->truecolor = (struct fact){true, FACT_TERMINFO};
}

const char *facts_source_name(enum fact_source source)
{
    static const char *const names[FACT_SOURCE_COUNT] = {
        [FACT_NOT_ASKED] = MSG_FACT_NOT_ASKED,     [FACT_ASKED] = MSG_FACT_ASKED,
        [FACT_ENVIRONMENT] = MSG_FACT_ENVIRONMENT, [FACT_TERMINFO] = MSG_FACT_TERMINFO,
        [FACT_WINDOW] = MSG_FACT_WINDOW,           [FACT_ASSUMED] = MSG_FACT_ASSUMED,
        [FACT_SILENT] = MSG_FACT_SILENT,
    };
    return names[source];
}

// By the luminance of ITU-R BT.601.
bool facts_is_dark(uint32_t rgb)
{
    return 299 * (rgb >> 16 & 255) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255) < 128000;
}

double facts_cell_aspect(const struct terminal_facts *f, double otherwise)
{
    double aspect = f->cell_width > 0 ? (double)f->cell_height / f->cell_width : 0;
    return aspect > 1 && aspect < 4 ? aspect : otherwise;
}
