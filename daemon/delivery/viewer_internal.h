// Inside of a viewer, shared by viewer.c (life and commands), viewer_run.c (what to send when), viewer_send.c (packets
// out) and viewer_rtcp.c only.
#ifndef DAEMON_VIEWER_INTERNAL_H
#define DAEMON_VIEWER_INTERNAL_H

#include "delivery/rtp_port.h"
#include "delivery/viewer.h"
#include "engine/pacer.h"
#include "engine/rtp_sender.h"
#include "frames/frame_cache.h"
#include "ground/worker.h"

struct viewer {
    struct worker *worker;
    struct viewer_params p;
    struct viewer_stats stats;

    struct rtp_peer peer; // UDP and LAB
    bool peer_added;

    struct kin_rtp_sender sender;
    struct kin_pacer pacer;
    struct kin_timer *timer;      // next packet or frame
    struct kin_timer *rtcp_timer; // next report
    struct frame_reader frames;

    bool playing;
    bool running;             // the first frame of this run has come, so that the clock runs
    bool report_due;          // SR right after the next packet
    bool said_bye;            // since the last PLAY or packet, or nothing was played
    struct kin_itinerary way; // the frames still to start
    unsigned ahead;           // frames that are read ahead
    bool awaiting;            // the next frame is being read
    bool late;                // the next frame is as late as the one after it is due
    bool pausing;             // before the frame pause_at
    uint32_t pause_at;
    struct frame *frame; // on its way, or NULL
    unsigned packet;     // its next packet
    bool over;           // stopped by itself; the owner is told on the next turn of the loop
    enum viewer_end why; // if so
    kin_us unreachable_since;
    uint64_t acked;  // TCP: bytes that the peer has acknowledged
    size_t reserved; // TCP: of the send budget, for the frame that is being read or queued
};

// --- viewer_run.c
void viewer_run(struct viewer *v);                         // sends what is due and sets the timer
void viewer_read_ahead(struct viewer *v);                  // the first frames of a trip
void viewer_stop_waiting(struct viewer *v);                // withdraws what is being read for it
void viewer_finish(struct viewer *v, enum viewer_end why); // stops; the owner is told from the loop

// --- viewer_send.c
enum viewer_sent { VIEWER_SENT_ALL, VIEWER_SENT_LATER };

// Sends what may go now of the frame on its way; sets the timer when not all may.
enum viewer_sent viewer_send(struct viewer *v);
// True when a frame of so many bytes must not be queued: the TCP connection is too far behind, or the budget of what
// waits to be sent has no room for it.
bool viewer_is_congested(struct viewer *v, size_t bytes);
// Unless it is congested, keeps room for the next frame until viewer_release(). May be called again with another size.
bool viewer_reserve(struct viewer *v, size_t bytes);
void viewer_release(struct viewer *v);
void viewer_watch_progress(struct viewer *v);

// --- viewer_rtcp.c
void viewer_report(struct viewer *v); // SR + SDES now, and the next one in time
void viewer_bye(struct viewer *v);
void viewer_heard(void *ctx, struct kin_span compound);

bool viewer_displaced(const struct viewer *v); // another viewer has its ports now

#endif
