// A progress bar on standard error with the time left. Silent where that is not a terminal.
#ifndef PREP_PROGRESS_H
#define PREP_PROGRESS_H

#include "base/time.h"

#include <stdbool.h>

struct progress {
    bool shown;       // standard error is a terminal
    const char *what; // borrowed; label of the bar, e.g. "reel.mjpeg"
    uint64_t total;
    kin_us began, drawn;
};

void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_update(struct progress *p, uint64_t done);                    // draws at most ten times a second
void progress_update_of(struct progress *p, uint64_t done, uint64_t total); // the total has changed
void progress_end(struct progress *p);                                      // erases the bar

#endif
