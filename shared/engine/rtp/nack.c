// Lost packets: when to ask for them, and how long to wait.
#include "engine/rtp/nack.h"

#include <string.h>

#define RTT_MIN_US (5 * KIN_US_PER_MS)

void kin_nack_init(struct kin_nack *n, bool marked)
{
    n->marked = marked;
    n->clock = (struct kin_nack_clock){.runs = false};
    n->rtt = KIN_NACK_RTT_FIRST_US;
    n->variance = 0;
    n->reorder = KIN_NACK_REORDER_US;
    n->parity = 0;
    n->reorder_at = n->next_at = n->looked_at = n->unanswered_at = 0;
    n->answered = n->mute = false;
    n->unanswered = n->count = 0;
    n->requested = n->spurious = 0;
}

void kin_nack_clear(struct kin_nack *n)
{
    n->count = 0;
}

void kin_nack_set_clock(struct kin_nack *n, const struct kin_nack_clock *clock)
{
    n->clock = *clock;
}

void kin_nack_set_parity(struct kin_nack *n, kin_us wait)
{
    n->parity = wait;
}

// --- what is missing

// The index of the first entry that is not below seq.
static unsigned lower_bound(const struct kin_nack *n, uint64_t seq)
{
    unsigned from = 0, to = n->count;
    while (from < to) {
        unsigned middle = from + (to - from) / 2;
        if (n->entries[middle].seq < seq)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static const struct kin_nack_entry *find(const struct kin_nack *n, uint64_t seq)
{
    unsigned i = lower_bound(n, seq);
    return i < n->count && n->entries[i].seq == seq ? &n->entries[i] : NULL;
}

static void remove_at(struct kin_nack *n, unsigned i, unsigned count)
{
    n->count -= count;
    memmove(n->entries + i, n->entries + i + count, (n->count - i) * sizeof n->entries[0]);
}

// A delay that was needed once is slowly forgotten.
static void judge_reordering(struct kin_nack *n, kin_us now)
{
    if (now - n->reorder_at < KIN_US_PER_S)
        return;
    n->reorder_at = now;
    n->reorder -= (n->reorder - KIN_NACK_REORDER_US) / 8;
}

static void insert(struct kin_nack *n, kin_us now, uint64_t seq, uint32_t ts)
{
    unsigned i = lower_bound(n, seq);
    if (i < n->count && n->entries[i].seq == seq)
        return;
    if (n->count == KIN_NACK_ENTRIES) {
        remove_at(n, 0, 1);
        i -= i > 0;
    }
    memmove(n->entries + i + 1, n->entries + i, (n->count - i) * sizeof n->entries[0]);
    n->entries[i] = (struct kin_nack_entry){.seq = seq, .ts = ts, .noticed = now};
    n->count++;
}

void kin_nack_missing(struct kin_nack *n, kin_us now, uint64_t from, uint64_t to, uint32_t ts)
{
    judge_reordering(n, now);
    if (to - from > KIN_NACK_ENTRIES)
        return;
    for (; from < to; from++)
        insert(n, now, from, ts);
}

void kin_nack_passed(struct kin_nack *n, uint64_t seq)
{
    remove_at(n, 0, lower_bound(n, seq));
}

bool kin_nack_was_asked(const struct kin_nack *n, uint64_t seq)
{
    const struct kin_nack_entry *e = find(n, seq);
    return e != NULL && e->asks > 0;
}

// --- what comes

// As RFC 6298 section 2 does it. Only packets that were asked for once tell (Karn), or nothing would ever be measured
// on a path that takes longer than the first assumption: that one doubles instead.
static void measure_rtt(struct kin_nack *n, kin_us sample)
{
    if (sample > KIN_NACK_RTT_MAX_US)
        return;
    kin_us off = sample > n->rtt ? sample - n->rtt : n->rtt - sample;
    n->variance = n->answered ? n->variance + (off - n->variance) / 4 : sample / 2;
    n->rtt = n->answered ? n->rtt + (sample - n->rtt) / 8 : sample;
    n->answered = true;
}

static void note_overtaken(struct kin_nack *n, kin_us late)
{
    kin_us needed = late + late / 2;
    if (needed > n->reorder)
        n->reorder = kin_us_min(needed, KIN_NACK_REORDER_MAX_US);
}

void kin_nack_answered(struct kin_nack *n)
{
    n->unanswered = 0;
    n->mute = false;
}

enum kin_nack_arrival kin_nack_came(struct kin_nack *n, kin_us now, uint64_t seq, bool again)
{
    const struct kin_nack_entry *found = find(n, seq);
    if (found == NULL)
        return KIN_NACK_NOT_MISSING;
    struct kin_nack_entry e = *found;
    remove_at(n, (unsigned)(found - n->entries), 1);
    bool too_soon = n->answered && now - e.asked < n->rtt / 2;
    bool recovered = e.asks > 0 && (n->marked ? again : !too_soon);
    if (!recovered) {
        n->spurious += e.asks > 0;
        note_overtaken(n, now - e.noticed);
        return KIN_NACK_OVERTAKEN;
    }
    kin_nack_answered(n);
    if (e.asks == 1)
        measure_rtt(n, now - e.asked);
    return KIN_NACK_RECOVERED;
}

void kin_nack_rebuilt(struct kin_nack *n, uint64_t seq)
{
    unsigned i = lower_bound(n, seq);
    if (i < n->count && n->entries[i].seq == seq)
        remove_at(n, i, 1);
}

// --- asking

static kin_us due_at(const struct kin_nack *n, const struct kin_nack_entry *e)
{
    if (!n->clock.runs)
        return e->noticed + KIN_NACK_WAIT_MAX_US;
    kin_us due = n->clock.due + kin_us_from_ts((int32_t)(e->ts - n->clock.ts)) - KIN_NACK_MARGIN_US;
    return kin_us_min(due, e->noticed + KIN_NACK_WAIT_MAX_US);
}

// After the last question, the next one waits for its answer.
static kin_us patience(const struct kin_nack *n)
{
    return kin_us_max(n->rtt, RTT_MIN_US) + kin_us_max(4 * n->variance, KIN_NACK_SPACING_US);
}

// What an answer takes at least.
static kin_us way(const struct kin_nack *n)
{
    return n->answered ? n->rtt : 0;
}

// When it is time for the first question.
static kin_us first_at(const struct kin_nack *n, const struct kin_nack_entry *e)
{
    kin_us after_parity = e->noticed + kin_us_max(n->reorder, n->parity);
    return after_parity + way(n) < due_at(n, e) ? after_parity : e->noticed + n->reorder;
}

// When to ask for it; KIN_US_NEVER when no answer can come in time.
static kin_us ask_at(const struct kin_nack *n, const struct kin_nack_entry *e)
{
    kin_us ready = e->asks == 0 ? first_at(n, e) : e->asked + patience(n);
    kin_us at = kin_us_max(ready, kin_us_max(n->next_at, n->looked_at));
    return at + way(n) < due_at(n, e) ? at : KIN_US_NEVER;
}

static void note_unanswered(struct kin_nack *n, kin_us now)
{
    if (n->unanswered++ == 0)
        n->unanswered_at = now;
    n->mute = n->unanswered >= KIN_NACK_UNANSWERED && now - n->unanswered_at >= KIN_NACK_UNANSWERED_US;
}

unsigned kin_nack_output(struct kin_nack *n, kin_us now, uint16_t *ret, unsigned max)
{
    unsigned count = 0;
    bool doubled = n->answered;
    if (now < n->next_at)
        return 0;
    n->looked_at = now;
    for (unsigned i = 0; i < n->count && count < max; i++) {
        struct kin_nack_entry *e = &n->entries[i];
        if (ask_at(n, e) > now)
            continue;
        if (e->asks > 0 && !doubled) {
            n->rtt = kin_us_min(2 * n->rtt, KIN_NACK_RTT_MAX_US / 2);
            doubled = true;
        }
        if (e->asks > 0)
            note_unanswered(n, now);
        n->requested += e->asks == 0;
        e->asks++;
        e->asked = now;
        ret[count++] = (uint16_t)e->seq;
    }
    if (count > 0)
        n->next_at = now + KIN_NACK_SPACING_US;
    return count;
}

kin_us kin_nack_deadline(const struct kin_nack *n)
{
    kin_us at = KIN_US_NEVER;
    for (unsigned i = 0; i < n->count; i++)
        at = kin_us_min(at, ask_at(n, &n->entries[i]));
    return at;
}

kin_us kin_nack_until(const struct kin_nack *n, uint64_t seq)
{
    const struct kin_nack_entry *e = find(n, seq);
    if (e == NULL || n->mute)
        return KIN_US_NEVER;
    return due_at(n, e);
}

kin_us kin_nack_until_all(const struct kin_nack *n)
{
    kin_us until = 0;
    for (unsigned i = 0; i < n->count && !n->mute; i++)
        until = kin_us_max(until, due_at(n, &n->entries[i]));
    return until;
}
