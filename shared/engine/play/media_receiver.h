// The client's media path: turns the RTP packets of one stream into frames, each with its position in the reel, and
// keeps them in a cache until they are due. Tells what is missing, and when the stream is over. Pure: no socket, no
// clock.
//
//     kin_media_receiver_describe(m, &reel);           what the description says
//     kin_media_receiver_open(m, now, &stream);        SETUP was answered
//     kin_media_receiver_play_sent(m, jumps);          PLAY is sent,
//     kin_media_receiver_start(m, now, &start, &run);  and was answered
//     kin_media_receiver_feed(m, at, packet, wire, &silence);
//     while (kin_media_receiver_frame(m, now, &frame)) ...
//     kin_playout_next(m->playout, now)                a frame that is due
//     kin_media_receiver_check(m, now, playing)        is it over?
//
// A run is what one PLAY delivers. It ends in two steps, so that frames that wait for packets are not lost: call
// kin_media_receiver_flush(), take all frames, then kin_media_receiver_leave() or kin_media_receiver_end(). Between two
// runs nothing is expected.
//
// Invariants: rtp and assembler both exist while the stream is open, else neither does; ended_early and all_sent_came
// have a meaning only once `ended`. Nobody else writes its members, but the shell controls the cache (pause, seek,
// step, clear).
#ifndef KIN_ENGINE_MEDIA_RECEIVER_H
#define KIN_ENGINE_MEDIA_RECEIVER_H

#include "engine/play/play_gate.h"
#include "engine/play/playout.h"
#include "engine/play/receive_stats.h"
#include "engine/play/stream_end.h"
#include "engine/play/timeline.h"
#include "engine/rtp/jpeg_assembler.h"
#include "engine/rtp/rtp_receiver.h"

struct kin_media_receiver_options {
    struct kin_playout_options cache;
    bool no_retransmit; // lost packets are not asked for, nor is what an outage took
    bool keeps_partial; // frames with holes are kept, too, where something of them can be shown
    bool no_cache;      // frames only come out of kin_media_receiver_frame(); none is kept until it is due
};

struct kin_media_reel {     // 0: unknown
    uint16_t width, height; // from the description, then from the newest frame
    uint32_t rate_milli;    // from the description, else learned from the frames
    bool even;              // the description gives the rate, and all frames keep it
    kin_us duration;        // -1: unknown
    uint64_t frames;        // from the description, else computed from duration and rate
    uint8_t payload_type;
    enum kin_payload_format format; // as in kin_jpeg_assembler_options
    enum kin_rtp_repair repair;     // what lost packets may be asked for by
    uint8_t rtx_payload_type;       // with REPAIR_RTX
    uint8_t fec_payload_type;       // of parity, 0: there is none
};

struct kin_media_stream { // as agreed by SETUP
    bool in_order;        // over TCP
    bool has_ssrc;        // the server announced its SSRC
    uint32_t ssrc;
    uint32_t own_ssrc;
    const char *cname; // copied
};

struct kin_media_frame { // a complete frame and its position
    struct kin_playout_frame picture;
    uint64_t number;   // from 0: in the reel when the rate is known, else among the frames received
    kin_us media_us;   // position in the reel
    uint64_t left_out; // frames right before it that the server did not send
};

struct kin_media_receiver {
    bool no_cache, no_retransmit, keeps_partial;
    struct kin_playout *playout;
    struct kin_timeline timeline;
    struct kin_stream_end end;
    struct kin_play_gate gate;
    struct kin_receive_stats received;
    struct kin_media_reel reel;
    struct kin_rtp_receiver *rtp;
    struct kin_jpeg_assembler *assembler;
    bool in_order;
    uint64_t counted;     // frames received, for numbers without a rate
    int64_t newest_ts;    // of the frame received last, extended
    struct kin_buf *lent; // the frame returned last
    bool has_first_seq;   // the reply to the last PLAY named the first sequence number of its run
    uint16_t first_seq;
    struct {                  // a stretch that an outage took, which is to be played again
        bool allowed, wanted; // wanted: until the run is left, its frames are dropped
        bool under_way;       // and until the next run begins, which is put behind the frames of the cache
        kin_us place;         // of its first frame
        int64_t ts;           // likewise, as the cache counts
        kin_us at;            // when it was noticed
        kin_us left_at;       // when the run before was left, before the next one was requested
        uint32_t newest;      // of the frames dropped since, as the cache counts
        bool run;             // the present run plays it
    } again;
    bool unheard;       // the run is being left because nobody was there to hear it
    uint32_t shift;     // from the RTP time of the stream to that of the cache, modulo 2^32
    bool over;          // nothing more will come
    bool ended;         // no frame is expected until the next run
    bool ended_early;   // before the end of the reel
    bool all_sent_came; // nothing is missing after the last packet received
};

// KIN_OK, or KIN_ENOMEM. kin_media_receiver_deinit() also after a failure.
int kin_media_receiver_init(struct kin_media_receiver *m, const struct kin_media_receiver_options *options);
void kin_media_receiver_deinit(struct kin_media_receiver *m);

// --- the stream

// A new description: all earlier frames and positions are dropped.
void kin_media_receiver_describe(struct kin_media_receiver *m, const struct kin_media_reel *reel);
// A new stream of the same reel, with RTP times of its own: the cache is cleared. KIN_OK, or KIN_ENOMEM: it is not
// open.
int kin_media_receiver_open(struct kin_media_receiver *m, kin_us now, const struct kin_media_stream *stream);
// The stream is gone. Counters stay.
void kin_media_receiver_close(struct kin_media_receiver *m);
// The session is over (TEARDOWN): leaves the run, closes, and forgets every frame and place.
void kin_media_receiver_forget(struct kin_media_receiver *m, kin_us now);
// A new connection is being made: the cache stays until the description comes.
void kin_media_receiver_reconnect(struct kin_media_receiver *m);

// --- runs

// PLAY is sent; jumps: to another position than the stream's own. Frames are held until its reply.
void kin_media_receiver_play_sent(struct kin_media_receiver *m, bool jumps);
// PLAY was refused: frames that were held belong to the run that goes on.
void kin_media_receiver_refused(struct kin_media_receiver *m);
// PLAY was accepted. kin_media_receiver_frame() returns the frames that were held first.
void kin_media_receiver_start(struct kin_media_receiver *m, kin_us now, const struct kin_timeline_start *start,
                              const struct kin_rtp_run *run);
// No reply to PLAY is expected any more: a PLAY that changed nothing was not even sent, and a jump is complete.
void kin_media_receiver_settled(struct kin_media_receiver *m);
// Frames that wait for missing packets are due at once. over: nothing more will come. Take the frames next.
void kin_media_receiver_flush(struct kin_media_receiver *m, bool over);
// Are there packets that may still come because they were asked for?
bool kin_media_receiver_repairs(const struct kin_media_receiver *m, kin_us now);
// Leaves the run: what was due and has not come is lost. jumps: the server will play from another position, so the
// cache is cleared. place: media time at which the server stopped, -1 unknown.
void kin_media_receiver_leave(struct kin_media_receiver *m, kin_us now, bool jumps, kin_us place);
// No more frames will come: the cache plays to its end. broken: the stream never said that it ended.
void kin_media_receiver_end(struct kin_media_receiver *m, kin_us now, bool broken);
// May frames that an outage took be asked for again by a PLAY? If so, kin_media_receiver_frame() does not pass one over
// which a stretch of KIN_PLAYOUT_HOLE_US is missing, but sets again.wanted. The shell then requests again.place, and
// calls _again() where it would have called kin_media_receiver_leave(): the cache keeps its frames. The same after a
// silence that was taken for the end, when the server turns out to loop: the stream has not `ended` then.
void kin_media_receiver_allow_again(struct kin_media_receiver *m, bool allowed);
void kin_media_receiver_again(struct kin_media_receiver *m, kin_us now);
// For so long, until now, nobody was there to receive anything: that is no silence, and no jitter. plays_again: what
// the server sent meanwhile is requested again where that is possible, as after an outage. Returns whether it is. After
// KIN_MEDIA_RECEIVER_AWAY_US what had no room meanwhile is not lost either.
#define KIN_MEDIA_RECEIVER_AWAY_US KIN_US_PER_S
#define KIN_MEDIA_RECEIVER_BACKLOG_US (500 * KIN_US_PER_MS) // for so long what has waited for us is taken in
bool kin_media_receiver_away(struct kin_media_receiver *m, kin_us now, kin_us away, bool plays_again);
// Where it is not, a jump back to the picture is about to be requested: nothing of the run that it leaves is missing.
void kin_media_receiver_unheard(struct kin_media_receiver *m);
// The stream broke off, and a new one will go on with the frame after the last one shown: closes, and counts nothing as
// missing. The cache plays on, until kin_media_receiver_describe() or _open() clears it.
void kin_media_receiver_lose(struct kin_media_receiver *m);
// That is about to happen: the frames of the cache that were not shown will come again.
void kin_media_receiver_drop_ahead(struct kin_media_receiver *m);
// The connection broke: as kin_media_receiver_end(), and what was due is lost.
void kin_media_receiver_break(struct kin_media_receiver *m, kin_us now);

// --- what comes

// A packet that took `wire` bytes on the wire; borrowed until the frames are taken. *ret_silence: length of the silence
// that it ends, if that had been noticed, else 0. False: ignored, since its payload type is not the described one.
// Needs an open stream.
bool kin_media_receiver_feed(struct kin_media_receiver *m, kin_us at, struct kin_span packet, size_t wire,
                             kin_us *ret_silence);
// RTCP. KIN_OK or KIN_EBAD.
int kin_media_receiver_feed_rtcp(struct kin_media_receiver *m, kin_us at, kin_us now, struct kin_span bytes);
// The next frame, borrowed until the next call of this function. False when there is none yet.
bool kin_media_receiver_frame(struct kin_media_receiver *m, kin_us now, struct kin_media_frame *ret);
// Call once per loop turn. playing: media are expected, so that silence means something. On KIN_STREAM_BROKEN and
// KIN_STREAM_ENDED the shell ends the run.
enum kin_stream_verdict kin_media_receiver_check(struct kin_media_receiver *m, kin_us now, bool playing);
// The silence was noticed elsewhere: kin_media_receiver_check() will not report it.
void kin_media_receiver_silence_noticed(struct kin_media_receiver *m);
// When to call kin_media_receiver_check(), or a frame of the cache is due.
kin_us kin_media_receiver_deadline(const struct kin_media_receiver *m, bool playing);

// --- facts

// The position of a frame of the cache.
struct kin_media_frame kin_media_receiver_place(const struct kin_media_receiver *m, const struct kin_playout_frame *f);
// The number of the frame at this position, as in kin_media_frame.
uint64_t kin_media_receiver_number(const struct kin_media_receiver *m, kin_us media_us);
struct kin_receive_live kin_media_receiver_live(const struct kin_media_receiver *m); // without sockets
// How long nothing has come in the middle of the reel, if long enough to be shown (KIN_STREAM_HUSH_US), else 0.
kin_us kin_media_receiver_hush(const struct kin_media_receiver *m, kin_us now);
// Frames that should have come by now, by the clock. *ret_silence: how long nothing has come, 0 until that is long.
uint64_t kin_media_receiver_overdue(const struct kin_media_receiver *m, kin_us now, kin_us *ret_silence);
// Counts what is lost by now. Call once per loop turn.
void kin_media_receiver_tick(struct kin_media_receiver *m, kin_us now);
// Resets all counters. kernel_dropped: packets dropped so far by the sockets that are open.
void kin_media_receiver_reset_counters(struct kin_media_receiver *m, uint64_t kernel_dropped);

#endif
