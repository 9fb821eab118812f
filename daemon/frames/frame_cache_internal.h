// Inside of the frame cache, shared by frame_cache.c (the map, and who wants what) and frame_cache_read.c (reading).
#ifndef DAEMON_FRAME_CACHE_INTERNAL_H
#define DAEMON_FRAME_CACHE_INTERNAL_H

#include <uv.h>

#include "base/table.h"
#include "frames/frame_cache.h"
#include "ground/worker.h"

#define TABLE_BITS 11       // a few frames a list when a cache of the default size is full
#define LOGGED_REELS_MAX 16 // reels remembered as logged

struct read_job;

// A frame that is there, or is being read. Written under the lock only.
struct entry {
    struct kin_list lru; // first: used longest ago; a free node while it is being read
    struct kin_list by_key;
    uint64_t reel; // id
    uint32_t index;
    enum frame_content content; // COMPATIBLE: converted; what is compatible as it is, is ORIGINAL
    struct kin_jpeg_variant variant;
    struct read_job *job;      // while it is being read, else NULL
    struct kin_list interests; // struct interest: who wants it; it is not evicted meanwhile
    struct frame *frame;       // NULL while it is being read, and when there was no memory for it
    size_t bytes;              // counted in used; while reading what the index promises
    kin_us used_at;            // handed out last, or read
};

// A reader's interest in an entry.
struct interest {
    struct kin_list of_entry, of_reader; // nodes
    struct frame_reader *reader;
    struct entry *entry;
    enum frame_content content; // what the reader wants: an ORIGINAL entry may serve COMPATIBLE
    bool awaited;               // the reader is woken when it is there
};

// Readers of one worker that are to be woken.
struct wake_list {
    struct worker_job job;
    struct frame_cache *cache;
    struct kin_list ready; // struct frame_reader
    bool posted;
};

struct frame_cache {
    struct frame_tools tools;
    struct task_threads *reads, *conversions, *variants;
    uv_mutex_t lock; // guards all below
    size_t max_bytes, kept_bytes, used;
    unsigned reading;
    uint64_t next_reader;
    struct kin_list read, made; // by their use, of entries as they are in the file, and of those that were rewritten
    struct frame_cache_stats stats;
    uint64_t logged[LOGGED_REELS_MAX]; // ids of reels
    unsigned logged_count;
    struct wake_list wakes[WORKER_MAX];
    struct kin_table by_key; // struct entry
    struct kin_list lists[1 << TABLE_BITS];
};

// --- frame_cache.c; lock held

// In the wanted variant.
struct entry *frame_cache_find(struct frame_cache *c, const struct frame_want *w, enum frame_content content);
// Enters a frame that is not there. NULL when out of memory.
struct entry *frame_cache_enter(struct frame_cache *c, const struct frame_want *w, enum frame_content content);
// Changes the content of an entry; there must be no other entry of that content.
void frame_cache_rename(struct frame_cache *c, struct entry *e, const struct frame_want *w, enum frame_content content);
void frame_cache_count(struct frame_cache *c, struct entry *e); // its frame has come, or has got another plan
void frame_cache_drop(struct frame_cache *c, struct entry *e);
// The entry is the newest of its list.
void frame_cache_use(struct frame_cache *c, struct entry *e);
// Evicts what was used longest ago until `incoming` bytes fit. False when they do not. What is easily read again goes
// first, also when there is more than kept_bytes and nobody has used it for FRAME_KEPT_US.
bool frame_cache_make_room(struct frame_cache *c, size_t incoming);
void frame_cache_end_interest(struct interest *i);
// Has the reader woken on its worker.
void frame_cache_wake(struct frame_cache *c, struct frame_reader *r);

// --- frame_cache_read.c; lock held

// Enters a frame that is not there and queues its read on behalf of a reader. NULL, and nothing is entered, when there
// is no memory, too much is queued, or the cache has stopped.
struct entry *frame_cache_begin_read(struct frame_cache *c, const struct frame_want *want, enum frame_content content,
                                     struct task_owner owner);
// Nobody wants it any more: drops the entry; its read is canceled or ignored.
void frame_cache_abandon_read(struct frame_cache *c, struct entry *e);
int frame_cache_start_lanes(struct frame_cache *c, unsigned conversion_threads);

#endif
