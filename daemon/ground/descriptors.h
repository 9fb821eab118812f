// How many descriptors the process may have, and who gets how many of them. Whoever is connected shall be served, so a
// connection is taken only when there is a descriptor for what it plays and for the files that its requests open.
#ifndef DAEMON_DESCRIPTORS_H
#define DAEMON_DESCRIPTORS_H

#include <stddef.h>

// What look-ups, indexes, listings and reads of stills open at the same time and close again: 16 threads, three each.
#define DESCRIPTORS_PASSING 48
#define DESCRIPTORS_OWN 32 // taken as open where they cannot be counted: loops, listeners, the media root, the log

struct descriptors_parts {
    size_t connections;
    size_t reels; // in use, which are no more than there are sessions, and kept for later
};

// Takes all that the system allows.
void descriptors_raise_limit(void);
size_t descriptors_limit(void); // SIZE_MAX: none
size_t descriptors_open(void);  // now

// Divides what `own` ones leave of the limit: half of it, DESCRIPTORS_PASSING at most, is for files that are soon
// closed again; connections and reels share the rest evenly.
struct descriptors_parts descriptors_divide(size_t limit, size_t own);

#endif
