// The header of a JPEG, segment by segment, read as leniently as decoders do: what stands between two segments and is
// no marker is passed over, and so is an image that ends before its picture begins.
#ifndef KIN_JPEG_SEGMENTS_H
#define KIN_JPEG_SEGMENTS_H

#include "jpeg/markers.h"

#define KIN_JPEG_LEAD_MAX 512u    // bytes that may stand before SOI
#define KIN_JPEG_STRAY_MAX 65536u // bytes of a header that may belong to no segment

struct kin_jpeg_segment {
    uint8_t marker;
    size_t at;             // of its FF in the file
    struct kin_span bytes; // the marker's two bytes and what follows; SOI: two bytes
    struct kin_span body;  // behind the length
};

// Start with the file, whose SOI is at `at` - 2.
struct kin_jpeg_segments {
    struct kin_span file;
    size_t at;    // behind the last segment
    size_t stray; // bytes passed over so far
};

// The offset of SOI within the first KIN_JPEG_LEAD_MAX bytes: 0, or where FF D8 FF stands. s.n when there is none.
size_t kin_jpeg_find_soi(struct kin_span s);

// Does a segment stand at the beginning instead of SOI? So do samples whose container has SOI and the tables.
bool kin_jpeg_is_headless(struct kin_span s);

// Does this code stand for a segment or for SOI? Others are passed over in a header: reserved ones, restart markers,
// and an EOI before the frame header.
bool kin_jpeg_is_header_marker(uint8_t code);

// The next segment up to the first SOS, which is the last one; a second SOI counts as one. False at the end of the
// bytes, where a length cannot be, and behind too many stray bytes.
bool kin_jpeg_segments_next(struct kin_jpeg_segments *s, struct kin_jpeg_segment *ret);

#endif
