// Inside of the catalogue, shared by catalogue.c (requests, life) and catalogue_build.c (the builders' threads).
#ifndef DAEMON_CATALOGUE_PARTS_H
#define DAEMON_CATALOGUE_PARTS_H

#include "beneath.h"
#include "catalogue.h"
#include "index_cache.h"
#include "index_store.h"

// What some threads have to do. Listings have a thread of their own, since they wait for indexes.
struct crew {
    struct catalogue *catalogue;
    struct kin_list tasks; // struct task
    unsigned waiting;      // of them
    unsigned count;
    uv_thread_t threads[CATALOGUE_BUILDERS];
};

struct catalogue {
    uv_mutex_t lock; // of all below, and of `in_work` and `orphan` of every request
    uv_cond_t work;
    uv_cond_t built; // an index was entered
    struct index_cache *cache;
    struct index_store *store; // of builders; may be NULL
    struct crew indexing, listing;
    struct conversion_memory *memory;
    int root;
    uint32_t rate_num, rate_den;
    atomic_bool stopping;
};

// What a builder is to do: index `file` for entry, or list directory `file.fd` for request.
struct task {
    struct kin_list node;
    struct beneath_file file;
    struct index_entry *entry;
    struct catalogue_request *request;
    uint32_t rate_num, rate_den;
    char *path; // of the file, for the log; owned
};

struct catalogue_request {
    struct catalogue *catalogue;
    struct worker *worker;
    uv_work_t work;
    struct worker_job job;
    struct kin_list waiting; // in an entry's waiters
    char *path;
    bool listing;
    catalogue_fn *done; // NULL when canceled; of the loop's thread
    void *ctx;
    bool in_work;                   // its pool work has not come back to the loop yet
    bool orphan;                    // its worker has ended
    bool job_waits;                 // of the loop's thread: the answer came while in_work
    bool answered;                  // by the pool's thread itself
    bool untold;                    // the reel's repair is not in the log yet
    struct catalogue_answer answer; // owns reel and listing here
    char reason[CATALOGUE_REASON_MAX];
};

// What is answered; set by whoever completes the request.
void catalogue_fail(struct catalogue_request *r, unsigned status, const char *reason); // reason may be NULL
void catalogue_fail_reel(struct catalogue_request *r, int err, const char *why);       // as kin_reel_open says
void catalogue_give_reel(struct catalogue_request *r, struct kin_reel *reel, const struct repair *repair, bool untold);
void catalogue_send(struct catalogue_request *r); // from a builder, without the lock: hand it to its worker
int catalogue_dup_root(struct catalogue *c);      // the caller's; -1 and errno

// A copy of the task for a crew, with the lock held. False when out of memory; the file is then still open.
bool catalogue_add_task(struct catalogue *c, struct crew *crew, const struct task *task, const char *path);

void catalogue_init_crews(struct catalogue *c);
int catalogue_start_crews(struct catalogue *c); // KIN_OK or KIN_ENOMEM
void catalogue_join_crews(struct catalogue *c); // after catalogue_stop

#endif
