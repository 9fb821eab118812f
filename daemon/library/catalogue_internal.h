// Inside of the catalogue: catalogue.c (requests, life), catalogue_lookup.c, catalogue_build.c and catalogue_list.c
// (the three kinds of work).
#ifndef DAEMON_CATALOGUE_INTERNAL_H
#define DAEMON_CATALOGUE_INTERNAL_H

#include "ground/task_threads.h"
#include "library/beneath.h"
#include "library/catalogue.h"
#include "library/index_cache.h"
#include "library/index_store.h"
#include "library/stills_memory.h"

enum work_kind { WORK_LOOKUP, WORK_BUILD, WORK_LISTING, WORK_KIND_COUNT };

struct catalogue {
    uv_mutex_t lock; // of all below but the lanes and what has locks of its own
    uv_cond_t built; // an index was entered, or a listing is canceled
    struct index_cache *cache;
    struct index_store *store;    // of builds; may be NULL
    struct stills_memory *stills; // its own lock
    struct conversion_memory *memory;
    struct task_threads *lanes[WORK_KIND_COUNT];
    struct kin_list work[WORK_KIND_COUNT]; // struct work that can still be joined
    unsigned count[WORK_KIND_COUNT];       // of those
    uint64_t builds;                       // begun so far
    int root;
    uint32_t rate_num, rate_den;
    bool stopping;
};

// One piece of work and those who wait for it: a look-up, or embedded first in the other two kinds.
struct work {
    struct task task;
    enum work_kind kind;
    bool listing, any_case; // of a look-up: as its requests have them
    struct catalogue *catalogue;
    char *path;
    uint64_t requester;       // on whose behalf it was queued ...
    kin_us since;             // ... and when
    struct kin_list node;     // in catalogue->work; a free node when nobody may join any more
    struct kin_list requests; // struct catalogue_request
};

struct build_work {
    struct work work;
    struct index_entry *entry; // NULL once it is finished or abandoned
    uint64_t number;           // no other build has the same
    kin_us running_since;
    unsigned listings;    // that wait for it
    bool background;      // made though nobody waits
    atomic_uint permille; // done
    uint32_t rate_num, rate_den;
};

struct listing_work {
    struct work work;
    struct { // builds that it has begun or waited for
        struct file_version version;
        uint64_t number;
    } builds[CATALOGUE_LISTED_BUILDS_MAX];
    unsigned build_count;
};

struct catalogue_request {
    struct catalogue *catalogue;
    struct worker *worker;
    struct worker_job job;
    struct kin_list node; // in its work's requests
    struct work *work;    // that it waits for; NULL: its answer is on its way to the worker
    char *path;
    bool listing, any_case;
    bool yields; // to others
    uint64_t requester;
    catalogue_fn *done; // NULL when canceled; of the loop's thread
    void *ctx;
    bool log_survey;                // the first answer for this reel: log its repair
    struct catalogue_answer answer; // owns reel and listing here
    char reason[CATALOGUE_REASON_MAX];
};

// --- catalogue.c: answers; lock held

void catalogue_fail(struct catalogue_request *r, unsigned status, const char *reason); // reason may be NULL
void catalogue_fail_reel(struct catalogue_request *r, int err, const char *why);       // as kin_reel_open says
void catalogue_give_reel(struct catalogue_request *r, struct kin_reel *reel, const struct conversion_survey *survey,
                         bool log_survey);
// The request's answer is complete: it goes to `answered`, which catalogue_send() empties.
void catalogue_answered(struct catalogue_request *r, struct kin_list *answered);
// Without the lock: hands the answers to their workers.
void catalogue_send(struct kin_list *answered);

// --- catalogue.c: work

// Enters work of `size` bytes, all zero but its head, and adds it to its lane. Lock held. KIN_OK, KIN_ENOMEM,
// KIN_ELIMIT, KIN_ESTATE.
int catalogue_add_work(struct catalogue *c, struct work *work, const char *path, uint64_t requester);
// Nobody may join it any more. Lock held.
void catalogue_close_work(struct work *work);
// Has the request wait for work of this kind on its path, joined or begun now: `size` bytes, whose head is struct work.
// Lock held. KIN_OK, or as catalogue_add_work().
int catalogue_join_work(struct catalogue_request *r, enum work_kind kind, size_t size, void (*run)(struct task *task));
// Lock held. Work for which only clients that yield wait goes behind that of others.
void catalogue_wait_for(struct catalogue_request *r, struct work *work);
// Lock held: takes it out of its lane if nobody waits for it, and frees it unless it runs.
void catalogue_end_unwanted(struct work *work);
void catalogue_free_work(struct task *task); // the `free` of every task
int catalogue_dup_root(struct catalogue *c); // without the lock; the caller's; -1 and errno
// stills_memory_recognise() for as long as the work is not canceled, with 0 or a negative errno. Without the lock.
int catalogue_recognise(struct work *work, struct beneath_file *file);

// --- the kinds of work; lock held

int catalogue_begin_lookup(struct catalogue_request *r);
// Queues a build for the request's path, or joins the one that is under way. `entry` is NULL, or one without an index.
int catalogue_begin_build(struct catalogue_request *r, struct index_entry *entry, const struct file_version *version);
int catalogue_begin_listing(struct catalogue_request *r);
// A build for a listing alone. KIN_OK: *ret is queued.
int catalogue_begin_listed_build(struct catalogue *c, const char *path, const struct file_version *version,
                                 uint64_t requester, struct build_work **ret);
// A build is abandoned: its entry goes.
void catalogue_detach_build(struct build_work *build);
bool catalogue_build_is_wanted(const struct build_work *build);

#endif
