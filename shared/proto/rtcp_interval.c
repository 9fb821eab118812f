// When the next RTCP report is due (RFC 3550 section 6.2 and 6.3.1, appendix A.7).
#include "proto/rtcp.h"

#define INTERVAL_MIN_US (5 * KIN_US_PER_S)
#define INTERVAL_MAX_US (3600 * KIN_US_PER_S)
#define MEMBERS_MAX 1000000u // keeps the product below within 64 bits
#define SIZE_MAX_BYTES 65535u

// 1 / (e - 3/2), which undoes the shortening that timer reconsideration brings (section 6.3.1).
#define COMPENSATION_NUM 100000
#define COMPENSATION_DEN 121828

static unsigned at_most(unsigned v, unsigned max)
{
    return v < max ? v : max;
}

// Td: RTCP gets 5 % of the session bandwidth. While senders are at most a quarter of the members, they share a quarter
// of it and the receivers the rest; otherwise all members share all of it.
static kin_us deterministic(unsigned members, unsigned senders, uint64_t session_bytes_per_s, bool we_sent,
                            unsigned avg_size, kin_us minimum)
{
    uint64_t n = at_most(members, MEMBERS_MAX);
    uint64_t s = at_most(senders, MEMBERS_MAX);
    uint64_t quarters = 4;
    if (4 * s <= n) {
        quarters = we_sent ? 1 : 3;
        n = we_sent ? s : n - s;
    }
    uint64_t denominator = session_bytes_per_s * quarters; // of 1/80 of the session bandwidth: 5 % of a quarter
    if (session_bytes_per_s == 0 || session_bytes_per_s > UINT64_MAX / 4)
        return minimum;
    uint64_t us = 80 * n * at_most(avg_size, SIZE_MAX_BYTES) * (uint64_t)KIN_US_PER_S / denominator;
    return us > (uint64_t)INTERVAL_MAX_US ? INTERVAL_MAX_US : kin_us_max((kin_us)us, minimum);
}

static kin_us randomize(kin_us td, uint32_t random_65536)
{
    if (random_65536 == KIN_RTCP_DETERMINISTIC)
        return td;
    kin_us spread = td * (32768 + (kin_us)at_most(random_65536, 65536)) / 65536; // Td * (0.5 .. 1.5)
    return spread * COMPENSATION_NUM / COMPENSATION_DEN;
}

kin_us kin_rtcp_interval(unsigned members, unsigned senders, uint64_t session_bytes_per_s, bool we_sent,
                         unsigned avg_size, bool initial, uint32_t random_65536)
{
    kin_us minimum = initial ? INTERVAL_MIN_US / 2 : INTERVAL_MIN_US;
    return randomize(deterministic(members, senders, session_bytes_per_s, we_sent, avg_size, minimum), random_65536);
}

kin_us kin_rtcp_feedback_interval(unsigned members, unsigned senders, uint64_t session_bytes_per_s, bool we_sent,
                                  unsigned avg_size, bool urgent, uint32_t random_65536)
{
    kin_us minimum = urgent ? KIN_RTCP_URGENT_US : KIN_RTCP_FEEDBACK_US;
    kin_us td = deterministic(members, senders, session_bytes_per_s, we_sent, avg_size, minimum);
    return randomize(td, random_65536);
}
