// What the viewers and connections of one worker work with: its loop, the settings in force there, and the RTP ports
// and the frame cache, which all workers share.
#ifndef DAEMON_DELIVERY_H
#define DAEMON_DELIVERY_H

struct frame_cache; // daemon/frames/frame_cache.h
struct rtp_port;    // daemon/delivery/rtp_port.h
struct settings;    // daemon/ground/settings.h
struct worker;      // daemon/ground/worker.h

// Its owner fills it and keeps it until the last viewer and connection are gone. A reload replaces `settings`, on the
// worker's thread; nothing else changes.
struct delivery {
    struct worker *worker;
    const struct settings *settings;
    struct rtp_port *rtp_port; // NULL when there is no UDP
    struct frame_cache *frame_cache;
};

#endif
