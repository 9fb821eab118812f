// The client's side of RTSP 1.0 as a machine without a socket: bytes and commands in, bytes and events out.
//
// The shell connects on KIN_RTSP_CLIENT_CONNECT, feeds the bytes it receives, sends kin_rtsp_client_output(), and calls
// kin_rtsp_client_tick() at kin_rtsp_client_deadline(). The machine sends OPTIONS and DESCRIBE by itself, then carries
// out setup, play, pause and teardown, one request at a time. It keeps the session alive, follows redirects, changes to
// interleaved TCP where UDP does not work, tries other forms of a control URL that is refused, resynchronizes after
// stray bytes between interleaved blocks, and answers requests of the server.
//
//     INIT --setup--> READY --play--> PLAYING --pause--> READY      teardown: back to INIT      (RFC 2326 appendix A)
#ifndef KIN_ENGINE_RTSP_CLIENT_H
#define KIN_ENGINE_RTSP_CLIENT_H

#include "base/span.h"
#include "base/time.h"
#include "proto/rtsp_hdr.h"
#include "proto/rtsp_msg.h"
#include "proto/sdp.h"

#define KIN_RTSP_CLIENT_RTT_MAX_US (2 * KIN_US_PER_S) // believed
#define KIN_RTSP_CLIENT_COMMANDS_MAX 8                // commands that wait for their turn
#define KIN_RTSP_CLIENT_REDIRECTS_MAX 5               // followed until a PLAY is accepted
#define KIN_RTSP_CLIENT_STRAY_MAX 65536               // bytes in a row, neither a message nor a block, that are skipped
#define KIN_RTSP_CLIENT_OUTPUT_MAX 65536              // bytes waiting for the shell
#define KIN_RTSP_CLIENT_TIMEOUT_US (10 * KIN_US_PER_S)
// For the reply to a SETUP over UDP while TCP may still be tried. A server that has answered OPTIONS and DESCRIBE needs
// one round trip for it, and TCP resends a lost segment twice in this time; the viewer should not wait longer.
#define KIN_RTSP_CLIENT_UDP_SETUP_US (3 * KIN_US_PER_S)
#define KIN_RTSP_CLIENT_SILENCE_US (3 * KIN_US_PER_S) // UDP without a packet -> TCP

enum kin_rtsp_client_transport { // what media may travel over
    KIN_RTSP_CLIENT_AUTO,        // UDP, then TCP
    KIN_RTSP_CLIENT_UDP,
    KIN_RTSP_CLIENT_TCP,
};

struct kin_rtsp_client_options {
    const char *url;        // rtsp://..., at most KIN_URI_MAX bytes; copied
    const char *accept;     // of DESCRIBE; NULL = application/sdp; not copied
    const char *user_agent; // not copied; NULL = the header is left out
    enum kin_rtsp_client_transport transport;
    bool fec;          // parity is wanted: the description is asked for with "fec=1" in its query, unless all goes over
                       // TCP, and without it again where the server refuses that
    bool no_adapt;     // the server is to send every frame, whatever the network carries
    kin_us timeout_us; // for each reply (SETUP over UDP: see above), six times as long for a description; 0 =
                       // KIN_RTSP_CLIENT_TIMEOUT_US
    kin_us silence_us; // 0 = KIN_RTSP_CLIENT_SILENCE_US
    size_t body_max;   // longest body of a reply; 0 = that of kin_rtsp_limits_default
};

enum kin_rtsp_client_state { KIN_RTSP_CLIENT_INIT, KIN_RTSP_CLIENT_READY, KIN_RTSP_CLIENT_PLAYING };

enum kin_rtsp_client_event_kind {
    KIN_RTSP_CLIENT_CONNECT,  // connect to host:port (close an open connection first), then kin_rtsp_client_connected()
    KIN_RTSP_CLIENT_SENT,     // `bytes` is a message that goes out: for the protocol log
    KIN_RTSP_CLIENT_RECEIVED, // `bytes` is a message that came in
    KIN_RTSP_CLIENT_DESCRIBED, // `body` is the description; `video` is filled when it is SDP
    KIN_RTSP_CLIENT_SET_UP,    // `transport` as agreed
    KIN_RTSP_CLIENT_SEEKING,   // the old stream stopped for a jump: what was received is void, STARTED follows; `range`
                               // is where it stands
    KIN_RTSP_CLIENT_STARTED,   // PLAY was accepted: `range`, `scale_milli`, `rtp_info`
    KIN_RTSP_CLIENT_PACED,     // a change of pace was answered: as STARTED; refused: `status`, and speed_milli is 0
    KIN_RTSP_CLIENT_STOPPED,   // PAUSE was accepted: `range` is where it stands
    KIN_RTSP_CLIENT_CLOSED,    // TEARDOWN was accepted, or the session is gone: then with `trouble`
    KIN_RTSP_CLIENT_TRANSPORT_CHANGED, // going on over transport.lower_transport, for `cause`
    KIN_RTSP_CLIENT_NO_MEDIA,          // nothing has arrived over UDP for `seconds`, and TCP is not allowed
    KIN_RTSP_CLIENT_REDIRECTED, // the answer to `method` was `status`: `url` is asked next. When that was SETUP or PLAY
                                // the session is over; DESCRIBED follows, and the commands are to be given again
    KIN_RTSP_CLIENT_OTHER_PORT, // the URL names no port and its default was refused: `port` is tried
    KIN_RTSP_CLIENT_SKIPPED,    // `count` stray bytes were skipped up to the next block or message
    KIN_RTSP_CLIENT_INTERLEAVED, // interleaved data: `channel`, `bytes`
    KIN_RTSP_CLIENT_REFUSED,     // a command was refused: `trouble`, `method`; the machine lives on
    KIN_RTSP_CLIENT_FAILED,      // nothing more can be done: `trouble`; `count` stray bytes were skipped last
    KIN_RTSP_CLIENT_EVENT_COUNT
};

// Why the transport changes. Each is tried once for a SETUP command.
enum kin_rtsp_client_cause {
    KIN_RTSP_CAUSE_REFUSED,   // `method`, SETUP or PLAY, was refused with `status`
    KIN_RTSP_CAUSE_SILENCE,   // nothing has arrived over UDP for `seconds`
    KIN_RTSP_CAUSE_CLOSED,    // the server closed the connection on a SETUP over UDP: it is made anew
    KIN_RTSP_CAUSE_NO_ANSWER, // or did not answer that for `seconds`: likewise
    KIN_RTSP_CAUSE_SERVER,    // the server agreed to a SETUP with the transport that was not asked for
    KIN_RTSP_CAUSE_COUNT
};

// Why it FAILED, REFUSED a command, or CLOSED a session. The program makes the sentence from the fields named here;
// `host` and `port` are set in every FAILED event. `peer_text` and `url` are the peer's text, not filtered.
enum kin_rtsp_client_trouble {
    KIN_RTSP_TROUBLE_NONE,
    KIN_RTSP_TROUBLE_CONNECT,           // no connection to `port` of `host`: `error`
    KIN_RTSP_TROUBLE_NO_PORT,           // neither the default port nor `port` of `host` accepts connections
    KIN_RTSP_TROUBLE_NO_RTSP_SERVER,    // the first bytes that came are not RTSP
    KIN_RTSP_TROUBLE_NO_ANSWER,         // nothing came within `seconds`
    KIN_RTSP_TROUBLE_CLOSED_UNANSWERED, // the connection ended before anything came
    KIN_RTSP_TROUBLE_CONNECTION_LOST,   // the connection ended: `error`
    KIN_RTSP_TROUBLE_NO_REPLY,          // `method` was not answered, though others had been
    KIN_RTSP_TROUBLE_OUTPUT_FULL,       // no room for another request: the peer does not read
    KIN_RTSP_TROUBLE_NOT_RTSP,          // RTSP was followed by something else
    KIN_RTSP_TROUBLE_MALFORMED_REPLY,   // `peer_text` is its first line
    KIN_RTSP_TROUBLE_STRAY_BYTES,       // more than KIN_RTSP_CLIENT_STRAY_MAX
    KIN_RTSP_TROUBLE_STATUS,            // `method` was answered with `status`; `peer_text` is the reason phrase
    KIN_RTSP_TROUBLE_STATE,             // SETUP after a SETUP, or another `method` without one; nothing was sent
    KIN_RTSP_TROUBLE_REDIRECT_LOOP,     // one redirect more than KIN_RTSP_CLIENT_REDIRECTS_MAX, to `url`
    KIN_RTSP_TROUBLE_REDIRECT_TARGET,   // a redirect to `url`, which is not an rtsp URL
    KIN_RTSP_TROUBLE_DESCRIPTION,       // it cannot be read
    KIN_RTSP_TROUBLE_DESCRIPTION_URL,   // a URL in it is too long
    KIN_RTSP_TROUBLE_NOT_JPEG,          // it offers `peer_text`, "" = no video
    KIN_RTSP_TROUBLE_ENCRYPTED,         // it offers SRTP
    KIN_RTSP_TROUBLE_COUNT
};

// Spans borrow from the bytes fed or from the machine: valid until the next call on it.
struct kin_rtsp_client_event {
    enum kin_rtsp_client_event_kind kind;
    enum kin_rtsp_method method;
    unsigned status;
    enum kin_rtsp_client_cause cause;
    enum kin_rtsp_client_trouble trouble;
    int error; // as given to kin_rtsp_client_disconnected()
    struct kin_span bytes, body, host, peer_text;
    struct kin_span url; // without credentials
    uint16_t port;
    unsigned seconds;
    size_t count;
    uint8_t channel;
    bool is_sdp;
    struct kin_sdp_video video;
    // lower_transport, interleaved, client_port, server_port (0 = not given), ssrc, source
    struct kin_rtsp_transport transport;
    bool has_range, has_rtp_info;
    struct kin_rtsp_range range;
    int32_t scale_milli; // STARTED, PACED: of the reply, 1000 when it has none
    int32_t speed_milli; // likewise, Speed
    struct kin_rtsp_rtp_info rtp_info;
};

struct kin_rtsp_client;

// KIN_OK (caller owns *ret), KIN_EBAD (not an rtsp URL), KIN_ELIMIT (too long), KIN_ENOMEM. The first event is CONNECT.
int kin_rtsp_client_new(const struct kin_rtsp_client_options *options, struct kin_rtsp_client **ret);
void kin_rtsp_client_free(struct kin_rtsp_client *c); // accepts NULL

void kin_rtsp_client_connected(struct kin_rtsp_client *c, kin_us now);
// The connection was closed by the peer (error 0), broke or could not be made; `error` is the shell's own code, which
// is only repeated in the event. Harmless after a TEARDOWN: the next command connects again.
void kin_rtsp_client_disconnected(struct kin_rtsp_client *c, kin_us now, int error);
// As above, when the port is closed (ECONNREFUSED): if the URL names no port, the machine tries KIN_RTSP_OTHER_PORT
// once.
void kin_rtsp_client_refused(struct kin_rtsp_client *c, kin_us now, int error);

// Handles one message or block at the head of `in` (everything received and not yet consumed). Returns its length, 0
// when more bytes are needed, KIN_EBAD after a FAILED event. Take the events before the next call.
ptrdiff_t kin_rtsp_client_feed(struct kin_rtsp_client *c, kin_us now, struct kin_span in);
bool kin_rtsp_client_event(struct kin_rtsp_client *c, struct kin_rtsp_client_event *ret);
// All bytes to send, which count as sent from then on; valid until the next call. Empty while not connected.
struct kin_span kin_rtsp_client_output(struct kin_rtsp_client *c);
kin_us kin_rtsp_client_deadline(const struct kin_rtsp_client *c);
// Nobody was there for so long, until now: no reply is late for that, and no round trip so long. To be called before
// anything that came meanwhile is fed.
void kin_rtsp_client_away(struct kin_rtsp_client *c, kin_us now, kin_us away);
void kin_rtsp_client_tick(struct kin_rtsp_client *c, kin_us now);

// Commands. Each is queued and carried out in order; KIN_OK, KIN_ELIMIT (queue full), KIN_ESTATE (has failed).
// What the state does not allow comes back as REFUSED with KIN_RTSP_TROUBLE_STATE.
// setup: client_port is the even port of the pair that the shell opened, 0 when it has none (then only TCP).
int kin_rtsp_client_setup(struct kin_rtsp_client *c, kin_us now, uint16_t client_port);
// range NULL resumes. While PLAYING a range is a jump: the machine sends PAUSE first. A newer jump replaces one that
// still waits.
int kin_rtsp_client_play(struct kin_rtsp_client *c, kin_us now, const struct kin_rtsp_range *range);
// The Scale of every PLAY from now on, in thousandths; 1000 at first. While PLAYING it takes effect with the next jump.
void kin_rtsp_client_set_scale(struct kin_rtsp_client *c, int32_t milli);
// The Speed of every PLAY from now on, in thousandths (RFC 2326 section 12.35: how fast the media are delivered; their
// times do not change). 1000 at first; then the header is left out. over_udp: also over UDP, where packets that come
// faster than the line allows are lost; else only over TCP.
void kin_rtsp_client_set_speed(struct kin_rtsp_client *c, int32_t milli, bool over_udp);
// While PLAYING: goes on at this Speed (above 0), over any transport. Else nothing is done. A change of pace that still
// waits is replaced.
int kin_rtsp_client_pace(struct kin_rtsp_client *c, kin_us now, int32_t milli);
int kin_rtsp_client_pause(struct kin_rtsp_client *c, kin_us now);
int kin_rtsp_client_teardown(struct kin_rtsp_client *c, kin_us now);
// The program is leaving: drops waiting commands and sends TEARDOWN at once, without waiting for any reply. Take the
// output, then close.
void kin_rtsp_client_leave(struct kin_rtsp_client *c, kin_us now);
// The stream ended by itself (RTCP BYE): READY without a PAUSE.
void kin_rtsp_client_ended(struct kin_rtsp_client *c);
// It had not: PLAYING again, if nothing else was asked for since.
void kin_rtsp_client_goes_on(struct kin_rtsp_client *c);

// Media arrived: ends the wait for the first packet over UDP, and shows that the server is alive.
void kin_rtsp_client_media(struct kin_rtsp_client *c, kin_us now);
// Queues an interleaved block. KIN_ELIMIT when the output is full, KIN_ESTATE when not connected.
int kin_rtsp_client_send_block(struct kin_rtsp_client *c, uint8_t channel, struct kin_span bytes);

// Asks the server whether it is there, unless a request is under way, which tells as well.
void kin_rtsp_client_ask(struct kin_rtsp_client *c);
kin_us kin_rtsp_client_replied_at(const struct kin_rtsp_client *c); // when the last reply came; 0: none yet

enum kin_rtsp_client_state kin_rtsp_client_state(const struct kin_rtsp_client *c);
// True when no command waits and no reply is outstanding.
bool kin_rtsp_client_idle(const struct kin_rtsp_client *c);
// The same, or only a keepalive or a change of pace is not answered yet.
bool kin_rtsp_client_rests(const struct kin_rtsp_client *c);
kin_us kin_rtsp_client_rtt_us(const struct kin_rtsp_client *c);      // of the last OPTIONS or GET_PARAMETER, -1 unknown
const char *kin_rtsp_client_server(const struct kin_rtsp_client *c); // Server header, cleaned, "" when none

#endif
