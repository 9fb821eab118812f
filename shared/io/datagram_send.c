// Output of a UDP socket: trains of equal packets in one sendmsg (UDP_SEGMENT), else one sendmmsg.
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "io/datagram_internal.h"

#define ERROR_RETRIES 4 // pending errors of other peers that one call may have to step over
#define REFUSALS_MAX 64 // refused trains in a row after which none is tried again

// Destination and control messages, common to the packets of a train.
struct envelope {
    union kin_addr to;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
    size_t control_len;
};

static void add_control(struct envelope *e, int level, int type, const void *data, size_t n)
{
    struct cmsghdr c = {.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(n)};
    memcpy(e->control + e->control_len, &c, sizeof c);
    memcpy(e->control + e->control_len + CMSG_LEN(0), data, n);
    e->control_len += CMSG_SPACE(n);
}

static void add_source(struct envelope *e, const union kin_addr *local)
{
    union kin_addr from = *local;
    if (e->to.sa.sa_family == AF_INET6) { // also for IPv4-mapped peers of a dual-stack socket
        kin_addr_map(&from);
        struct in6_pktinfo info = {.ipi6_addr = from.v6.sin6_addr, .ipi6_ifindex = from.v6.sin6_scope_id};
        add_control(e, SOL_IPV6, IPV6_PKTINFO, &info, sizeof info);
        return;
    }
    kin_addr_unmap(&from);
    if (from.sa.sa_family != AF_INET)
        return;
    struct in_pktinfo info = {.ipi_spec_dst = from.v4.sin_addr};
    add_control(e, SOL_IP, IP_PKTINFO, &info, sizeof info);
}

static void address(struct envelope *e, const struct kin_datagram *d, const union kin_addr *peer,
                    const union kin_addr *local)
{
    memset(e, 0, sizeof *e);
    e->to = *peer;
    if (d->local.sa.sa_family == AF_INET6)
        kin_addr_map(&e->to);
    else
        kin_addr_unmap(&e->to);
    if (local != NULL && d->with_local)
        add_source(e, local);
}

static size_t gather(const struct kin_datagram_out *packet, struct iovec *iov)
{
    for (unsigned i = 0; i < packet->parts; i++)
        iov[i] = (struct iovec){(void *)(uintptr_t)packet->part[i].p, packet->part[i].n}; // the kernel only reads
    return packet->parts;
}

static struct msghdr message(struct envelope *e, struct iovec *iov, size_t count)
{
    return (struct msghdr){.msg_name = &e->to,
                           .msg_namelen = kin_addr_len(&e->to),
                           .msg_iov = iov,
                           .msg_iovlen = count,
                           .msg_control = e->control_len > 0 ? e->control : NULL,
                           .msg_controllen = e->control_len};
}

static ptrdiff_t from_errno(int error)
{
    switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case EINTR:
        return 0;
    case EMSGSIZE:
        return KIN_ELIMIT;
    default:
        return KIN_EIO;
    }
}

// An ICMP error about some earlier packet, reported on this call although nothing is wrong with it.
static bool is_stale(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EINTR;
}

static ptrdiff_t send_train(struct kin_datagram *d, struct envelope *e, const struct kin_datagram_out *packets,
                            size_t count)
{
    struct iovec iov[KIN_DATAGRAM_TRAIN_MAX * KIN_DATAGRAM_PARTS];
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += gather(&packets[i], iov + n);
    struct envelope train = *e;
    uint16_t segment = (uint16_t)packets[0].size;
    if (count > 1)
        add_control(&train, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
    struct msghdr m = message(&train, iov, n);
    ssize_t sent = -1;
    for (int i = 0; sent < 0 && i <= ERROR_RETRIES; i++) {
        sent = sendmsg(d->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && !is_stale(errno))
            break;
    }
    return sent >= 0 ? (ptrdiff_t)count : from_errno(errno);
}

static ptrdiff_t send_singly(struct kin_datagram *d, struct envelope *e, const struct kin_datagram_out *packets,
                             size_t count)
{
    struct iovec iov[KIN_DATAGRAM_TRAIN_MAX * KIN_DATAGRAM_PARTS];
    struct mmsghdr msgs[KIN_DATAGRAM_TRAIN_MAX];
    memset(msgs, 0, sizeof msgs);
    for (size_t i = 0; i < count; i++) {
        struct iovec *at = iov + i * KIN_DATAGRAM_PARTS;
        msgs[i].msg_hdr = message(e, at, gather(&packets[i], at));
    }
    size_t done = 0;
    for (int stale = 0; done < count && stale <= ERROR_RETRIES;) {
        int n = sendmmsg(d->fd, msgs + done, (unsigned)(count - done), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && is_stale(errno))
            stale++;
        else
            break;
    }
    return done > 0 ? (ptrdiff_t)done : from_errno(errno);
}

// What a refused train says about the next one: EIO and EOPNOTSUPP concern the device, EINVAL perhaps only the path to
// this peer (packets above its MTU), so that many in a row are needed.
static unsigned refusal_weight(int error)
{
    return error == EIO || error == EOPNOTSUPP ? REFUSALS_MAX : error == EINVAL ? 1 : 0;
}

// The kernel cuts a train into pieces of the first packet's size.
static bool is_train(const struct kin_datagram_out *packets, size_t count)
{
    for (size_t i = 1; i + 1 < count; i++)
        if (packets[i].size != packets[0].size)
            return false;
    return packets[count - 1].size <= packets[0].size;
}

ptrdiff_t kin_datagram_send(struct kin_datagram *d, const union kin_addr *peer, const union kin_addr *local,
                            const struct kin_datagram_out *packets, size_t count)
{
    struct envelope e;
    if (count > KIN_DATAGRAM_TRAIN_MAX)
        count = KIN_DATAGRAM_TRAIN_MAX;
    if (count == 0)
        return 0;
    address(&e, d, peer, local);
    unsigned refusals = atomic_load_explicit(&d->refusals, memory_order_relaxed);
    if (count > 1 && (refusals >= REFUSALS_MAX || !is_train(packets, count)))
        return send_singly(d, &e, packets, count);
    ptrdiff_t sent = send_train(d, &e, packets, count);
    unsigned weight = sent == KIN_EIO ? refusal_weight(errno) : 0;
    if (count > 1 && weight > 0) {
        sent = send_singly(d, &e, packets, count);
        if (sent > 0) // the train was the fault, not the address
            atomic_fetch_add_explicit(&d->refusals, weight, memory_order_relaxed);
    } else if (count > 1 && sent > 0 && refusals > 0) {
        atomic_store_explicit(&d->refusals, 0, memory_order_relaxed);
    }
    return sent;
}

void kin_datagram_no_trains(struct kin_datagram *d)
{
    atomic_store_explicit(&d->refusals, REFUSALS_MAX, memory_order_relaxed);
}
