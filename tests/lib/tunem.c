// A bad network between two network namespaces, for kernels without netem: a TUN device in each, joined by this
// program.
//
//   tunem [OPTION]... NETNS-A ADDRESS-A NETNS-B ADDRESS-B
//
// NETNS is a path such as /run/netns/a or /proc/PID/ns/net, ADDRESS an IPv4 one; both are of one /24. Every packet
// takes
// --delay-ms in either direction. What is sent from A to B also meets --jitter-ms (evenly spread around the delay),
// --loss, --duplicate and --reorder (sent at once, ahead of what waits), in percent; with --both-ways so does what B
// sends. With --udp-port N only UDP packets from or to that port meet them, and only those are counted. The same --seed
// gives the same fate to the n-th packet of a direction, whatever the other direction does.
//
// Prints "ready" once both devices are up. Ends at SIGTERM or SIGINT, with what happened as one line of JSON:
// "overtaken" are packets that came behind one sent later, "overtaken_longer" those of them that came --window-ms
// behind it or more.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEVICE "imp0"
#define MTU 1500
#define QUEUE_LENGTH 10000 // of a device, in packets
#define READ_AT_ONCE 64    // from one device before anything else has its turn
#define RECORDS 8192       // the newest packet at a time, as far back as one may be overtaken
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

static struct {
    double delay_ms, jitter_ms, loss, duplicate, reorder, window_ms;
    uint64_t seed;
    size_t queue; // packets that may wait; more are lost
    uint16_t udp_port;
    bool both_ways;
} settings = {.window_ms = 10, .seed = 1, .queue = 100000};

// A packet and its duplicate share this.
struct packet {
    uint64_t number; // in its direction, of those that are counted
    int copies;
    bool counted, delivered;
    size_t len;
    unsigned char data[];
};

struct waiting {
    int64_t due;
    uint64_t order; // among those that are due at once
    int to;
    struct packet *packet;
};

struct direction {
    uint64_t random;
    uint64_t packets, bytes, lost, duplicated, overtaken, overtaken_longer, refused;
    struct {
        uint64_t number;
        int64_t at;
    } records[RECORDS];
    size_t recorded;
};

static struct direction directions[2]; // by the side that sends
static struct waiting *heap;
static size_t heap_len, heap_cap;
static uint64_t next_order;

static _Noreturn void fail(const char *what, const char *name)
{
    fprintf(stderr, "tunem: %s %s: %s\n", what, name, strerror(errno));
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

// --- devices

static int ioctl_or_fail(int fd, unsigned long request, struct ifreq *r, const char *what)
{
    int result = ioctl(fd, request, r);
    if (result < 0)
        fail(what, DEVICE);
    return result;
}

static void set_address(struct ifreq *r, const char *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, address, &in.sin_addr) != 1) {
        fprintf(stderr, "tunem: %s is no IPv4 address\n", address);
        exit(2);
    }
    memcpy(&r->ifr_addr, &in, sizeof in);
}

static void enter(const char *netns)
{
    int fd = open(netns, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail("cannot open", netns);
    if (setns(fd, CLONE_NEWNET) != 0)
        fail("cannot enter", netns);
    close(fd);
}

static int make_device(const char *netns, const char *address)
{
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    enter(netns);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        fail("cannot open", "/dev/net/tun");
    memcpy(r.ifr_name, DEVICE, sizeof DEVICE);
    ioctl_or_fail(fd, TUNSETIFF, &r, "cannot make");
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0)
        fail("cannot make a socket in", netns);
    set_address(&r, address);
    ioctl_or_fail(control, SIOCSIFADDR, &r, "cannot give an address to");
    set_address(&r, "255.255.255.0");
    ioctl_or_fail(control, SIOCSIFNETMASK, &r, "cannot give a netmask to");
    r.ifr_mtu = MTU;
    ioctl_or_fail(control, SIOCSIFMTU, &r, "cannot set the MTU of");
    r.ifr_qlen = QUEUE_LENGTH;
    ioctl_or_fail(control, SIOCSIFTXQLEN, &r, "cannot set the queue of");
    ioctl_or_fail(control, SIOCGIFFLAGS, &r, "cannot read the flags of");
    r.ifr_flags = (short)(r.ifr_flags | IFF_UP | IFF_RUNNING);
    ioctl_or_fail(control, SIOCSIFFLAGS, &r, "cannot raise");
    close(control);
    return fd;
}

// --- packets on their way: a heap, what is due first on top

static bool before(const struct waiting *a, const struct waiting *b)
{
    return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void push(struct waiting w)
{
    if (heap_len == heap_cap) {
        heap_cap = heap_cap > 0 ? 2 * heap_cap : 1024;
        heap = realloc(heap, heap_cap * sizeof *heap);
        if (heap == NULL)
            fail("cannot hold", "packets");
    }
    size_t i = heap_len++;
    for (; i > 0 && before(&w, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = w;
}

static struct waiting pop(void)
{
    struct waiting top = heap[0], last = heap[--heap_len];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < heap_len; i = child) {
        if (child + 1 < heap_len && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &last))
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

// --- a packet's fate

static double chance(struct direction *d) // from 0 to 1; xorshift
{
    d->random ^= d->random << 13;
    d->random ^= d->random >> 7;
    d->random ^= d->random << 17;
    return (double)(d->random >> 11) * 0x1p-53;
}

static bool is_of_port(const unsigned char *data, size_t len, uint16_t port)
{
    size_t head = len > 0 ? (size_t)(data[0] & 15) * 4 : 0;
    if (len < head + 8 || head < 20 || data[0] >> 4 != 4 || data[9] != IPPROTO_UDP)
        return false;
    const unsigned char *udp = data + head;
    return (udp[0] << 8 | udp[1]) == port || (udp[2] << 8 | udp[3]) == port;
}

static void send_later(struct packet *p, int to, int64_t due)
{
    p->copies++;
    push((struct waiting){.due = due, .order = next_order++, .to = to, .packet = p});
}

static void take(int from, const unsigned char *data, size_t len)
{
    struct direction *d = &directions[from];
    bool counted = settings.udp_port == 0 || is_of_port(data, len, settings.udp_port);
    bool suffers = counted && (from == 0 || settings.both_ways);
    int64_t at = now(), delay = (int64_t)(settings.delay_ms * NS_PER_MS);
    int64_t when[2] = {delay, delay};
    bool lost = false, twice = false;
    if (suffers) { // always the same number of draws
        lost = chance(d) * 100 < settings.loss;
        twice = chance(d) * 100 < settings.duplicate;
        bool ahead = chance(d) * 100 < settings.reorder;
        for (int i = 0; i < 2; i++) {
            when[i] += (int64_t)(settings.jitter_ms * NS_PER_MS * (2 * chance(d) - 1));
            when[i] = ahead || when[i] < 0 ? 0 : when[i];
        }
    }
    lost = lost || heap_len >= settings.queue;
    uint64_t number = d->packets;
    d->packets += counted;
    d->bytes += counted ? len : 0;
    d->lost += counted && lost;
    if (lost)
        return;
    struct packet *p = malloc(sizeof *p + len);
    if (p == NULL)
        fail("cannot hold", "a packet");
    *p = (struct packet){.number = number, .counted = counted, .len = len};
    memcpy(p->data, data, len);
    send_later(p, 1 - from, at + when[0]);
    if (twice)
        send_later(p, 1 - from, at + when[1]);
    d->duplicated += twice;
}

// When the first packet that was sent after this one was delivered; -1 when none was.
static int64_t overtaken_at(const struct direction *d, uint64_t number)
{
    int64_t at = -1;
    for (size_t i = d->recorded; i-- > 0 && d->recorded - i <= RECORDS && d->records[i % RECORDS].number > number;)
        at = d->records[i % RECORDS].at;
    return at;
}

static void count_order(struct direction *d, const struct packet *p)
{
    int64_t at = now(), overtaken = overtaken_at(d, p->number);
    if (overtaken < 0) {
        d->records[d->recorded % RECORDS].number = p->number;
        d->records[d->recorded++ % RECORDS].at = at;
        return;
    }
    d->overtaken++;
    d->overtaken_longer += at - overtaken >= (int64_t)(settings.window_ms * NS_PER_MS);
}

static void deliver(const int *devices, struct waiting w)
{
    struct direction *d = &directions[1 - w.to];
    struct packet *p = w.packet;
    if (write(devices[w.to], p->data, p->len) < 0)
        d->refused++;
    if (p->counted && !p->delivered)
        count_order(d, p);
    p->delivered = true;
    if (--p->copies == 0)
        free(p);
}

// --- the loop

static void report(void)
{
    static const char *const names[2] = {"forth", "back"};
    for (int i = 0; i < 2; i++) {
        const struct direction *d = &directions[i];
        printf("%s\"%s\":{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"duplicated\":%" PRIu64
               ",\"overtaken\":%" PRIu64 ",\"overtaken_longer\":%" PRIu64 ",\"refused\":%" PRIu64 "}",
               i == 0 ? "{" : ",", names[i], d->packets, d->bytes, d->lost, d->duplicated, d->overtaken,
               d->overtaken_longer, d->refused);
    }
    printf("}\n");
}

static void run(const int *devices, int signals)
{
    for (;;) {
        struct pollfd polled[3] = {{.fd = devices[0], .events = POLLIN},
                                   {.fd = devices[1], .events = POLLIN},
                                   {.fd = signals, .events = POLLIN}};
        int64_t left = heap_len > 0 ? heap[0].due - now() : NS_PER_S;
        left = left < 0 ? 0 : left;
        struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_S), .tv_nsec = (long)(left % NS_PER_S)};
        if (ppoll(polled, 3, &timeout, NULL) < 0 && errno != EINTR)
            fail("cannot wait for", "packets");
        if (polled[2].revents != 0)
            return;
        for (int from = 0; from < 2; from++) {
            unsigned char data[MTU];
            ssize_t n = 0;
            for (int i = 0; i < READ_AT_ONCE && (n = read(devices[from], data, sizeof data)) > 0; i++)
                take(from, data, (size_t)n);
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                fail("cannot read from", DEVICE);
        }
        while (heap_len > 0 && heap[0].due <= now())
            deliver(devices, pop());
    }
}

static const struct option options[] = {
    {"delay-ms", required_argument, NULL, 'd'},
    {"jitter-ms", required_argument, NULL, 'j'},
    {"loss", required_argument, NULL, 'l'},
    {"duplicate", required_argument, NULL, 'u'},
    {"reorder", required_argument, NULL, 'r'},
    {"window-ms", required_argument, NULL, 'w'},
    {"seed", required_argument, NULL, 's'},
    {"queue", required_argument, NULL, 'q'},
    {"udp-port", required_argument, NULL, 'p'},
    {"both-ways", no_argument, NULL, 'b'},
    {NULL, 0, NULL, 0},
};

static void set(int option, double value)
{
    switch (option) {
    case 'd':
        settings.delay_ms = value;
        break;
    case 'j':
        settings.jitter_ms = value;
        break;
    case 'l':
        settings.loss = value;
        break;
    case 'u':
        settings.duplicate = value;
        break;
    case 'r':
        settings.reorder = value;
        break;
    case 'w':
        settings.window_ms = value;
        break;
    case 's':
        settings.seed = (uint64_t)value;
        break;
    case 'q':
        settings.queue = (size_t)value;
        break;
    case 'p':
        settings.udp_port = (uint16_t)value;
        break;
    default:
        settings.both_ways = true;
        break;
    }
}

static void read_options(int argc, char **argv)
{
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        char *end = NULL;
        double value = optarg != NULL ? strtod(optarg, &end) : 0;
        if (option == '?' || (optarg != NULL && (end == optarg || *end != '\0' || !(value >= 0 && value <= 1e9)))) {
            if (option != '?')
                fprintf(stderr, "tunem: %s is no number that could be meant\n", optarg);
            exit(2);
        }
        set(option, value);
    }
    if (argc - optind != 4) {
        fprintf(stderr, "usage: tunem [OPTION]... NETNS-A ADDRESS-A NETNS-B ADDRESS-B\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    int signals = signalfd(-1, &ends, SFD_CLOEXEC);
    if (signals < 0)
        fail("cannot wait for", "signals");
    int devices[2];
    for (int i = 0; i < 2; i++) {
        devices[i] = make_device(argv[optind + 2 * i], argv[optind + 2 * i + 1]);
        directions[i].random = (settings.seed * 2 + (uint64_t)i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    }
    puts("ready");
    fflush(stdout);
    run(devices, signals);
    report();
    return fflush(stdout) == 0 ? 0 : 1;
}
