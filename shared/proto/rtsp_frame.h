// Cuts a TCP byte stream into RTSP messages and interleaved blocks (RFC 2326 sections 4 and 10.12), and recognizes the
// three-line requests of the university lab. Never scans a byte twice; holds no data of its own.
//
// A lab request is complete with the end of its third line, or by a flush; further header lines that have arrived by
// then belong to it, later ones are swallowed. A SETUP of three lines with a proper URL, RTP/AVP, client_port and no
// empty line is a lab request as well, once nothing follows for long enough. A client with `lab` set frames the
// three-line replies of lab servers in the same way: as KIN_RTSP_FRAME_LAB, to be read by kin_rtsp_msg_parse().
#ifndef KIN_PROTO_RTSP_FRAME_H
#define KIN_PROTO_RTSP_FRAME_H

#include "base/span.h"

struct kin_rtsp_limits {
    size_t line_max;     // bytes of one line, e.g. 8192 -> 414 for the first line, 400 for a header line
    size_t head_max;     // bytes of all lines together -> 413
    size_t body_max;     // Content-Length -> 413
    unsigned header_max; // header lines -> 400; at most KIN_RTSP_HEADER_MAX
};
extern const struct kin_rtsp_limits kin_rtsp_limits_default; // 8192, 65536, 65536, 64

enum kin_rtsp_frame_kind {
    KIN_RTSP_FRAME_MESSAGE,     // head and body, ready for kin_rtsp_msg_parse
    KIN_RTSP_FRAME_INTERLEAVED, // '$' block
    KIN_RTSP_FRAME_LAB,         // a lab request, ready for kin_lab_request_parse
    KIN_RTSP_FRAME_HTTP,        // the head of an HTTP request without its body, ready for kin_rtsp_msg_parse
};

// When silence completes the pending request.
enum kin_rtsp_flush {
    KIN_RTSP_FLUSH_NEVER,
    KIN_RTSP_FLUSH_SOON, // after some milliseconds: only lab programs send this
    KIN_RTSP_FLUSH_LATE, // after some hundred: the rest of a proper request may still come
};

struct kin_rtsp_frame {
    enum kin_rtsp_frame_kind kind;
    struct kin_span bytes; // the message, or the data of the block without its 4-byte prefix (p is never NULL)
    size_t head_len;       // MESSAGE, HTTP: bytes up to and including the empty line
    uint8_t channel;       // INTERLEAVED
};

struct kin_rtsp_framer {
    struct kin_rtsp_limits limits;
    bool is_server; // expects requests (also lab ones); a client expects responses and requests
    bool lab;       // set by the engine: from now on every request is a lab request
    bool http;      // read only: the pending request, or the last one when framing was lost, is HTTP
    // private: offsets count from the start of `in`
    size_t scanned;    // bytes already looked at
    size_t line_start; // of the line that is not complete yet
    size_t begin;      // of the pending message
    size_t end;        // of the frame that is complete
    size_t head_len;   // end of the empty line
    size_t body_len;
    unsigned lines;   // complete lines of the pending message
    uint8_t state;    // enum state of the .c file
    bool has_length;  // a Content-Length was seen
    bool after_count; // ... in the last header, which a folded line would change
    bool setup;       // lab: the method is SETUP
    bool no_target;   // lab: nothing follows the method
    bool numbered;    // the second line has the request's number
    bool three_lines; // three lines, the last a transport over UDP: perhaps a complete SETUP of the lab
    bool tail;        // header lines of the previous lab request may follow
    bool cut;         // a flush ended a line without a line end
    int error;
    int status;
};

void kin_rtsp_framer_init(struct kin_rtsp_framer *f, bool is_server, const struct kin_rtsp_limits *limits);

// `in` is everything received and not yet consumed; it must start where the last call left off and only grow
// between calls that return 0. Returns the number of bytes consumed (> 0, ret filled, spans borrow from `in`), 0 when
// more is needed, or KIN_EBAD / KIN_ELIMIT: framing is lost for good, and kin_rtsp_framer_status() is the status to
// reply with before closing. Empty lines between messages are consumed silently (and count for head_max). KIN_EBAD: a
// byte where a message must start that is neither text nor '$', a NUL anywhere in a head, a Content-Length that is not
// decimal digits or differs from an earlier one.
ptrdiff_t kin_rtsp_framer_next(struct kin_rtsp_framer *f, struct kin_span in, struct kin_rtsp_frame *ret);

// After a few milliseconds of silence: the pending bytes may be a lab request without a final newline or empty line.
// Returns as _next; 0 when they are not (yet) one, or were a late header line, which is then dropped.
ptrdiff_t kin_rtsp_framer_flush(struct kin_rtsp_framer *f, struct kin_span in, struct kin_rtsp_frame *ret);

// Could the pending bytes be completed by _flush? The engine then sets a deadline.
enum kin_rtsp_flush kin_rtsp_framer_wants_flush(const struct kin_rtsp_framer *f, struct kin_span in);

// The status code for the last error: 400, 413 or 414.
int kin_rtsp_framer_status(const struct kin_rtsp_framer *f);

#endif
