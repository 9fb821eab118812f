// Remembers whether a directory is a reel of stills, and its digest. Finding that out takes a look at every file in it;
// the result is good as long as the times of the directory itself stay the same. Any thread.
#ifndef DAEMON_STILLS_MEMORY_H
#define DAEMON_STILLS_MEMORY_H

#include <stdbool.h>

#include "base/time.h"
#include "library/beneath.h"

#define STILLS_MEMORY_DIRECTORIES 1024 // remembered at once
// A directory that changed less than this before it was looked at may change again within the same timestamp: it is not
// remembered.
#define STILLS_MEMORY_SETTLED_NS INT64_C(2000000000)
// A file that is overwritten in place leaves no trace in its directory, so that every directory is looked at again
// after this.
#define STILLS_MEMORY_KEEP_US (10 * KIN_US_PER_S)

struct stills_memory;

struct stills_memory *stills_memory_new(void);    // NULL when out of memory
void stills_memory_free(struct stills_memory *m); // accepts NULL

struct stills_look {
    kin_us since;             // monotonic: what was found after this is accepted in any case
    bool (*go_on)(void *ctx); // called now and then; false ends the look; NULL: it goes on
    void *ctx;
};

// A directory of nothing but still JPEGs is a reel: then is_stills takes the place of is_directory, and the version
// becomes that of its files. Blocks: reads the directory, or waits for another thread that reads it. KIN_OK: it is
// known which it is. KIN_ECANCELED: go_on returned false. KIN_EFILES, KIN_ENOMEM: it cannot be known now; the shortage
// has been noted. After other transient errors it counts as a plain directory.
int stills_memory_recognise(struct stills_memory *m, const struct stills_look *look, struct beneath_file *file);

#endif
