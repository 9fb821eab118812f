// Numbers and tokens out of text that came from elsewhere: bounded, exact, no locale, no NUL needed.
#ifndef KIN_BASE_LEX_H
#define KIN_BASE_LEX_H

#include "base/span.h"

// Whole-span numbers: every byte must belong to the number (no sign, no blanks), at least one digit.
// Return false, and leave *ret alone, on anything else or when the value exceeds `max`.
bool kin_lex_u64(struct kin_span s, uint64_t max, uint64_t *ret);
bool kin_lex_hex(struct kin_span s, uint64_t max, uint64_t *ret);

// A decimal fraction such as "12", "12.5" or ".25" as micro units (12.5 -> 12500000); digits past the
// sixth decimal are checked and dropped. False on anything else or above max_micro.
bool kin_lex_micro(struct kin_span s, uint64_t max_micro, uint64_t *ret);
// The same, but a number above max_micro, however long, counts as max_micro.
bool kin_lex_micro_to(struct kin_span s, uint64_t max_micro, uint64_t *ret);

// Takes a leading run of decimal digits off *s. False when there is none or the value exceeds max.
bool kin_lex_take_u64(struct kin_span *s, uint64_t max, uint64_t *ret);

// Takes the next word off *s: skips spaces and tabs, stops before the next space or tab. False at the end.
bool kin_lex_word(struct kin_span *s, struct kin_span *ret);

bool kin_lex_is_token_char(uint8_t c); // RFC 2326 section 15.1 `token`
bool kin_lex_is_digit(uint8_t c);
size_t kin_lex_digits(struct kin_span s); // how many digits `s` begins with

#endif
