// rtsp:// URLs (RFC 2326 section 3.2, RFC 3986): split, percent-decode, resolve a control URL.
#ifndef KIN_PROTO_URI_H
#define KIN_PROTO_URI_H

#include "base/span.h"

#define KIN_RTSP_DEFAULT_PORT 554
#define KIN_RTSP_OTHER_PORT 8554 // of servers that are not allowed to listen on 554, or need not
#define KIN_URI_MAX 4096

struct kin_uri {
    struct kin_span scheme; // "rtsp", "rtspu", "rtsps"
    struct kin_span user;   // userinfo before ':' or empty, still percent-encoded
    struct kin_span password;
    struct kin_span host; // without the brackets of an IPv6 literal
    bool host_is_ipv6;
    uint16_t port; // KIN_RTSP_DEFAULT_PORT (322 for rtsps) when absent
    bool port_given;
    struct kin_span path;  // with its leading '/', still encoded; empty when absent
    struct kin_span query; // without '?'
};

// KIN_OK or KIN_EBAD (no scheme, empty host, bad port, control bytes, longer than KIN_URI_MAX). Any scheme is accepted:
// the caller checks it. Spaces in the path are tolerated, since players send them; a fragment is dropped.
int kin_uri_parse(struct kin_span text, struct kin_uri *ret);

// Percent-decodes into dst and NUL-terminates. KIN_EBAD on a bad escape or an encoded NUL, KIN_ELIMIT when it does
// not fit. *ret_len may be NULL.
int kin_uri_decode(struct kin_span text, char *dst, size_t size, size_t *ret_len);

// Removes "." and ".." from a decoded path, in place (RFC 3986 section 5.2.4): "a/./b" and "a/x/../b" become "a/b";
// other slashes stay. KIN_ERANGE: a ".." leads above the path's beginning; the path is left as it was.
int kin_uri_remove_dots(char *path);
// The same for a path of n bytes, in which such a ".." is removed as well. Returns the length that is left.
size_t kin_uri_remove_dots_of(char *path, size_t n);

// Percent-encodes everything but unreserved characters and '/'. KIN_ELIMIT when it does not fit.
int kin_uri_encode_path(struct kin_span path, char *dst, size_t size);

// The URL for an SDP a=control value against a base (Content-Base, Content-Location or request URL): an absolute value
// as it is, "*" or nothing means the base itself, others appended with exactly one '/'; a query in the base stays at
// the end (as real cameras expect) unless the control brings its own. NUL-terminated into dst; KIN_ELIMIT when it does
// not fit. RFC 2326 appendix C.1.1.
int kin_uri_resolve_control(struct kin_span base, struct kin_span control, char *dst, size_t size);

#endif
