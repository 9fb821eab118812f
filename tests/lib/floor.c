// Sends what a server of a reel has to send and does nothing else: the floor under what serving costs.
//
//   floor gso|mmsg|tcp ADDRESS PORT COUNT REEL SIZES [TICK_US]
//
// REEL is JPEGs one after the other, SIZES a line with the length of each. COUNT receivers get it at 24 frames a
// second, over and over, each 31 ms behind the one before. Over UDP they are at ADDRESS, at every second port from PORT
// on. A frame goes in packets of 1400 bytes, in equal trains of 16 at most, over 70 % of its interval: each train by
// one sendmsg with UDP_SEGMENT (gso) or by one sendmmsg (mmsg). With tcp, receivers connect to ADDRESS:PORT, and a
// frame is one large write of interleaved blocks. There is one timer, which goes off every TICK_US (1000) and is never
// set again; all that is due leaves then. Prints "ready" when it can be connected to, or has begun.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_US 1000
#define FPS 24
#define STAGGER_US 31000
#define PACING 70 // percent
#define PACKET 1400
#define HEADERS 20 // of RTP and of JPEG in it
#define TRAIN 16
#define BLOCK 60000 // of a frame over TCP
#define BLOCKS_MAX 64
#define FRAMES_MAX 100000

enum way { GSO, MMSG, TCP };

struct receiver {
    struct sockaddr_in to;
    int fd;
    int64_t start; // when frame 0 was due
    uint64_t frame;
    unsigned train;
    size_t done; // bytes of the frame that have left, over TCP
    uint16_t seq;
};

static struct {
    enum way way;
    unsigned count;
    struct receiver *receivers;
    const uint8_t *reel;
    size_t frames, offset[FRAMES_MAX + 1];
    int socket, timer;
} m;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static size_t frame_size(const struct receiver *r)
{
    size_t i = r->frame % m.frames;
    return m.offset[i + 1] - m.offset[i];
}

static const uint8_t *frame_bytes(const struct receiver *r)
{
    return m.reel + m.offset[r->frame % m.frames];
}

static int64_t frame_due(const struct receiver *r)
{
    return r->start + (int64_t)(r->frame * 1000000 / FPS);
}

static void write_header(uint8_t *h, const struct receiver *r, uint16_t seq, bool last)
{
    uint32_t ts = (uint32_t)(r->frame * 90000 / FPS);
    memset(h, 0, HEADERS);
    h[0] = 0x80;
    h[1] = (uint8_t)(26 | (last ? 0x80 : 0));
    h[2] = (uint8_t)(seq >> 8);
    h[3] = (uint8_t)seq;
    for (unsigned i = 0; i < 4; i++)
        h[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
}

// --- UDP

static size_t packets_of(size_t size)
{
    return (size + PACKET - HEADERS - 1) / (PACKET - HEADERS);
}

static void send_gso(struct receiver *r, struct iovec *iov, size_t n)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
    } control = {.bytes = {0}};
    uint16_t segment = PACKET;
    struct msghdr msg = {.msg_name = &r->to, .msg_namelen = sizeof r->to, .msg_iov = iov, .msg_iovlen = 2 * n};
    if (n > 1) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        *c = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof segment)};
        memcpy(CMSG_DATA(c), &segment, sizeof segment);
    }
    (void)sendmsg(m.socket, &msg, 0);
}

static void send_mmsg(struct receiver *r, struct iovec *iov, size_t n)
{
    struct mmsghdr msgs[TRAIN];
    memset(msgs, 0, sizeof msgs);
    for (size_t i = 0; i < n; i++)
        msgs[i].msg_hdr = (struct msghdr){
            .msg_name = &r->to, .msg_namelen = sizeof r->to, .msg_iov = &iov[2 * i], .msg_iovlen = 2};
    (void)sendmmsg(m.socket, msgs, (unsigned)n, 0);
}

// The packets from `from` to before `to`.
static void send_train(struct receiver *r, size_t from, size_t to)
{
    uint8_t headers[TRAIN][HEADERS];
    struct iovec iov[2 * TRAIN];
    size_t size = frame_size(r), n = 0;
    for (size_t i = from; i < to; i++, n++) {
        size_t at = i * (PACKET - HEADERS), left = size - at;
        write_header(headers[n], r, r->seq++, at + PACKET - HEADERS >= size);
        iov[2 * n] = (struct iovec){headers[n], HEADERS};
        iov[2 * n + 1] = (struct iovec){(void *)(uintptr_t)(frame_bytes(r) + at),
                                        left < PACKET - HEADERS ? left : PACKET - HEADERS};
    }
    (m.way == GSO ? send_gso : send_mmsg)(r, iov, n);
}

// At most one train, so that a late timer makes no burst.
static void send_due(struct receiver *r, int64_t now)
{
    size_t packets = packets_of(frame_size(r)), trains = (packets + TRAIN - 1) / TRAIN;
    int64_t spread = 1000000LL * PACING / 100 / FPS;
    if (frame_due(r) + spread * (int64_t)r->train / (int64_t)trains > now)
        return;
    send_train(r, packets * r->train / trains, packets * (r->train + 1) / trains);
    if (++r->train == trains) {
        r->train = 0;
        r->frame++;
    }
}

// --- TCP

static size_t skip(struct iovec *iov, size_t n, size_t bytes, struct iovec **ret)
{
    while (n > 0 && bytes >= iov->iov_len) {
        bytes -= iov->iov_len;
        iov++;
        n--;
    }
    if (n > 0)
        *iov = (struct iovec){(uint8_t *)iov->iov_base + bytes, iov->iov_len - bytes};
    *ret = iov;
    return n;
}

// What is left of the frame; false when the connection takes no more.
static bool write_frame(struct receiver *r)
{
    uint8_t headers[BLOCKS_MAX][4 + HEADERS];
    struct iovec iov[2 * BLOCKS_MAX], *left;
    size_t size = frame_size(r), blocks = 0, total = 0;
    for (size_t at = 0; at < size && blocks < BLOCKS_MAX; at += BLOCK, blocks++) {
        size_t part = size - at < BLOCK ? size - at : BLOCK, n = part + HEADERS;
        memcpy(headers[blocks], (uint8_t[4]){'$', 0, (uint8_t)(n >> 8), (uint8_t)n}, 4);
        write_header(headers[blocks] + 4, r, (uint16_t)(r->seq + blocks), at + part == size);
        iov[2 * blocks] = (struct iovec){headers[blocks], 4 + HEADERS};
        iov[2 * blocks + 1] = (struct iovec){(void *)(uintptr_t)(frame_bytes(r) + at), part};
        total += 4 + n;
    }
    size_t n = skip(iov, 2 * blocks, r->done, &left);
    ssize_t done = sendmsg(r->fd, &(struct msghdr){.msg_iov = left, .msg_iovlen = n}, MSG_NOSIGNAL | MSG_DONTWAIT);
    r->done += done > 0 ? (size_t)done : 0;
    if (r->done < total)
        return false;
    r->done = 0;
    r->seq = (uint16_t)(r->seq + blocks);
    r->frame++;
    return true;
}

static void write_due(struct receiver *r, int64_t now)
{
    while (frame_due(r) <= now && write_frame(r))
        ;
}

static void accept_all(void)
{
    int on = 1;
    if (listen(m.socket, 1024) != 0)
        die("listen");
    puts("ready");
    fflush(stdout);
    for (unsigned i = 0; i < m.count; i++) {
        if ((m.receivers[i].fd = accept4(m.socket, NULL, NULL, SOCK_CLOEXEC)) < 0)
            die("accept");
        setsockopt(m.receivers[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

// --- beginning

static void read_reel(const char *reel, const char *sizes)
{
    struct stat s;
    unsigned long long size;
    int fd = open(reel, O_RDONLY | O_CLOEXEC);
    FILE *file = fopen(sizes, "re");
    if (fd < 0 || file == NULL || fstat(fd, &s) != 0)
        die(reel);
    while (m.frames < FRAMES_MAX && fscanf(file, "%llu", &size) == 1) {
        m.offset[m.frames + 1] = m.offset[m.frames] + (size_t)size;
        m.frames++;
    }
    fclose(file);
    m.reel = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (m.reel == MAP_FAILED || m.frames == 0 || m.offset[m.frames] > (size_t)s.st_size)
        die(reel);
    close(fd);
}

static void open_socket(const char *address, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, size = 4 << 20;
    if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
        die(address);
    m.socket = socket(AF_INET, (m.way == TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    setsockopt(m.socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(m.socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (m.way == TCP && bind(m.socket, (struct sockaddr *)&a, sizeof a) != 0)
        die(address);
    for (unsigned i = 0; i < m.count; i++) {
        m.receivers[i].to = a;
        m.receivers[i].to.sin_port = htons((uint16_t)(port + 2 * i));
    }
}

static void start_clock(long tick_us)
{
    struct itimerspec every = {{0, 1000 * tick_us}, {0, 1000 * tick_us}};
    int64_t now = clock_us(), interval = 1000000 / FPS;
    m.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (m.timer < 0 || timerfd_settime(m.timer, 0, &every, NULL) != 0)
        die("timer");
    for (unsigned i = 0; i < m.count; i++) {
        struct receiver *r = &m.receivers[i];
        int64_t ahead = (int64_t)(m.count - i) * STAGGER_US;
        r->frame = (uint64_t)(ahead / interval + 1);
        r->start = now - ahead;
    }
}

int main(int argc, char **argv)
{
    if (argc != 7 && argc != 8)
        die("floor gso|mmsg|tcp ADDRESS PORT COUNT REEL SIZES [TICK_US]");
    m.way = strcmp(argv[1], "gso") == 0 ? GSO : strcmp(argv[1], "mmsg") == 0 ? MMSG : TCP;
    m.count = (unsigned)strtoul(argv[4], NULL, 10);
    m.receivers = calloc(m.count, sizeof *m.receivers);
    if (m.receivers == NULL)
        die("memory");
    read_reel(argv[5], argv[6]);
    open_socket(argv[2], (uint16_t)strtoul(argv[3], NULL, 10));
    if (m.way == TCP)
        accept_all();
    else
        puts("ready");
    fflush(stdout);
    start_clock(argc == 8 ? strtol(argv[7], NULL, 10) : TICK_US);
    for (uint64_t ticks; read(m.timer, &ticks, sizeof ticks) == sizeof ticks;) {
        int64_t now = clock_us();
        for (unsigned i = 0; i < m.count; i++)
            (m.way == TCP ? write_due : send_due)(&m.receivers[i], now);
    }
    return 0;
}
