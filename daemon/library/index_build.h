// Makes the index of an open file: from the store if it is there, else by reading the file. Blocks: never on a loop.
#ifndef DAEMON_INDEX_BUILD_H
#define DAEMON_INDEX_BUILD_H

#include "base/atomic.h"
#include "base/time.h"
#include "library/index_store.h"

#define INDEX_BUILD_LOG_US (5 * KIN_US_PER_S) // between two lines about the progress of one build

struct index_job {
    struct index_store *store; // may be NULL
    struct beneath_file file;  // the descriptor is closed, unless the reel keeps it
    uint32_t rate_num, rate_den;
    const char *path;            // for the log
    const atomic_bool *stopping; // ends the build early
    void (*tick)(void *ctx);     // called as it goes; may be NULL
    void *ctx;
    atomic_uint *permille; // updated as it goes; may be NULL
    kin_us (*clock)(void); // NULL: kin_clock_mono_us
};

// As kin_reel_open; why is "" where there is nothing to say. What was built is saved in the store.
int index_build(const struct index_job *job, struct kin_reel **ret, char why[KIN_MEDIA_WHY_MAX]);

// Logs one line for what was found, and one for each defect.
void index_log(const struct kin_reel *reel, const char *path);

#endif
