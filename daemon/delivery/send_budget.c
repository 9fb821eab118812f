// Accounts by client address under one lock; the decisions are arithmetic on what was reported.
#include "delivery/send_budget.h"

#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "base/table.h"
#include "ground/limits.h"

#define TABLE_BITS 8

// The whole budget, or one address's part of it.
struct level {
    size_t max, used;
    size_t leaving;   // of used: held by accounts that were dropped
    kin_us looked_at; // when a connection to drop was last searched for
};

struct pool {
    struct kin_list by_network;
    union kin_addr network;
    struct level level;
    size_t accounts;
};

struct send_account {
    struct kin_list node; // of waiting; a free node while nothing is queued
    struct send_budget *budget;
    struct pool *pool;
    const struct send_bell *bell;
    size_t bytes, reserved;
    kin_us since;
    bool dropped;
};

struct send_budget {
    uv_mutex_t lock; // guards all below, and all accounts
    struct level level;
    struct kin_list waiting;     // accounts that hold something
    struct kin_table by_network; // struct pool
    struct kin_list lists[1 << TABLE_BITS];
};

// --- arithmetic; lock held

static size_t address_part(size_t max_bytes)
{
    return max_bytes / SEND_BUDGET_ADDRESS_PART;
}

static size_t room_in(const struct level *l)
{
    return l->used < l->max ? l->max - l->used : 0;
}

// An account that holds nothing may take all the room; others may hold as much as they leave free.
static bool is_fair(size_t room, size_t held, size_t more)
{
    return more <= room && held <= room - more;
}

static bool fits_address(const struct level *pool, size_t held, size_t more)
{
    size_t kept = held > 0 ? pool->max / SEND_BUDGET_HEADROOM : 0, room = room_in(pool);
    return pool->used == 0 || is_fair(room > kept ? room - kept : 0, held, more);
}

static bool fits_all(const struct level *all, const struct level *pool, size_t held, size_t more)
{
    size_t room = room_in(all), left = more <= room ? room - more : 0;
    return all->used == 0 || (more <= room && is_fair(held > 0 ? left : 2 * left, pool->used, more));
}

static void count(struct level *l, size_t before, size_t after, bool dropped)
{
    l->used = l->used - before + after;
    if (dropped)
        l->leaving = l->leaving - before + after;
}

static bool is_exceeded(const struct level *l)
{
    return l->used - l->leaving > l->max + SEND_BUDGET_EXCESS;
}

// --- dropping; lock held

// The account, of this address or of all, that has waited longest, since `until` or before.
static struct send_account *furthest_behind(const struct send_budget *b, const struct pool *pool, kin_us until)
{
    struct send_account *found = NULL;
    KIN_LIST_EACH_OF(struct send_account, a, &b->waiting, node) {
        bool eligible = !a->dropped && (pool == NULL || a->pool == pool) && a->since <= until;
        bool further = found == NULL || a->since < found->since ||
                       (a->since == found->since && a->bytes > found->bytes);
        if (eligible && further)
            found = a;
    }
    return found;
}

static void drop(struct send_budget *b, struct send_account *a)
{
    a->dropped = true;
    b->level.leaving += a->bytes + a->reserved;
    a->pool->level.leaving += a->bytes + a->reserved;
    a->bell->ring(a->bell->ctx);
}

// An account found no room at this level. Connections that are being dropped make room soon.
static void make_room(struct send_budget *b, struct level *l, const struct pool *pool, kin_us now)
{
    if (l->leaving > 0 || now - l->looked_at < SEND_BUDGET_LOOK_US)
        return;
    l->looked_at = now;
    struct send_account *a = furthest_behind(b, pool, now - SEND_BUDGET_PATIENCE_US);
    if (a != NULL)
        drop(b, a);
}

static void relieve(struct send_budget *b, const struct level *l, const struct pool *pool)
{
    struct send_account *a = is_exceeded(l) ? furthest_behind(b, pool, KIN_US_NEVER) : NULL;
    if (a != NULL)
        drop(b, a);
}

// --- accounts

static struct pool *find(struct send_budget *b, const union kin_addr *network)
{
    KIN_LIST_EACH_OF(struct pool, p, kin_table_list(&b->by_network, kin_addr_hash(network)), by_network)
        if (kin_addr_same(&p->network, network))
            return p;
    return NULL;
}

static struct pool *enter_pool(struct send_budget *b, const union kin_addr *network)
{
    struct pool *p = find(b, network);
    if (p == NULL) {
        p = calloc(1, sizeof *p);
        if (p == NULL)
            return NULL;
        p->network = *network;
        p->level = (struct level){.max = address_part(b->level.max), .looked_at = INT64_MIN / 2};
        kin_list_push_back(kin_table_list(&b->by_network, kin_addr_hash(network)), &p->by_network);
    }
    p->accounts++;
    return p;
}

static void leave_pool(struct pool *pool)
{
    if (--pool->accounts > 0)
        return;
    kin_list_remove(&pool->by_network);
    free(pool);
}

int send_budget_open(struct send_budget *b, const union kin_addr *peer, const struct send_bell *bell,
                     struct send_account **ret)
{
    union kin_addr network = limits_network(peer);
    struct send_account *a = calloc(1, sizeof *a);
    if (a == NULL)
        return KIN_ENOMEM;
    uv_mutex_lock(&b->lock);
    struct pool *pool = enter_pool(b, &network);
    uv_mutex_unlock(&b->lock);
    if (pool == NULL) {
        free(a);
        return KIN_ENOMEM;
    }
    *a = (struct send_account){.budget = b, .pool = pool, .bell = bell};
    kin_list_init(&a->node);
    *ret = a;
    return KIN_OK;
}

// Lock held.
static void hold(struct send_account *a, size_t bytes, size_t reserved)
{
    count(&a->budget->level, a->bytes + a->reserved, bytes + reserved, a->dropped);
    count(&a->pool->level, a->bytes + a->reserved, bytes + reserved, a->dropped);
    a->bytes = bytes;
    a->reserved = reserved;
}

// Lock held.
static void set_bytes(struct send_account *a, size_t bytes, kin_us since)
{
    hold(a, bytes, a->reserved);
    a->since = since;
    kin_list_remove(&a->node);
    if (bytes > 0)
        kin_list_push_back(&a->budget->waiting, &a->node);
}

void send_budget_close(struct send_account *a)
{
    if (a == NULL)
        return;
    struct send_budget *b = a->budget;
    uv_mutex_lock(&b->lock);
    set_bytes(a, 0, 0);
    hold(a, 0, 0);
    leave_pool(a->pool);
    uv_mutex_unlock(&b->lock);
    free(a);
}

void send_budget_update(struct send_account *a, size_t bytes, kin_us since)
{
    struct send_budget *b = a->budget;
    uv_mutex_lock(&b->lock);
    set_bytes(a, bytes, since);
    relieve(b, &a->pool->level, a->pool);
    relieve(b, &b->level, NULL);
    uv_mutex_unlock(&b->lock);
}

// Lock held.
static bool admits(struct send_budget *b, struct send_account *a, size_t bytes, kin_us now)
{
    size_t held = a->bytes + a->reserved;
    bool in_pool = fits_address(&a->pool->level, held, bytes),
         in_all = fits_all(&b->level, &a->pool->level, held, bytes);
    if (!in_pool && held == 0)
        make_room(b, &a->pool->level, a->pool, now);
    if (!in_all && held == 0)
        make_room(b, &b->level, NULL, now);
    return in_pool && in_all && !a->dropped;
}

bool send_budget_admits(struct send_account *a, size_t bytes, kin_us now)
{
    if (a == NULL)
        return true;
    struct send_budget *b = a->budget;
    uv_mutex_lock(&b->lock);
    bool admitted = admits(b, a, bytes, now);
    uv_mutex_unlock(&b->lock);
    return admitted;
}

bool send_budget_reserve(struct send_account *a, size_t bytes, kin_us now)
{
    if (a == NULL)
        return true;
    struct send_budget *b = a->budget;
    uv_mutex_lock(&b->lock);
    bool admitted = admits(b, a, bytes, now);
    if (admitted)
        hold(a, a->bytes, a->reserved + bytes);
    uv_mutex_unlock(&b->lock);
    return admitted;
}

void send_budget_release(struct send_account *a, size_t bytes)
{
    if (a == NULL)
        return;
    uv_mutex_lock(&a->budget->lock);
    hold(a, a->bytes, a->reserved - bytes);
    uv_mutex_unlock(&a->budget->lock);
}

bool send_budget_is_dropped(const struct send_account *a)
{
    uv_mutex_lock(&a->budget->lock);
    bool dropped = a->dropped;
    uv_mutex_unlock(&a->budget->lock);
    return dropped;
}

// --- the budget

size_t send_budget_used(struct send_budget *b)
{
    uv_mutex_lock(&b->lock);
    size_t used = b->level.used;
    uv_mutex_unlock(&b->lock);
    return used;
}

void send_budget_set(struct send_budget *b, size_t max_bytes)
{
    uv_mutex_lock(&b->lock);
    b->level.max = max_bytes;
    KIN_TABLE_EACH_OF(struct pool, pool, &b->by_network, by_network)
        pool->level.max = address_part(max_bytes);
    uv_mutex_unlock(&b->lock);
}

struct send_budget *send_budget_new(size_t max_bytes)
{
    struct send_budget *b = calloc(1, sizeof *b);
    if (b == NULL || uv_mutex_init(&b->lock) != 0) {
        free(b);
        return NULL;
    }
    b->level = (struct level){.max = max_bytes, .looked_at = INT64_MIN / 2};
    kin_list_init(&b->waiting);
    kin_table_init(&b->by_network, b->lists, TABLE_BITS);
    return b;
}

void send_budget_free(struct send_budget *b)
{
    if (b == NULL)
        return;
    uv_mutex_destroy(&b->lock);
    free(b);
}
