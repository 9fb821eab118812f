// Terminfo, tty modes, and reading from and writing to the terminal.
#include "terminal/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ncursesw/curses.h>
#include <ncursesw/term.h>

#include "base/clock.h"
#include "terminal/charset.h"
#include "text/messages.h"

// Synchronized output, mouse and bracketed paste.
#define UNDO_OURS "\033[?2026l\033[?1006l\033[?1002l\033[?1000l\033[?2004l"
#define OUR_MODES "\033[?1000h\033[?1002h\033[?1006h\033[?2004h"
#define ST "\033\\" // ends a string
#define KEYPAD_OFF "\033[?1l\033>"
#define CLEAR "\033[H\033[2J"
#define WAIT_MS 10

static char *collected; // where collect() puts what tputs() emits
static size_t collected_len;

static int collect(int c)
{
    if (c != 0 && collected_len < TERM_SEQUENCE_MAX - 1)
        collected[collected_len++] = (char)c;
    return c;
}

static bool has_capability(const char *name)
{
    const char *s = tigetstr(name);
    return s != NULL && s != (char *)-1;
}

// Appends a terminfo string (without its padding) to text.
static void append_capability(char *text, const char *name)
{
    if (!has_capability(name))
        return;
    collected = text;
    collected_len = strlen(text);
    tputs(tigetstr(name), 1, collect);
    text[collected_len] = '\0';
}

static void append(char *text, const char *more)
{
    size_t len = strlen(text);
    snprintf(text + len, TERM_SEQUENCE_MAX - len, "%s", more);
}

static void make_sequences(struct terminal *t)
{
    append(t->enter, ST); // CAN, which would do more, is a character in Konsole
    append_capability(t->enter, "smcup");
    append_capability(t->enter, "civis");
    append_capability(t->enter, "smkx");
    append(t->enter, OUR_MODES);
    append(t->leave, TERM_ABANDON UNDO_OURS);
    append_capability(t->leave, "sgr0");
    append_capability(t->leave, "rmkx");
    append(t->leave, KEYPAD_OFF);
    if (has_capability("rmcup"))
        append_capability(t->leave, "rmcup");
    else
        append(t->leave, CLEAR); // no alternate screen: the shell must not write into our picture
    append_capability(t->leave, "cnorm");
}

static bool env_is(const char *name, const char *a, const char *b)
{
    const char *v = getenv(name);
    return v != NULL && (strcasecmp(v, a) == 0 || strcasecmp(v, b) == 0);
}

static bool has_flag(const char *name)
{
    return tigetflag(name) > 0;
}

static bool has_direct_color(void)
{
    return tigetnum("colors") >= 1 << 24 || has_flag("RGB") || has_flag("Tc");
}

static enum color_depth find_depth(void)
{
    const char *no_color = getenv("NO_COLOR");
    int colors = tigetnum("colors");
    if (no_color != NULL && *no_color != '\0')
        return DEPTH_2;
    if (env_is("COLORTERM", "truecolor", "24bit") || has_direct_color())
        return DEPTH_16M;
    return colors >= 256 ? DEPTH_256 : colors >= 8 ? DEPTH_16 : DEPTH_2;
}

static void choose_depth(struct terminal *t, enum term_colors colors)
{
    static const enum color_depth depths[] = {DEPTH_2, DEPTH_16M, DEPTH_256, DEPTH_16, DEPTH_2};
    const char *no_color = getenv("NO_COLOR");
    t->depth = colors == TERM_COLORS_AUTO ? find_depth() : depths[colors];
    t->depth_fixed = colors != TERM_COLORS_AUTO || (no_color != NULL && *no_color != '\0');
}

// Terminals of today have 256 colours or more, whatever their terminfo says. Consoles do not.
static void advise_on_colors(struct terminal *t, const char *name)
{
    bool is_console = strncmp(name, "linux", 5) == 0 || strncmp(name, "vt", 2) == 0;
    int colors = tigetnum("colors");
    if (!t->depth_fixed && !is_console)
        snprintf(t->color_advice, sizeof t->color_advice, MSG_COLORS_FEW, name, colors > 0 ? colors : 2);
}

static bool reopen(struct terminal *t, char why[TERM_SEQUENCE_MAX])
{
    char path[128];
    if (!isatty(STDOUT_FILENO) || ttyname_r(STDOUT_FILENO, path, sizeof path) != 0) {
        snprintf(why, TERM_SEQUENCE_MAX, MSG_TERMINAL_NONE);
        return false;
    }
    t->fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (t->fd < 0 || tcgetattr(t->fd, &t->cooked) != 0) {
        snprintf(why, TERM_SEQUENCE_MAX, MSG_TERMINAL_OPEN, path, strerror(errno));
        return false;
    }
    return true;
}

static bool check_terminfo(const char *name, char why[TERM_SEQUENCE_MAX])
{
    int status = 0;
    if (name == NULL || *name == '\0') {
        snprintf(why, TERM_SEQUENCE_MAX, MSG_TERM_UNSET);
        return false;
    }
    if (setupterm(name, STDOUT_FILENO, &status) != OK) {
        snprintf(why, TERM_SEQUENCE_MAX, MSG_TERM_UNKNOWN, name);
        return false;
    }
    const char *cup = tigetstr("cup");
    if (cup == NULL || cup == (char *)-1 || strncmp(cup, "\033[", 2) != 0) {
        snprintf(why, TERM_SEQUENCE_MAX, MSG_TERM_NO_CURSOR, name);
        return false;
    }
    return true;
}

bool term_open(struct terminal *t, enum term_colors colors, char why[TERM_SEQUENCE_MAX])
{
    *t = (struct terminal){.fd = -1};
    const char *name = getenv("TERM");
    bool is_terminal = reopen(t, why);
    if (!is_terminal || !check_terminfo(name, why)) {
        term_close(t);
        t->only_lines = is_terminal;
        return false;
    }
    const struct charset *charset = charset_choose();
    t->utf8 = charset->utf8;
    t->direct_color = has_direct_color();
    t->charset_advice = charset->advice;
    t->lacks_charset = charset->lacking;
    choose_depth(t, colors);
    advise_on_colors(t, name);
    make_sequences(t);
    return true;
}

void term_advice(const struct terminal *t, char dst[TERM_SEQUENCE_MAX])
{
    bool few = t->depth <= DEPTH_16 && t->color_advice[0] != '\0';
    snprintf(dst, TERM_SEQUENCE_MAX, "%s%s%s", t->lacks_charset ? t->charset_advice : "",
             t->lacks_charset && few ? "; " : "", few ? t->color_advice : "");
}

void term_close(struct terminal *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    if (cur_term != NULL)
        del_curterm(cur_term);
}

bool term_set_depth(struct terminal *t, enum color_depth depth)
{
    if (t->depth_fixed)
        return false;
    t->depth = depth;
    return true;
}

bool term_is_ours(int fd)
{
    pid_t foreground = tcgetpgrp(fd);
    return foreground < 0 || foreground == getpgrp();
}

void term_raw(struct terminal *t)
{
    struct termios raw = t->cooked;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ECHONL | IEXTEN);
    raw.c_iflag &= (tcflag_t) ~(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
    raw.c_oflag &= (tcflag_t)~OPOST;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(t->fd, TCSANOW, &raw);
}

void term_cooked(struct terminal *t)
{
    tcflush(t->fd, TCIFLUSH);
    tcsetattr(t->fd, TCSANOW, &t->cooked);
}

struct term_window term_window(const struct terminal *t)
{
    struct winsize ws = {0, 0, 0, 0};
    if (ioctl(t->fd, TIOCGWINSZ, &ws) != 0)
        return (struct term_window){.cols = 0};
    return (struct term_window){ws.ws_col, ws.ws_row, ws.ws_xpixel, ws.ws_ypixel};
}

void term_size(const struct terminal *t, int *ret_cols, int *ret_rows, double *ret_cell_aspect)
{
    struct term_window w = term_window(t);
    *ret_cols = 80;
    *ret_rows = 24;
    *ret_cell_aspect = 2.0;
    if (w.cols == 0 || w.rows == 0)
        return;
    *ret_cols = w.cols;
    *ret_rows = w.rows;
    if (w.width == 0 || w.height == 0)
        return;
    double aspect = ((double)w.height / w.rows) / ((double)w.width / w.cols);
    if (aspect > 1.0 && aspect < 4.0)
        *ret_cell_aspect = aspect;
}

void term_keys(const struct terminal *t, struct input *in)
{
    static const struct {
        const char *capability;
        uint32_t key;
    } keys[] = {
        {"kcuu1", INPUT_UP},     {"kcud1", INPUT_DOWN},    {"kcub1", INPUT_LEFT},  {"kcuf1", INPUT_RIGHT},
        {"khome", INPUT_HOME},   {"kend", INPUT_END},      {"kpp", INPUT_PAGE_UP}, {"knp", INPUT_PAGE_DOWN},
        {"kdch1", INPUT_DELETE}, {"kbs", INPUT_BACKSPACE}, {"kent", INPUT_ENTER},  {"kich1", INPUT_INSERT},
    };
    (void)t;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *s = tigetstr(keys[i].capability);
        if (s != NULL && s != (char *)-1)
            input_add_sequence(in, s, keys[i].key);
    }
}

int term_read(const struct terminal *t, void *bytes, int size)
{
    ssize_t n = read(t->fd, bytes, (size_t)size);
    if (n > 0)
        return (int)n;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    return -1;
}

void term_drain(int fd, kin_us until)
{
    uint8_t bytes[512];
    for (kin_us left; (left = until - kin_clock_mono_us()) > 0;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, (int)(left / KIN_US_PER_MS) + 1) <= 0)
            continue;
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return;
    }
}

// Writes what it can within `waits` times WAIT_MS. Returns the rest, NULL when the terminal is gone.
static const char *write_within(int fd, const char *text, int waits)
{
    while (*text != '\0') {
        ssize_t n = write(fd, text, strlen(text));
        if (n > 0) {
            text += n;
            continue;
        }
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return NULL;
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (waits-- <= 0)
            break;
        if (poll(&p, 1, WAIT_MS) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0)
            return NULL;
    }
    return text;
}

void term_write_leave(int fd, const char *leave)
{
    const int waits = (int)(TERM_LEAVE_US / KIN_US_PER_MS / 2 / WAIT_MS);
    const char *rest = write_within(fd, leave, waits);
    if (rest == NULL || *rest == '\0')
        return;
    tcflush(fd, TCOFLUSH);
    write_within(fd, leave, waits); // from the start: its beginning may have been dropped
}
