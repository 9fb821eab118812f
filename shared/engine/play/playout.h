// The client's cache: complete frames in, each one out when it is due. Collects frames up to its start mark before the
// picture moves, fills up to its target while playing, buffers again when it ran dry, and keeps frames already shown
// for looking back. No clock: `now` is an argument, and kin_playout_deadline() tells when to call again.
//
//     oldest                  cursor                 newest
//     |--- look-back ---------|--- ahead -------------|
//       already handed out      waiting for their time
//
// A hole in the media (frames that never came) does not stop the picture for as long as it lasts: when its frames are
// due, the cache fills up to its mark, if that is not there already, and goes on after the hole. When a standstill has
// made the delay grow beyond the target, playing a quarter faster, with every frame shown, brings it back. Where frames
// do not come faster than they are played, playing an eleventh slower fills the cache: from the start, or from below
// its low mark, up to the target. The target may change at any time: a greater one stops no picture, and a smaller one
// drops no frame. Besides, kin_playout_set_pace() has the frames follow the clock of the sender.
//
// Frames are ordered by RTP time, extended to 64 bits: kin_playout_push() takes the 32 bits of the packet.
#ifndef KIN_ENGINE_PLAYOUT_H
#define KIN_ENGINE_PLAYOUT_H

#include "base/buf.h"
#include "base/time.h"
#include "jpeg/bands.h"

#define KIN_PLAYOUT_FRAMES_MAX 4096                           // frames kept, look-back included
#define KIN_PLAYOUT_BYTES_DEFAULT ((size_t)128 * 1024 * 1024) // bytes kept, look-back included
#define KIN_PLAYOUT_BYTES_MIN ((size_t)1024 * 1024)
#define KIN_PLAYOUT_WAIT_MAX_US (2 * KIN_US_PER_S) // from the first frame: then playing starts with what there is
#define KIN_PLAYOUT_HOLE_US (500 * KIN_US_PER_MS)  // a stretch without frames longer than this
#define KIN_PLAYOUT_HOLE_FRAMES 4                  // and than this many intervals is a hole
#define KIN_PLAYOUT_CATCH_UP 5                     // catching up, frames follow each other 1/5 sooner
#define KIN_PLAYOUT_EASE 10                        // filling by itself, 1/10 later

struct kin_playout_frame {
    struct kin_buf *jpeg; // a complete JPEG file
    int64_t ts;           // 90 kHz, extended
    kin_us arrived;
    uint16_t width, height;
    struct kin_jpeg_gaps gaps; // what is missing in a partial frame; a complete one has none
};

enum kin_playout_state {
    KIN_PLAYOUT_BUFFERING, // collecting until the mark or the end is reached, or its wait is over
    KIN_PLAYOUT_PLAYING,
    KIN_PLAYOUT_PAUSED,
};

enum kin_playout_reason { // why it is buffering, or was the last time
    KIN_PLAYOUT_START,    // a stream begins
    KIN_PLAYOUT_JUMP,     // it goes on at another place or in another way
    KIN_PLAYOUT_DRY,      // it ran dry
    KIN_PLAYOUT_HOLE,
};

struct kin_playout_options {
    unsigned target;     // frames to collect, 1..KIN_PLAYOUT_FRAMES_MAX / 2 (clamped)
    unsigned target_max; // that kin_playout_set_target() may set, up to the same limit; less than target: that
    unsigned look_back;  // frames to keep behind the cursor at most; 0 keeps none
    size_t bytes_max;    // 0 = KIN_PLAYOUT_BYTES_DEFAULT
};

struct kin_playout_stats {
    uint64_t shown;     // handed out in time, steps and jumps not counted
    uint64_t late;      // came after their time
    uint64_t skipped;   // came in time, but kin_playout_next() was called too late
    uint64_t overflow;  // skipped because the cache was full of frames still ahead
    uint64_t underruns; // times that the cache ran dry
    uint64_t holes;     // holes passed, as defined above
    kin_us hole_us;     // their media time
    unsigned min_ahead; // fewest frames ahead while playing, from when the target was reached, before the stream's end;
                        // 0 after an underrun; the target of the options until then
};

struct kin_playout;

// KIN_OK (caller owns *ret) or KIN_ENOMEM.
int kin_playout_new(const struct kin_playout_options *options, struct kin_playout **ret);
void kin_playout_free(struct kin_playout *p); // accepts NULL

// Inserts a frame that arrived at `now`; takes a reference of its own to jpeg. A second frame of the same time is
// dropped, unless it is complete and the first one is not: then it takes its place. A frame older than the last one
// handed out counts as late and is only kept for looking back; a partial one is dropped then, and never counts as late.
void kin_playout_push(struct kin_playout *p, kin_us now, uint32_t rtp_ts, const struct kin_playout_frame *frame);

// The time between two frames if it is the same for all frames of the reel, else 0. With it holes are recognized, and a
// slow reel is not taken for an empty cache.
void kin_playout_set_interval(struct kin_playout *p, int64_t interval_ts);

// From now on `frames` are the target, within target..target_max of the options, and `low` (1..frames, clamped) is the
// low mark. At first half of the target.
void kin_playout_set_target(struct kin_playout *p, unsigned frames, unsigned low);
// The start mark: buffering ends when `frames` are ahead (1..target, clamped), or the first of them has waited for
// `wait`. At first the target, and KIN_PLAYOUT_WAIT_MAX_US.
void kin_playout_set_mark(struct kin_playout *p, unsigned frames, kin_us wait);
// Until the target is reached, and again when it grows or fewer frames than the low mark are ahead, frames follow each
// other a little later (KIN_PLAYOUT_EASE), so that the cache fills though they do not come faster. Off at first.
void kin_playout_set_easing(struct kin_playout *p, bool on);
// Frames follow each other sooner by this part (millionths, -100000..100000; negative: later). 0 at first.
void kin_playout_set_pace(struct kin_playout *p, int32_t ppm);

// What a standstill added to the delay is not to be caught up: the server has made up for it.
void kin_playout_keep_delay(struct kin_playout *p);

// No more frames will come: the cache plays to its end without waiting for the target.
void kin_playout_end(struct kin_playout *p, kin_us now);
// Frames come again after kin_playout_end(), continuing in time.
void kin_playout_reopen(struct kin_playout *p);
// Drops all frames and buffers anew, for this reason (after a jump: one that the cache could not serve). Counters stay.
void kin_playout_clear(struct kin_playout *p, enum kin_playout_reason reason);

// The next frame that is due. Returns the frame (borrowed until the next call on p), or NULL when none is due yet.
// Frames that are more than one frame behind are skipped, so that only the newest one due comes out.
const struct kin_playout_frame *kin_playout_next(struct kin_playout *p, kin_us now);
kin_us kin_playout_deadline(const struct kin_playout *p); // KIN_US_NEVER when only a push can change anything

void kin_playout_pause(struct kin_playout *p, kin_us now);
void kin_playout_resume(struct kin_playout *p, kin_us now); // goes on from the cursor; buffers when nothing is ahead

// Moves the cursor by `frames` (negative: back) and returns the frame now current, or NULL, without a move, when the
// cache does not reach that far.
const struct kin_playout_frame *kin_playout_step(struct kin_playout *p, int frames);
// Makes the last frame at or before ts the next to be shown, and plays on from there. False when ts is before the
// oldest frame, or more than one interval after the newest.
bool kin_playout_seek(struct kin_playout *p, kin_us now, int64_t ts);

// True when the stream ended and its last frame has been shown for its whole time.
bool kin_playout_finished(const struct kin_playout *p, kin_us now);

enum kin_playout_state kin_playout_state(const struct kin_playout *p);
unsigned kin_playout_target(const struct kin_playout *p);
unsigned kin_playout_mark(const struct kin_playout *p); // frames
unsigned kin_playout_low(const struct kin_playout *p);  // frames
unsigned kin_playout_room(const struct kin_playout *p); // a target that its memory allows, by the mean size of frames
kin_us kin_playout_interval_us(const struct kin_playout *p); // between frames, the mean where it is not constant; > 0
enum kin_playout_reason kin_playout_reason(const struct kin_playout *p);
unsigned kin_playout_ahead(const struct kin_playout *p);
unsigned kin_playout_ahead_partial(const struct kin_playout *p); // of these, so many have gaps
unsigned kin_playout_look_back(const struct kin_playout *p);
kin_us kin_playout_behind_us(const struct kin_playout *p); // delay that it has yet to catch up
size_t kin_playout_bytes(const struct kin_playout *p);
size_t kin_playout_bytes_max(const struct kin_playout *p);
kin_us kin_playout_buffered_us(const struct kin_playout *p); // playing time of the frames ahead
// While it plays: this RTP time (its lower 32 bits) is due at *ret_due. False while frames have no time yet.
bool kin_playout_clock(const struct kin_playout *p, uint32_t *ret_ts, kin_us *ret_due);
// Times of the oldest and the newest frame kept. False when there is none.
bool kin_playout_span(const struct kin_playout *p, int64_t *ret_from, int64_t *ret_to);
// The 64-bit time for an RTP timestamp near what came last.
int64_t kin_playout_extend(const struct kin_playout *p, uint32_t rtp_ts);
// How long the picture has stood still for want of frames, from when the missing one was due until it went on, paused
// or jumped within the cache. What a jump beyond it takes counts only if the picture stood still already.
kin_us kin_playout_standstill_us(const struct kin_playout *p, kin_us now);
const struct kin_playout_stats *kin_playout_stats(const struct kin_playout *p);
void kin_playout_reset_stats(struct kin_playout *p);

#endif
