// Interarrival jitter as RFC 3550 appendix A.8 estimates it, in whole numbers.
#include "engine/rtp_receiver_internal.h"

void rtp_jitter_add(struct rtp_jitter *j, kin_us at, uint32_t ts)
{
    uint32_t transit = (uint32_t)kin_ts_from_us(at) - ts;
    uint32_t d = transit - j->transit;
    if (d > UINT32_MAX / 2)
        d = 0 - d;
    if (j->started && d < JITTER_JUMP_TS)
        j->scaled += d - ((j->scaled + 8) >> 4);
    j->started = true;
    j->transit = transit;
}

double rtp_jitter_us(const struct rtp_jitter *j)
{
    return (double)j->scaled / 16.0 * (double)KIN_US_PER_S / KIN_RTP_CLOCK_HZ;
}
