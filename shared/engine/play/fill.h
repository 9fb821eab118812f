// When a client has the server deliver faster than it plays (Speed, RFC 2326 section 12.35): while its cache fills, so
// that the picture need not wait for that. Pure.
//
//     speed = kin_fill_speed(f, now, ahead, target);     of the next PLAY
//     kin_fill_answered(f, now, speed of the reply, packets so far);
//     kin_fill_frame(f, at, ts, spacing);                a frame came
//     speed = kin_fill_check(f, now, &facts);            a change of pace, or 0
//
// It stops when more packets are lost than before, the line does not keep up, or nothing comes; it then asks for less
// the next time, and waits longer before that. A server that does not do what it was asked for is never asked again.
#ifndef KIN_ENGINE_FILL_H
#define KIN_ENGINE_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define KIN_FILL_SPEED_NORMAL 1000 // thousandths
#define KIN_FILL_SPEED_MAX 4000
#define KIN_FILL_TARGET_MIN 6                // frames: a smaller cache is full at once
#define KIN_FILL_AGAIN_US (2 * KIN_US_PER_S) // between the end of one filling and the next
#define KIN_FILL_LOST_US (5 * KIN_US_PER_S)  // the same after a loss, doubled with each further one
#define KIN_FILL_LOST_MAX_US (320 * KIN_US_PER_S)

struct kin_fill_packets {
    uint64_t received, lost;
};

struct kin_fill {
    bool usable;                    // the server may be asked
    bool under_way;                 // a PLAY with a Speed is not answered yet
    bool misread;                   // the server divides RTP time by the Speed, which makes the picture faster
    bool lags;                      // the line does not keep up
    int32_t most, next;             // to ask for: as a rule, and in the PLAY under way
    int32_t speed;                  // that the server delivers at
    struct kin_fill_packets since;  // when it began to
    struct kin_fill_packets normal; // at normal speed, in all
    kin_us not_before;              // the next filling, after a loss
    kin_us again_at;                // likewise, while it plays
    kin_us pause;                   // after the next loss
    kin_us frame_at;                // of the last frame, or the answer after it
    kin_us spacing;                 // between frames as they are played; 0 = unknown
    struct {
        bool known;
        kin_us at;
        int64_t ts, last_ts;
        unsigned steps, divided; // between frames, and those of them that were divided
    } first;                     // frame at this speed
};

struct kin_fill_facts {
    unsigned ahead, target;          // frames; filling ends with the target
    unsigned low;                    // with fewer than this it begins again
    struct kin_fill_packets packets; // so far
    bool may;                        // a change of pace is possible now: the server plays, and is not about to end
};

// usable: the server may be asked for a Speed: the reel is recorded, and the server is not known to misread it.
void kin_fill_init(struct kin_fill *f, bool usable);
// The Speed of a PLAY that is about to be sent: it starts, jumps or resumes, with `ahead` frames in the cache.
int32_t kin_fill_speed(struct kin_fill *f, kin_us now, unsigned ahead, unsigned target);
// PLAY was answered with this Speed (1000 if none), or refused (0). False: the server delivers faster than it was asked
// to, so that only PAUSE and PLAY help.
bool kin_fill_answered(struct kin_fill *f, kin_us now, int32_t speed_milli, struct kin_fill_packets packets);
// The server's change of pace did more than that.
void kin_fill_forbid(struct kin_fill *f);
// A frame of RTP time ts, extended, came at `at`; spacing: of frames in RTP time, 0 unknown or not constant. Sets
// misread and lags.
void kin_fill_frame(struct kin_fill *f, kin_us at, int64_t ts, int64_t spacing);
// The Speed to ask for now; 0: no change. Not 0 counts as asked.
int32_t kin_fill_check(struct kin_fill *f, kin_us now, const struct kin_fill_facts *facts);
// When a filling that brings no frames is to be checked; KIN_US_NEVER while none runs.
kin_us kin_fill_deadline(const struct kin_fill *f);
// Does the cache fill, or will it soon?
bool kin_fill_runs(const struct kin_fill *f);

#endif
