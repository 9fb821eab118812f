// Telling start lines, header lines and blank lines apart.
#include "proto/rtsp_line.h"

#include "base/lex.h"
#include "proto/rtsp_msg.h"

#define LOOK_MAX 40 // more than any method name and the blanks after it

static size_t token_length(struct kin_span s)
{
    size_t n = 0;
    while (n < s.n && kin_lex_is_token_char(s.p[n]))
        n++;
    return n;
}

static size_t blanks_length(struct kin_span s)
{
    size_t n = 0;
    while (n < s.n && (s.p[n] == ' ' || s.p[n] == '\t'))
        n++;
    return n;
}

static enum kin_rtsp_line_kind kind_of_first_byte(struct kin_span text)
{
    uint8_t c = text.p[0];
    if (c == '\n')
        return KIN_RTSP_LINE_BLANK;
    if (c == '\r' && text.n == 1)
        return KIN_RTSP_LINE_UNDECIDED;
    if (c == '\r' && text.p[1] == '\n')
        return KIN_RTSP_LINE_BLANK;
    if (c == ' ' || c == '\t')
        return KIN_RTSP_LINE_HEADER;
    return KIN_RTSP_LINE_START; // '$' and whatever no token starts with
}

// A word without a colon after it: a server takes any for a method, a client only those that it knows.
static enum kin_rtsp_line_kind kind_of_word(struct kin_span word, bool is_server)
{
    bool known = kin_rtsp_method_from(word) != KIN_RTSP_UNKNOWN;
    return known || is_server ? KIN_RTSP_LINE_START : KIN_RTSP_LINE_HEADER;
}

enum kin_rtsp_line_kind kin_rtsp_line_kind(struct kin_span text, bool is_server)
{
    bool cut = text.n <= LOOK_MAX;
    text = kin_span_first(text, LOOK_MAX);
    size_t token = token_length(text);
    if (text.n == 0)
        return KIN_RTSP_LINE_UNDECIDED;
    if (token == 0 || text.p[0] == '$')
        return kind_of_first_byte(text);
    size_t next = token + blanks_length(kin_span_skip(text, token));
    struct kin_span word = kin_span_first(text, token);
    if (next == text.n)
        return cut ? KIN_RTSP_LINE_UNDECIDED : kind_of_word(word, is_server && next > token);
    if (text.p[next] == ':')
        return KIN_RTSP_LINE_HEADER;
    if (next > token)
        return kind_of_word(word, is_server);
    if (text.p[next] == '/' && !is_server) // "RTSP/1.0 ..."
        return kin_span_is(word, "RTSP") ? KIN_RTSP_LINE_START : KIN_RTSP_LINE_HEADER;
    return kind_of_word(word, false);
}

bool kin_rtsp_line_header(struct kin_span line, const char *name, struct kin_span *ret_value)
{
    size_t colon = kin_span_find(line, ':');
    if (colon == line.n || !kin_span_case_is(kin_span_trim(kin_span_first(line, colon)), name))
        return false;
    *ret_value = kin_span_trim(kin_span_skip(line, colon + 1));
    return true;
}

static bool is_version(struct kin_span word)
{
    return kin_span_case_starts(word, "RTSP/") || kin_span_case_starts(word, "HTTP/");
}

bool kin_rtsp_line_request(struct kin_span line, struct kin_span *ret_method, struct kin_span *ret_target,
                           struct kin_span *ret_version)
{
    size_t token = token_length(line);
    struct kin_span rest = kin_span_skip(line, token);
    if (token == 0 || (rest.n > 0 && blanks_length(rest) == 0))
        return false;
    rest = kin_span_trim(rest);
    size_t last = rest.n; // where the last word starts
    while (last > 0 && rest.p[last - 1] != ' ' && rest.p[last - 1] != '\t')
        last--;
    if (!is_version(kin_span_skip(rest, last)))
        last = rest.n;
    *ret_method = kin_span_first(line, token);
    *ret_target = kin_span_trim(kin_span_first(rest, last));
    *ret_version = kin_span_skip(rest, last);
    return true;
}

static bool is_upper_word(struct kin_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < 'A' || s.p[i] > 'Z') && s.p[i] != '_')
            return false;
    return s.n > 0;
}

bool kin_rtsp_line_is_lab_request(struct kin_span line)
{
    struct kin_span method;
    struct kin_span target;
    struct kin_span version;
    if (!kin_rtsp_line_request(line, &method, &target, &version) || !is_upper_word(method))
        return false;
    struct kin_span head = kin_span_first(target, LOOK_MAX);
    bool proper = kin_span_is(target, "*") || kin_span_starts(target, "/") || kin_span_find_str(head, "://") < head.n;
    return !proper && !kin_span_case_starts(version, "HTTP/");
}

bool kin_rtsp_line_is_lab_transport(struct kin_span line)
{
    struct kin_span value;
    return kin_rtsp_line_header(line, "Transport", &value) &&
           (kin_span_case_starts(value, "RTP/UDP") || kin_span_case_starts(value, "TCP/UDP"));
}

static bool is_other_lab_header(struct kin_span name)
{
    static const char *const names[] = {"Session", "Frame", "Content-Length"}; // whose values are numbers, too
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kin_span_case_is(name, names[i]))
            return true;
    return false;
}

bool kin_rtsp_line_lab_number(struct kin_span line, uint32_t *ret)
{
    uint64_t number;
    struct kin_span text = kin_span_trim(line);
    struct kin_span name = kin_span_first(text, token_length(text));
    struct kin_span value = kin_span_skip(text, name.n);
    if (value.n == 0) {
        value = text;
    } else {
        while (value.n > 0 && memchr(" \t:=", value.p[0], 4) != NULL)
            value = kin_span_skip(value, 1);
        if (is_other_lab_header(name))
            return false;
    }
    if (!kin_lex_u64(value, UINT32_MAX, &number))
        return false;
    *ret = (uint32_t)number;
    return true;
}

bool kin_rtsp_line_is_udp_transport(struct kin_span line)
{
    struct kin_span value;
    if (!kin_rtsp_line_header(line, "Transport", &value) || !kin_span_case_starts(value, "RTP/AVP"))
        return false;
    bool tcp = kin_span_case_starts(value, "RTP/AVP/TCP") || kin_span_find_str(value, "interleaved") < value.n;
    return !tcp && kin_span_find_str(value, "client_port") < value.n;
}

bool kin_rtsp_line_take(struct kin_span *rest, struct kin_span *ret_line)
{
    if (rest->n == 0)
        return false;
    size_t end = kin_span_find(*rest, '\n');
    struct kin_span line = kin_span_first(*rest, end);
    if (end < rest->n && line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    *rest = kin_span_skip(*rest, end + 1);
    *ret_line = line;
    return true;
}
