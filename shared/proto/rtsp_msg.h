// One RTSP message: request or response, header fields, body (RFC 2326 sections 6, 7 and 15). Reading borrows from the
// bytes; writing goes into memory of the caller. No allocation.
#ifndef KIN_PROTO_RTSP_MSG_H
#define KIN_PROTO_RTSP_MSG_H

#include "base/span.h"
#include "base/wr.h"

#define KIN_RTSP_HEADER_MAX 64

#define KIN_RTSP_METHOD_LIST(X)                                                                                        \
    X(OPTIONS)                                                                                                         \
    X(DESCRIBE)                                                                                                        \
    X(SETUP) X(PLAY) X(PAUSE) X(TEARDOWN) X(GET_PARAMETER) X(SET_PARAMETER) X(ANNOUNCE) X(RECORD) X(REDIRECT)

enum kin_rtsp_method {
#define X(name) KIN_RTSP_##name,
    KIN_RTSP_METHOD_LIST(X)
#undef X
        KIN_RTSP_UNKNOWN,
    KIN_RTSP_METHOD_COUNT
};
const char *kin_rtsp_method_str(enum kin_rtsp_method method);    // "UNKNOWN" for the last
enum kin_rtsp_method kin_rtsp_method_from(struct kin_span text); // case-sensitive, as the RFC has it

struct kin_rtsp_header {
    struct kin_span name;
    struct kin_span value; // trimmed; a folded value keeps its inner line breaks
};

struct kin_rtsp_msg {
    bool is_request;
    enum kin_rtsp_method method;
    struct kin_span method_text;
    struct kin_span uri;
    unsigned version_major, version_minor;
    bool is_http;           // requests: the version says HTTP (tunnels, browsers)
    unsigned status;        // responses
    struct kin_span reason; // responses
    struct kin_rtsp_header headers[KIN_RTSP_HEADER_MAX];
    size_t header_count;
    struct kin_span body;
};

// Parses one message as framed. KIN_OK, or KIN_EBAD (start line, a header line without name or colon, too many
// headers, control bytes; *ret is undefined then). A leading "RTSP/" makes it a response. Tolerated: blanks in a
// request's URI, blanks before a colon, folded values, a head without the empty line at its end (lab replies).
int kin_rtsp_msg_parse(struct kin_span bytes, struct kin_rtsp_msg *ret);

// The value of the first header of that name (case-insensitive); p == NULL when absent.
struct kin_span kin_rtsp_msg_get(const struct kin_rtsp_msg *msg, const char *name);
// The n-th (from 0) of several.
struct kin_span kin_rtsp_msg_get_nth(const struct kin_rtsp_msg *msg, const char *name, size_t n);

const char *kin_rtsp_reason(unsigned status); // RFC 2326 section 7.1.1; "Unknown" for others

// Writing. Values are cleaned: CR, LF and other controls in them become spaces (%XX in a URI, blanks too), so nothing
// can be injected. The caller tests w->bad once at the end.
void kin_rtsp_write_request(struct kin_wr *w, enum kin_rtsp_method method, struct kin_span uri, unsigned cseq);
void kin_rtsp_write_response(struct kin_wr *w, unsigned status, const char *reason /* NULL = standard */);
void kin_rtsp_write_header(struct kin_wr *w, const char *name, struct kin_span value);
void kin_rtsp_write_header_fmt(struct kin_wr *w, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Content-Length when there is a body, the empty line, the body.
void kin_rtsp_write_end(struct kin_wr *w, struct kin_span body);

#endif
