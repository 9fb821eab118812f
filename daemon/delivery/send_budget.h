// The memory that waits to be sent over TCP, of all workers together: who may queue more, and who has to go.
//
// Each connection has an account. What counts is what the connection's queue keeps from being freed: copied bytes, and
// every shared buffer (frame, listing) as a whole for as long as a byte of it waits. A frame that waits for ten
// connections counts ten times although it is in memory once, so that nobody's share depends on what others watch.
//
// The rule (dynamic thresholds, Choudhury and Hahne 1998): an account may queue as long as what it then holds is no
// more than what is left free of its address's part, of which an eighth is for those who hold nothing; and likewise
// an address in all, up to twice what is left for those who hold nothing. So whoever holds most loses frames first;
// n addresses that take nothing leave at least a (2n+1)th of the memory, however many connections they make and how
// often; and somebody with an empty queue finds room. When he does not, losing frames does not help any more, and
// whoever has waited longest for his peer is dropped.
//
// All functions may be called from any thread. Lock order: this lock, then a worker's (bells ring under it).
#ifndef DAEMON_SEND_BUDGET_H
#define DAEMON_SEND_BUDGET_H

#include "base/time.h"
#include "io/addr.h"

#define SEND_BUDGET_ADDRESS_PART 4                    // one client address (IPv6: its /64) may hold a quarter
#define SEND_BUDGET_HEADROOM 8                        // an eighth of it is left to those whose queue is empty
#define SEND_BUDGET_PATIENCE_US (500 * KIN_US_PER_MS) // nobody is dropped who has waited for less
#define SEND_BUDGET_LOOK_US (20 * KIN_US_PER_MS)      // between two searches for somebody to drop
#define SEND_BUDGET_EXCESS (16u << 20) // replies are queued unasked; this much beyond the maximum, patience ends

struct send_budget;
struct send_account;

// Rings when an account was dropped: its owner shall look for send_budget_is_dropped() on his own thread. Called with
// the budget's lock held, so it must not call back. The bell outlives its accounts.
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
// What it held is free. Accepts NULL.
void send_budget_close(struct send_account *a);

// What the account's queue holds now, and since when the byte at its front waits (on the clock of `now` below; any
// value when it holds nothing).
void send_budget_update(struct send_account *a, size_t bytes, kin_us since);
// May `bytes` more be queued? Somebody whose own queue is empty drops another one by asking in vain. However long a
// frame is, it may go where nothing else is queued. NULL: always.
bool send_budget_admits(struct send_account *a, size_t bytes, kin_us now);
// The same, and the room is kept for what is being read, until send_budget_release() of as many bytes.
bool send_budget_reserve(struct send_account *a, size_t bytes, kin_us now);
void send_budget_release(struct send_account *a, size_t bytes); // accepts NULL
// The owner has to end this connection.
bool send_budget_is_dropped(const struct send_account *a);

size_t send_budget_used(struct send_budget *b); // bytes

#endif
