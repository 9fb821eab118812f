// Classifies a single line of an RTSP stream without knowing the message around it. For the framer and the lab parser.
#ifndef KIN_PROTO_RTSP_LINE_H
#define KIN_PROTO_RTSP_LINE_H

#include "base/span.h"

enum kin_rtsp_line_kind {
    KIN_RTSP_LINE_UNDECIDED, // more bytes are needed to tell
    KIN_RTSP_LINE_BLANK,     // LF or CRLF alone
    KIN_RTSP_LINE_HEADER,    // "Name:", a folded line, or anything else that belongs to the message before
    KIN_RTSP_LINE_START,     // begins a message, a '$' block, or garbage
};

// `text` starts at a line's first byte and may be cut off anywhere; at most its first 40 bytes are looked at.
enum kin_rtsp_line_kind kin_rtsp_line_kind(struct kin_span text, bool is_server);

// The trimmed value of a "Name: value" line, when the name is `name` in any case. Blanks may stand before the colon.
bool kin_rtsp_line_header(struct kin_span line, const char *name, struct kin_span *ret_value);

// The parts of a request's first line: method, target (may be empty, may contain spaces), version (empty when the last
// word is not one). False when it does not begin with a token.
bool kin_rtsp_line_request(struct kin_span line, struct kin_span *ret_method, struct kin_span *ret_target,
                           struct kin_span *ret_version);

// True when a request with this first line is one of the university lab: an upper-case verb with a relative file name
// or none, and not HTTP.
bool kin_rtsp_line_is_lab_request(struct kin_span line);
// True for "Transport: RTP/UDP..." and "Transport: TCP/UDP...", which only lab programs send.
bool kin_rtsp_line_is_lab_transport(struct kin_span line);

// The sequence number in the second line of a lab request, found by its position: "2", "CSeq: 2" or the same under any
// other name ("SEeq: 2") except that of another lab header. False: the line has no number.
bool kin_rtsp_line_lab_number(struct kin_span line, uint32_t *ret);

// True for a Transport that names a UDP port and no lower transport but UDP: "RTP/AVP; client_port= 25000".
bool kin_rtsp_line_is_udp_transport(struct kin_span line);

// Takes the line before the next LF, or all there is, off *rest; *ret_line is without LF or CRLF. False at the end.
bool kin_rtsp_line_take(struct kin_span *rest, struct kin_span *ret_line);

#endif
