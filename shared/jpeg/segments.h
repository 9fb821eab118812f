// Iterates over the segments of a JPEG's header, as leniently as decoders do: skips bytes between segments that are no
// marker, and an image that ends before its scan.
#ifndef KIN_JPEG_SEGMENTS_H
#define KIN_JPEG_SEGMENTS_H

#include "jpeg/markers.h"

#define KIN_JPEG_LEAD_MAX 512u    // bytes that may stand before SOI
#define KIN_JPEG_STRAY_MAX 65536u // bytes of a header that may belong to no segment

struct kin_jpeg_segment {
    uint8_t marker;
    size_t at;             // offset of its FF in the file
    struct kin_span bytes; // marker, length and body; SOI: the marker alone
    struct kin_span body;  // after the length
};

// Initialise with the file and `at`, the offset after its SOI.
struct kin_jpeg_segments {
    struct kin_span file;
    size_t at;    // offset after the last segment
    size_t stray; // bytes skipped so far
};

// The offset of SOI within the first KIN_JPEG_LEAD_MAX bytes: 0, or where FF D8 FF stands. s.n when there is none.
size_t kin_jpeg_find_soi(struct kin_span s);

// Whether `s` begins with a segment instead of SOI, as samples do whose container has SOI and the tables.
bool kin_jpeg_is_headless(struct kin_span s);

// Whether this code begins a segment or is SOI. Other codes are skipped in a header: reserved ones, restart markers,
// and an EOI before the frame header.
bool kin_jpeg_is_header_marker(uint8_t code);

// The next segment; the first SOS is the last one, and a second SOI counts as a segment. False at the end of the bytes,
// at an invalid length, and after more than KIN_JPEG_STRAY_MAX stray bytes.
bool kin_jpeg_segments_next(struct kin_jpeg_segments *s, struct kin_jpeg_segment *ret);

#endif
