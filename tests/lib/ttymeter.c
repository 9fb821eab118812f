// Runs a program on a terminal of its own, and notes what comes and when.
//
//   ttymeter --log FILE [--cells FILE] [--size COLSxROWS] [--delay-ms N] [--relay] [--at SECONDS ACTION]... --
//   COMMAND...
//
// The terminal answers queries like a truecolor xterm that knows DEC mode 2026, once it has read them, and takes bytes
// as they come. Bytes take --delay-ms on their way, in either direction. ACTION is rate=N (bytes a second from then on;
// 0: all, -1: none), key=TEXT, or quit (SIGTERM). With --relay it stands between a program and the real terminal that
// it runs in, which sets the pace and answers. Lines of the log, times in microseconds since the start:
//   s TIME COUNTS    a screen is complete: mode 2026 ended; or, where it is not used, the cursor went far up. With
//                    --cells its cells are appended there, each as three uint32: code point, foreground, background
//   c TIME COUNTS    every quarter of a second
//   k TIME           a key was pressed (--delay-ms before the program gets it)
//   a TIME           after it, the first letter arrived outside of the first two and the last eight rows
//   r TIME N         rate=N
// COUNTS are bytes, cells written, sixel images, kitty images, iTerm2 images, and microseconds of the processor that
// the program and its children have taken.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ttygrid.h"

#define ACTIONS_MAX 64
#define READ_MAX 65536
#define TICK_US 1000     // of a limited rate
#define BURST_US 4000    // a limited rate makes up for no longer pause
#define SAMPLE_US 250000 // of COUNTS
#define GRACE_US 3000000 // after SIGTERM
#define CHILDREN_MAX 16
#define CELL_WIDTH 10 // pixels, of the window
#define CELL_HEIGHT 20

struct action {
    int64_t at;
    const char *text;
};

// Bytes on their way.
struct chunk {
    struct chunk *next;
    int64_t due;
    size_t n;
    char bytes[];
};
struct queue {
    struct chunk *first, **last;
};

static struct {
    const char *log, *cells;
    struct winsize size;
    int64_t delay;
    bool relay;
    struct action actions[ACTIONS_MAX];
    int action_count;
} settings = {.size = {40, 120, 120 * CELL_WIDTH, 40 * CELL_HEIGHT}};

static struct {
    FILE *log, *cells;
    struct grid grid;
    struct queue output, input; // of the program
    int master;
    pid_t child;
    int64_t start, now, sampled, filled, quit_at;
    double rate, credit; // bytes a second; those that may be read now
    int next_action;
    uint64_t screens, letters; // that have been noted
    bool pressed, ended;
} m;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "ttymeter: %s: %s\n", what, strerror(errno));
    exit(2);
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) != 0 ? 0 : (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t cpu_us(pid_t pid)
{
    char path[64];
    clockid_t clock;
    int child;
    int64_t sum = clock_getcpuclockid(pid, &clock) == 0 ? clock_us(clock) : 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "re");
    for (int i = 0; file != NULL && i < CHILDREN_MAX && fscanf(file, "%d", &child) == 1; i++)
        sum += cpu_us(child);
    if (file != NULL)
        fclose(file);
    return sum;
}

static void note_counts(char kind)
{
    const struct grid_counts *c = &m.grid.counts;
    fprintf(m.log, "%c %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 "\n", kind,
            m.now, c->bytes, c->painted, c->sixels, c->kitty, c->iterm, cpu_us(m.child));
}

static void note_screen(void)
{
    size_t n = (size_t)(m.grid.cols * m.grid.rows);
    note_counts('s');
    if (m.cells != NULL && fwrite(m.grid.cells, sizeof *m.grid.cells, n, m.cells) != n)
        die(settings.cells);
}

// --- bytes on their way

static void push(struct queue *q, const char *bytes, size_t n)
{
    struct chunk *c = malloc(sizeof *c + n);
    if (c == NULL)
        die("memory");
    *c = (struct chunk){.due = m.now + settings.delay, .n = n};
    memcpy(c->bytes, bytes, n);
    *q->last = c;
    q->last = &c->next;
}

static struct chunk *take(struct queue *q)
{
    struct chunk *c = q->first;
    if (c == NULL || c->due > m.now)
        return NULL;
    q->first = c->next;
    if (q->first == NULL)
        q->last = &q->first;
    return c;
}

static void on_answer(void *ctx, const char *text)
{
    push(ctx, text, strlen(text));
}

static void write_all(int fd, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t done = write(fd, bytes + at, n - at);
        if (done <= 0)
            return; // whoever reads has gone
        at += (size_t)done;
    }
}

static void show(const struct chunk *c)
{
    const struct grid_counts *counts = &m.grid.counts;
    for (size_t i = 0; i < c->n; i++) {
        grid_feed(&m.grid, (uint8_t)c->bytes[i]);
        uint64_t screens = counts->sync_ends > 0 ? counts->sync_ends : counts->rewinds;
        if (screens != m.screens)
            note_screen();
        m.screens = screens;
        if (m.pressed && counts->letters != m.letters) {
            fprintf(m.log, "a %" PRId64 "\n", m.now);
            m.pressed = false;
        }
    }
}

static void deliver(void)
{
    for (struct chunk *c; (c = take(&m.output)) != NULL; free(c)) {
        if (settings.relay)
            write_all(STDOUT_FILENO, c->bytes, c->n);
        show(c);
    }
    for (struct chunk *c; (c = take(&m.input)) != NULL; free(c))
        write_all(m.master, c->bytes, c->n);
}

// --- what happens

static void act(const char *text)
{
    if (strncmp(text, "rate=", 5) == 0) {
        m.rate = strtod(text + 5, NULL);
        m.credit = 0;
        fprintf(m.log, "r %" PRId64 " %.0f\n", m.now, m.rate);
    } else if (strncmp(text, "key=", 4) == 0) {
        push(&m.input, text + 4, strlen(text + 4));
        fprintf(m.log, "k %" PRId64 "\n", m.now);
        m.pressed = true;
        m.letters = m.grid.counts.letters;
    } else if (m.quit_at == 0) {
        kill(m.child, SIGTERM);
        m.quit_at = m.now;
        m.rate = 0;
    }
}

static void act_on_time(void)
{
    while (m.next_action < settings.action_count && settings.actions[m.next_action].at <= m.now)
        act(settings.actions[m.next_action++].text);
    if (m.quit_at > 0 && m.now > m.quit_at + GRACE_US)
        kill(m.child, SIGKILL);
}

static void read_output(void)
{
    static char bytes[READ_MAX];
    size_t most = m.rate == 0 ? sizeof bytes : m.rate < 0 ? 0 : (size_t)m.credit;
    if (most == 0)
        return;
    ssize_t n = read(m.master, bytes, most < sizeof bytes ? most : sizeof bytes);
    if (n > 0) {
        push(&m.output, bytes, (size_t)n);
        m.credit -= (double)n;
    } else if (n == 0 || errno != EAGAIN) {
        m.ended = true;
    }
}

static void refill(void)
{
    int64_t passed = m.now - m.filled;
    m.filled = m.now;
    if (m.rate <= 0)
        return;
    double most = m.rate * BURST_US / 1e6 + 1;
    m.credit += m.rate * (double)passed / 1e6;
    m.credit = m.credit > most ? most : m.credit;
}

static void relay_input(void)
{
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0)
        push(&m.input, bytes, (size_t)n);
}

// The window may get its size only after the program has begun.
static void relay_size(void)
{
    struct winsize size;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || memcmp(&size, &settings.size, sizeof size) == 0)
        return;
    settings.size = size;
    ioctl(m.master, TIOCSWINSZ, &size);
}

static void sample(void)
{
    m.sampled = m.now;
    note_counts('c');
    if (settings.relay)
        relay_size();
}

static void turn(void)
{
    bool waits = m.rate != 0 || m.output.first != NULL || m.input.first != NULL;
    struct pollfd fds[2] = {{.fd = m.rate == 0 ? m.master : -1, .events = POLLIN},
                            {.fd = settings.relay ? STDIN_FILENO : -1, .events = POLLIN}};
    struct timespec patience = {0, (waits ? TICK_US : 5 * TICK_US) * 1000};
    ppoll(fds, 2, &patience, NULL);
    m.now = clock_us(CLOCK_MONOTONIC) - m.start;
    refill();
    act_on_time();
    read_output();
    if (fds[1].revents != 0)
        relay_input();
    deliver();
    if (m.now >= m.sampled + SAMPLE_US)
        sample();
}

// --- the beginning

static void begin_relay(void)
{
    struct termios raw;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &settings.size) != 0 || tcgetattr(STDIN_FILENO, &raw) != 0)
        die("terminal");
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void start_child(char **command)
{
    m.child = forkpty(&m.master, NULL, NULL, &settings.size);
    if (m.child < 0)
        die("forkpty");
    if (m.child == 0) {
        execvp(command[0], command);
        die(command[0]);
    }
    fcntl(m.master, F_SETFL, O_NONBLOCK);
}

static bool read_size(const char *text)
{
    char *end;
    unsigned long cols = strtoul(text, &end, 10), rows = *end == 'x' ? strtoul(end + 1, &end, 10) : 0;
    settings.size = (struct winsize){(unsigned short)rows, (unsigned short)cols, (unsigned short)(cols * CELL_WIDTH),
                                     (unsigned short)(rows * CELL_HEIGHT)};
    return cols > 0 && rows > 0 && cols < 1000 && rows < 1000 && *end == '\0';
}

static bool read_action(const char *seconds, char **argv)
{
    if (settings.action_count == ACTIONS_MAX || argv[optind] == NULL)
        return false;
    settings.actions[settings.action_count++] = (struct action){(int64_t)(strtod(seconds, NULL) * 1e6), argv[optind++]};
    return true;
}

static bool read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"log", 1, NULL, 'l'}, {"cells", 1, NULL, 'c'}, {"size", 1, NULL, 's'}, {"delay-ms", 1, NULL, 'd'},
        {"at", 1, NULL, 'a'},  {"relay", 0, NULL, 'r'}, {NULL, 0, NULL, 0}};
    bool good = true;
    for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (c == 'l')
            settings.log = optarg;
        else if (c == 'c')
            settings.cells = optarg;
        else if (c == 'd')
            settings.delay = (int64_t)(strtod(optarg, NULL) * 1e3);
        else if (c == 'r')
            settings.relay = true;
        else
            good &= c == 's' ? read_size(optarg) : c == 'a' && read_action(optarg, argv);
    }
    return good && settings.log != NULL && optind < argc;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fprintf(stderr, "usage: ttymeter --log FILE [OPTION]... -- COMMAND...\n");
        return 2;
    }
    if (settings.relay)
        begin_relay();
    m.output.last = &m.output.first;
    m.input.last = &m.input.first;
    m.log = fopen(settings.log, "we");
    m.cells = settings.cells != NULL ? fopen(settings.cells, "we") : NULL;
    if (m.log == NULL || (settings.cells != NULL && m.cells == NULL))
        die("log");
    if (!grid_init(&m.grid, settings.size.ws_col, settings.size.ws_row))
        die("memory");
    if (!settings.relay) {
        m.grid.answer = on_answer;
        m.grid.ctx = &m.input;
    }
    m.start = clock_us(CLOCK_MONOTONIC);
    start_child(argv + optind);
    while (!m.ended)
        turn();
    note_counts('c');
    note_screen();
    kill(m.child, SIGKILL);
    waitpid(m.child, NULL, 0);
    grid_deinit(&m.grid);
    return fclose(m.log) != 0 || (m.cells != NULL && fclose(m.cells) != 0);
}
