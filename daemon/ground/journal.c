// The log sink and its budgets (a token bucket per kind of event).
//
// Each thread writes its own lines. Most of them are network loops, so writing must not block: while nobody reads
// stderr, lines are counted instead. A line is shorter than PIPE_BUF, so a pipe that polls writable takes it whole.
#include "ground/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/lex.h"
#include "base/plural.h"
#include "base/text.h"
#include "ground/messages.h"
#include "io/writable.h"

#define LINE_MAX_BYTES 1024

struct budget {
    double tokens;
    kin_us at;
    uint64_t left_out;
};

static uv_mutex_t lock;
static uv_mutex_t write_lock;
static uint64_t lost; // lines not written because nobody reads stderr; under write_lock
static uv_once_t once = UV_ONCE_INIT;
static struct budget budgets[JOURNAL_EVENT_COUNT];
static bool journal_reads;

// $JOURNAL_STREAM is "device:inode" of the socket that systemd connected to the journal.
static bool stderr_is_journal(void)
{
    struct stat st;
    const char *text = getenv("JOURNAL_STREAM");
    struct kin_span rest = kin_span_str(text), part;
    uint64_t device, inode;
    if (text == NULL || fstat(STDERR_FILENO, &st) != 0)
        return false;
    return kin_span_split(&rest, ':', &part) && kin_lex_u64(part, UINT64_MAX, &device) &&
           kin_lex_u64(rest, UINT64_MAX, &inode) && device == st.st_dev && inode == st.st_ino;
}

static void put_line(enum kin_log_level level, const char *line)
{
    char prefix[16];
    int n = snprintf(prefix, sizeof prefix, "<%d>", (int)level);
    struct iovec parts[] = {{prefix, journal_reads ? (size_t)n : 0},
                            {(void *)(uintptr_t) "kinorad: ", 9},
                            {(void *)(uintptr_t)line, strlen(line)},
                            {(void *)(uintptr_t) "\n", 1}};
    ssize_t written = writev(STDERR_FILENO, parts, 4);
    (void)written; // there is nowhere to report a failure
}

static void report_lost(void)
{
    char text[80];
    snprintf(text, sizeof text, MSG_LINES_LOST, (unsigned long long)lost, kin_plural(lost));
    put_line(KIN_LOG_WARNING, text);
    lost = 0;
}

static void write_line(void *ctx, enum kin_log_level level, const char *line)
{
    (void)ctx;
    uv_mutex_lock(&write_lock);
    if (lost > 0 && kin_writable(STDERR_FILENO))
        report_lost();
    if (kin_writable(STDERR_FILENO))
        put_line(level, line);
    else
        lost++;
    uv_mutex_unlock(&write_lock);
}

static void init_once(void)
{
    if (uv_mutex_init(&lock) != 0 || uv_mutex_init(&write_lock) != 0)
        abort();
    for (size_t i = 0; i < JOURNAL_EVENT_COUNT; i++)
        budgets[i].tokens = JOURNAL_BURST;
}

void journal_open(enum kin_log_level max_level)
{
    uv_once(&once, init_once);
    journal_reads = stderr_is_journal();
    kin_log_set(write_line, NULL, max_level);
}

// Takes a token. True when a line may be written now; *ret_left_out lines before it were not.
static bool spend(struct budget *b, kin_us now, uint64_t *ret_left_out)
{
    b->tokens += (double)(now - b->at) * JOURNAL_RATE_PER_S / (double)KIN_US_PER_S;
    b->tokens = b->tokens < JOURNAL_BURST ? b->tokens : JOURNAL_BURST;
    b->at = now;
    if (b->tokens < 1) {
        b->left_out++;
        return false;
    }
    b->tokens -= 1;
    *ret_left_out = b->left_out;
    b->left_out = 0;
    return true;
}

void journal(enum journal_event event, enum kin_log_level level, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    uint64_t left_out = 0;
    va_list args;
    uv_once(&once, init_once);
    uv_mutex_lock(&lock);
    bool may = event == JOURNAL_DAEMON || spend(&budgets[event], kin_clock_mono_us(), &left_out);
    uv_mutex_unlock(&lock);
    if (!may)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (left_out > 0)
        kin_log(KIN_LOG_WARNING, MSG_LINES_SUPPRESSED, (unsigned long long)left_out, kin_plural(left_out));
    kin_log(level, "%s", line);
}

bool journal_is_due(struct journal_repeat *r, kin_us now, char text[JOURNAL_REPEAT_TEXT])
{
    uv_once(&once, init_once);
    uv_mutex_lock(&lock);
    bool due = r->logged_at == 0 || now - r->logged_at >= JOURNAL_REPEAT_US;
    text[0] = '\0';
    if (due && r->not_logged > 0)
        snprintf(text, JOURNAL_REPEAT_TEXT, MSG_REPEATED, (unsigned long long)r->not_logged, kin_plural(r->not_logged));
    r->not_logged = due ? 0 : r->not_logged + 1;
    r->logged_at = due ? now : r->logged_at;
    uv_mutex_unlock(&lock);
    return due;
}

void journal_announce(const char *line)
{
    uv_once(&once, init_once);
    write_line(NULL, KIN_LOG_INFO, line);
}

const char *journal_quote(struct kin_span text, char dst[JOURNAL_QUOTED_MAX])
{
    char clean[JOURNAL_QUOTED_MAX / 2 - 2];
    kin_text_escape(text, clean, sizeof clean);
    size_t n = 0;
    dst[n++] = '"';
    for (const char *p = clean; *p != '\0'; p++) {
        if (*p == '"' || (*p == '\\' && p[1] != 'x' && p[1] != 'u'))
            dst[n++] = '\\';
        dst[n++] = *p;
    }
    dst[n++] = '"';
    dst[n] = '\0';
    return dst;
}
