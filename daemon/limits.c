// A small hash of client addresses with their counts, under one lock. An address without a count has no entry.
#include "limits.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define BUCKETS 256

struct client {
    struct client *next;
    union kin_addr network; // port 0; IPv6: the low 64 bits are 0
    size_t count[LIMITS_KIND_COUNT];
};

struct limits {
    uv_mutex_t lock;
    struct limits_bounds bounds[LIMITS_KIND_COUNT];
    size_t count[LIMITS_KIND_COUNT];
    struct client *buckets[BUCKETS];
};

struct limits *limits_new(void)
{
    struct limits *l = calloc(1, sizeof *l);
    if (l == NULL || uv_mutex_init(&l->lock) != 0) {
        free(l);
        return NULL;
    }
    return l;
}

void limits_free(struct limits *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct client *c = l->buckets[i], *next; c != NULL; c = next) {
            next = c->next;
            free(c);
        }
    }
    uv_mutex_destroy(&l->lock);
    free(l);
}

void limits_set(struct limits *l, enum limits_kind kind, const struct limits_bounds *bounds)
{
    uv_mutex_lock(&l->lock);
    l->bounds[kind] = *bounds;
    uv_mutex_unlock(&l->lock);
}

// One client holds a whole IPv6 /64, so that is what is counted.
union kin_addr limits_network(const union kin_addr *peer)
{
    union kin_addr a = *peer;
    kin_addr_unmap(&a);
    if (a.sa.sa_family == AF_INET6) {
        memset(&a.v6.sin6_addr.s6_addr[8], 0, 8);
        a.v6.sin6_scope_id = 0;
        a.v6.sin6_flowinfo = 0;
    }
    kin_addr_set_port(&a, 0);
    return a;
}

static struct client **find(struct limits *l, const union kin_addr *network)
{
    struct client **at = &l->buckets[kin_addr_hash(network) % BUCKETS];
    while (*at != NULL && !kin_addr_same(&(*at)->network, network))
        at = &(*at)->next;
    return at;
}

static enum limits_verdict take_locked(struct limits *l, enum limits_kind kind, const union kin_addr *network)
{
    if (l->count[kind] >= l->bounds[kind].total)
        return LIMITS_TOTAL;
    struct client **at = find(l, network);
    if (*at != NULL && (*at)->count[kind] >= l->bounds[kind].per_address)
        return LIMITS_ADDRESS;
    if (*at == NULL) {
        *at = calloc(1, sizeof **at);
        if (*at == NULL)
            return LIMITS_NO_MEMORY;
        (*at)->network = *network;
    }
    (*at)->count[kind]++;
    l->count[kind]++;
    return LIMITS_OK;
}

enum limits_verdict limits_take(struct limits *l, enum limits_kind kind, const union kin_addr *peer)
{
    union kin_addr network = limits_network(peer);
    uv_mutex_lock(&l->lock);
    enum limits_verdict verdict = take_locked(l, kind, &network);
    uv_mutex_unlock(&l->lock);
    return verdict;
}

void limits_give(struct limits *l, enum limits_kind kind, const union kin_addr *peer)
{
    union kin_addr network = limits_network(peer);
    uv_mutex_lock(&l->lock);
    struct client **at = find(l, &network);
    struct client *c = *at;
    if (c != NULL && c->count[kind] > 0) {
        c->count[kind]--;
        l->count[kind]--;
    }
    if (c != NULL && c->count[LIMITS_CONNECTIONS] == 0 && c->count[LIMITS_SESSIONS] == 0) {
        *at = c->next;
        free(c);
    }
    uv_mutex_unlock(&l->lock);
}

uint64_t limits_client(const union kin_addr *peer)
{
    union kin_addr network = limits_network(peer);
    return kin_addr_hash(&network);
}

size_t limits_count(struct limits *l, enum limits_kind kind)
{
    uv_mutex_lock(&l->lock);
    size_t n = l->count[kind];
    uv_mutex_unlock(&l->lock);
    return n;
}
