// The client's media path: RTP packets of one stream become frames, each with its place in the reel, in a cache that
// hands each one out when it is due. It says what is missing, and when the stream is over. Pure: no socket, no clock.
//
//     kin_media_receiver_describe(m, &reel);           what the description says
//     kin_media_receiver_open(m, now, &stream);        SETUP was answered
//     kin_media_receiver_play_sent(m, jumps);                PLAY is sent,
//     kin_media_receiver_start(m, now, &start, &run);  and was answered
//     kin_media_receiver_feed(m, at, packet, wire, &silence);
//     while (kin_media_receiver_frame(m, now, &frame)) ...
//     kin_playout_next(m->playout, now)                a frame that is due
//     kin_media_receiver_check(m, now, playing)        is it over?
//
// A run ends in two steps, so that frames that wait for packets are not lost: kin_media_receiver_flush(), all frames,
// then kin_media_receiver_leave() or kin_media_receiver_end(). Between two runs nothing is awaited.
//
// Invariants: rtp and assembler are both there, while the stream is open, or neither; ended_early, all_sent_came: only
// when it has ended. Nobody else writes its members, but the cache is the shell's to steer (pause, seek, step, clear).
#ifndef KIN_ENGINE_MEDIA_RECEIVER_H
#define KIN_ENGINE_MEDIA_RECEIVER_H

#include "engine/jpeg_assembler.h"
#include "engine/play_gate.h"
#include "engine/playout.h"
#include "engine/receive_stats.h"
#include "engine/rtp_receiver.h"
#include "engine/stream_end.h"
#include "engine/timeline.h"

struct kin_media_receiver_options {
    struct kin_playout_options cache;
    bool no_cache; // frames are only for kin_media_receiver_frame(): none is kept for its time
};

struct kin_media_reel {     // 0: unknown
    uint16_t width, height; // of the description, then of the newest frame
    uint32_t rate_milli;    // of the description, else learned from the frames
    bool even;              // the description gives the rate, and all frames keep it
    kin_us duration;        // -1: unknown
    uint64_t frames;        // by duration and rate, unless the description says it
    uint8_t payload_type;
    enum kin_payload_format format; // as in kin_jpeg_assembler_options
};

struct kin_media_stream { // what SETUP has agreed
    bool in_order;        // over TCP
    bool has_ssrc;        // the server said which it would use
    uint32_t ssrc;
    uint32_t own_ssrc;
    const char *cname; // copied
};

struct kin_media_frame { // complete, and it has its place
    struct kin_playout_frame picture;
    uint64_t number;   // from 0, in the reel when the rate is known, else of those that came
    kin_us media_us;   // in the reel
    uint64_t left_out; // frames right before it that the server did not send
};

struct kin_media_receiver {
    bool no_cache;
    struct kin_playout *playout;
    struct kin_timeline timeline;
    struct kin_stream_end end;
    struct kin_play_gate gate;
    struct kin_receive_stats received;
    struct kin_media_reel reel;
    struct kin_rtp_receiver *rtp;
    struct kin_jpeg_assembler *assembler;
    bool in_order;
    uint64_t counted;     // frames since the beginning, for numbers without a rate
    int64_t newest_ts;    // of the frame that came last, extended
    struct kin_buf *lent; // the frame that was given out last
    bool has_first_seq;   // the reply to the last PLAY said with which sequence number its run begins
    uint16_t first_seq;
    bool over;          // nothing will come behind what has come
    bool ended;         // no frame is awaited until the next run
    bool ended_early;   // before the end of the reel
    bool all_sent_came; // nothing is missing behind its last packet
};

// KIN_OK, or KIN_ENOMEM. kin_media_receiver_deinit() also after a failure.
int kin_media_receiver_init(struct kin_media_receiver *m, const struct kin_media_receiver_options *options);
void kin_media_receiver_deinit(struct kin_media_receiver *m);

// --- the stream

// Of a new description: nothing of what was before has a place in it.
void kin_media_receiver_describe(struct kin_media_receiver *m, const struct kin_media_reel *reel);
// A new stream of the same reel, with times of its own: the cache begins anew. KIN_OK, or KIN_ENOMEM: it is not open.
int kin_media_receiver_open(struct kin_media_receiver *m, kin_us now, const struct kin_media_stream *stream);
// The stream is gone. Counters stay.
void kin_media_receiver_close(struct kin_media_receiver *m);
// The session is over (TEARDOWN): leaves the run, closes, and forgets every frame and place.
void kin_media_receiver_forget(struct kin_media_receiver *m, kin_us now);
// The connection is made anew: the cache stays until the description comes.
void kin_media_receiver_reconnect(struct kin_media_receiver *m);

// --- runs

// PLAY is sent, jumps: from another place than where the stream is. Frames that come are held until its reply.
void kin_media_receiver_play_sent(struct kin_media_receiver *m, bool jumps);
// It was refused: what was held is of the run that goes on.
void kin_media_receiver_refused(struct kin_media_receiver *m);
// It was accepted. Frames that were held are the next ones of kin_media_receiver_frame().
void kin_media_receiver_start(struct kin_media_receiver *m, kin_us now, const struct kin_timeline_start *start,
                              const struct kin_rtp_run *run);
// No PLAY is awaited any more: one that was asked for and changed nothing has no reply, and a jump has reached its
// place.
void kin_media_receiver_settled(struct kin_media_receiver *m);
// What waits for missing packets is due at once. over: and nothing will come behind it. Take the frames then.
void kin_media_receiver_flush(struct kin_media_receiver *m, bool over);
// Nothing of this run is awaited any more: what was due is lost. jumps: the server is about to play from another place,
// so that what is in the cache has none. place: media time at which the server stands, -1 unknown.
void kin_media_receiver_leave(struct kin_media_receiver *m, kin_us now, bool jumps, kin_us place);
// No more frames will come: what is in the cache plays to its end. broken: nobody said so.
void kin_media_receiver_end(struct kin_media_receiver *m, kin_us now, bool broken);
// The connection is broken: as kin_media_receiver_end(), and what was due is lost.
void kin_media_receiver_break(struct kin_media_receiver *m, kin_us now);

// --- what comes

// A packet, with so many bytes on the wire, borrowed until the frames are taken. *ret_silence: how long nothing had
// come when that had been noticed, else 0. False: it is of another payload type than described, and ignored. Needs an
// open stream.
bool kin_media_receiver_feed(struct kin_media_receiver *m, kin_us at, struct kin_span packet, size_t wire,
                             kin_us *ret_silence);
// RTCP. KIN_OK or KIN_EBAD.
int kin_media_receiver_feed_rtcp(struct kin_media_receiver *m, kin_us at, kin_us now, struct kin_span bytes);
// The next frame that came; it is borrowed until the next call of this function. False when there is none yet.
bool kin_media_receiver_frame(struct kin_media_receiver *m, kin_us now, struct kin_media_frame *ret);
// Once a turn. playing: media should come, so that their silence means something. KIN_STREAM_BROKEN and
// KIN_STREAM_ENDED: the shell ends the run.
enum kin_stream_verdict kin_media_receiver_check(struct kin_media_receiver *m, kin_us now, bool playing);
// The silence has been noticed otherwise: kin_media_receiver_check() does not say it.
void kin_media_receiver_silence_noticed(struct kin_media_receiver *m);
// When to check, and to look for frames that are due.
kin_us kin_media_receiver_deadline(const struct kin_media_receiver *m, bool playing);

// --- facts

// The place of a frame of the cache.
struct kin_media_frame kin_media_receiver_place(const struct kin_media_receiver *m, const struct kin_playout_frame *f);
struct kin_receive_live kin_media_receiver_live(const struct kin_media_receiver *m); // without sockets
// Frames that should have come by the clock. *ret_silence: for how long nothing has come, 0 until that is long.
uint64_t kin_media_receiver_overdue(const struct kin_media_receiver *m, kin_us now, kin_us *ret_silence);
// Counts what was lost by now.
void kin_media_receiver_tick(struct kin_media_receiver *m, kin_us now);
// All counters begin anew; kernel_dropped: by the sockets that are open.
void kin_media_receiver_reset_counters(struct kin_media_receiver *m, uint64_t kernel_dropped);

#endif
