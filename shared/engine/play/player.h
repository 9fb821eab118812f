// A client's playback: what to request from the server, what to show, and when playback is over. Built on an RTSP
// machine, which the shell owns, and on the media receiver. Pure: no socket, no clock.
//
//     kin_player_attach(p, now, rtsp);             a connection is begun
//     kin_player_rtsp(p, now, &event);             each event of its machine but CONNECT and the log
//     kin_player_feed(p, at, packet, wire);        RTP, from whatever transport; and kin_player_feed_rtcp()
//     kin_player_play(p, now); ...                 commands
//     while (kin_player_event(p, now, &e)) ...     after each of these
//     kin_player_tick(p, now);                     once a turn, and by kin_player_deadline(); then the events again
//
// The shell takes all events before its next call, but may call functions while it handles an event. The frame of an
// event is borrowed until the next call of kin_player_event().
//
//     CONNECTING -> INIT -> READY <-> PLAYING -> ENDED        FAILED from everywhere; play leads back to CONNECTING
//
// Nobody else writes its members.
#ifndef KIN_ENGINE_PLAYER_H
#define KIN_ENGINE_PLAYER_H

#include "engine/play/cache_depth.h"
#include "engine/play/cache_level.h"
#include "engine/play/clock_drift.h"
#include "engine/play/fill.h"
#include "engine/play/media_receiver.h"
#include "engine/play/start_mark.h"
#include "engine/rtsp/rtsp_client.h"

#define KIN_PLAYER_EVENTS_MAX 32                     // waiting to be taken; more than any one call can cause
#define KIN_PLAYER_SCALE_MIN 125                     // thousandths, either way
#define KIN_PLAYER_RETRY_US (250 * KIN_US_PER_MS)    // until a lost connection is tried again, doubled each time,
#define KIN_PLAYER_RETRY_MAX_US (8 * KIN_US_PER_S)   // up to this
#define KIN_PLAYER_UDP_DEAD_US (500 * KIN_US_PER_MS) // without a packet after the server has said that it is there
#define KIN_PLAYER_STUCK_US KIN_US_PER_S // without a reply to what asks for a stretch again, while media come
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

enum kin_player_notice {              // what to tell the user; the program makes the sentence
    KIN_PLAYER_NOTICE_RTSP,           // what the current RTSP event says
    KIN_PLAYER_NOTICE_RTSP_ERROR,     // the same, as an error
    KIN_PLAYER_NOTICE_RTSP_FAILED,    // the same, as the end of playback
    KIN_PLAYER_NOTICE_DIRECTORY,      // the end: the description is not of a stream
    KIN_PLAYER_NOTICE_NO_MEMORY,      // the end
    KIN_PLAYER_NOTICE_UDP_UNASKED,    // the end: the server chose UDP, and there are no sockets
    KIN_PLAYER_NOTICE_NO_MEDIA,       // nothing has come for `us`
    KIN_PLAYER_NOTICE_AGAIN,          // media arrive again, after `us`
    KIN_PLAYER_NOTICE_LOST,           // what the current RTSP event says: another connection will be tried in `us`
    KIN_PLAYER_NOTICE_LOST_MEDIA,     // the server answers, but nothing comes: another connection will be tried in `us`
    KIN_PLAYER_NOTICE_LOST_UDP,       // the server answers, but nothing comes over UDP: TCP will be tried
    KIN_PLAYER_NOTICE_STUCK,          // media come again, but no reply: another connection is made
    KIN_PLAYER_NOTICE_BROKEN,         // nothing has come for `us`, and the reel should be over by now
    KIN_PLAYER_NOTICE_ENDED_EARLY,    // the server ended the stream before the end of the reel
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
    KIN_PLAYER_NOTICE_CACHE_ENDS,  // and there is no connection
    KIN_PLAYER_NOTICE_UNCONNECTED, // the position is kept for the next play
    KIN_PLAYER_NOTICE_COUNT
};

enum kin_player_event_kind {
    KIN_PLAYER_STATE,     // `state` is the new one
    KIN_PLAYER_DESCRIBED, // the description of the reel has arrived
    KIN_PLAYER_RECEIVED,  // `frame` is complete
    KIN_PLAYER_SHOW, // show `frame`: it is due, or it is the first one after a start or jump, while the cache fills
    KIN_PLAYER_NOTICE,
    KIN_PLAYER_NOTICE_CLEARED, // the last notice no longer applies, and no other replaces it
    KIN_PLAYER_TRANSPORT,      // open the sockets that are needed, then kin_player_transport()
    KIN_PLAYER_RECONNECT,      // make a new RTSP machine, then kin_player_attach(); or kin_player_fail(). `tcp`: from
                               // now on one that uses no other transport
    KIN_PLAYER_HANG_UP,        // close the connection and all sockets
};

struct kin_player_event {
    enum kin_player_event_kind kind;
    enum kin_player_state state;
    struct kin_media_frame frame;
    bool look_back; // the frame comes from the cache, by a step or jump
    bool leaving;   // the frame is from before a jump that is under way
    bool tcp;
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
    bool auto_setup, auto_play; // set up, and play, without a command after DESCRIBE
    int32_t speed_milli; // Speed to request for a reel over TCP, in thousandths (RFC 2326 section 12.35); 0 = none
    bool fill;           // instead of that: request a Speed while the cache fills, over any transport
    kin_us play_us;      // how much of the reel a PLAY asks for, from where it begins; 0: up to the end
    kin_us reconnect_us; // for how long a connection that is lost while playing is tried again; 0: it is not
    bool may_tcp;        // over TCP if nothing comes over UDP
    unsigned prebuffer; // frames to start the picture with; 0 = as many as the network needs (engine/play/start_mark.h)
    const char *cname;  // for reports; not copied
    uint32_t ssrc;      // our own for the first stream, random; later streams count on from it
};

// What a notice is about: silence and unusable frames may end, and their notice is then cleared.
enum kin_player_topic { TOPIC_OTHER, TOPIC_SILENCE, TOPIC_UNUSABLE };

struct kin_player {
    struct kin_player_options options;
    struct kin_rtsp_client *rtsp; // borrowed; NULL at first
    struct kin_media_receiver media;
    enum kin_player_state state;
    struct {
        bool setup, play; // once the state allows it
        bool pause;       // commanded after the last PLAY, whose reply must not restart the picture
        bool loop;
    } wanted;
    int32_t scale, scale_sent; // thousandths: wanted; of the last PLAY
    int32_t speed, speed_done; // the same for Speed: wanted, unless the cache is to be filled; what the server does
    struct kin_fill fill;
    struct kin_start_mark mark;
    uint64_t underruns; // of the cache, that the mark knows of
    struct kin_cache_depth depth;
    struct kin_cache_level level;
    struct kin_clock_drift drift;
    uint64_t missed;      // packets asked for again or rebuilt, that the depth knows of ...
    kin_us missing_until; // ... and until when they count
    kin_us measured_from; // what comes before has waited for us, and tells nothing about the network
    kin_us asked_at;      // the first PLAY; -1 before
    kin_us filled_us;     // from there until the cache was full for the first time; -1 before
    kin_us play_from;     // start of the last PLAY, -1 = resume
    kin_us seek_to;       // start of the next PLAY, -1 = resume
    // After a jump while paused: show one frame, fill the cache, pause again.
    enum { PREROLL_NONE, PREROLL_WAITS, PREROLL_SHOWN } preroll;
    struct {              // a connection was lost, and is being made again
        bool active, tcp; // tcp: over TCP from now on
        bool resumes;     // where the picture stands, since no other place was asked for
        kin_us since, at; // at: of the next attempt; KIN_US_NEVER while one is under way
        kin_us delay;
    } retry;
    kin_us asked_for_life; // when the server was asked whether it is there, since no packets come; 0: it was not
    bool plays_again;      // the last PLAY asks for what an outage took, and the cache plays on meanwhile
    bool setting_up;       // from the request for a transport to the reply to SETUP
    bool poster_shown;     // the picture is a poster frame: it will be shown again when playout starts
    kin_us position;       // of the picture
    kin_us playing_since, played;
    uint64_t stray_bytes;               // skipped between interleaved blocks
    bool trouble_reported;              // the reason why there is no picture
    unsigned foreign;                   // packets of another payload type than described
    enum kin_player_topic notice_topic; // of the last notice
    struct {                            // to be done once all frames have been taken
        enum { PENDING_NOTHING, PENDING_LEAVE, PENDING_PLAY, PENDING_RESUME, PENDING_STOP, PENDING_END } what;
        bool jumps, broken, refused;
        kin_us place;
    } pending;
    struct kin_player_event events[KIN_PLAYER_EVENTS_MAX];
    unsigned event_count;
    struct kin_buf *lent; // the frame of the last event
};

// KIN_OK or KIN_ENOMEM. kin_player_deinit() also after a failure.
int kin_player_init(struct kin_player *p, const struct kin_player_options *options);
void kin_player_deinit(struct kin_player *p);

// --- what comes

// A connection is begun by this machine, which replaces the one before. It must live until it is replaced in turn.
void kin_player_attach(struct kin_player *p, kin_us now, struct kin_rtsp_client *rtsp);
void kin_player_rtsp(struct kin_player *p, kin_us now, const struct kin_rtsp_client_event *e);
// A packet that arrived at `at` and took `wire` bytes on the wire; borrowed until the events are taken. Ignored while
// no stream is set up.
void kin_player_feed(struct kin_player *p, kin_us at, struct kin_span packet, size_t wire);
void kin_player_feed_rtcp(struct kin_player *p, kin_us at, kin_us now, struct kin_span bytes);
// The shell was not there for so long, until now: to be called before anything that came meanwhile is fed. The network
// is not to blame; where the reel can be played from another place, the picture goes on from where it stands.
void kin_player_away(struct kin_player *p, kin_us now, kin_us away);
// Handles frames that are due, silence and the end. Receiver reports are left to the shell:
// kin_rtp_receiver_output(p->media.rtp, ...).
void kin_player_tick(struct kin_player *p, kin_us now);
kin_us kin_player_deadline(const struct kin_player *p); // of kin_player_tick()
// The next event; false when there is none for now.
bool kin_player_event(struct kin_player *p, kin_us now, struct kin_player_event *ret);

// --- what the shell says

// The answer to KIN_PLAYER_TRANSPORT: the even port of the pair that was opened, 0 when none was.
void kin_player_transport(struct kin_player *p, kin_us now, uint16_t client_port);
void kin_player_fail(struct kin_player *p, kin_us now, enum kin_player_notice why);

// --- commands: KIN_OK, or KIN_ESTATE with a notice

int kin_player_setup(struct kin_player *p, kin_us now);
int kin_player_play(struct kin_player *p, kin_us now);
int kin_player_pause(struct kin_player *p, kin_us now); // stops the picture at once; looking back and steps still work
int kin_player_teardown(struct kin_player *p, kin_us now);
int kin_player_seek(struct kin_player *p, kin_us now, kin_us position); // clamped; served by the cache where possible
int kin_player_step(struct kin_player *p, kin_us now, int frames);      // likewise
// Takes effect from the picture on. Thousandths, negative for backward; the magnitude is clamped, 0 means 1000. When
// the server chooses another scale, p->scale tells which.
int kin_player_set_scale(struct kin_player *p, kin_us now, int32_t milli);
// Plays again from `from`, at another speed of delivery: for a player without a cache.
int kin_player_fetch_again(struct kin_player *p, kin_us now, kin_us from, int32_t speed_milli);
void kin_player_set_loop(struct kin_player *p, bool loop);

#endif
