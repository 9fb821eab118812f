// Queries of the client's cache: its contents and its counters.
#include "engine/play/playout_internal.h"

#define SPARE_PART 4 // of the memory, for frames that are larger than the mean

enum kin_playout_state kin_playout_state(const struct kin_playout *p)
{
    return p->state;
}

unsigned kin_playout_target(const struct kin_playout *p)
{
    return p->target;
}

unsigned kin_playout_mark(const struct kin_playout *p)
{
    return p->mark;
}

unsigned kin_playout_low(const struct kin_playout *p)
{
    return p->low;
}

unsigned kin_playout_room(const struct kin_playout *p)
{
    size_t most = p->opts.target_max, frame = p->count > 0 ? p->bytes / p->count : 0;
    size_t fit = frame > 0 ? (p->opts.bytes_max - p->opts.bytes_max / SPARE_PART) / frame : most;
    return (unsigned)(fit < most ? fit : most);
}

kin_us kin_playout_interval_us(const struct kin_playout *p)
{
    int64_t span = p->count > 1 ? playout_at(p, p->count - 1)->ts - playout_at(p, 0)->ts : 0;
    int64_t interval = p->even == 0 && span > 0 ? span / (int64_t)(p->count - 1) : p->interval;
    return kin_us_max(kin_us_from_ts(interval), 1);
}

enum kin_playout_reason kin_playout_reason(const struct kin_playout *p)
{
    return p->reason;
}

unsigned kin_playout_ahead(const struct kin_playout *p)
{
    return (unsigned)(p->count - p->cursor);
}

unsigned kin_playout_ahead_partial(const struct kin_playout *p)
{
    unsigned n = 0;
    for (size_t i = p->cursor; i < p->count; i++)
        n += playout_at(p, i)->gaps.count > 0;
    return n;
}

unsigned kin_playout_look_back(const struct kin_playout *p)
{
    return (unsigned)(p->cursor > 0 ? p->cursor - 1 : 0);
}

kin_us kin_playout_behind_us(const struct kin_playout *p)
{
    return p->behind;
}

size_t kin_playout_bytes(const struct kin_playout *p)
{
    return p->bytes;
}

size_t kin_playout_bytes_max(const struct kin_playout *p)
{
    return p->opts.bytes_max;
}

kin_us kin_playout_buffered_us(const struct kin_playout *p)
{
    if (p->cursor >= p->count)
        return 0;
    return kin_us_from_ts(playout_at(p, p->count - 1)->ts - playout_at(p, p->cursor)->ts + p->interval);
}

bool kin_playout_clock(const struct kin_playout *p, uint32_t *ret_ts, kin_us *ret_due)
{
    *ret_ts = (uint32_t)p->anchor_ts;
    *ret_due = p->anchor_us;
    return p->state == KIN_PLAYOUT_PLAYING;
}

bool kin_playout_span(const struct kin_playout *p, int64_t *ret_from, int64_t *ret_to)
{
    if (p->count == 0)
        return false;
    *ret_from = playout_at(p, 0)->ts;
    *ret_to = playout_at(p, p->count - 1)->ts;
    return true;
}

kin_us kin_playout_standstill_us(const struct kin_playout *p, kin_us now)
{
    return kin_standstill_us(&p->standstill, now);
}

const struct kin_playout_stats *kin_playout_stats(const struct kin_playout *p)
{
    return &p->stats;
}

void kin_playout_reset_stats(struct kin_playout *p)
{
    p->stats = (struct kin_playout_stats){.min_ahead = p->opts.target};
    p->standstill.over = 0;
}
