// RTSP connections of one worker: the shell around the server machine. A connection lives as long as its TCP stream or,
// for sessions over UDP, until the last of them timed out.
#ifndef DAEMON_CONNECTION_H
#define DAEMON_CONNECTION_H

#include "base/atomic.h"
#include "base/list.h"
#include "delivery/delivery.h"
#include "delivery/send_budget.h"
#include "ground/worker.h"

struct catalogue;
struct limits;

#define CONNECTION_FLUSH_US 500000             // for this long what is queued at the end is still sent
#define CONNECTION_HALF_CLOSED_US KIN_US_PER_S // a peer that has closed its side is still answered for this long
#define CONNECTION_WRITE_MAX (64u << 20) // queued bytes: two of the longest frames and replies (frames are shared)
#define CONNECTION_TALLY_US KIN_US_PER_S // how often the counts below are brought up to date

struct connections {
    const struct delivery *delivery;
    struct catalogue *catalogue;
    struct limits *limits;
    struct send_budget *budget;
    struct kin_list list; // struct connection
    struct send_bell bell;
    struct worker_job drop_job; // posted by the bell
    atomic_bool dropping;       // it is posted
    struct kin_timer *tally;
    bool stopping;
    atomic_uint playing;      // viewers that play now; any thread may read
    atomic_ullong sent_bytes; // of all viewers ever
    uint64_t left_bytes;      // private: sent_bytes of the viewers that have left
};

// KIN_OK or KIN_ENOMEM.
int connections_init(struct connections *cs, const struct delivery *delivery, struct catalogue *catalogue,
                     struct limits *limits, struct send_budget *budget);
// Takes ownership of fd, a new connection; closes it when it cannot be served.
void connections_add(struct connections *cs, int fd);
// After delivery->settings were replaced.
void connections_apply_settings(struct connections *cs);
// BYE to all viewers, then closes everything. Soon after, nothing of it is left on the worker's loop.
void connections_stop(struct connections *cs);

#endif
