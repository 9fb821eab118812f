// A client's playback: what is to be asked of the server, what is shown, and when it is over. It stands on an RTSP
// machine, which the shell owns, and on the media receiver. Pure: no socket, no clock.
//
//     kin_player_attach(p, now, rtsp);             a connection is begun
//     kin_player_rtsp(p, now, &event);             each event of its machine but CONNECT and the log
//     kin_player_feed(p, at, packet, wire);        RTP, from whatever transport; and kin_player_feed_rtcp()
//     kin_player_play(p, now); ...                 commands
//     while (kin_player_event(p, now, &e)) ...     after each of these
//     kin_player_tick(p, now);                     once a turn, and by kin_player_deadline(); then the events again
//
// The shell takes all events before its next call; calls from inside of the handling of an event are fine. A frame that
// an event brings is borrowed until the next call of kin_player_event().
//
//     CONNECTING -> INIT -> READY <-> PLAYING -> ENDED        FAILED from everywhere; play leads back to CONNECTING
//
// Nobody else writes its members.
#ifndef KIN_ENGINE_PLAYER_H
#define KIN_ENGINE_PLAYER_H

#include "engine/media_receiver.h"
#include "engine/rtsp_client.h"

#define KIN_PLAYER_EVENTS_MAX 32 // that wait to be taken: what one call can cause, and more
#define KIN_PLAYER_SCALE_MIN 125 // thousandths, either way
#define KIN_PLAYER_SCALE_MAX 16000

enum kin_player_state {
    KIN_PLAYER_CONNECTING, // TCP, OPTIONS, DESCRIBE
    KIN_PLAYER_INIT,       // described, not set up (also after TEARDOWN)
    KIN_PLAYER_READY,      // set up, or paused
    KIN_PLAYER_PLAYING,
    KIN_PLAYER_ENDED, // the reel has ended, and its last frame was shown
    KIN_PLAYER_FAILED,
    KIN_PLAYER_STATE_COUNT
};

enum kin_player_notice {              // what there is to be said; the program makes the sentence
    KIN_PLAYER_NOTICE_RTSP,           // what the RTSP event at hand says
    KIN_PLAYER_NOTICE_RTSP_ERROR,     // the same, and something went wrong
    KIN_PLAYER_NOTICE_RTSP_FAILED,    // the same, and it is the end
    KIN_PLAYER_NOTICE_DIRECTORY,      // the end: what was described is no stream
    KIN_PLAYER_NOTICE_NO_MEMORY,      // the end
    KIN_PLAYER_NOTICE_UDP_UNASKED,    // the end: the server chose UDP, and there are no sockets
    KIN_PLAYER_NOTICE_NO_MEDIA,       // nothing has come for `us`
    KIN_PLAYER_NOTICE_AGAIN,          // media come again, after `us`
    KIN_PLAYER_NOTICE_BROKEN,         // nothing has come for `us`, and the time of the reel is over
    KIN_PLAYER_NOTICE_ENDED_EARLY,    // the server has ended the stream before the end of the reel
    KIN_PLAYER_NOTICE_HOLE,           // `us` of the reel never came
    KIN_PLAYER_NOTICE_SCALE,          // the server plays at `got` thousandths instead of `asked`
    KIN_PLAYER_NOTICE_UNUSABLE,       // no frame can be used: `trouble`, `detail`
    KIN_PLAYER_NOTICE_PAYLOAD_TYPE,   // no frame can be used: payload type `got` comes, `asked` was described
    KIN_PLAYER_NOTICE_BUSY,           // refused: too many commands wait
    KIN_PLAYER_NOTICE_SET_UP_ALREADY, // refused, as are the following
    KIN_PLAYER_NOTICE_PLAYS_ALREADY,
    KIN_PLAYER_NOTICE_NOTHING_PLAYS,
    KIN_PLAYER_NOTICE_NO_SESSION, // to tear down
    KIN_PLAYER_NOTICE_NO_PICTURE, // to step from
    KIN_PLAYER_NOTICE_FIRST_FRAME,
    KIN_PLAYER_NOTICE_LAST_FRAME,
    KIN_PLAYER_NOTICE_CACHE_ENDS,  // without a connection
    KIN_PLAYER_NOTICE_UNCONNECTED, // the place is kept for the next play
    KIN_PLAYER_NOTICE_COUNT
};

enum kin_player_event_kind {
    KIN_PLAYER_STATE,     // `state` is new
    KIN_PLAYER_DESCRIBED, // what the reel is, is known
    KIN_PLAYER_RECEIVED,  // `frame` has become complete
    KIN_PLAYER_SHOW,      // `frame` is due; the first one of a start or jump also while the cache fills
    KIN_PLAYER_NOTICE,
    KIN_PLAYER_NOTICE_CLEARED, // the last notice holds no more, and no other takes its place
    KIN_PLAYER_TRANSPORT,      // open what is needed, then kin_player_transport()
    KIN_PLAYER_RECONNECT,      // a new RTSP machine, then kin_player_attach(); or kin_player_fail()
    KIN_PLAYER_HANG_UP,        // close the connection and all sockets
};

struct kin_player_event {
    enum kin_player_event_kind kind;
    enum kin_player_state state;
    struct kin_media_frame frame;
    bool look_back; // the frame comes from the cache behind the picture
    bool leaving;   // it is of the place that a jump is about to leave
    struct {
        enum kin_player_notice code;
        kin_us us;
        int64_t got, asked;
        enum kin_jpeg_trouble trouble;
        uint32_t detail;
    } notice;
};

struct kin_player_options {
    struct kin_media_receiver_options media;
    bool auto_setup, auto_play; // go on by itself after DESCRIBE
    int32_t speed_milli; // how fast a reel is to be delivered over TCP, in thousandths (Speed, RFC 2326 section 12.35),
                         // as far as the server does it; 0 = as it is played
    const char *cname;   // for reports; not copied
    uint32_t ssrc;       // the first of our own; random
};

enum kin_player_topic { TOPIC_OTHER, TOPIC_SILENCE, TOPIC_UNUSABLE }; // what a notice is about, if that may pass

struct kin_player {
    struct kin_player_options options;
    struct kin_rtsp_client *rtsp; // borrowed; NULL at first
    struct kin_media_receiver media;
    enum kin_player_state state;
    struct {
        bool setup, play; // go on with it by itself
        bool pause;       // asked for after the last PLAY, whose reply must not start the picture again
        bool loop;
    } wanted;
    int32_t scale, scale_sent; // in thousandths: that is wanted, of the last PLAY
    int32_t speed, speed_done; // the same of Speed: that is wanted, as the server does it
    kin_us play_from;          // what the last PLAY asked for, -1 = to go on
    kin_us seek_to;            // where the next PLAY starts, -1 = go on where it stands
    enum {
        PREROLL_NONE,
        PREROLL_WAITS,
        PREROLL_SHOWN
    } preroll;             // a jump while paused: show one frame, fill the cache, pause again
    bool setting_up;       // SETUP was asked for, and has no answer yet
    bool poster_shown;     // what is shown is the first frame of a cache that fills: it is yet to be played
    kin_us position;       // of the picture
    uint64_t frame_number; // of the picture
    kin_us playing_since, played;
    uint64_t stray_bytes;               // skipped in the stream of blocks
    bool trouble_reported;              // why there is no picture
    unsigned foreign;                   // packets of another payload type
    enum kin_player_topic notice_topic; // the last notice
    struct {                            // to be done when all frames were taken
        enum { PENDING_NOTHING, PENDING_LEAVE, PENDING_PLAY, PENDING_RESUME, PENDING_STOP, PENDING_END } what;
        bool jumps, broken, refused;
        kin_us place;
    } pending;
    struct kin_player_event events[KIN_PLAYER_EVENTS_MAX];
    unsigned event_count;
    struct kin_buf *lent; // of the event given out last
};

// KIN_OK or KIN_ENOMEM. kin_player_deinit() also after a failure.
int kin_player_init(struct kin_player *p, const struct kin_player_options *options);
void kin_player_deinit(struct kin_player *p);

// --- what comes

// A connection is begun by this machine, in place of the one before; it outlives its use here.
void kin_player_attach(struct kin_player *p, kin_us now, struct kin_rtsp_client *rtsp);
void kin_player_rtsp(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e);
// A packet that arrived at `at`, with so many bytes on the wire, borrowed until the events are taken; nothing happens
// without a stream.
void kin_player_feed(struct kin_player *p, kin_us at, struct kin_span packet, size_t wire);
void kin_player_feed_rtcp(struct kin_player *p, kin_us at, kin_us now, struct kin_span bytes);
// Frames that are due, silence, the end. Reports are the shell's to ask for: kin_rtp_receiver_output(p->media.rtp,
// ...).
void kin_player_tick(struct kin_player *p, kin_us now);
kin_us kin_player_deadline(const struct kin_player *p); // of kin_player_tick()
// The next event; false when there is none for now.
bool kin_player_event(struct kin_player *p, kin_us now, struct kin_player_event *ret);

// --- what the shell says

// The answer to KIN_PLAYER_TRANSPORT: the even port of the pair that was opened, 0 when there is none.
void kin_player_transport(struct kin_player *p, kin_us now, uint16_t client_port);
void kin_player_fail(struct kin_player *p, kin_us now, enum kin_player_notice why);

// --- commands: KIN_OK, or KIN_ESTATE with a notice

int kin_player_setup(struct kin_player *p, kin_us now);
int kin_player_play(struct kin_player *p, kin_us now);
int kin_player_pause(struct kin_player *p, kin_us now); // the picture stops at once; look-back and step remain possible
int kin_player_teardown(struct kin_player *p, kin_us now);
int kin_player_seek(struct kin_player *p, kin_us now, kin_us position); // clamped; within the cache where possible
int kin_player_step(struct kin_player *p, kin_us now, int frames);      // out of the cache where possible
// From the picture on, in thousandths, negative for backward; its size is clamped, 0 means 1000. The server may do
// otherwise, which p->scale then tells.
int kin_player_set_scale(struct kin_player *p, kin_us now, int32_t milli);
// Plays again from there, at another speed of delivery: for a player without cache.
int kin_player_fetch_again(struct kin_player *p, kin_us now, kin_us from, int32_t speed_milli);
void kin_player_set_loop(struct kin_player *p, bool loop);

#endif
