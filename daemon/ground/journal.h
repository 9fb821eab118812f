// Where the log goes: one line per event on stderr, with <N> priorities when the journal reads it (sd-daemon(3)).
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include "base/log.h"
#include "base/span.h"
#include "base/time.h"

// Each kind of line has its own budget, so that a flood of one cannot hide the others.
enum journal_event {
    JOURNAL_DAEMON, // start, stop, reload: never suppressed
    JOURNAL_SESSION,
    JOURNAL_REFUSED, // limits, policy
    JOURNAL_REEL,
    JOURNAL_TROUBLE, // the system's errors
    JOURNAL_EVENT_COUNT
};

#define JOURNAL_BURST 2000     // lines of one kind at once
#define JOURNAL_RATE_PER_S 200 // and then per second
#define JOURNAL_QUOTED_MAX 512

// Makes stderr the sink of kin_log. Before threads start.
void journal_open(enum kin_log_level max_level);

// kin_log with a budget; any thread. The first line after suppressed ones is preceded by their number.
void journal(enum journal_event event, enum kin_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A lasting problem is logged once, then at most once in JOURNAL_REPEAT_US.
#define JOURNAL_REPEAT_US (60 * KIN_US_PER_S)
#define JOURNAL_REPEAT_TEXT 64
struct journal_repeat { // zero at first; one for each kind of trouble, for all threads together
    kin_us logged_at;
    uint64_t not_logged;
};
// True when it is to be logged now; `text` gets " (and N times before that)" if it was not logged N times, else "".
bool journal_is_due(struct journal_repeat *r, kin_us now, char text[JOURNAL_REPEAT_TEXT]);

// Writes a line whatever the level is: where the daemon listens.
void journal_announce(const char *line);

// Text from a client as a quoted field value: "..." with quotes, backslashes and controls escaped. Returns dst.
const char *journal_quote(struct kin_span text, char dst[JOURNAL_QUOTED_MAX]);

#endif
