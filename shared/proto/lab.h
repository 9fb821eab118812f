// The private RTSP dialect of the Kurose & Ross lab and its descendants: three-line requests and replies.
#ifndef KIN_PROTO_LAB_H
#define KIN_PROTO_LAB_H

#include "base/span.h"
#include "base/wr.h"
#include "proto/rtsp_msg.h"

// How the packets of a frame are numbered when it is sent in several (docs/lab.md): a client's buffer needs one or the
// other, and nothing in its request says which.
enum kin_lab_numbering {
    KIN_LAB_BY_FRAME,  // all packets of a frame bear its number
    KIN_LAB_BY_PACKET, // each packet has a number of its own
};

struct kin_lab_request {
    enum kin_rtsp_method method; // UNKNOWN for verbs that only some descendants have (SWITCH, SPEEDUP ...)
    struct kin_span method_text;
    struct kin_span file;  // as sent; may be an rtsp:// URL
    struct kin_span query; // what follows the last '?' of the file, if it contains a '='; else empty
    bool bare_lf;          // no line ends in CRLF: the client reads its replies with recv(), not by readLine()
    uint32_t cseq;
    bool has_port;
    uint16_t rtp_port;
    bool has_session;
    uint32_t session;
    bool has_frame; // "Frame: n" on PLAY (seek)
    uint32_t frame;
};

// Understands every form of a request that docs/lab.md lists: LF or CRLF, "client_port= N", "client_port=N",
// "client_port = N", "RTP/UDP N", "TCP/UDP", bare sequence number on the second line, a second line whose name is
// misspelt ("SEeq: 2"), no CSeq header at all (cseq 0). Spans borrow from text. KIN_OK, or KIN_EBAD (no method, control
// bytes, a CSeq or Frame that is not a number, a port outside 1..65535); then *ret has whatever else was understood, so
// that the error reply can carry the request's number.
int kin_lab_request_parse(struct kin_span text, struct kin_lab_request *ret);

struct kin_lab_choice { // what the query of a file name chooses about the packets
    bool has_numbering;
    enum kin_lab_numbering numbering;
    uint32_t datagram_bytes; // longest datagram in which a frame is sent whole; 0: not given
};
#define KIN_LAB_DATAGRAM_MIN 1412 // one chunk
#define KIN_LAB_DATAGRAM_MAX 65507

// "seq=frame", "seq=packet", "datagram=N" between '&'; other keys are ignored. KIN_OK, or KIN_EBAD (another value).
int kin_lab_query_parse(struct kin_span query, struct kin_lab_choice *ret);

// The name of the file within a request's `file`: what follows "rtsp://host", or the host itself when nothing does
// ("rtsp://movie.Mjpeg"). Still percent-encoded.
struct kin_span kin_lab_file_name(struct kin_span file);

// "RTSP/1.0 200 OK\r\nCSeq: n\r\nSession: n\r\n": the three lines that all lab clients read.
// With the standard reason phrase of the status. Errors have session 0.
void kin_lab_reply_write(struct kin_wr *w, unsigned status, uint32_t cseq, uint32_t session);
// "TotalFrames: n\r\n", a fourth line. It puts clients that read exactly three lines by readLine() out of step.
void kin_lab_reply_write_total(struct kin_wr *w, uint32_t frames);

#endif
