// What the files of a session share:
//   session.c          birth, death, states and messages, the turn
//   session_command.c  what it is told to do
//   session_control.c  the RTSP connection: its stream, its events
//   session_media.c    packets to frames, reports back
//   session_frames.c   frames to their due time, the end
//   session_place.c    what the timeline is told of PLAY and of the reel
//   session_rate.c     how fast, and which way
//   session_seek.c     jumps and steps
//   session_trouble.c  what comes and cannot be used
//   session_stats.c    figures
//
// Every entry from outside (stream, sockets, timer, commands) is bracketed by session_enter() and session_leave(): a
// handler may close the session from inside of a callback, and the memory goes when the last bracket is left.
#ifndef TUI_SESSION_INTERNAL_H
#define TUI_SESSION_INTERNAL_H

#include "client/session.h"
#include "engine/jpeg_assembler.h"
#include "engine/playout.h"
#include "engine/rtp_receiver.h"
#include "engine/rtsp_client.h"
#include "engine/stats.h"
#include "engine/stream_end.h"
#include "engine/timeline.h"
#include "io/datagram.h"
#include "io/stream.h"

#define URL_MAX 4096
#define MESSAGE_MAX 256
#define CONNECT_TIMEOUT_US (10 * KIN_US_PER_S)
#define FLUSH_US (300 * KIN_US_PER_MS) // for the last words to the server
#define READ_MAX ((size_t)256 * 1024)
#define WRITE_MAX ((size_t)256 * 1024)
#define RTP_SOCKET_BYTES (4 * 1024 * 1024) // asked for; the kernel may give less
#define LOOK_BACK_FRAMES 1500              // a minute at 25 frames/s, within cache_bytes_max
#define PUNCH_EVERY_US (15 * KIN_US_PER_S) // keeps a NAT's mapping of the RTP port open
#define TROUBLE_FRAMES 3                   // that cannot be used, before the reason is given
#define FRAMES_FOR_RATE 8                  // frames whose spacing tells the rate when the description does not
#define EARLY_MAX 64                       // frames held that came before the reply to their PLAY
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
    unsigned depth;   // brackets open
    bool closed;      // session_close was called: no callback any more
    bool wants_setup; // go on by itself
    bool wants_play;
    bool loop_reel;

    // the connection
    struct kin_rtsp_client *rtsp;
    struct kin_stream *stream;
    struct kin_timer *timer;
    bool stream_up;
    kin_us started_at; // of the connection attempt

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

    // media
    struct kin_rtp_receiver *receiver;
    struct kin_jpeg_assembler *assembler;
    struct kin_playout *playout;
    enum kin_jpeg_carrier carrier;
    bool ended; // no more frames until the next PLAY
    bool ended_early;
    bool all_sent_came; // nothing is missing behind the last packet of the stream that has ended
    bool rate_given;    // by the description
    uint8_t payload_type;
    union kin_addr local; // of the connection

    // the place in the reel
    struct kin_timeline timeline;
    struct kin_stream_end end;
    int32_t scale;      // that is wanted, in thousandths
    int32_t scale_sent; // of the last PLAY
    kin_us play_from;   // what the last PLAY asked for
    kin_us seek_to;     // where the next PLAY starts, -1 = go on where it stands
    bool peeking;       // a seek while paused: show one frame, fill the cache, pause again
    bool peek_shown;
    bool wants_pause;  // asked for after the last PLAY, whose reply must not start the picture again
    bool previewing;   // what is shown is the first frame of a cache that fills: it is yet to be played
    bool jumping;      // a PLAY from another place was asked for: see session_is_leaving()
    bool jumped;       // the run that began last is from another place than the one before
    bool awaits_start; // PLAY was asked for: over UDP its frames may come before its reply
    struct kin_jpeg_frame early[EARLY_MAX];
    size_t early_count;
    struct { // the sequence number that the next frame begins with if nothing is missing before it
        bool known;
        uint16_t seq;
    } next;
    uint64_t counted; // frames received since the start, for numbers without a rate
    kin_us position_us;
    uint64_t frame_number;

    // figures
    struct kin_rate rate;
    struct kin_fps fps;
    struct kin_spread spread;
    struct kin_burst burst;
    struct kin_loss loss;
    struct counts { // of receivers and assemblers that are gone
        uint64_t received, lost, late, recovered, reordered, duplicate, payload, complete, partial;
    } before;
    uint64_t frames_lost, frames_left_out, wire_bytes;
    struct {
        uint64_t lost, left_out; // counted when the stream was left or ended, and not come since
        uint64_t guessed;        // of the lost: by the clock, until the next reply says it
        uint64_t partial;        // frames that came in part there
    } behind;                    // of the last complete frame
    uint64_t kernel_dropped_before; // of sockets that are closed, or counted before a reset (subtracted)
    uint64_t kernel_dropped_base;
    kin_us prev_first_at;
    kin_us last_frame_at; // arrival of its first packet
    uint64_t frames_timed;
    kin_us packet_at; // arrival of the last packet
    double setup_ms, first_packet_ms, first_frame_ms;
    kin_us playing_since, played_us;
};

// session.c
void session_enter(struct session *s);
bool session_leave(struct session *s); // false when the session is gone
void session_set_state(struct session *s, enum session_state state);
void session_say(struct session *s, bool is_error, const char *format, ...) __attribute__((format(printf, 3, 4)));
// What was said for this cause holds no more. The one who says it sets s->cause.
void session_unsay(struct session *s, enum session_cause cause);
void session_fail(struct session *s, const char *sentence);
int session_start(struct session *s); // begins a connection: KIN_OK, KIN_EBAD, KIN_ENOMEM
void session_stop(struct session *s); // closes stream and sockets at once
// Lets every machine do what is due now, writes what they have to say, and sets the timer.
void session_turn(struct session *s);

// session_command.c
int session_request_play(struct session *s, bool from_given, kin_us from);
int session_refuse(struct session *s, const char *sentence); // KIN_ESTATE
int session_done(struct session *s, int err);                // what every command ends with; returns err

// session_control.c
void session_pump_rtsp(struct session *s); // events and output of the RTSP machine
int session_setup_transport(struct session *s);
void session_close_stream(struct session *s, void (*on_closed)(void *ctx), void *ctx);

// session_media.c
int session_open_sockets(struct session *s, uint16_t *ret_port);
void session_close_sockets(struct session *s);
int session_open_media(struct session *s, const struct kin_rtsp_transport *transport); // of a new SETUP
void session_close_media(struct session *s);
void session_packet(struct session *s, struct kin_span bytes, kin_us at);
void session_rtcp(struct session *s, struct kin_span bytes, kin_us at);
void session_drain(struct session *s);  // packets that are due, frames they make
void session_report(struct session *s); // RTCP and hole punching that are due
void session_punch(struct session *s);
void session_goodbye(struct session *s); // RTCP BYE
kin_us session_media_deadline(const struct session *s);

// session_place.c
void session_take_reel(struct session *s);                                         // its facts are known
void session_started_at(struct session *s, const struct kin_rtsp_client_event *e); // PLAY was answered
kin_us session_trip_start(const struct session *s); // where the whole reel begins in the direction that is wanted
struct kin_stream_place session_end_place(const struct session *s);

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
void session_on_jpeg(struct session *s, const struct kin_jpeg_frame *jpeg);
void session_start_frames(struct session *s); // those that came before the reply to their PLAY
void session_drop_early(struct session *s);
void session_leave_early(struct session *s); // they are of the run that is left: only what is missing counts
void session_show_due(struct session *s);
void session_show(struct session *s, const struct kin_playout_frame *f, bool look_back);
void session_check_end(struct session *s);
void session_finish(struct session *s);    // no more frames will come
void session_leave_run(struct session *s); // nothing of this PLAY is awaited any more: what was due is lost
void session_left_at(struct session *s, uint32_t rtptime); // it had come to that RTP time
kin_us session_end_deadline(const struct session *s);

// session_trouble.c
void session_check_trouble(struct session *s, uint64_t at_least); // says why there is no picture after so many frames
void session_foreign_packet(struct session *s, uint8_t payload_type);
void session_fill_trouble(const struct session *s, struct session_stats *ret);

// session_stats.c
void session_count_loss(struct session *s);              // once a turn
uint32_t session_partial_since(const struct session *s); // frames that came in part, behind the newest complete one
void session_keep_counts(struct session *s);             // of the receiver and the assembler, before they go

#endif
