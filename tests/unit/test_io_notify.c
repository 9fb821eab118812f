// io/notify: messages to $NOTIFY_SOCKET, the watchdog's period, inherited sockets.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/notify.h"
#include "unit.h"

// An abstract socket that the kernel names, and its name in $NOTIFY_SOCKET.
static int manager_open(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t n = sizeof a.sun_family;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char text[sizeof a.sun_path + 1] = "";
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0)
        return fd;
    n = sizeof a;
    getsockname(fd, (struct sockaddr *)&a, &n);
    snprintf(text, sizeof text, "@%.*s", (int)(n - sizeof a.sun_family - 1), a.sun_path + 1);
    setenv("NOTIFY_SOCKET", text, 1);
    return fd;
}

TEST(messages_reach_the_manager)
{
    char got[64] = "";
    int fd = manager_open();
    kin_notify("READY=1\nSTATUS=%d viewers", 3);
    ssize_t n = recv(fd, got, sizeof got - 1, 0);
    close(fd);
    kin_notify("STOPPING=1"); // nobody listens: nothing happens
    setenv("NOTIFY_SOCKET", "relative", 1);
    kin_notify("STOPPING=1");
    unsetenv("NOTIFY_SOCKET");
    kin_notify("STOPPING=1");
    CHECK(n > 0);
    CHECK_SPAN(kin_span_str(got), "READY=1\nSTATUS=3 viewers");
out:;
}

TEST(the_watchdog_is_fed_at_half_its_period)
{
    char pid[16];
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    CHECK_INT(kin_notify_watchdog_us(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    CHECK_INT(kin_notify_watchdog_us(), 15000000);
    setenv("WATCHDOG_PID", "1", 1); // meant for another process
    CHECK_INT(kin_notify_watchdog_us(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    CHECK_INT(kin_notify_watchdog_us(), 15000000);
    setenv("WATCHDOG_USEC", "-1", 1);
    CHECK_INT(kin_notify_watchdog_us(), 0);
out:
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
}

static void claim(const char *pid, const char *count, const char *names)
{
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    setenv("LISTEN_FDNAMES", names, 1);
}

TEST(sockets_meant_for_others_are_left_alone)
{
    struct kin_notify_fd fds[KIN_NOTIFY_FDS_MAX];
    char pid[16];
    claim("1", "2", "rtsp:rtp");
    CHECK_INT(kin_notify_inherited(fds), 0);
    CHECK(getenv("LISTEN_FDS") == NULL);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    claim(pid, "33", "");
    CHECK_INT(kin_notify_inherited(fds), 0);
    claim(pid, "x", "");
    CHECK_INT(kin_notify_inherited(fds), 0);
out:;
}

// Descriptors 3 and 4 are replaced for the time of the test.
TEST(inherited_sockets_come_with_name_and_type)
{
    struct kin_notify_fd fds[KIN_NOTIFY_FDS_MAX];
    char pid[16];
    int saved[2], count = 0;
    for (int i = 0; i < 2; i++)
        saved[i] = fcntl(3 + i, F_DUPFD_CLOEXEC, 10);
    int tcp = socket(AF_INET, SOCK_STREAM, 0);
    dup2(tcp, 3);
    close(tcp == 3 ? -1 : tcp);
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    dup2(udp, 4);
    close(udp == 4 ? -1 : udp);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    claim(pid, "2", "rtsp");
    count = kin_notify_inherited(fds);
    int flags = fcntl(4, F_GETFD);
    for (int i = 0; i < 2; i++) {
        close(3 + i);
        if (saved[i] >= 0) {
            dup2(saved[i], 3 + i);
            close(saved[i]);
        }
    }
    CHECK_INT(count, 2);
    CHECK_INT(fds[0].fd, 3);
    CHECK_INT(fds[0].type, SOCK_STREAM);
    CHECK_SPAN(kin_span_str(fds[0].name), "rtsp");
    CHECK_INT(fds[1].type, SOCK_DGRAM);
    CHECK_SPAN(kin_span_str(fds[1].name), "");
    CHECK_INT(flags, FD_CLOEXEC);
out:;
}
