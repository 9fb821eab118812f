// The non-blocking way out to the terminal.
#include "terminal/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

// Never from the first line: "CSI 1 ; 2 R" is Shift-F3.
#define CURSOR_QUERY "\0337\033[2;1H\033[6n\0338"
#define FIRST_ROUND_TRIPS 8 // of other answers: the first screens are larger than those queries
#define WINDOW_US KIN_US_PER_S
#define LEAVE_UNKNOWN_US (80 * KIN_US_PER_MS) // wait for answers when the round trip is not known
#define LEAVE_MARGIN_US (40 * KIN_US_PER_MS)
#define LEAVE_MAX_US KIN_US_PER_S

void writer_init(struct writer *w)
{
    *w = (struct writer){.fd = -1};
}

void writer_deinit(struct writer *w)
{
    free(w->bytes);
    w->bytes = NULL;
    w->size = w->len = w->sent = 0;
}

static void drop_frame(struct writer *w)
{
    if (!writer_idle(w) && w->queried) // it is the end of the frame
        drain_take_back(&w->drain);
    w->len = w->sent = 0;
    w->unqueried = 0;
    w->queried = false;
}

int writer_attach(struct writer *w, int fd, struct kin_span prologue)
{
    drop_frame(w);
    w->fd = -1;
    int err = prologue.n > WRITER_PROLOGUE_MAX ? KIN_ELIMIT : writer_reserve(w, prologue.n);
    if (err != KIN_OK)
        return err;
    if (prologue.n > 0)
        memcpy(w->bytes, prologue.p, prologue.n);
    w->len = prologue.n;
    w->fd = fd;
    w->full = false;
    return KIN_OK;
}

void writer_detach(struct writer *w)
{
    drop_frame(w);
    drain_drop(&w->drain);
    w->gave_up = false;
    w->fd = -1;
}

int writer_reserve(struct writer *w, size_t bytes)
{
    size_t size = bytes + sizeof CURSOR_QUERY;
    if (size <= w->size)
        return KIN_OK;
    if (size > WRITER_BYTES_MAX)
        return KIN_ELIMIT;
    if (!writer_idle(w))
        return KIN_EAGAIN;
    uint8_t *p = realloc(w->bytes, size);
    if (p == NULL)
        return KIN_ENOMEM;
    w->bytes = p;
    w->size = size;
    return KIN_OK;
}

bool writer_idle(const struct writer *w)
{
    return w->sent == w->len;
}

static kin_us patience(const struct writer *w)
{
    if (w->reports)
        return WRITER_PATIENCE_US;
    return kin_us_min(kin_us_max(WRITER_FIRST_ANSWER_US, FIRST_ROUND_TRIPS * w->other_rtt), WRITER_PATIENCE_US);
}

bool writer_ready(const struct writer *w, kin_us now)
{
    if (w->fd < 0 || !writer_idle(w))
        return false;
    return w->silent || drain_ready(&w->drain, now) || now >= w->frame_began + patience(w);
}

kin_us writer_deadline(const struct writer *w)
{
    bool waits = w->fd >= 0 && writer_idle(w) && w->drain.count > 0 && !w->silent;
    return waits ? w->frame_began + patience(w) : KIN_US_NEVER;
}

kin_us writer_answers_due(const struct writer *w)
{
    if (w->drain.count == 0 || w->silent || !writer_idle(w)) // a terminal that does not read does not answer either
        return 0;
    kin_us rtt = w->drain.rtt;
    return rtt == 0 ? LEAVE_UNKNOWN_US : kin_us_min(2 * rtt + LEAVE_MARGIN_US, LEAVE_MAX_US);
}

struct kin_wr writer_begin(struct writer *w)
{
    size_t room = w->size > sizeof CURSOR_QUERY ? w->size - sizeof CURSOR_QUERY : 0;
    return kin_wr_init(w->bytes, room);
}

static void send_query(struct writer *w, kin_us now)
{
    const size_t n = sizeof CURSOR_QUERY - 1;
    if (w->silent || w->size - w->len < n || !drain_query(&w->drain, now, w->unqueried))
        return;
    memcpy(w->bytes + w->len, CURSOR_QUERY, n);
    w->len += n;
    w->unqueried = 0;
    w->queried = true;
}

static void give_up_on_answers(struct writer *w, kin_us now)
{
    if (w->silent || drain_ready(&w->drain, now) || now < w->frame_began + patience(w))
        return;
    w->silent = !w->reports;
    w->gave_up = true;
    drain_drop(&w->drain);
}

static void count(struct writer *w, kin_us now)
{
    size_t n = w->len;
    w->stats.bytes += n;
    w->stats.last_bytes = n;
    if (n > w->stats.max_bytes)
        w->stats.max_bytes = n;
    w->stats.window_bytes += n;
    kin_us passed = now - w->stats.window_start;
    if (passed < WINDOW_US)
        return;
    w->stats.bytes_per_s = passed < 3 * WINDOW_US ? (double)w->stats.window_bytes * 1e6 / (double)passed : 0;
    w->stats.window_bytes = 0;
    w->stats.window_start = now;
}

void writer_commit(struct writer *w, kin_us now, const struct kin_wr *frame, bool query, bool unmeasured)
{
    if (w->fd < 0)
        return;
    give_up_on_answers(w, now);
    w->len = frame->len;
    w->sent = 0;
    w->frame_began = now;
    w->queried = false;
    w->unqueried = unmeasured ? 0 : w->unqueried + frame->len;
    if (query)
        send_query(w, now);
    count(w, now);
}

// What a silent terminal has taken is known by write() alone.
static void note_written(struct writer *w, kin_us now)
{
    if (w->silent && w->unqueried > 0 && drain_query(&w->drain, w->frame_began, w->unqueried))
        drain_answer(&w->drain, now);
    w->unqueried = w->silent ? 0 : w->unqueried;
}

int writer_flush(struct writer *w, kin_us now)
{
    while (w->sent < w->len && !w->full) {
        ssize_t n = write(w->fd, w->bytes + w->sent, w->len - w->sent);
        if (n > 0)
            w->sent += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            w->full = true;
        else
            return KIN_EIO;
    }
    if (!writer_idle(w))
        return KIN_EAGAIN;
    note_written(w, now);
    return KIN_OK;
}

void writer_writable(struct writer *w)
{
    w->full = false;
}

void writer_note_answers(struct writer *w, kin_us rtt)
{
    w->answers = true;
    w->other_rtt = rtt;
}

void writer_answered(struct writer *w, kin_us now)
{
    w->answers = w->reports = true;
    w->silent = w->gave_up = false;
    drain_answer(&w->drain, now);
}
