// Reads the lab format: five ASCII digits with the length of a JPEG, then the JPEG, again and again.
// Frames above 99 999 bytes have six digits or more in the wild (writers that pad to five but do not check); since a
// JPEG begins with FF D8 the digits still end where they end, and up to eight are taken.
#include <inttypes.h>

#include "base/err.h"
#include "base/lex.h"
#include "media/reader.h"
#include "media/window.h"

#define MIN_DIGITS 5u
#define MAX_DIGITS 8u
#define HEAD_BYTES (MAX_DIGITS + 2u) // digits and SOI

struct record {
    uint64_t jpeg;   // offset of the SOI
    uint64_t length; // of the JPEG, as the digits say
};

// The digits and the SOI at `offset`, whose bytes are `head`. False when they are not there.
static bool parse_head(struct kin_span head, uint64_t offset, struct record *ret)
{
    size_t digits = 0;
    while (digits < head.n && digits < MAX_DIGITS && kin_lex_is_digit(head.p[digits]))
        digits++;
    struct kin_span jpeg = kin_span_skip(head, digits);
    uint64_t length;
    if (digits < MIN_DIGITS || !kin_span_starts(jpeg, "\xff\xd8"))
        return false;
    if (!kin_lex_u64(kin_span_first(head, digits), UINT32_MAX, &length))
        return false;
    *ret = (struct record){.jpeg = offset + digits, .length = length};
    return true;
}

static int lab_probe(struct kin_span head)
{
    struct record record;
    return parse_head(head, 0, &record) ? 100 : 0;
}

// A record that reaches past the end of the file is a cut-off frame, unless its JPEG ends before: then the digits lie.
static int finish_tail(struct kin_window *w, struct kin_reel_builder *b, const struct record *record)
{
    struct kin_jpeg_scanner scanner = {0};
    enum kin_jpeg_scan_result result = KIN_JPEG_SCAN_MORE;
    struct kin_span in;
    size_t used = 0;
    for (uint64_t at = record->jpeg; result == KIN_JPEG_SCAN_MORE; at += in.n) {
        int err = kin_window_at(w, at, 1, &in);
        if (err != KIN_OK)
            return err;
        if (in.n == 0) {
            kin_reel_builder_truncated(b);
            return KIN_OK;
        }
        result = kin_jpeg_scanner_feed(&scanner, in, &used);
    }
    kin_reel_builder_why(b,
                         "frame %" PRIu32 " at offset %" PRIu64 ": its length says %" PRIu64
                         ", which reaches past the end of the file, but the JPEG is shorter",
                         kin_reel_builder_count(b) + 1, record->jpeg, record->length);
    return KIN_EBAD;
}

// The file ends within the digits or between the bytes of the SOI.
static bool is_cut_head(struct kin_span head)
{
    size_t digits = 0;
    while (digits < head.n && kin_lex_is_digit(head.p[digits]))
        digits++;
    struct kin_span rest = kin_span_skip(head, digits);
    bool half_soi = digits >= MIN_DIGITS && rest.n == 1 && rest.p[0] == 0xff;
    return head.n < HEAD_BYTES && (rest.n == 0 || half_soi);
}

// What stands at `offset` is no record: a few stray bytes at the very end are junk, all else is an error.
static int finish_stray(struct kin_reel_builder *b, struct kin_span head, uint64_t offset)
{
    uint32_t count = kin_reel_builder_count(b);
    if (count > 0 && is_cut_head(head)) {
        kin_reel_builder_truncated(b);
        return KIN_OK;
    }
    if (count > 0 && head.n < HEAD_BYTES && kin_span_trim(head).n == 0) { // a final newline
        kin_reel_builder_junk(b, head.n);
        return KIN_OK;
    }
    kin_reel_builder_why(b,
                         "frame %" PRIu32 " at offset %" PRIu64 ": five digits and a JPEG expected; "
                         "the length of the frame before it may be wrong",
                         count + 1, offset);
    return KIN_EBAD;
}

static int check_length(struct kin_reel_builder *b, const struct record *record)
{
    if (record->length > 2)
        return KIN_OK;
    kin_reel_builder_why(b, "frame %" PRIu32 " at offset %" PRIu64 ": a length of %" PRIu64 " cannot be",
                         kin_reel_builder_count(b) + 1, record->jpeg, record->length);
    return KIN_EBAD;
}

// One record. *offset moves on behind it, or to the end of the file when the walk is over.
static int take_record(struct kin_window *w, struct kin_reel_builder *b, uint64_t *offset)
{
    uint64_t size = kin_source_size(w->source), start = *offset;
    struct kin_span head;
    struct record record;
    int err = kin_window_at(w, start, HEAD_BYTES, &head);
    if (err != KIN_OK)
        return err;
    head = kin_span_first(head, HEAD_BYTES);
    *offset = size;
    if (!parse_head(head, start, &record))
        return finish_stray(b, head, start);
    err = check_length(b, &record);
    if (err != KIN_OK)
        return err;
    if (record.length > size - record.jpeg)
        return finish_tail(w, b, &record);
    *offset = record.jpeg + record.length;
    return kin_reel_builder_add(b, record.jpeg, record.length);
}

static int walk(struct kin_window *w, struct kin_reel_builder *b)
{
    uint64_t size = kin_source_size(w->source), reported = 0;
    for (uint64_t at = 0; at < size;) {
        int err = take_record(w, b, &at);
        if (err == KIN_OK && at - reported >= KIN_WINDOW_BYTES) {
            reported = at;
            err = kin_reel_builder_progress(b, at);
        }
        if (err != KIN_OK)
            return err;
    }
    return KIN_OK;
}

static int lab_index(struct kin_source *source, struct kin_reel_builder *b)
{
    struct kin_window w;
    int err = kin_window_init(&w, source);
    if (err == KIN_OK)
        err = walk(&w, b);
    kin_window_deinit(&w);
    return err;
}

const struct kin_reader kin_reader_lab = {.name = "lab", .probe = lab_probe, .index = lab_index};
