// The protocol of sd_notify(3) and sd_listen_fds(3), spoken without libsystemd.
#include "io/notify.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/lex.h"

#define FIRST_FD 3 // SD_LISTEN_FDS_START
#define MESSAGE_MAX 1024

static bool env_u64(const char *name, uint64_t max, uint64_t *ret)
{
    const char *text = getenv(name);
    return text != NULL && kin_lex_u64(kin_span_str(text), max, ret);
}

// A variable such as LISTEN_PID names the process that is meant.
static bool is_for_us(const char *name)
{
    uint64_t pid;
    return env_u64(name, INT32_MAX, &pid) && (pid_t)pid == getpid();
}

// "/path" or "@abstract". Returns the length of the address, 0 when it is neither.
static socklen_t notify_address(struct sockaddr_un *ret)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t n = path != NULL ? strlen(path) : 0;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n < 2 || n >= sizeof ret->sun_path || (path[0] != '/' && path[0] != '@'))
        return 0;
    memcpy(ret->sun_path, path, n);
    if (path[0] == '@')
        ret->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

void kin_notify(const char *format, ...)
{
    struct sockaddr_un to;
    socklen_t to_len = notify_address(&to);
    char message[MESSAGE_MAX];
    if (to_len == 0)
        return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (n > 0 && n < (int)sizeof message && fd >= 0)
        (void)sendto(fd, message, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to, to_len);
    if (fd >= 0)
        close(fd);
}

kin_us kin_notify_watchdog_us(void)
{
    uint64_t us;
    bool meant = getenv("WATCHDOG_PID") == NULL || is_for_us("WATCHDOG_PID");
    if (!meant || !env_u64("WATCHDOG_USEC", INT64_MAX, &us))
        return 0;
    return (kin_us)(us / 2);
}

static void adopt(int fd, struct kin_span name, struct kin_notify_fd *ret)
{
    socklen_t n = sizeof ret->type;
    ret->fd = fd;
    ret->type = 0;
    kin_span_copy(name, ret->name, sizeof ret->name);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &ret->type, &n);
}

int kin_notify_inherited(struct kin_notify_fd fds[KIN_NOTIFY_FDS_MAX])
{
    uint64_t count = 0;
    int taken = 0;
    if (is_for_us("LISTEN_PID") && env_u64("LISTEN_FDS", KIN_NOTIFY_FDS_MAX, &count)) {
        struct kin_span names = kin_span_str(getenv("LISTEN_FDNAMES"));
        for (uint64_t i = 0; i < count; i++) {
            struct kin_span name = kin_span_make(NULL, 0);
            kin_span_split(&names, ':', &name);
            adopt(FIRST_FD + (int)i, name, &fds[taken++]);
        }
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return taken;
}
