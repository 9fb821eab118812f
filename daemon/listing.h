// A directory as JSON: reels with their facts, and directories, in natural order.
#ifndef DAEMON_LISTING_H
#define DAEMON_LISTING_H

#include "base/buf.h"
#include "catalogue.h"

#define LISTING_ENTRIES_MAX 10000
#define LISTING_WAIT_US (2 * KIN_US_PER_S) // for indexes that are not there yet, all of them together
#define LISTING_BYTES_MAX (3u << 20)       // longest JSON text; what does not fit is left out and "truncated" said

// Blocks: reads the directory (fd is closed) and waits a little for the index of every file in it that is not known
// yet; what is not done by then is listed with "indexing": how far it is, 0 to 1. `path` is where
// it lies beneath `root`. KIN_OK (caller owns *ret), KIN_ENOMEM, KIN_EIO, KIN_ECANCELED.
int listing_make(struct catalogue *c, int root, const char *path, int fd, struct kin_buf **ret);

#endif
