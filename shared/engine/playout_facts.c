// Queries of the client's cache: its contents and its counters.
#include "engine/playout_internal.h"

enum kin_playout_state kin_playout_state(const struct kin_playout *p)
{
    return p->state;
}

unsigned kin_playout_target(const struct kin_playout *p)
{
    return p->opts.target;
}

unsigned kin_playout_mark(const struct kin_playout *p)
{
    return p->mark;
}

bool kin_playout_refilling(const struct kin_playout *p)
{
    return p->state == KIN_PLAYOUT_BUFFERING && p->refilling;
}

unsigned kin_playout_ahead(const struct kin_playout *p)
{
    return (unsigned)(p->count - p->cursor);
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
