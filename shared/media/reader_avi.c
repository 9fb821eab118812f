// Reads AVI (RIFF, also OpenDML) with Motion-JPEG by walking its chunks from front to back. The indexes in the file are
// not used: idx1 counts from two different bases in the wild, either index may be missing or wrong, and a chunk's own
// header is right there before it. So a file that was cut off, or is still being written, is like any other.
#include <inttypes.h>

#include "base/err.h"
#include "base/rd.h"
#include "media/codec.h"
#include "media/rate.h"
#include "media/reader.h"
#include "media/window.h"

#define CHUNK_HEAD 8u // fourcc, little-endian length
#define LIST_HEAD 12u // and the kind of list
#define STRH_BYTES 28u
#define SOI_BYTES 2u
#define MAX_STREAMS 100u // a chunk's name has two digits for the stream

struct avi {
    struct kin_window window;
    struct kin_reel_builder *b;
    uint64_t size, reported;
    uint32_t streams;     // stream headers seen
    bool is_video;        // the last of them
    bool found;           // our stream
    uint8_t digits[2];    // its number, as in "00dc"
    uint32_t rate, scale; // rate/scale frames per second
    uint8_t other[4];     // codec of a video stream that is none of ours
    bool has_other;
    uint32_t ticks; // frames so far, also empty ones
};

struct chunk {
    uint64_t at; // of the fourcc
    struct kin_span name;
    uint32_t length;
    struct kin_span body; // what is at hand of it
};

static int avi_probe(struct kin_span head)
{
    bool is_avi = kin_span_starts(head, "RIFF") && kin_span_starts(kin_span_skip(head, 8), "AVI ");
    return is_avi ? 100 : 0;
}

// --- headers

// AVISTREAMHEADER: type, handler, flags, priority and language, initial frames, scale, rate.
static void take_strh(struct avi *a, struct kin_span body)
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

// BITMAPINFOHEADER: its compression is the codec where the stream's handler does not say.
static void take_strf(struct avi *a, struct kin_span body)
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

static bool rate_is_sane(const struct avi *a)
{
    return kin_rate_valid(a->rate, a->scale);
}

// --- frames

static bool is_ours(const struct avi *a, struct kin_span name)
{
    return a->found && memcmp(name.p, a->digits, 2) == 0 && name.p[2] == 'd' && (name.p[3] == 'c' || name.p[3] == 'b');
}

static uint64_t tick_ts(const struct avi *a, uint32_t tick)
{
    if (rate_is_sane(a))
        return kin_reel_frame_ts(tick, a->rate, a->scale);
    return kin_reel_frame_ts(tick, KIN_RATE_DEFAULT_NUM, KIN_RATE_DEFAULT_DEN);
}

// A chunk of our stream. An empty one shows the picture before it once more, so only time goes on.
static int take_frame(struct avi *a, const struct chunk *c)
{
    uint64_t start = c->at + CHUNK_HEAD;
    uint64_t ts = tick_ts(a, a->ticks++);
    if (c->length == 0)
        return KIN_OK;
    if (c->length < SOI_BYTES || !kin_span_starts(c->body, "\xff\xd8")) {
        kin_reel_builder_junk(a->b, c->length);
        return KIN_OK;
    }
    return kin_reel_builder_add_at(a->b, start, c->length, ts);
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

// Where the next chunk begins behind damage: a chunk of ours with a JPEG in it. s.n when there is none.
static size_t find_chunk(const struct avi *a, struct kin_span s)
{
    for (size_t at = 0; at + CHUNK_HEAD + SOI_BYTES <= s.n; at++) {
        at += kin_span_find(kin_span_skip(s, at), a->digits[0]);
        struct kin_span here = kin_span_skip(s, at);
        if (here.n >= CHUNK_HEAD + SOI_BYTES && is_ours(a, here) &&
            kin_span_starts(kin_span_skip(here, CHUNK_HEAD), "\xff\xd8"))
            return at;
    }
    return s.n;
}

// Moves *at to the next frame, or to the end of the file.
static int seek_frame(struct avi *a, uint64_t *at)
{
    for (;;) {
        struct kin_span s;
        size_t want = CHUNK_HEAD + SOI_BYTES;
        int err = kin_window_at(&a->window, *at, want, &s);
        if (err == KIN_OK)
            err = kin_reel_builder_progress(a->b, *at);
        if (err != KIN_OK)
            return err;
        size_t found = s.n < want || !a->found ? s.n : find_chunk(a, s);
        bool over = s.n < want || !a->found;
        if (found < s.n || over) {
            *at = found < s.n ? *at + found : a->size;
            return KIN_OK;
        }
        *at += s.n - (want - 1); // one may straddle the windows
    }
}

// No chunk stands at *at.
static int resync(struct avi *a, uint64_t *at)
{
    uint64_t start = *at;
    int err = seek_frame(a, at);
    if (err == KIN_OK)
        kin_reel_builder_junk(a->b, *at - start);
    return err;
}

static bool is_index(struct kin_span name)
{
    return kin_span_is(name, "idx1") || kin_span_starts(name, "ix");
}

// A chunk at *at that reaches past the end of the file: it is cut off there, or its length lies and frames follow.
static int take_cut(struct avi *a, const struct chunk *c, uint64_t *at)
{
    *at = c->at + CHUNK_HEAD;
    int err = seek_frame(a, at);
    if (err == KIN_OK && *at < a->size)
        kin_reel_builder_junk(a->b, *at - c->at);
    else if (err == KIN_OK && is_ours(a, c->name))
        kin_reel_builder_truncated(a->b);
    return err;
}

static int take_leaf(struct avi *a, const struct chunk *c)
{
    if (is_ours(a, c->name))
        return take_frame(a, c);
    if (kin_span_is(c->name, "strh"))
        take_strh(a, kin_span_first(c->body, c->length));
    else if (kin_span_is(c->name, "strf"))
        take_strf(a, kin_span_first(c->body, c->length));
    return KIN_OK;
}

// One chunk at *at, which moves behind it; lists are entered, whatever length they claim.
static int step(struct avi *a, uint64_t *at)
{
    struct chunk c = {.at = *at};
    struct kin_span s;
    int err = kin_window_at(&a->window, *at, CHUNK_HEAD + STRH_BYTES, &s);
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
        *at += LIST_HEAD;
        return KIN_OK;
    }
    if (a->found && c.length > a->size - *at - CHUNK_HEAD && !is_index(c.name))
        return take_cut(a, &c, at);
    *at += CHUNK_HEAD + (uint64_t)c.length + (c.length & 1); // chunks begin at even places
    return take_leaf(a, &c);
}

static int walk(struct avi *a)
{
    for (uint64_t at = 0; at < a->size;) {
        int err = step(a, &at);
        if (err == KIN_OK && at - a->reported >= KIN_WINDOW_BYTES && at < a->size) {
            a->reported = at;
            err = kin_reel_builder_progress(a->b, at);
        }
        if (err != KIN_OK)
            return err;
    }
    return KIN_OK;
}

static int judge(struct avi *a)
{
    if (!a->found) {
        kin_codec_refuse(a->b, "AVI", a->has_other ? kin_span_make(a->other, sizeof a->other) : kin_span_str(""));
        return KIN_EBAD;
    }
    if (rate_is_sane(a))
        kin_reel_builder_rate(a->b, a->rate, a->scale);
    kin_reel_builder_end(a->b, tick_ts(a, a->ticks));
    return KIN_OK;
}

static int avi_index(struct kin_source *source, struct kin_reel_builder *b)
{
    struct avi a = {.b = b, .size = kin_source_size(source)};
    int err = kin_window_init(&a.window, source);
    if (err == KIN_OK)
        err = walk(&a);
    if (err == KIN_OK)
        err = judge(&a);
    kin_window_deinit(&a.window);
    return err;
}

const struct kin_reader kin_reader_avi = {.name = "avi", .probe = avi_probe, .index = avi_index};
