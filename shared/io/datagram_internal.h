// Inside of kin_datagram, shared by datagram.c (life, input) and datagram_send.c only.
#ifndef KIN_IO_DATAGRAM_INTERNAL_H
#define KIN_IO_DATAGRAM_INTERNAL_H

#include "base/atomic.h"
#include "io/datagram.h"

struct kin_datagram {
    struct kin_loop *loop;
    uv_poll_t poll;
    int fd;
    struct kin_datagram_handler handler;
    void *ctx;
    union kin_addr local;
    bool with_local;
    bool closed;
    atomic_uint refusals; // of UDP_SEGMENT, in a row; senders may be other threads
    uint64_t dropped;
};

#endif
