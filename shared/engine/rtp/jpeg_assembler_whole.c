// Whole JPEG files, in one packet or in chunks: the lab dialect and X-QT. Where a file ends is read from the file
// itself, since lab senders agree on neither marker, timestamp nor sequence number.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler_internal.h"
#include "proto/rtp_xqt.h"

#define FILL_MAX 16u // bytes FF before SOI that some cameras write

// Does a file begin here? Then *data is moved to its SOI.
static bool begins_jpeg(struct kin_span *data)
{
    struct kin_span at = *data;
    while (at.n > 2 && data->n - at.n < FILL_MAX && kin_span_starts(at, "\xff\xff"))
        at = kin_span_skip(at, 1);
    if (!kin_span_starts(at, "\xff\xd8"))
        return false;
    *data = at;
    return true;
}

// A chunk may begin inside a segment, perhaps right at the SOI of a thumbnail.
static bool is_inside_segment(const struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    return a->frame.state == FRAME_OPEN && arrival->gap == 0 && a->scanner.left > 0;
}

static void count_no_jpeg(struct kin_jpeg_assembler *a)
{
    assembler_set_trouble(a, KIN_JPEG_TROUBLE_NO_JPEG, 0, KIN_EBAD);
    assembler_count_trouble(a);
}

// What the scanner has not seen already: the headers. Those of further scans are within the file.
static int read_headers(struct kin_span file, struct kin_jpeg_info *ret)
{
    int err = kin_jpeg_walk_to_scan(file, ret);
    return err != KIN_OK || kin_jpeg_is_one_scan(ret) ? err : kin_jpeg_walk(file, ret, NULL);
}

static void finish(struct kin_jpeg_assembler *a)
{
    struct kin_jpeg_info info;
    struct kin_span file = kin_span_make(a->frame.buf->data, a->frame.len);
    if (read_headers(file, &info) != KIN_OK) {
        a->stats.bad_packets++;
        count_no_jpeg(a);
        assembler_spoil_frame(a, a->frame.ts);
        a->frame.state = FRAME_NONE;
        return;
    }
    assembler_finish_frame(a, info.width, info.height);
}

// The marker bit came before the end of the file: fine when only EOI is missing.
static int finish_without_eoi(struct kin_jpeg_assembler *a)
{
    static const uint8_t eoi[] = {0xff, KIN_JPEG_EOI};
    int err = a->scanner.in_scan ? assembler_append(a, kin_span_make(eoi, sizeof eoi)) : KIN_EBAD;
    if (err == KIN_OK) {
        finish(a);
        return KIN_OK;
    }
    assembler_spoil_frame(a, a->frame.ts);
    a->frame.state = FRAME_NONE;
    return err == KIN_ENOMEM ? KIN_ENOMEM : KIN_OK;
}

static int append(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival, struct kin_span data)
{
    size_t used = 0;
    enum kin_jpeg_scan_result result = kin_jpeg_scanner_feed(&a->scanner, data, &used);
    int err = result == KIN_JPEG_SCAN_BAD ? KIN_EBAD : assembler_append(a, kin_span_first(data, used));
    assembler_count_packet(&a->frame, arrival);
    if (err != KIN_OK) {
        a->stats.bad_packets += err == KIN_EBAD;
        if (err == KIN_EBAD)
            count_no_jpeg(a);
        assembler_spoil_frame(a, arrival->ts);
        a->frame.state = arrival->packet.h.marker ? FRAME_NONE : FRAME_SPOILED;
        return err == KIN_ENOMEM ? KIN_ENOMEM : KIN_OK;
    }
    if (result == KIN_JPEG_SCAN_END)
        finish(a);
    else if (arrival->packet.h.marker)
        return finish_without_eoi(a);
    return KIN_OK;
}

int assembler_feed_whole(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival, struct kin_span data)
{
    struct frame_in_progress *f = &a->frame;
    bool begins = !is_inside_segment(a, arrival) && begins_jpeg(&data);
    if (f->state == FRAME_OPEN && (begins || arrival->gap > 0))
        assembler_spoil_frame(a, arrival->ts);
    if (begins) {
        a->joining = false;
        assembler_begin_frame(a, arrival);
    } else if (f->state == FRAME_NONE) {
        if (!a->joining)
            assembler_spoil_frame(a, arrival->ts); // its beginning is missing
        f->state = FRAME_SPOILED;
    }
    if (f->state == FRAME_OPEN)
        return append(a, arrival, data);
    if (arrival->packet.h.marker) // the end of what was skipped
        f->state = FRAME_NONE;
    return KIN_OK;
}

// Skips the rest of a frame whose beginning is lost, or padding that some files have after the end marker.
static void skip_rest(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    a->frame.state = arrival->packet.h.marker ? FRAME_NONE : FRAME_SPOILED;
    a->frame.ts = arrival->ts;
}

// The first packet of the frame is missing: later ones are no beginning, even if they look like one.
static bool is_headless(const struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival,
                        const struct kin_rtp_xqt *x)
{
    return a->frame.state == FRAME_NONE && arrival->gap > 0 && a->describes && !x->has_description;
}

static int feed_sample(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival, const struct kin_rtp_xqt *x)
{
    uint64_t complete = a->stats.complete;
    if (is_headless(a, arrival, x)) {
        if (!a->joining)
            assembler_spoil_frame(a, arrival->ts);
        skip_rest(a, arrival);
        return KIN_OK;
    }
    a->describes = a->describes || x->has_description;
    int err = assembler_feed_whole(a, arrival, x->data);
    if (a->stats.complete > complete)
        skip_rest(a, arrival);
    return err;
}

int assembler_feed_xqt(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival)
{
    struct frame_in_progress *f = &a->frame;
    struct kin_rtp_xqt x;
    if (f->state != FRAME_NONE && f->ts != arrival->ts) {
        if (f->state == FRAME_OPEN)
            assembler_spoil_frame(a, f->ts);
        f->state = FRAME_NONE;
    }
    if (f->state == FRAME_SPOILED) {
        skip_rest(a, arrival);
        return KIN_OK;
    }
    if (kin_rtp_xqt_parse(arrival->packet.payload, &x) == KIN_OK)
        return feed_sample(a, arrival, &x);
    a->stats.bad_packets++;
    count_no_jpeg(a);
    if (f->state == FRAME_OPEN)
        assembler_spoil_frame(a, arrival->ts);
    return KIN_OK;
}
