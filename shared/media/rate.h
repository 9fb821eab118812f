// The frame rate of a reel: from frame times, and the comment by which a file can state its own.
#ifndef KIN_MEDIA_RATE_H
#define KIN_MEDIA_RATE_H

#include "base/rate.h"

// What is assumed of files that do not say, by the daemon (unless its settings say otherwise) as by kinora-prep.
#define KIN_RATE_DEFAULT_NUM 24
#define KIN_RATE_DEFAULT_DEN 1
#define KIN_RATE_DEFAULT_TEXT "24"

// The text of the COM segment is this prefix and then "24" or "24000/1001".
#define KIN_RATE_COMMENT_PREFIX "kinora:fps="
#define KIN_RATE_COMMENT_MAX 40

// num/den (not 0/0) in lowest terms; terms above KIN_RATE_MAX_TERM are halved together until they are not.
void kin_rate_reduce(uint64_t num, uint64_t den, uint32_t *ret_num, uint32_t *ret_den);

// The mean rate of `frames` that last ts (90 kHz) together; within the limits whatever the arguments.
void kin_rate_mean(uint32_t frames, uint64_t ts, uint32_t *ret_num, uint32_t *ret_den);

// The rate at which a frame lasts so many nanoseconds; n/1 and n000/1001 are found again in a rounded duration.
// False when out of range.
bool kin_rate_from_ns(uint64_t ns, uint32_t *ret_num, uint32_t *ret_den);

// `ticks` of a clock with `per_second` ticks as 90 kHz, rounded to nearest; UINT64_MAX when it does not fit or
// per_second is 0.
uint64_t kin_rate_ts(uint64_t ticks, uint32_t per_second);

// Looks for the comment in the segments before the first scan of a JPEG. False when there is none that says a sane
// rate.
bool kin_rate_find_comment(struct kin_span jpeg, uint32_t *ret_num, uint32_t *ret_den);

// Writes the comment's text; returns its length (< KIN_RATE_COMMENT_MAX).
size_t kin_rate_format_comment(uint32_t num, uint32_t den, char dst[KIN_RATE_COMMENT_MAX]);

#endif
