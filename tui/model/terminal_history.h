// What became of the pictures on this side, second by second: the seconds are those of a kin_receive_history, so that
// both fit one axis. Pure.
#ifndef TUI_TERMINAL_HISTORY_H
#define TUI_TERMINAL_HISTORY_H

#include "engine/play/receive_history.h"

#define TERMINAL_HISTORY_ROOM (KIN_RECEIVE_HISTORY_SECONDS + 1) // one of them is running

struct terminal_totals {       // counters that only ever add up, or what a second adds to them
    uint64_t bytes, shown;     // written to the terminal; pictures put on the screen
    uint64_t dropped, decoder; // frames that terminal and decoder could not take
    uint64_t late;             // frames that came after their time
};

struct terminal_history {
    struct {
        uint64_t number;
        struct terminal_totals in;
    } seconds[TERMINAL_HISTORY_ROOM]; // by number % TERMINAL_HISTORY_ROOM
    struct terminal_totals before;
    bool started; // `before` is known
};

// The counters so far, in the second of this number: what they have grown by since the last call belongs to it. The
// first call only begins. A counter that has gone back adds nothing.
void terminal_history_tick(struct terminal_history *h, uint64_t number, const struct terminal_totals *totals);

// Time stands still: what the counters have grown by since the last call belongs to no second.
void terminal_history_rest(struct terminal_history *h, const struct terminal_totals *totals);

// What happened in that second: zeros where nothing is known.
struct terminal_totals terminal_history_at(const struct terminal_history *h, uint64_t number);

#endif
