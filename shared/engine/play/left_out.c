// How many of the frames a server leaves out at present.
#include "engine/play/left_out.h"

#define ALL ((UINT64_C(1) << KIN_LEFT_OUT_FRAMES) - 1)

void kin_left_out_frame(struct kin_left_out *l, uint64_t left_out)
{
    for (uint64_t i = 0; i < left_out && i < KIN_LEFT_OUT_FRAMES; i++)
        l->frames = l->frames << 1 | 1;
    l->frames <<= 1;
}

static unsigned count(uint64_t bits)
{
    unsigned n = 0;
    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

// One of how many, where it is nearly a whole number.
static unsigned one_of(unsigned n)
{
    unsigned whole = n > 0 ? (KIN_LEFT_OUT_FRAMES + n / 2) / n : 0;
    unsigned off = whole * n > KIN_LEFT_OUT_FRAMES ? whole * n - KIN_LEFT_OUT_FRAMES : KIN_LEFT_OUT_FRAMES - whole * n;
    return off <= n / 4 + 1 ? whole : 0;
}

struct kin_left_out_share kin_left_out_share(const struct kin_left_out *l)
{
    unsigned n = count(l->frames & ALL);
    if (n < KIN_LEFT_OUT_LEAST)
        return (struct kin_left_out_share){.percent = 0};
    bool few = 2 * n > KIN_LEFT_OUT_FRAMES + 1;
    return (struct kin_left_out_share){.percent = 100 * n / KIN_LEFT_OUT_FRAMES,
                                       .every = few ? 0 : one_of(n),
                                       .one_of = few ? one_of(KIN_LEFT_OUT_FRAMES - n) : 0};
}
