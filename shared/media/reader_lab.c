// Reads the lab format: records of five ASCII digits, the length of a JPEG, and the JPEG.
// In the wild, frames above 99 999 bytes have six digits or more (writers pad to five but do not check). Since a JPEG
// begins with FF D8 the end of the digits is still certain, and up to eight are accepted. One converter in the wild
// puts several JPEGs into a record: each is a frame.
#include <inttypes.h>

#include "base/err.h"
#include "base/lex.h"
#include "media/jpeg_end.h"
#include "media/reader.h"

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
    struct kin_window *window;
    struct kin_reel_builder *b;
    uint32_t records;
    bool split; // a record held several JPEGs
};

// Parses the digits and the SOI of a record: `head` are the bytes at `offset`. False when they are not there.
static bool parse_head(struct kin_span head, uint64_t offset, struct record *ret)
{
    size_t digits = kin_lex_digits(kin_span_first(head, MAX_DIGITS));
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

// Scans the JPEG at `at`, up to `end`. *ret is the offset after its EOI, or 0 when there is none.
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

// A run of damage, and the frames lost in it: one for each JPEG whose EOI is still there.
struct damage {
    uint64_t end;  // after the last JPEG in it, or after a record whose length is known
    uint32_t lost; // frames up to there
};

// The damage that begins with a broken record at `start`. Its length is used if it lies within the file.
static struct damage damage_at(const struct lab *l, uint64_t start, const struct record *record)
{
    uint64_t size = kin_source_size(l->window->source);
    bool known = record != NULL && record->jpeg <= size && record->length <= size - record->jpeg;
    return (struct damage){known ? record->jpeg + record->length : start, known};
}

static void extend_damage(const struct lab *l, struct damage *d, uint64_t at)
{
    if (at > d->end && at - d->end > HEAD_BYTES_MAX) {
        uint32_t n = kin_reel_builder_frames_in(l->b, at - d->end);
        d->lost += n > 0 ? n : 1;
    }
    d->end = at > d->end ? at : d->end;
}

// Moves *at to the next record, or to the end of the file, and adds what is lost before that to d.
static int seek_record(struct lab *l, uint64_t *at, struct damage *d)
{
    for (;;) {
        struct kin_span s;
        struct record record;
        int err = kin_window_at(l->window, *at, HEAD_BYTES_MAX, &s);
        if (err == KIN_OK)
            err = kin_reel_builder_progress(l->b, *at);
        if (err != KIN_OK)
            return err;
        bool last = s.n == kin_source_size(l->window->source) - *at;
        size_t over = last ? s.n : s.n - (HEAD_BYTES_MAX - 1);
        for (size_t i = 0; i < over; i++) {
            if (kin_lex_is_digit(s.p[i]) &&
                parse_head(kin_span_first(kin_span_skip(s, i), HEAD_BYTES_MAX), i, &record)) {
                *at += i;
                return KIN_OK;
            }
            if (s.p[i] == 0xff && kin_span_starts(kin_span_skip(s, i), "\xff\xd9"))
                extend_damage(l, d, *at + i + 2);
        }
        *at += over;
        if (last)
            return KIN_OK;
    }
}

// Adds places of lost frames that have no bytes of their own.
static int add_lost(struct lab *l, uint32_t frames)
{
    int err = KIN_OK;
    while (frames-- > 0 && err == KIN_OK)
        err = kin_reel_builder_leave_out(l->b, 0);
    return err;
}

// The damage from `start` ends at a record at `next`, or with the file; then only EOIs count as lost frames.
static int leave_out(struct lab *l, struct damage *d, uint64_t start, uint64_t next)
{
    bool last = next == kin_source_size(l->window->source);
    if (d->end > next) // the digits are wrong
        *d = (struct damage){start, 0};
    if (!last)
        extend_damage(l, d, next);
    if (d->lost == 0 && last) {
        kin_reel_builder_junk(l->b, next - start);
        return KIN_OK;
    }
    int err = kin_reel_builder_leave_out(l->b, next - start);
    return err == KIN_OK && d->lost > 1 ? add_lost(l, d->lost - 1) : err;
}

// A JPEG that ends at `end` and not where its digits say. They are wrong, or damage joined it with later records.
static int add_mislabelled(struct lab *l, const struct record *record, uint64_t end)
{
    uint64_t stated = record->jpeg + record->length;
    uint32_t joined = 0;
    if (end > stated && kin_reel_builder_frames_in(l->b, record->length) > 0)
        joined = kin_reel_builder_frames_in(l->b, end - stated);
    kin_reel_builder_junk(l->b, MIN_DIGITS); // the wrong ones
    int err = kin_reel_builder_add(l->b, record->jpeg, end - record->jpeg);
    return err == KIN_OK ? add_lost(l, joined) : err;
}

// A record with a wrong length: the end of its JPEG counts. *offset moves there, or to the next record.
static int read_mislabelled(struct lab *l, const struct record *record, uint64_t *offset)
{
    uint64_t end, size = kin_source_size(l->window->source);
    int err = find_end(l->window, record->jpeg, size, &end);
    if (err != KIN_OK)
        return err;
    if (end > 0) {
        *offset = end;
        return add_mislabelled(l, record, end);
    }
    struct damage damage = damage_at(l, record->jpeg, record);
    *offset = record->jpeg;
    err = seek_record(l, offset, &damage);
    if (err != KIN_OK || *offset < size || record->length <= size - record->jpeg)
        return err != KIN_OK ? err : leave_out(l, &damage, record->jpeg, *offset);
    kin_reel_builder_truncated(l->b);
    return KIN_OK;
}

// The file ends within the digits or between the bytes of the SOI.
static bool is_cut_head(struct kin_span head)
{
    size_t digits = kin_lex_digits(head);
    struct kin_span rest = kin_span_skip(head, digits);
    bool half_soi = digits >= MIN_DIGITS && rest.n == 1 && rest.p[0] == 0xff;
    return head.n < HEAD_BYTES && (rest.n == 0 || half_soi);
}

// No record at `start`, but stray bytes at the very end, or lost frames. `record`: what digits there say, or NULL.
static int read_stray(struct lab *l, struct kin_span head, uint64_t start, const struct record *record,
                      uint64_t *offset)
{
    if (is_cut_head(head)) {
        kin_reel_builder_truncated(l->b);
        return KIN_OK;
    }
    struct damage damage = damage_at(l, start, record);
    *offset = start;
    int err = seek_record(l, offset, &damage);
    return err == KIN_OK ? leave_out(l, &damage, start, *offset) : err;
}

// Whether the digits of a record are at `at`, or the file ends there.
static int is_record_end(struct lab *l, uint64_t at, bool *ret)
{
    struct kin_span head;
    uint64_t size = kin_source_size(l->window->source);
    *ret = at == size;
    if (at >= size)
        return KIN_OK;
    int err = kin_window_at(l->window, at, MIN_DIGITS, &head);
    *ret = err == KIN_OK && kin_lex_digits(kin_span_first(head, MIN_DIGITS)) == MIN_DIGITS;
    return err;
}

// A record of five digits without a JPEG. *ret_is: there is one, because another record follows where the digits say.
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
static int read_short(struct lab *l, const struct record *record, uint64_t *offset)
{
    bool follows = false;
    int err = is_record_end(l, record->jpeg + record->length, &follows);
    if (err != KIN_OK)
        return err;
    return follows ? kin_reel_builder_leave_out(l->b, record->length) : read_mislabelled(l, record, offset);
}

// Whether the digits contradict the JPEG, which ends at `jpeg_end` (0: not within the record).
static int is_length_wrong(struct lab *l, const struct record *record, uint64_t jpeg_end, bool *ret)
{
    struct kin_span head;
    struct record next;
    uint64_t end = record->jpeg + record->length;
    *ret = false;
    if (jpeg_end == end)
        return KIN_OK;
    if (jpeg_end == 0) {
        int err = is_record_end(l, end, ret);
        *ret = !*ret;
        return err;
    }
    int err = kin_window_at(l->window, jpeg_end, HEAD_BYTES_MAX, &head);
    *ret = err == KIN_OK && parse_head(kin_span_first(head, HEAD_BYTES_MAX), jpeg_end, &next);
    return err;
}

// The JPEGs of a record from `at` on, nearly always one, which ends at `jpeg_end`; 0: nowhere.
static int add_jpegs(struct lab *l, uint64_t at, uint64_t end, uint64_t jpeg_end)
{
    for (bool first = true;; first = false) {
        uint64_t lead = 0;
        int err = first ? KIN_OK : find_end(l->window, at, end, &jpeg_end);
        if (err == KIN_OK && jpeg_end > 0 && jpeg_end < end)
            err = kin_jpeg_chunk_lead(l->window, jpeg_end, end - jpeg_end, &lead);
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

// Reads a record that lies within the file.
static int read_complete(struct lab *l, const struct record *record, uint64_t *offset)
{
    uint64_t jpeg_end, end = record->jpeg + record->length;
    bool wrong;
    int err = find_end(l->window, record->jpeg, end, &jpeg_end);
    if (err == KIN_OK)
        err = is_length_wrong(l, record, jpeg_end, &wrong);
    if (err != KIN_OK)
        return err;
    return wrong ? read_mislabelled(l, record, offset) : add_jpegs(l, record->jpeg, end, jpeg_end);
}

// Handles what is at `start` instead of a record. *offset moves behind it.
static int read_other(struct lab *l, struct kin_span head, uint64_t start, uint64_t *offset)
{
    struct record record = {0};
    bool is_broken;
    int err = parse_broken(l, head, start, &record, &is_broken);
    if (err != KIN_OK)
        return err;
    if (!is_broken)
        return read_stray(l, head, start, record.jpeg > 0 ? &record : NULL, offset);
    *offset = record.jpeg + record.length;
    return kin_reel_builder_leave_out(l->b, record.length);
}

// Reads one record. *offset moves behind it, or to the end of the file when the walk is over.
static int read_record(struct lab *l, uint64_t *offset)
{
    uint64_t size = kin_source_size(l->window->source), start = *offset;
    struct kin_span head;
    struct record record;
    int err = kin_window_at(l->window, start, HEAD_BYTES_MAX, &head);
    if (err != KIN_OK)
        return err;
    head = kin_span_first(head, HEAD_BYTES_MAX);
    *offset = size;
    if (!parse_head(head, start, &record))
        return read_other(l, head, start, offset);
    l->records++;
    if (record.length > size - record.jpeg)
        return read_mislabelled(l, &record, offset);
    *offset = record.jpeg + record.length;
    return record.length > 2 ? read_complete(l, &record, offset) : read_short(l, &record, offset);
}

static int walk(struct lab *l)
{
    uint64_t size = kin_source_size(l->window->source);
    int err = KIN_OK;
    for (uint64_t at = 0; err == KIN_OK && at < size;) {
        err = read_record(l, &at);
        if (err == KIN_OK)
            err = kin_reel_builder_walked(l->b, at);
    }
    if (l->split)
        kin_reel_builder_records(l->b, l->records);
    return err;
}

static int lab_index(struct kin_window *window, struct kin_reel_builder *b)
{
    return walk(&(struct lab){.window = window, .b = b});
}

const struct kin_reader kin_reader_lab = {.name = "lab", .probe = lab_probe, .index = lab_index};
