// Passwords in URLs are for the server alone: text for people, logs and reports goes through here.
#ifndef KIN_PROTO_URI_MASK_H
#define KIN_PROTO_URI_MASK_H

#include "base/span.h"

#define KIN_URI_MASK "***"

// Copies text to dst (NUL-terminated, cut to `size` bytes), with KIN_URI_MASK in place of the password of each URL in
// it: "rtsp://ann:secret@host/" becomes "rtsp://ann:***@host/". As in kin_uri_parse(), userinfo ends at the last '@'
// before the path; but here a blank ends it too, and a '/' begins the path only after a valid host. Returns the length
// written.
size_t kin_uri_mask(struct kin_span text, char *dst, size_t size);

#endif
