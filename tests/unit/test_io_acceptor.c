// io/acceptor: when descriptors run out, those who wait are turned away, and accepting goes on once there are some.
#include "io/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "unit.h"

struct door {
    struct kin_loop loop;
    struct kin_acceptor *acceptor;
    union kin_addr bound;
    int listener, clients[3];
    unsigned accepted, troubles;
    int error;
};

static void on_accept(void *ctx, int fd)
{
    ((struct door *)ctx)->accepted++;
    close(fd);
}

static void on_trouble(void *ctx, int error)
{
    struct door *d = ctx;
    d->troubles++;
    d->error = error;
}

static int door_open(struct door *d)
{
    union kin_addr any;
    *d = (struct door){.listener = -1, .clients = {-1, -1, -1}};
    kin_addr_parse("127.0.0.1:0", &any);
    int err = kin_loop_init(&d->loop);
    if (err != KIN_OK)
        return err;
    d->listener = kin_acceptor_listen(&any, &d->bound);
    return kin_acceptor_new(&d->loop, d->listener, on_accept, on_trouble, d, &d->acceptor);
}

static void door_close(struct door *d)
{
    kin_acceptor_close(d->acceptor);
    kin_loop_deinit(&d->loop);
    for (unsigned i = 0; i < 3; i++)
        if (d->clients[i] >= 0)
            close(d->clients[i]);
    if (d->listener >= 0)
        close(d->listener);
}

static int knock(struct door *d)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &d->bound.sa, kin_addr_len(&d->bound)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool was_closed(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

static void set_limit(rlim_t soft)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = soft;
    setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(who_finds_no_descriptor_is_turned_away)
{
    struct door d;
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    if (!unit_plain())
        return; // it takes its time
    CHECK_INT(door_open(&d), KIN_OK);
    d.clients[0] = knock(&d);
    d.clients[1] = knock(&d);
    CHECK(d.clients[0] >= 0 && d.clients[1] >= 0);
    set_limit((rlim_t)d.clients[1] + 1); // all below it are taken
    for (int i = 0; i < 100 && !(was_closed(d.clients[0]) && was_closed(d.clients[1])); i++) {
        uv_run(&d.loop.uv, UV_RUN_NOWAIT);
        usleep(50000);
    }
    set_limit(before.rlim_cur);
    CHECK(was_closed(d.clients[0]) && was_closed(d.clients[1]));
    CHECK_INT(d.accepted, 0);
    CHECK(d.troubles >= 2 && d.troubles < 10);
    CHECK_INT(d.error, EMFILE);
    d.clients[2] = knock(&d);
    for (int i = 0; i < 100 && d.accepted == 0; i++) {
        uv_run(&d.loop.uv, UV_RUN_NOWAIT);
        usleep(50000);
    }
    CHECK_INT(d.accepted, 1);
out:
    set_limit(before.rlim_cur);
    door_close(&d);
}
