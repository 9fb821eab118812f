// How many of the frames a server leaves out at present, as a client sees it: sequence numbers go on, frames are
// missing. Pure.
//
//     kin_left_out_frame(l, left_out);     a frame came, and so many right before it were not sent
#ifndef KIN_ENGINE_LEFT_OUT_H
#define KIN_ENGINE_LEFT_OUT_H

#include <stdbool.h>
#include <stdint.h>

#define KIN_LEFT_OUT_FRAMES 48 // by which it is judged: a multiple of 2, 3, 4, 6 and 8
#define KIN_LEFT_OUT_LEAST 5   // of these; fewer are broken frames, perhaps

struct kin_left_out {
    uint64_t frames; // the newest ones, a bit each: 1 is left out
};

void kin_left_out_frame(struct kin_left_out *l, uint64_t left_out);

struct kin_left_out_share {
    unsigned percent; // of all frames; 0: nearly all are sent
    unsigned every;   // of so many frames one is left out; 0: that is not how it is
    unsigned one_of;  // of so many only one is sent; likewise
};
struct kin_left_out_share kin_left_out_share(const struct kin_left_out *l);

#endif
