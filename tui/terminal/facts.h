// What is known about the terminal, and how it came to be known. Pure, but for reading the environment.
#ifndef TUI_TERMINAL_FACTS_H
#define TUI_TERMINAL_FACTS_H

#include "base/span.h"

// The environment variables that say something about a terminal. Those of an outer terminal pass through multiplexers,
// and only LC_ ones pass through SSH.
#define FACTS_VARIABLES(X)                                                                                             \
    X(TERM)                                                                                                            \
    X(TERM_PROGRAM)                                                                                                    \
    X(TERM_PROGRAM_VERSION)                                                                                            \
    X(COLORTERM)                                                                                                       \
    X(LC_TERMINAL)                                                                                                     \
    X(LC_TERMINAL_VERSION)                                                                                             \
    X(KITTY_WINDOW_ID)                                                                                                 \
    X(WEZTERM_EXECUTABLE)                                                                                              \
    X(WEZTERM_PANE)                                                                                                    \
    X(KONSOLE_VERSION)                                                                                                 \
    X(VTE_VERSION)                                                                                                     \
    X(TMUX)                                                                                                            \
    X(STY)                                                                                                             \
    X(SSH_CONNECTION)                                                                                                  \
    X(SSH_TTY)

enum facts_variable {
#define X(name) VARIABLE_##name,
    FACTS_VARIABLES(X)
#undef X
        VARIABLE_COUNT
};

struct facts_environment {
    const char *values[VARIABLE_COUNT]; // borrowed; "" when not set
};

extern const char *const facts_variables[VARIABLE_COUNT]; // their names

enum fact_source {
    FACT_NOT_ASKED, // nothing says so, and the terminal is not one to ask
    FACT_ASKED,     // the terminal's own answer, or its silence where it answered other questions
    FACT_ENVIRONMENT,
    FACT_TERMINFO,
    FACT_WINDOW,  // the size of the tty (TIOCGWINSZ)
    FACT_ASSUMED, // terminals of this name can, or cannot
    FACT_SILENT,  // asked, and not answered yet or in time
    FACT_SOURCE_COUNT
};

struct fact {
    bool yes;
    enum fact_source source;
};

enum multiplexer { MULTIPLEXER_NONE, MULTIPLEXER_TMUX, MULTIPLEXER_SCREEN };

#define FACTS_NAME_MAX 48
#define FACTS_VERSION_MAX 32

struct terminal_facts {
    char name[FACTS_NAME_MAX]; // of the terminal, not of the multiplexer in it; "" unknown
    char version[FACTS_VERSION_MAX];
    enum fact_source named;
    enum multiplexer multiplexer;
    char multiplexer_version[FACTS_VERSION_MAX];
    struct fact passthrough; // the multiplexer hands sequences on to the terminal
    struct fact remote;      // the program runs at the other end of SSH or mosh
    struct fact mosh;
    struct fact sixel, kitty, iterm; // pictures. In a multiplexer those of kitty and iTerm2 go by passthrough
    struct fact placeholders;        // kitty's pictures can be shown by characters
    bool kitty_window;               // kitty itself has started this session: where nothing is remote, on this machine
    struct fact sync;                // DEC mode 2026, synchronized output
    struct fact graphemes;           // DEC mode 2027, widths by grapheme cluster, is on or can be set
    struct fact truecolor;
    bool console;       // whose font has half blocks, but few other symbols
    struct fact blocks; // draws block elements itself, so that those of neighbouring cells meet
    int sixel_colors, sixel_width, sixel_height; // the most that it takes; 0 unknown
    int cell_width, cell_height;                 // pixels; 0 unknown
    enum fact_source cell;
    uint32_t background_rgb;
    enum fact_source background; // FACT_ASKED: known
};

// Reads the variables of this process.
void facts_environment_read(struct facts_environment *ret);

// What the environment says. terminfo_direct: terminfo says that the terminal takes direct colours.
void facts_init(struct terminal_facts *f, const struct facts_environment *env, bool terminfo_direct);

// Takes over the name and version that the terminal gives itself, "XTerm(379)" or "WezTerm 20230712", and what is known
// about terminals of that name. A multiplexer's own name is recorded as such.
void facts_set_name(struct terminal_facts *f, struct kin_span text);

void facts_set_sixel(struct terminal_facts *f, bool yes);

// The multiplexer hands sequences on: an answer came through it.
void facts_set_passthrough(struct terminal_facts *f);

// "asked", "by its name"
const char *facts_source_name(enum fact_source source);

bool facts_is_dark(uint32_t rgb);
// The height of a cell by its width; `otherwise` where that is unknown, or not to be believed.
double facts_cell_aspect(const struct terminal_facts *f, double otherwise);

#endif
