// Limits of connections and sessions, in total and per client address, counted over all workers.
#ifndef DAEMON_LIMITS_H
#define DAEMON_LIMITS_H

#include "io/addr.h"

struct limits;

enum limits_kind { LIMITS_CONNECTIONS, LIMITS_SESSIONS, LIMITS_KIND_COUNT };
enum limits_verdict { LIMITS_OK, LIMITS_TOTAL, LIMITS_ADDRESS, LIMITS_NO_MEMORY, LIMITS_NO_DESCRIPTORS };

struct limits_bounds {
    size_t total, per_address;
    bool by_descriptors; // `total` is what the descriptors allow: above it LIMITS_NO_DESCRIPTORS
};

// All functions may be called from any thread.
struct limits *limits_new(void); // NULL when out of memory; bounds are 0 until set
void limits_free(struct limits *l);
void limits_set(struct limits *l, enum limits_kind kind, const struct limits_bounds *bounds);

// What counts as one client: the address without its port; for IPv6 the /64 network.
union kin_addr limits_network(const union kin_addr *peer);

// Counts one more for this address (IPv6: for its /64 network). LIMITS_OK: give it back with limits_release.
enum limits_verdict limits_acquire(struct limits *l, enum limits_kind kind, const union kin_addr *peer);
void limits_release(struct limits *l, enum limits_kind kind, const union kin_addr *peer);
// Logs a refusal: which bound of the kind it was, and for whom. A lack of descriptors is noted as a shortage instead.
void limits_journal(enum limits_kind kind, enum limits_verdict verdict, const union kin_addr *peer);
// A number for the client behind an address: the same for all addresses that limits_acquire() counts together.
uint64_t limits_client(const union kin_addr *peer);
size_t limits_count(struct limits *l, enum limits_kind kind);

#endif
