// A figure of the last seconds as columns of a graph. Pure.
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#include "model/terminal_history.h"

#define HISTORY_COLUMNS_MAX 256
#define HISTORY_TEXT_MAX 48

enum history_figure {
    HISTORY_LOST, // packets, as the next one
    HISTORY_RECOVERED,
    HISTORY_JITTER,     // ms
    HISTORY_RTT,        // ms
    HISTORY_THROUGHPUT, // bit/s
    HISTORY_CACHE,      // frames
    HISTORY_RECEIVED,   // frames that came whole
    HISTORY_SHOWN,      // frames put on the screen
    HISTORY_OUTPUT,     // bytes that the terminal took
    HISTORY_TERMINAL,   // frames that it could not take
    HISTORY_FIGURE_COUNT
};

const char *history_label(enum history_figure figure); // "round trip"; at most 10 wide
// A value as a number, with a prefix where its unit has one: "20", "9.62 Mbit/s", "0.30 ms". Returns dst.
char *history_number(enum history_figure figure, double value, char dst[HISTORY_TEXT_MAX]);
// A value with its unit: "20 packets", "9.62 Mbit/s". Returns dst.
char *history_value(enum history_figure figure, double value, char dst[HISTORY_TEXT_MAX]);

struct history_source { // borrowed
    const struct kin_receive_second *seconds;
    size_t count;
    const struct terminal_history *terminal; // NULL: there is none
};

struct history_columns {
    double values[HISTORY_COLUMNS_MAX]; // oldest first
    size_t count;
    double scale;                // at full height: 1, 2 or 5 times a power of ten, 0 when all values are 0
    char text[HISTORY_TEXT_MAX]; // of the scale: "0-20 packets", "0 packets"
    unsigned known;              // seconds of which there is a value, and over them:
    double least, mean, most, last;
};

// How many seconds share a column where `seconds` of them have `room` columns: 1 where there is room for each.
unsigned history_step(size_t seconds, size_t room);

// One column for each `step` seconds, the last of which may still have fewer. Counts and times are those of the worst
// second in it, rates are means, and the cache the least. Seconds of which nothing is known have 0.
void history_columns(const struct history_source *source, unsigned step, enum history_figure figure,
                     struct history_columns *ret);

#endif
