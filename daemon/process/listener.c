// Binds the configured addresses, or sorts the sockets that systemd passes.
#include "process/listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "ground/journal.h"
#include "ground/messages.h"
#include "io/acceptor.h"

static int add(struct listeners *l, int fd, const union kin_addr *address)
{
    if (l->count == LISTENER_MAX)
        return KIN_ELIMIT;
    l->items[l->count++] = (struct listener){.fd = fd, .address = *address};
    return KIN_OK;
}

static int open_one(struct listeners *l, const char *text)
{
    union kin_addr wanted, bound;
    if (kin_addr_parse(text, &wanted) != KIN_OK)
        return KIN_EINVAL; // settings_check_listen() accepts no such text
    int fd = kin_acceptor_listen(&wanted, &bound);
    if (fd < 0) {
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_CANNOT_LISTEN, text, strerror(errno));
        return KIN_EIO;
    }
    return add(l, fd, &bound);
}

// --- inherited ones

static void pick(int ret[2], unsigned which, int fd)
{
    if (ret[which] < 0)
        ret[which] = fd;
}

void listeners_pick_udp(const struct listener_udp *sockets, size_t count, int ret[2])
{
    ret[0] = ret[1] = -1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(sockets[i].name, "rtp") == 0)
            pick(ret, 0, sockets[i].fd);
        else if (strcmp(sockets[i].name, "rtcp") == 0)
            pick(ret, 1, sockets[i].fd);
    }
    for (size_t i = 0; i < count; i++) {
        if (sockets[i].fd != ret[0] && sockets[i].fd != ret[1])
            pick(ret, sockets[i].port % 2, sockets[i].fd);
    }
    if (ret[0] < 0 || ret[1] < 0)
        ret[0] = ret[1] = -1;
}

static uint16_t bound_port(int fd)
{
    union kin_addr address;
    return kin_acceptor_inherit(fd, &address) == KIN_OK ? kin_addr_port(&address) : 0;
}

static void adopt_udp(struct listeners *l, const struct kin_notify_fd *fds, int count)
{
    struct listener_udp sockets[KIN_NOTIFY_FDS_MAX];
    size_t n = 0;
    for (int i = 0; i < count; i++) {
        if (fds[i].type == SOCK_DGRAM)
            sockets[n++] = (struct listener_udp){fds[i].fd, fds[i].name, bound_port(fds[i].fd)};
    }
    listeners_pick_udp(sockets, n, l->udp);
    for (size_t i = 0; i < n; i++) {
        if (sockets[i].fd == l->udp[0] || sockets[i].fd == l->udp[1])
            continue;
        journal(JOURNAL_DAEMON, KIN_LOG_WARNING, MSG_INHERITED_UDP_UNUSED, sockets[i].port);
        close(sockets[i].fd);
    }
}

static int adopt_inherited(struct listeners *l)
{
    struct kin_notify_fd fds[KIN_NOTIFY_FDS_MAX];
    union kin_addr address;
    int count = kin_notify_inherited(fds);
    for (int i = 0; i < count; i++) {
        if (fds[i].type == SOCK_STREAM && kin_acceptor_inherit(fds[i].fd, &address) == KIN_OK)
            add(l, fds[i].fd, &address);
        else if (fds[i].type != SOCK_DGRAM)
            close(fds[i].fd);
    }
    adopt_udp(l, fds, count);
    return KIN_OK;
}

// --- all

int listeners_open(const struct settings *settings, struct listeners *ret)
{
    *ret = LISTENERS_NONE;
    int err = adopt_inherited(ret);
    bool inherited = ret->count > 0;
    for (size_t i = 0; !inherited && err == KIN_OK && i < settings->server_listen.count; i++)
        err = open_one(ret, settings->server_listen.items[i]);
    if (err == KIN_OK && ret->count == 0) {
        journal(JOURNAL_DAEMON, KIN_LOG_ERR, MSG_NOTHING_TO_LISTEN_ON);
        err = KIN_EIO;
    }
    return err;
}

void listeners_close(struct listeners *l)
{
    for (size_t i = 0; i < l->count; i++)
        close(l->items[i].fd);
    for (unsigned i = 0; i < 2; i++) {
        if (l->udp[i] >= 0)
            close(l->udp[i]);
    }
    *l = LISTENERS_NONE;
}

void listeners_release_udp(struct listeners *l)
{
    l->udp[0] = l->udp[1] = -1;
}

void listeners_announce(const struct listeners *l)
{
    for (size_t i = 0; i < l->count; i++) {
        char address[KIN_ADDR_TEXT], line[KIN_ADDR_TEXT + 32];
        kin_addr_format(&l->items[i].address, address);
        snprintf(line, sizeof line, MSG_LISTENING, address);
        journal_announce(line);
    }
}
