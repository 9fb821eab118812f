// What the files of the RTSP server machine share; nobody else includes this.
#ifndef KIN_ENGINE_RTSP_SERVER_INTERNAL_H
#define KIN_ENGINE_RTSP_SERVER_INTERNAL_H

#include "base/buf.h"
#include "base/wr.h"
#include "engine/rtsp/rtsp_server.h"

#define RTSP_ID_LEN 16
#define RTSP_NO_SESSION KIN_RTSP_SERVER_SESSIONS
#define RTSP_PEER_TEXT 64

enum rtsp_state {
    RTSP_FREE,
    RTSP_SETTING_UP, // its SETUP awaits the reply
    RTSP_READY,
    RTSP_PLAYING,
    RTSP_GONE, // ended, but its TEARDOWN event was not fetched yet
};

struct rtsp_session {
    enum rtsp_state state;
    bool lab; // set up in the lab's dialect: never expires, and ends with its connection
    char id[RTSP_ID_LEN + 1];
    uint32_t lab_id;
    char *path; // decoded, of the reel
    char *url;  // as in SETUP, for RTP-Info
    struct kin_rtsp_server_transport transport;
    kin_us last_activity; // last sign of life
    enum kin_rtsp_server_reason reason;
};

// A dialect of requests and replies, chosen when a request is framed. The writers put a complete reply into the output,
// finish the request, and do not change sessions.
struct rtsp_dialect {
    void (*handle)(struct kin_rtsp_server *s, kin_us now, struct kin_span bytes); // one framed request
    void (*error)(struct kin_rtsp_server *s, unsigned status, const char *reason);
    void (*describe)(struct kin_rtsp_server *s, const struct kin_sdp_out *sdp);
    void (*setup)(struct kin_rtsp_server *s, const struct rtsp_session *session,
                  const struct kin_rtsp_server_setup *setup);
    void (*play)(struct kin_rtsp_server *s, const struct rtsp_session *session,
                 const struct kin_rtsp_server_play *play);
    void (*pause)(struct kin_rtsp_server *s, kin_us position);
};
extern const struct rtsp_dialect rtsp_dialect_rfc;  // rtsp_server_rfc.c, rtsp_server_request.c: RFC 2326
extern const struct rtsp_dialect rtsp_dialect_lab;  // rtsp_server_lab.c
extern const struct rtsp_dialect rtsp_dialect_http; // rtsp_server_http.c: only `handle` and `error`

// The request that is being answered. Spans point into `text`.
struct rtsp_request {
    bool active;
    const struct rtsp_dialect *dialect; // not NULL while active
    enum kin_rtsp_method method;
    struct kin_buf *text;
    struct kin_span cseq, uri, query, user_agent;
    bool has_scale, has_speed;
    enum kin_rtsp_range_unit range_unit; // of times in the reply
    uint32_t lab_cseq;
    bool lab_total;   // this lab client reads a line with the number of frames
    char *path;       // decoded; NULL for "*"
    unsigned session; // slot or RTSP_NO_SESSION
    bool again;
    struct kin_rtsp_transport spec; // SETUP: the chosen one as the client wrote it
    struct kin_rtsp_server_transport transport;
};

struct rtsp_out {
    uint8_t *p;
    size_t start, len, size; // unsent bytes are [start, len)
};

struct kin_rtsp_server {
    struct kin_rtsp_server_options options;
    char peer_host[RTSP_PEER_TEXT];
    struct kin_rtsp_framer framer;
    struct rtsp_session sessions[KIN_RTSP_SERVER_SESSIONS];
    struct rtsp_request request;
    struct rtsp_out out;
    struct kin_rtsp_server_event event; // valid while has_event
    bool has_event;
    bool closing;         // no further input is looked at
    bool close_due;       // the CLOSE event was not fetched yet
    bool detached;        // the connection is gone
    kin_us active_at;     // last complete message
    kin_us partial_since; // first byte of an incomplete message, or KIN_US_NEVER
    size_t partial_bytes; // of that message so far
    kin_us lab_at;        // when silence completes a lab request, or KIN_US_NEVER
    bool lab_complete;    // silence has: the next feed takes these bytes for a request
};

// --- rtsp_server_request.c
void rtsp_request_handle(struct kin_rtsp_server *s, kin_us now, struct kin_span bytes);
// The request's decoded path, without slashes at its ends. KIN_OK, KIN_EBAD, KIN_ENOMEM.
int rtsp_request_path(struct kin_rtsp_server *s, struct kin_span encoded);
// `e`: the kind, and what not every kind has. The rest is the request's.
void rtsp_request_raise(struct kin_rtsp_server *s, struct kin_rtsp_server_event e);
// PLAY, PAUSE and TEARDOWN need a session and the URL of its reel or track. False: an error was replied.
bool rtsp_request_needs_session(struct kin_rtsp_server *s);
// Enters the request's session slot as being set up. False when all are taken.
bool rtsp_request_reserve(struct kin_rtsp_server *s);

// --- rtsp_server_play.c
void rtsp_play_handle(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg);
void rtsp_pause_handle(struct kin_rtsp_server *s, const struct kin_rtsp_msg *msg);

// --- rtsp_server_transport.c
// Chooses the first acceptable spec of a Transport list for session slot `slot` (RTSP_NO_SESSION: a new one). Returns
// 0, with both results, or the status for the refusal.
unsigned rtsp_transport_pick(const struct kin_rtsp_server *s, struct kin_span list, unsigned slot,
                             struct kin_rtsp_transport *ret_spec, struct kin_rtsp_server_transport *ret);
// May RTP go to this port of the peer? 0, 400 (no port) or 403.
unsigned rtsp_transport_port(const struct kin_rtsp_server *s, uint16_t port);

// --- rtsp_server_rfc.c
// Begins a reply with status line, CSeq, Server and Session; rtsp_reply_end() finishes it and the request.
struct kin_wr rtsp_reply_begin(struct kin_rtsp_server *s, unsigned status, const char *reason, size_t body_size);
void rtsp_reply_end(struct kin_rtsp_server *s, struct kin_wr *w, struct kin_span body);
void rtsp_reply_plain(struct kin_rtsp_server *s, unsigned status, const char *reason);
// With Allow or Public. `methods` is a set of 1 << method.
void rtsp_reply_methods(struct kin_rtsp_server *s, unsigned status, const char *header, uint32_t methods);

// --- rtsp_server_reply.c
#define RTSP_REPLY_FIXED 2048 // status line and all headers whose length does not depend on the client
// Room for `size` more bytes of output; a writer without room when there is no memory.
struct kin_wr rtsp_out_reserve(struct kin_rtsp_server *s, size_t size);
void rtsp_out_commit(struct kin_rtsp_server *s, const struct kin_wr *w);

#define RTSP_PUBLIC                                                                                                    \
    (1u << KIN_RTSP_OPTIONS | 1u << KIN_RTSP_DESCRIBE | 1u << KIN_RTSP_SETUP | 1u << KIN_RTSP_PLAY |                   \
     1u << KIN_RTSP_PAUSE | 1u << KIN_RTSP_TEARDOWN | 1u << KIN_RTSP_GET_PARAMETER | 1u << KIN_RTSP_SET_PARAMETER)

// --- rtsp_server.c
// Begins a request in a dialect, with a copy of its bytes. False: out of memory, and the connection closes.
bool rtsp_request_begin(struct kin_rtsp_server *s, const struct rtsp_dialect *dialect, struct kin_span bytes);
void rtsp_request_done(struct kin_rtsp_server *s);
void rtsp_close(struct kin_rtsp_server *s);
void rtsp_session_end(struct kin_rtsp_server *s, unsigned slot, enum kin_rtsp_server_reason reason);
void rtsp_session_clear(struct rtsp_session *session);

#endif
