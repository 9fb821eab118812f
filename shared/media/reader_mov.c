// Reads QuickTime and MP4 with Motion-JPEG: the sample tables of the first such track, wherever moov is in the file,
// and movie fragments. Edit lists are not applied: the reel is everything in the track.
#include "base/err.h"
#include "base/rd.h"
#include "media/codec.h"
#include "media/mov.h"

#define BOX_HEAD 8u
#define LARGE_HEAD 16u

struct box {
    uint64_t at, body, end; // offsets; end is at most the end of the file
    char type[5];
};

struct mov {
    struct kin_window *window;
    struct kin_reel_builder *b;
    uint64_t size;
    struct box box;             // being read
    struct kin_mov_track track; // being read
    struct kin_mov_track ours;  // the chosen track, if its is_mjpeg is true
    struct kin_mov_fragments fragments;
    bool has_moov;
    bool has_samples; // the samples of the tables have been added
    uint8_t other[4]; // codec of a video track that is not Motion-JPEG
    bool has_other;
};

static int mov_probe(struct kin_span head)
{
    static const char *const first[] = {"ftyp", "moov", "mdat", "wide", "skip", "free", "pnot"};
    struct kin_span type = kin_span_skip(head, 4);
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        if (kin_span_starts(type, first[i]))
            return i == 0 ? 100 : 60;
    return 0;
}

// --- one box

// KIN_OK; KIN_ERANGE at the end of the file, or when it is not a box.
static int read_box(struct mov *m, uint64_t at, struct box *ret)
{
    struct kin_span s;
    int err = kin_window_at(m->window, at, LARGE_HEAD, &s);
    if (err != KIN_OK)
        return err;
    struct kin_rd r = kin_rd_init(s);
    struct box box = {.at = at, .body = at + BOX_HEAD};
    uint64_t length = kin_rd_be32(&r);
    struct kin_span type = kin_rd_take(&r, 4);
    if (length == 1) {
        length = kin_rd_be64(&r);
        box.body = at + LARGE_HEAD;
    } else if (length == 0) { // to the end of the file
        length = m->size - at;
    }
    if (r.bad || length < box.body - at)
        return KIN_ERANGE;
    kin_span_copy(type, box.type, sizeof box.type);
    box.end = length > m->size - at ? m->size : at + length;
    *ret = box;
    return KIN_OK;
}

// --- boxes of a track

// A table box: version and flags, `skip` bytes, the number of entries. Entries beyond the box are ignored.
static void parse_table(const struct mov *m, struct kin_span body, size_t skip, size_t entry, struct kin_mov_table *ret)
{
    struct kin_rd r = kin_rd_init(body);
    kin_rd_take(&r, 4 + skip);
    uint32_t count = kin_rd_be32(&r);
    uint64_t at = m->box.body + 8 + skip;
    if (r.bad || at > m->box.end)
        return;
    uint64_t fit = (m->box.end - at) / entry;
    *ret = (struct kin_mov_table){.at = at, .count = count < fit ? count : (uint32_t)fit};
}

// tkhd and mdhd: version and flags, two times, which are wider in version 1, and then a number.
static uint32_t number_after_times(struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    bool wide = kin_rd_u8(&r) == 1;
    kin_rd_take(&r, wide ? 3 + 16 : 3 + 8);
    return kin_rd_be32(&r);
}

static void parse_tkhd(struct mov *m, struct kin_span body)
{
    m->track.id = number_after_times(body);
}

static void parse_mdhd(struct mov *m, struct kin_span body)
{
    m->track.timescale = number_after_times(body);
}

// QuickTime has a second hdlr, for the data handler, of another type.
static void parse_hdlr(struct mov *m, struct kin_span body)
{
    if (kin_span_starts(kin_span_skip(body, 8), "vide"))
        m->track.is_video = true;
}

static void parse_stsd(struct mov *m, struct kin_span body)
{
    kin_mov_parse_stsd(&m->track, body, m->box.body);
}

static void parse_stts(struct mov *m, struct kin_span body)
{
    parse_table(m, body, 0, 8, &m->track.stts);
}

static void parse_stsc(struct mov *m, struct kin_span body)
{
    parse_table(m, body, 0, 12, &m->track.stsc);
}

static void parse_stsz(struct mov *m, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    kin_rd_be32(&r);
    uint32_t all = kin_rd_be32(&r), count = kin_rd_be32(&r);
    m->track.sample_size = all;
    parse_table(m, body, 4, 4, &m->track.stsz);
    if (all != 0 && !r.bad)
        m->track.stsz = (struct kin_mov_table){.count = count};
}

static void parse_stco(struct mov *m, struct kin_span body)
{
    m->track.wide_offsets = false;
    parse_table(m, body, 0, 4, &m->track.stco);
}

static void parse_co64(struct mov *m, struct kin_span body)
{
    m->track.wide_offsets = true;
    parse_table(m, body, 0, 8, &m->track.stco);
}

// --- fragments

static void parse_trex(struct mov *m, struct kin_span body)
{
    kin_mov_parse_trex(&m->fragments, body);
}

static void parse_tfhd(struct mov *m, struct kin_span body)
{
    kin_mov_parse_tfhd(&m->fragments, body);
}

static void parse_tfdt(struct mov *m, struct kin_span body)
{
    kin_mov_parse_tfdt(&m->fragments, body);
}

// --- the walk

// The current track is complete: keeps it if it is the first with Motion-JPEG.
static void end_track(struct mov *m)
{
    struct kin_mov_track *t = &m->track;
    if (t->is_video && t->is_mjpeg && !m->ours.is_mjpeg) {
        m->ours = *t;
        m->fragments.track_id = t->id;
        m->fragments.timescale = t->timescale;
    } else if (t->is_video && !t->is_mjpeg && !m->has_other) {
        memcpy(m->other, t->codec, sizeof m->other);
        m->has_other = true;
    }
    *t = (struct kin_mov_track){0};
}

static bool is_type(const struct mov *m, const char *type)
{
    return kin_span_is(kin_span_str(m->box.type), type);
}

static void enter(struct mov *m)
{
    end_track(m); // harmless where no track was being read
    if (is_type(m, "moof"))
        m->fragments.moof_at = m->box.at;
    if (is_type(m, "moov"))
        m->has_moov = true;
}

static const struct {
    char type[5];
    void (*enter)(struct mov *m); // for a container, whose contents are walked; may be NULL
    void (*parse)(struct mov *m, struct kin_span body);
} kinds[] = {
    {"moov", enter, NULL},      {"trak", enter, NULL},      {"mvex", enter, NULL},      {"moof", enter, NULL},
    {"traf", NULL, NULL},       {"mdia", NULL, NULL},       {"minf", NULL, NULL},       {"stbl", NULL, NULL},
    {"tkhd", NULL, parse_tkhd}, {"mdhd", NULL, parse_mdhd}, {"hdlr", NULL, parse_hdlr}, {"stsd", NULL, parse_stsd},
    {"stts", NULL, parse_stts}, {"stsc", NULL, parse_stsc}, {"stsz", NULL, parse_stsz}, {"stco", NULL, parse_stco},
    {"co64", NULL, parse_co64}, {"trex", NULL, parse_trex}, {"tfhd", NULL, parse_tfhd}, {"tfdt", NULL, parse_tfdt},
};

static int read_leaf(struct mov *m, void (*parse)(struct mov *m, struct kin_span body))
{
    struct kin_span s;
    uint64_t length = m->box.end - m->box.body;
    size_t most = length < KIN_MOV_STSD_BYTES ? (size_t)length : KIN_MOV_STSD_BYTES;
    int err = kin_window_at(m->window, m->box.body, most, &s);
    if (err == KIN_OK)
        parse(m, kin_span_first(s, most));
    return err;
}

static int read_prefix(struct mov *m)
{
    const struct kin_mov_table *prefix = &m->ours.prefix;
    struct kin_span s;
    if (prefix->count == 0)
        return KIN_OK;
    int err = kin_window_at(m->window, prefix->at, prefix->count, &s);
    return err == KIN_OK ? kin_reel_builder_tables(m->b, kin_span_first(s, prefix->count)) : err;
}

// Adds the samples of moov, after whose end those of the first fragment continue.
static int add_samples(struct mov *m)
{
    end_track(m);
    if (m->has_samples || !m->ours.is_mjpeg)
        return KIN_OK;
    m->has_samples = true;
    int err = read_prefix(m);
    return err == KIN_OK ? kin_mov_add_samples(m->window->source, m->b, &m->ours, &m->fragments.time) : err;
}

// Reads the box at *at and moves *at behind it or, for a container, into it.
static int step(struct mov *m, uint64_t *at)
{
    const struct box *box = &m->box;
    int err = read_box(m, *at, &m->box);
    if (err != KIN_OK) {
        *at = m->size;
        return err == KIN_ERANGE ? KIN_OK : err;
    }
    *at = box->end;
    if (is_type(m, "moof") && (err = add_samples(m)) != KIN_OK)
        return err;
    if (is_type(m, "trun"))
        return kin_mov_add_run(&m->fragments, m->window, m->b, box->body, box->end);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!is_type(m, kinds[i].type))
            continue;
        if (kinds[i].parse != NULL)
            return read_leaf(m, kinds[i].parse);
        if (kinds[i].enter != NULL)
            kinds[i].enter(m);
        *at = box->body;
        return KIN_OK;
    }
    return kin_reel_builder_progress(m->b, box->end);
}

static int walk(struct mov *m)
{
    int err = KIN_OK;
    for (uint64_t at = 0; err == KIN_OK && at < m->size;)
        err = step(m, &at);
    return err;
}

static int finish(struct mov *m)
{
    end_track(m);
    if (m->fragments.outside > 0)
        kin_reel_builder_truncated(m->b);
    if (m->ours.is_mjpeg)
        return add_samples(m);
    if (!m->has_moov)
        kin_reel_builder_why(m->b, "this MP4 has no moov box (yet): it is not finished, or was cut off");
    else
        kin_codec_refuse(m->b, "MP4", m->has_other ? kin_span_make(m->other, sizeof m->other) : kin_span_str(""));
    return KIN_EBAD;
}

static int mov_index(struct kin_window *window, struct kin_reel_builder *b)
{
    struct mov m = {.window = window, .b = b, .size = kin_source_size(window->source)};
    int err = walk(&m);
    return err == KIN_OK ? finish(&m) : err;
}

const struct kin_reader kin_reader_mov = {.name = "mov", .probe = mov_probe, .index = mov_index};
