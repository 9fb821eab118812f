// A small hash table of client addresses with their counts, under one lock. An address without a count has no entry.
#include "ground/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/table.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "ground/shortage.h"

#define TABLE_BITS 8

struct client {
    struct kin_list by_network;
    union kin_addr network; // port 0; IPv6: the low 64 bits are 0
    size_t count[LIMITS_KIND_COUNT];
};

struct limits {
    uv_mutex_t lock;
    struct limits_bounds bounds[LIMITS_KIND_COUNT];
    size_t count[LIMITS_KIND_COUNT];
    struct kin_table by_network; // struct client
    struct kin_list lists[1 << TABLE_BITS];
};

struct limits *limits_new(void)
{
    struct limits *l = calloc(1, sizeof *l);
    if (l == NULL || uv_mutex_init(&l->lock) != 0) {
        free(l);
        return NULL;
    }
    kin_table_init(&l->by_network, l->lists, TABLE_BITS);
    return l;
}

void limits_free(struct limits *l)
{
    if (l == NULL)
        return;
    KIN_TABLE_EACH_OF(struct client, c, &l->by_network, by_network)
        free(c);
    uv_mutex_destroy(&l->lock);
    free(l);
}

void limits_set(struct limits *l, enum limits_kind kind, const struct limits_bounds *bounds)
{
    uv_mutex_lock(&l->lock);
    l->bounds[kind] = *bounds;
    uv_mutex_unlock(&l->lock);
}

// A client on IPv6 has a /64 to choose addresses from, so the /64 counts as one client.
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

static struct client *find(struct limits *l, const union kin_addr *network)
{
    KIN_LIST_EACH_OF(struct client, c, kin_table_list(&l->by_network, kin_addr_hash(network)), by_network)
        if (kin_addr_same(&c->network, network))
            return c;
    return NULL;
}

static struct client *enter(struct limits *l, const union kin_addr *network)
{
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->network = *network;
    kin_list_push_back(kin_table_list(&l->by_network, kin_addr_hash(network)), &c->by_network);
    return c;
}

static enum limits_verdict acquire_locked(struct limits *l, enum limits_kind kind, const union kin_addr *network)
{
    if (l->count[kind] >= l->bounds[kind].total)
        return l->bounds[kind].by_descriptors ? LIMITS_NO_DESCRIPTORS : LIMITS_TOTAL;
    struct client *c = find(l, network);
    if (c != NULL && c->count[kind] >= l->bounds[kind].per_address)
        return LIMITS_ADDRESS;
    if (c == NULL)
        c = enter(l, network);
    if (c == NULL)
        return LIMITS_NO_MEMORY;
    c->count[kind]++;
    l->count[kind]++;
    return LIMITS_OK;
}

enum limits_verdict limits_acquire(struct limits *l, enum limits_kind kind, const union kin_addr *peer)
{
    union kin_addr network = limits_network(peer);
    uv_mutex_lock(&l->lock);
    enum limits_verdict verdict = acquire_locked(l, kind, &network);
    uv_mutex_unlock(&l->lock);
    return verdict;
}

void limits_release(struct limits *l, enum limits_kind kind, const union kin_addr *peer)
{
    union kin_addr network = limits_network(peer);
    uv_mutex_lock(&l->lock);
    struct client *c = find(l, &network);
    if (c != NULL && c->count[kind] > 0) {
        c->count[kind]--;
        l->count[kind]--;
    }
    if (c != NULL && c->count[LIMITS_CONNECTIONS] == 0 && c->count[LIMITS_SESSIONS] == 0) {
        kin_list_remove(&c->by_network);
        free(c);
    }
    uv_mutex_unlock(&l->lock);
}

void limits_journal(enum limits_kind kind, enum limits_verdict verdict, const union kin_addr *peer)
{
    static const char *const names[] = {[LIMITS_CONNECTIONS] = "connection", [LIMITS_SESSIONS] = "session"};
    char text[KIN_ADDR_TEXT];
    if (verdict == LIMITS_NO_DESCRIPTORS) {
        shortage_note(EMFILE);
        return;
    }
    kin_addr_format(peer, text);
    if (verdict == LIMITS_NO_MEMORY)
        journal(JOURNAL_REFUSED, KIN_LOG_NOTICE, MSG_REFUSED_MEMORY, names[kind], text);
    else
        journal(JOURNAL_REFUSED, KIN_LOG_NOTICE, MSG_REFUSED, names[kind], text, names[kind],
                verdict == LIMITS_ADDRESS ? "_per_address" : "");
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
