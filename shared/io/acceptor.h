// Listening TCP sockets: made or inherited once, then watched by any number of loops, each accepting for itself.
#ifndef KIN_IO_ACCEPTOR_H
#define KIN_IO_ACCEPTOR_H

#include "io/addr.h"
#include "io/loop.h"

#define KIN_ACCEPTOR_BACKLOG 1024
#define KIN_ACCEPTOR_PAUSE_US 100000 // pause of accepting after EMFILE and the like; doubled for each one in a row
#define KIN_ACCEPTOR_PAUSE_MAX_US 1600000
#define KIN_ACCEPTOR_PROBE_AFTER_S 60 // TCP keepalive: first probe after this silence, then every so often,
#define KIN_ACCEPTOR_PROBE_EVERY_S 15
#define KIN_ACCEPTOR_PROBES 4 // and the connection ends after so many without an answer
#define KIN_ACCEPTOR_BURST 64 // connections accepted in one turn of the loop

// A bound, listening, non-blocking socket. "[::]" takes IPv4 too; where the machine has no IPv6, "[::]" becomes
// 0.0.0.0. Returns the descriptor (the caller's) or KIN_EIO with errno set. *ret_bound gets the address with its port.
int kin_acceptor_listen(const union kin_addr *address, union kin_addr *ret_bound);
// The same facts of an inherited socket, which is made non-blocking. KIN_OK or KIN_EIO.
int kin_acceptor_inherit(int fd, union kin_addr *ret_bound);

struct kin_acceptor;
// `fd` is a new connection, non-blocking; the callee owns it.
typedef void kin_acceptor_fn(void *ctx, int fd);
// Watches listening descriptor `fd`, which stays the caller's and must outlive this; several loops may watch one.
// on_trouble (may be NULL) gets the errno before each pause, so it should limit what it logs. If descriptors are still
// missing after the first pause, waiting clients are turned away by means of a spare one, instead of being left to
// wait. KIN_OK, KIN_ENOMEM, KIN_EIO.
int kin_acceptor_new(struct kin_loop *loop, int fd, kin_acceptor_fn *on_accept,
                     void (*on_trouble)(void *ctx, int error), void *ctx, struct kin_acceptor **ret);
void kin_acceptor_close(struct kin_acceptor *a); // asynchronous; no callback after the call; accepts NULL

#endif
