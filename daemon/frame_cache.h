// Frames of reels in memory: read once off the loop, planned once, shared by all viewers of all workers.
//
// One map behind one small lock serves all workers, so that viewers of one reel on different workers read it once and
// media.cache_size is a bound for the process. Frames are immutable; what is in use by a viewer is never evicted.
#ifndef DAEMON_FRAME_CACHE_H
#define DAEMON_FRAME_CACHE_H

#ifdef __cplusplus
#include <atomic>
using std::atomic_uint;
#else
#include <stdatomic.h>
#endif

#include "engine/rtp_plan.h"
#include "media/reel.h"

struct frame_cache;
struct worker;

enum frame_form { FRAME_RFC2435, FRAME_LAB }; // as what it is to be sent

struct frame {
    atomic_uint refs;
    int error;                 // KIN_OK, else why there is no plan
    enum kin_jpeg_fit fit;     // with KIN_EUNSUPPORTED: what RFC 2435 has no words for
    struct kin_rtp_plan *plan; // NULL with an error; holds the bytes
};

void frame_unref(struct frame *f); // accepts NULL

struct frame_cache_stats {
    uint64_t hits, reads, evictions, failures;
    size_t bytes, frames;
};

// KIN_OK or KIN_ENOMEM.
int frame_cache_new(size_t max_bytes, struct frame_cache **ret);
// When all workers have ended. Accepts NULL.
void frame_cache_free(struct frame_cache *c);

struct frame_want {
    struct kin_reel *reel;
    uint32_t index;
    enum frame_form form;
    size_t packet_bytes; // [rtp] payload_size: longest RTP packet, header included
};

// Never blocks. KIN_OK: *ret is a reference, perhaps to a frame with an error. KIN_EAGAIN: it is being read; the
// worker's waiters are woken when it is there. KIN_ENOMEM.
int frame_cache_get(struct frame_cache *c, struct worker *w, const struct frame_want *want, struct frame **ret);
// Reads ahead, if there is room; failures do not matter.
void frame_cache_prefetch(struct frame_cache *c, struct worker *w, const struct frame_want *want);
// Drops what no viewer uses of a reel (its file changed, its index is dropped); the cache holds references to reels.
void frame_cache_forget(struct frame_cache *c, const struct kin_reel *reel);
void frame_cache_stats(struct frame_cache *c, struct frame_cache_stats *ret);

#endif
