// What remains of a frame that lost packets: goes on to collect those that come, and makes a picture of them where the
// frame has restart markers (jpeg/bands.h). The frame counts as partial all the same.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler_internal.h"
#include "proto/rtp_xqt.h"

struct part { // the bytes of a frame in one packet
    struct kin_span data;
    bool is_offset_known;
    uint32_t offset; // of the scan
    uint16_t chunk;  // restart count
};

// --- chunks

static bool is_chunk(uint16_t chunk)
{
    return (chunk & KIN_RTP_JPEG_CHUNK_COUNT) != KIN_RTP_JPEG_CHUNK_COUNT;
}

static bool begins_chunk(uint16_t chunk)
{
    return is_chunk(chunk) && (chunk & KIN_RTP_JPEG_CHUNK_FIRST) != 0;
}

static bool ends_chunk(uint16_t chunk)
{
    return is_chunk(chunk) && (chunk & KIN_RTP_JPEG_CHUNK_LAST) != 0;
}

// --- bytes

static void drop(struct frame_remains *r)
{
    kin_buf_unref(r->buf);
    *r = (struct frame_remains){.buf = NULL};
}

static bool reserve(struct kin_jpeg_assembler *a, size_t n)
{
    struct frame_remains *r = &a->remains;
    if (n > a->max_bytes || r->len > a->max_bytes + ASSEMBLER_HEADER_MAX - n)
        return false;
    if (r->len + n <= r->size)
        return true;
    size_t size = r->len + n > 2 * r->size ? r->len + n : 2 * r->size;
    struct kin_buf *buf = kin_buf_new(size);
    if (buf == NULL)
        return false;
    memcpy(buf->data, r->buf->data, r->len);
    kin_buf_unref(r->buf);
    r->buf = buf;
    r->size = size;
    return true;
}

// Before the packet at hand.
static bool ends_interval(const struct kin_jpeg_assembler *a)
{
    return ends_chunk(a->remains.chunk) || a->ended_interval;
}

// What follows is behind a hole. Where there are too many, what is before the last one counts as missing, too.
static void add_hole(struct kin_jpeg_assembler *a, size_t missing, uint16_t chunk)
{
    struct frame_remains *r = &a->remains;
    struct kin_jpeg_torn *t = &r->torn;
    bool full = t->count == KIN_JPEG_HOLES_MAX;
    struct kin_jpeg_hole *h = &t->holes[full ? t->count - 1 : t->count++];
    if (!full)
        *h = (struct kin_jpeg_hole){.at = r->len, .ends = ends_interval(a)};
    h->missing += missing + (r->len - h->at);
    r->len = h->at;
    h->begins = begins_chunk(chunk);
    h->interval = chunk & KIN_RTP_JPEG_CHUNK_COUNT;
}

// --- one packet

// X-QT says which interval a packet begins with, but not whether the packet ends with one.
static uint16_t chunk_of(const struct kin_jpeg_assembler *a, const struct kin_rtp_xqt *x)
{
    uint32_t interval;
    if (!kin_rtp_xqt_interval(x, a->interval, &interval) || interval >= KIN_RTP_JPEG_CHUNK_COUNT)
        return KIN_RTP_JPEG_NO_CHUNKS;
    return (uint16_t)(KIN_RTP_JPEG_CHUNK_FIRST | interval);
}

// False when the packet is not of the middle or the end of a frame.
static bool read_part(const struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival, struct part *ret)
{
    struct kin_rtp_jpeg h;
    struct kin_rtp_xqt x;
    struct kin_span payload = arrival->packet.payload;
    if (a->format == KIN_PAYLOAD_XQT) {
        bool read = kin_rtp_xqt_parse(payload, &x) == KIN_OK && !x.has_description;
        *ret = (struct part){.data = x.data, .chunk = chunk_of(a, &x)};
        return read && !kin_span_starts(x.data, "\xff\xd8");
    }
    if (kin_rtp_jpeg_parse(payload, &h) != KIN_OK || h.offset == 0)
        return false;
    *ret = (struct part){.data = h.data, .is_offset_known = true, .offset = h.offset};
    ret->chunk = h.has_restart ? h.restart_count : KIN_RTP_JPEG_NO_CHUNKS;
    return true;
}

static bool add_part(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival, const struct part *part)
{
    struct frame_remains *r = &a->remains;
    size_t missing = arrival->gap * a->payload_max;
    if (part->is_offset_known && part->offset < r->passed)
        return false;
    if (part->is_offset_known)
        missing = part->offset - r->passed;
    if (!reserve(a, part->data.n))
        return false;
    if (missing > 0)
        add_hole(a, missing, part->chunk);
    if (part->data.n > 0)
        memcpy(r->buf->data + r->len, part->data.p, part->data.n);
    r->len += part->data.n;
    r->passed += missing + part->data.n;
    r->chunk = part->chunk;
    r->packet = (struct kin_jpeg_frame){.ts = r->packet.ts,
                                        .width = r->packet.width,
                                        .height = r->packet.height,
                                        .seq = arrival->seq,
                                        .first_at = kin_us_min(r->packet.first_at, arrival->at),
                                        .last_at = kin_us_max(r->packet.last_at, arrival->at),
                                        .packets = r->packet.packets + 1};
    return true;
}

// --- the frame

// Hands out what there is of the frame. cut: its end is missing.
static void finish(struct kin_jpeg_assembler *a, bool cut)
{
    struct frame_remains *r = &a->remains;
    struct kin_jpeg_partial partial = {.frame = r->packet};
    if (cut && ends_interval(a))
        add_hole(a, 1, KIN_RTP_JPEG_NO_CHUNKS);
    r->torn.cut = cut;
    r->torn.bytes = kin_span_make(r->buf->data, r->len);
    if (kin_jpeg_bands(&r->torn, a->max_bytes + ASSEMBLER_HEADER_MAX, &partial.frame.jpeg, &partial.gaps) == KIN_OK) {
        kin_buf_unref(a->partial.frame.jpeg);
        a->partial = partial;
    }
    drop(r);
}

// Can anything be told of the open frame? Its header must be there, and say that there are restart markers.
static bool is_promising(struct kin_jpeg_assembler *a, struct kin_jpeg_info *ret)
{
    struct frame_in_progress *f = &a->frame;
    if (f->len == 0 || f->has_extension)
        return false;
    if (a->format == KIN_PAYLOAD_XQT ? !a->scanner.in_scan : !assembler_use_known_size(a))
        return false;
    int err = kin_jpeg_walk(kin_span_make(f->buf->data, f->len), ret, NULL);
    return err == KIN_OK && ret->scan_count == 1 && ret->restart_interval > 0;
}

// Takes over the open frame.
static void begin(struct kin_jpeg_assembler *a)
{
    struct frame_in_progress *f = &a->frame;
    struct frame_remains *r = &a->remains;
    struct kin_jpeg_info info;
    drop(r);
    if (!is_promising(a, &info))
        return;
    *r = (struct frame_remains){.buf = f->buf, .size = f->size, .len = f->len, .chunk = f->chunk};
    r->passed = f->len - f->scan_at;
    r->packet = (struct kin_jpeg_frame){.width = info.width,
                                        .height = info.height,
                                        .ts = f->ts,
                                        .seq = f->seq,
                                        .first_at = f->first_at,
                                        .last_at = f->last_at,
                                        .packets = f->packets};
    f->buf = NULL;
    f->size = 0;
}

static size_t length_of(const struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    size_t head = a->format == KIN_PAYLOAD_XQT ? KIN_RTP_XQT_HEADER_BYTES : KIN_RTP_JPEG_HEADER_BYTES;
    return arrival->packet.payload.n > head ? arrival->packet.payload.n - head : 0;
}

// For estimating the length of holes: most packets of a source are as long as the longest.
static void note_length(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    size_t n = length_of(a, arrival);
    if (n > a->payload_max || arrival->new_source)
        a->payload_max = n;
}

// X-QT: notes the intervals with which the newest packet begins and ends. For the end it has no word, but a packet that
// begins with a restart marker, and has room left, was cut at another one.
static void note_intervals(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    struct kin_rtp_xqt x;
    a->ended_interval = false;
    if (a->format != KIN_PAYLOAD_XQT || kin_rtp_xqt_parse(arrival->packet.payload, &x) != KIN_OK)
        return;
    if (x.has_description)
        a->interval = 0;
    bool begins = x.data.n > 2 && x.data.p[0] == 0xff && (x.data.p[1] & 0xf8) == KIN_JPEG_RST0;
    (void)kin_rtp_xqt_interval(&x, a->interval, &a->interval);
    a->ended_interval = begins && !x.has_description && length_of(a, arrival) < a->payload_max;
}

// The open frame misses packets before this one, and whether this one belongs to it.
static void tear(struct kin_jpeg_assembler *a, bool same)
{
    begin(a);
    assembler_spoil_frame(a, a->frame.ts);
    if (a->remains.buf != NULL && !same)
        finish(a, true);
}

static void feed(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    struct frame_remains *r = &a->remains;
    struct part part = {.chunk = KIN_RTP_JPEG_NO_CHUNKS};
    bool torn = a->frame.state == FRAME_OPEN && arrival->gap > 0 && !arrival->new_source;
    bool same = arrival->ts == (torn ? a->frame.ts : r->packet.ts) && !arrival->new_source;
    note_length(a, arrival);
    if (r->buf != NULL && (torn || !same))
        finish(a, true);
    if (r->buf == NULL && !torn)
        return;
    if (same && !read_part(a, arrival, &part))
        drop(r);
    else if (torn)
        tear(a, same);
    if (r->buf == NULL)
        return;
    if (!add_part(a, arrival, &part))
        drop(r);
    else if (arrival->packet.h.marker)
        finish(a, false);
}

void assembler_feed_remains(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    feed(a, arrival);
    note_intervals(a, arrival);
}

void assembler_drop_remains(struct kin_jpeg_assembler *a)
{
    drop(&a->remains);
    kin_buf_unref(a->partial.frame.jpeg);
    a->partial.frame.jpeg = NULL;
}

bool kin_jpeg_assembler_partial(struct kin_jpeg_assembler *a, struct kin_jpeg_partial *ret)
{
    if (a->partial.frame.jpeg == NULL)
        return false;
    *ret = a->partial;
    a->partial.frame.jpeg = NULL;
    return true;
}
