// The one even/odd UDP pair that all viewers of all workers share: RTP leaves from the even port, RTCP goes both ways
// over the odd one; the peer's address says whose it is.
//
// One worker owns the pair and receives; every worker may send and add its peers. What arrives for a peer of another
// worker is handed over as a job.
#ifndef DAEMON_RTP_PORT_H
#define DAEMON_RTP_PORT_H

#include "base/list.h"
#include "base/span.h"
#include "io/datagram.h"

struct rtp_port;
struct worker;

// A viewer's place in the table. The caller provides the memory and keeps it until rtp_port_remove().
struct rtp_peer {
    union kin_addr rtp, rtcp; // where the viewer listens
    bool has_rtcp;            // lab viewers have none
    struct worker *worker;    // on whose thread the callbacks run
    void (*on_rtcp)(void *ctx, struct kin_span compound);
    void (*on_unreachable)(void *ctx); // ICMP: its RTP port is closed
    void *ctx;
    // private to rtp_port.c, under its lock
    struct kin_list by_rtp, by_rtcp; // nodes of the tables
    bool abandoned, displaced;
};

struct rtp_port_options {
    uint16_t port;    // even; 0 = the kernel chooses
    int inherited[2]; // RTP and RTCP sockets from the service manager, or -1, -1
};

// Opens or adopts the pair on the worker's loop, dual stack where IPv6 exists. KIN_OK, KIN_ENOMEM, KIN_EIO (port in
// use), KIN_EINVAL. Inherited sockets stay the caller's on failure.
int rtp_port_open(struct worker *w, const struct rtp_port_options *options, struct rtp_port **ret);
// On the owner's thread, when no viewer of any worker is left. Accepts NULL.
void rtp_port_close(struct rtp_port *port);
uint16_t rtp_port_number(const struct rtp_port *port); // the even one

// On the peer's worker. KIN_OK or KIN_ELIMIT: another viewer has that RTP or RTCP address. One that was abandoned gives
// way: it is taken out of the table.
int rtp_port_add(struct rtp_port *port, struct rtp_peer *peer);
void rtp_port_remove(struct rtp_port *port, struct rtp_peer *peer); // no callback after the call
// The viewer's connection is gone; it plays on until its session times out, or another viewer wants its address.
void rtp_port_abandon(struct rtp_port *port, struct rtp_peer *peer);
bool rtp_port_displaced(struct rtp_port *port, const struct rtp_peer *peer); // it gave way: it must send no more

// Any thread; see kin_datagram_send().
ptrdiff_t rtp_port_send(struct rtp_port *port, const struct rtp_peer *peer, const union kin_addr *local,
                        const struct kin_datagram_out *packets, size_t count);
ptrdiff_t rtp_port_send_rtcp(struct rtp_port *port, const struct rtp_peer *peer, const union kin_addr *local,
                             struct kin_span compound);

#endif
