// One TCP connection: its own read buffer, a bounded write queue of borrowed and copied pieces with water marks.
#ifndef KIN_IO_STREAM_H
#define KIN_IO_STREAM_H

#include "base/buf.h"
#include "io/addr.h"
#include "io/loop.h"

struct kin_stream;

struct kin_stream_limits {
    size_t read_max;      // bytes of input kept unconsumed; input stops there
    size_t write_max;     // queued bytes above which writes fail with KIN_ELIMIT
    size_t write_low;     // on_drain is called when the queue falls to this
    size_t notsent_lowat; // TCP_NOTSENT_LOWAT; 0 = leave alone
};

struct kin_stream_handler {
    // Input so far, not yet consumed. Returns how many bytes were consumed. May call kin_stream_close().
    size_t (*on_input)(void *ctx, struct kin_span in);
    void (*on_drain)(void *ctx);          // the write queue fell to write_low; may be NULL
    void (*on_end)(void *ctx, int error); // peer closed (0) or a uv error; called once; then call kin_stream_close
};

// Accepting side: adopts a connected TCP socket, which stays the caller's on failure. Connecting side: see
// kin_stream_connect. KIN_OK, KIN_ENOMEM, KIN_EIO.
int kin_stream_adopt(struct kin_loop *loop, int fd, const struct kin_stream_limits *limits,
                     const struct kin_stream_handler *handler, void *ctx, struct kin_stream **ret);

// Resolves host (off the loop) and connects, trying each address in turn, at most timeout_us in all. on_connect gets 0
// or a uv error, one of UV_EAI_... when the host was not found; after a failure only kin_stream_close() may follow.
// KIN_OK, KIN_ENOMEM, KIN_EINVAL (host is not a valid name).
typedef void kin_stream_connect_fn(void *ctx, int error);
int kin_stream_connect(struct kin_loop *loop, const char *host, uint16_t port, kin_us timeout_us,
                       const struct kin_stream_limits *limits, const struct kin_stream_handler *handler,
                       kin_stream_connect_fn *on_connect, void *ctx, struct kin_stream **ret);

// Queues a copy. KIN_OK, KIN_ELIMIT (queue full: nothing queued), KIN_ENOMEM, KIN_ESTATE (closing).
int kin_stream_write(struct kin_stream *s, struct kin_span bytes);

// Queues pieces without copying the bodies: each piece is `head` (copied, <= KIN_STREAM_HEAD_MAX) followed by `body`
// (borrowed from `owner`, on which a reference is held until sent). All pieces or none are queued. Errors as above;
// into an empty queue even more than write_max is taken, or a frame longer than that could never be sent.
#define KIN_STREAM_HEAD_MAX 192
struct kin_stream_piece {
    struct kin_span head;
    struct kin_span body;
};
int kin_stream_write_pieces(struct kin_stream *s, const struct kin_stream_piece *pieces, size_t count,
                            struct kin_buf *owner);

// Reports what the queue keeps in memory whenever that changes, from now on and while the stream flushes: the last
// call, with 0 bytes, comes before on_closed. `held` counts the copied bytes and each owner's whole buffer, once for
// all pieces of it that follow each other; `since` is when the oldest of what waits was queued, KIN_US_NEVER when
// nothing does.
typedef void kin_stream_meter_fn(void *ctx, size_t held, kin_us since);
void kin_stream_set_meter(struct kin_stream *s, kin_stream_meter_fn *fn, void *ctx);

size_t kin_stream_queued(const struct kin_stream *s);    // bytes not yet given to the kernel
size_t kin_stream_unsent(struct kin_stream *s);          // plus what the kernel has unsent or unacknowledged (SIOCOUTQ)
uint64_t kin_stream_written(const struct kin_stream *s); // bytes given to the kernel so far
void kin_stream_reread(struct kin_stream *s);            // on_input on the next turn with what it left unconsumed
void kin_stream_pause(struct kin_stream *s);             // stop on_input (back-pressure) ...
void kin_stream_resume(struct kin_stream *s);            // ... and go on, also with what is buffered
const union kin_addr *kin_stream_peer(const struct kin_stream *s);
const union kin_addr *kin_stream_local(const struct kin_stream *s);

// Closes. With `flush` what is queued is still sent (at most flush_us). No callback after the call; on_closed (may be
// NULL) runs when the handle is gone. The struct frees itself. While flushing, input is read and dropped until the peer
// closes too, since closing over unread input would reset the connection and destroy the last reply on its way.
void kin_stream_close(struct kin_stream *s, kin_us flush_us, void (*on_closed)(void *ctx), void *ctx);

#endif
