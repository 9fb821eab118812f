// The index file: a head, a record for each frame, the changes of tables, a checksum. All numbers are big-endian.
//
//   magic 8 | version 4 | device 8 | inode 8 | size 8 | mtime 8 | assumed rate 4+4 | format 16, padded with NUL
//   frames 4 | rate 4+4 | flags 4 | duration 8 | junk bytes 8 | junk runs 4 | largest frame 4 | bytes of frames 8
//   left out 4 | first left out 4 | records 4 | changes of the tables in force 4
//   for each frame: offset 8 | time 8 | length 4 | flags 4
//   for each change of tables: from frame 4 | length 4 | SOI and their segments
//   FNV-1a 8, over all before it
#include "media/index_file.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/rd.h"
#include "base/wr.h"
#include "media/rate.h"
#include "media/reel_builder.h"

#define MAGIC "KININDEX"
#define VERSION 3u
#define FORMAT_BYTES 16u
#define HEAD_BYTES (8u + 4u + 4u * 8u + 8u + FORMAT_BYTES + 4u + 8u + 4u + 16u + 8u + 8u + 16u)
#define SET_BYTES (2u + KIN_JPEG_TABLE_SET_BYTES) // SOI and segments, at most
#define FRAME_BYTES 24u
#define SUM_BYTES 8u

enum { FLAG_TRUNCATED = 1, FLAG_RATE_STATED = 2 };

size_t kin_index_file_bytes(uint32_t frames)
{
    return HEAD_BYTES + (size_t)frames * FRAME_BYTES + SUM_BYTES;
}

static uint64_t checksum(struct kin_span s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
    return h;
}

// --- writing

static void write_key(struct kin_wr *w, const struct kin_index_key *key)
{
    kin_wr_be64(w, key->device);
    kin_wr_be64(w, key->inode);
    kin_wr_be64(w, key->size);
    kin_wr_be64(w, (uint64_t)key->mtime_ns);
    kin_wr_be32(w, key->rate_num);
    kin_wr_be32(w, key->rate_den);
}

static void write_format(struct kin_wr *w, const char *format)
{
    char name[FORMAT_BYTES + 1] = "";
    kin_span_copy(kin_span_str(format), name, sizeof name);
    kin_wr_bytes(w, name, FORMAT_BYTES);
}

static void write_facts(struct kin_wr *w, const struct kin_reel *reel)
{
    kin_wr_be32(w, reel->frame_count);
    kin_wr_be32(w, reel->rate_num);
    kin_wr_be32(w, reel->rate_den);
    kin_wr_be32(w, (reel->truncated ? FLAG_TRUNCATED : 0u) | (reel->rate_stated ? FLAG_RATE_STATED : 0u));
    kin_wr_be64(w, reel->duration_ts);
    kin_wr_be64(w, reel->junk_bytes);
    kin_wr_be32(w, reel->junk_runs);
    kin_wr_be32(w, reel->largest_frame);
    kin_wr_be64(w, reel->frame_bytes);
    kin_wr_be32(w, reel->left_out);
    kin_wr_be32(w, reel->first_left_out);
    kin_wr_be32(w, reel->records);
    kin_wr_be32(w, reel->table_count);
}

static void write_tables(struct kin_wr *w, const struct kin_reel_tables *t)
{
    uint8_t room[SET_BYTES];
    struct kin_wr set = kin_wr_init(room, sizeof room);
    kin_wr_be16(&set, 0xff00u | KIN_JPEG_SOI);
    kin_jpeg_table_set_write(&t->set, t->set.present, &set);
    kin_wr_be32(w, t->from);
    kin_wr_be32(w, (uint32_t)set.len);
    kin_wr_put(w, kin_wr_span(&set));
}

int kin_index_file_write(const struct kin_reel *reel, const struct kin_index_key *key, struct kin_buf **ret)
{
    struct kin_buf *buf = kin_buf_new(kin_index_file_bytes(reel->frame_count) + reel->table_count * (8u + SET_BYTES));
    if (buf == NULL)
        return KIN_ENOMEM;
    struct kin_wr w = kin_wr_init(buf->data, buf->len);
    kin_wr_str(&w, MAGIC);
    kin_wr_be32(&w, VERSION);
    write_key(&w, key);
    write_format(&w, reel->format);
    write_facts(&w, reel);
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        kin_wr_be64(&w, reel->frames[i].offset);
        kin_wr_be64(&w, reel->frames[i].ts);
        kin_wr_be32(&w, reel->frames[i].length);
        kin_wr_be32(&w, reel->frames[i].flags);
    }
    for (uint32_t i = 0; i < reel->table_count; i++)
        write_tables(&w, &reel->tables[i]);
    kin_wr_be64(&w, checksum(kin_wr_span(&w)));
    buf->len = w.len;
    *ret = buf;
    return KIN_OK;
}

// --- reading

static bool same_key(struct kin_rd *r, const struct kin_index_key *key)
{
    bool same = kin_rd_be64(r) == key->device;
    same = kin_rd_be64(r) == key->inode && same;
    same = kin_rd_be64(r) == key->size && same;
    same = kin_rd_be64(r) == (uint64_t)key->mtime_ns && same;
    same = kin_rd_be32(r) == key->rate_num && same;
    return kin_rd_be32(r) == key->rate_den && same;
}

// The static name, or NULL for a format that no reader has.
static const char *read_format(struct kin_rd *r)
{
    struct kin_span name = kin_rd_take(r, FORMAT_BYTES);
    while (name.n > 0 && name.p[name.n - 1] == 0)
        name.n--;
    for (const struct kin_reader *const *reader = kin_readers; *reader != NULL; reader++)
        if (kin_span_is(name, (*reader)->name))
            return (*reader)->name;
    return NULL;
}

static bool read_facts(struct kin_rd *r, struct kin_reel *ret)
{
    ret->format = read_format(r);
    ret->frame_count = kin_rd_be32(r);
    ret->rate_num = kin_rd_be32(r);
    ret->rate_den = kin_rd_be32(r);
    uint32_t flags = kin_rd_be32(r);
    ret->truncated = (flags & FLAG_TRUNCATED) != 0;
    ret->rate_stated = (flags & FLAG_RATE_STATED) != 0;
    ret->duration_ts = kin_rd_be64(r);
    ret->junk_bytes = kin_rd_be64(r);
    ret->junk_runs = kin_rd_be32(r);
    ret->largest_frame = kin_rd_be32(r);
    ret->frame_bytes = kin_rd_be64(r);
    ret->left_out = kin_rd_be32(r);
    ret->first_left_out = kin_rd_be32(r);
    ret->records = kin_rd_be32(r);
    ret->table_count = kin_rd_be32(r);
    bool counts = ret->frame_count > 0 && ret->frame_count <= KIN_REEL_MAX_FRAMES;
    return !r->bad && ret->format != NULL && counts && kin_rate_valid(ret->rate_num, ret->rate_den) &&
           ret->table_count <= KIN_REEL_TABLE_RUNS_MAX && r->in.n >= (size_t)ret->frame_count * FRAME_BYTES;
}

static bool is_sound(const struct kin_reel_frame *f, uint64_t least_ts, uint64_t file_size)
{
    bool inside = f->offset <= file_size && f->length <= file_size - f->offset;
    return inside && f->length >= 2 && f->length <= KIN_FRAME_MAX_BYTES && f->ts >= least_ts &&
           f->ts <= KIN_REEL_MAX_TS && (f->flags & ~KIN_REEL_FRAME_CHUNK) == 0;
}

// The frames: within the file, at rising times, all before the reel's end.
static bool read_frames(struct kin_rd *r, struct kin_reel *reel, uint64_t file_size)
{
    uint64_t least_ts = 0;
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        struct kin_reel_frame *f = &reel->frames[i];
        f->offset = kin_rd_be64(r);
        f->ts = kin_rd_be64(r);
        f->length = kin_rd_be32(r);
        f->flags = kin_rd_be32(r);
        if (!is_sound(f, least_ts, file_size) || (i == 0 && f->ts != 0))
            return false;
        least_ts = f->ts + 1;
    }
    return reel->duration_ts >= least_ts && reel->duration_ts <= 2 * KIN_REEL_MAX_TS;
}

// The changes of tables, at rising frame numbers.
static bool read_tables(struct kin_rd *r, struct kin_reel *reel)
{
    for (uint32_t i = 0; i < reel->table_count; i++) {
        struct kin_reel_tables *t = &reel->tables[i];
        t->from = kin_rd_be32(r);
        struct kin_span set = kin_rd_take(r, kin_rd_be32(r));
        if (r->bad || t->from >= reel->frame_count || (i > 0 && t->from <= reel->tables[i - 1].from))
            return false;
        kin_jpeg_find_needs(set, &t->set);
    }
    return r->in.n == 0;
}

static int read_lists(struct kin_rd *r, struct kin_reel *reel, uint64_t file_size)
{
    reel->frames = malloc(reel->frame_count * sizeof *reel->frames);
    if (reel->table_count > 0)
        reel->tables = calloc(reel->table_count, sizeof *reel->tables);
    if (reel->frames == NULL || (reel->table_count > 0 && reel->tables == NULL))
        return KIN_ENOMEM;
    return read_frames(r, reel, file_size) && read_tables(r, reel) ? KIN_OK : KIN_EBAD;
}

int kin_index_file_read(struct kin_span bytes, const struct kin_index_key *key, struct kin_source *source,
                        struct kin_reel **ret)
{
    struct kin_reel facts = {.source = source};
    if (bytes.n < HEAD_BYTES + SUM_BYTES || !kin_span_starts(bytes, MAGIC))
        return KIN_EBAD;
    struct kin_span body = kin_span_first(bytes, bytes.n - SUM_BYTES);
    struct kin_rd sum = kin_rd_init(kin_span_skip(bytes, body.n));
    struct kin_rd r = kin_rd_init(kin_span_skip(body, sizeof MAGIC - 1));
    if (kin_rd_be32(&r) != VERSION || kin_rd_be64(&sum) != checksum(body))
        return KIN_EBAD;
    if (!same_key(&r, key) || key->size != kin_source_size(source))
        return KIN_ECHANGED;
    if (!read_facts(&r, &facts))
        return KIN_EBAD;
    int err = read_lists(&r, &facts, key->size);
    if (err == KIN_OK)
        err = kin_reel_restore(&facts, ret);
    if (err != KIN_OK) {
        free(facts.frames);
        free(facts.tables);
    }
    return err;
}
