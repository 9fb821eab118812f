// How far kinora save is, on standard error: a bar on a terminal, a line now and then elsewhere, and nothing where the
// frames go down a pipe.
#ifndef TUI_SAVE_PROGRESS_H
#define TUI_SAVE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct save_progress {
    const char *name; // of the file, borrowed
    bool is_terminal, is_quiet;
    kin_us began; // when the first frame was there
    kin_us next;  // line
};

struct save_progress_facts {
    uint64_t frames, frames_total; // written; of the reel, 0 = unknown
    uint64_t done;                 // of the reel, with those that were given up
    uint64_t bytes;
};

void save_progress_begin(struct save_progress *p, const char *path); // "-" = standard output
void save_progress_update(struct save_progress *p, kin_us now, const struct save_progress_facts *facts);
void save_progress_end(struct save_progress *p); // takes the bar away

#endif
