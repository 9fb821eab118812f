// Inside of kin_stream, shared by stream.c (input, life), stream_write.c and stream_connect.c only.
//
// Life: making -> (connecting) -> connected -> ended (on_end was called) -> closing (no more callbacks; perhaps still
// flushing) -> the handles are closed -> freed. `holds` counts open handles; the last close callback frees.
#ifndef KIN_IO_STREAM_INTERNAL_H
#define KIN_IO_STREAM_INTERNAL_H

#include "base/list.h"
#include "io/stream.h"

struct kin_stream_connecting; // stream_connect.c

struct kin_stream {
    struct kin_loop *loop;
    struct kin_stream_limits limits;
    struct kin_stream_handler handler;
    void *ctx;

    uv_tcp_t tcp;
    uv_timer_t timer; // bounds connecting and flushing
    uv_timer_t kick;  // work put off to the next turn: buffered input, an error met while writing
    uv_connect_t connect;
    uv_shutdown_t shutdown;
    unsigned holds;
    bool tcp_open;

    bool connected, paused, ended, eof, closing, flushing, shut;
    int late_error; // for on_end on the next turn

    uint8_t *in; // unconsumed input is in[in_start .. in_end)
    size_t in_size, in_start, in_end;

    uint64_t submitted;      // bytes handed to libuv
    struct kin_list waiting; // stream_write.c: writes that the kernel has not taken whole, oldest first
    size_t held;             // bytes of memory that these keep
    kin_stream_meter_fn *meter;
    void *meter_ctx;
    union kin_addr peer, local;
    struct kin_stream_connecting *connecting;
    void (*on_closed)(void *ctx);
    void *closed_ctx;
};

// A stream without a socket. NULL when out of memory.
struct kin_stream *kin_stream_make(struct kin_loop *loop, const struct kin_stream_limits *limits,
                                   const struct kin_stream_handler *handler, void *ctx);
int kin_stream_open_tcp(struct kin_stream *s); // uv error
// The socket is connected: options, addresses, input on. uv error.
int kin_stream_begin(struct kin_stream *s);
void kin_stream_finish(struct kin_stream *s, int error);       // on_end, once
void kin_stream_finish_later(struct kin_stream *s, int error); // on the next turn
void kin_stream_drop_hold(struct kin_stream *s);
void kin_stream_connect_cancel(struct kin_stream *s); // harmless when nothing is connecting

#endif
