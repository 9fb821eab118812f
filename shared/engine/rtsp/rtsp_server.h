// The server's side of one RTSP connection (RFC 2326): requests in, replies and events out. No I/O, no clock.
//
// A connection owns up to KIN_RTSP_SERVER_SESSIONS sessions, each of one track; nobody else can command them. The shell
//   1. feeds input (kin_rtsp_server_feed) and time (kin_rtsp_server_tick at kin_rtsp_server_deadline),
//   2. fetches events (kin_rtsp_server_event) until there is none, and answers DESCRIBE, SETUP, PLAY and PAUSE, at once
//      or later, by one kin_rtsp_server_reply_... call,
//   3. sends kin_rtsp_server_output and reports it with kin_rtsp_server_sent,
// in this order, and again from 1 while feed makes progress. While a request awaits its reply, or output has not been
// taken, feed consumes nothing: pipelined requests wait in the shell's bounded read buffer.
//
// The three-line requests of the university lab raise the same events with `lab` set, and are answered by the same
// calls; a connection that has once used the lab's dialect keeps to it. HTTP requests are answered in HTTP, and the
// connection is closed.
#ifndef KIN_ENGINE_RTSP_SERVER_H
#define KIN_ENGINE_RTSP_SERVER_H

#include "base/time.h"
#include "proto/lab.h"
#include "proto/rtsp_frame.h"
#include "proto/rtsp_hdr.h"
#include "proto/sdp.h"

#define KIN_RTSP_SERVER_SESSIONS 8          // per connection; a SETUP above that is 453
#define KIN_RTSP_SERVER_RANDOM 32           // unpredictable bytes that a session identifier is made from
#define KIN_RTSP_SERVER_TRACK "track1"      // a=control of the one track of a reel
#define KIN_RTSP_SERVER_LAB_WAIT_US 20000   // silence after which an unterminated lab request counts as complete
#define KIN_RTSP_SERVER_LAB_LATE_US 500000  // the same while it may also be the beginning of a proper request
#define KIN_RTSP_SERVER_BODY_MAX (4u << 20) // longest reply body
#define KIN_RTSP_SERVER_UNSUPPORTED_MAX 512 // bytes of option tags echoed in Unsupported

struct kin_rtsp_server;

struct kin_rtsp_server_options {
    struct kin_rtsp_limits limits;
    kin_us session_timeout; // silence after which a session ends; announced in whole seconds
    kin_us idle_timeout;    // connection without a session and without requests
    kin_us request_timeout; // from the first byte of a request to its last
    const char *name;       // Server header; outlives the machine
    const char *peer_host;  // numeric, without brackets; copied. The only `destination=` that is accepted
    bool peer_is_local;     // the peer is this machine: `own_ports` and the UDP services table apply
    uint16_t own_ports[2];  // UDP ports of ours, 0 = none
};

struct kin_rtsp_server_transport {
    enum kin_lower_transport lower_transport;
    uint16_t client_port[2]; // UDP: RTP, RTCP; in the lab's dialect, which is always UDP, there is no RTCP
    uint8_t channel[2];      // TCP
};

enum kin_rtsp_server_event_kind {
    KIN_RTSP_SERVER_DESCRIBE,    // path, sdp, json; reply_describe, reply_body or reply_error
    KIN_RTSP_SERVER_SETUP,       // path, transport, session, again; reply_setup or reply_error
    KIN_RTSP_SERVER_PLAY,        // session, range or frame, scale, speed, playing; reply_play or reply_error
    KIN_RTSP_SERVER_PAUSE,       // session; reply_pause
    KIN_RTSP_SERVER_TEARDOWN,    // session, reason; no reply: stop its media, forget it
    KIN_RTSP_SERVER_INTERLEAVED, // session, rtcp, data; no reply
    KIN_RTSP_SERVER_CLOSE,       // no reply: send what is in output, then close the connection
};

enum kin_rtsp_server_reason {
    KIN_RTSP_SERVER_BY_REQUEST, // TEARDOWN
    KIN_RTSP_SERVER_BY_TIMEOUT, // no sign of life
    KIN_RTSP_SERVER_BY_CLOSE,   // its connection is gone
    KIN_RTSP_SERVER_BY_ERROR,   // a second SETUP on it failed
};

struct kin_rtsp_server_event {
    enum kin_rtsp_server_event_kind kind;
    bool lab;                                   // the request came, or the session was set up, in the lab's dialect
    unsigned session;                           // slot, below KIN_RTSP_SERVER_SESSIONS
    const char *path;                           // decoded, without slashes at its ends; "" is the root itself
    bool sdp, json;                             // what the client accepts
    struct kin_span query, user_agent;          // DESCRIBE, SETUP; borrowed until the reply, as `path` is
    struct kin_rtsp_server_transport transport; // SETUP
    bool no_adapt;                              // SETUP: every frame is wanted, whatever the network carries
    bool again;                                 // SETUP of an existing session: its transport changes
    struct kin_rtsp_range range;                // PLAY: neither start nor now given means resume. PAUSE: start
    bool has_range, has_frame;                  // PLAY; PAUSE: has_range when it is to stop later
    bool has_scale, has_speed;                  // PLAY
    int32_t scale_milli, speed_milli;           // not 0; above 0. 1000 when not given
    uint32_t frame;                             // the lab's "Frame: n", counted from 0
    struct kin_lab_choice lab_choice;           // SETUP in the lab's dialect: what the query of its file name says
    bool playing;                               // PLAY, PAUSE: while playing
    enum kin_rtsp_server_reason reason;         // TEARDOWN
    bool rtcp;                                  // INTERLEAVED: on the second channel
    struct kin_span data;                       // INTERLEAVED; borrowed from the input
};

// KIN_OK (caller owns *ret) or KIN_ENOMEM.
int kin_rtsp_server_new(kin_us now, const struct kin_rtsp_server_options *options, struct kin_rtsp_server **ret);
void kin_rtsp_server_free(struct kin_rtsp_server *s); // no events; accepts NULL
// New timeouts and limits from now on (a reload). The facts of the peer do not change.
void kin_rtsp_server_set_options(struct kin_rtsp_server *s, const struct kin_rtsp_server_options *options);

// `in` is everything received and not yet consumed. Takes at most one message; returns the bytes consumed, 0 when more
// input, a reply or a taken output is needed. Fetch events after each call, before the input is given up.
size_t kin_rtsp_server_feed(struct kin_rtsp_server *s, kin_us now, struct kin_span in);
bool kin_rtsp_server_event(struct kin_rtsp_server *s, struct kin_rtsp_server_event *ret);
// What to send, borrowed until the next call; then report by kin_rtsp_server_sent() how much was sent.
struct kin_span kin_rtsp_server_output(const struct kin_rtsp_server *s);
void kin_rtsp_server_sent(struct kin_rtsp_server *s, size_t n);
// KIN_US_NEVER when nothing is due.
kin_us kin_rtsp_server_deadline(const struct kin_rtsp_server *s);
// Feed what is not yet consumed after it: an unterminated lab request may be complete now.
void kin_rtsp_server_tick(struct kin_rtsp_server *s, kin_us now);

// The connection is gone (closed by either side): interleaved and lab sessions end, those over UDP live on until they
// time out (RFC 2326 section 12.37), and a request that awaits its reply is forgotten.
void kin_rtsp_server_closed(struct kin_rtsp_server *s);
// Every session ends with `reason` (shutdown: KIN_RTSP_SERVER_BY_CLOSE).
void kin_rtsp_server_end_all(struct kin_rtsp_server *s, enum kin_rtsp_server_reason reason);

// --- answers to the request that is pending; harmless when none is
// The description of the media; the engine adds `tool` and, where it is NULL, `control` (KIN_RTSP_SERVER_TRACK; a query
// may follow). A lab request gets the lab's own description.
void kin_rtsp_server_reply_describe(struct kin_rtsp_server *s, kin_us now, const struct kin_sdp_out *sdp);
void kin_rtsp_server_reply_body(struct kin_rtsp_server *s, kin_us now, const char *content_type, struct kin_span body);
// The same for a body that the shell sends itself, without a copy: `length` bytes right after the output, before the
// next feed. False when an error was replied instead (too long), or nothing is pending: then no body may follow.
bool kin_rtsp_server_reply_head(struct kin_rtsp_server *s, kin_us now, const char *content_type, size_t length);
struct kin_rtsp_server_setup {
    uint16_t server_port[2]; // UDP
    uint32_t ssrc;
    uint32_t frames; // of the reel; sent to the lab clients that read it
    uint8_t random[KIN_RTSP_SERVER_RANDOM];
};
void kin_rtsp_server_reply_setup(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_server_setup *setup);
struct kin_rtsp_server_play {
    kin_us start, end;                // the media time that will be played: [start, end), backward start > end
    int32_t scale_milli, speed_milli; // in effect; 0 = 1000
    uint16_t seq;                     // of the first packet
    uint32_t rtptime;                 // of the first frame
    uint32_t frames;                  // as in kin_rtsp_server_setup
};
void kin_rtsp_server_reply_play(struct kin_rtsp_server *s, kin_us now, const struct kin_rtsp_server_play *play);
// `position` is where it stopped, or, if `later`, where it will stop: the session plays on until
// kin_rtsp_server_ended().
void kin_rtsp_server_reply_pause(struct kin_rtsp_server *s, kin_us now, kin_us position, bool later);
// status 4xx or 5xx; reason NULL = the standard phrase.
void kin_rtsp_server_reply_error(struct kin_rtsp_server *s, kin_us now, unsigned status, const char *reason);

// --- what the shell reports about sessions
void kin_rtsp_server_session_active(struct kin_rtsp_server *s, unsigned session,
                                    kin_us at);                          // RTCP or progress of the stream
void kin_rtsp_server_ended(struct kin_rtsp_server *s, unsigned session); // media ended: PLAYING -> READY
// The session ends at once without an event (its peer is unreachable, its file is broken).
void kin_rtsp_server_drop(struct kin_rtsp_server *s, unsigned session);
unsigned kin_rtsp_server_sessions(const struct kin_rtsp_server *s); // that exist, or are being set up
bool kin_rtsp_server_awaits_reply(const struct kin_rtsp_server *s);

#endif
