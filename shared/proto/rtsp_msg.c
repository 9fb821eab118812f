// Reading one framed RTSP message: start line, header fields, body.
#include "proto/rtsp_msg.h"

#include "base/err.h"
#include "base/lex.h"
#include "proto/rtsp_line.h"

#define VERSION_PART_MAX 999

const char *kin_rtsp_method_str(enum kin_rtsp_method method)
{
    static const char *const names[] = {
#define X(name) #name,
        KIN_RTSP_METHOD_LIST(X)
#undef X
    };
    return (unsigned)method < KIN_RTSP_UNKNOWN ? names[method] : "UNKNOWN";
}

enum kin_rtsp_method kin_rtsp_method_from(struct kin_span text)
{
    unsigned i = 0;
    while (i < KIN_RTSP_UNKNOWN && !kin_span_is(text, kin_rtsp_method_str((enum kin_rtsp_method)i)))
        i++;
    return (enum kin_rtsp_method)i;
}

static bool is_clean(struct kin_span line)
{
    for (size_t i = 0; i < line.n; i++)
        if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
            return false;
    return true;
}

static bool is_token(struct kin_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!kin_lex_is_token_char(s.p[i]))
            return false;
    return s.n > 0;
}

// "RTSP/1.0", whose name is in any case (RFC 2326 section 3.1).
static bool parse_version(struct kin_span text, struct kin_rtsp_msg *msg)
{
    uint64_t major;
    uint64_t minor;
    struct kin_span rest = kin_span_skip(text, kin_span_find(text, '/') + 1);
    if (!kin_lex_take_u64(&rest, VERSION_PART_MAX, &major) || !kin_span_starts(rest, "."))
        return false;
    if (!kin_lex_u64(kin_span_skip(rest, 1), VERSION_PART_MAX, &minor))
        return false;
    msg->is_http = !kin_span_case_starts(text, "RTSP/");
    msg->version_major = (unsigned)major;
    msg->version_minor = (unsigned)minor;
    return true;
}

static bool parse_request_line(struct kin_span line, struct kin_rtsp_msg *msg)
{
    struct kin_span version;
    if (!kin_rtsp_line_request(line, &msg->method_text, &msg->uri, &version))
        return false;
    msg->is_request = true;
    msg->method = kin_rtsp_method_from(msg->method_text);
    return msg->uri.n > 0 && version.n > 0 && parse_version(version, msg);
}

static bool parse_status_line(struct kin_span line, struct kin_rtsp_msg *msg)
{
    struct kin_span version;
    struct kin_span code;
    uint64_t status;
    if (!kin_lex_word(&line, &version) || !parse_version(version, msg) || !kin_lex_word(&line, &code))
        return false;
    if (code.n != 3 || !kin_lex_u64(code, 999, &status) || status < 100)
        return false;
    msg->method = KIN_RTSP_UNKNOWN;
    msg->status = (unsigned)status;
    msg->reason = kin_span_trim(line);
    return true;
}

// A folded line goes on with the value before it (RFC 2326 section 4.2): the value spans both.
static bool unfold(struct kin_rtsp_msg *msg, struct kin_span line)
{
    if (msg->header_count == 0)
        return false;
    struct kin_span *value = &msg->headers[msg->header_count - 1].value;
    *value = kin_span_trim(kin_span_make(value->p, (size_t)(line.p - value->p) + line.n));
    return true;
}

static bool parse_header(struct kin_span line, struct kin_rtsp_msg *msg)
{
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return unfold(msg, line);
    size_t colon = kin_span_find(line, ':');
    struct kin_span name = kin_span_trim(kin_span_first(line, colon));
    if (colon == line.n || !is_token(name) || msg->header_count == KIN_RTSP_HEADER_MAX)
        return false;
    struct kin_rtsp_header *h = &msg->headers[msg->header_count++];
    h->name = name;
    h->value = kin_span_trim(kin_span_skip(line, colon + 1));
    return true;
}

static bool parse_start_line(struct kin_span line, struct kin_rtsp_msg *msg)
{
    if (!is_clean(line))
        return false;
    return kin_span_case_starts(line, "RTSP/") ? parse_status_line(line, msg) : parse_request_line(line, msg);
}

int kin_rtsp_msg_parse(struct kin_span bytes, struct kin_rtsp_msg *ret)
{
    struct kin_span line;
    ret->is_request = ret->is_http = false;
    ret->status = 0;
    ret->method_text = ret->uri = ret->reason = kin_span_make(NULL, 0);
    ret->header_count = 0;
    if (!kin_rtsp_line_take(&bytes, &line) || !parse_start_line(line, ret))
        return KIN_EBAD;
    while (kin_rtsp_line_take(&bytes, &line) && line.n > 0)
        if (!is_clean(line) || !parse_header(line, ret))
            return KIN_EBAD;
    ret->body = bytes;
    return KIN_OK;
}

struct kin_span kin_rtsp_msg_get(const struct kin_rtsp_msg *msg, const char *name)
{
    return kin_rtsp_msg_get_nth(msg, name, 0);
}

struct kin_span kin_rtsp_msg_get_nth(const struct kin_rtsp_msg *msg, const char *name, size_t n)
{
    for (size_t i = 0; i < msg->header_count; i++)
        if (kin_span_case_is(msg->headers[i].name, name) && n-- == 0)
            return msg->headers[i].value;
    return kin_span_make(NULL, 0);
}
