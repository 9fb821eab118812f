// Holds frames until the reply to their PLAY. Over UDP the frames of a run may come before that reply, which alone
// tells where in the reel they are; frames of the run before may come after it. Pure.
//
//     kin_play_gate_shut(g, jumps);                a PLAY is requested
//     if (kin_play_gate_hold(g, &frame)) ...       a frame came: held, or to be used at once
//     kin_play_gate_open(g, true);                 the reply came
//     while (kin_play_gate_next(g, &frame))        those that were held, in the order in which they came
//
// Frames that are held count as received, but have no position yet: that depends on when they are taken out. Before the
// reply, at a jump, they belong to the run that is left; after it, to the new one.
//
// The gate holds a reference of its own to each frame, which goes to the caller of kin_play_gate_next(). Beyond
// KIN_PLAY_GATE_FRAMES_MAX frames are dropped. Nobody else writes its members; taken <= count always.
#ifndef KIN_ENGINE_PLAY_GATE_H
#define KIN_ENGINE_PLAY_GATE_H

#include "engine/rtp/jpeg_assembler.h"

#define KIN_PLAY_GATE_FRAMES_MAX 64

struct kin_play_gate {
    bool shut;    // a PLAY was requested and is not answered: frames are held
    bool leaving; // a jump was requested, and frames from before it may still come
    bool jumped; // the current run began with a jump: frames of the run before have no position; else they are the next
    size_t taken, count;
    struct kin_jpeg_frame held[KIN_PLAY_GATE_FRAMES_MAX]; // from `taken` up to `count`
};

// Open; no run has begun.
void kin_play_gate_init(struct kin_play_gate *g);
// A PLAY is requested, perhaps not the first; jumps: to another position than the stream's own.
void kin_play_gate_shut(struct kin_play_gate *g, bool jumps);
// PLAY was answered. accepted: a run begins.
void kin_play_gate_open(struct kin_play_gate *g, bool accepted);
// The last jump is complete: no frames from before it will come.
void kin_play_gate_arrived(struct kin_play_gate *g);
// The stream is over for good (TEARDOWN, a new connection): drops the frames held and initializes the gate again.
void kin_play_gate_reset(struct kin_play_gate *g);

// True when the frame is held, or dropped beyond the limit; false when it is to be used at once. The caller keeps its
// own reference.
bool kin_play_gate_hold(struct kin_play_gate *g, const struct kin_jpeg_frame *frame);
// The next frame that was held; its reference goes to the caller. False when there is none.
bool kin_play_gate_next(struct kin_play_gate *g, struct kin_jpeg_frame *ret);

#endif
