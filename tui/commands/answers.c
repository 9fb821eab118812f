// Which answers are owed, and until when.
#include "commands/answers.h"

#define MARGIN_US (40 * KIN_US_PER_MS)
#define UNKNOWN_US KIN_US_PER_S // the round trip of a terminal that has not answered yet
#define MAX_US KIN_US_PER_S

// Cursor queries that were sent and not answered. That of a frame in flight is its end, which is not sent any more.
static unsigned cursor_queries(const struct writer *w)
{
    if (writer_idle(w))
        return writer_answers_due(w) > 0 ? w->drain.count : 0;
    return w->silent ? 0 : w->drain.count - (w->queried && w->drain.count > 0);
}

kin_us answers_longest(const struct writer *w, const struct probe *p)
{
    kin_us rtt = w->drain.rtt > p->rtt_us ? w->drain.rtt : p->rtt_us;
    return rtt == 0 ? 0 : kin_us_min(2 * rtt + MARGIN_US, MAX_US);
}

kin_us answers_due(const struct writer *w, const struct probe *p, kin_us now)
{
    unsigned cursor = cursor_queries(w);
    bool probing = probe_is_owed(p, now, PROBE_PATIENCE_US);
    kin_us longest = answers_longest(w, p), due = 0;
    if (cursor > 0)
        due = longest > 0 ? now + longest : w->drain.queries[cursor - 1].at + UNKNOWN_US;
    if (probing && (longest == 0 || p->outer_silent)) // tmux answers sooner than the terminal around it
        due = kin_us_max(due, probe_deadline(p));
    else if (probing)
        due = now + longest;
    return due > now ? due : 0;
}

bool answers_are_missing(const struct writer *w, const struct probe *p)
{
    return !writer_idle(w) || w->gave_up || w->drain.count > 0 || p->unanswered > 0;
}
