// Finds the restart intervals of a torn JPEG, their places, and fills what is between.
#include "jpeg/bands.h"

#include "base/err.h"
#include "jpeg/mcu.h"
#include "jpeg/neutral.h"
#include "jpeg/work.h"

#define PIECES_MAX (KIN_JPEG_HOLES_MAX + 1)
#define BESIDE 4 // intervals on either side of a hole that tell how long those within it are
#define MARKER_BYTES 2

struct piece { // of the scan, between two holes
    size_t from, to;
    bool starts;    // with an interval, whose place is known
    bool ends;      // with the end of an interval
    bool last;      // the scan ends here
    uint32_t index; // of the first interval that is known to begin; once it is placed
    bool placed;
    size_t first;      // where that interval begins
    size_t known_to;   // where the last complete one ends
    uint32_t complete; // number of them
    uint32_t restarts; // markers, but for one right at the beginning of a piece that `starts`
    uint8_t number;    // of the first of these
    uint32_t lengths;  // of complete intervals that are noted: the first ones and the last ones
    size_t head[BESIDE], tail[BESIDE];
};

struct bands {
    const struct kin_jpeg_torn *torn;
    struct kin_jpeg_info info;
    struct kin_jpeg_neutral neutral;
    uint32_t mcus, intervals;
    unsigned count;
    struct piece pieces[PIECES_MAX];
    struct kin_jpeg_gaps gaps;
};

// --- what is in a piece

struct marker {
    size_t at, behind; // of its first FF, of the byte after its code
    uint8_t code;
};

// The next marker; false when there is none before `to`.
static bool next_marker(const uint8_t *p, size_t at, size_t to, struct marker *ret)
{
    while (at < to) {
        at += kin_span_find(kin_span_make(p + at, to - at), 0xff);
        size_t code = at + 1;
        while (code < to && p[code] == 0xff) // fill bytes
            code++;
        if (code >= to)
            return false;
        if (p[code] != 0) {
            *ret = (struct marker){at, code + 1, p[code]};
            return true;
        }
        at = code + 1;
    }
    return false;
}

static bool is_restart(uint8_t code)
{
    return (code & 0xf8) == KIN_JPEG_RST0;
}

static void note_interval(struct piece *s, size_t from, size_t to)
{
    if (s->complete < BESIDE)
        s->head[s->complete] = to - from;
    s->tail[s->complete % BESIDE] = to - from;
    s->complete++;
    s->known_to = to;
}

// A marker within a piece; *begin: where the interval before it begins, 0 while that is unknown.
static int read_restart(struct piece *s, const struct marker *m, size_t *begin)
{
    uint8_t number = m->code & 7;
    if (s->restarts == 0)
        s->number = number;
    else if (number != ((s->number + s->restarts) & 7))
        return KIN_EBAD;
    if (*begin > 0)
        note_interval(s, *begin, m->at);
    else
        s->first = m->behind;
    *begin = m->behind;
    s->restarts++;
    return KIN_OK;
}

// Finds the intervals of a piece. KIN_OK, or KIN_EBAD: no scan of one picture.
static int read_piece(struct piece *s, const uint8_t *p)
{
    struct marker m;
    size_t at = s->from;
    if (s->starts && next_marker(p, at, s->to, &m) && m.at == at && is_restart(m.code)) {
        if ((m.code & 7) != ((s->index - 1) & 7))
            return KIN_EBAD;
        at = m.behind;
    }
    size_t begin = s->starts ? at : 0;
    s->first = s->known_to = at;
    while (next_marker(p, at, s->to, &m)) {
        if (m.code == KIN_JPEG_EOI && s->last) {
            s->to = m.at;
            break;
        }
        if (!is_restart(m.code) || read_restart(s, &m, &begin) != KIN_OK)
            return KIN_EBAD;
        at = m.behind;
    }
    if (s->ends && begin > 0 && begin < s->to)
        note_interval(s, begin, s->to);
    return KIN_OK;
}

static int read_pieces(struct bands *b)
{
    const struct kin_jpeg_torn *t = b->torn;
    b->count = t->count + 1;
    for (unsigned i = 0; i < b->count; i++) {
        bool last = i == t->count;
        struct piece *s = &b->pieces[i];
        *s = (struct piece){.from = i > 0 ? t->holes[i - 1].at : b->info.scan_offset,
                            .to = last ? t->bytes.n : t->holes[i].at,
                            .starts = i == 0 || t->holes[i - 1].begins,
                            .index = i > 0 ? t->holes[i - 1].interval : 0,
                            .last = last && !t->cut};
        s->ends = last ? s->last : t->holes[i].ends;
        if (s->from > s->to || s->to > t->bytes.n || read_piece(s, t->bytes.p) != KIN_OK)
            return KIN_EBAD;
    }
    return KIN_OK;
}

// --- where it belongs

struct place {
    const struct piece *before; // the last piece placed
    uint32_t next;              // the interval that follows what is known of it
    size_t missing;             // bytes from there to the piece, without those of `before` behind its last interval
};

static void widen(size_t length, size_t *least, size_t *most)
{
    *least = length < *least ? length : *least;
    *most = length > *most ? length : *most;
}

// The shortest and the longest of the intervals beside the hole before a piece. False when they are too few to tell.
static bool lengths_beside(const struct piece *before, const struct piece *s, size_t *least, size_t *most)
{
    uint32_t n = before->complete < BESIDE ? before->complete : BESIDE;
    uint32_t k = s->complete < BESIDE ? s->complete : BESIDE;
    *least = SIZE_MAX;
    *most = 0;
    for (uint32_t i = 0; i < n; i++)
        widen(before->tail[i], least, most);
    for (uint32_t i = 0; i < k; i++)
        widen(s->head[i], least, most);
    return n + k >= 2 && *least > 0;
}

// The place by the number of the marker: how many intervals the hole took is known modulo 8, and their bytes roughly.
static bool estimate(const struct place *at, const struct piece *s, uint32_t *ret)
{
    size_t least, most;
    if (s->restarts == 0 || !lengths_beside(at->before, s, &least, &most))
        return false;
    uint64_t bytes = at->missing + (at->before->to - at->before->known_to) + (s->first - s->from);
    uint64_t from = (bytes + 2 * most - 1) / (2 * most), to = 2 * bytes / least;
    uint64_t count = (s->number - at->next) & 7; // intervals after the one that the marker ends
    count++;
    while (count < from)
        count += 8;
    if (count > to || count + 8 <= to || count > UINT32_MAX - at->next)
        return false;
    *ret = at->next + (uint32_t)count;
    return true;
}

// Does the place agree with the numbers of the markers and with the places before?
static bool fits(const struct bands *b, const struct place *at, const struct piece *s)
{
    uint8_t number = (uint8_t)((s->starts ? s->index : s->index - 1) & 7);
    uint32_t from = at->next + (at->before != NULL && !s->starts);
    bool numbered = s->restarts == 0 || s->number == number;
    bool fit = s->index <= b->intervals && s->complete <= b->intervals - s->index;
    return numbered && fit && s->index >= from && (!s->last || s->complete == b->intervals - s->index);
}

// KIN_OK, placed or not; KIN_EBAD when what is certain contradicts itself.
static int place_piece(const struct bands *b, const struct place *at, struct piece *s)
{
    bool certain = s->starts;
    if (s->complete == 0)
        return KIN_OK;
    if (!s->starts && s->last) {
        certain = s->complete <= b->intervals;
        s->index = b->intervals - s->complete;
    }
    if (!certain && !estimate(at, s, &s->index))
        return KIN_OK;
    s->placed = fits(b, at, s);
    return s->placed || !certain ? KIN_OK : KIN_EBAD;
}

static int place_pieces(struct bands *b)
{
    struct place at = {.before = NULL};
    bool any = false;
    for (unsigned i = 0; i < b->count; i++) {
        struct piece *s = &b->pieces[i];
        at.missing += i > 0 ? b->torn->holes[i - 1].missing : 0;
        if (place_piece(b, &at, s) != KIN_OK)
            return KIN_EBAD;
        any = any || s->placed;
        if (s->placed || i == 0)
            at = (struct place){.before = s, .next = s->index + s->complete};
        else
            at.missing += s->to - s->from;
    }
    return any ? KIN_OK : KIN_EUNSUPPORTED;
}

// --- the whole

static void add_gap(struct kin_jpeg_gaps *g, uint32_t from, uint32_t to)
{
    if (g->count > 0 && (g->mcus[g->count - 1].to == from || g->count == KIN_JPEG_GAPS_MAX)) {
        g->mcus[g->count - 1].to = to;
        return;
    }
    g->mcus[g->count].from = from;
    g->mcus[g->count++].to = to;
}

static void put_marker(struct kin_wr *w, uint8_t code)
{
    kin_wr_u8(w, 0xff);
    kin_wr_u8(w, code);
}

static void begin_interval(struct kin_wr *w, uint32_t index)
{
    if (index > 0)
        put_marker(w, (uint8_t)(KIN_JPEG_RST0 + ((index - 1) & 7)));
}

static void fill(struct bands *b, uint32_t from, uint32_t to, struct kin_wr *w)
{
    uint32_t interval = b->info.restart_interval;
    for (uint32_t i = from; i < to; i++) {
        uint32_t mcu = i * interval, n = b->mcus - mcu < interval ? b->mcus - mcu : interval;
        begin_interval(w, i);
        kin_jpeg_neutral_write(&b->neutral, n, w);
        add_gap(&b->gaps, mcu, mcu + n);
    }
}

static void write_all(struct bands *b, struct kin_wr *w)
{
    const uint8_t *p = b->torn->bytes.p;
    uint32_t next = 0;
    kin_wr_put(w, kin_span_make(p, b->info.scan_offset));
    for (unsigned i = 0; i < b->count; i++) {
        const struct piece *s = &b->pieces[i];
        if (!s->placed)
            continue;
        fill(b, next, s->index, w);
        begin_interval(w, s->index);
        kin_wr_put(w, kin_span_make(p + s->first, s->known_to - s->first));
        next = s->index + s->complete;
    }
    fill(b, next, b->intervals, w);
    put_marker(w, KIN_JPEG_EOI);
}

// An upper bound of the bytes written.
static uint64_t length_of(const struct bands *b)
{
    uint64_t bytes = b->info.scan_offset + MARKER_BYTES, known = 0;
    for (unsigned i = 0; i < b->count; i++) {
        const struct piece *s = &b->pieces[i];
        bytes += s->placed ? s->known_to - s->first + MARKER_BYTES : 0;
        known += s->placed ? s->complete : 0;
    }
    uint64_t missing = b->intervals - known, mcus = missing * b->info.restart_interval;
    return bytes + missing * (MARKER_BYTES + 2) + kin_jpeg_neutral_bytes(&b->neutral, mcus < b->mcus ? mcus : b->mcus);
}

static int read_header(struct bands *b)
{
    const struct kin_jpeg_torn *t = b->torn;
    struct kin_jpeg_info *info = &b->info;
    struct kin_span head = kin_span_first(t->bytes, t->count > 0 ? t->holes[0].at : t->bytes.n);
    if (t->count > KIN_JPEG_HOLES_MAX || kin_jpeg_walk(head, info, NULL) != KIN_OK)
        return KIN_EBAD;
    if (!kin_jpeg_is_one_scan(info) || info->bits != 8 || info->restart_interval == 0)
        return KIN_EUNSUPPORTED;
    if (info->blocks > KIN_JPEG_BLOCKS_FREE)
        return KIN_ELIMIT;
    return kin_jpeg_neutral_init(&b->neutral, kin_span_first(head, info->scan_offset), info);
}

static void measure(struct bands *b)
{
    struct kin_jpeg_mcus mcus = kin_jpeg_mcus(&b->info);
    b->gaps.mcu_width = mcus.width;
    b->gaps.mcu_height = mcus.height;
    b->gaps.columns = mcus.columns;
    b->mcus = mcus.count;
    b->intervals = (b->mcus + b->info.restart_interval - 1) / b->info.restart_interval;
}

int kin_jpeg_bands(const struct kin_jpeg_torn *torn, size_t max, struct kin_buf **ret, struct kin_jpeg_gaps *ret_gaps)
{
    struct bands b = {.torn = torn};
    int err = read_header(&b);
    if (err != KIN_OK)
        return err;
    measure(&b);
    err = read_pieces(&b);
    if (err == KIN_OK)
        err = place_pieces(&b);
    if (err != KIN_OK)
        return err;
    uint64_t length = length_of(&b);
    if (length > max)
        return KIN_ELIMIT;
    struct kin_buf *buf = kin_buf_new((size_t)length);
    if (buf == NULL)
        return KIN_ENOMEM;
    struct kin_wr w = kin_wr_init(buf->data, buf->len);
    write_all(&b, &w);
    buf->len = w.len;
    *ret = buf;
    *ret_gaps = b.gaps;
    return KIN_OK;
}
