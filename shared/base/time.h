// Time is a count of microseconds on the monotonic clock, media time a count of 1/90000 s. Pure arithmetic.
#ifndef KIN_BASE_TIME_H
#define KIN_BASE_TIME_H

#include <stdint.h>

typedef int64_t kin_us; // microseconds

#define KIN_US_NEVER INT64_MAX
#define KIN_US_PER_MS INT64_C(1000)
#define KIN_US_PER_S INT64_C(1000000)
#define KIN_RTP_CLOCK_HZ 90000

static inline kin_us kin_us_min(kin_us a, kin_us b)
{
    return a < b ? a : b;
}

static inline kin_us kin_us_max(kin_us a, kin_us b)
{
    return a > b ? a : b;
}

// a * num / den rounded towards minus infinity, computed in 128 bits and saturated. num >= 0, den > 0. Media times,
// scales and speeds come from files and requests: their products must not be computed in 64 bits.
static inline int64_t kin_muldiv(int64_t a, int64_t num, int64_t den)
{
    __extension__ typedef __int128 wide;
    wide product = (wide)a * num;
    wide q = product / den - (product < 0 && product % den != 0);
    return q > INT64_MAX ? INT64_MAX : q < INT64_MIN ? INT64_MIN : (int64_t)q;
}

// The same for unsigned values, rounded to nearest.
static inline uint64_t kin_muldiv_round(uint64_t a, uint64_t num, uint64_t den)
{
    __extension__ typedef unsigned __int128 wide;
    wide q = ((wide)a * num + den / 2) / den;
    return q > UINT64_MAX ? UINT64_MAX : (uint64_t)q;
}

// a + b, saturated.
static inline kin_us kin_us_add(kin_us a, kin_us b)
{
    if (b > 0 && a > INT64_MAX - b)
        return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b)
        return INT64_MIN;
    return a + b;
}

// 90 kHz ticks to microseconds, rounded to nearest, and back. Saturates for |ts| >= 2^59.
static inline kin_us kin_us_from_ts(int64_t ts)
{
    int64_t rest = ts % 9;
    return kin_us_add(kin_muldiv(ts / 9, 100, 1), (rest * 100 + (rest >= 0 ? 4 : -4)) / 9);
}

static inline int64_t kin_ts_from_us(kin_us us)
{
    int64_t whole = us / 100;
    int64_t rest = us % 100;
    return whole * 9 + (rest * 9 + (rest >= 0 ? 50 : -50)) / 100;
}

// A wall-clock time as a 64-bit NTP timestamp: seconds since 1900 in the high half (RFC 3550 section 4).
static inline uint64_t kin_ntp_from_unix_us(int64_t unix_us)
{
    uint64_t sec = (uint64_t)(unix_us / KIN_US_PER_S) + UINT64_C(2208988800);
    uint64_t frac = ((uint64_t)(unix_us % KIN_US_PER_S) << 32) / (uint64_t)KIN_US_PER_S;
    return sec << 32 | frac;
}

#endif
