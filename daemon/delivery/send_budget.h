// The memory of what waits to be sent over TCP, of all workers together: who may queue more, and which connection has
// to go.
//
// Each connection has an account. What counts is what the connection's queue keeps from being freed: copied bytes, and
// every shared buffer (frame, listing) as a whole for as long as a byte of it waits. A frame that waits for ten
// connections counts ten times although it is in memory once, so that nobody's share depends on what others watch.
//
// The rule (dynamic thresholds, Choudhury and Hahne 1998): an account may queue more as long as it then holds no more
// than is left free of its address's part; an eighth of that part is reserved for accounts that hold nothing. In the
// same way an address may hold no more than is left free of the whole, or twice as much when the account holds nothing.
// So those who hold most lose frames first; n addresses that read nothing leave at least a (2n+1)th of the memory,
// however many connections they make and how often; and an account with an empty queue finds room. If it does not,
// losing frames does not help any more, and the connection that has waited longest for its peer is dropped.
//
// All functions may be called from any thread. Lock order: this lock, then a worker's (bells ring under it).
#ifndef DAEMON_SEND_BUDGET_H
#define DAEMON_SEND_BUDGET_H

#include "base/time.h"
#include "io/addr.h"

#define SEND_BUDGET_ADDRESS_PART 4                    // one client address (IPv6: its /64) may hold a quarter
#define SEND_BUDGET_HEADROOM 8                        // an eighth of it is reserved for accounts with an empty queue
#define SEND_BUDGET_PATIENCE_US (500 * KIN_US_PER_MS) // no connection is dropped that has waited for less
#define SEND_BUDGET_LOOK_US (20 * KIN_US_PER_MS)      // between two searches for a connection to drop
#define SEND_BUDGET_EXCESS (16u << 20) // replies are queued without asking; above this excess the patience is 0

struct send_budget;
struct send_account;

// Rings when an account was dropped: its owner then checks send_budget_is_dropped() on its own thread. Called with the
// budget's lock held, so it must not call back. The bell outlives its accounts.
struct send_bell {
    void (*ring)(void *ctx);
    void *ctx;
};

struct send_budget *send_budget_new(size_t max_bytes); // NULL when out of memory
void send_budget_free(struct send_budget *b);          // when all accounts are closed; accepts NULL
void send_budget_set(struct send_budget *b, size_t max_bytes);

// An account of a connection with this peer. KIN_OK and *ret, or KIN_ENOMEM.
int send_budget_open(struct send_budget *b, const union kin_addr *peer, const struct send_bell *bell,
                     struct send_account **ret);
// Frees what it held. Accepts NULL.
void send_budget_close(struct send_account *a);

// Reports what the account's queue holds now, and since when its first byte has waited (on the clock of `now` below;
// any value when it holds nothing).
void send_budget_update(struct send_account *a, size_t bytes, kin_us since);
// May `bytes` more be queued? If not, and the account's own queue is empty, another connection is dropped. Where
// nothing else is queued a frame may have any length. a NULL: always.
bool send_budget_admits(struct send_account *a, size_t bytes, kin_us now);
// The same, and the room is kept for what is being read, until send_budget_release() of as many bytes.
bool send_budget_reserve(struct send_account *a, size_t bytes, kin_us now);
void send_budget_release(struct send_account *a, size_t bytes); // accepts NULL
// The owner has to end this connection.
bool send_budget_is_dropped(const struct send_account *a);

size_t send_budget_used(struct send_budget *b); // bytes

#endif
