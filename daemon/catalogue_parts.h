// Inside of the catalogue, shared by catalogue.c (requests, life) and catalogue_build.c (the builders' threads).
#ifndef DAEMON_CATALOGUE_PARTS_H
#define DAEMON_CATALOGUE_PARTS_H

#include "beneath.h"
#include "catalogue.h"
#include "index_cache.h"

struct catalogue {
    uv_mutex_t lock; // of all below, and of `in_work` and `orphan` of every request
    uv_cond_t work;
    struct index_cache *cache;
    struct kin_list tasks; // struct task
    int root;
    uint32_t rate_num, rate_den;
    atomic_bool stopping;
    unsigned builders;
    uv_thread_t threads[CATALOGUE_BUILDERS];
};

// What a builder is to do: index `file` for entry, or list directory `file.fd` for request.
struct task {
    struct kin_list node;
    struct beneath_file file;
    struct index_entry *entry;
    struct catalogue_request *request;
    uint32_t rate_num, rate_den;
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

// Starts the threads. KIN_OK or KIN_ENOMEM.
int catalogue_start_builders(struct catalogue *c);

#endif
