// Holds the frames that come before the reply to their PLAY.
#include "engine/play/play_gate.h"

void kin_play_gate_init(struct kin_play_gate *g)
{
    g->shut = g->leaving = g->jumped = false;
    g->taken = g->count = 0;
}

void kin_play_gate_shut(struct kin_play_gate *g, bool jumps)
{
    g->shut = true;
    g->leaving |= jumps;
}

void kin_play_gate_open(struct kin_play_gate *g, bool accepted)
{
    g->shut = false;
    if (accepted)
        g->jumped = g->leaving;
}

void kin_play_gate_arrived(struct kin_play_gate *g)
{
    g->leaving = false;
}

void kin_play_gate_reset(struct kin_play_gate *g)
{
    struct kin_jpeg_frame frame;
    while (kin_play_gate_next(g, &frame))
        kin_buf_unref(frame.jpeg);
    kin_play_gate_init(g);
}

bool kin_play_gate_hold(struct kin_play_gate *g, const struct kin_jpeg_frame *frame)
{
    if (!g->shut)
        return false;
    if (g->count < KIN_PLAY_GATE_FRAMES_MAX) {
        g->held[g->count] = *frame;
        kin_buf_ref(g->held[g->count++].jpeg);
    }
    return true;
}

bool kin_play_gate_next(struct kin_play_gate *g, struct kin_jpeg_frame *ret)
{
    if (g->taken == g->count) {
        g->taken = g->count = 0;
        return false;
    }
    *ret = g->held[g->taken++];
    return true;
}
