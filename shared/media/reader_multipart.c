// Reads multipart/x-mixed-replace as cameras send it and curl saves it: parts of a boundary line, header lines, an
// empty line and a JPEG. A Content-Length is trusted if the next boundary or the end of the file follows; else the JPEG
// is scanned for its end.
#include "base/err.h"
#include "base/lex.h"
#include "media/jpeg_end.h"
#include "media/reader.h"

#define HEADER_MAX 4096u // bytes of boundary and headers of one part
#define HEADER_LINES_MAX 64u
#define FIRST_HEADS_MAX 4u // empty lines before a first part without a boundary
#define LINE_BREAKS 4u     // bytes of line ends between a body and the next boundary

struct multipart {
    struct kin_jpeg_walk walk;
    uint64_t end;        // offset after what was recognised so far
    bool has_boundaries; // some part begins with one
};

struct part {
    size_t head_bytes; // boundary to the empty line, inclusive
    uint64_t length;   // stated; 0 when not
    bool is_other;     // its Content-Type is no image
};

// Reads a line, without its end, and moves `s` behind it. False when the line does not end within `s`.
static bool read_line(struct kin_span *s, struct kin_span *ret)
{
    size_t end = kin_span_find(*s, '\n');
    if (end == s->n)
        return false;
    *ret = kin_span_trim(kin_span_first(*s, end));
    *s = kin_span_skip(*s, end + 1);
    return true;
}

static void parse_field(struct kin_span line, struct part *part)
{
    struct kin_span name = kin_span_first(line, kin_span_find(line, ':'));
    uint64_t n;
    if (kin_span_case_is(kin_span_trim(name), "content-length") &&
        kin_lex_u64(kin_span_trim(kin_span_skip(line, name.n + 1)), KIN_FRAME_MAX_BYTES, &n))
        part->length = n;
    if (kin_span_case_is(kin_span_trim(name), "content-type"))
        part->is_other = kin_span_find_str(line, "image/") == line.n;
}

// Parses lines up to the empty one that ends the head. False when there is none within `rest`.
static bool parse_fields(struct kin_span *rest, struct part *part)
{
    struct kin_span line;
    for (unsigned i = 0; i < HEADER_LINES_MAX && read_line(rest, &line); i++) {
        if (line.n == 0)
            return true;
        parse_field(line, part);
    }
    return false;
}

// Parses the head of a part, which begins with "--". False when there is none at s.
static bool parse_part(struct kin_span s, struct part *ret)
{
    struct kin_span rest = kin_span_first(s, HEADER_MAX), line;
    struct part part = {0};
    if (!kin_span_starts(s, "--") || !read_line(&rest, &line) || !parse_fields(&rest, &part))
        return false;
    bool closes = line.n > 4 && memcmp(line.p + line.n - 2, "--", 2) == 0;
    part.is_other = part.is_other || closes;
    part.head_bytes = (size_t)(rest.p - s.p);
    *ret = part;
    return true;
}

// Some microcontrollers leave out the first boundary: the JPEG follows the web server's response, or the header lines
// of its part. `s` is the beginning of the file; false when it does not begin so.
static bool parse_first_part(struct kin_span s, struct part *ret)
{
    struct kin_span rest = kin_span_first(s, HEADER_MAX);
    struct part part = {0};
    for (unsigned heads = 0; heads < FIRST_HEADS_MAX; heads++) {
        if (kin_span_starts(rest, "--") || !parse_fields(&rest, &part))
            return false;
        part.is_other = false;
        if (kin_span_find_str(kin_span_first(s, (size_t)(rest.p - s.p)), "\n--") < (size_t)(rest.p - s.p))
            return false; // a preamble, and a boundary
        if (kin_span_starts(kin_span_skip(s, (size_t)(rest.p - s.p)), "\xff\xd8\xff")) {
            part.head_bytes = (size_t)(rest.p - s.p);
            *ret = part;
            return true;
        }
    }
    return false;
}

static bool names_jpegs(struct kin_span head)
{
    struct kin_span line;
    for (unsigned i = 0; i < HEADER_LINES_MAX && read_line(&head, &line); i++) {
        if (kin_span_case_starts(line, "content-type:") &&
            (kin_span_find_str(line, "image/jp") < line.n ||
             kin_span_find_str(line, "multipart/x-mixed-replace") < line.n))
            return true;
    }
    return false;
}

// A preamble may stand before the first boundary (RFC 2046 section 5.1.1).
static int multipart_probe(struct kin_span head)
{
    struct kin_span text = head;
    while (text.n > 0 && (text.p[0] == '\r' || text.p[0] == '\n'))
        text = kin_span_skip(text, 1);
    if (kin_span_starts(text, "--") || kin_span_starts(text, "HTTP/1."))
        return names_jpegs(text) ? 95 : 0;
    struct part first;
    if (names_jpegs(text) && parse_first_part(head, &first))
        return 60;
    return names_jpegs(kin_span_skip(text, kin_span_find_str(text, "\n--"))) ? 50 : 0;
}

// Whether only line ends separate `at` from the next boundary or the end of the file. Reads around the window, since a
// wrong length may point anywhere, again and again.
static int ends_here(struct multipart *m, uint64_t at, bool *ret)
{
    uint8_t bytes[LINE_BREAKS + 2];
    ptrdiff_t n = kin_source_read(m->walk.window->source, at, bytes, sizeof bytes);
    if (n < 0)
        return (int)n;
    struct kin_span s = kin_span_make(bytes, (size_t)n);
    for (unsigned i = 0; i < LINE_BREAKS && s.n > 0 && (s.p[0] == '\r' || s.p[0] == '\n'); i++)
        s = kin_span_skip(s, 1);
    *ret = s.n == 0 || kin_span_starts(s, "--");
    return KIN_OK;
}

static int add(struct multipart *m, uint64_t start, uint64_t end)
{
    m->end = end;
    return kin_reel_builder_add(m->walk.b, start, end - start);
}

// Reads the JPEG at *at and moves *at behind it, or behind what turned out not to be one.
static int read_jpeg(struct multipart *m, const struct part *part, uint64_t *at)
{
    uint64_t start = *at, size = kin_source_size(m->walk.window->source);
    bool right = false;
    if (part->length > 2 && part->length <= size - start) {
        int err = ends_here(m, start + part->length, &right);
        if (err != KIN_OK)
            return err;
    }
    if (right) {
        *at = start + part->length;
        return add(m, start, *at);
    }
    enum kin_jpeg_scan_result result;
    int err = kin_jpeg_walk_end(&m->walk, at, &result);
    if (err != KIN_OK)
        return err;
    if (result == KIN_JPEG_SCAN_END)
        return add(m, start, *at);
    if (result != KIN_JPEG_SCAN_MORE)
        return kin_reel_builder_leave_out(m->walk.b, 0);
    kin_reel_builder_truncated(m->walk.b);
    return KIN_OK;
}

// Reads what follows the head of a part, at *at, which moves behind a JPEG.
static int read_body(struct multipart *m, const struct part *part, uint64_t *at)
{
    uint64_t lead = 0, left = kin_source_size(m->walk.window->source) - *at;
    uint64_t length = part->length > 0 && part->length < left ? part->length : left;
    struct kin_span s;
    int err = kin_jpeg_chunk_lead(m->walk.window, *at, length, &lead);
    if (err == KIN_OK && lead > 0 && lead < length)
        err = kin_window_at(m->walk.window, *at, (size_t)lead, &s);
    if (err != KIN_OK || part->is_other)
        return err;
    if (lead > 0 && lead < length && kin_span_find_str(kin_span_first(s, (size_t)lead), "\n--") < lead)
        lead = length; // that JPEG is in the next part
    if (lead == length)
        return left > 0 ? kin_reel_builder_leave_out(m->walk.b, 0) : KIN_OK;
    struct part rest = *part;
    rest.length -= lead < rest.length ? lead : rest.length;
    *at += lead;
    return read_jpeg(m, &rest, at);
}

// Moves *at to the next "--" that begins a line, or to the end of the file.
static int seek_boundary(struct multipart *m, uint64_t *at)
{
    for (;;) {
        struct kin_span s;
        int err = kin_window_at(m->walk.window, *at, 3, &s);
        if (err == KIN_OK)
            err = kin_reel_builder_walked(m->walk.b, *at);
        if (err != KIN_OK)
            return err;
        size_t found = s.n < 3 ? s.n : kin_span_find_str(s, "\n--");
        if (found < s.n || s.n < 3) {
            *at = found < s.n ? *at + found + 1 : kin_source_size(m->walk.window->source);
            return KIN_OK;
        }
        *at += s.n - 2;
    }
}

// What was skipped between two parts, other than line ends, counts as junk.
static void count_junk(struct multipart *m, uint64_t at)
{
    if (at > m->end + LINE_BREAKS)
        kin_reel_builder_junk(m->walk.b, at - m->end);
    m->end = at;
}

// Reads the part at *at, which begins a line or follows a JPEG, and moves *at to the next one.
static int read_part(struct multipart *m, uint64_t *at)
{
    struct part part = {0};
    struct kin_span s;
    uint64_t start = *at;
    int err = kin_window_at(m->walk.window, *at, HEADER_MAX + 3, &s);
    if (err != KIN_OK)
        return err;
    bool bounded = parse_part(s, &part);
    m->has_boundaries = m->has_boundaries || bounded;
    if (bounded || (start == 0 && parse_first_part(s, &part))) {
        count_junk(m, *at);
        *at += part.head_bytes;
        m->end = *at;
        err = read_body(m, &part, at);
    }
    if (err == KIN_OK && *at > start)
        err = kin_window_at(m->walk.window, *at, 2, &s);
    bool at_boundary = *at > start && kin_span_starts(s, "--");
    return err == KIN_OK && !at_boundary ? seek_boundary(m, at) : err;
}

static int walk(struct multipart *m)
{
    uint64_t size = kin_source_size(m->walk.window->source);
    int err = KIN_OK;
    for (uint64_t at = 0; err == KIN_OK && at < size;)
        err = read_part(m, &at);
    return err;
}

static int multipart_index(struct kin_window *window, struct kin_reel_builder *b)
{
    struct multipart m = {.walk = {.window = window, .b = b}};
    int err = walk(&m);
    if (err != KIN_OK || (m.has_boundaries && kin_reel_builder_count(b) > 0))
        return err;
    kin_reel_builder_restart(b); // there are no real boundaries: read it as bare JPEGs
    return kin_reader_raw.index(window, b);
}

const struct kin_reader kin_reader_multipart = {
    .name = "multipart", .probe = multipart_probe, .index = multipart_index};
