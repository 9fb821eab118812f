// Movie fragments (ISO/IEC 14496-12 section 8.8): an MP4 written piece by piece, so that it can be played as it grows.
#include "base/err.h"
#include "base/rd.h"
#include "media/mov.h"

enum { TFHD_BASE = 0x1, TFHD_DESCRIPTION = 0x2, TFHD_DURATION = 0x8, TFHD_SIZE = 0x10 };
enum {
    TRUN_OFFSET = 0x1,
    TRUN_FIRST_FLAGS = 0x4,
    TRUN_DURATION = 0x100,
    TRUN_SIZE = 0x200,
    TRUN_FLAGS = 0x400,
    TRUN_COMPOSITION = 0x800
};
#define TRUN_HEAD_BYTES 16u

void kin_mov_parse_trex(struct kin_mov_fragments *f, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    kin_rd_be32(&r);
    uint32_t id = kin_rd_be32(&r);
    kin_rd_be32(&r); // description
    uint32_t duration = kin_rd_be32(&r), size = kin_rd_be32(&r);
    if (r.bad || id != f->track_id)
        return;
    f->trex_duration = duration;
    f->trex_size = size;
}

void kin_mov_parse_tfhd(struct kin_mov_fragments *f, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    uint32_t flags = kin_rd_be32(&r) & 0xffffff;
    uint32_t id = kin_rd_be32(&r);
    uint64_t base = (flags & TFHD_BASE) != 0 ? kin_rd_be64(&r) : f->moof_at;
    if ((flags & TFHD_DESCRIPTION) != 0)
        kin_rd_be32(&r);
    uint32_t duration = (flags & TFHD_DURATION) != 0 ? kin_rd_be32(&r) : f->trex_duration;
    uint32_t size = (flags & TFHD_SIZE) != 0 ? kin_rd_be32(&r) : f->trex_size;
    f->ours = !r.bad && f->track_id != 0 && id == f->track_id;
    if (!f->ours)
        return;
    f->base = f->next_data = base;
    f->duration = duration;
    f->size = size;
}

void kin_mov_parse_tfdt(struct kin_mov_fragments *f, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    bool wide = kin_rd_u8(&r) == 1;
    kin_rd_be24(&r);
    uint64_t time = wide ? kin_rd_be64(&r) : kin_rd_be32(&r);
    if (f->ours && !r.bad)
        f->time = time;
}

struct run {
    uint32_t flags, count;
    size_t entry_bytes;
    uint64_t entries; // offset of the first entry
    uint64_t data;    // offset of the next sample
};

static bool parse_head(const struct kin_mov_fragments *f, struct kin_span head, uint64_t at, struct run *ret)
{
    struct kin_rd r = kin_rd_init(head);
    struct run run = {.data = f->next_data};
    run.flags = kin_rd_be32(&r) & 0xffffff;
    run.count = kin_rd_be32(&r);
    if ((run.flags & TRUN_OFFSET) != 0)
        run.data = f->base + (uint64_t)(int64_t)(int32_t)kin_rd_be32(&r); // may point backwards
    if ((run.flags & TRUN_FIRST_FLAGS) != 0)
        kin_rd_be32(&r);
    for (uint32_t bit = TRUN_DURATION; bit <= TRUN_COMPOSITION; bit <<= 1)
        run.entry_bytes += (run.flags & bit) != 0 ? 4 : 0;
    run.entries = at + (head.n - r.in.n);
    *ret = run;
    return !r.bad;
}

// As in the tables of moov, samples beyond the end of the file count as broken if one within it follows.
static int add_sample(struct kin_mov_fragments *f, struct kin_reel_builder *b, uint64_t at, uint32_t size,
                      uint64_t file_size)
{
    if (at > file_size || size > file_size - at) {
        if (f->outside++ == 0)
            f->outside_time = f->time;
        return KIN_OK;
    }
    for (; f->outside > 0; f->outside--) {
        int err = kin_reel_builder_leave_out(b, 0);
        if (err != KIN_OK)
            return err;
    }
    if (size < 2) // no room for SOI
        return kin_reel_builder_leave_out(b, size);
    return kin_reel_builder_add_at(b, at, size, kin_mov_ts(f->time, f->timescale));
}

static int read_sample(struct kin_mov_fragments *f, struct kin_reel_builder *b, struct run *run, struct kin_span entry,
                       uint64_t file_size)
{
    struct kin_rd r = kin_rd_init(entry);
    uint32_t duration = (run->flags & TRUN_DURATION) != 0 ? kin_rd_be32(&r) : f->duration;
    uint32_t size = (run->flags & TRUN_SIZE) != 0 ? kin_rd_be32(&r) : f->size;
    int err = add_sample(f, b, run->data, size, file_size);
    run->data = run->data < UINT64_MAX - size ? run->data + size : UINT64_MAX;
    f->time += duration;
    return err;
}

// In a run without entries all samples are equal. So it can end early: after the first sample beyond the end of the
// file no other lies within it.
static bool is_over(const struct kin_mov_fragments *f, const struct run *run)
{
    return run->entry_bytes == 0 && (f->size <= 1 || f->outside > 0);
}

int kin_mov_add_run(struct kin_mov_fragments *f, struct kin_window *w, struct kin_reel_builder *b, uint64_t at,
                    uint64_t end)
{
    struct kin_span s;
    struct run run;
    uint64_t size = kin_source_size(w->source);
    int err = f->ours ? kin_window_at(w, at, TRUN_HEAD_BYTES, &s) : KIN_OK;
    if (err != KIN_OK || !f->ours || !parse_head(f, s, at, &run))
        return err;
    for (uint32_t i = 0; err == KIN_OK && i < run.count; i++) {
        uint64_t entry = run.entries + (uint64_t)i * run.entry_bytes;
        if (entry + run.entry_bytes > end || is_over(f, &run))
            break;
        err = kin_window_at(w, entry, run.entry_bytes, &s);
        if (err == KIN_OK && s.n < run.entry_bytes)
            break;
        if (err == KIN_OK)
            err = read_sample(f, b, &run, kin_span_first(s, run.entry_bytes), size);
    }
    f->next_data = run.data;
    kin_reel_builder_end(b, kin_mov_ts(f->outside > 0 ? f->outside_time : f->time, f->timescale));
    return err;
}
