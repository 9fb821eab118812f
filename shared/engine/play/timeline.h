// Where in a reel a stream is: converts RTP time to media time and frame numbers and back, at any scale (RFC 2326
// appendix B); tells how many frames are missing between two, and how many should have come by the clock. Pure.
//
//     kin_timeline_start(t, now, &reply);              PLAY was accepted
//     step = kin_timeline_frame(t, at, ts, ...);       a frame came: what is missing before it
//     kin_timeline_media_us(t, ts);                    its position
//     kin_timeline_stop(t);                            the stream stopped: nothing is due
//
// RTP times are extended to 64 bits as by kin_playout_extend(). Two pairs of RTP and media time are kept, of this PLAY
// and of the one before, whose frames may still be in the cache; nobody outside reads them.
#ifndef KIN_ENGINE_TIMELINE_H
#define KIN_ENGINE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_TIMELINE_SCALE 1000 // normal speed: scales are counted in thousandths
#define KIN_TIMELINE_MEDIA_MAX_US (INT64_C(3155760000) * KIN_US_PER_S) // a century; media times are clamped to it
#define KIN_TIMELINE_LAG_US KIN_US_PER_S // frames are overdue when the newest is this late, and three intervals
#define KIN_TIMELINE_NEAR_END_US (1500 * KIN_US_PER_MS)
#define KIN_TIMELINE_LOOPS_US KIN_US_PER_S // behind its end by so much, a reel is played anew, not told too short
#define KIN_TIMELINE_BACK_US (500 * KIN_US_PER_MS) // a step back of RTP time by this means that it started anew

struct kin_timeline_start { // position of a run, from the reply to its PLAY
    bool resumes;           // it goes on where the stream was; position is unknown
    kin_us position;        // of the first frame, in media time
    bool has_rtptime;       // RTP-Info gives the RTP time of that position
    uint32_t rtptime;
    int32_t scale; // media time per RTP time, in thousandths, negative for backward; not 0
};

struct kin_timeline_step { // from the frame before to this one
    uint64_t missing;      // frames missing between, or between the run's beginning and its first frame
    bool follows;          // as far as is known none is missing: the interval between arrivals means something
    bool jumped;           // RTP time started anew: frames with older times have no position any more
};

struct kin_timeline_anchor {
    int64_t ts; // 90 kHz, extended
    kin_us us;
    int32_t scale;
};

struct kin_timeline {
    kin_us duration;     // of the reel, -1 unknown
    uint32_t rate_milli; // frames per 1000 s, 0 unknown
    bool even;           // the description gives the rate, and all frames keep it
    struct kin_timeline_anchor anchors[2];
    bool anchored;  // positions are known: a frame came since kin_timeline_clear()
    bool loops;     // since then frames came from behind the end: the server plays the reel over and over
    bool start_due; // the next frame is the first one of the run `start`
    kin_us started_at;
    struct kin_timeline_start start;
    bool has_frame;           // frame_ts is of this stream
    int64_t frame_ts;         // of the newest frame
    kin_us frame_at;          // its arrival
    struct {                  // where the stream was when it was stopped
        bool known, is_frame; // is_frame: the frame of this time came; else it is the next one
        uint32_t ts;
        int32_t scale;
    } left;
    bool has_run; // the clock runs: the frame run_ts came at run_at
    int64_t run_ts;
    kin_us run_at;
    kin_us lead, gained; // how far the newest frame is ahead of that clock; by how much the clock was put forward
};

void kin_timeline_init(struct kin_timeline *t);
// Sets the facts of the reel: duration -1 and rate 0 when unknown; even: see above.
void kin_timeline_reel(struct kin_timeline *t, kin_us duration, uint32_t rate_milli, bool even);
void kin_timeline_clear(struct kin_timeline *t); // no position is known (TEARDOWN, a new connection)

void kin_timeline_start(struct kin_timeline *t, kin_us now, const struct kin_timeline_start *start);
void kin_timeline_stop(struct kin_timeline *t);
// Frames that the server sent before a stop after the newest one that came, or since the beginning of the run if none
// came. rtptime is the RTP time of the stop, which the reply to the next PLAY tells; the next call counts from there. 0
// when unknown.
uint64_t kin_timeline_sent_behind(struct kin_timeline *t, uint32_t rtptime);
// Adds a frame of RTP time ts whose first packet came at `at`; frames come in the order in which they were sent.
// before_run: it is older than the run that was started last (kin_timeline_is_before()), and its position follows from
// the run before. new_source: the sender's sequence numbers began anew. If RTP time began anew with them, steps back by
// KIN_TIMELINE_BACK_US or leaps ahead of the clock, the position follows from the clock.
struct kin_timeline_step kin_timeline_frame(struct kin_timeline *t, kin_us at, int64_t ts, bool before_run,
                                            bool new_source);
// By how much frames came sooner than they are played, in all runs since kin_timeline_clear() or the reset.
kin_us kin_timeline_gained(const struct kin_timeline *t);
void kin_timeline_reset_gained(struct kin_timeline *t);
// Is this RTP time from before the run whose first frame is due?
bool kin_timeline_is_before(const struct kin_timeline *t, uint32_t rtp_ts);

int64_t kin_timeline_interval_ts(const struct kin_timeline *t); // of the reel; 0 when the rate is unknown
int64_t kin_timeline_spacing_ts(const struct kin_timeline *t);  // of frames as they are sent; 0 unless `even`
uint64_t kin_timeline_frames_in(const struct kin_timeline *t, kin_us media); // 0 when the rate is unknown
kin_us kin_timeline_media_us(const struct kin_timeline *t, int64_t ts);
int64_t kin_timeline_ts(const struct kin_timeline *t, kin_us media_us);
// Frames from one RTP time to another. At fractional scales above normal it is not known which frames the server
// chooses: then the least possible number. 0 when the rate is unknown or not even.
uint64_t kin_timeline_frames_apart(const struct kin_timeline *t, int64_t from, int64_t to);
int32_t kin_timeline_scale(const struct kin_timeline *t); // of the newest run

// --- the end: a reel that `loops` has none
bool kin_timeline_is_last(const struct kin_timeline *t, kin_us media_us); // of the reel, in the direction of play
bool kin_timeline_near_end(const struct kin_timeline *t);                 // by the newest frame
// Is that much or less left to play after it, or after the beginning of a run of which none has come? False when
// unknown.
bool kin_timeline_ends_within(const struct kin_timeline *t, kin_us playing);
// How far behind the end of the reel this RTP time is, in the direction of play; 0 before it, or when unknown.
kin_us kin_timeline_behind_end(const struct kin_timeline *t, int64_t ts);
// When the last frame's time is over, by the newest frame and its arrival; KIN_US_NEVER unless the end is near.
kin_us kin_timeline_last_over(const struct kin_timeline *t);
kin_us kin_timeline_ends_at(const struct kin_timeline *t); // by the clock; KIN_US_NEVER when unknown
uint64_t kin_timeline_tail(const struct kin_timeline *t);  // frames missing after the newest one
bool kin_timeline_all_came(const struct kin_timeline *t);  // the end is near, and none is missing before it
// Frames between the newest one (or the beginning of the run if none came) and a frame of this RTP time, of which a
// part came by `now`. 0 when unknown.
uint64_t kin_timeline_before(const struct kin_timeline *t, kin_us now, uint32_t rtp_ts);
// Frames between the newest one and the next one to be sent, which by the sender's word is at this media time. 0 when
// unknown.
uint64_t kin_timeline_before_place(const struct kin_timeline *t, kin_us media_us);
// Frames that should have come since the newest one by `now`, when they are overdue (KIN_TIMELINE_LAG_US); else 0.
uint64_t kin_timeline_overdue(const struct kin_timeline *t, kin_us now);
// Of the `missing` frames, those of which not even a part came: only complete frames are on the timeline.
uint64_t kin_timeline_lost(uint64_t missing, uint64_t partial);

kin_us kin_timeline_clamp(const struct kin_timeline *t, kin_us media_us); // into the reel, at most to its last frame

#endif
