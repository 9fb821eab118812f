// Progress of kinora save on standard error: a bar on a terminal, a line every few seconds elsewhere, and nothing when
// the frames go to a pipe.
#ifndef TUI_SAVE_PROGRESS_H
#define TUI_SAVE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct save_progress {
    const char *name; // of the file, borrowed
    bool is_terminal, is_quiet;
    kin_us began; // when the first frame had arrived
    kin_us next;  // when the next bar or line is due
};

struct save_progress_facts {
    uint64_t frames, frames_total; // written; in the reel, 0 = unknown
    uint64_t done;                 // written or given up
    uint64_t bytes;
};

void save_progress_begin(struct save_progress *p, const char *path); // "-" = standard output
void save_progress_update(struct save_progress *p, kin_us now, const struct save_progress_facts *facts);
void save_progress_end(struct save_progress *p); // removes the bar

#endif
