// One RTSP connection of a client: the RTSP machine, its stream and its timer. Connects to where the machine says,
// feeds it, writes what it has to say, and hands out its events.
//
// Every call from outside that may raise events is bracketed by rtsp_link_enter() and rtsp_link_leave(), those of the
// link's own stream and timer by itself: the owner may close the link from inside of an event, and on_gone comes when
// the last bracket is left. Nobody else writes its members.
#ifndef TUI_RTSP_LINK_H
#define TUI_RTSP_LINK_H

#include "engine/rtsp_client.h"
#include "io/loop.h"
#include "io/stream.h"

struct rtsp_link_kind { // what all links of one kind of owner have in common; none of the functions is called after
                        // rtsp_link_close(), but on_gone
    struct kin_stream_limits limits;
    kin_us flush_us; // for what is still to be sent when a connection is closed
    void (*on_event)(void *ctx, const struct kin_rtsp_client_event *e); // all but KIN_RTSP_CLIENT_CONNECT
    void (*on_turn)(void *ctx);    // NULL, or does what is due: when a bracket is left, and by the deadline
    kin_us (*deadline)(void *ctx); // of on_turn
    void (*on_gone)(void *ctx);    // the link is closed, and no bracket is open: the memory may go
};

struct rtsp_link {
    const struct rtsp_link_kind *kind;
    void *ctx;
    struct kin_loop *loop;
    struct kin_rtsp_client *rtsp;
    struct kin_stream *stream; // NULL without a connection, made or being made
    struct kin_timer *timer;
    union kin_addr local; // of the newest connection
    bool connected;
    bool closed;    // for good
    unsigned depth; // brackets open
};

// KIN_OK or KIN_ENOMEM. Then rtsp_link_start(); rtsp_link_deinit() also after a failure.
int rtsp_link_init(struct rtsp_link *l, struct kin_loop *loop, const struct rtsp_link_kind *kind, void *ctx);
void rtsp_link_deinit(struct rtsp_link *l);
// A new machine in place of the one before. The first event comes from the loop, not from inside of this call. KIN_OK,
// or an error of kin_rtsp_client_new() and all is as before.
int rtsp_link_start(struct rtsp_link *l, const struct kin_rtsp_client_options *options);

void rtsp_link_enter(struct rtsp_link *l);
// The outermost one takes events, does what is due and sets the timer. The link may be gone afterwards.
void rtsp_link_leave(struct rtsp_link *l);

void rtsp_link_hang_up(struct rtsp_link *l); // closes the connection; the machine is not told
// Says TEARDOWN (best effort) and closes for good. on_closed (may be NULL) when the connection is gone, at once without
// one. Nothing happens when it is closed already.
void rtsp_link_close(struct rtsp_link *l, void (*on_closed)(void *ctx), void *ctx);

#endif
