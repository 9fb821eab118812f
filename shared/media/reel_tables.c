// Finds the tables in force for frames that do not define their own (T.81 annex B.5).
#include <stdlib.h>

#include "base/err.h"
#include "media/reel_builder.h"

#define HEADER_BYTES 4096u      // of a frame, read first
#define HEADER_BYTES_MAX 65536u // of a frame with a longer header, which has a thumbnail
#define REPORT_EVERY 1024u      // frames between two reports of progress
#define FIRST_SAMPLES 3u        // frames sampled at the beginning, besides the middle one and the last

struct search {
    struct kin_reel *reel;
    struct kin_jpeg_table_set in_force;
    bool only_tables; // the frame just read has only tables, for the frames after it
    uint8_t header[HEADER_BYTES_MAX];
};

const struct kin_jpeg_table_set *kin_reel_tables_at(const struct kin_reel *reel, uint32_t i)
{
    uint32_t low = 0, high = reel->table_count; // tables[low].from <= i < tables[high].from
    if (high == 0 || reel->tables[0].from > i)
        return NULL;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (reel->tables[mid].from <= i)
            low = mid;
        else
            high = mid;
    }
    return &reel->tables[low].set;
}

// Reads the header of frame i up to `most` bytes, of which `have` are there. Returns the bytes then there, or an error.
static ptrdiff_t read_header(struct search *s, uint32_t i, size_t have, size_t most)
{
    const struct kin_reel_frame *f = &s->reel->frames[i];
    size_t end = f->length < most ? f->length : most;
    ptrdiff_t n = kin_source_read(s->reel->source, f->offset + have, s->header + have, end - have);
    return n < 0 ? n : (ptrdiff_t)have + n;
}

// Finds what frame i needs of the tables in force before it (*ret_before), and adds its own tables to those in force.
static int read_frame_tables(struct search *s, uint32_t i, unsigned *ret_missing, struct kin_jpeg_table_set *ret_before)
{
    ptrdiff_t n = read_header(s, i, 0, HEADER_BYTES);
    if (n < 0)
        return (int)n;
    *ret_before = s->in_force;
    struct kin_jpeg_needs needs = kin_jpeg_find_needs(kin_span_make(s->header, (size_t)n), &s->in_force);
    if (needs.needed == 0 && n == HEADER_BYTES && s->reel->frames[i].length > HEADER_BYTES) {
        n = read_header(s, i, HEADER_BYTES, HEADER_BYTES_MAX);
        if (n < 0)
            return (int)n;
        needs = kin_jpeg_find_needs(kin_span_make(s->header, (size_t)n), &s->in_force);
    }
    s->only_tables = needs.only_tables;
    *ret_missing = kin_jpeg_missing_tables(&needs, ret_before);
    // Standard tables are as good as none, unless others were in force before.
    if (s->reel->table_count > 0 && (needs.defined & KIN_JPEG_SLOTS_DHT) == 0)
        *ret_missing |= needs.needed & KIN_JPEG_SLOTS_DHT;
    return KIN_OK;
}

static int add_run(struct kin_reel *reel, uint32_t from, const struct kin_jpeg_table_set *set)
{
    if (reel->table_count == KIN_REEL_TABLE_RUNS_MAX)
        return KIN_OK; // the last run stays in force
    struct kin_reel_tables *tables = realloc(reel->tables, (reel->table_count + 1) * sizeof *tables);
    if (tables == NULL)
        return KIN_ENOMEM;
    reel->tables = tables;
    tables[reel->table_count].from = from;
    tables[reel->table_count].set = *set;
    reel->table_count++;
    return KIN_OK;
}

static bool is_in_run(const struct kin_reel *reel, const struct kin_jpeg_table_set *set, unsigned missing)
{
    return reel->table_count > 0 && kin_jpeg_table_set_same(&reel->tables[reel->table_count - 1].set, set, missing);
}

// *ret: some sampled frame needs tables that it does not define, or has nothing but tables.
static int sample(struct search *s, bool *ret)
{
    uint32_t count = s->reel->frame_count, picks[FIRST_SAMPLES + 2] = {0, 1, 2, count / 2, count - 1};
    struct kin_jpeg_table_set before;
    for (uint32_t i = 0, next = 0; i < sizeof picks / sizeof picks[0] && !*ret; i++) {
        unsigned missing = 0;
        if (picks[i] < next || picks[i] >= count) // read already, or not there
            continue;
        int err = read_frame_tables(s, picks[i], &missing, &before);
        if (err != KIN_OK)
            return err;
        next = picks[i] + 1;
        *ret = missing != 0 || s->only_tables;
    }
    return KIN_OK;
}

// Reads all frames. Those with only tables are removed: they are neither pictures nor broken ones.
static int search_all(struct search *s, struct kin_reel_builder *b)
{
    struct kin_reel *reel = s->reel;
    struct kin_jpeg_table_set before;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < reel->frame_count; i++) {
        unsigned missing = 0;
        int err = read_frame_tables(s, i, &missing, &before);
        if (err == KIN_OK && missing != 0 && !is_in_run(reel, &before, missing))
            err = add_run(reel, kept, &before);
        if (err == KIN_OK && !s->only_tables)
            reel->frames[kept++] = reel->frames[i];
        else if (err == KIN_OK)
            reel->frame_bytes -= reel->frames[i].length;
        if (err == KIN_OK && i % REPORT_EVERY == 0)
            err = kin_reel_builder_progress(b, b->total); // the file has been read once already
        if (err != KIN_OK)
            return err;
    }
    reel->frame_count = kept > 0 ? kept : reel->frame_count;
    return KIN_OK;
}

static void begin(struct search *s, const struct kin_reel_builder *b)
{
    s->in_force = b->initial != NULL ? *b->initial : (struct kin_jpeg_table_set){0};
}

int kin_reel_find_tables(struct kin_reel *reel, struct kin_reel_builder *b)
{
    struct search *s = malloc(sizeof *s);
    bool abbreviated = false;
    if (s == NULL)
        return KIN_ENOMEM;
    s->reel = reel;
    begin(s, b);
    int err = sample(s, &abbreviated);
    if (err == KIN_OK && abbreviated) {
        begin(s, b);
        err = search_all(s, b);
    }
    free(s);
    return err;
}
