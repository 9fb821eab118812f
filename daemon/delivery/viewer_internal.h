// Inside of a viewer, shared by viewer.c (life and commands), viewer_run.c (the steps of its sender) and viewer_send.c
// (bytes out) only.
#ifndef DAEMON_VIEWER_INTERNAL_H
#define DAEMON_VIEWER_INTERNAL_H

#include "delivery/rtp_port.h"
#include "delivery/viewer.h"
#include "frames/frame_cache.h"
#include "ground/worker.h"

struct viewer {
    struct worker *worker;
    struct viewer_params p;
    struct kin_media_sender sender;
    struct kin_timer *timer; // of the sender, or the end
    struct frame_reader frames;
    const struct frame_plan *frame;  // being sent, with a reference to its frame; or NULL
    struct kin_rtp_history *history; // NULL: nothing is sent again
    struct frame_reader again;       // for frames of which packets are sent again
    size_t packet_bytes;             // longest RTP packet; the same for the whole life, so that plans are too

    struct rtp_peer peer; // UDP
    bool peer_added;

    bool over;              // ended by itself; on_end is called on the next turn of the loop
    enum kin_media_end why; // if so
    uint64_t acked;         // TCP: bytes that the peer has acknowledged
    size_t reserved;        // TCP: of the send budget, for the frame that is being read or queued
};

void viewer_drop_frame(struct viewer *v); // releases the frame that is being sent

// --- viewer_run.c
void viewer_run(struct viewer *v);    // does what is due and sets the timer
void viewer_settle(struct viewer *v); // after a command: sets the timer
void viewer_bye(struct viewer *v);

// --- viewer_send.c
// Sends up to so many packets of the current frame, as many as the socket takes.
void viewer_send(struct viewer *v, unsigned packets);
// Sends a packet of parity; later, when the socket is full.
void viewer_send_parity(struct viewer *v);
// Sends a packet again. False when the socket is full; else *ret_on_wire bytes went out, 0 when the network refused it.
bool viewer_send_again(struct viewer *v, const struct kin_media_again *packet, size_t *ret_on_wire);
void viewer_send_rtcp(struct viewer *v, struct kin_span compound);
// True when a frame of so many bytes must not be queued: the TCP connection is too far behind, or the send budget has
// no room.
bool viewer_is_congested(struct viewer *v, size_t bytes);
// Unless it is congested, keeps room for the next frame until viewer_release(). May be called again with another size.
bool viewer_reserve(struct viewer *v, size_t bytes);
void viewer_release(struct viewer *v);

bool viewer_displaced(const struct viewer *v); // another viewer has its ports now

#endif
