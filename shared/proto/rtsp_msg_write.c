// Writing RTSP messages, and the reason phrases of status codes.
#include "proto/rtsp_msg.h"

#include <stdarg.h>
#include <stdio.h>

#define REASON_LIST(X)                                                                                                 \
    X(100, "Continue")                                                                                                 \
    X(200, "OK")                                                                                                       \
    X(201, "Created")                                                                                                  \
    X(250, "Low on Storage Space")                                                                                     \
    X(300, "Multiple Choices")                                                                                         \
    X(301, "Moved Permanently")                                                                                        \
    X(302, "Moved Temporarily")                                                                                        \
    X(303, "See Other")                                                                                                \
    X(304, "Not Modified")                                                                                             \
    X(305, "Use Proxy")                                                                                                \
    X(400, "Bad Request")                                                                                              \
    X(401, "Unauthorized")                                                                                             \
    X(402, "Payment Required")                                                                                         \
    X(403, "Forbidden")                                                                                                \
    X(404, "Not Found")                                                                                                \
    X(405, "Method Not Allowed")                                                                                       \
    X(406, "Not Acceptable")                                                                                           \
    X(407, "Proxy Authentication Required")                                                                            \
    X(408, "Request Time-out")                                                                                         \
    X(410, "Gone")                                                                                                     \
    X(411, "Length Required")                                                                                          \
    X(412, "Precondition Failed")                                                                                      \
    X(413, "Request Entity Too Large")                                                                                 \
    X(414, "Request-URI Too Large")                                                                                    \
    X(415, "Unsupported Media Type")                                                                                   \
    X(451, "Parameter Not Understood")                                                                                 \
    X(452, "Conference Not Found")                                                                                     \
    X(453, "Not Enough Bandwidth")                                                                                     \
    X(454, "Session Not Found")                                                                                        \
    X(455, "Method Not Valid in This State")                                                                           \
    X(456, "Header Field Not Valid for Resource")                                                                      \
    X(457, "Invalid Range")                                                                                            \
    X(458, "Parameter Is Read-Only")                                                                                   \
    X(459, "Aggregate operation not allowed")                                                                          \
    X(460, "Only aggregate operation allowed")                                                                         \
    X(461, "Unsupported transport")                                                                                    \
    X(462, "Destination unreachable")                                                                                  \
    X(500, "Internal Server Error")                                                                                    \
    X(501, "Not Implemented")                                                                                          \
    X(502, "Bad Gateway")                                                                                              \
    X(503, "Service Unavailable")                                                                                      \
    X(504, "Gateway Time-out")                                                                                         \
    X(505, "RTSP Version not supported")                                                                               \
    X(551, "Option not supported")

const char *kin_rtsp_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } list[] = {
#define X(status, reason) {status, reason},
        REASON_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (list[i].status == status)
            return list[i].reason;
    return "Unknown";
}

static bool is_control(uint8_t c)
{
    return c < 0x20 || c == 0x7f;
}

static void clean(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_control(p[i]))
            p[i] = ' ';
}

static void put_clean(struct kin_wr *w, struct kin_span s)
{
    size_t at = w->len;
    kin_wr_put(w, s);
    if (w->len > at)
        clean(w->p + at, w->len - at);
}

// A blank in a target would end it early, so it is percent-encoded as RFC 3986 wants it anyway.
static void put_target(struct kin_wr *w, struct kin_span uri)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < uri.n; i++) {
        uint8_t c = uri.p[i];
        char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (is_control(c) || c == ' ')
            kin_wr_bytes(w, escape, sizeof escape);
        else
            kin_wr_u8(w, c);
    }
}

static void put_number(struct kin_wr *w, unsigned long long v)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", v);
    kin_wr_bytes(w, digits, n > 0 ? (size_t)n : 0);
}

void kin_rtsp_write_request(struct kin_wr *w, enum kin_rtsp_method method, struct kin_span uri, unsigned cseq)
{
    kin_wr_str(w, kin_rtsp_method_str(method));
    kin_wr_u8(w, ' ');
    put_target(w, uri);
    kin_wr_str(w, " RTSP/1.0\r\nCSeq: ");
    put_number(w, cseq);
    kin_wr_str(w, "\r\n");
}

void kin_rtsp_write_response(struct kin_wr *w, unsigned status, const char *reason)
{
    kin_wr_str(w, "RTSP/1.0 ");
    put_number(w, status);
    kin_wr_u8(w, ' ');
    put_clean(w, kin_span_str(reason != NULL ? reason : kin_rtsp_reason(status)));
    kin_wr_str(w, "\r\n");
}

void kin_rtsp_write_header(struct kin_wr *w, const char *name, struct kin_span value)
{
    kin_wr_str(w, name);
    kin_wr_str(w, ": ");
    put_clean(w, value);
    kin_wr_str(w, "\r\n");
}

void kin_rtsp_write_header_fmt(struct kin_wr *w, const char *name, const char *format, ...)
{
    kin_wr_str(w, name);
    kin_wr_str(w, ": ");
    size_t room = w->bad ? 0 : w->size - w->len;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(room > 0 ? (char *)w->p + w->len : NULL, room, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        w->bad = true;
        return;
    }
    clean(w->p + w->len, (size_t)n);
    w->len += (size_t)n;
    kin_wr_str(w, "\r\n");
}

void kin_rtsp_write_end(struct kin_wr *w, struct kin_span body)
{
    if (body.n > 0) {
        kin_wr_str(w, "Content-Length: ");
        put_number(w, body.n);
        kin_wr_str(w, "\r\n");
    }
    kin_wr_str(w, "\r\n");
    kin_wr_put(w, body);
}
