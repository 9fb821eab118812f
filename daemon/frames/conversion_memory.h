// One budget of bytes for the working memory of all conversions together. libjpeg keeps the whole of a progressive
// picture as coefficients, some six bytes a pixel: a few of those at once would be gigabytes. A thread that wants to
// convert a picture waits here until there is room.
#ifndef DAEMON_CONVERSION_MEMORY_H
#define DAEMON_CONVERSION_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/atomic.h"

#define CONVERSION_MEMORY_MAX ((size_t)256 << 20) // one progressive picture of 8192x4320 in 4:4:4 fits

struct conversion_memory;

// NULL when out of memory.
struct conversion_memory *conversion_memory_new(size_t max_bytes);
void conversion_memory_free(struct conversion_memory *m); // accepts NULL; when all shares are released

// Blocks until there is room for `bytes`: never on a loop. KIN_OK: release as much with conversion_memory_release().
// KIN_ELIMIT: more than the whole budget; KIN_ECANCELED: *canceled (may be NULL) was set meanwhile. m may be NULL: no
// budget.
int conversion_memory_acquire(struct conversion_memory *m, size_t bytes, const atomic_bool *canceled);
// True, and as much is to be released, when there is room now and nobody waits for it.
bool conversion_memory_try(struct conversion_memory *m, size_t bytes);
void conversion_memory_release(struct conversion_memory *m, size_t bytes);

#endif
