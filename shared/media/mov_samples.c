// The sample tables of a QuickTime or MP4 track: sizes, chunks and times. Each is read through its own window, so that
// the tables of a long movie need not be held in memory.
#include "base/err.h"
#include "base/rd.h"
#include "media/mov.h"
#include "media/rate.h"

// Reads the entries of one table in turn.
struct cursor {
    struct kin_window window;
    struct kin_mov_table table;
    uint32_t next;
};

struct samples {
    struct kin_reel_builder *b;
    const struct kin_mov_track *track;
    struct cursor stts, stsc, stsz, stco;
    uint64_t size;                   // of the file
    uint32_t chunk;                  // from 1
    uint32_t per_chunk;              // samples in this chunk
    uint32_t run_chunk, run_samples; // next entry of stsc: its first chunk (0 = no further entry), samples per chunk
    uint32_t delta_left, delta;      // current entry of stts: samples left, duration of each
    uint32_t number;                 // samples so far
    uint64_t time;                   // in timescale
    uint32_t outside;                // samples beyond the end of the file, since the last one within it
    uint64_t outside_time;           // when they begin
};

uint64_t kin_mov_ts(uint64_t time, uint32_t timescale)
{
    return timescale > 0 ? kin_rate_ts(time, timescale) : 0;
}

static int cursor_init(struct cursor *c, struct kin_source *source, const struct kin_mov_table *table, size_t entry)
{
    *c = (struct cursor){.table = *table};
    return kin_window_init_for(&c->window, source, (uint64_t)table->count * entry);
}

// The next entry of n bytes. KIN_ERANGE when there is none.
static int cursor_read(struct cursor *c, size_t n, struct kin_rd *ret)
{
    struct kin_span s;
    if (c->next >= c->table.count)
        return KIN_ERANGE;
    int err = kin_window_at(&c->window, c->table.at + (uint64_t)c->next * n, n, &s);
    if (err != KIN_OK)
        return err;
    c->next++;
    *ret = kin_rd_init(kin_span_first(s, n));
    return s.n >= n ? KIN_OK : KIN_ERANGE;
}

static int next_run(struct samples *s)
{
    struct kin_rd r;
    int err = cursor_read(&s->stsc, 12, &r);
    s->run_chunk = err == KIN_OK ? kin_rd_be32(&r) : 0;
    s->run_samples = err == KIN_OK ? kin_rd_be32(&r) : 0;
    return err == KIN_ERANGE ? KIN_OK : err;
}

// Sets per_chunk for chunk s->chunk.
static int enter_chunk(struct samples *s)
{
    int err = KIN_OK;
    while (err == KIN_OK && s->run_chunk != 0 && s->chunk >= s->run_chunk) {
        s->per_chunk = s->run_samples;
        err = next_run(s);
    }
    return err;
}

static int next_delta(struct samples *s)
{
    struct kin_rd r;
    while (s->delta_left == 0) {
        int err = cursor_read(&s->stts, 8, &r);
        if (err == KIN_ERANGE) { // too few entries: the last one goes on
            s->delta_left = UINT32_MAX;
            return KIN_OK;
        }
        if (err != KIN_OK)
            return err;
        s->delta_left = kin_rd_be32(&r);
        s->delta = kin_rd_be32(&r);
    }
    return KIN_OK;
}

static int next_size(struct samples *s, uint32_t *ret)
{
    struct kin_rd r;
    *ret = s->track->sample_size;
    if (*ret != 0)
        return s->number < s->stsz.table.count ? KIN_OK : KIN_ERANGE;
    int err = cursor_read(&s->stsz, 4, &r);
    if (err == KIN_OK)
        *ret = kin_rd_be32(&r);
    return err;
}

// A sample within the file follows some beyond its end: these are broken, and not the part that was cut off.
static int leave_out_outside(struct samples *s)
{
    int err = KIN_OK;
    for (; err == KIN_OK && s->outside > 0; s->outside--)
        err = kin_reel_builder_leave_out(s->b, 0);
    return err;
}

static int add_sample(struct samples *s, uint64_t at, uint32_t length)
{
    if (at > s->size || length > s->size - at) {
        if (s->outside++ == 0)
            s->outside_time = s->time;
        return KIN_OK;
    }
    int err = leave_out_outside(s);
    if (err != KIN_OK)
        return err;
    if (length < 2) // no room for SOI
        return kin_reel_builder_leave_out(s->b, length);
    return kin_reel_builder_add_at(s->b, at, length, kin_mov_ts(s->time, s->track->timescale));
}

// Adds the sample at *at and moves *at behind it. KIN_ERANGE: there are no more.
static int read_sample(struct samples *s, uint64_t *at)
{
    uint32_t length;
    int err = next_size(s, &length);
    if (err == KIN_OK)
        err = next_delta(s);
    if (err == KIN_OK)
        err = add_sample(s, *at, length);
    if (err != KIN_OK)
        return err;
    *at = *at < UINT64_MAX - length ? *at + length : UINT64_MAX;
    s->delta_left--;
    s->time += s->delta;
    if (s->number++ >= KIN_REEL_MAX_FRAMES) {
        kin_reel_builder_why(s->b, "more than %u samples", KIN_REEL_MAX_FRAMES);
        return KIN_ELIMIT;
    }
    return KIN_OK;
}

static int read_chunk(struct samples *s)
{
    struct kin_rd r;
    int err = cursor_read(&s->stco, s->track->wide_offsets ? 8 : 4, &r);
    if (err != KIN_OK)
        return err;
    uint64_t at = s->track->wide_offsets ? kin_rd_be64(&r) : kin_rd_be32(&r);
    err = enter_chunk(s);
    for (uint32_t i = 0; err == KIN_OK && i < s->per_chunk; i++)
        err = read_sample(s, &at);
    s->chunk++;
    if (err == KIN_OK && s->chunk % 1024 == 0)
        err = kin_reel_builder_progress(s->b, at < s->size ? at : s->size);
    return err;
}

// States a rate if all samples last equally long, except perhaps the last one, whose duration is often different.
static int state_rate(struct samples *s)
{
    struct kin_rd r;
    s->stts.next = 0;
    int err = cursor_read(&s->stts, 8, &r);
    if (err != KIN_OK)
        return err == KIN_ERANGE ? KIN_OK : err;
    uint32_t count = kin_rd_be32(&r), delta = kin_rd_be32(&r);
    if (count >= s->number || (count + 1 == s->number && s->stts.table.count == 2))
        kin_reel_builder_rate(s->b, s->track->timescale, delta);
    return KIN_OK;
}

static int walk(struct samples *s)
{
    int err = next_run(s);
    while (err == KIN_OK)
        err = read_chunk(s);
    if (err == KIN_ERANGE) // a table came to its end
        err = state_rate(s);
    if (s->outside > 0) { // the file is cut off
        kin_reel_builder_truncated(s->b);
        s->time = s->outside_time;
    }
    if (err == KIN_OK)
        kin_reel_builder_end(s->b, kin_mov_ts(s->time, s->track->timescale));
    return err;
}

static int open_cursors(struct samples *s, struct kin_source *source)
{
    int err = cursor_init(&s->stts, source, &s->track->stts, 8);
    if (err == KIN_OK)
        err = cursor_init(&s->stsc, source, &s->track->stsc, 12);
    if (err == KIN_OK)
        err = cursor_init(&s->stsz, source, &s->track->stsz, 4);
    if (err == KIN_OK)
        err = cursor_init(&s->stco, source, &s->track->stco, 8);
    return err;
}

int kin_mov_add_samples(struct kin_source *source, struct kin_reel_builder *b, const struct kin_mov_track *t,
                        uint64_t *ret_time)
{
    struct samples s = {.b = b, .track = t, .size = kin_source_size(source), .chunk = 1};
    int err = open_cursors(&s, source);
    if (err == KIN_OK)
        err = walk(&s);
    if (err == KIN_OK)
        *ret_time = s.time;
    kin_window_deinit(&s.stts.window);
    kin_window_deinit(&s.stsc.window);
    kin_window_deinit(&s.stsz.window);
    kin_window_deinit(&s.stco.window);
    return err;
}
