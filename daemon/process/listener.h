// The sockets of the daemon: listening ones, made from the settings or inherited, and the inherited UDP pair.
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include "ground/settings.h"
#include "io/addr.h"
#include "io/notify.h"

#define LISTENER_MAX KIN_NOTIFY_FDS_MAX

struct listeners {
    size_t count;
    struct listener {
        int fd;
        union kin_addr address; // as bound
    } items[LISTENER_MAX];
    int udp[2]; // inherited RTP and RTCP sockets, -1 when there are none
};
#define LISTENERS_NONE ((struct listeners){.udp = {-1, -1}})

// KIN_OK, or KIN_EIO, which has been logged. listeners_close() may be called after either.
int listeners_open(const struct settings *settings, struct listeners *ret);
void listeners_close(struct listeners *l);
void listeners_release_udp(struct listeners *l); // the inherited pair has another owner now, who closes it
// One line per listener: "listening on rtsp://127.0.0.1:8554/".
void listeners_announce(const struct listeners *l);

// --- for tests
// Sorts inherited sockets: streams to items, the UDP pair by name (rtp, rtcp), else by port (even, odd).
struct listener_udp {
    int fd;
    const char *name;
    uint16_t port;
};
void listeners_pick_udp(const struct listener_udp *sockets, size_t count, int ret[2]);

#endif
