// Reads Matroska and WebM-like files (RFC 9559) with Motion-JPEG by walking their elements from front to back. Cues are
// not used: they list only some frames. Segments and clusters are entered whatever length they claim, so live captures,
// whose lengths are unknown, and files that were cut off need no special case. From the first cluster on, an element is
// trusted only if it is a known one and a known one follows; otherwise the walk searches for the next cluster or frame.
#include "base/err.h"
#include "base/rd.h"
#include "media/codec.h"
#include "media/ebml.h"
#include "media/jpeg_end.h"
#include "media/mkv_block.h"
#include "media/mkv_id.h"
#include "media/mkv_resync.h"
#include "media/rate.h"

#define LEAF_BYTES 4096u // of a small element that are read
#define NS_PER_S 1000000000u
#define DEFAULT_SCALE UINT64_C(1000000) // ns a tick
#define MAX_SCALE UINT64_C(1000000000)
#define USUAL_FACTOR 4u     // a block up to this many times the largest so far is usual
#define BITMAP_CODEC_AT 16u // biCompression in a BITMAPINFOHEADER

struct track {
    uint64_t number, duration_ns;
    bool is_video, is_mjpeg, is_vfw, is_encoded;
    uint8_t codec[16];
    size_t codec_length;
};

struct mkv {
    struct kin_window *window;
    struct kin_reel_builder *b;
    uint64_t size;
    uint64_t scale;     // ns a tick
    uint64_t cluster;   // its time, in ticks
    struct track track; // being read
    struct track ours;  // the chosen track, if its is_mjpeg is true
    struct track other; // a video track that is not Motion-JPEG
    uint64_t end_ns;    // of the last frame, as far as its length is known
    bool clusters;      // a cluster has begun
    uint64_t largest;   // bytes of the largest block of our track so far
    uint64_t reread;    // upper bound of bytes read again to check elements
};

static int mkv_probe(struct kin_span head)
{
    return kin_span_starts(head, "\x1a\x45\xdf\xa3") ? 100 : 0;
}

// --- tracks

static void end_track(struct mkv *m)
{
    struct track *t = &m->track;
    if (t->is_video && t->is_mjpeg && t->number != 0 && !m->ours.is_mjpeg)
        m->ours = *t;
    else if (t->is_video && m->other.number == 0)
        m->other = *t;
    *t = (struct track){0};
}

static void parse_codec(struct mkv *m, struct kin_span body)
{
    struct track *t = &m->track;
    struct kin_span id = kin_span_first(body, sizeof t->codec);
    while (id.n > 0 && id.p[id.n - 1] == 0) // strings may be padded (RFC 8794 section 7.4)
        id.n--;
    t->codec_length = id.n;
    if (id.n > 0)
        memcpy(t->codec, id.p, id.n);
    t->is_mjpeg = kin_span_is(id, "V_MJPEG");
    t->is_vfw = kin_span_starts(body, "V_MS/VFW/FOURCC");
}

// CodecPrivate, read after CodecID. For V_MS/VFW/FOURCC it is a BITMAPINFOHEADER.
static void parse_private(struct mkv *m, struct kin_span body)
{
    struct track *t = &m->track;
    struct kin_span codec = kin_span_first(kin_span_skip(body, BITMAP_CODEC_AT), 4);
    if (!t->is_vfw || codec.n < 4)
        return;
    t->is_mjpeg = kin_codec_is_mjpeg(codec);
    memcpy(t->codec, codec.p, 4);
    t->codec_length = 4;
}

static void parse_encodings(struct mkv *m, struct kin_span body)
{
    (void)body;
    m->track.is_encoded = true;
}

static void parse_number(struct mkv *m, struct kin_span body)
{
    m->track.number = kin_ebml_uint(body);
}

static void parse_type(struct mkv *m, struct kin_span body)
{
    m->track.is_video = kin_ebml_uint(body) == 1;
}

static void parse_duration(struct mkv *m, struct kin_span body)
{
    m->track.duration_ns = kin_ebml_uint(body);
}

static void parse_scale(struct mkv *m, struct kin_span body)
{
    uint64_t scale = kin_ebml_uint(body);
    if (scale > 0 && scale <= MAX_SCALE)
        m->scale = scale;
}

static void parse_cluster_time(struct mkv *m, struct kin_span body)
{
    m->cluster = kin_ebml_uint(body);
}

// --- frames

// The time of a block, which has ticks relative to its cluster's time; UINT64_MAX when it does not fit.
static uint64_t block_ns(const struct mkv *m, int16_t relative)
{
    uint64_t ticks = m->cluster;
    if (relative < 0)
        ticks -= (uint64_t)-relative < ticks ? (uint64_t)-relative : ticks;
    else
        ticks += (uint64_t)relative;
    return ticks <= UINT64_MAX / m->scale ? ticks * m->scale : UINT64_MAX;
}

static int add_frame(struct mkv *m, uint64_t at, uint32_t length, uint64_t ns)
{
    uint64_t lead = 0;
    int err = kin_jpeg_chunk_lead(m->window, at, length, &lead);
    if (err != KIN_OK)
        return err;
    m->end_ns = ns + m->ours.duration_ns;
    if (lead == length)
        return kin_reel_builder_leave_out(m->b, length);
    return kin_reel_builder_add_at(m->b, at + lead, length - lead, kin_rate_ts(ns, NS_PER_S));
}

// Parses the head of a block. *ret_is: the element is a block of our track.
static int parse_block(struct mkv *m, const struct kin_ebml_element *e, struct kin_mkv_block *ret, bool *ret_is)
{
    struct kin_span s;
    uint64_t length = e->end - e->body;
    size_t want = length < KIN_MKV_BLOCK_HEAD ? (size_t)length : KIN_MKV_BLOCK_HEAD;
    *ret_is = false;
    if (e->id != KIN_MKV_SIMPLE_BLOCK && e->id != KIN_MKV_BLOCK)
        return KIN_OK;
    int err = kin_window_at(m->window, e->body, want, &s);
    if (err != KIN_OK)
        return err;
    if (kin_mkv_block_parse(kin_span_first(s, want), length, ret) != KIN_OK)
        ret->count = 0;
    *ret_is = ret->count > 0 && ret->track == m->ours.number;
    return KIN_OK;
}

// Adds all frames of a block; those after the first follow at the track's default duration.
static int read_block(struct mkv *m, const struct kin_ebml_element *e)
{
    struct kin_mkv_block block;
    bool is_ours;
    int err = parse_block(m, e, &block, &is_ours);
    if (err != KIN_OK || !is_ours)
        return err;
    uint64_t at = e->body + block.head_bytes, ns = block_ns(m, block.relative);
    for (unsigned i = 0; err == KIN_OK && i < block.count; i++) {
        err = add_frame(m, at, block.lengths[i], ns);
        at += block.lengths[i];
        ns += ns < UINT64_MAX - m->ours.duration_ns ? m->ours.duration_ns : 0;
    }
    m->largest = e->end - e->body > m->largest ? e->end - e->body : m->largest;
    return err;
}

// --- damage

// Moves *at to the next offset from which the walk can resume (which may be *at), or to the end of the file.
static int resync(struct mkv *m, uint64_t *at)
{
    for (;;) {
        struct kin_span s;
        int err = kin_window_at(m->window, *at, KIN_MKV_START_BYTES, &s);
        if (err == KIN_OK)
            err = kin_reel_builder_progress(m->b, *at);
        if (err != KIN_OK)
            return err;
        bool last = s.n == m->size - *at;
        size_t over = last ? s.n : s.n - (KIN_MKV_START_BYTES - 1);
        for (size_t i = 0; i < over; i++) {
            struct kin_span here = kin_span_first(kin_span_skip(s, i), KIN_MKV_START_BYTES);
            if (kin_mkv_is_start(here, *at + i, m->size, m->ours.number)) {
                *at += i;
                return KIN_OK;
            }
        }
        *at += over;
        if (last)
            return KIN_OK;
    }
}

// There is no element at *at: moves it to where the walk can resume.
static int pass_damage(struct mkv *m, uint64_t *at)
{
    uint64_t start = (*at)++;
    int err = resync(m, at);
    kin_reel_builder_junk(m->b, *at - start);
    return err;
}

// Whether a known element, or the end of the file, follows this element. A check outside the window costs reading there
// and back, which is limited to the file's length in all. Beyond that limit an element is trusted unchecked, and so is
// a block of usual length.
static int is_followed(struct mkv *m, const struct kin_ebml_element *e, bool is_ours, bool *ret)
{
    struct kin_span s;
    struct kin_ebml_element next;
    uint64_t have = m->window->offset + m->window->len;
    bool is_far = e->end + KIN_EBML_HEAD > have && have < m->size;
    bool is_usual = is_ours && (e->end - e->body) / USUAL_FACTOR <= m->largest;
    *ret = !e->cut && !e->unknown;
    if (!*ret || e->end == m->size || (is_far && (is_usual || m->reread > m->size)))
        return KIN_OK;
    int err = kin_window_at(m->window, e->end, KIN_EBML_HEAD, &s);
    if (err != KIN_OK)
        return err;
    err = kin_ebml_parse(s, e->end, m->size, &next);
    *ret = err == KIN_EMORE || (err == KIN_OK && kin_mkv_is_known(&next));
    if (is_far && (is_ours || !*ret))
        m->reread += 2 * KIN_WINDOW_BYTES;
    return KIN_OK;
}

// The length of `e` is doubtful: ends it where the walk can resume, if that comes earlier. *at moves there.
static int clamp_end(struct mkv *m, struct kin_ebml_element *e, uint64_t *at)
{
    *at = e->body;
    int err = resync(m, at);
    if (err != KIN_OK)
        return err;
    if (*at < e->end || *at < m->size) {
        e->cut = e->unknown = false;
        e->end = *at < e->end ? *at : e->end;
    }
    return KIN_OK;
}

// --- the walk

static const struct {
    uint32_t id;
    bool enter; // a container: its contents are walked
    void (*parse)(struct mkv *m, struct kin_span body);
} kinds[] = {
    {KIN_MKV_SEGMENT, true, NULL},
    {KIN_MKV_INFO, true, NULL},
    {KIN_MKV_TRACKS, true, NULL},
    {KIN_MKV_TRACK_ENTRY, true, NULL},
    {KIN_MKV_CLUSTER, true, NULL},
    {KIN_MKV_BLOCK_GROUP, true, NULL},
    {KIN_MKV_TIMESTAMP_SCALE, false, parse_scale},
    {KIN_MKV_TRACK_NUMBER, false, parse_number},
    {KIN_MKV_TRACK_TYPE, false, parse_type},
    {KIN_MKV_CODEC, false, parse_codec},
    {KIN_MKV_CODEC_PRIVATE, false, parse_private},
    {KIN_MKV_DEFAULT_DURATION, false, parse_duration},
    {KIN_MKV_ENCODINGS, false, parse_encodings},
    {KIN_MKV_TIMESTAMP, false, parse_cluster_time},
};

static int read_leaf(struct mkv *m, const struct kin_ebml_element *e, size_t kind)
{
    struct kin_span s;
    uint64_t length = e->end - e->body;
    size_t want = length < LEAF_BYTES ? (size_t)length : LEAF_BYTES;
    int err = kin_window_at(m->window, e->body, want, &s);
    if (err == KIN_OK)
        kinds[kind].parse(m, kin_span_first(s, want));
    return err;
}

// An element with a wrong length, or bytes that only look like an element.
static int read_unsound(struct mkv *m, struct kin_ebml_element *e, uint64_t *at)
{
    struct kin_mkv_block block;
    bool is_ours;
    int err = clamp_end(m, e, at);
    if (err == KIN_OK && (e->cut || e->unknown)) { // and nothing follows
        kin_reel_builder_truncated(m->b);
        return KIN_OK;
    }
    if (err == KIN_OK)
        err = parse_block(m, e, &block, &is_ours);
    if (err != KIN_OK)
        return err;
    kin_reel_builder_junk(m->b, *at - (is_ours ? e->end : e->body - 1)); // counts at least one byte of its head
    return is_ours ? read_block(m, e) : KIN_OK;
}

// Reads an element that is not entered. *at moves behind it.
static int read_element(struct mkv *m, struct kin_ebml_element *e, uint64_t *at)
{
    struct kin_mkv_block block = {0};
    bool is_sound = true, is_ours;
    int err = parse_block(m, e, &block, &is_ours);
    if (err == KIN_OK && m->clusters)
        err = is_followed(m, e, is_ours, &is_sound);
    if (err != KIN_OK)
        return err;
    if (!is_sound)
        return read_unsound(m, e, at);
    *at = e->end;
    if (is_ours)
        return read_block(m, e);
    if ((e->id == KIN_MKV_SIMPLE_BLOCK || e->id == KIN_MKV_BLOCK) && block.count == 0) // its head is broken
        kin_reel_builder_junk(m->b, e->end - e->body);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (e->id == kinds[i].id)
            return read_leaf(m, e, i);
    return KIN_OK;
}

static void enter(struct mkv *m, const struct kin_ebml_element *e)
{
    if (e->id == KIN_MKV_TRACK_ENTRY || e->id == KIN_MKV_CLUSTER)
        end_track(m);
    if (e->id != KIN_MKV_BLOCK_GROUP)
        m->clusters = e->id == KIN_MKV_CLUSTER;
}

// Reads the element at *at and moves *at behind it or, for a container, into it.
static int step(struct mkv *m, uint64_t *at)
{
    struct kin_ebml_element e;
    struct kin_span s;
    int err = kin_window_at(m->window, *at, KIN_EBML_HEAD, &s);
    if (err != KIN_OK)
        return err;
    err = kin_ebml_parse(s, *at, m->size, &e);
    if (err == KIN_EMORE) { // the file ends within a head
        *at = m->size;
        return KIN_OK;
    }
    if (err != KIN_OK || (m->clusters && !kin_mkv_is_known(&e)))
        return pass_damage(m, at);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (e.id == kinds[i].id && kinds[i].enter) {
            enter(m, &e);
            *at = e.body;
            return KIN_OK;
        }
    }
    return read_element(m, &e, at);
}

static int walk(struct mkv *m)
{
    int err = KIN_OK;
    for (uint64_t at = 0; err == KIN_OK && at < m->size;) {
        err = step(m, &at);
        if (err == KIN_OK)
            err = kin_reel_builder_walked(m->b, at);
    }
    end_track(m);
    return err;
}

static int finish(struct mkv *m)
{
    uint32_t num, den;
    if (!m->ours.is_mjpeg) {
        kin_codec_refuse(m->b, "Matroska file", kin_span_make(m->other.codec, m->other.codec_length));
        return KIN_EBAD;
    }
    if (m->ours.is_encoded) {
        kin_reel_builder_why(m->b, "the frames of this Matroska file are compressed or encrypted once more");
        return KIN_EBAD;
    }
    if (kin_rate_from_ns(m->ours.duration_ns, &num, &den)) {
        kin_reel_builder_rate(m->b, num, den);
        kin_reel_builder_end(m->b, kin_rate_ts(m->end_ns, NS_PER_S));
    }
    return KIN_OK;
}

static int mkv_index(struct kin_window *window, struct kin_reel_builder *b)
{
    struct mkv m = {.window = window, .b = b, .size = kin_source_size(window->source), .scale = DEFAULT_SCALE};
    int err = walk(&m);
    return err == KIN_OK ? finish(&m) : err;
}

const struct kin_reader kin_reader_mkv = {.name = "mkv", .probe = mkv_probe, .index = mkv_index};
