// Resolves one URL against another: references (RFC 3986 section 5.2), and control URLs in all the ways that servers
// mean them.
#ifndef KIN_PROTO_URI_RESOLVE_H
#define KIN_PROTO_URI_RESOLVE_H

#include "proto/uri.h"

// A reference such as a Location header against an absolute base, by RFC 3986 section 5.2.2 with dot segments removed:
// "/other", "other", "?x=1", "//host/x", "rtsp://host/x"; an empty one is the base. Without a path, an absolute
// reference keeps path and query of the base, as a proxy's address does (305). NUL-terminated into dst. KIN_EBAD when
// base has no scheme or authority, KIN_ELIMIT when it does not fit.
int kin_uri_resolve(struct kin_span base, struct kin_span reference, char *dst, size_t size);

// The meanings that an SDP a=control value may have against its base, in the order in which to try them. RFC 2326
// appendix C.1.1 says RFC 1808; most servers and players append a value that does not begin with '/', and differ where
// the base has a query.
enum kin_uri_control_form {
    KIN_URI_CONTROL_FROM_ROOT,    // of /live/trackID=1: rtsp://h/live/trackID=1
    KIN_URI_CONTROL_APPENDED,     // rtsp://h/live.sdp/trackID=1?x=1, or an absolute control as it is
    KIN_URI_CONTROL_BEHIND_QUERY, // rtsp://h/live.sdp?x=1/trackID=1
    KIN_URI_CONTROL_OUR_HOST,     // of an absolute control that names another host: its path at the base's host
    KIN_URI_CONTROL_RFC3986,      // rtsp://h/trackID=1
    KIN_URI_CONTROL_FORM_COUNT
};
// NUL-terminated into dst. KIN_OK, KIN_EUNSUPPORTED when the form does not apply to this base and control, KIN_ELIMIT
// when it does not fit.
int kin_uri_control(enum kin_uri_control_form form, struct kin_span base, struct kin_span control, char *dst,
                    size_t size);

#endif
