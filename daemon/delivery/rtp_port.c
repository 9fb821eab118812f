// The one even/odd UDP pair that all viewers of all workers share.
#include "delivery/rtp_port.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/rng.h"
#include "base/table.h"
#include "ground/worker.h"

#define TABLE_BITS 9       // more lists than sessions by default
#define RTCP_MAX 1500      // longer ones are ignored
#define HANDOVERS_MAX 1024 // packets on their way to other workers; more are dropped
#define SEND_BUFFER (4 << 20)

enum side { SIDE_RTP, SIDE_RTCP };

struct rtp_port {
    struct worker *worker; // owner: receives
    struct kin_datagram *sockets[2];
    uv_mutex_t lock;
    uint32_t seed;
    atomic_uint handovers;
    struct kin_table by_address[2]; // struct rtp_peer, one table per side; under lock
    struct kin_list lists[2][1 << TABLE_BITS];
};

// --- the table

static const union kin_addr *address_of(const struct rtp_peer *p, enum side side)
{
    return side == SIDE_RTP ? &p->rtp : &p->rtcp;
}

static struct kin_list *list_of(struct rtp_port *port, enum side side, const union kin_addr *a)
{
    return kin_table_list(&port->by_address[side], kin_addr_hash(a) ^ port->seed);
}

static struct rtp_peer *find(struct rtp_port *port, enum side side, const union kin_addr *a)
{
    KIN_LIST_EACH(node, list_of(port, side, a))
    {
        struct rtp_peer *p = side == SIDE_RTP ? KIN_CONTAINER(node, struct rtp_peer, by_rtp)
                                              : KIN_CONTAINER(node, struct rtp_peer, by_rtcp);
        if (kin_addr_same(address_of(p, side), a))
            return p;
    }
    return NULL;
}

static void unlink_peer(struct rtp_peer *peer)
{
    kin_list_remove(&peer->by_rtp);
    kin_list_remove(&peer->by_rtcp);
}

// True when nobody has the address but, perhaps, a peer that was abandoned.
static bool is_available(struct rtp_port *port, enum side side, const union kin_addr *a)
{
    const struct rtp_peer *p = find(port, side, a);
    return p == NULL || p->abandoned;
}

static void displace(struct rtp_port *port, enum side side, const union kin_addr *a)
{
    struct rtp_peer *p = find(port, side, a);
    if (p == NULL)
        return;
    unlink_peer(p);
    p->displaced = true;
}

int rtp_port_add(struct rtp_port *port, struct rtp_peer *peer)
{
    kin_list_init(&peer->by_rtp);
    kin_list_init(&peer->by_rtcp);
    uv_mutex_lock(&port->lock);
    bool available = is_available(port, SIDE_RTP, &peer->rtp) &&
                     (!peer->has_rtcp || is_available(port, SIDE_RTCP, &peer->rtcp));
    if (available) { // both, before anybody is displaced
        displace(port, SIDE_RTP, &peer->rtp);
        kin_list_push_back(list_of(port, SIDE_RTP, &peer->rtp), &peer->by_rtp);
    }
    if (available && peer->has_rtcp) {
        displace(port, SIDE_RTCP, &peer->rtcp);
        kin_list_push_back(list_of(port, SIDE_RTCP, &peer->rtcp), &peer->by_rtcp);
    }
    uv_mutex_unlock(&port->lock);
    return available ? KIN_OK : KIN_ELIMIT;
}

void rtp_port_remove(struct rtp_port *port, struct rtp_peer *peer)
{
    uv_mutex_lock(&port->lock);
    unlink_peer(peer);
    uv_mutex_unlock(&port->lock);
}

void rtp_port_abandon(struct rtp_port *port, struct rtp_peer *peer)
{
    uv_mutex_lock(&port->lock);
    peer->abandoned = true;
    uv_mutex_unlock(&port->lock);
}

bool rtp_port_displaced(struct rtp_port *port, const struct rtp_peer *peer)
{
    uv_mutex_lock(&port->lock);
    bool displaced = peer->displaced;
    uv_mutex_unlock(&port->lock);
    return displaced;
}

static struct worker *worker_of(struct rtp_port *port, enum side side, const union kin_addr *a)
{
    uv_mutex_lock(&port->lock);
    struct rtp_peer *p = find(port, side, a);
    struct worker *w = p != NULL ? p->worker : NULL;
    uv_mutex_unlock(&port->lock);
    return w;
}

// --- what came in

// On the thread of worker w: only that thread removes its peers, so the peer found stays for the callback.
static void deliver(struct rtp_port *port, struct worker *w, enum side side, const union kin_addr *from,
                    struct kin_span bytes)
{
    uv_mutex_lock(&port->lock);
    struct rtp_peer *p = find(port, side, from);
    if (p != NULL && p->worker != w)
        p = NULL;
    uv_mutex_unlock(&port->lock);
    if (p == NULL)
        return;
    if (side == SIDE_RTCP)
        p->on_rtcp(p->ctx, bytes);
    else
        p->on_unreachable(p->ctx);
}

struct handover {
    struct worker_job job;
    struct rtp_port *port;
    struct worker *worker;
    enum side side;
    union kin_addr from;
    size_t len;
    uint8_t bytes[];
};

static void on_handover(struct worker_job *job)
{
    struct handover *h = KIN_CONTAINER(job, struct handover, job);
    atomic_fetch_sub(&h->port->handovers, 1);
    deliver(h->port, h->worker, h->side, &h->from, kin_span_make(h->bytes, h->len));
    free(h);
}

static void hand_over(struct rtp_port *port, struct worker *w, enum side side, const union kin_addr *from,
                      struct kin_span bytes)
{
    if (atomic_load(&port->handovers) >= HANDOVERS_MAX)
        return;
    struct handover *h = malloc(sizeof *h + bytes.n);
    if (h == NULL)
        return;
    *h = (struct handover){.job = {.run = on_handover}, .port = port, .worker = w, .side = side, .from = *from};
    kin_list_init(&h->job.node);
    h->len = bytes.n;
    if (bytes.n > 0)
        memcpy(h->bytes, bytes.p, bytes.n);
    atomic_fetch_add(&port->handovers, 1);
    if (!worker_post(w, &h->job)) {
        atomic_fetch_sub(&port->handovers, 1);
        free(h);
    }
}

static void dispatch(struct rtp_port *port, enum side side, const union kin_addr *from, struct kin_span bytes)
{
    struct worker *w = worker_of(port, side, from);
    if (w == port->worker)
        deliver(port, w, side, from, bytes);
    else if (w != NULL)
        hand_over(port, w, side, from, bytes);
}

static void on_rtcp_packets(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (packets[i].bytes.n <= RTCP_MAX)
            dispatch((struct rtp_port *)ctx, SIDE_RTCP, &packets[i].from, packets[i].bytes);
}

// What viewers send here only opens their NAT (hole punching).
static void on_rtp_packets(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    (void)ctx;
    (void)packets;
    (void)count;
}

// For the RTP port only: a viewer without an RTCP port can still watch.
static void on_rtp_unreachable(void *ctx, const union kin_addr *peer)
{
    dispatch((struct rtp_port *)ctx, SIDE_RTP, peer, kin_span_make(NULL, 0));
}

// --- opening and closing

static const struct kin_datagram_handler handlers[2] = {{on_rtp_packets, on_rtp_unreachable}, {on_rtcp_packets, NULL}};

static struct kin_datagram_options any_address(int family, uint16_t number)
{
    struct kin_datagram_options o = {.errors = true, .wildcard_local = true, .send_buffer = SEND_BUFFER};
    o.bind.sa.sa_family = (sa_family_t)family; // all zero else: any address
    kin_addr_set_port(&o.bind, number);
    return o;
}

static int adopt(struct rtp_port *port, const int fds[2])
{
    struct kin_datagram_options o = any_address(AF_INET6, 0);
    int err = kin_datagram_wrap(&port->worker->loop, fds[0], &o, &handlers[0], port, &port->sockets[0]);
    if (err == KIN_OK)
        err = kin_datagram_wrap(&port->worker->loop, fds[1], &o, &handlers[1], port, &port->sockets[1]);
    if (err != KIN_OK && port->sockets[0] != NULL)
        kin_datagram_release(port->sockets[0]);
    return err;
}

static int open_sockets(struct rtp_port *port, const struct rtp_port_options *options)
{
    if (options->inherited[0] >= 0 && options->inherited[1] >= 0)
        return adopt(port, options->inherited);
    void *const ctx[2] = {port, port};
    struct kin_datagram_options o = any_address(AF_INET6, options->port);
    int err = kin_datagram_open_pair(&port->worker->loop, &o, handlers, ctx, port->sockets);
    if (err != KIN_EIO)
        return err;
    o = any_address(AF_INET, options->port); // no IPv6 here
    return kin_datagram_open_pair(&port->worker->loop, &o, handlers, ctx, port->sockets);
}

int rtp_port_open(struct worker *w, const struct rtp_port_options *options, struct rtp_port **ret)
{
    struct rtp_port *port = calloc(1, sizeof *port);
    if (port == NULL)
        return KIN_ENOMEM;
    port->worker = w;
    port->seed = kin_rng_u32();
    for (unsigned side = SIDE_RTP; side <= SIDE_RTCP; side++)
        kin_table_init(&port->by_address[side], port->lists[side], TABLE_BITS);
    atomic_init(&port->handovers, 0);
    int err = uv_mutex_init(&port->lock) == 0 ? KIN_OK : KIN_EIO;
    if (err != KIN_OK) {
        free(port);
        return err;
    }
    err = open_sockets(port, options);
    if (err != KIN_OK) {
        uv_mutex_destroy(&port->lock);
        free(port);
        return err;
    }
    *ret = port;
    return KIN_OK;
}

void rtp_port_close(struct rtp_port *port)
{
    if (port == NULL)
        return;
    kin_datagram_close(port->sockets[0]);
    kin_datagram_close(port->sockets[1]);
    uv_mutex_destroy(&port->lock);
    free(port);
}

uint16_t rtp_port_number(const struct rtp_port *port)
{
    return kin_addr_port(kin_datagram_local(port->sockets[SIDE_RTP]));
}

// --- sending

ptrdiff_t rtp_port_send(struct rtp_port *port, const struct rtp_peer *peer, const union kin_addr *local,
                        const struct kin_datagram_out *packets, size_t count)
{
    return kin_datagram_send(port->sockets[SIDE_RTP], &peer->rtp, local, packets, count);
}

ptrdiff_t rtp_port_send_rtcp(struct rtp_port *port, const struct rtp_peer *peer, const union kin_addr *local,
                             struct kin_span compound)
{
    struct kin_datagram_out out = {.part = {compound}, .parts = 1, .size = compound.n};
    return kin_datagram_send(port->sockets[SIDE_RTCP], &peer->rtcp, local, &out, 1);
}
