// Which frame of a reel comes next, and when: Range, Scale, Speed and looping as arithmetic on the reel's index.
//
// A range goes from frame `first` to the frame before `end`, forward, or backward when the scale is negative. Faster
// than 1, every scale-th frame is sent, which keeps frame rate and bandwidth; slower than 1, every frame is, for
// longer. RTP time runs in real time, exactly: in its pass, a frame at media time m has the RTP time (m - m of first) /
// scale (RFC 2326 appendix B), from which a receiver that knows the scale can compute m. A range that loops begins
// another pass at the other end of the reel, and RTP time goes on without a gap.
//
// Speed changes none of that: it is how fast RTP time is delivered (section 12.35).
//
// A range can be thinned: of every `of` frames only `keep` are sent, as evenly as possible. Each keeps its RTP time. So
// that packets leave evenly all the same, a frame begins to leave up to the time of a frame after that.
#ifndef KIN_ENGINE_PLAY_SCHEDULE_H
#define KIN_ENGINE_PLAY_SCHEDULE_H

#include "media/reel.h"

#define KIN_SCALE_NORMAL 1000 // scales and speeds are in thousandths
#define KIN_SCALE_MAX 16000   // in either direction
#define KIN_SCALE_MIN 125     // slower is as good as paused
#define KIN_SPEED_MAX 4000
#define KIN_SPEED_MIN 125

int32_t kin_scale_clamp(int32_t milli); // keeps the direction; 0 becomes KIN_SCALE_NORMAL
int32_t kin_speed_clamp(int32_t milli); // 0 and less become KIN_SCALE_NORMAL

struct kin_play_range {
    uint32_t first;
    int64_t end;                      // the first frame, in the direction of play, that is excluded: -1 .. frame_count
    int32_t scale_milli, speed_milli; // clamped; 0 is KIN_SCALE_NORMAL
};
// The whole reel, in the direction of the scale.
struct kin_play_range kin_play_range_whole(const struct kin_reel *reel, int32_t scale_milli);

struct kin_play_thinning {
    unsigned keep, of; // 1 <= keep <= of; both 0: nothing is left out
};

struct kin_play_schedule {
    const struct kin_reel *reel; // borrowed
    struct kin_play_range range; // of this pass
    bool loop;
    uint64_t step; // frames of this pass that are done, or left out
    struct kin_play_thinning thinning;
};

// `loop` takes effect only when the range ends at an end of the reel. A first frame beyond the reel becomes the last
// one.
void kin_play_schedule_init(struct kin_play_schedule *s, const struct kin_reel *reel,
                            const struct kin_play_range *range, bool loop);

// From the frame after the next one on, no more than these are sent.
void kin_play_schedule_thin(struct kin_play_schedule *s, struct kin_play_thinning thinning);

// True when the pass has no further frame.
bool kin_play_schedule_over(const struct kin_play_schedule *s);
// The next frame; when over, the frame from which a new range would continue: frame_count at the end of the reel.
uint32_t kin_play_schedule_frame(const struct kin_play_schedule *s);
// The frame `ahead` steps after the next one, in the next pass too. False when the range ends before.
bool kin_play_schedule_ahead(const struct kin_play_schedule *s, unsigned ahead, uint32_t *ret);
// 90 kHz from the start of the pass to the next frame, and to the one after it; when over, to the end of the pass.
uint64_t kin_play_schedule_ts(const struct kin_play_schedule *s);
uint64_t kin_play_schedule_next_ts(const struct kin_play_schedule *s);
// When the next frame begins to leave, and the one after it: no earlier than its own time.
uint64_t kin_play_schedule_leaves(const struct kin_play_schedule *s);
uint64_t kin_play_schedule_next_leaves(const struct kin_play_schedule *s);
// Not when over. Returns how many frames of the range are left out before the one that comes next.
uint64_t kin_play_schedule_advance(struct kin_play_schedule *s);
// Begins another pass, whose time starts at 0. False when the range does not loop.
bool kin_play_schedule_next_pass(struct kin_play_schedule *s);
// When a time of the pass is delivered, at the range's Speed.
uint64_t kin_play_schedule_due(const struct kin_play_schedule *s, uint64_t ts);

#endif
