// Cutting a byte stream into RTSP messages, interleaved blocks and lab requests: one function per state.
#include "proto/rtsp_frame.h"

#include "base/err.h"
#include "base/lex.h"
#include "proto/rtsp_line.h"
#include "proto/rtsp_msg.h"

#define BLOCK_HEADER_BYTES 4 // '$', channel, length in network order (RFC 2326 section 10.12)
#define LAB_LINES 3

const struct kin_rtsp_limits kin_rtsp_limits_default = {
    .line_max = 8192, .head_max = 65536, .body_max = 65536, .header_max = KIN_RTSP_HEADER_MAX};

enum state { START, HEAD, BODY, BLOCK, LAB, LAB_MORE, FAILED };

enum outcome {
    WAIT,  // for more bytes
    AGAIN, // the state changed
    LINE,  // a line was taken
    DONE_MESSAGE,
    DONE_BLOCK,
    DONE_LAB,
    DONE_HTTP,
    LOST
};

void kin_rtsp_framer_init(struct kin_rtsp_framer *f, bool is_server, const struct kin_rtsp_limits *limits)
{
    *f = (struct kin_rtsp_framer){.is_server = is_server, .limits = limits != NULL ? *limits : kin_rtsp_limits_default};
    if (f->limits.header_max > KIN_RTSP_HEADER_MAX)
        f->limits.header_max = KIN_RTSP_HEADER_MAX;
    if (f->limits.line_max > f->limits.head_max)
        f->limits.line_max = f->limits.head_max;
}

static enum outcome lose(struct kin_rtsp_framer *f, int error, int status)
{
    f->state = FAILED;
    f->error = error;
    f->status = status;
    return LOST;
}

static enum outcome lose_line(struct kin_rtsp_framer *f)
{
    bool too_long = f->scanned - f->line_start > f->limits.line_max;
    return lose(f, KIN_ELIMIT, !too_long ? 413 : f->lines == 0 ? 414 : 400);
}

// Takes the next complete line. Searches only new bytes, and none past the limits.
static enum outcome take_line(struct kin_rtsp_framer *f, struct kin_span in, struct kin_span *ret)
{
    size_t room = f->line_start < f->limits.head_max ? f->limits.head_max - f->line_start : 0;
    size_t stop = f->line_start + (room < f->limits.line_max ? room : f->limits.line_max);
    size_t end = in.n <= stop ? in.n : stop + 1;
    struct kin_span fresh = kin_span_skip(kin_span_first(in, end), f->scanned);
    size_t lf = kin_span_find(fresh, '\n');
    if (kin_span_find(kin_span_first(fresh, lf), 0) < lf)
        return lose(f, KIN_EBAD, 400);
    f->scanned += lf;
    if (lf == fresh.n)
        return end > stop ? lose_line(f) : WAIT;
    size_t n = f->scanned - f->line_start;
    *ret = kin_span_make(in.p + f->line_start, n > 0 && in.p[f->scanned - 1] == '\r' ? n - 1 : n);
    f->line_start = ++f->scanned;
    f->lines++;
    return LINE;
}

// Skips empty lines between messages. False when a lone CR must wait for the next byte.
static bool skip_blank_lines(struct kin_rtsp_framer *f, struct kin_span in)
{
    while (f->scanned < in.n) {
        size_t at = f->scanned;
        size_t n = in.p[at] == '\n' ? 1 : in.p[at] == '\r' && at + 1 < in.n && in.p[at + 1] == '\n' ? 2 : 0;
        if (n == 0)
            return in.p[at] != '\r' || at + 1 < in.n;
        if (!f->cut)
            f->tail = false;
        f->cut = false;
        f->scanned += n;
    }
    return true;
}

static enum outcome on_start(struct kin_rtsp_framer *f, struct kin_span in)
{
    if (!skip_blank_lines(f, in) || f->scanned >= in.n)
        return f->scanned > f->limits.head_max ? lose(f, KIN_ELIMIT, 413) : WAIT;
    uint8_t c = in.p[f->scanned];
    bool folded = f->tail && (c == ' ' || c == '\t');
    if ((c <= ' ' || c >= 0x7f) && !folded)
        return lose(f, KIN_EBAD, 400);
    f->cut = false;
    f->begin = f->line_start = f->scanned;
    f->lines = 0;
    f->state = c == '$' ? BLOCK : HEAD;
    return AGAIN;
}

static enum outcome on_block(struct kin_rtsp_framer *f, struct kin_span in)
{
    size_t have = in.n - f->begin;
    if (have < BLOCK_HEADER_BYTES)
        return WAIT;
    const uint8_t *p = in.p + f->begin;
    size_t want = BLOCK_HEADER_BYTES + ((size_t)p[2] << 8 | p[3]);
    f->end = f->begin + want;
    return have < want ? WAIT : DONE_BLOCK;
}

static enum outcome on_first_line(struct kin_rtsp_framer *f, struct kin_span in, struct kin_span line)
{
    if (f->tail && kin_rtsp_line_kind(kin_span_skip(in, f->begin), f->is_server) == KIN_RTSP_LINE_HEADER) {
        f->state = START;
        return AGAIN;
    }
    struct kin_span method = line;
    struct kin_span target = line;
    struct kin_span version;
    bool request = kin_rtsp_line_request(line, &method, &target, &version);
    f->setup = request && kin_span_is(method, "SETUP");
    f->no_target = target.n == 0;
    f->http = f->is_server && !f->lab && request && kin_span_case_starts(version, "HTTP/");
    if (f->lab || (f->is_server && kin_rtsp_line_is_lab_request(line)))
        f->state = LAB;
    return AGAIN;
}

// RFC 2326 section 12.14. Only digits; a number that no integer holds is too large, not malformed.
static enum outcome on_content_length(struct kin_rtsp_framer *f, struct kin_span value)
{
    if (value.n == 0 || kin_lex_digits(value) < value.n)
        return lose(f, KIN_EBAD, 400);
    uint64_t n;
    if (!kin_lex_u64(value, f->limits.body_max, &n))
        return lose(f, KIN_ELIMIT, 413);
    if (f->has_length && n != f->body_len)
        return lose(f, KIN_EBAD, 400);
    f->has_length = true;
    f->body_len = (size_t)n;
    return AGAIN;
}

static enum outcome on_header_line(struct kin_rtsp_framer *f, struct kin_span line)
{
    if (f->lines > f->limits.header_max + 1)
        return lose(f, KIN_ELIMIT, 400);
    bool folded = line.p[0] == ' ' || line.p[0] == '\t';
    if (folded)
        return f->after_count ? lose(f, KIN_EBAD, 400) : AGAIN;
    struct kin_span value;
    f->after_count = !f->http && kin_rtsp_line_header(line, "Content-Length", &value);
    return f->after_count ? on_content_length(f, value) : AGAIN;
}

static bool ends_in_digit(struct kin_span s)
{
    return s.n > 0 && kin_lex_is_digit(s.p[s.n - 1]);
}

// "client_port= 25000", "RTP/UDP 25000": ends in a number of its own, unlike "RTSP/1.0".
static bool ends_in_port(struct kin_span s)
{
    size_t n = s.n;
    while (n > 0 && kin_lex_is_digit(s.p[n - 1]))
        n--;
    return n < s.n && n > 0 && memchr(" =-\t", s.p[n - 1], 4) != NULL;
}

// Is `line`, the third one, the last of a SETUP by a lab client that writes proper URLs and transports, but no empty
// line at the end of a request?
static bool is_whole_setup(const struct kin_rtsp_framer *f, struct kin_span line)
{
    return f->is_server && f->setup && f->numbered && kin_rtsp_line_is_udp_transport(line) &&
           ends_in_port(kin_span_trim(line));
}

static enum outcome on_head(struct kin_rtsp_framer *f, struct kin_span in)
{
    struct kin_span line;
    enum outcome o = take_line(f, in, &line);
    if (o != LINE)
        return o;
    if (f->lines == 1)
        return on_first_line(f, in, line);
    if (line.n == 0) {
        f->head_len = f->end = f->line_start;
        f->state = BODY;
        return f->http ? DONE_HTTP : AGAIN;
    }
    if (f->lines == LAB_LINES && f->is_server && kin_rtsp_line_is_lab_transport(line)) {
        f->state = LAB_MORE;
        return AGAIN;
    }
    uint32_t number;
    if (f->lines == 2)
        f->numbered = kin_rtsp_line_lab_number(line, &number);
    f->three_lines = f->lines == LAB_LINES && is_whole_setup(f, line);
    return on_header_line(f, line);
}

static enum outcome on_body(struct kin_rtsp_framer *f, struct kin_span in)
{
    if (in.n - f->head_len < f->body_len)
        return WAIT;
    f->scanned = f->end = f->head_len + f->body_len;
    return DONE_MESSAGE;
}

static bool is_number(struct kin_span s)
{
    uint64_t v;
    return kin_lex_u64(kin_span_trim(s), UINT64_MAX, &v);
}

// An empty line ends a lab request early; but a lone word before it is not a lab request.
static enum outcome on_lab_blank(struct kin_rtsp_framer *f, size_t from)
{
    f->head_len = f->line_start;
    f->state = BODY;
    if (f->no_target && f->lines == 2 && !f->lab)
        return AGAIN;
    f->tail = false;
    f->end = from;
    return DONE_LAB;
}

static enum outcome on_lab(struct kin_rtsp_framer *f, struct kin_span in)
{
    size_t from = f->line_start;
    struct kin_span line;
    enum outcome o = take_line(f, in, &line);
    if (o != LINE)
        return o;
    if (line.n == 0)
        return on_lab_blank(f, from);
    bool bare = f->lines == 2 && !f->setup && is_number(line); // "PLAY \n2\n" has no third line
    if (f->lines >= LAB_LINES || bare)
        f->state = LAB_MORE;
    return AGAIN;
}

static enum outcome lab_done(struct kin_rtsp_framer *f, size_t end)
{
    f->tail = true;
    f->scanned = f->end = end;
    return DONE_LAB;
}

// The lab request is complete: further lines that have arrived belong to it, up to the start of a new message.
static enum outcome on_lab_more(struct kin_rtsp_framer *f, struct kin_span in)
{
    size_t from = f->line_start;
    enum kin_rtsp_line_kind kind = kin_rtsp_line_kind(kin_span_skip(in, from), f->is_server);
    if (from == in.n || kind == KIN_RTSP_LINE_START || f->lines > f->limits.header_max)
        return lab_done(f, from);
    struct kin_span line;
    enum outcome o = take_line(f, in, &line);
    if (o == LOST)
        return lab_done(f, from); // the next call finds the error again
    if (o == LINE && line.n == 0)
        return on_lab_blank(f, from);
    return o == LINE ? AGAIN : o;
}

static enum outcome on_failed(struct kin_rtsp_framer *f, struct kin_span in)
{
    (void)f;
    (void)in;
    return LOST;
}

static enum outcome (*const steps[])(struct kin_rtsp_framer *, struct kin_span) = {
    [START] = on_start, [HEAD] = on_head,         [BODY] = on_body,    [BLOCK] = on_block,
    [LAB] = on_lab,     [LAB_MORE] = on_lab_more, [FAILED] = on_failed};

// Hands out the complete frame and resets the framer for the next one.
static ptrdiff_t deliver(struct kin_rtsp_framer *f, struct kin_span in, enum outcome o, struct kin_rtsp_frame *ret)
{
    static const enum kin_rtsp_frame_kind kinds[] = {[DONE_MESSAGE] = KIN_RTSP_FRAME_MESSAGE,
                                                     [DONE_BLOCK] = KIN_RTSP_FRAME_INTERLEAVED,
                                                     [DONE_LAB] = KIN_RTSP_FRAME_LAB,
                                                     [DONE_HTTP] = KIN_RTSP_FRAME_HTTP};
    size_t skip = o == DONE_BLOCK ? BLOCK_HEADER_BYTES : 0;
    size_t consumed = f->end > f->scanned ? f->end : f->scanned;
    bool has_head = o == DONE_MESSAGE || o == DONE_HTTP;
    *ret = (struct kin_rtsp_frame){.kind = kinds[o],
                                   .bytes = kin_span_make(in.p + f->begin + skip, f->end - f->begin - skip),
                                   .head_len = has_head ? f->head_len - f->begin : 0,
                                   .channel = o == DONE_BLOCK ? in.p[f->begin + 1] : 0};
    struct kin_rtsp_framer next = {
        .limits = f->limits, .is_server = f->is_server, .lab = f->lab, .tail = o == DONE_LAB && f->tail, .cut = f->cut};
    *f = next;
    return (ptrdiff_t)consumed;
}

ptrdiff_t kin_rtsp_framer_next(struct kin_rtsp_framer *f, struct kin_span in, struct kin_rtsp_frame *ret)
{
    enum outcome o = AGAIN;
    while (o == AGAIN)
        o = steps[f->state](f, in);
    if (o == WAIT)
        return 0;
    return o == LOST ? f->error : deliver(f, in, o, ret);
}

static bool has_value(struct kin_span line)
{
    return kin_span_trim(kin_span_skip(line, kin_span_find(line, ':') + 1)).n > 0;
}

// Could the lab request end here, in the middle of a line or before the third one?
static bool may_end(const struct kin_rtsp_framer *f, struct kin_span pending)
{
    struct kin_span cseq;
    if (f->lines >= 2 && f->setup)
        return ends_in_port(pending);
    if (f->lines >= 2)
        return pending.n == 0 || has_value(pending);
    uint32_t number;
    bool numbered = kin_rtsp_line_lab_number(pending, &number) ||
                    (kin_rtsp_line_header(pending, "CSeq", &cseq) && ends_in_digit(cseq));
    return f->lines == 1 && !f->setup && numbered;
}

enum flush { FLUSH_NOTHING, FLUSH_ALL, FLUSH_LINES, FLUSH_FORGET, FLUSH_DOUBTFUL };

// For a request with a proper URL, of which two lines and part of the third, or three lines, have arrived.
static enum flush head_may_end(const struct kin_rtsp_framer *f, struct kin_span pending)
{
    if (f->lines == LAB_LINES)
        return f->three_lines && pending.n == 0 ? FLUSH_DOUBTFUL : FLUSH_NOTHING;
    if (f->lines != LAB_LINES - 1 || !f->is_server || !ends_in_port(pending))
        return FLUSH_NOTHING;
    if (kin_rtsp_line_is_lab_transport(pending))
        return FLUSH_ALL;
    return is_whole_setup(f, pending) ? FLUSH_DOUBTFUL : FLUSH_NOTHING;
}

static enum flush what_to_flush(const struct kin_rtsp_framer *f, struct kin_span in)
{
    struct kin_span text = kin_span_skip(in, f->line_start);
    struct kin_span pending = kin_span_trim(text);
    enum kin_rtsp_line_kind kind = kin_rtsp_line_kind(text, f->is_server);
    switch (f->state) {
    case LAB:
        return may_end(f, pending) ? FLUSH_ALL : FLUSH_NOTHING;
    case LAB_MORE:
        return kind == KIN_RTSP_LINE_HEADER ? FLUSH_ALL : FLUSH_LINES;
    case HEAD:
        if (f->lines == 0)
            return f->tail && kind == KIN_RTSP_LINE_HEADER ? FLUSH_FORGET : FLUSH_NOTHING;
        return head_may_end(f, pending);
    default:
        return FLUSH_NOTHING;
    }
}

ptrdiff_t kin_rtsp_framer_flush(struct kin_rtsp_framer *f, struct kin_span in, struct kin_rtsp_frame *ret)
{
    ptrdiff_t n = kin_rtsp_framer_next(f, in, ret);
    enum flush what = n == 0 ? what_to_flush(f, in) : FLUSH_NOTHING;
    if (what == FLUSH_NOTHING)
        return n;
    f->cut = f->line_start < in.n && what != FLUSH_LINES;
    if (what != FLUSH_FORGET)
        return deliver(f, in, lab_done(f, what == FLUSH_LINES ? f->line_start : in.n), ret);
    f->scanned = in.n;
    f->state = START;
    return 0;
}

enum kin_rtsp_flush kin_rtsp_framer_wants_flush(const struct kin_rtsp_framer *f, struct kin_span in)
{
    enum flush what = what_to_flush(f, in);
    if (what == FLUSH_NOTHING)
        return KIN_RTSP_FLUSH_NEVER;
    return what == FLUSH_DOUBTFUL ? KIN_RTSP_FLUSH_LATE : KIN_RTSP_FLUSH_SOON;
}

int kin_rtsp_framer_status(const struct kin_rtsp_framer *f)
{
    return f->status != 0 ? f->status : 400;
}
