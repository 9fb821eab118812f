// Frame rates: limits, rounding, and text.
#ifndef KIN_BASE_RATE_H
#define KIN_BASE_RATE_H

#include "base/span.h"

#define KIN_RATE_MAX_TERM 1000000000u // of numerator and denominator
#define KIN_RATE_MAX_FPS 1000u        // frames per second
#define KIN_RATE_MAX_SECONDS 3600u    // per frame
#define KIN_RATE_TEXT_MAX 24

// True when num/den frames per second lies within the limits above.
bool kin_rate_valid(uint64_t num, uint64_t den);

// num/den in thousandths of a frame per second, rounded to nearest, as listings, descriptions and reports give it. 0
// when den is 0.
uint32_t kin_rate_milli(uint32_t num, uint32_t den);

// Reduces num/den to lowest terms.
void kin_rate_lower(uint64_t *num, uint64_t *den);

// "24" or "24000/1001" (no blanks, no decimals), in any range. False, and *ret_* untouched, on anything else and on a
// denominator of 0.
bool kin_rate_parse(struct kin_span text, uint32_t *ret_num, uint32_t *ret_den);

// Writes that text and returns it.
char *kin_rate_format(uint32_t num, uint32_t den, char dst[KIN_RATE_TEXT_MAX]);

#endif
