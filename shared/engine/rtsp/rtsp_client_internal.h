// What the files of the RTSP client machine share:
//   rtsp_client.c          creation, the connection, bytes and events
//   rtsp_client_command.c  commands: queued, checked, sent one at a time
//   rtsp_client_time.c     keepalives, silence, missing replies
//   rtsp_client_send.c     requests
//   rtsp_client_reply.c    replies
//   rtsp_client_setup.c    SETUP: forms of the control URL, transports
//   rtsp_client_redirect.c redirects
//   rtsp_client_stray.c    stray bytes between interleaved blocks
#ifndef KIN_ENGINE_RTSP_CLIENT_INTERNAL_H
#define KIN_ENGINE_RTSP_CLIENT_INTERNAL_H

#include "engine/rtsp/rtsp_client.h"
#include "proto/rtsp_frame.h"
#include "proto/uri_resolve.h"

enum purpose {            // why a request was sent
    FOR_COMMAND,          // of the shell
    FOR_KEEPALIVE,        // to keep the session alive
    FOR_SEEK,             // PAUSE before the PLAY of a jump
    FOR_PACE,             // PLAY that changes nothing but the Speed
    FOR_TRANSPORT_CHANGE, // TEARDOWN on the way from UDP to TCP
    FOR_DESCRIPTION,      // OPTIONS and DESCRIBE of a new connection
    FOR_REDIRECT,         // no request: leaves this server for the one in c->url
};

struct command {
    enum kin_rtsp_method method; // SETUP, PLAY, PAUSE, TEARDOWN
    enum purpose purpose;
    bool has_range;
    struct kin_rtsp_range range;
    int32_t speed_milli; // FOR_PACE
};

#define COMMANDS_ROOM (KIN_RTSP_CLIENT_COMMANDS_MAX + 4) // and those of the machine itself
#define EVENTS_MAX 16
#define KEEPALIVE_PATIENCE 3 // times the reply timeout, without any sign of the server, until it counts as gone
#define DESCRIBE_PATIENCE 6  // times the reply timeout
#define TIMEOUT_MIN_S 2      // of a Session header; smaller values are raised to this
#define TIMEOUT_MAX_S 3600
#define NORMAL_MILLI 1000 // of Scale

struct kin_rtsp_client {
    struct kin_rtsp_client_options opts;
    char url[KIN_URI_MAX + 1];       // as given, or of the last redirect; without credentials
    char base[KIN_URI_MAX + 1];      // Content-Base, Content-Location or url
    char aggregate[KIN_URI_MAX + 1]; // what PLAY, PAUSE and TEARDOWN name
    char control[KIN_URI_MAX + 1];   // of the track, as described
    char track[KIN_URI_MAX + 1];     // what SETUP names: `control` resolved in one of the forms
    enum kin_uri_control_form form;
    char host[256];
    char server[64];
    char session[KIN_RTSP_SESSION_MAX + 1];
    uint16_t port;
    bool may_change_port, changed_port; // the URL names no port; KIN_RTSP_OTHER_PORT is in use instead of the default
    unsigned redirects;
    enum kin_rtsp_client_state state;
    bool failed, connected, connecting, greeted, described, rtsp_seen; // rtsp_seen: the peer has spoken RTSP
    uint32_t public_methods;
    bool feedback; // the description asks for AVPF
    bool asks_fec; // DESCRIBE asks for parity

    enum kin_lower_transport lower_transport; // in use or to be tried next
    bool tried[KIN_LOWER_TRANSPORT_TCP + 1];  // since the SETUP command: without success
    uint16_t client_port;
    bool media_seen, silence_reported;
    kin_us playing_since, media_at;
    struct kin_rtsp_range last_range;
    int32_t scale_milli; // of the next PLAY
    bool scaled;         // a Scale was sent in this session: from then on each PLAY has one
    int32_t speed_milli; // of the next PLAY
    bool speed_over_udp;

    struct {
        bool active;
        enum kin_rtsp_method method;
        enum purpose purpose;
        uint32_t cseq;
        kin_us sent_at, replied_at, deadline;
        bool after_idle; // the connection was idle before it
    } request;
    uint32_t cseq;
    kin_us last_sent_at, keepalive_us, rtt_us;
    kin_us unanswered_since; // when the first unanswered keepalive was sent; KIN_US_NEVER without one
    bool keepalive_due;      // at once, since the last one got no reply

    struct {
        bool known;          // blocks are expected on these channels of the connection
        uint8_t channels[2]; // RTP, RTCP
        bool has_ssrc;       // of the stream, from two blocks in a row
        uint32_t ssrc, last_ssrc;
        bool lost;      // out of sync: looking for the next block or message
        size_t skipped; // bytes since then
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
// Gives up. The FAILED event has the peer's address and the last method; the caller adds what else the trouble needs.
struct kin_rtsp_client_event *rtsp_client_fail(struct kin_rtsp_client *c, enum kin_rtsp_client_trouble trouble);
void rtsp_client_request_connect(struct kin_rtsp_client *c);
// Sets the URL to play. KIN_OK, KIN_EBAD, KIN_ELIMIT.
int rtsp_client_set_url(struct kin_rtsp_client *c, struct kin_span url);
void rtsp_client_session_gone(struct kin_rtsp_client *c);
struct kin_wr rtsp_client_writer(struct kin_rtsp_client *c); // at the end of the output
void rtsp_client_commit(struct kin_rtsp_client *c, const struct kin_wr *w);

// rtsp_client_command.c
void rtsp_client_pump(struct kin_rtsp_client *c, kin_us now); // sends the next request, if none is outstanding
void rtsp_client_push_front(struct kin_rtsp_client *c, struct command command);

// rtsp_client_send.c
void rtsp_client_send(struct kin_rtsp_client *c, kin_us now, enum kin_rtsp_method method, enum purpose purpose,
                      const struct kin_rtsp_range *range);
struct kin_span rtsp_client_url_for(const struct kin_rtsp_client *c, enum kin_rtsp_method method);
void rtsp_client_answer(struct kin_rtsp_client *c, const struct kin_rtsp_msg *request);

// rtsp_client_reply.c
void rtsp_client_on_reply(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_msg *reply);
// Completes an event about a refused request with the status of the reply.
void rtsp_client_note_status(const struct kin_rtsp_client *c, struct kin_rtsp_client_event *e,
                             const struct kin_rtsp_msg *reply);

// rtsp_client_setup.c
int rtsp_client_set_track(struct kin_rtsp_client *c, struct kin_span control); // KIN_OK, KIN_ELIMIT
void rtsp_client_on_setup(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply);
void rtsp_client_on_setup_refused(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply);
// True when the options allow the other transport and it was not tried yet.
bool rtsp_client_may_change_transport(const struct kin_rtsp_client *c);
// Changes to the other transport. False when it may not.
bool rtsp_client_change_transport(struct kin_rtsp_client *c);
// Raises the event that it changed.
struct kin_rtsp_client_event *rtsp_client_emit_transport_changed(struct kin_rtsp_client *c,
                                                                 enum kin_rtsp_client_cause cause);
// Sends the last SETUP once more, before all other commands.
void rtsp_client_setup_again(struct kin_rtsp_client *c);
// The last request failed: if it was a SETUP over UDP, tries TCP over a new connection. False: it was not, or TCP may
// not be tried.
bool rtsp_client_retry_setup(struct kin_rtsp_client *c, enum kin_rtsp_client_cause cause);
// No media come over UDP: tears the session down, then sets up and plays over TCP.
void rtsp_client_replay(struct kin_rtsp_client *c);

// rtsp_client_redirect.c
bool rtsp_client_is_redirect(const struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply);
void rtsp_client_redirect(struct kin_rtsp_client *c, const struct kin_rtsp_msg *reply);

// rtsp_client_stray.c
// True while blocks are expected: then bytes that are neither a message nor a block are skipped.
bool rtsp_client_may_skip(const struct kin_rtsp_client *c);
// Bytes at the head of `in` to skip (> 0), 0 when a message or block begins there, KIN_EMORE when more bytes are needed
// to tell.
ptrdiff_t rtsp_client_resync(struct kin_rtsp_client *c, struct kin_span in);
void rtsp_client_note_block(struct kin_rtsp_client *c, uint8_t channel, struct kin_span bytes);
// Skips n bytes at the head of the input; the stream is out of sync. n, or KIN_EBAD after a FAILED event.
ptrdiff_t rtsp_client_skip(struct kin_rtsp_client *c, size_t n);

#endif
