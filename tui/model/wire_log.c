// A bounded list of messages seen as one long text.
#include "model/wire_log.h"

#include <stdlib.h>

#include "proto/rtsp_line.h"
#include "proto/uri_mask.h"

void wire_log_init(struct wire_log *log)
{
    *log = (struct wire_log){.count = 0};
    kin_list_init(&log->messages);
}

static void forget(struct wire_log *log, struct wire_message *m)
{
    kin_list_remove(&m->link);
    log->count--;
    log->bytes -= m->len;
    log->lines -= m->lines;
    free(m);
}

void wire_log_deinit(struct wire_log *log)
{
    if (log->messages.next == NULL)
        return;
    KIN_LIST_EACH_OF(struct wire_message, m, &log->messages, link)
        forget(log, m);
}

// Without the line ends at the end: the blank line after a header is shown only when a body follows.
static struct kin_span without_end(struct kin_span s)
{
    while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

static size_t count_lines(struct kin_span s)
{
    size_t n = 1;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

#define MASKED_MAX (WIRE_LOG_MESSAGE_MAX + 256) // a mask may be longer than what it hides

// "Authorization: Digest username=..." up to the scheme.
static struct kin_span without_credentials(struct kin_span line)
{
    struct kin_span value, scheme;
    bool secret = kin_rtsp_line_header(line, "Authorization", &value) ||
                  kin_rtsp_line_header(line, "Proxy-Authorization", &value);
    if (!secret || !kin_span_split(&value, ' ', &scheme))
        return line;
    return kin_span_first(line, (size_t)(scheme.p - line.p) + scheme.n);
}

// Copies a message without its passwords. Returns the length.
static size_t mask(struct kin_span message, char dst[MASKED_MAX])
{
    struct kin_span line;
    size_t n = 0;
    while (n < MASKED_MAX - 2 && kin_span_split(&message, '\n', &line)) {
        struct kin_span shown = without_credentials(line);
        n += kin_uri_mask(shown, dst + n, MASKED_MAX - 8 > n ? MASKED_MAX - 8 - n : 1);
        if (shown.n < line.n)
            n += kin_span_copy(kin_span_str(" " KIN_URI_MASK), dst + n, MASKED_MAX - n);
        if (message.p != NULL && n < MASKED_MAX - 1)
            dst[n++] = '\n';
    }
    return n;
}

void wire_log_add(struct wire_log *log, kin_us at, bool sent, struct kin_span message)
{
    char masked[MASKED_MAX];
    struct kin_span s = kin_span_make(masked, mask(kin_span_first(without_end(message), WIRE_LOG_MESSAGE_MAX), masked));
    struct wire_message *m = malloc(sizeof *m + s.n);
    if (m == NULL)
        return;
    m->at = at;
    m->sent = sent;
    m->len = s.n;
    m->lines = count_lines(s) + 1;
    if (s.n > 0)
        memcpy(m->bytes, s.p, s.n);
    kin_list_push_back(&log->messages, &m->link);
    log->count++;
    log->bytes += m->len;
    log->lines += m->lines;
    while (log->count > WIRE_LOG_MESSAGES_MAX || log->bytes > WIRE_LOG_BYTES_MAX)
        forget(log, KIN_CONTAINER(log->messages.next, struct wire_message, link));
}

static struct kin_span line_of(const struct wire_message *m, size_t n)
{
    struct kin_span rest = kin_span_make(m->bytes, m->len), line = rest;
    for (size_t i = 0; i <= n; i++)
        if (!kin_span_split(&rest, '\n', &line))
            return kin_span_make(NULL, 0);
    if (kin_span_ends(line, "\r"))
        line.n--;
    return line;
}

bool wire_log_line(const struct wire_log *log, size_t n, struct wire_line *ret)
{
    KIN_LIST_EACH_OF(const struct wire_message, m, &log->messages, link) {
        if (n < m->lines) {
            *ret = (struct wire_line){m, n == 0, line_of(m, n > 0 ? n - 1 : 0)};
            return true;
        }
        n -= m->lines;
    }
    return false;
}
