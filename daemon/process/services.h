// What all workers share: limits, budgets, the frame cache and the catalogue; and what the settings say to them.
#ifndef DAEMON_SERVICES_H
#define DAEMON_SERVICES_H

#include <stddef.h>

#include "ground/settings.h"

// Everybody reads the pointers; services.c alone writes the members.
struct services {
    struct limits *limits;
    struct send_budget *send_budget;
    struct converted_store *converted; // of frames; NULL: not kept
    struct conversion_memory *conversion_memory;
    struct frame_cache *frames;
    struct catalogue *catalogue;
    size_t own_descriptors; // that no connection, reel or look-up needs
};

// KIN_OK, or an error after a line in the log. services_free() is right after both, and on a zeroed struct.
int services_open(struct services *s, const struct settings *settings);
// When all else is open too, before the first connection: what is open now, and one descriptor more for each worker, is
// the daemon's own. What is left is divided among connections and reels.
void services_begin(struct services *s, const struct settings *settings, unsigned workers);
// New settings, any time after that. KIN_OK, or an error after a line in the log, and nothing has changed.
int services_apply(struct services *s, const struct settings *settings);

// Ends all work early; call it when the workers are told to stop.
void services_stop(struct services *s);
// After every worker's loop has ended, before the workers are deinitialised: nothing is posted to them any more.
void services_join(struct services *s);
// After services_join() and the end of the workers.
void services_free(struct services *s);

#endif
