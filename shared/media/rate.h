// The frame rate of a reel, from frame times or from the comment in which a file can state it.
#ifndef KIN_MEDIA_RATE_H
#define KIN_MEDIA_RATE_H

#include "base/rate.h"

// Assumed for files that state no rate, by kinora-prep and, unless configured otherwise, by the daemon.
#define KIN_RATE_DEFAULT_NUM 24
#define KIN_RATE_DEFAULT_DEN 1
#define KIN_RATE_DEFAULT_TEXT "24"

// The text of the COM segment is this prefix and a rate such as "24" or "24000/1001".
#define KIN_RATE_COMMENT_PREFIX "kinora:fps="
#define KIN_RATE_COMMENT_MAX 40

// Reduces num/den (not 0/0) to lowest terms, then halves both until neither exceeds KIN_RATE_MAX_TERM.
void kin_rate_reduce(uint64_t num, uint64_t den, uint32_t *ret_num, uint32_t *ret_den);

// The mean rate of `frames` frames that together last ts (90 kHz); always within the limits.
void kin_rate_mean(uint32_t frames, uint64_t ts, uint32_t *ret_num, uint32_t *ret_den);

// The rate at which a frame lasts ns nanoseconds. Recognises n/1 and n000/1001 in a rounded duration. False if invalid.
bool kin_rate_from_ns(uint64_t ns, uint32_t *ret_num, uint32_t *ret_den);

// Converts ticks of a clock with `per_second` ticks to 90 kHz, rounded to nearest; UINT64_MAX when that does not fit or
// per_second is 0.
uint64_t kin_rate_ts(uint64_t ticks, uint32_t per_second);

// Looks for the comment in the segments before the first scan of a JPEG. False when none states a valid rate.
bool kin_rate_find_comment(struct kin_span jpeg, uint32_t *ret_num, uint32_t *ret_den);

// Writes the comment's text; returns its length (< KIN_RATE_COMMENT_MAX).
size_t kin_rate_format_comment(uint32_t num, uint32_t den, char dst[KIN_RATE_COMMENT_MAX]);

#endif
