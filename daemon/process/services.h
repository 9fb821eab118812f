// What all workers share: limits, budgets, the frame cache and the catalogue; and how settings are applied to them.
#ifndef DAEMON_SERVICES_H
#define DAEMON_SERVICES_H

#include <stddef.h>

#include "ground/settings.h"

// Everybody reads the pointers; services.c alone writes the members.
struct services {
    struct limits *limits;
    struct send_budget *send_budget;
    struct converted_store *converted; // converted frames on disk; NULL: none are kept
    struct conversion_memory *conversion_memory;
    struct frame_cache *frames;
    struct catalogue *catalogue;
    size_t own_descriptors; // not for connections, reels or look-ups
};

// KIN_OK, or an error, which has been logged. services_free() may be called after either, and on a zeroed struct.
int services_open(struct services *s, const struct settings *settings);
// Call it when all else is open, before the first connection: the descriptors open now, and one more for each worker,
// count as the daemon's own. The others are divided among connections and reels.
void services_begin(struct services *s, const struct settings *settings, unsigned workers);
// Applies new settings, any time after that. KIN_OK; or an error, which has been logged, and nothing has changed.
int services_apply(struct services *s, const struct settings *settings);

// Ends all work early; call it when the workers are told to stop.
void services_stop(struct services *s);
// After every worker's loop has ended, before the workers are deinitialised: nothing is posted to them any more.
void services_join(struct services *s);
// After services_join() and the end of the workers.
void services_free(struct services *s);

#endif
