// Indexes of reels on disk, in a directory of our own that is bounded in bytes. It is only an optimisation: a failure
// is logged once, and the index is made from the reel instead. Any thread but a loop's: calls block.
#ifndef DAEMON_INDEX_STORE_H
#define DAEMON_INDEX_STORE_H

#include "library/beneath.h"
#include "media/reel.h"

#define INDEX_STORE_DEFAULT_DIR "/var/cache/kinora"
#define INDEX_STORE_MIN_BYTES (1u << 20) // of a reel: the index of a shorter one is made faster than loaded

struct index_store;

// Opens `path`, which must exist. NULL when there is none to use: path is "", or cannot be opened or written
// (cli_warn() has warned of it), or memory is short. limit_bytes is for all files together.
struct index_store *index_store_open(const char *path, uint64_t limit_bytes);
void index_store_close(struct index_store *s); // accepts NULL

// The index of this file version, if it is there and sound; NULL else. Takes its own reference to source.
struct kin_reel *index_store_load(struct index_store *s, const struct file_version *version, uint32_t rate_num,
                                  uint32_t rate_den, struct kin_source *source);

// Writes the index in place of what was there for this file, and removes those unused for longest while the directory
// is too large. A reel shorter than INDEX_STORE_MIN_BYTES is left alone. s may be NULL.
void index_store_save(struct index_store *s, const struct file_version *version, uint32_t rate_num, uint32_t rate_den,
                      const struct kin_reel *reel);

#endif
