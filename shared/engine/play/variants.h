// In which variant a sender wants its frames (jpeg/vary.h), and what it does where they cannot be made in time. Pure.
//
//     kin_variants_want(v, variant)      from now on; true: other frames must be read ahead
//     kin_variants_ask(v, now, again)    a frame is to be read: in this variant
//     kin_variants_until(v)              if it is not there yet, it is waited for until then
//     kin_variants_missed(v)             it cannot be had so: it is sent as it is
//     kin_variants_took(v, now)          that frame was got; true: variants are given up for a while
//
// Variants are read ahead, so that they are there when they are due. Only the first one of a new kind is waited for,
// and not for long: a frame is rather sent as it is than late. Where one after the other is not there, the machine is
// too slow for them, or the reel cannot be varied: nothing of the kind is wanted for a while, twice as long after each
// time.
#ifndef KIN_ENGINE_VARIANTS_H
#define KIN_ENGINE_VARIANTS_H

#include "base/time.h"
#include "jpeg/vary.h"

#define KIN_VARIANTS_WAIT_US (100 * KIN_US_PER_MS)
#define KIN_VARIANTS_MISSED 12 // frames in a row
#define KIN_VARIANTS_REST_US (30 * KIN_US_PER_S)
#define KIN_VARIANTS_REST_MAX_US (16 * 60 * KIN_US_PER_S)

struct kin_variants {
    bool can;                       // they can be had at all
    struct kin_jpeg_variant wanted; // if they are to be had
    struct kin_jpeg_variant now;    // of the frames to be read
    struct kin_jpeg_variant asked;  // of the one that is being read, or was read last
    kin_us asked_at;
    unsigned missed;       // frames in a row
    kin_us rest, rests_to; // after the next time; 0: they are to be had
};

void kin_variants_init(struct kin_variants *v, bool can);
bool kin_variants_want(struct kin_variants *v, struct kin_jpeg_variant variant);
// again: for the frame that was asked for last, too.
struct kin_jpeg_variant kin_variants_ask(struct kin_variants *v, kin_us now, bool again);
kin_us kin_variants_until(const struct kin_variants *v); // KIN_US_NEVER: until it is there
void kin_variants_missed(struct kin_variants *v);
bool kin_variants_took(struct kin_variants *v, kin_us now);
// True when a rest is over: what is wanted is read ahead again.
bool kin_variants_resume(struct kin_variants *v, kin_us now);

#endif
