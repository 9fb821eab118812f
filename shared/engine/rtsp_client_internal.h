// What the files of the RTSP client machine share:
//   rtsp_client.c          birth and death, the connection, bytes and events
//   rtsp_client_command.c  commands: queued, judged, sent one at a time
//   rtsp_client_time.c     keepalives, silence, replies that do not come
//   rtsp_client_send.c     requests
//   rtsp_client_reply.c    what each reply means
//   rtsp_client_setup.c    SETUP: forms of the control URL, transports, what was agreed
//   rtsp_client_redirect.c where a redirect leads
//   rtsp_client_stray.c    stray bytes in the stream of blocks
#ifndef KIN_ENGINE_RTSP_CLIENT_INTERNAL_H
#define KIN_ENGINE_RTSP_CLIENT_INTERNAL_H

#include "engine/rtsp_client.h"
#include "proto/rtsp_frame.h"
#include "proto/uri_resolve.h"

enum purpose {            // why a request was sent
    FOR_COMMAND,          // the shell asked for it
    FOR_KEEPALIVE,        // nobody waits for the reply
    FOR_SEEK,             // PAUSE before the PLAY of a jump
    FOR_TRANSPORT_CHANGE, // TEARDOWN on the way from UDP to TCP
    FOR_DESCRIPTION,      // OPTIONS and DESCRIBE of a new connection
    FOR_REDIRECT,         // no request: leave this server for the one that c->url names by now
};

struct command {
    enum kin_rtsp_method method; // SETUP, PLAY, PAUSE, TEARDOWN
    enum purpose purpose;
    bool has_range;
    struct kin_rtsp_range range;
};

#define COMMANDS_ROOM (KIN_RTSP_CLIENT_COMMANDS_MAX + 4) // and those of the machine itself
#define EVENTS_MAX 16
#define KEEPALIVE_PATIENCE 3 // times the reply timeout without any sign of the server: it is gone
#define DESCRIBE_PATIENCE 6
#define TIMEOUT_MIN_S 2 // of a Session header; less is taken as this
#define TIMEOUT_MAX_S 3600
#define NORMAL_MILLI 1000 // of Scale

struct kin_rtsp_client {
    struct kin_rtsp_client_options opts;
    char url[KIN_URI_MAX + 1];       // as asked for, without credentials
    char base[KIN_URI_MAX + 1];      // Content-Base, Content-Location or url
    char aggregate[KIN_URI_MAX + 1]; // what PLAY, PAUSE and TEARDOWN name
    char control[KIN_URI_MAX + 1];   // of the track, as described
    char track[KIN_URI_MAX + 1];     // what SETUP names: control in one of its forms
    enum kin_uri_control_form form;
    char host[256];
    char server[64];
    char session[KIN_RTSP_SESSION_MAX + 1];
    uint16_t port;
    bool may_change_port, changed_port; // the URL names none; KIN_RTSP_OTHER_PORT is tried instead of the default
    unsigned redirects;
    enum kin_rtsp_client_state state;
    bool failed, connected, connecting, greeted, described, rtsp_seen; // rtsp_seen: the peer has spoken RTSP
    uint32_t public_methods;
    bool feedback; // the description asks for AVPF

    enum kin_lower_transport lower_transport; // in use or to be tried next
    bool tried[KIN_LOWER_TRANSPORT_TCP + 1];  // since the SETUP command: refused, or silent
    uint16_t client_port;
    bool media_seen, silence_reported;
    kin_us playing_since, media_at;
    struct kin_rtsp_range last_range;
    int32_t scale_milli; // of the next PLAY
    bool scaled;         // a Scale was sent in this session: from then on it is always said
    int32_t speed_milli; // of the next PLAY

    struct {
        bool active;
        enum kin_rtsp_method method;
        enum purpose purpose;
        uint32_t cseq;
        kin_us sent_at, deadline;
        bool after_idle; // the connection was idle before it
    } request;
    uint32_t cseq;
    kin_us last_sent_at, keepalive_us, rtt_us;
    kin_us unanswered_since; // of the first of the keepalives that got no reply; KIN_US_NEVER
    bool keepalive_due;      // at once: the one before got no reply

    struct {
        bool known;          // blocks come over this connection, on these channels
        uint8_t channels[2]; // RTP, RTCP
        bool has_ssrc;       // of the stream, from two blocks in a row
        uint32_t ssrc, last_ssrc;
        bool lost;      // looking for the next block or message
        size_t skipped; // bytes, since it was lost
    } blocks;

    struct command commands[COMMANDS_ROOM];
    size_t command_count;

    struct kin_rtsp_client_event events[EVENTS_MAX];
    size_t event_head, event_count;

    struct kin_rtsp_framer framer;
    uint8_t out[KIN_RTSP_CLIENT_OUTPUT_MAX];
    size_t out_len;
    bool out_taken;
};

// rtsp_client.c
struct kin_rtsp_client_event *rtsp_client_emit(struct kin_rtsp_client *c, enum kin_rtsp_client_event_kind kind);
// Gives up. The FAILED event has the peer's address and the last method; what else the trouble needs is the caller's.
struct kin_rtsp_client_event *rtsp_client_fail(struct kin_rtsp_client *c, enum kin_rtsp_client_trouble trouble);
void rtsp_client_request_connect(struct kin_rtsp_client *c);
// Takes a URL over as the one to play. KIN_OK, KIN_EBAD, KIN_ELIMIT.
int rtsp_client_set_url(struct kin_rtsp_client *c, struct kin_span url);
void rtsp_client_session_gone(struct kin_rtsp_client *c);
struct kin_wr rtsp_client_writer(struct kin_rtsp_client *c); // at the end of the output
void rtsp_client_commit(struct kin_rtsp_client *c, const struct kin_wr *w);

// rtsp_client_command.c
void rtsp_client_pump(struct kin_rtsp_client *c, kin_us now); // sends what comes next, if it may
void rtsp_client_push_front(struct kin_rtsp_client *c, struct command command);

// rtsp_client_send.c
void rtsp_client_send(struct kin_rtsp_client *c, kin_us now, enum kin_rtsp_method method, enum purpose purpose,
                      const struct kin_rtsp_range *range);
struct kin_span rtsp_client_url_for(const struct kin_rtsp_client *c, enum kin_rtsp_method method);
void rtsp_client_answer(struct kin_rtsp_client *c, const struct kin_rtsp_msg *request);

// rtsp_client_reply.c
void rtsp_client_on_reply(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_msg *reply);
// What the reply refuses: completes the event with its status.
void rtsp_client_note_status(const struct kin_rtsp_client *c, struct kin_rtsp_client_event *e,
                             const struct kin_rtsp_msg *reply);

// rtsp_client_setup.c
int rtsp_client_set_track(struct kin_rtsp_client *c, struct kin_span control); // KIN_OK, KIN_ELIMIT
void rtsp_client_on_setup(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_msg *reply);
void rtsp_client_on_setup_refused(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_msg *reply);
// False when the options do not allow the other transport, or it was tried.
bool rtsp_client_may_change_transport(const struct kin_rtsp_client *c);
// Turns to the other transport. False when it may not.
bool rtsp_client_change_transport(struct kin_rtsp_client *c);
// Says that it turned.
struct kin_rtsp_client_event *rtsp_client_emit_transport_changed(struct kin_rtsp_client *c,
                                                                 enum kin_rtsp_client_cause cause);
// The SETUP that was sent is void: it goes once more, before all other commands.
void rtsp_client_setup_again(struct kin_rtsp_client *c);
// The request that was sent last came to nothing: if it was a SETUP over UDP, asks for TCP over a new connection.
bool rtsp_client_retry_setup(struct kin_rtsp_client *c, enum kin_rtsp_client_cause cause);
// The session over UDP is of no use: sets up and plays over TCP, after a TEARDOWN.
void rtsp_client_replay(struct kin_rtsp_client *c);

// rtsp_client_redirect.c
bool rtsp_client_is_redirect(const struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply);
void rtsp_client_redirect(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply);

// rtsp_client_stray.c
// True while blocks are expected: then what is no message and no block is skipped.
bool rtsp_client_may_skip(const struct kin_rtsp_client *c);
// Bytes at the head of `in` to skip (> 0), 0 when a message or block begins there, KIN_EMORE when more bytes must
// come to tell.
ptrdiff_t rtsp_client_resync(struct kin_rtsp_client *c, struct kin_span in);
void rtsp_client_note_block(struct kin_rtsp_client *c, uint8_t channel, struct kin_span bytes);
// The place in the stream is lost, n bytes from the head of the input on. n, or KIN_EBAD after a FAILED event.
ptrdiff_t rtsp_client_skip(struct kin_rtsp_client *c, size_t n);

#endif
