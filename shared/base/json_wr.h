// JSON (RFC 8259) through a kin_wr. A comma is written before whatever follows a value, so the text written so far is
// the only state, and a value can be removed by resetting `len`.
//
// `key` is the name of a member, plain ASCII, or NULL for an array element or the outermost value. When something does
// not fit, the writer's `bad` is set and the text is incomplete.
#ifndef KIN_BASE_JSON_WR_H
#define KIN_BASE_JSON_WR_H

#include "base/wr.h"

#define KIN_JSON_BYTE_MAX 6 // bytes that one byte of a string takes at most

void kin_json_open(struct kin_wr *w, const char *key, char bracket); // '{' or '['
void kin_json_close(struct kin_wr *w, char bracket);                 // '}' or ']'

// A string. Controls are escaped (kin_text_is_control()); a byte that is not UTF-8 becomes U+FFFD.
void kin_json_str(struct kin_wr *w, const char *key, const char *text);

// A file name, or a sentence that contains one: a byte that is not UTF-8 is written as in a URL, "%E9".
void kin_json_name(struct kin_wr *w, const char *key, const char *text);

void kin_json_bool(struct kin_wr *w, const char *key, bool v);
void kin_json_uint(struct kin_wr *w, const char *key, uint64_t v);

// Thousandths, with one decimal at least (kin_wr_milli()).
void kin_json_milli(struct kin_wr *w, const char *key, uint64_t milli);

// The value as printf formats it: a finite number, or null.
void kin_json_fmt(struct kin_wr *w, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
