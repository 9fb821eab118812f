// Reads JPEGs that follow one another. Segment lengths are respected, so a thumbnail inside a JPEG does not end it.
// Bytes between JPEGs are skipped and counted.
#include "base/err.h"
#include "media/jpeg_end.h"

#define OPEN_FRAMES 3u      // this many frames without EOI at the beginning show that the writer omits it
#define MAX_LEAD_BYTES 512u // junk before the first JPEG that probing accepts
#define PART_HEAD_MAX 1024u // bytes between two frames of a multipart capture
// How far to search an unknown file for frames: far enough for the rest of a broken frame and a whole one after it.
#define MIDDLE_MAX_BYTES (2u * KIN_FRAME_MAX_BYTES)

struct walk {
    struct kin_jpeg_walk jpeg;
    uint64_t end;    // offset after the last frame added
    uint64_t passed; // offset after the last frame added, left out, or lost in junk
    uint32_t lost;   // frames in the junk since the last frame added
    unsigned open;   // JPEGs without EOI after whose scan another JPEG or the end of the file followed
    bool leaves_out_eoi;
};

// SOI and the lead byte of the next marker (T.81 B.2.1): three bytes, so that noise seldom looks like a beginning.
static const uint8_t soi[3] = {0xff, KIN_JPEG_SOI, 0xff};

// Offset of the first SOI within `s`; s.n when there is none.
static size_t find_soi(struct kin_span s)
{
    for (size_t at = 0; at < s.n; at++) {
        at += kin_span_find(kin_span_skip(s, at), soi[0]);
        if (s.n - at >= sizeof soi && memcmp(s.p + at, soi, sizeof soi) == 0)
            return at;
    }
    return s.n;
}

// Whether this is another format that may have a JPEG near its beginning, such as a cover picture.
static bool is_foreign(struct kin_span head)
{
    static const char *const magics[] = {"RIFF",       "ID3",        "%PDF", "\x89PNG", "GIF8",
                                         "PK\x03\x04", "7z\xbc\xaf", "Rar!", "II*",     "\x1a\x45\xdf\xa3"};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (kin_span_starts(head, magics[i]))
            return true;
    return kin_span_starts(kin_span_skip(head, 4), "ftyp");
}

static int raw_probe(struct kin_span head)
{
    if (head.n >= sizeof soi && memcmp(head.p, soi, sizeof soi) == 0)
        return 90;
    struct kin_span lead = kin_span_first(head, MAX_LEAD_BYTES);
    return find_soi(lead) < lead.n && !is_foreign(head) ? 20 : 0;
}

// Counts lost frames in junk, which begins at `at`: an EOI ends a frame whose beginning is damaged, if as many bytes
// precede it as a frame has.
static void count_lost(struct walk *w, struct kin_span junk, uint64_t at)
{
    for (size_t i = kin_span_find_str(junk, "\xff\xd9"); i < junk.n;) {
        uint64_t end = at + i + 2;
        if (end > w->passed) {
            w->lost += kin_reel_builder_frames_in(w->jpeg.b, end - w->passed);
            w->passed = end;
        }
        i += 2 + kin_span_find_str(kin_span_skip(junk, i + 2), "\xff\xd9");
    }
}

// Moves *at to the next SOI, or to `end` (at most the end of the file).
static int seek_soi(struct walk *w, uint64_t *at, uint64_t end)
{
    for (;;) {
        struct kin_span s;
        int err = kin_window_at(w->jpeg.window, *at, sizeof soi, &s);
        if (err == KIN_OK)
            err = kin_reel_builder_walked(w->jpeg.b, *at);
        if (err != KIN_OK)
            return err;
        size_t found = find_soi(s);
        count_lost(w, kin_span_first(s, found), *at);
        if (found < s.n || s.n < sizeof soi || *at + s.n >= end) {
            *at = found < s.n && *at + found < end ? *at + found : end;
            return KIN_OK;
        }
        *at += s.n - (sizeof soi - 1); // an SOI may straddle two windows
    }
}

// Adds the junk up to `start`, and the places of the frames lost in it.
static int add_junk(struct walk *w, uint64_t start)
{
    int err = KIN_OK;
    if (w->lost == 0)
        kin_reel_builder_junk(w->jpeg.b, start - w->end);
    for (uint32_t i = 0; i < w->lost && err == KIN_OK; i++)
        err = kin_reel_builder_leave_out(w->jpeg.b, i == 0 ? start - w->end : 0);
    w->lost = 0;
    return err;
}

static int add(struct walk *w, uint64_t start, uint64_t end)
{
    int err = add_junk(w, start);
    w->end = w->passed = end;
    return err == KIN_OK ? kin_reel_builder_add(w->jpeg.b, start, end - start) : err;
}

// Whether a JPEG begins at `at`.
static int is_soi(struct walk *w, uint64_t at, bool *ret)
{
    struct kin_span s;
    int err = kin_window_at(w->jpeg.window, at, sizeof soi, &s);
    *ret = err == KIN_OK && s.n >= sizeof soi && memcmp(s.p, soi, sizeof soi) == 0;
    return err;
}

// A JPEG without EOI before another one: a frame if the writer omits EOI, else a broken one.
static int add_open(struct walk *w, uint64_t start, uint64_t at)
{
    bool next = false;
    int err = w->jpeg.in_scan ? is_soi(w, at, &next) : KIN_OK;
    if (err != KIN_OK || !next)
        return err;
    w->open++;
    w->passed = at;
    return w->leaves_out_eoi ? add(w, start, at) : kin_reel_builder_leave_out(w->jpeg.b, 0);
}

static int add_last(struct walk *w, uint64_t start)
{
    uint64_t size = kin_source_size(w->jpeg.window->source);
    if (w->leaves_out_eoi && w->jpeg.in_scan)
        return add(w, start, size);
    int err = add_junk(w, start);
    kin_reel_builder_truncated(w->jpeg.b);
    w->end = size;
    return err;
}

// Reads the next JPEG. *at is at the end of the file when the walk is over.
static int read_jpeg(struct walk *w, uint64_t *at)
{
    uint64_t size = kin_source_size(w->jpeg.window->source);
    int err = seek_soi(w, at, size);
    uint64_t start = *at;
    if (err != KIN_OK || start >= size)
        return err;
    enum kin_jpeg_scan_result result;
    err = kin_jpeg_walk_end(&w->jpeg, at, &result);
    if (err != KIN_OK)
        return err;
    if (result == KIN_JPEG_SCAN_END)
        return add(w, start, *at);
    if (result == KIN_JPEG_SCAN_MORE) {
        *at = size;
        return add_last(w, start);
    }
    if (*at < start + 2) // skip this SOI in any case
        *at = start + 2;
    return add_open(w, start, *at);
}

static bool is_all_open(const struct walk *w)
{
    return !w->leaves_out_eoi && kin_reel_builder_count(w->jpeg.b) == 0;
}

static int walk(struct walk *w)
{
    uint64_t size = kin_source_size(w->jpeg.window->source);
    for (uint64_t at = kin_reel_builder_begin(w->jpeg.b); at < size && !(is_all_open(w) && w->open == OPEN_FRAMES);) {
        int err = read_jpeg(w, &at);
        if (err != KIN_OK)
            return err;
    }
    if (w->open > 0 && is_all_open(w)) {
        kin_reel_builder_restart(w->jpeg.b);
        w->leaves_out_eoi = true;
        w->end = w->passed = w->lost = 0;
        return walk(w);
    }
    return w->end < size ? add_junk(w, size) : KIN_OK;
}

static int raw_index(struct kin_window *window, struct kin_reel_builder *b)
{
    return walk(&(struct walk){.jpeg = {.window = window, .b = b}});
}

// --- a file that begins in the middle of a frame

struct found_jpeg {
    uint64_t at, end; // offsets; end 0: none
    uint16_t width, height;
};

// Reads the size of the JPEG at [at, end). ret->end stays 0 when it is not a valid one.
static int measure(struct walk *w, uint64_t at, uint64_t end, struct found_jpeg *ret)
{
    struct kin_jpeg_info info;
    struct kin_span s;
    size_t most = end - at < KIN_WINDOW_BYTES ? (size_t)(end - at) : KIN_WINDOW_BYTES;
    int err = kin_window_at(w->jpeg.window, at, most, &s);
    if (err == KIN_OK && kin_jpeg_walk(kin_span_first(s, most), &info, NULL) == KIN_OK)
        *ret = (struct found_jpeg){at, end, info.width, info.height};
    return err;
}

// The JPEG at the next SOI before `most`. *at moves behind it, or to where it is no longer a JPEG.
static int next_jpeg(struct walk *w, uint64_t *at, uint64_t most, struct found_jpeg *ret)
{
    *ret = (struct found_jpeg){0};
    int err = seek_soi(w, at, most);
    uint64_t start = *at;
    enum kin_jpeg_scan_result result;
    if (err != KIN_OK || start >= most)
        return err;
    err = kin_jpeg_walk_end(&w->jpeg, at, &result);
    if (err != KIN_OK)
        return err;
    if (result == KIN_JPEG_SCAN_END)
        return measure(w, start, *at, ret);
    if (*at < start + 2)
        *at = start + 2;
    return KIN_OK;
}

// Whether `b` follows `a` as in a capture: directly, or after the head of its part.
static int follows(struct walk *w, const struct found_jpeg *a, const struct found_jpeg *b, bool *ret, bool *ret_is_part)
{
    struct kin_span s;
    *ret = false;
    if (a->end == 0 || b->end == 0 || a->width != b->width || a->height != b->height || b->at - a->end > PART_HEAD_MAX)
        return KIN_OK;
    int err = kin_window_at(w->jpeg.window, a->end, (size_t)(b->at - a->end), &s);
    if (err != KIN_OK)
        return err;
    s = kin_span_trim(kin_span_first(s, (size_t)(b->at - a->end)));
    *ret_is_part = kin_span_find_str(s, "image/jp") < s.n;
    *ret = s.n == 0 || *ret_is_part;
    for (size_t i = 0; i < s.n; i++)
        *ret = *ret && (s.p[i] >= ' ' || s.p[i] == '\t' || s.p[i] == '\r' || s.p[i] == '\n') && s.p[i] < 0x7f;
    return KIN_OK;
}

static int find_pair(struct walk *w, uint64_t *ret_at, bool *ret_is_part)
{
    struct found_jpeg before = {0}, now;
    uint64_t size = kin_source_size(w->jpeg.window->source), most = size < MIDDLE_MAX_BYTES ? size : MIDDLE_MAX_BYTES;
    for (uint64_t at = 0; at < most; before = now) {
        bool is_pair = false;
        int err = next_jpeg(w, &at, most, &now);
        if (err == KIN_OK)
            err = follows(w, &before, &now, &is_pair, ret_is_part);
        *ret_at = before.at;
        if (err != KIN_OK || is_pair)
            return err;
    }
    return KIN_EUNSUPPORTED;
}

int kin_raw_find_middle(struct kin_source *source, struct kin_span head, struct kin_reel_builder *b,
                        const struct kin_reader **ret)
{
    struct kin_window window;
    struct walk w = {.jpeg = {.window = &window, .b = b}};
    uint64_t at = 0;
    bool is_part = false;
    if (is_foreign(head))
        return KIN_EUNSUPPORTED;
    int err = kin_window_init(&window, source);
    if (err == KIN_OK)
        err = find_pair(&w, &at, &is_part);
    kin_window_deinit(&window);
    if (err == KIN_OK) {
        kin_reel_builder_begin_at(b, at);
        *ret = is_part ? &kin_reader_multipart : &kin_reader_raw;
    }
    return err == KIN_ELIMIT ? KIN_EUNSUPPORTED : err;
}

const struct kin_reader kin_reader_raw = {.name = "raw", .probe = raw_probe, .index = raw_index};
