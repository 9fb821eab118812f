// The client's cache: a ring of frames ordered by time, and a cursor between those shown and those to come.
#include "engine/play/playout.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/seq.h"
#include "engine/play/playout_internal.h"

#define INTERVAL_DEFAULT_TS (KIN_RTP_CLOCK_HZ / 25) // until two frames have come
#define INTERVAL_MAX_TS (10 * KIN_RTP_CLOCK_HZ)
#define GAP_MAX_TS (10 * (int64_t)KIN_RTP_CLOCK_HZ) // a longer hole between two frames is not waited for
#define FIRST_TS (INT64_C(1) << 40)                 // so that time may go back below the first frame's

// --- the ring

static void drop_oldest(struct kin_playout *p)
{
    struct kin_playout_frame *f = playout_at(p, 0);
    p->bytes -= f->jpeg->len;
    kin_buf_unref(f->jpeg);
    f->jpeg = NULL;
    p->start = (p->start + 1) % p->room;
    p->count--;
    if (p->cursor > 0)
        p->cursor--;
}

static void insert(struct kin_playout *p, size_t i, const struct kin_playout_frame *frame)
{
    for (size_t k = p->count; k > i; k--)
        *playout_at(p, k) = *playout_at(p, k - 1);
    *playout_at(p, i) = *frame;
    kin_buf_ref(frame->jpeg);
    p->bytes += frame->jpeg->len;
    p->count++;
}

// Where a frame of this time belongs: after all that are older.
static size_t insertion_index(const struct kin_playout *p, int64_t ts)
{
    size_t i = p->count;
    while (i > 0 && playout_at(p, i - 1)->ts >= ts)
        i--;
    return i;
}

static bool too_much(const struct kin_playout *p)
{
    return p->count >= p->room || p->bytes > p->opts.bytes_max;
}

// Drops the oldest frames behind the cursor, then, when the frames ahead alone are too many, the oldest of those. Two
// frames always stay, the last one handed out among them.
static void trim(struct kin_playout *p)
{
    size_t keep = p->opts.look_back > 0 ? p->opts.look_back : 1;
    while (p->cursor > keep || (p->cursor > 1 && too_much(p)))
        drop_oldest(p);
    while (too_much(p) && p->count > 2) {
        if (p->cursor == 0)
            p->stats.overflow++;
        drop_oldest(p);
    }
}

// --- creation

static unsigned clamp_target(unsigned target)
{
    if (target == 0)
        return 1;
    return target < KIN_PLAYOUT_FRAMES_MAX / 2 ? target : KIN_PLAYOUT_FRAMES_MAX / 2;
}

int kin_playout_new(const struct kin_playout_options *options, struct kin_playout **ret)
{
    unsigned target = clamp_target(options->target);
    unsigned most = clamp_target(options->target_max > target ? options->target_max : target);
    size_t room = (size_t)options->look_back + 4 * (size_t)most + 64;
    if (room > KIN_PLAYOUT_FRAMES_MAX)
        room = KIN_PLAYOUT_FRAMES_MAX;
    struct kin_playout *p = calloc(1, sizeof *p + room * sizeof p->frames[0]);
    if (p == NULL)
        return KIN_ENOMEM;
    p->opts = *options;
    p->opts.target = target;
    p->opts.target_max = most;
    if (p->opts.bytes_max == 0)
        p->opts.bytes_max = KIN_PLAYOUT_BYTES_DEFAULT;
    if (p->opts.bytes_max < KIN_PLAYOUT_BYTES_MIN)
        p->opts.bytes_max = KIN_PLAYOUT_BYTES_MIN;
    p->room = room;
    p->interval = INTERVAL_DEFAULT_TS;
    p->shown_ts = p->hole_ts = INT64_MIN;
    p->stats.min_ahead = p->target = p->mark = target;
    p->low = target - target / 2;
    p->rises = true;
    p->wait = KIN_PLAYOUT_WAIT_MAX_US;
    *ret = p;
    return KIN_OK;
}

void kin_playout_free(struct kin_playout *p)
{
    if (p == NULL)
        return;
    while (p->count > 0)
        drop_oldest(p);
    free(p);
}

// --- time

static kin_us due(const struct kin_playout *p, size_t i)
{
    return p->anchor_us + kin_us_from_ts(playout_at(p, i)->ts - p->anchor_ts);
}

// From now on the frame at the cursor is due at `when`.
static void anchor(struct kin_playout *p, kin_us when)
{
    p->anchor_us = when;
    p->anchor_ts = p->cursor < p->count ? playout_at(p, p->cursor)->ts : p->last_ts;
}

// Length of the hole before the frame at the cursor, 90 kHz; 0 when there is none.
static int64_t hole(const struct kin_playout *p)
{
    if (p->even == 0 || p->cursor == 0 || p->cursor >= p->count)
        return 0;
    int64_t gap = playout_at(p, p->cursor)->ts - playout_at(p, p->cursor - 1)->ts;
    bool long_enough = gap > kin_ts_from_us(KIN_PLAYOUT_HOLE_US) && gap > KIN_PLAYOUT_HOLE_FRAMES * p->even;
    return long_enough ? gap - p->even : 0;
}

// Counts the hole before the frame at the cursor, if there is one: once, even when it is played again, and not when a
// jump led to that frame.
static void count_hole(struct kin_playout *p)
{
    int64_t missing = hole(p);
    if (missing == 0 || playout_at(p, p->cursor - 1)->ts != p->shown_ts || playout_at(p, p->cursor)->ts <= p->hole_ts)
        return;
    p->hole_ts = playout_at(p, p->cursor)->ts;
    p->stats.holes++;
    p->stats.hole_us += kin_us_from_ts(missing);
}

// Moves the cursor past its frame.
static void pass(struct kin_playout *p)
{
    count_hole(p);
    p->shown_ts = playout_at(p, p->cursor++)->ts;
}

// Moves the clock so that the frame at the cursor is due now.
static void resume_at_cursor(struct kin_playout *p, kin_us now)
{
    if (p->refilling && p->cursor < p->count)
        p->behind = kin_us_max(0, p->behind + now - due(p, p->cursor));
    p->refilling = false;
    anchor(p, now);
}

// Shortens a gap in the timeline that is too long to wait for, when holes are not recognized (no constant interval).
static void settle(struct kin_playout *p)
{
    if (p->state != KIN_PLAYOUT_PLAYING || p->cursor == 0 || p->cursor >= p->count || p->even > 0)
        return;
    int64_t gap = playout_at(p, p->cursor)->ts - playout_at(p, p->cursor - 1)->ts;
    if (gap > GAP_MAX_TS)
        p->anchor_us -= kin_us_from_ts(gap - p->interval);
}

// When the picture stands still for want of a frame: half a frame after the missing one was due.
static kin_us dry_at(const struct kin_playout *p)
{
    int64_t last = p->cursor > 0 ? playout_at(p, p->cursor - 1)->ts : p->anchor_ts;
    return p->anchor_us + kin_us_from_ts(last - p->anchor_ts + p->interval + p->interval / 2);
}

static kin_us end_at(const struct kin_playout *p)
{
    int64_t last = p->cursor > 0 ? playout_at(p, p->cursor - 1)->ts : p->anchor_ts;
    return p->anchor_us + kin_us_from_ts(last - p->anchor_ts + p->interval);
}

// --- frames in

int64_t kin_playout_extend(const struct kin_playout *p, uint32_t rtp_ts)
{
    if (!p->has_last)
        return FIRST_TS + rtp_ts;
    return (int64_t)kin_ts_extend((uint64_t)p->last_ts, rtp_ts);
}

void kin_playout_set_interval(struct kin_playout *p, int64_t interval_ts)
{
    p->even = interval_ts > 0 ? interval_ts : 0;
    if (p->even > 0)
        p->interval = p->even;
}

static void learn_interval(struct kin_playout *p, size_t i)
{
    if (i == 0 || p->even > 0)
        return;
    int64_t d = playout_at(p, i)->ts - playout_at(p, i - 1)->ts;
    if (d > 0 && d <= INTERVAL_MAX_TS)
        p->interval = d;
}

// A complete frame takes the place of a partial one; any other that is there stays.
static void replace(struct kin_playout *p, size_t i, const struct kin_playout_frame *frame)
{
    struct kin_playout_frame *f = playout_at(p, i);
    if (f->gaps.count == 0 || frame->gaps.count > 0)
        return;
    p->bytes = p->bytes - f->jpeg->len + frame->jpeg->len;
    kin_buf_ref(frame->jpeg);
    kin_buf_unref(f->jpeg);
    *f = *frame;
}

void kin_playout_push(struct kin_playout *p, kin_us now, uint32_t rtp_ts, const struct kin_playout_frame *frame)
{
    struct kin_playout_frame f = *frame;
    f.ts = kin_playout_extend(p, rtp_ts);
    f.arrived = now;
    size_t i = insertion_index(p, f.ts);
    if (i < p->count && playout_at(p, i)->ts == f.ts) {
        replace(p, i, &f);
        return;
    }
    if (f.gaps.count > 0 && (i < p->cursor || f.ts <= p->shown_ts))
        return;
    if (p->cursor == 0 && f.ts <= p->shown_ts) {
        p->stats.late++; // and not kept, since nothing is kept behind the cursor
        return;
    }
    if (p->count == p->room)
        return; // trim() leaves room unless look-back alone fills the ring
    insert(p, i, &f);
    if (i < p->cursor) {
        p->cursor++;
        p->stats.late++;
    }
    if (!p->has_last || f.ts > p->last_ts)
        p->last_ts = f.ts;
    p->has_last = true;
    learn_interval(p, i);
    trim(p);
    settle(p);
    p->filled = p->filled || p->count - p->cursor >= p->target;
}

void kin_playout_set_target(struct kin_playout *p, unsigned frames, unsigned low)
{
    unsigned before = p->target;
    frames = frames < p->opts.target_max ? frames : p->opts.target_max;
    p->target = frames > p->opts.target ? frames : p->opts.target;
    p->rises = p->rises || p->target > before;
    p->low = low == 0 ? 1 : low < p->target ? low : p->target;
    p->mark = p->mark < p->target ? p->mark : p->target;
}

void kin_playout_set_mark(struct kin_playout *p, unsigned frames, kin_us wait)
{
    p->mark = frames == 0 ? 1 : frames < p->target ? frames : p->target;
    p->wait = kin_us_max(0, kin_us_min(wait, KIN_PLAYOUT_WAIT_MAX_US));
}

void kin_playout_end(struct kin_playout *p, kin_us now)
{
    p->ended = true;
    if (p->cursor == p->count)
        kin_standstill_end(&p->standstill, now);
}

void kin_playout_reopen(struct kin_playout *p)
{
    p->over = false;
    p->ended = false;
}

void kin_playout_clear(struct kin_playout *p, enum kin_playout_reason reason)
{
    while (p->count > 0)
        drop_oldest(p);
    p->cursor = 0;
    p->behind = 0;
    p->refilling = false;
    p->reason = reason;
    p->shown_ts = p->hole_ts = INT64_MIN;
    p->ended = p->over = p->filled = false;
    p->was_buffering = p->rises = true;
    if (p->state == KIN_PLAYOUT_PLAYING)
        p->state = KIN_PLAYOUT_BUFFERING;
}

// --- frames out

// When waiting for more frames ends in any case. Frames after a hole do not wait longer than until they are due.
static kin_us patience_ends(const struct kin_playout *p)
{
    if (p->cursor >= p->count)
        return KIN_US_NEVER;
    kin_us at_last = kin_us_max(playout_at(p, p->cursor)->arrived, p->since) + p->wait;
    return p->refilling && hole(p) > 0 ? kin_us_min(at_last, due(p, p->cursor)) : at_last;
}

// Is there enough to start playing? The limit of bytes may be reached before the mark.
static bool ready(const struct kin_playout *p, kin_us now)
{
    size_t ahead = p->count - p->cursor;
    if (ahead == 0)
        return false;
    bool full = p->bytes + playout_at(p, p->count - 1)->jpeg->len > p->opts.bytes_max && p->cursor <= 1;
    bool enough = ahead >= p->mark || p->ended || full || p->count + 1 >= p->room;
    return enough || now >= patience_ends(p);
}

static void refill(struct kin_playout *p, kin_us now, enum kin_playout_reason reason)
{
    kin_standstill_begin(&p->standstill, end_at(p));
    p->state = KIN_PLAYOUT_BUFFERING;
    p->reason = reason;
    p->refilling = true;
    p->since = now;
}

static void run_dry(struct kin_playout *p, kin_us now)
{
    if (p->ended || now < dry_at(p))
        return;
    p->stats.underruns++;
    p->stats.min_ahead = 0;
    p->filled = false;
    p->rises = true;
    refill(p, now, KIN_PLAYOUT_DRY);
}

// When the frames of a hole are due: fills up instead, and goes on after the hole.
static void refill_at_hole(struct kin_playout *p, kin_us now)
{
    if (hole(p) == 0 || now < dry_at(p) || now >= due(p, p->cursor))
        return;
    refill(p, now, KIN_PLAYOUT_HOLE);
}

static const struct kin_playout_frame *hand_out(struct kin_playout *p, kin_us now)
{
    while (p->cursor + 1 < p->count && due(p, p->cursor + 1) <= now) {
        const struct kin_playout_frame *f = playout_at(p, p->cursor);
        bool came_late = f->arrived > due(p, p->cursor) && f->gaps.count == 0;
        p->stats.late += came_late;
        p->stats.skipped += !came_late;
        pass(p);
    }
    pass(p);
    p->stats.shown++;
    size_t ahead = p->count - p->cursor;
    if (!p->ended && p->filled && ahead < p->stats.min_ahead)
        p->stats.min_ahead = (unsigned)ahead;
    settle(p);
    playout_space(p);
    return playout_at(p, p->cursor - 1);
}

const struct kin_playout_frame *kin_playout_next(struct kin_playout *p, kin_us now)
{
    if (p->state == KIN_PLAYOUT_PLAYING)
        refill_at_hole(p, now);
    if (p->state == KIN_PLAYOUT_BUFFERING && ready(p, now)) {
        p->state = KIN_PLAYOUT_PLAYING;
        kin_standstill_end(&p->standstill, now);
        resume_at_cursor(p, now);
    }
    if (p->state != KIN_PLAYOUT_PLAYING)
        return NULL;
    p->over = p->cursor == p->count && p->ended && now >= end_at(p);
    if (p->cursor == p->count) {
        run_dry(p, now);
        return NULL;
    }
    return due(p, p->cursor) <= now ? hand_out(p, now) : NULL;
}

kin_us kin_playout_deadline(const struct kin_playout *p)
{
    if (p->state == KIN_PLAYOUT_PAUSED)
        return KIN_US_NEVER;
    if (p->state == KIN_PLAYOUT_BUFFERING)
        return ready(p, 0) ? 0 : patience_ends(p);
    if (p->cursor < p->count)
        return hole(p) > 0 ? kin_us_min(dry_at(p), due(p, p->cursor)) : due(p, p->cursor);
    if (!p->ended)
        return dry_at(p);
    return p->over ? KIN_US_NEVER : end_at(p);
}

bool kin_playout_finished(const struct kin_playout *p, kin_us now)
{
    if (!p->ended || p->cursor < p->count)
        return false;
    return p->state != KIN_PLAYOUT_PLAYING || now >= end_at(p);
}

// --- control

void kin_playout_pause(struct kin_playout *p, kin_us now)
{
    if (p->state == KIN_PLAYOUT_PAUSED)
        return;
    kin_standstill_end(&p->standstill, now);
    p->was_buffering = p->state == KIN_PLAYOUT_BUFFERING;
    p->state = KIN_PLAYOUT_PAUSED;
}

void kin_playout_resume(struct kin_playout *p, kin_us now)
{
    if (p->state != KIN_PLAYOUT_PAUSED)
        return;
    bool can_play = !p->was_buffering && p->cursor < p->count;
    p->state = can_play ? KIN_PLAYOUT_PLAYING : KIN_PLAYOUT_BUFFERING;
    p->since = now;
    p->refilling = false;
    p->behind = 0;
    anchor(p, now);
}

const struct kin_playout_frame *kin_playout_step(struct kin_playout *p, int frames)
{
    int64_t i = (int64_t)p->cursor - 1 + frames;
    if (p->state != KIN_PLAYOUT_PAUSED || i < 0 || i >= (int64_t)p->count)
        return NULL;
    while ((int64_t)p->cursor <= i)
        pass(p);
    p->cursor = (size_t)i + 1; // for a step back
    p->shown_ts = playout_at(p, (size_t)i)->ts;
    p->over = false;
    return playout_at(p, (size_t)i);
}

bool kin_playout_seek(struct kin_playout *p, kin_us now, int64_t ts)
{
    if (p->count == 0 || ts < playout_at(p, 0)->ts || ts > playout_at(p, p->count - 1)->ts + p->interval)
        return false;
    size_t i = insertion_index(p, ts + 1);
    p->cursor = i > 0 ? i - 1 : 0;
    p->shown_ts = INT64_MIN;
    p->over = false;
    p->was_buffering = false;
    p->refilling = false;
    p->behind = 0;
    if (p->state != KIN_PLAYOUT_PAUSED) {
        p->state = KIN_PLAYOUT_PLAYING;
        kin_standstill_end(&p->standstill, now);
        anchor(p, now);
    }
    return true;
}
