// Arithmetic of RTP sequence numbers and timestamps, which wrap (RFC 3550 section 5.1, RFC 1982).
#ifndef KIN_BASE_SEQ_H
#define KIN_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

// Signed distance from b to a: positive when a is newer. Exact for distances below half the range.
static inline int16_t kin_seq_diff(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

static inline int32_t kin_ts_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

// The 64-bit number whose low 16 (32) bits are `v` and which lies closest to `near`.
static inline uint64_t kin_seq_extend(uint64_t near, uint16_t v)
{
    return near + (uint64_t)(int64_t)kin_seq_diff(v, (uint16_t)near);
}

static inline uint64_t kin_ts_extend(uint64_t near, uint32_t v)
{
    return near + (uint64_t)(int64_t)kin_ts_diff(v, (uint32_t)near);
}

#endif
