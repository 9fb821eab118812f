// The one filter for text that came from a peer, before it reaches a log or a terminal.
#ifndef KIN_BASE_TEXT_H
#define KIN_BASE_TEXT_H

#include "base/span.h"

// Decodes the UTF-8 character at the head of s. Returns its length in bytes and the code point, or 0 when the
// bytes are no well-formed character (overlong, surrogate, above U+10FFFF, cut off). RFC 3629.
size_t kin_text_utf8(struct kin_span s, uint32_t *ret_code_point);
// The other way: 1 to 4 bytes of a code point that Unicode has. Not NUL-terminated.
size_t kin_text_put_utf8(uint32_t code_point, char dst[4]);

// True for characters that no screen should get: C0, DEL, C1 (U+0080-9F), bidirectional controls, line and paragraph
// separators.
bool kin_text_is_control(uint32_t code_point);

// Copies s to dst (NUL-terminated, `size` bytes, cut at a character), writing each control character and each
// byte that is not UTF-8 as \xNN (code points above 0xFF as \uNNNN). Returns the length written.
size_t kin_text_escape(struct kin_span s, char *dst, size_t size);

// The same for a screen: what would be escaped becomes one U+FFFD (or '?' when utf8 is false, as do all
// characters outside ASCII).
size_t kin_text_clean(struct kin_span s, bool utf8, char *dst, size_t size);

// The same for a JSON document: controls become \uNNNN escapes, which mean the same inside strings; tabs and line ends
// stay; bytes that are not UTF-8 become U+FFFD. Returns the full length, like snprintf; dst may be NULL with size 0.
size_t kin_text_json(struct kin_span s, char *dst, size_t size);

#endif
