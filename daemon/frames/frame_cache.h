// Frames of reels in memory: read once off the loop, planned once for each payload format, shared by all viewers of all
// workers, whatever format they get.
//
// One map behind one small lock serves all workers, so that viewers of one reel on different workers read it once and
// media.cache_size is a bound for the process. It is a map of contents: viewers of different formats share the bytes.
// What a viewer has in use is never evicted; a failed read is reported once and forgotten, so that the next request
// tries again.
//
// A read belongs to the readers that want it. Plain reads, conversions (frames that are rewritten) and variants (frames
// that would leave without them, too) have a lane each, conversions with fewer threads than there are processors, and
// variants with half as many. A variant is made of what is in memory, else of what it reads itself. A reader that
// withdraws takes its reads out of the queues, unless another one wants the same frame.
//
// Lock order: frame_cache, then a worker's or a lane's. frame_cache_forget() may be called with the catalogue's lock
// held.
#ifndef DAEMON_FRAME_CACHE_H
#define DAEMON_FRAME_CACHE_H

#include "base/list.h"
#include "base/time.h"
#include "frames/frame.h"
#include "ground/task_threads.h"

#define FRAME_READ_THREADS 4
// What is longer unused than this is dropped while there is more in the cache than that many bytes. Whoever comes later
// has it read again, as a rule out of the kernel's cache.
#define FRAME_KEPT_US KIN_US_PER_S
#define FRAMES_KEPT (8u << 20)
#define FRAME_READS_MAX 1024      // plain reads that wait; beyond that a reader tries again later
#define FRAME_CONVERSIONS_MAX 256 // likewise conversions
#define FRAME_VARIANTS_MAX 128    // variants; beyond that a reader takes the frame as it is

struct frame_cache;
struct worker;

struct frame_cache_stats {
    uint64_t handed_out;  // plans handed out
    uint64_t reads;       // frames read from the files of reels
    uint64_t conversions; // frames converted, variants among them
    uint64_t evictions, failures, withdrawn;
    size_t bytes, frames; // held now
};

struct frame_cache_params {
    size_t max_bytes;
    size_t kept_bytes;             // so much is kept however long nobody has used it, if it was not rewritten; 0: all
    struct converted_store *store; // keeps what was rewritten; NULL: nothing does. Outlives the cache
    struct conversion_memory *memory; // likewise; NULL: no bound
    unsigned conversion_threads;      // 0: one fewer than there are processors, at least one
};

// KIN_OK, KIN_ENOMEM.
int frame_cache_new(const struct frame_cache_params *params, struct frame_cache **ret);
// Ends all reading early; afterwards every read is refused. Call it when the workers are told to stop.
void frame_cache_stop(struct frame_cache *c);
// When all workers' loops have ended and no reader is left. Accepts NULL.
void frame_cache_free(struct frame_cache *c);

// A consumer of frames on one worker's loop. Embedded in its owner; all members are private but those of _init.
struct frame_reader {
    struct frame_cache *cache;
    struct worker *worker;
    void (*wake)(void *ctx);
    void *ctx;
    struct task_owner owner;   // of its tasks
    struct kin_list interests; // under the cache's lock, like all below
    struct kin_list ready;     // node of those to be woken
};

// The worker's memory must outlive the reader. Clients take turns (limits_client()), and the readers of each. wake is
// called on its loop, never from inside a call to the cache.
void frame_reader_init(struct frame_reader *r, struct frame_cache *c, struct worker *w, uint64_t client,
                       void (*wake)(void *ctx), void *ctx);
// Gives up everything that the reader wants; it is not woken any more. Also the end of its life.
void frame_reader_withdraw(struct frame_reader *r);

// All calls with a reader: on its worker's thread.

// Never blocks. KIN_OK: *ret is the plan, perhaps with an error; its frame carries one more reference. KIN_EAGAIN: the
// frame is being read; the reader is woken when it is there, and it stays there until the reader gets it, wants another
// one, or withdraws. KIN_ENOMEM: no memory, or too much is being read: try again later.
int frame_cache_get(struct frame_reader *r, const struct frame_want *want, const struct frame_plan **ret);
// Reads ahead, if there is room; failures do not matter.
void frame_cache_prefetch(struct frame_reader *r, const struct frame_want *want);

// Any thread: drops the frames of the reel with this id, which is not played any more.
void frame_cache_forget(struct frame_cache *c, uint64_t reel);
// True on the first call for a reel (of the last few): its bad frames are worth one log line.
bool frame_cache_should_log(struct frame_cache *c, const struct kin_reel *reel);
void frame_cache_stats(struct frame_cache *c, struct frame_cache_stats *ret);

#endif
