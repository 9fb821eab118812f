// UDP sockets owned by us and watched with uv_poll: GSO trains and gathered packets out, GRO and recvmmsg in, packet
// info, kernel timestamps and drop counts. libuv's own UDP handle offers none of these.
#ifndef KIN_IO_DATAGRAM_H
#define KIN_IO_DATAGRAM_H

#include "base/span.h"
#include "io/addr.h"
#include "io/loop.h"

struct kin_datagram;

struct kin_datagram_in {
    struct kin_span bytes; // one packet (GRO trains are cut up); valid during the callback
    union kin_addr from;
    kin_us at; // arrival: kernel timestamp on the monotonic clock where there is one, else now
};

struct kin_datagram_handler {
    void (*on_packets)(void *ctx, const struct kin_datagram_in *packets, size_t count);
    void (*on_unreachable)(void *ctx, const union kin_addr *peer); // ICMP port/host unreachable; may be NULL
};

struct kin_datagram_options {
    union kin_addr bind; // port 0 = any
    int recv_buffer;     // SO_RCVBUF to ask for; 0 = default
    int send_buffer;     // SO_SNDBUF likewise
    bool gro;            // ask for UDP_GRO
    bool errors;         // IP_RECVERR: report unreachable peers
    bool wildcard_local; // bound to the wildcard: `local` of kin_datagram_send chooses the source address
};

// Errors: KIN_ENOMEM, KIN_EIO (address in use, out of descriptors), KIN_EINVAL (no IP socket, odd port for a pair). A
// socket that was to be adopted stays the caller's on failure.
int kin_datagram_open(struct kin_loop *loop, const struct kin_datagram_options *options,
                      const struct kin_datagram_handler *handler, void *ctx, struct kin_datagram **ret);
// Adopts an inherited, bound socket (socket activation).
int kin_datagram_wrap(struct kin_loop *loop, int fd, const struct kin_datagram_options *options,
                      const struct kin_datagram_handler *handler, void *ctx, struct kin_datagram **ret);
// An even port and its odd successor, both on the address of options->bind (port 0: any pair; else that pair).
int kin_datagram_open_pair(struct kin_loop *loop, const struct kin_datagram_options *options,
                           const struct kin_datagram_handler handlers[2], void *const ctx[2],
                           struct kin_datagram *ret[2]);
void kin_datagram_close(struct kin_datagram *d); // asynchronous; no callback after the call; accepts NULL

// Closes like kin_datagram_close() but leaves the descriptor open and the caller's again.
void kin_datagram_release(struct kin_datagram *d);

const union kin_addr *kin_datagram_local(const struct kin_datagram *d);
uint64_t kin_datagram_kernel_dropped(const struct kin_datagram *d); // SO_RXQ_OVFL

// One packet out: up to KIN_DATAGRAM_PARTS pieces gathered by the kernel.
#define KIN_DATAGRAM_PARTS 4
#define KIN_DATAGRAM_TRAIN_MAX 16
struct kin_datagram_out {
    struct kin_span part[KIN_DATAGRAM_PARTS];
    unsigned parts;
    size_t size; // sum of the parts
};
// Sends packets to one peer. Where all are of one size but the last, which may be shorter, they are a train: one
// sendmsg with UDP_SEGMENT. Others leave by sendmmsg, as do trains when the kernel or device refuses them, for good
// after EIO, EOPNOTSUPP or many EINVAL. Any thread may send while the socket is open; everything else belongs to the
// loop's thread. `local` (may be NULL) is the source address. Returns the number of packets accepted by the kernel
// (short when the socket is full: try the rest later or count them as lost), or KIN_EIO / KIN_ELIMIT (EMSGSIZE).
ptrdiff_t kin_datagram_send(struct kin_datagram *d, const union kin_addr *peer, const union kin_addr *local,
                            const struct kin_datagram_out *packets, size_t count);
void kin_datagram_no_trains(struct kin_datagram *d); // sendmmsg from now on (measurements, tests)

#endif
