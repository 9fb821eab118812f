// One RTSP connection of a client: the RTSP machine, its stream and its timer. Connects where the machine says, feeds
// it, writes its output, and passes on its events.
//
// The owner brackets every call that may raise events by rtsp_link_enter() and rtsp_link_leave(); the link does so for
// its own stream and timer. So the owner may close the link inside an event: on_gone is called when the last bracket is
// left. Only the link writes its members.
#ifndef TUI_RTSP_LINK_H
#define TUI_RTSP_LINK_H

#include "engine/rtsp/rtsp_client.h"
#include "io/loop.h"
#include "io/stream.h"

// What all links of one kind of owner have in common. After rtsp_link_close() only on_gone is called.
struct rtsp_link_kind {
    struct kin_stream_limits limits;
    kin_us flush_us; // how long a closed connection may take to send the rest
    void (*on_event)(void *ctx, const struct kin_rtsp_client_event *e); // all but KIN_RTSP_CLIENT_CONNECT
    void (*on_turn)(void *ctx);    // does what is due: called when a bracket is left, and at the deadline; may be NULL
    kin_us (*deadline)(void *ctx); // of on_turn
    // The process did not run for so long, or the machine slept; called before anything that came meanwhile. May be
    // NULL.
    void (*on_away)(void *ctx, kin_us away);
    void (*on_gone)(void *ctx); // the link is closed and no bracket is open: free it
};

struct rtsp_link {
    const struct rtsp_link_kind *kind;
    void *ctx;
    struct kin_loop *loop;
    struct kin_rtsp_client *rtsp;
    struct kin_stream *stream; // NULL without a connection, made or being made
    struct kin_timer *timer;
    union kin_addr local; // of the newest connection
    kin_us due, asleep;   // the timer's time; for how long the machine had slept then
    bool connected;
    bool closed;    // for good
    unsigned depth; // brackets open
};

// KIN_OK or KIN_ENOMEM. Then rtsp_link_start(); rtsp_link_deinit() also after a failure.
int rtsp_link_init(struct rtsp_link *l, struct kin_loop *loop, const struct rtsp_link_kind *kind, void *ctx);
void rtsp_link_deinit(struct rtsp_link *l);
// Replaces the machine by a new one. The first event comes from the loop, not from inside this call. KIN_OK, or an
// error of kin_rtsp_client_new(): then nothing has changed.
int rtsp_link_start(struct rtsp_link *l, const struct kin_rtsp_client_options *options);

void rtsp_link_enter(struct rtsp_link *l);
// The outermost one handles events, does what is due and sets the timer. The link may be gone afterwards.
void rtsp_link_leave(struct rtsp_link *l);

void rtsp_link_hang_up(struct rtsp_link *l); // closes the connection; the machine is not notified
// Sends TEARDOWN (best effort) and closes for good. on_closed (may be NULL) is called when the connection is gone: at
// once if there is none. Does nothing when the link is closed already.
void rtsp_link_close(struct rtsp_link *l, void (*on_closed)(void *ctx), void *ctx);

#endif
