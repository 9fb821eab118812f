// Receives what many viewers of a server would, as cheaply as it can, and checks every packet.
//
//   viewers [--tcp] [--bare] [--count N] [--stagger-us N] [--port N] rtsp://ADDRESS:PORT/PATH
//   viewers --churn N [--count N] rtsp://ADDRESS:PORT/PATH
//
// Each viewer connects --stagger-us after the one before, and plays from the start, over UDP (into the ports from
// --port on, two for each) or in its connection. With --bare nothing is asked for: packets come into the ports, or
// blocks in the connection (tests/lib/floor.c). Once all play it prints "playing". On its input, "begin" sets all
// counts to zero, "end" prints them as a line of JSON, and the end of the input ends it. With --churn, --count viewers
// at a time connect, play over TCP until the first block and break off, N times in all; then it prints that line and
// ends.
//
// Over TCP they call themselves GStreamer: as that, they are known to take long packets.
//
// Nobody is woken by a packet: sockets are read once in NAP_US (while somebody joins, at once). Times are those that
// the kernel put on the packets.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NAP_US 1000
#define WITHIN_US 1000 // for the burst
#define RECENT 1024    // packets remembered for it
#define BATCH 16
#define DATAGRAM_MAX 65536
#define INPUT_MAX 262144 // of a connection
#define RECEIVE_BUFFER (4 << 20)
#define BUCKET_US 10 // of deviations
#define BUCKETS 200000
#define EVENTS 256
#define STDIN_EVENT UINT64_MAX
#define RTP_HEADER 12
#define TAKES_LONG_PACKETS "User-Agent: GStreamer/1.22\r\n"

enum state { WAITING, DESCRIBING, SETTING_UP, STARTING, PLAYING, FAILED };

struct viewer {
    enum state state;
    int rtsp, rtp, rtcp; // -1: not open
    int64_t starts_at, connected_at, first_at;
    unsigned cseq;
    char session[80], control[256];
    char *input;
    size_t n;
    // the stream
    bool begun, whole; // whole: nothing of this frame is missing so far
    uint16_t next_seq;
    uint32_t ts;
    int64_t frame_at;
    int64_t recent[RECENT]; // times of packets
    uint64_t oldest, newest;
};

static struct {
    bool tcp, bare;
    unsigned count, port;
    int64_t stagger_us;
    uint64_t churn;
    const char *url;
    struct sockaddr_in server;
} settings = {.count = 1, .port = 20000};

static struct {
    struct viewer *viewers;
    int epoll;
    unsigned started, joining, playing, failed;
    bool announced, over;
    int64_t now, begin;
    uint64_t begun, cycles;
} m;

static struct {
    uint64_t packets, bytes, frames, incomplete, lost, disordered, burst, deviations;
    int64_t longest; // time between two frames of a viewer
    uint64_t deviation[BUCKETS];
    int64_t cpu_us;
} counts;

static struct {
    uint8_t bytes[BATCH][DATAGRAM_MAX];
    uint8_t control[BATCH][128];
    struct iovec iov[BATCH];
    struct mmsghdr msgs[BATCH];
} room;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "viewers: %s: %s\n", what, strerror(errno));
    exit(2);
}

// What SO_TIMESTAMPNS uses.
static int64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

// --- packets

static void note_interval(struct viewer *v, uint32_t ts, int64_t at)
{
    if (v->frame_at != 0) {
        int64_t off = at - v->frame_at - (int64_t)(ts - v->ts) * 1000000 / 90000;
        int64_t bucket = (off < 0 ? -off : off) / BUCKET_US;
        counts.deviation[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
        counts.deviations++;
        counts.longest = at - v->frame_at > counts.longest ? at - v->frame_at : counts.longest;
    }
    v->frame_at = at;
}

static void note_burst(struct viewer *v, int64_t at)
{
    v->recent[v->newest++ % RECENT] = at;
    while (v->newest - v->oldest > RECENT || at - v->recent[v->oldest % RECENT] >= WITHIN_US)
        v->oldest++;
    if (v->newest - v->oldest > counts.burst)
        counts.burst = v->newest - v->oldest;
}

static void note_order(struct viewer *v, uint16_t seq)
{
    int16_t gap = (int16_t)(seq - v->next_seq);
    if (!v->begun || gap == 0)
        return;
    v->whole = false;
    if (gap < 0)
        counts.disordered++;
    else
        counts.lost += (uint64_t)gap;
}

static void note_packet(struct viewer *v, const uint8_t *p, size_t n, int64_t at)
{
    if (n < RTP_HEADER)
        return;
    uint16_t seq = (uint16_t)(p[2] << 8 | p[3]);
    uint32_t ts = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
    counts.packets++;
    counts.bytes += n;
    note_burst(v, at);
    note_order(v, seq);
    if (!v->begun || ts != v->ts)
        note_interval(v, ts, at);
    if (!v->begun)
        v->first_at = at;
    v->begun = true;
    v->ts = ts;
    v->next_seq = (uint16_t)(seq + 1);
    if (p[1] & 0x80) {
        counts.frames += v->whole;
        counts.incomplete += !v->whole;
        v->whole = true;
    }
}

static void note_datagram(struct viewer *v, struct msghdr *msg, const uint8_t *bytes, size_t n)
{
    size_t segment = n;
    int64_t at = m.now;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof size);
            segment = (size_t)size;
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            at = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
        }
    }
    for (size_t i = 0; i < n; i += segment)
        note_packet(v, bytes + i, n - i < segment ? n - i : segment, at);
}

static void read_datagrams(struct viewer *v)
{
    int n;
    do {
        for (size_t i = 0; i < BATCH; i++) {
            room.iov[i] = (struct iovec){room.bytes[i], DATAGRAM_MAX};
            room.msgs[i].msg_hdr = (struct msghdr){
                .msg_iov = &room.iov[i], .msg_iovlen = 1, .msg_control = room.control[i], .msg_controllen = 128};
        }
        n = recvmmsg(v->rtp, room.msgs, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++)
            note_datagram(v, &room.msgs[i].msg_hdr, room.bytes[i], room.msgs[i].msg_len);
    } while (n == BATCH);
}

// --- coming and going

static void watch(int fd, uint64_t what)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = what};
    if (epoll_ctl(m.epoll, EPOLL_CTL_ADD, fd, &e) != 0)
        die("epoll");
}

static int open_port(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, size = RECEIVE_BUFFER, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("a port for packets");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    return fd;
}

static void send_request(struct viewer *v, enum state state, const char *method, const char *url, const char *header)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "%s %s RTSP/1.0\r\nCSeq: %u\r\n%s%s%s%s%s\r\n", method, url, ++v->cseq,
                     settings.tcp ? TAKES_LONG_PACKETS : "", v->session[0] != '\0' ? "Session: " : "", v->session,
                     v->session[0] != '\0' ? "\r\n" : "", header);
    v->state = state;
    if (send(v->rtsp, text, (size_t)n, MSG_NOSIGNAL) != n)
        die("a request cannot be sent");
}

static void connect_viewer(struct viewer *v, uint64_t index)
{
    int on = 1;
    v->rtsp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    v->connected_at = clock_us();
    if (v->rtsp < 0 || connect(v->rtsp, (struct sockaddr *)&settings.server, sizeof settings.server) != 0)
        die("cannot connect");
    setsockopt(v->rtsp, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(v->rtsp, 2 * index);
}

static void settle(struct viewer *v, enum state state)
{
    v->state = state;
    m.joining--;
    m.playing += state == PLAYING;
    m.failed += state == FAILED;
}

static void start(struct viewer *v)
{
    uint64_t index = (uint64_t)(v - m.viewers);
    uint16_t port = (uint16_t)(settings.port + 2 * index);
    m.begun++;
    m.joining++;
    if (!settings.tcp) {
        v->rtp = open_port(port);
        v->rtcp = open_port((uint16_t)(port + 1)); // what comes there is not read
        watch(v->rtp, 2 * index + 1);
    }
    if (!settings.bare || settings.tcp)
        connect_viewer(v, index);
    if (settings.bare)
        settle(v, PLAYING);
    else
        send_request(v, DESCRIBING, "DESCRIBE", settings.url, "Accept: application/sdp\r\n");
}

static void start_due(void)
{
    while (m.started < settings.count && m.viewers[m.started].starts_at <= m.now)
        start(&m.viewers[m.started++]);
}

// Breaks off, and begins again while cycles are left.
static void drop(struct viewer *v)
{
    struct linger none = {.l_onoff = 1};
    setsockopt(v->rtsp, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(v->rtsp);
    m.playing -= v->state == PLAYING;
    *v = (struct viewer){.rtsp = -1, .rtp = -1, .rtcp = -1, .input = v->input, .whole = true};
    if (m.begun < settings.churn)
        start(v);
    m.over = ++m.cycles == settings.churn;
}

// --- replies

// The rest of the line after the last `name`, up to one of `ends`.
static bool find_value(const char *text, const char *name, const char *ends, char *ret, size_t size)
{
    const char *found = NULL;
    for (const char *at = text; (at = strcasestr(at, name)) != NULL; at += strlen(name))
        found = at + strlen(name);
    if (found == NULL)
        return false;
    snprintf(ret, size, "%.*s", (int)strcspn(found, ends), found);
    return true;
}

static void set_up(struct viewer *v, const char *reply)
{
    char control[128] = "", header[128];
    const char *slash = settings.url[strlen(settings.url) - 1] == '/' ? "" : "/";
    unsigned port = settings.port + 2 * (unsigned)(v - m.viewers);
    find_value(reply, "a=control:", "\r\n", control, sizeof control);
    if (strncmp(control, "rtsp://", 7) == 0)
        snprintf(v->control, sizeof v->control, "%s", control);
    else
        snprintf(v->control, sizeof v->control, "%s%s%s", settings.url, slash, control);
    if (settings.tcp)
        snprintf(header, sizeof header, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    else
        snprintf(header, sizeof header, "Transport: RTP/AVP;unicast;client_port=%u-%u\r\n", port, port + 1);
    send_request(v, SETTING_UP, "SETUP", v->control, header);
}

static void on_reply(struct viewer *v, const char *reply)
{
    if (strncmp(reply, "RTSP/1.0 200", 12) != 0) {
        if (v->state != PLAYING)
            settle(v, FAILED);
        return;
    }
    switch (v->state) {
    case DESCRIBING:
        set_up(v, reply);
        break;
    case SETTING_UP:
        find_value(reply, "\r\nSession: ", ";\r\n", v->session, sizeof v->session);
        send_request(v, STARTING, "PLAY", settings.url, "Range: npt=0-\r\n");
        break;
    case STARTING:
        settle(v, PLAYING);
        break;
    default:
        break;
    }
}

// Bytes of the block or reply that v->input begins with; 0: not all of it is there.
static size_t take_one(struct viewer *v, char *p, size_t n)
{
    if (p[0] == '$') {
        size_t size = n < 4 ? n : 4 + (size_t)((uint8_t)p[2] << 8 | (uint8_t)p[3]);
        if (n < 4 || n < size)
            return 0;
        if (p[1] == 0)
            note_packet(v, (uint8_t *)p + 4, size - 4, m.now);
        return size;
    }
    char number[24] = "0", *end = memmem(p, n, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    size_t size = (size_t)(end - p) + 4;
    char after = p[size];
    p[size] = '\0';
    find_value(p, "Content-Length:", "\r\n", number, sizeof number);
    p[size] = after;
    size += strtoul(number, NULL, 10);
    if (n < size)
        return 0;
    after = p[size];
    p[size] = '\0';
    on_reply(v, p);
    p[size] = after;
    return size;
}

static void read_connection(struct viewer *v)
{
    ssize_t got = recv(v->rtsp, v->input + v->n, INPUT_MAX - v->n, MSG_DONTWAIT);
    size_t at = 0, one;
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN)
            return;
        epoll_ctl(m.epoll, EPOLL_CTL_DEL, v->rtsp, NULL);
        if (v->state != PLAYING && v->state != FAILED)
            settle(v, FAILED);
        return;
    }
    for (v->n += (size_t)got; at < v->n && (one = take_one(v, v->input + at, v->n - at)) > 0; at += one)
        ;
    v->n -= at;
    memmove(v->input, v->input + at, v->n);
    if (settings.churn > 0 && (v->state == FAILED || (v->state == PLAYING && v->begun)))
        drop(v);
}

// --- what is asked

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double deviation_ms(double share)
{
    uint64_t seen = 0;
    size_t i = 0;
    while (i < BUCKETS - 1 && (double)(seen += counts.deviation[i]) < share * (double)counts.deviations)
        i++;
    return (double)(i + 1) * BUCKET_US / 1e3;
}

// The pauses that still last as well.
static double longest_ms(void)
{
    int64_t longest = counts.longest;
    for (unsigned i = 0; i < settings.count; i++) {
        const struct viewer *v = &m.viewers[i];
        int64_t since = m.now - (v->frame_at != 0 ? v->frame_at : m.begin);
        if (v->state == PLAYING && since > longest)
            longest = since;
    }
    return (double)longest / 1e3;
}

static void print_firsts(void)
{
    int64_t *took = calloc(settings.count, sizeof *took);
    unsigned n = 0;
    for (unsigned i = 0; took != NULL && !settings.bare && i < settings.count; i++)
        if (m.viewers[i].first_at != 0 && m.viewers[i].connected_at != 0)
            took[n++] = m.viewers[i].first_at - m.viewers[i].connected_at;
    if (n > 0) {
        qsort(took, n, sizeof *took, by_size);
        printf(", \"first_ms\": %.2f, \"first_p99_ms\": %.2f", (double)took[n / 2] / 1e3,
               (double)took[(n * 99 - 1) / 100] / 1e3);
    }
    free(took);
}

static void print_counts(void)
{
    printf("{\"playing\": %u, \"failed\": %u, \"seconds\": %.4f, \"cpu_s\": %.4f, \"cycles\": %" PRIu64
           ", \"packets\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"frames\": %" PRIu64 ", \"incomplete\": %" PRIu64
           ", \"lost\": %" PRIu64 ", \"disordered\": %" PRIu64 ", \"burst\": %" PRIu64
           ", \"deviation_p99_ms\": %.2f, \"longest_ms\": %.1f",
           m.playing, m.failed, (double)(m.now - m.begin) / 1e6, (double)(cpu_us() - counts.cpu_us) / 1e6, m.cycles,
           counts.packets, counts.bytes, counts.frames, counts.incomplete, counts.lost, counts.disordered, counts.burst,
           deviation_ms(0.99), longest_ms());
    print_firsts();
    puts("}");
    fflush(stdout);
}

static void begin(void)
{
    memset(&counts, 0, sizeof counts);
    counts.cpu_us = cpu_us();
    m.begin = m.now;
}

static void on_input(void)
{
    char words[64] = "";
    ssize_t n = read(STDIN_FILENO, words, sizeof words - 1);
    if (n <= 0)
        m.over = true;
    else if (strstr(words, "begin") != NULL)
        begin();
    else
        print_counts();
}

static void announce(void)
{
    if (m.announced || m.started < settings.count || m.joining > 0 || settings.churn > 0)
        return;
    m.announced = true;
    puts("playing");
    fflush(stdout);
}

static void turn(void)
{
    struct epoll_event events[EVENTS];
    struct timespec nap = {.tv_nsec = NAP_US * 1000};
    if (m.joining == 0)
        nanosleep(&nap, NULL);
    int n = epoll_wait(m.epoll, events, EVENTS, m.joining > 0);
    m.now = clock_us();
    start_due();
    for (int i = 0; i < n; i++) {
        uint64_t what = events[i].data.u64;
        if (what == STDIN_EVENT)
            on_input();
        else if (what % 2 == 1)
            read_datagrams(&m.viewers[what / 2]);
        else
            read_connection(&m.viewers[what / 2]);
    }
    announce();
}

// --- arguments

static void read_url(const char *url)
{
    char address[64], *colon;
    settings.url = url;
    if (strncmp(url, "rtsp://", 7) != 0 || strcspn(url + 7, "/") >= sizeof address)
        die(url);
    snprintf(address, sizeof address, "%.*s", (int)strcspn(url + 7, "/"), url + 7);
    if ((colon = strchr(address, ':')) == NULL)
        die(url);
    *colon = '\0';
    settings.server = (struct sockaddr_in){.sin_family = AF_INET};
    settings.server.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, address, &settings.server.sin_addr) != 1)
        die(url);
}

static void read_arguments(int argc, char **argv)
{
    static const struct option options[] = {{"tcp", no_argument, NULL, 't'},
                                            {"bare", no_argument, NULL, 'b'},
                                            {"count", required_argument, NULL, 'n'},
                                            {"stagger-us", required_argument, NULL, 's'},
                                            {"port", required_argument, NULL, 'p'},
                                            {"churn", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        uint64_t number = optarg != NULL ? strtoull(optarg, NULL, 10) : 0;
        switch (o) {
        case 't':
            settings.tcp = true;
            break;
        case 'b':
            settings.bare = true;
            break;
        case 'n':
            settings.count = (unsigned)number;
            break;
        case 's':
            settings.stagger_us = (int64_t)number;
            break;
        case 'p':
            settings.port = (unsigned)number;
            break;
        case 'c':
            settings.churn = number;
            break;
        default:
            exit(2);
        }
    }
    if (optind + 1 != argc || settings.count == 0)
        die("one URL is needed");
    settings.tcp = settings.tcp || settings.churn > 0;
    read_url(argv[optind]);
}

static void make_viewers(void)
{
    m.viewers = calloc(settings.count, sizeof *m.viewers);
    for (unsigned i = 0; m.viewers != NULL && i < settings.count; i++) {
        char *input = malloc(INPUT_MAX + 1);
        if (input == NULL)
            die("memory");
        m.viewers[i] = (struct viewer){.rtsp = -1,
                                       .rtp = -1,
                                       .rtcp = -1,
                                       .input = input,
                                       .whole = true,
                                       .starts_at = m.now + i * settings.stagger_us};
    }
}

int main(int argc, char **argv)
{
    struct rlimit files;
    read_arguments(argc, argv);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    m.epoll = epoll_create1(EPOLL_CLOEXEC);
    m.now = clock_us();
    make_viewers();
    if (settings.churn == 0)
        watch(STDIN_FILENO, STDIN_EVENT);
    begin();
    while (!m.over)
        turn();
    if (settings.churn > 0)
        print_counts();
    return 0;
}
