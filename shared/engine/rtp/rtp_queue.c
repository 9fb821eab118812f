// Packets that wait for earlier ones, in sequence order.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/rtp_receiver_internal.h"

static struct rtp_held *held_of(struct kin_list *node)
{
    return KIN_CONTAINER(node, struct rtp_held, node);
}

void rtp_queue_init(struct rtp_queue *q)
{
    *q = (struct rtp_queue){.count = 0};
    kin_list_init(&q->list);
}

void rtp_queue_clear(struct rtp_queue *q)
{
    for (struct rtp_held *h = rtp_queue_take(q); h != NULL; h = rtp_queue_take(q))
        free(h);
}

// The node behind which a packet belongs. Most belong at the end; one that was sent again, near the beginning.
static struct kin_list *place_of(struct rtp_queue *q, uint64_t seq)
{
    struct kin_list *it = q->list.prev;
    if (q->count == 0 || seq >= held_of(it)->seq)
        return it;
    if (seq - held_of(q->list.next)->seq < held_of(it)->seq - seq) {
        for (it = q->list.next; held_of(it)->seq <= seq; it = it->next) // the last one is above it
            ;
        return it->prev;
    }
    while (it != &q->list && held_of(it)->seq > seq)
        it = it->prev;
    return it;
}

int rtp_queue_insert(struct rtp_queue *q, uint64_t seq, kin_us at, struct kin_span bytes)
{
    struct rtp_held *h = malloc(sizeof *h + bytes.n);
    if (h == NULL)
        return KIN_ENOMEM;
    h->seq = seq;
    h->at = at;
    h->size = bytes.n;
    memcpy(h->bytes, bytes.p, bytes.n);
    kin_list_push_back(place_of(q, seq)->next, &h->node); // in front of the node behind
    q->count++;
    q->bytes += bytes.n;
    return KIN_OK;
}

struct rtp_held *rtp_queue_head(const struct rtp_queue *q)
{
    return q->count > 0 ? held_of(q->list.next) : NULL;
}

struct rtp_held *rtp_queue_take(struct rtp_queue *q)
{
    struct rtp_held *h = rtp_queue_head(q);
    if (h == NULL)
        return NULL;
    kin_list_remove(&h->node);
    q->count--;
    q->bytes -= h->size;
    return h;
}

bool rtp_queue_has(const struct rtp_queue *q, uint64_t seq)
{
    for (struct kin_list *it = q->list.prev; it != &q->list && held_of(it)->seq >= seq; it = it->prev)
        if (held_of(it)->seq == seq)
            return true;
    return false;
}

kin_us rtp_queue_oldest(const struct rtp_queue *q)
{
    kin_us oldest = KIN_US_NEVER;
    for (struct kin_list *it = q->list.next; it != &q->list; it = it->next)
        oldest = kin_us_min(oldest, held_of(it)->at);
    return oldest;
}

kin_us rtp_queue_noticed(const struct rtp_queue *q, uint64_t seq)
{
    kin_us at = KIN_US_NEVER;
    for (struct kin_list *it = q->list.prev; it != &q->list && held_of(it)->seq > seq; it = it->prev)
        at = kin_us_min(at, held_of(it)->at);
    return at;
}

void rtp_queue_shift(struct rtp_queue *q, int64_t by)
{
    for (struct kin_list *it = q->list.next; it != &q->list; it = it->next)
        held_of(it)->seq += (uint64_t)by;
}

void rtp_queue_move(struct rtp_queue *to, struct rtp_queue *from)
{
    rtp_queue_clear(to);
    for (struct rtp_held *h = rtp_queue_take(from); h != NULL; h = rtp_queue_take(from)) {
        kin_list_push_back(&to->list, &h->node);
        to->count++;
        to->bytes += h->size;
    }
}
