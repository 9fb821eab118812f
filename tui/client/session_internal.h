// What the files of a session share:
//   session.c          birth, death, states and messages, the turn
//   session_command.c  what it is told to do
//   session_control.c  what the events of the RTSP machine mean
//   session_media.c    packets to frames, reports back
//   session_frames.c   frames to their due time, the end
//   session_place.c    what PLAY and its reply say about the place
//   session_rate.c     how fast, and which way
//   session_seek.c     jumps and steps
//   session_trouble.c  what comes and cannot be used
//   session_stats.c    figures
//
// Every entry from outside is bracketed by rtsp_link_enter() and rtsp_link_leave(), which also does what is due: a
// handler may close the session from inside of a callback, and the memory goes when the last bracket is left.
#ifndef TUI_SESSION_INTERNAL_H
#define TUI_SESSION_INTERNAL_H

#include "client/rtsp_link.h"
#include "client/session.h"
#include "engine/media_receiver.h"
#include "io/datagram.h"

#define URL_MAX 4096
#define MESSAGE_MAX 256
#define RTP_SOCKET_BYTES (4 * 1024 * 1024) // asked for; the kernel may give less
#define LOOK_BACK_FRAMES 1500              // a minute at 25 frames/s, within cache_bytes_max
#define PUNCH_EVERY_US (15 * KIN_US_PER_S) // keeps a NAT's mapping of the RTP port open
#define TROUBLE_FRAMES 3                   // that cannot be used, before the reason is given
#define SCALE_NORMAL KIN_TIMELINE_SCALE
#define SPEED_NORMAL 1000

enum session_cause { CAUSE_NONE, CAUSE_SILENCE, CAUSE_UNUSABLE }; // when it is gone, the message holds no more

struct session {
    struct kin_loop *loop;
    struct session_options opts;
    struct session_handler on;
    void *ctx;
    char url[URL_MAX + 1];
    enum session_cause cause; // of the last message
    enum session_state state;
    struct session_info info;
    bool wants_setup; // go on by itself
    bool wants_play;
    bool loop_reel;

    struct rtsp_link link; // the connection; closed: no callback any more

    // the transport
    struct kin_datagram *udp[2];
    bool tcp, set_up;
    uint8_t channels[2];
    union kin_addr server[2]; // where RTP and RTCP go to: always the host of the connection; port 0 = unknown
    union kin_addr source;    // the other host that packets may come from
    uint64_t stray_bytes;     // skipped in the stream of blocks
    uint64_t foreign_packets; // of another payload type than that described
    bool trouble_said;        // why there is no picture
    kin_us punch_at;

    struct kin_media_receiver media;

    // what is wished
    int32_t scale;      // that is wanted, in thousandths
    int32_t scale_sent; // of the last PLAY
    kin_us play_from;   // what the last PLAY asked for
    kin_us seek_to;     // where the next PLAY starts, -1 = go on where it stands
    bool peeking;       // a seek while paused: show one frame, fill the cache, pause again
    bool peek_shown;
    bool wants_pause; // asked for after the last PLAY, whose reply must not start the picture again
    bool previewing;  // what is shown is the first frame of a cache that fills: it is yet to be played
    kin_us position_us;
    uint64_t frame_number;

    kin_us playing_since, played_us;
};

// session.c
void session_set_state(struct session *s, enum session_state state);
void session_say(struct session *s, bool is_error, const char *format, ...) __attribute__((format(printf, 3, 4)));
// What was said for this cause holds no more. The one who says it sets s->cause.
void session_unsay(struct session *s, enum session_cause cause);
void session_fail(struct session *s, const char *sentence);
int session_start(struct session *s); // begins a connection: KIN_OK, KIN_EBAD, KIN_ENOMEM
void session_stop(struct session *s); // closes stream and sockets at once

// session_command.c
int session_request_play(struct session *s, bool from_given, kin_us from);
int session_refuse(struct session *s, const char *sentence); // KIN_ESTATE
int session_done(struct session *s, int err);                // what every command ends with; returns err

// session_control.c
int session_setup_transport(struct session *s);
void session_on_event(void *ctx, const struct kin_rtsp_client_event *e);

// session_media.c
int session_open_sockets(struct session *s, uint16_t *ret_port);
void session_close_sockets(struct session *s);
int session_open_media(struct session *s, const struct kin_rtsp_transport *transport); // of a new SETUP
void session_packet(struct session *s, struct kin_span bytes, kin_us at);
void session_rtcp(struct session *s, struct kin_span bytes, kin_us at);
void session_drain(struct session *s);  // packets that are due, frames they make
void session_report(struct session *s); // RTCP and hole punching that are due
void session_punch(struct session *s);
void session_goodbye(struct session *s); // RTCP BYE
kin_us session_media_deadline(const struct session *s);

// session_place.c
void session_note_reel(struct session *s);                                         // its facts as far as they are known
void session_started_at(struct session *s, const struct kin_rtsp_client_event *e); // PLAY was answered
kin_us session_trip_start(const struct session *s); // where the whole reel begins in the direction that is wanted

// session_seek.c
bool session_is_leaving(const struct session *s); // what is shown is of the place that a jump has yet to leave

// session_rate.c
void session_want_speed(struct session *s); // the reel has been described
bool session_drop_speed(
    struct session *s); // PLAY was refused: true when it may be for its Speed, and is asked for again
void session_note_scale(struct session *s, int32_t done); // PLAY was answered
bool session_scale_changed(const struct session *s);      // the next PLAY differs from the last one
bool session_cache_is_plain(const struct session *s);     // it holds every frame, in order, and will keep them

// session_frames.c
void session_take_frame(struct session *s, const struct kin_media_frame *f);
void session_show_due(struct session *s);
void session_show(struct session *s, const struct kin_playout_frame *f, bool look_back);
void session_check_end(struct session *s);
void session_finish(struct session *s);                 // no more frames will come
void session_forget_run(struct session *s, bool jumps); // nothing of this PLAY is awaited any more

// session_trouble.c
void session_check_trouble(struct session *s, uint64_t at_least); // says why there is no picture after so many frames
void session_foreign_packet(struct session *s, uint8_t payload_type);
void session_fill_trouble(const struct session *s, struct session_stats *ret);

// session_stats.c
struct kin_receive_live session_live(const struct session *s); // what those who count have now

#endif
