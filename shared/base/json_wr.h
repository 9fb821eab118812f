// JSON (RFC 8259) through a kin_wr. A comma is written before whatever follows a value, so that the text written so
// far is the only state: whoever takes a value back by resetting `len` need not care for it.
//
// `key` is the name of a member, plain ASCII, or NULL for an element of an array and for the whole. What does not fit
// sets the writer's `bad` and leaves a part of the text.
#ifndef KIN_BASE_JSON_WR_H
#define KIN_BASE_JSON_WR_H

#include "base/wr.h"

#define KIN_JSON_BYTE_MAX 6 // bytes that one byte of a string takes at most

// The comma, where one is due, and the key; for values that no other function writes.
void kin_json_key(struct kin_wr *w, const char *key);

void kin_json_open(struct kin_wr *w, const char *key, char bracket); // '{' or '['
void kin_json_close(struct kin_wr *w, char bracket);                 // '}' or ']'

// A string. Controls are escaped (kin_text_is_control()); a byte that is not UTF-8 becomes U+FFFD.
void kin_json_str(struct kin_wr *w, const char *key, const char *text);

// The name of a file, and sentences about it: a byte that is not UTF-8 is written as in a URL, "%E9".
void kin_json_name(struct kin_wr *w, const char *key, const char *text);

void kin_json_bool(struct kin_wr *w, const char *key, bool v);
void kin_json_uint(struct kin_wr *w, const char *key, uint64_t v);

// Thousandths, with one decimal at least (kin_wr_milli()).
void kin_json_milli(struct kin_wr *w, const char *key, uint64_t milli);

// What printf makes of it is the value: a number (not NaN, not infinite), null.
void kin_json_fmt(struct kin_wr *w, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
