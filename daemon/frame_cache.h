// Frames of reels in memory: read once off the loop, planned once, shared by all viewers of all workers.
//
// One map behind one small lock serves all workers, so that viewers of one reel on different workers read it once and
// media.cache_size is a bound for the process. What a viewer has in use is never evicted; a read that failed is handed
// out once and forgotten, so that the next one tries again.
#ifndef DAEMON_FRAME_CACHE_H
#define DAEMON_FRAME_CACHE_H

#include "frame.h"

struct frame_cache;
struct worker;

struct frame_cache_stats {
    uint64_t hits, reads, evictions, failures;
    size_t bytes, frames;
};

// KIN_OK, KIN_ENOMEM, KIN_EIO. store keeps what was rewritten when it leaves this memory; NULL: nothing does. It must
// outlive the cache.
int frame_cache_new(size_t max_bytes, struct repair_store *store, struct frame_cache **ret);
// When all workers' loops have ended. Accepts NULL.
void frame_cache_free(struct frame_cache *c);

// Never blocks. KIN_OK: *ret is a reference, perhaps to a frame with an error. KIN_EAGAIN: it is being read; the
// worker's waiters are woken when it is there. KIN_ENOMEM. The worker's memory must outlive the loops of all workers.
int frame_cache_get(struct frame_cache *c, struct worker *w, const struct frame_want *want, struct frame **ret);
// Reads ahead, if there is room; failures do not matter.
void frame_cache_prefetch(struct frame_cache *c, struct worker *w, const struct frame_want *want);
// Drops the frames of a reel whose file changed; the cache holds references to the reels of its frames.
void frame_cache_forget(struct frame_cache *c, const struct kin_reel *reel);
// On w's thread, after its waiters were woken: what was read for them and not taken may be evicted from now on.
void frame_cache_woken(struct frame_cache *c, struct worker *w);
// True the first time it is asked about a reel (of the last few): a complaint is worth a log line once.
bool frame_cache_complain(struct frame_cache *c, const struct kin_reel *reel);
void frame_cache_stats(struct frame_cache *c, struct frame_cache_stats *ret);

#endif
