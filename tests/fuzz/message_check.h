// Reads one framed message, writes it anew, and expects the copy to read and write the same.
#ifndef FUZZ_MESSAGE_CHECK_H
#define FUZZ_MESSAGE_CHECK_H

#include "base/err.h"
#include "must.h"
#include "proto/rtsp_msg.h"

#define MESSAGE_ROOM 262144

// Headers that message_rewrite() writes by itself.
static inline bool message_own(struct kin_span name)
{
    return kin_span_case_is(name, "CSeq") || kin_span_case_is(name, "Content-Length") ||
           kin_span_case_is(name, "Session");
}

static inline void message_rewrite(const struct kin_rtsp_msg *m, struct kin_wr *w)
{
    char name[128];
    struct kin_span session = kin_rtsp_msg_get(m, "Session");
    if (m->is_request)
        kin_rtsp_write_request(w, m->method, m->uri, 1);
    else
        kin_rtsp_write_response(w, m->status, NULL);
    for (size_t i = 0; i < m->header_count; i++) {
        if (message_own(m->headers[i].name) || m->headers[i].name.n >= sizeof name)
            continue;
        kin_span_copy(m->headers[i].name, name, sizeof name);
        kin_rtsp_write_header(w, name, m->headers[i].value);
    }
    if (session.p != NULL)
        kin_rtsp_write_header_fmt(w, "Session", "%.*s", KIN_SPAN_ARG(session));
    kin_rtsp_write_end(w, m->body);
}

static inline void message_check(struct kin_span bytes, size_t head_len)
{
    static char text[2][MESSAGE_ROOM];
    static struct kin_rtsp_msg m;
    static struct kin_rtsp_msg copy;
    if (kin_rtsp_msg_parse(bytes, &m) != KIN_OK)
        return;
    MUST(head_len == 0 || m.body.n == bytes.n - head_len);
    MUST(fuzz_inside(bytes, m.uri) && fuzz_inside(bytes, m.reason) && fuzz_inside(bytes, m.body));
    for (size_t i = 0; i < m.header_count; i++)
        MUST(fuzz_inside(bytes, m.headers[i].name) && fuzz_inside(bytes, m.headers[i].value) &&
             m.headers[i].name.n > 0);
    struct kin_wr first = kin_wr_init(text[0], sizeof text[0]);
    message_rewrite(&m, &first);
    if (first.bad || m.header_count + 2 > KIN_RTSP_HEADER_MAX)
        return;
    MUST(kin_rtsp_msg_parse(kin_wr_span(&first), &copy) == KIN_OK);
    MUST(copy.is_request == m.is_request && kin_span_eq(copy.body, m.body));
    struct kin_wr second = kin_wr_init(text[1], sizeof text[1]);
    message_rewrite(&copy, &second);
    MUST(kin_span_eq(kin_wr_span(&first), kin_wr_span(&second)));
}

#endif
