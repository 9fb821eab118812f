// How many descriptors the process may have, and how they are divided. A connection is accepted only when there is a
// descriptor for the reel that it will play and for the files that its requests open, so that every connected client
// can be served.
#ifndef DAEMON_DESCRIPTORS_H
#define DAEMON_DESCRIPTORS_H

#include <stddef.h>

// Opened for a moment by look-ups, index builds, listings and reads of stills: 16 threads, three descriptors each.
#define DESCRIPTORS_PASSING 48
#define DESCRIPTORS_OWN 32 // assumed open where they cannot be counted: loops, listeners, the media root, the log

struct descriptors_parts {
    size_t connections;
    size_t reels; // that are played, at most one for each session, or kept open for later
};

// Raises the limit as far as the system allows.
void descriptors_raise_limit(void);
size_t descriptors_limit(void); // SIZE_MAX: none
size_t descriptors_open(void);  // now

// Divides the limit less `own`: half of that, at most DESCRIPTORS_PASSING, is left to files that are open for a moment;
// connections and reels share the rest evenly.
struct descriptors_parts descriptors_divide(size_t limit, size_t own);

#endif
