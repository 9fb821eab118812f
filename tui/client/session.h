// One viewing session, the shell around the client engines: connects, sets up, receives, reassembles and caches frames,
// and delivers each one when it is due. Runs on the caller's loop. Used by probe, save and the player.
#ifndef TUI_SESSION_H
#define TUI_SESSION_H

#include "base/buf.h"
#include "base/time.h"
#include "engine/play/player.h"
#include "engine/play/receive_history.h"
#include "io/loop.h"

struct session;

struct session_frame {    // a JPEG file
    struct kin_buf *jpeg; // the callee takes a reference to keep it
    uint64_t number;      // 0-based frame number in the reel when the rate is known, else counted
    uint64_t media_us;    // position in the reel
    uint16_t width, height;
    struct kin_jpeg_gaps gaps; // with show_partial: what is missing; on_received: nothing
    bool look_back;            // from the cache, not live
    bool leaving;              // from before a seek that the server has yet to answer (also in on_received)
    uint64_t left_out;         // on_received: frames right before it that the server did not send
};

struct session_handler { // all optional
    void (*on_state)(void *ctx, enum kin_player_state state);
    void (*on_described)(void *ctx); // session_info() is filled in
    // The frame is due now. After a start or seek the first one is also shown while the cache fills.
    void (*on_frame)(void *ctx, const struct session_frame *frame);
    void (*on_received)(void *ctx, const struct session_frame *frame);  // it has become complete (probe, save)
    void (*on_message)(void *ctx, bool is_error, const char *sentence); // one plain sentence for the status line
    void (*on_message_withdrawn)(void *ctx); // the last message no longer holds, and no other replaces it
    void (*on_protocol)(void *ctx, bool sent, struct kin_span message); // a request or reply as it went over the wire
};

struct session_options {
    enum kin_rtsp_client_transport transport;
    unsigned cache_frames;      // to keep ahead of the picture, default 30
    unsigned cache_frames_max;  // to which that may grow, 0: four times as many; less than cache_frames: that
    unsigned prebuffer;         // frames to start the picture with; 0 = as many as the network needs
    bool fill;                  // have the server deliver faster while the cache fills
    size_t cache_bytes_max;     // bound of the whole cache, look-back included
    bool auto_setup, auto_play; // send SETUP after DESCRIBE, PLAY after SETUP
    bool no_retransmit;         // lost packets are not asked for
    bool fec;                   // parity is asked for, by which lost packets are brought back
    bool no_adapt;              // the server is to leave out no frame, whatever the network carries
    kin_us reconnect_us;        // for how long a connection that is lost while playing is tried again; 0: it is not
    bool show_partial;          // hand out frames with holes, too, where something of them can be shown
    bool no_playout;            // do not wait for due times: on_received only (save); probe measures with playout
    bool no_look_back;          // keep no frames that were shown: probe and save do not need them
    kin_us play_us;             // how much of the reel is asked for, from where it is played; 0: up to its end
    int32_t speed_milli;        // requested speed of delivery over TCP, in thousandths (Speed, RFC 2326 section 12.35);
                                // 0 = as it is played
};

struct session_info {
    char name[128];         // SDP s=, filtered
    uint16_t width, height; // 0 until known
    uint32_t rate_milli;    // frames per 1000 s, 0 until known
    kin_us duration;        // -1 when unknown
    uint64_t frames;        // in the reel, 0 when unknown
    bool numbered;          // the rate is even and known from the description: frame numbers are those of the reel
    int32_t speed_milli;    // of delivery, as granted by the server; 1000 = as it is played
    char transport[40];     // "UDP 5004-5005", "TCP interleaved 0-1"
    char server[64];        // Server header, filtered
    char codec[16];
    char switched[128]; // why it switched from UDP to TCP, "" when it did not
};

#define SESSION_HISTORY 120

// expected = complete + partial + lost. `overdue` frames should have arrived by now and have not; while nothing arrives
// they count as lost, until they arrive after all.
struct session_frames {
    uint64_t expected, complete, partial, lost, late, shown, overdue;
    uint64_t skipped;  // arrived in time, but the process was not running when they were due
    uint64_t left_out; // those of the lost that the server did not send: no sequence number is missing
    uint64_t coarser;  // those of the complete that the server sent at a lower quality
};

struct session_cache {
    unsigned target_frames, frames;
    unsigned asked_frames, deepest_frames; // the target at first, and the greatest one so far
    unsigned low_frames;                   // below which it fills again
    unsigned start_frames;                 // at which the picture starts
    double filled_ms;                      // from PLAY until the target was reached for the first time; < 0: not yet
    kin_us buffered_us;
    size_t bytes, bytes_max;
    unsigned min_frames;
    uint64_t underruns, holes; // times that it ran dry, that a stretch of the reel never arrived
    kin_us hole_us;            // media time of those stretches
    kin_us behind_us;          // delay beyond the target, being caught up
    kin_us standstill_us;      // in which the picture stood still for want of frames, once it had moved
    bool buffering;
    enum kin_playout_reason reason; // why it buffers, or did the last time
    double fill_speed;              // at which the server delivers while the cache fills, 1 = as it is played
    unsigned look_back_frames;
};

struct session_unusable { // what arrived and could not be used
    uint64_t frames;      // unusable for `why`, the most frequent reason
    char why[160];        // "Q 100 is reserved (RFC 2435, section 4.2)", "" when there is none
    uint64_t stray_bytes; // skipped between interleaved blocks
};

struct session_stats {
    struct session_frames frames;
    struct kin_left_out_share left_out; // at present: what the server does not send
    unsigned quality;                   // likewise: how many steps below the reel's own it sends, 0: none
    struct kin_receive_packets packets;
    uint64_t payload_bytes, wire_bytes;
    double throughput_bps; // over the last second
    double throughput_avg_bps, throughput_min_bps, throughput_max_bps;
    double history_bps[SESSION_HISTORY]; // one per 500 ms, newest last
    unsigned history_count;
    double fps;             // of complete frames received: see kin_fps_get()
    double jitter_ms;       // of packets (RFC 3550 appendix A.8), as reported to the sender
    double frame_jitter_ms; // the same for the first packet of each frame only: without the effect of pacing
    double rtt_ms;          // < 0 unknown
    bool clock_known;
    int32_t clock_drift_ppm; // by which the sender's clock is faster than ours, if it is known
    struct kin_receive_loss loss;
    bool receiving;   // media should be arriving: current rates are meaningful
    kin_us hush_us;   // how long nothing has arrived, from a quarter of a second on; 0 until then
    kin_us retry_us;  // until the next attempt to connect; 0: none is waited for
    kin_us silent_us; // how long nothing has arrived although it should; 0 until that is long
    struct session_cache cache;
    struct session_unusable unusable;
    kin_us position_us;                  // of the frame last delivered
    kin_us cached_from_us, cached_to_us; // the stretch of the reel in the cache
    struct kin_receive_times times;
    struct {
        double p50, p99, max;
    } frame_interval_ms; // of arrival of the first packet of a frame
    unsigned max_burst_packets_1ms;
    kin_us playing_us;   // time spent playing
    kin_us receiving_us; // time spent receiving: from the first packet to the end of the last frame, without pauses;
                         // what came ahead of its time counts for as long as it plays, but not beyond the present
    double fps_avg;      // of complete frames over the time that they play, like throughput_avg_bps
    bool ended_early;    // the server ended the stream before the reel's end
    bool all_sent_came;  // the stream has ended, and every packet of the session has arrived
};

// Starts connecting. url is rtsp://...; KIN_OK (caller owns *ret), KIN_EBAD (not an rtsp URL), KIN_ENOMEM.
int session_new(struct kin_loop *loop, const char *url, const struct session_options *options,
                const struct session_handler *handler, void *ctx, struct session **ret);
// TEARDOWN (best effort), close, free. No callback after the call but on_closed (may be NULL), when handles are gone.
void session_close(struct session *s, void (*on_closed)(void *ctx), void *ctx);

// Commands; KIN_OK, or KIN_ESTATE with an on_message when the state does not allow it.
int session_setup(struct session *s);
int session_play(struct session *s);
int session_pause(struct session *s); // the picture stops at once; look-back and step remain possible
int session_teardown(struct session *s);
int session_seek(struct session *s, kin_us position); // clamped; within the cache without the network where possible
int session_step(struct session *s, int frames); // paused: one frame forward or back, from the cache where possible
#define SESSION_RATE_MIN ((double)KIN_PLAYER_SCALE_MIN / KIN_TIMELINE_SCALE)
#define SESSION_RATE_MAX ((double)KIN_PLAYER_SCALE_MAX / KIN_TIMELINE_SCALE)
// How fast to play, negative for backward; the magnitude is clamped to the range above, 0 means 1. Continues from the
// current picture. The server may choose another rate: session_rate() returns it.
int session_set_rate(struct session *s, double rate);
double session_rate(const struct session *s);
// Plays again from `from` at another speed of delivery: for a session without playout. KIN_OK or KIN_ELIMIT.
int session_fetch_again(struct session *s, kin_us from, int32_t speed_milli);
void session_set_loop(struct session *s, bool loop);
void session_reset_counters(struct session *s);

enum kin_player_state session_state(const struct session *s);
const struct session_info *session_info(const struct session *s);
// The number of the frame at this position, from 0; without a rate that of the newest one received.
uint64_t session_frame_number(const struct session *s, kin_us position);
void session_stats(struct session *s, struct session_stats *ret);
// The same as counters of a history; what the terminal could not take is the caller's to know.
struct kin_receive_totals session_stats_totals(const struct session_stats *s, uint64_t terminal_dropped);
// The figures of several sessions as one: counts add up, extremes are the worst of all.
void session_stats_add(struct session_stats *sum, const struct session_stats *s);
// At the end: overdue frames count as expected and lost, whether the server is silent or only slow.
void session_stats_add_overdue(struct session_stats *s);
// Likewise the frames of a reel of `frames` that a broken-off stream never sent. `complete`: the session ended well.
void session_stats_add_unsent(struct session_stats *s, uint64_t frames, bool complete);

#endif
