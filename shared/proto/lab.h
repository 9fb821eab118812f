// The private RTSP dialect of the Kurose & Ross lab and its descendants: three-line requests and replies.
#ifndef KIN_PROTO_LAB_H
#define KIN_PROTO_LAB_H

#include "base/span.h"
#include "base/wr.h"
#include "proto/rtsp_msg.h"

struct kin_lab_request {
    enum kin_rtsp_method method; // UNKNOWN for verbs of single descendants (SWITCH, SPEEDUP ...)
    struct kin_span method_text;
    struct kin_span file; // as sent; may be an rtsp:// URL
    uint32_t cseq;
    bool has_port;
    uint16_t rtp_port;
    bool has_session;
    uint32_t session;
    bool has_frame; // "Frame: n" on PLAY (seek)
    uint32_t frame;
};

// Understands every request form of the survey: LF or CRLF, "client_port= N", "client_port=N", "client_port = N",
// "RTP/UDP N", "TCP/UDP", bare sequence number on the second line, no CSeq header at all (cseq 0). Spans borrow from
// text. KIN_OK, or KIN_EBAD (no method, control bytes, a CSeq or Frame that is no number, a port outside 1..65535).
int kin_lab_request_parse(struct kin_span text, struct kin_lab_request *ret);

// "RTSP/1.0 200 OK\r\nCSeq: n\r\nSession: n\r\n": the three lines that all lab clients read.
// The reason is the standard one of the status; an error goes with session 0.
void kin_lab_reply_write(struct kin_wr *w, unsigned status, uint32_t cseq, uint32_t session);

// Is this payload a whole raw JPEG or a part of one (not RFC 2435)? True when it starts FF D8.
bool kin_lab_payload_starts_frame(struct kin_span payload);

#endif
