// Frames and the PLAY that they belong to. Over UDP the frames of a run may come before the reply to its PLAY, which
// alone says where in the reel they are: until then they are held. Those of the run before may come behind the reply.
// Pure.
//
//     kin_play_gate_shut(g, jumps);                a PLAY is asked for
//     if (kin_play_gate_hold(g, &frame)) ...       a frame came: held, or to be used at once
//     kin_play_gate_open(g, true);                 the reply came
//     while (kin_play_gate_next(g, &frame))        those that were held, in the order in which they came
//
// The frames held are counted as received, but have no place yet: whoever takes them out says of which run they are. At
// a jump they are taken out before the reply, as frames of the run that is left.
//
// The gate has a reference of its own to each frame held, which goes to the caller of kin_play_gate_next(). Beyond
// KIN_PLAY_GATE_FRAMES_MAX frames are dropped. Nobody else writes its members; taken <= count always.
#ifndef KIN_ENGINE_PLAY_GATE_H
#define KIN_ENGINE_PLAY_GATE_H

#include "engine/jpeg_assembler.h"

#define KIN_PLAY_GATE_FRAMES_MAX 64

struct kin_play_gate {
    bool shut;    // a PLAY was asked for and is not answered: frames are held
    bool leaving; // a PLAY from another place was asked for, and what comes may still be of the place that is left
    bool jumped;  // the run that began last is from another place than the one before, whose frames have no place now;
                  // else they are the next ones
    size_t taken, count;
    struct kin_jpeg_frame held[KIN_PLAY_GATE_FRAMES_MAX]; // from `taken` up to `count`
};

// Open, and no run has begun.
void kin_play_gate_init(struct kin_play_gate *g);
// A PLAY is asked for (again); jumps: from another place than where the stream is.
void kin_play_gate_shut(struct kin_play_gate *g, bool jumps);
// It was answered. accepted: a run begins.
void kin_play_gate_open(struct kin_play_gate *g, bool accepted);
// The place is reached that the last jump led to, as far as the shell knows.
void kin_play_gate_arrived(struct kin_play_gate *g);
// The stream is over for good (TEARDOWN, a new connection): drops what is held. As kin_play_gate_init(), which it needs
// before.
void kin_play_gate_reset(struct kin_play_gate *g);

// True when the frame is held, or dropped beyond the limit; false when it is to be used at once. The caller's reference
// stays the caller's.
bool kin_play_gate_hold(struct kin_play_gate *g, const struct kin_jpeg_frame *frame);
// The next frame that was held; its reference goes to the caller. False when there is none.
bool kin_play_gate_next(struct kin_play_gate *g, struct kin_jpeg_frame *ret);

#endif
