// HTTP on the RTSP port, from browsers, scanners and tunnels: a reply that names the protocol, then the connection
// closes.
#include "base/err.h"
#include "base/lex.h"
#include "engine/rtsp/rtsp_server_internal.h"

#define BODY_MAX 1024
#define HOST_MAX 255 // of a Host that the reply repeats
#define PATH_MAX 512 // of a path that the reply repeats

static bool consists_of(struct kin_span s, const char *others)
{
    size_t n = strlen(others);
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !kin_lex_is_digit(c) && memchr(others, c, n) == NULL)
            return false;
    }
    return s.n > 0;
}

// The URL to use instead, as far as the request tells.
static void write_url(struct kin_wr *w, const struct kin_rtsp_msg *msg)
{
    struct kin_span host = kin_rtsp_msg_get(msg, "Host");
    bool good_host = host.n <= HOST_MAX && consists_of(host, ".-:[]");
    bool good_path = kin_span_starts(msg->uri, "/") && msg->uri.n <= PATH_MAX && consists_of(msg->uri, "/.-_~%?=&+,");
    kin_wr_str(w, "rtsp://");
    kin_wr_put(w, good_host ? host : kin_span_str("HOST:PORT"));
    kin_wr_put(w, good_path ? msg->uri : kin_span_str("/"));
}

static bool is_tunnel(const struct kin_rtsp_msg *msg)
{
    static const char type[] = "application/x-rtsp-tunnelled";
    struct kin_span accept = kin_rtsp_msg_get(msg, "Accept"), content = kin_rtsp_msg_get(msg, "Content-Type");
    return kin_rtsp_msg_get(msg, "x-sessioncookie").p != NULL || kin_span_find_str(accept, type) < accept.n ||
           kin_span_find_str(content, type) < content.n;
}

static unsigned status_of(const struct kin_rtsp_msg *msg)
{
    bool reads = kin_span_is(msg->method_text, "GET") || kin_span_is(msg->method_text, "HEAD");
    if (is_tunnel(msg))
        return 501;
    return reads ? 404 : 405;
}

// Writes the reply. msg is NULL when the request could not be read.
static void answer(struct kin_rtsp_server *s, unsigned status, const struct kin_rtsp_msg *msg)
{
    uint8_t text[BODY_MAX];
    struct kin_wr body = kin_wr_init(text, sizeof text);
    kin_wr_str(&body, "This is an RTSP server, which does not speak HTTP.");
    kin_wr_str(&body, status == 501 ? " RTSP over HTTP is not served.\n" : "\n");
    if (msg != NULL) {
        kin_wr_str(&body, "Open this URL in a player that speaks RTSP: ");
        write_url(&body, msg);
        kin_wr_str(&body, "\n");
    }
    struct kin_wr w = rtsp_out_reserve(s, RTSP_REPLY_FIXED + body.len);
    kin_wr_fmt(&w, "HTTP/1.1 %u %s\r\n", status, kin_rtsp_reason(status));
    if (s->options.name != NULL)
        kin_rtsp_write_header(&w, "Server", kin_span_str(s->options.name));
    if (status == 405)
        kin_wr_str(&w, "Allow: GET, HEAD\r\n");
    kin_wr_str(&w, "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
    kin_wr_fmt(&w, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", body.len);
    if (msg == NULL || !kin_span_is(msg->method_text, "HEAD"))
        kin_wr_put(&w, kin_wr_span(&body));
    rtsp_out_commit(s, &w);
    rtsp_request_done(s);
}

static void http_error(struct kin_rtsp_server *s, unsigned status, const char *reason)
{
    (void)reason;
    answer(s, status, NULL);
}

static void http_handle(struct kin_rtsp_server *s, kin_us now, struct kin_span bytes)
{
    (void)now;
    struct kin_rtsp_msg msg;
    if (!rtsp_request_begin(s, &rtsp_dialect_http, bytes))
        return;
    if (kin_rtsp_msg_parse(kin_buf_span(s->request.text), &msg) != KIN_OK)
        answer(s, 400, NULL);
    else
        answer(s, status_of(&msg), &msg);
    rtsp_close(s);
}

const struct rtsp_dialect rtsp_dialect_http = {.handle = http_handle, .error = http_error};
