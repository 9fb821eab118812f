// A fuzz input as a script: records that end with a byte 0xff, so that text seeds stay readable and mutations stay
// within a record. The first byte of a record is the operation, the rest its argument.
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

#include "base/rd.h"

#define SCRIPT_END 0xff

struct script_record {
    uint8_t op; // 0 for an empty record
    struct kin_span text;
    struct kin_rd numbers; // over the same bytes, for numeric arguments: zeros after the end
};

static inline bool script_next(struct kin_span *rest, struct script_record *ret)
{
    struct kin_span bytes;
    if (rest->n == 0 || !kin_span_split(rest, SCRIPT_END, &bytes))
        return false;
    ret->op = bytes.n > 0 ? bytes.p[0] : 0;
    ret->text = kin_span_skip(bytes, 1);
    ret->numbers = kin_rd_init(ret->text);
    return true;
}

// A length of time from one byte, up to more than an hour: fine where it is short, coarse where it is long.
static inline int64_t script_us(uint8_t b)
{
    int64_t mantissa = 8 + (b & 7);
    return b < 8 ? b : mantissa << (b >> 3) >> 3;
}

#endif
