// Output to the terminal that never blocks: one frame in flight, on a non-blocking descriptor of our own.
//
// Two kinds of back-pressure. The kernel's: write() says EAGAIN while the terminal (or the pty) does not read. And the
// line's, which over SSH hides behind buffers: after each frame the terminal is asked for its cursor position, and only
// so many frames may be unanswered (drain.h). A terminal that never answers is soon no longer asked; then a frame
// counts as answered when it is written.
//
// A writer is attached only while the program owns the terminal; detached, it has no descriptor to write to. The
// sequence that enters the alternate screen is the head of its queue, so that no frame can precede it.
#ifndef TUI_WRITER_H
#define TUI_WRITER_H

#include "base/time.h"
#include "base/wr.h"
#include "terminal/drain.h"

#define WRITER_BYTES_MAX ((size_t)48 << 20)
#define WRITER_PROLOGUE_MAX 4096
#define WRITER_FIRST_ANSWER_US (1500 * KIN_US_PER_MS) // a terminal silent for this long never reports its cursor
#define WRITER_PATIENCE_US (5 * KIN_US_PER_S)         // how long to wait for one that has done so before

struct writer {
    int fd; // -1 = detached
    uint8_t *bytes;
    size_t size, len, sent;
    bool full;          // the terminal took no more: nothing is written until writer_writable()
    bool answers;       // this terminal has answered, whatever the question
    bool reports;       // it has said where the cursor is
    bool silent;        // it has not in WRITER_FIRST_ANSWER_US, or longer where other answers take long
    bool gave_up;       // queries went unanswered: maybe it has not read them
    kin_us other_rtt;   // of other answers; 0 = unknown
    struct drain drain; // the unanswered queries, and how fast the terminal takes bytes
    size_t unqueried;   // bytes since the last query
    bool queried;       // the frame ends in one
    kin_us frame_began;
    struct {
        uint64_t bytes;
        size_t last_bytes, max_bytes;
        double bytes_per_s;
        uint64_t window_bytes;
        kin_us window_start;
    } stats;
};

void writer_init(struct writer *w); // detached
void writer_deinit(struct writer *w);

// Begins to write to fd (non-blocking, borrowed), starting with the prologue. Drops what was in flight before. Where it
// was attached already, the answers that the terminal owes are waited for still. KIN_OK; KIN_ENOMEM and KIN_ELIMIT (a
// prologue of more than WRITER_PROLOGUE_MAX) leave it detached.
int writer_attach(struct writer *w, int fd, struct kin_span prologue);
// Drops what is in flight and all queries. Nothing is written until the next writer_attach().
void writer_detach(struct writer *w);

// Makes room for frames of `bytes` bytes. KIN_OK, KIN_ENOMEM, KIN_ELIMIT, KIN_EAGAIN (a frame is in flight).
int writer_reserve(struct writer *w, size_t bytes);

// True when a new frame may begin: the last one is written and the terminal keeps up. Never while detached.
bool writer_ready(const struct writer *w, kin_us now);
// When writer_ready() may become true by waiting alone; KIN_US_NEVER when only writing or an answer changes it.
kin_us writer_deadline(const struct writer *w);

// How long to wait for outstanding answers before leaving the terminal, since the shell would read a later one as
// input. 0 when there are none.
kin_us writer_answers_due(const struct writer *w);

// An empty frame to fill; only when ready. writer_commit() sends it, followed by a cursor query if `query`. unmeasured:
// bytes that say nothing about the rate of the line, since others travel beside it.
struct kin_wr writer_begin(struct writer *w);
void writer_commit(struct writer *w, kin_us now, const struct kin_wr *frame, bool query, bool unmeasured);

// Writes what the terminal takes. KIN_OK (all written), KIN_EAGAIN (not until writer_writable()), KIN_EIO (the terminal
// is gone).
int writer_flush(struct writer *w, kin_us now);
bool writer_idle(const struct writer *w); // nothing is in flight
// The descriptor takes bytes again, a poll says. Until then a write() for every turn of a busy loop would be in vain,
// and each costs as much as receiving a packet.
void writer_writable(struct writer *w);

void writer_answered(struct writer *w, kin_us now); // a cursor report has arrived
// Another report has, after so long. That says nothing about cursor reports: some terminals know only the other.
void writer_note_answers(struct writer *w, kin_us rtt);

#endif
