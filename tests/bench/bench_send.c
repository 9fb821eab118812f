// What sending costs: CPU seconds of the sender per gigabyte of 1400-byte packets over loopback, gathered from four
// pieces each as a viewer sends them. Compare the ratios of one run: on loopback the kernel's receiving half is charged
// to the sender, and machines differ.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/datagram.h"

#define PACKET 1400
#define VIEWERS 10
#define MEGABYTES 400
#define TRAIN KIN_DATAGRAM_TRAIN_MAX

static atomic_bool over;

struct drain {
    int fd;
};

// A receiver that takes packets away as cheaply as it can.
static void *drain_main(void *arg)
{
    static _Thread_local uint8_t room[32][2048];
    struct drain *d = (struct drain *)arg;
    struct mmsghdr msgs[32];
    struct iovec iov[32];
    memset(msgs, 0, sizeof msgs);
    for (size_t i = 0; i < 32; i++) {
        iov[i] = (struct iovec){room[i], sizeof room[i]};
        msgs[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
    }
    struct timeval patience = {.tv_usec = 100000};
    setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (!atomic_load(&over))
        (void)recvmmsg(d->fd, msgs, 32, MSG_WAITFORONE, NULL);
    return NULL;
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_THREAD, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

struct way {
    const char *name;
    size_t train;
    bool no_trains;
};

static const struct way ways[] = {
    {"one packet a call", 1, false},
    {"sendmmsg of 16", TRAIN, true},
    {"UDP_SEGMENT trains of 4", 4, false},
    {"UDP_SEGMENT trains of 8", 8, false},
    {"UDP_SEGMENT trains of 16", TRAIN, false},
};

static void fill(struct kin_datagram_out out[TRAIN], uint8_t *frame)
{
    for (size_t i = 0; i < TRAIN; i++) {
        uint8_t *p = frame + i * PACKET;
        out[i] = (struct kin_datagram_out){.part = {kin_span_make(p, 12), kin_span_make(p + 12, 8),
                                                    kin_span_make(p + 20, PACKET - 20), kin_span_make(p, 0)},
                                           .parts = 4,
                                           .size = PACKET};
    }
}

// Returns CPU seconds per GB that the kernel took, or a negative number.
static double measure(struct kin_loop *loop, const struct way *way, const union kin_addr *peers)
{
    static uint8_t frame[TRAIN * PACKET];
    static const struct kin_datagram_handler deaf = {NULL, NULL};
    struct kin_datagram_options o = {.send_buffer = 4 << 20};
    struct kin_datagram_out out[TRAIN];
    struct kin_datagram *d = NULL;
    uint64_t sent = 0;
    kin_addr_parse("127.0.0.1:0", &o.bind);
    fill(out, frame);
    if (kin_datagram_open(loop, &o, &deaf, NULL, &d) != KIN_OK)
        return -1;
    if (way->no_trains)
        kin_datagram_no_trains(d);
    double from = cpu_seconds();
    for (unsigned viewer = 0; sent < (uint64_t)MEGABYTES * 1000000; viewer = (viewer + 1) % VIEWERS) {
        ptrdiff_t n = kin_datagram_send(d, &peers[viewer], NULL, out, way->train);
        sent += n > 0 ? (uint64_t)n * PACKET : 0;
    }
    double per_gb = (cpu_seconds() - from) / ((double)sent / 1e9);
    kin_datagram_close(d);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    return per_gb;
}

static int open_receiver(union kin_addr *ret)
{
    socklen_t n = sizeof *ret;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    kin_addr_parse("127.0.0.1:0", ret);
    if (fd < 0 || bind(fd, &ret->sa, kin_addr_len(ret)) != 0 || getsockname(fd, &ret->sa, &n) != 0)
        return -1;
    return fd;
}

static int run(struct kin_loop *loop, bool drained)
{
    union kin_addr peers[VIEWERS];
    struct drain drains[VIEWERS];
    pthread_t threads[VIEWERS];
    unsigned started = 0;
    double slowest = 0;
    atomic_store(&over, false);
    for (unsigned i = 0; i < VIEWERS; i++)
        if ((drains[i].fd = open_receiver(&peers[i])) < 0)
            return 1;
    for (unsigned i = 0; drained && i < VIEWERS; i++)
        started += pthread_create(&threads[i], NULL, drain_main, &drains[i]) == 0;
    printf("%u viewers, %s\n", VIEWERS, drained ? "drained by recvmmsg" : "nobody reads: full sockets");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        double cost = measure(loop, &ways[i], peers);
        slowest = i == 0 ? cost : slowest;
        printf("  %-26s %6.2f CPU s/GB   %5.2f of the first\n", ways[i].name, cost, cost / slowest);
    }
    atomic_store(&over, true);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < VIEWERS; i++)
        close(drains[i].fd);
    return 0;
}

int main(void)
{
    struct kin_loop loop;
    if (kin_loop_init(&loop) != KIN_OK)
        return 1;
    int err = run(&loop, false);
    if (err == 0)
        err = run(&loop, true);
    return kin_loop_deinit(&loop) != 0 ? 1 : err;
}
