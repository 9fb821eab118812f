// Reads the lab format: five ASCII digits with the length of a JPEG, then the JPEG, again and again.
// Frames above 99 999 bytes have six digits or more in the wild (writers that pad to five but do not check); since a
// JPEG begins with FF D8 the digits still end where they end, and up to eight are taken. A converter in the wild puts
// several JPEGs into a record: each is a frame.
#include <inttypes.h>

#include "base/err.h"
#include "base/lex.h"
#include "media/jpeg_end.h"
#include "media/reader.h"
#include "media/window.h"

#define MIN_DIGITS 5u
#define MAX_DIGITS 8u
#define FILL_MAX 4u                  // bytes FF before SOI
#define HEAD_BYTES (MAX_DIGITS + 2u) // digits and SOI
#define HEAD_BYTES_MAX (HEAD_BYTES + FILL_MAX)

struct record {
    uint64_t jpeg;   // offset of the SOI
    uint64_t length; // of the JPEG, as the digits say
};

struct lab {
    struct kin_window window;
    struct kin_reel_builder *b;
    uint32_t records;
    bool split; // a record held several JPEGs
};

// The digits and the SOI at `offset`, whose bytes are `head`. False when they are not there.
static bool parse_head(struct kin_span head, uint64_t offset, struct record *ret)
{
    size_t digits = 0;
    while (digits < head.n && digits < MAX_DIGITS && kin_lex_is_digit(head.p[digits]))
        digits++;
    struct kin_span jpeg = kin_span_skip(head, digits);
    uint64_t length, fill = 0;
    while (fill < FILL_MAX && kin_span_starts(jpeg, "\xff\xff")) {
        jpeg = kin_span_skip(jpeg, 1);
        fill++;
    }
    if (digits < MIN_DIGITS || !kin_span_starts(jpeg, "\xff\xd8"))
        return false;
    if (!kin_lex_u64(kin_span_first(head, digits), UINT32_MAX, &length))
        return false;
    *ret = (struct record){.jpeg = offset + digits + fill, .length = length < fill ? 0 : length - fill};
    return true;
}

static int lab_probe(struct kin_span head)
{
    struct record record;
    return parse_head(head, 0, &record) ? 100 : 0;
}

// Follows the JPEG at `at` up to `end` at most; *ret is behind its EOI, or 0 when it has none.
static int find_end(struct kin_window *w, uint64_t at, uint64_t end, uint64_t *ret)
{
    struct kin_jpeg_scanner scanner = {0};
    *ret = 0;
    while (at < end) {
        struct kin_span in;
        size_t used = 0;
        int err = kin_window_at(w, at, 1, &in);
        if (err != KIN_OK || in.n == 0)
            return err;
        in = end - at < in.n ? kin_span_first(in, (size_t)(end - at)) : in;
        enum kin_jpeg_scan_result result = kin_jpeg_scanner_feed(&scanner, in, &used);
        at += used;
        if (result == KIN_JPEG_SCAN_END)
            *ret = at;
        if (result != KIN_JPEG_SCAN_MORE)
            return KIN_OK;
    }
    return KIN_OK;
}

// A record that reaches past the end of the file is a cut-off frame, unless its JPEG ends before: then the digits lie.
static int finish_tail(struct lab *l, const struct record *record)
{
    uint64_t end;
    int err = find_end(&l->window, record->jpeg, kin_source_size(l->window.source), &end);
    if (err != KIN_OK)
        return err;
    if (end == 0) {
        kin_reel_builder_truncated(l->b);
        return KIN_OK;
    }
    kin_reel_builder_why(l->b,
                         "frame %" PRIu32 " at offset %" PRIu64 ": its length says %" PRIu64
                         ", which reaches past the end of the file, but the JPEG is shorter",
                         kin_reel_builder_count(l->b) + 1, record->jpeg, record->length);
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

// Do the digits of a record stand at `at`, or does the file end there?
static int is_record_end(struct lab *l, uint64_t at, bool *ret)
{
    struct kin_span head;
    size_t digits = 0;
    uint64_t size = kin_source_size(l->window.source);
    *ret = at == size;
    if (at >= size)
        return KIN_OK;
    int err = kin_window_at(&l->window, at, MIN_DIGITS, &head);
    while (err == KIN_OK && digits < head.n && digits < MIN_DIGITS && kin_lex_is_digit(head.p[digits]))
        digits++;
    *ret = digits == MIN_DIGITS;
    return err;
}

// A record of five digits whose JPEG is none: another one follows where the digits say. False when that is not so.
static int parse_broken(struct lab *l, struct kin_span head, uint64_t offset, struct record *ret, bool *ret_is)
{
    uint64_t length;
    *ret_is = head.n >= MIN_DIGITS && kin_lex_u64(kin_span_first(head, MIN_DIGITS), UINT32_MAX, &length);
    if (!*ret_is)
        return KIN_OK;
    *ret = (struct record){.jpeg = offset + MIN_DIGITS, .length = length};
    return is_record_end(l, ret->jpeg + length, ret_is);
}

// A record that is too short for a JPEG.
static int take_short(struct lab *l, const struct record *record)
{
    bool follows = false;
    int err = is_record_end(l, record->jpeg + record->length, &follows);
    if (err != KIN_OK)
        return err;
    if (follows)
        return kin_reel_builder_leave_out(l->b, record->length);
    kin_reel_builder_why(l->b, "frame %" PRIu32 " at offset %" PRIu64 ": a length of %" PRIu64 " cannot be",
                         kin_reel_builder_count(l->b) + 1, record->jpeg, record->length);
    return KIN_EBAD;
}

// The JPEGs of a record, nearly always one.
static int add_jpegs(struct lab *l, const struct record *record)
{
    uint64_t at = record->jpeg, end = at + record->length;
    for (bool first = true;; first = false) {
        uint64_t jpeg_end, lead = 0;
        int err = find_end(&l->window, at, end, &jpeg_end);
        if (err == KIN_OK && jpeg_end > 0 && jpeg_end < end)
            err = kin_jpeg_chunk_lead(&l->window, jpeg_end, end - jpeg_end, &lead);
        if (err != KIN_OK)
            return err;
        bool last = jpeg_end == 0 || lead == end - jpeg_end;
        if (last && first)
            return kin_reel_builder_add(l->b, at, end - at);
        if (jpeg_end == 0)
            return kin_reel_builder_leave_out(l->b, end - at);
        err = kin_reel_builder_add(l->b, at, jpeg_end - at);
        if (err != KIN_OK || last)
            return err;
        l->split = true;
        at = jpeg_end + lead;
    }
}

// What stands at `start` instead of a record. *offset moves on behind it when it is only a broken one.
static int take_other(struct lab *l, struct kin_span head, uint64_t start, uint64_t *offset)
{
    struct record record = {0}; // for compilers that do not follow is_broken
    bool is_broken;
    int err = parse_broken(l, head, start, &record, &is_broken);
    if (err != KIN_OK)
        return err;
    if (!is_broken || kin_reel_builder_count(l->b) == 0)
        return finish_stray(l->b, head, start);
    *offset = record.jpeg + record.length;
    return kin_reel_builder_leave_out(l->b, record.length);
}

// One record. *offset moves on behind it, or to the end of the file when the walk is over.
static int take_record(struct lab *l, uint64_t *offset)
{
    uint64_t size = kin_source_size(l->window.source), start = *offset;
    struct kin_span head;
    struct record record;
    int err = kin_window_at(&l->window, start, HEAD_BYTES_MAX, &head);
    if (err != KIN_OK)
        return err;
    head = kin_span_first(head, HEAD_BYTES_MAX);
    *offset = size;
    if (!parse_head(head, start, &record))
        return take_other(l, head, start, offset);
    if (record.length > size - record.jpeg)
        return finish_tail(l, &record);
    *offset = record.jpeg + record.length;
    l->records++;
    return record.length > 2 ? add_jpegs(l, &record) : take_short(l, &record);
}

static int walk(struct lab *l)
{
    uint64_t size = kin_source_size(l->window.source), reported = 0;
    for (uint64_t at = 0; at < size;) {
        int err = take_record(l, &at);
        if (err == KIN_OK && at - reported >= KIN_WINDOW_BYTES) {
            reported = at;
            err = kin_reel_builder_progress(l->b, at);
        }
        if (err != KIN_OK)
            return err;
    }
    if (l->split)
        kin_reel_builder_records(l->b, l->records);
    return KIN_OK;
}

static int lab_index(struct kin_source *source, struct kin_reel_builder *b)
{
    struct lab l = {.b = b};
    int err = kin_window_init(&l.window, source);
    if (err == KIN_OK)
        err = walk(&l);
    kin_window_deinit(&l.window);
    return err;
}

const struct kin_reader kin_reader_lab = {.name = "lab", .probe = lab_probe, .index = lab_index};
