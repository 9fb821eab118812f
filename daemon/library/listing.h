// A directory as JSON: reels with their facts, and directories, in natural order; and how many files cannot be served,
// and why. Knows how to read a directory and what the JSON is like; what is known of a file comes from its source.
#ifndef DAEMON_LISTING_H
#define DAEMON_LISTING_H

#include "base/buf.h"
#include "base/time.h"
#include "library/beneath.h"
#include "library/index_cache.h"

#define LISTING_ENTRIES_MAX 10000
#define LISTING_TIME_US (2 * KIN_US_PER_S) // for all of it: names, looking at files, indexes that are not there yet
#define LISTING_BYTES_MAX (3u << 20)       // longest JSON text; what does not fit is left out, and "truncated" is set
#define LISTING_EXAMPLES_MAX 8u            // files that cannot be served and are listed with name and problem

struct listing_source {
    // False when the time for the listing is over, or nobody wants it any more: what is left is listed by its name.
    bool (*has_time)(void *ctx);
    // stills_memory_recognise(). KIN_OK, or why it is not known: KIN_ECANCELED when the time is over.
    int (*recognise)(void *ctx, struct beneath_file *file);
    // What is remembered of this version of a file, as facts(); KIN_EAGAIN: nothing.
    int (*known)(void *ctx, const struct file_version *version, struct index_facts *ret, char why[KIN_MEDIA_WHY_MAX]);
    // What is known of an open file, which lies at `path`. KIN_OK; KIN_EAGAIN: it is a reel, but its index is still
    // being made (ret->permille says how far); else what kin_reel_open says, with a sentence in `why`, or "".
    int (*facts)(void *ctx, const struct beneath_file *file, const char *path, struct index_facts *ret,
                 char why[KIN_MEDIA_WHY_MAX]);
    void *ctx;
};

// Blocks. `path` is where the directory lies beneath `root`. KIN_OK (caller owns *ret), KIN_ENOMEM, KIN_EIO,
// KIN_ELIMIT.
int listing_make(const struct listing_source *source, int root, const char *path, struct kin_buf **ret);

#endif
