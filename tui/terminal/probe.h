// Asks a terminal what it can do: one batch of queries that ends in DA1, which every terminal answers. Pure: what is in
// the environment, answers and now in; bytes and facts out.
//
// A terminal that may print what it does not know gets DA1 alone, or with DA2 (a plain control sequence): the answer to
// DA2 tells tmux, where TERM says screen, and then the rest is asked by a second batch. In tmux, the terminal around it
// is asked through tmux's passthrough: if an answer comes, tmux lets sequences through.
#ifndef TUI_TERMINAL_PROBE_H
#define TUI_TERMINAL_PROBE_H

#include "base/time.h"
#include "base/wr.h"
#include "terminal/facts.h"
#include "terminal/input.h"

#define PROBE_BATCH_MAX 512
#define PROBE_PATIENCE_US KIN_US_PER_S    // after that, no answer is expected any more
#define PROBE_LATE_US (10 * KIN_US_PER_S) // up to then, one may come all the same

// How much a terminal may be asked.
enum probe_manner { PROBE_NOTHING, PROBE_DA1, PROBE_CAREFULLY, PROBE_TMUX, PROBE_ALL };

struct probe {
    struct terminal_facts facts;
    enum probe_manner manner;
    bool apc;                            // a kitty graphics query may be sent: this terminal does not print it
    bool pending;                        // there is a second batch
    bool sizes_pending;                  // sizes are to be asked again: the window has changed
    unsigned unanswered;                 // batches whose DA1 has not come
    bool outer_silent;                   // the terminal around tmux was asked and has not answered the last question
    unsigned outer_tries;                // so often
    kin_us asked_at;                     // the newest batch
    kin_us rtt_us;                       // of DA1; 0 unknown
    unsigned model, model_version;       // DA2
    int window_width, window_height;     // pixels, by the terminal
    int window_columns, window_rows;     // by the terminal
    int tty_cell_width, tty_cell_height; // by the tty, as it said last
    int tty_columns, tty_rows;           // likewise
};

void probe_init(struct probe *p, const struct facts_environment *env, bool terminfo_direct);

// What the tty says about its window (TIOCGWINSZ), at first and whenever that changes; pixels are 0 where it does not
// know. The terminal's own answer is more exact, but the size of its letters may change later: where the tty cannot
// say that, the terminal is to be asked again.
void probe_set_window(struct probe *p, int cols, int rows, int width, int height);

// Appends the queries to be sent now, when the terminal is entered.
void probe_ask(struct probe *p, kin_us now, struct kin_wr *out);

// When there will be more to ask, KIN_US_NEVER: not as far as is known; then appends those queries. tmux loses what it
// should pass on while it draws its window anew, as it does at first.
kin_us probe_due(const struct probe *p);
void probe_ask_more(struct probe *p, kin_us now, struct kin_wr *out);

// Takes an answer. False when the event is none of these.
bool probe_report(struct probe *p, kin_us now, const struct input_event *e);

// True when all has been answered, or there is nothing more to wait for; else probe_deadline() is when that is so.
bool probe_is_done(const struct probe *p, kin_us now);
kin_us probe_deadline(const struct probe *p);

// True while answers may still come within this time since the queries: PROBE_PATIENCE_US or PROBE_LATE_US. From behind
// tmux none are expected after PROBE_PATIENCE_US: mostly it lets nothing through.
bool probe_is_owed(const struct probe *p, kin_us now, kin_us within);

#endif
