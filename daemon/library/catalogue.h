// From a path to a reel or a listing. Nothing here blocks a loop: paths are looked up, indexes built and directories
// listed in three lanes of threads (task_threads.h).
//
// Equal requests share one piece of work. It waits in its lane as a path, without a descriptor; when the last of its
// requests is canceled it leaves the lane, or ends early. Indexes that a listing has begun and shown as unfinished are
// completed when nobody waits for anything else.
//
// Locks: one of the catalogue, held for moments only. Order: catalogue, then frame_cache, a lane's, a worker's.
#ifndef DAEMON_CATALOGUE_H
#define DAEMON_CATALOGUE_H

#include "base/buf.h"
#include "ground/worker.h"
#include "library/conversion_survey.h"
#include "media/reel.h"

#define CATALOGUE_LOOKUP_THREADS 4
#define CATALOGUE_BUILD_THREADS 4 // one of them for short ones
#define CATALOGUE_LISTING_THREADS 4
#define CATALOGUE_LOOKUPS_MAX 1024 // that wait; beyond that the answer is 503
#define CATALOGUE_BUILDS_MAX 512
#define CATALOGUE_LISTINGS_MAX 512
#define CATALOGUE_LISTED_BUILDS_MAX 64 // a listing queues no more builds when so many wait
#define CATALOGUE_REASON_MAX 224

struct catalogue;
struct catalogue_request;

struct catalogue_settings {
    const char *root;
    uint32_t rate_num, rate_den; // of reels whose format does not say
    size_t index_bytes;
    const char *index_dir;            // indexes on disk, fixed by catalogue_new; NULL or "" = none
    uint64_t index_dir_bytes;         // of them all
    struct frame_cache *frames;       // drops the frames of a reel whose index is dropped; may be NULL
    struct conversion_memory *memory; // for trying out rewrites, fixed by catalogue_new; NULL: no bound
};

// Opens the root and starts the threads. KIN_OK; KIN_ENOMEM; KIN_EIO and KIN_ENOENT with errno set: the root cannot
// be opened.
int catalogue_new(const struct catalogue_settings *settings, struct catalogue **ret);
// The same for a reload, any thread. On failure all stays as it was.
int catalogue_configure(struct catalogue *c, const struct catalogue_settings *settings);
// How many descriptors there are for reels: when as many are open, unused reels are closed. Any thread.
void catalogue_set_reels(struct catalogue *c, size_t count);
// After every worker's loop has ended, before the workers are deinitialised. Accepts NULL.
void catalogue_free(struct catalogue *c);
// Ends all work early; call it when the workers are told to stop. Pending requests are answered with 503.
void catalogue_stop(struct catalogue *c);

struct catalogue_answer {
    unsigned status;    // 200, else the RTSP status that explains the failure
    const char *reason; // phrase for the reply, or NULL for the standard one
    bool is_directory;
    struct kin_reel *reel;           // of a file; borrowed: take a reference to keep it
    struct conversion_survey survey; // of the reel
    struct kin_buf *listing;         // of a directory, when asked for: JSON; likewise
};
typedef void catalogue_fn(void *ctx, const struct catalogue_answer *answer);

struct catalogue_query {
    struct worker *worker; // on whose loop `done` is called
    const char *path;      // decoded, relative, "" = root; copied
    bool listing;          // of a directory: what is in it
    bool any_case;         // letters of the path may differ in case (beneath_find_case())
    uint64_t requester;    // a number for the client: clients take turns (limits_client())
    catalogue_fn *done;    // called once on the worker's loop, never from inside catalogue_query()
    void *ctx;
};

// Looks for the reel at a path, or finds that it is a directory. KIN_OK; KIN_ENOMEM; KIN_ELIMIT and KIN_ESTATE: too
// many requests wait, or the catalogue stops; done is not called then.
int catalogue_query(struct catalogue *c, const struct catalogue_query *query, struct catalogue_request **ret);
// On the worker's loop, before done was called: it will not be called. The request frees itself; accepts NULL.
void catalogue_cancel(struct catalogue_request *r);
// Likewise, when the client may be gone: its work goes behind that of others.
void catalogue_yield(struct catalogue_request *r);

// Drops what was not used for long. To be called now and then; any thread.
void catalogue_tidy(struct catalogue *c, kin_us now);

struct catalogue_stats {
    unsigned lookups, builds, listings; // that wait or are being done
};
void catalogue_stats(struct catalogue *c, struct catalogue_stats *ret); // any thread

#endif
