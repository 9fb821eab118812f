// Interarrival jitter as RFC 3550 appendix A.8 estimates it, in whole numbers.
#include "engine/rtp/rtp_receiver_internal.h"

#define SPEED_NORMAL 1000

// RTP time goes on `speed_milli` thousandths as fast as arrival.
void rtp_jitter_add(struct rtp_jitter *j, kin_us at, uint32_t ts, int32_t speed_milli)
{
    uint32_t transit = (uint32_t)kin_ts_from_us(kin_muldiv(at, (uint64_t)speed_milli, SPEED_NORMAL)) - ts;
    uint32_t d = transit - j->transit;
    if (d > UINT32_MAX / 2)
        d = 0 - d;
    d = (uint32_t)((uint64_t)d * SPEED_NORMAL / (uint32_t)speed_milli);
    if (j->started && d < JITTER_JUMP_TS)
        j->scaled += d - ((j->scaled + 8) >> 4);
    j->started = true;
    j->transit = transit;
}

double rtp_jitter_us(const struct rtp_jitter *j)
{
    return (double)j->scaled / 16.0 * (double)KIN_US_PER_S / KIN_RTP_CLOCK_HZ;
}
