// The systemd side of a daemon: readiness, watchdog, reload and inherited sockets. Plain sd_notify(3) protocol over
// $NOTIFY_SOCKET and $LISTEN_FDS; does nothing when not started by systemd.
#ifndef KIN_IO_NOTIFY_H
#define KIN_IO_NOTIFY_H

#include "base/time.h"

// Sends "READY=1\nSTATUS=..." and the like. Never blocks, never fails loudly.
void kin_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
kin_us kin_notify_watchdog_us(void); // half of WATCHDOG_USEC when it is meant for us, else 0

#define KIN_NOTIFY_FDS_MAX 32
struct kin_notify_fd {
    int fd;
    char name[64]; // FileDescriptorName, "" when not given
    int type;      // SOCK_STREAM, SOCK_DGRAM
};
// The inherited sockets (CLOEXEC set, environment consumed). Returns their number, 0 when there are none.
int kin_notify_inherited(struct kin_notify_fd fds[KIN_NOTIFY_FDS_MAX]);

#endif
