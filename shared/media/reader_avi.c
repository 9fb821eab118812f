// Reads AVI (RIFF, also OpenDML) with Motion-JPEG by walking its chunks from front to back. The file's indexes are not
// used to find frames: the offsets of idx1 count from two different bases in the wild, either index may be missing or
// wrong, and every chunk has its own header anyway. So a file that was cut off, or is still being written, needs no
// special case. Only where damage hides chunks does idx1 tell how many, so that later frames keep their times.
#include <inttypes.h>

#include "base/err.h"
#include "base/lex.h"
#include "base/rd.h"
#include "media/codec.h"
#include "media/jpeg_end.h"
#include "media/rate.h"
#include "media/reader.h"

#define CHUNK_HEAD 8u // fourcc, little-endian length
#define LIST_HEAD 12u // and the kind of list
#define STRH_BYTES 28u
#define INDEX_ENTRY 16u  // of idx1: name, flags, offset, length
#define INDEX_TRIALS 64u // entries that are tried to find the base of the offsets in idx1
#define SOI_BYTES 2u
#define NS_PER_US 1000u
#define MAX_STREAMS 100u // a chunk's name has two digits for the stream

struct avi {
    struct kin_window *window;
    struct kin_reel_builder *b;
    uint64_t size;
    uint32_t streams;     // stream headers seen
    bool is_video;        // the last one is a video stream
    bool found;           // our stream is known
    uint8_t digits[2];    // its number, as in "00dc"
    uint32_t rate, scale; // rate/scale frames per second
    uint32_t frame_us;    // the file header's duration of a frame; 0: not stated
    uint8_t other[4];     // codec of a video stream that is not Motion-JPEG
    bool has_other;
    bool is_damaged;  // chunks of our stream may be hidden
    uint64_t movi_at; // offset of the word "movi" in the first list of frames
};

struct chunk {
    uint64_t at; // of the fourcc
    struct kin_span name;
    uint32_t length;
    struct kin_span body; // its first bytes, borrowed from the window
};

static int avi_probe(struct kin_span head)
{
    bool is_avi = kin_span_starts(head, "RIFF") && kin_span_starts(kin_span_skip(head, 8), "AVI ");
    return is_avi ? 100 : 0;
}

// --- headers

// AVIMAINHEADER: microseconds per frame.
static void parse_avih(struct avi *a, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    a->frame_us = kin_rd_le32(&r);
}

// AVISTREAMHEADER: type, handler, flags, priority and language, initial frames, scale, rate.
static void parse_strh(struct avi *a, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    struct kin_span type = kin_rd_take(&r, 4);
    struct kin_span handler = kin_rd_take(&r, 4);
    kin_rd_take(&r, 12);
    uint32_t scale = kin_rd_le32(&r), rate = kin_rd_le32(&r);
    a->is_video = !r.bad && kin_span_is(type, "vids") && !a->found && a->streams < MAX_STREAMS;
    if (a->is_video) {
        a->rate = rate;
        a->scale = scale;
        a->digits[0] = (uint8_t)('0' + a->streams / 10);
        a->digits[1] = (uint8_t)('0' + a->streams % 10);
        a->found = kin_codec_is_mjpeg(handler);
    }
    a->streams++;
}

// BITMAPINFOHEADER: biCompression names the codec where the stream's handler does not.
static void parse_strf(struct avi *a, struct kin_span body)
{
    struct kin_rd r = kin_rd_init(body);
    kin_rd_take(&r, 16);
    struct kin_span codec = kin_rd_take(&r, 4);
    if (!a->is_video || r.bad)
        return;
    a->is_video = false;
    a->found = a->found || kin_codec_is_mjpeg(codec);
    if (!a->found && !a->has_other) {
        memcpy(a->other, codec.p, sizeof a->other);
        a->has_other = true;
    }
}

// States the stream's rate or, where that is invalid, the file header's.
static void state_rate(const struct avi *a)
{
    uint32_t num, den;
    if (kin_rate_valid(a->rate, a->scale))
        kin_reel_builder_rate(a->b, a->rate, a->scale);
    else if (kin_rate_from_ns((uint64_t)a->frame_us * NS_PER_US, &num, &den))
        kin_reel_builder_rate(a->b, num, den);
}

// --- frames

static bool is_ours(const struct avi *a, struct kin_span name)
{
    return a->found && memcmp(name.p, a->digits, 2) == 0 && name.p[2] == 'd' && (name.p[3] == 'c' || name.p[3] == 'b');
}

// A chunk of our stream. Each takes a place in time; an empty one repeats the previous picture.
static int add_frame(struct avi *a, const struct chunk *c)
{
    uint64_t start = c->at + CHUNK_HEAD, lead = 0;
    if (c->length == 0)
        return kin_reel_builder_repeat(a->b);
    int err = kin_jpeg_chunk_lead(a->window, start, c->length, &lead);
    if (err != KIN_OK)
        return err;
    if (lead == c->length)
        return kin_reel_builder_leave_out(a->b, c->length);
    return kin_reel_builder_add_chunk(a->b, start + lead, c->length - lead);
}

// --- hidden frames

struct entry {
    bool is_ours;
    uint64_t offset, length; // offset from the base of the index
};

static int read_entry(struct avi *a, uint64_t at, struct entry *ret)
{
    struct kin_span s;
    int err = kin_window_at(a->window, at, INDEX_ENTRY, &s);
    if (err != KIN_OK)
        return err;
    struct kin_rd r = kin_rd_init(s);
    struct kin_span name = kin_rd_take(&r, 4);
    kin_rd_le32(&r);
    uint32_t offset = kin_rd_le32(&r), length = kin_rd_le32(&r);
    *ret = (struct entry){.is_ours = !r.bad && is_ours(a, name), .offset = offset, .length = length};
    return KIN_OK;
}

// Whether a chunk of our stream is here. Reads around the window, which may be elsewhere.
static bool is_chunk_of_ours(struct avi *a, uint64_t at, uint64_t length)
{
    uint8_t head[CHUNK_HEAD];
    if (kin_source_read(a->window->source, at, head, sizeof head) != (ptrdiff_t)sizeof head)
        return false;
    struct kin_rd r = kin_rd_init(kin_span_make(head + 4, 4));
    return is_ours(a, kin_span_make(head, 4)) && kin_rd_le32(&r) == length;
}

// Finds the base of the offsets in idx1: the word "movi", or the beginning of the file. *ret: one of them fits.
static int find_base(struct avi *a, uint64_t at, uint64_t end, uint64_t *ret_base, bool *ret)
{
    const uint64_t bases[] = {a->movi_at, 0};
    *ret = false;
    for (unsigned i = 0; i < INDEX_TRIALS && at + INDEX_ENTRY <= end; i++, at += INDEX_ENTRY) {
        struct entry e;
        int err = read_entry(a, at, &e);
        if (err != KIN_OK)
            return err;
        for (size_t k = 0; e.is_ours && k < sizeof bases / sizeof bases[0]; k++) {
            if (is_chunk_of_ours(a, bases[k] + e.offset, e.length)) {
                *ret_base = bases[k];
                *ret = true;
                return KIN_OK;
            }
        }
    }
    return KIN_OK;
}

// Gives each frame the place of its entry in the index.
static int count_hidden(struct avi *a, const struct chunk *c)
{
    uint64_t at = c->at + CHUNK_HEAD, end = at + c->length < a->size ? at + c->length : a->size, base = 0;
    uint32_t place = 0;
    bool known;
    int err = find_base(a, at, end, &base, &known);
    for (; err == KIN_OK && known && at + INDEX_ENTRY <= end; at += INDEX_ENTRY) {
        struct entry e;
        err = read_entry(a, at, &e);
        if (err == KIN_OK && e.is_ours)
            kin_reel_builder_place(a->b, base + e.offset, base + e.offset + CHUNK_HEAD + e.length, place++);
    }
    kin_reel_builder_placed(a->b, place);
    return err;
}

// --- the walk

static bool is_name(struct kin_span name)
{
    for (size_t i = 0; i < 4; i++)
        if (name.p[i] < 0x20 || name.p[i] > 0x7e)
            return false;
    return true;
}

static bool is_list(struct kin_span name)
{
    return kin_span_is(name, "RIFF") || kin_span_is(name, "LIST");
}

// Whether idx1 is here, with a length of whole entries.
static bool is_idx1(struct kin_span here)
{
    if (!kin_span_starts(here, "idx1"))
        return false;
    struct kin_rd r = kin_rd_init(kin_span_skip(here, 4));
    uint32_t length = kin_rd_le32(&r);
    return !r.bad && length > 0 && length % INDEX_ENTRY == 0;
}

// The offset of the next chunk after damage: one of our stream with a JPEG in it, or the index. s.n when there is none.
// *hidden grows by the JPEGs before it, which have lost the heads of their chunks.
static size_t find_chunk(const struct avi *a, struct kin_span s, uint32_t *hidden)
{
    size_t at = 0;
    for (; at + CHUNK_HEAD + SOI_BYTES <= s.n; at++) {
        struct kin_span here = kin_span_skip(s, at);
        bool ours = here.p[0] == a->digits[0] && is_ours(a, here);
        if ((ours && kin_span_starts(kin_span_skip(here, CHUNK_HEAD), "\xff\xd8")) || is_idx1(here))
            return at;
        *hidden += here.p[0] == 0xff && kin_span_starts(here, "\xff\xd8\xff");
    }
    return s.n;
}

// Moves *at to the next frame, the index, or the end of the file. *hidden grows by the frames before that.
static int seek_frame(struct avi *a, uint64_t *at, uint32_t *hidden)
{
    for (;;) {
        struct kin_span s;
        size_t want = CHUNK_HEAD + SOI_BYTES;
        int err = kin_window_at(a->window, *at, want, &s);
        if (err == KIN_OK)
            err = kin_reel_builder_progress(a->b, *at);
        if (err != KIN_OK)
            return err;
        size_t found = s.n < want || !a->found ? s.n : find_chunk(a, s, hidden);
        bool over = s.n < want || !a->found;
        if (found < s.n || over) {
            *at = found < s.n ? *at + found : a->size;
            return KIN_OK;
        }
        *at += s.n - (want - 1); // a chunk may straddle two windows
    }
}

// Counts damaged bytes, in which `frames` frames are lost.
static int leave_out(struct avi *a, uint64_t bytes, uint32_t frames)
{
    int err = KIN_OK;
    a->is_damaged = true;
    if (frames == 0)
        kin_reel_builder_junk(a->b, bytes);
    for (uint32_t i = 0; i < frames && err == KIN_OK; i++)
        err = kin_reel_builder_leave_out(a->b, i == 0 ? bytes : 0);
    return err;
}

// There is no chunk at *at: moves *at to the next one.
static int resync(struct avi *a, uint64_t *at)
{
    uint64_t start = *at;
    uint32_t hidden = 0;
    int err = seek_frame(a, at, &hidden);
    return err == KIN_OK ? leave_out(a, *at - start, hidden) : err;
}

static bool is_index(struct kin_span name)
{
    return kin_span_is(name, "idx1") || kin_span_starts(name, "ix");
}

// A chunk that reaches past the end of the file: it is cut off there, or its length is wrong and frames follow.
static int read_cut_off(struct avi *a, const struct chunk *c, uint64_t *at)
{
    uint32_t hidden = 0;
    *at = c->at + CHUNK_HEAD;
    int err = seek_frame(a, at, &hidden);
    if (err != KIN_OK)
        return err;
    bool ours = is_ours(a, c->name);
    if (*at < a->size)
        return leave_out(a, *at - c->at, ours && hidden == 0 ? 1 : hidden);
    a->is_damaged = true;
    if (ours)
        kin_reel_builder_truncated(a->b);
    return KIN_OK;
}

static int read_leaf(struct avi *a, const struct chunk *c)
{
    if (is_ours(a, c->name))
        return add_frame(a, c);
    if (kin_span_is(c->name, "strh"))
        parse_strh(a, kin_span_first(c->body, c->length));
    else if (kin_span_is(c->name, "strf"))
        parse_strf(a, kin_span_first(c->body, c->length));
    else if (kin_span_is(c->name, "avih"))
        parse_avih(a, kin_span_first(c->body, c->length));
    else if (kin_span_is(c->name, "idx1") && a->is_damaged)
        return count_hidden(a, c);
    return KIN_OK;
}

// Whether the head of a chunk or list is here: a name that AVI files use, and a possible length.
static bool is_chunk_head(const struct avi *a, struct kin_span s, uint64_t at)
{
    static const char *const names[] = {"RIFF", "LIST", "idx1", "JUNK", "strh", "strf", "strd",
                                        "strn", "indx", "vprp", "avih", "dmlh", "ISFT", "IDIT"};
    struct kin_rd r = kin_rd_init(s);
    struct kin_span name = kin_rd_take(&r, 4);
    uint32_t length = kin_rd_le32(&r);
    if (r.bad)
        return false;
    bool digits = kin_lex_is_digit(name.p[0]) && kin_lex_is_digit(name.p[1]);
    bool known = (digits && is_name(name)) || kin_span_starts(name, "ix");
    for (size_t i = 0; !known && i < sizeof names / sizeof names[0]; i++)
        known = kin_span_is(name, names[i]);
    return known && (is_list(name) || length <= a->size - at - CHUNK_HEAD);
}

// Chunks begin at even offsets, but some writers do not pad those of odd length. The head of the next chunk decides.
static int skip_chunk(struct avi *a, const struct chunk *c, uint64_t *at)
{
    struct kin_span s;
    uint64_t end = c->at + CHUNK_HEAD + c->length;
    *at = end + (c->length & 1);
    if ((c->length & 1) == 0 || *at >= a->size)
        return KIN_OK;
    int err = kin_window_at(a->window, end, CHUNK_HEAD + 1, &s);
    if (err != KIN_OK)
        return err;
    if (!is_chunk_head(a, kin_span_skip(s, 1), *at) && is_chunk_head(a, s, end))
        *at = end;
    return KIN_OK;
}

// Reads the chunk at *at and moves *at behind it. Lists are entered, whatever length they claim.
static int step(struct avi *a, uint64_t *at)
{
    struct chunk c = {.at = *at};
    struct kin_span s;
    int err = kin_window_at(a->window, *at, CHUNK_HEAD + STRH_BYTES, &s);
    if (err != KIN_OK)
        return err;
    if (s.n < CHUNK_HEAD) { // the file ends within a header
        *at = a->size;
        return KIN_OK;
    }
    struct kin_rd r = kin_rd_init(s);
    c.name = kin_rd_take(&r, 4);
    c.length = kin_rd_le32(&r);
    c.body = r.in;
    if (!is_name(c.name))
        return resync(a, at);
    if (is_list(c.name)) {
        if (a->movi_at == 0 && kin_span_starts(c.body, "movi"))
            a->movi_at = *at + CHUNK_HEAD;
        *at += LIST_HEAD;
        return KIN_OK;
    }
    if (a->found && c.length > a->size - *at - CHUNK_HEAD && !is_index(c.name))
        return read_cut_off(a, &c, at);
    err = read_leaf(a, &c);
    return err == KIN_OK ? skip_chunk(a, &c, at) : err;
}

static int walk(struct avi *a)
{
    int err = KIN_OK;
    for (uint64_t at = 0; err == KIN_OK && at < a->size;) {
        err = step(a, &at);
        if (err == KIN_OK)
            err = kin_reel_builder_walked(a->b, at);
    }
    return err;
}

static int finish(struct avi *a)
{
    if (!a->found) {
        kin_codec_refuse(a->b, "AVI", a->has_other ? kin_span_make(a->other, sizeof a->other) : kin_span_str(""));
        return KIN_EBAD;
    }
    state_rate(a);
    return KIN_OK;
}

static int avi_index(struct kin_window *window, struct kin_reel_builder *b)
{
    struct avi a = {.window = window, .b = b, .size = kin_source_size(window->source)};
    int err = walk(&a);
    return err == KIN_OK ? finish(&a) : err;
}

const struct kin_reader kin_reader_avi = {.name = "avi", .probe = avi_probe, .index = avi_index};
