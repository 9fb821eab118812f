// Passwords in URLs are for the server alone: text for people, logs and reports goes through here.
#ifndef KIN_PROTO_URI_MASK_H
#define KIN_PROTO_URI_MASK_H

#include "base/span.h"

#define KIN_URI_MASK "***"

// Copies text to dst (NUL-terminated, cut to `size` bytes), with KIN_URI_MASK in place of the password of each URL in
// it: "rtsp://ann:secret@host/" becomes "rtsp://ann:***@host/". As in kin_uri_parse() userinfo ends at the last '@'
// before the path; here a blank ends it too, and a '/' does not where what stands before it is no host. Returns the
// length written.
size_t kin_uri_mask(struct kin_span text, char *dst, size_t size);

#endif
