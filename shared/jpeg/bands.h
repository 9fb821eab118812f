// Makes a JPEG of which parts are missing whole again where it has restart markers: each restart interval decodes by
// itself (T.81 section E.1.4), so that those that came completely can be shown. The others become intervals without
// contents, which decode to gray, and a list says which MCUs these are. Pure; any bytes may come.
//
// Restart markers count modulo 8. Where more than that may be missing, the place of an interval follows from the
// beginning of the scan, from its end, or from the sender (RFC 2435 section 3.1.7, proto/rtp_xqt.h); between two holes,
// from the bytes missing and the lengths of the intervals beside them, if only one multiple of 8 is plausible.
// Intervals whose place is in doubt count as missing.
#ifndef KIN_JPEG_BANDS_H
#define KIN_JPEG_BANDS_H

#include "base/buf.h"

#define KIN_JPEG_HOLES_MAX 16
#define KIN_JPEG_GAPS_MAX 8

struct kin_jpeg_hole {
    size_t at;         // offset in the bytes that came: something is missing before this one
    size_t missing;    // bytes, as far as can be told
    bool ends;         // the interval before the hole came to its end
    bool begins;       // an interval begins behind the hole, perhaps with the restart marker in front of it:
    uint32_t interval; // this one, from 0
};

struct kin_jpeg_torn {
    struct kin_span bytes; // what came, from SOI on
    unsigned count;
    struct kin_jpeg_hole holes[KIN_JPEG_HOLES_MAX]; // ascending; all of them behind the beginning of the scan
    bool cut;                                       // the end is missing, too
};

// Which MCUs are missing, counted line by line.
struct kin_jpeg_gaps {
    uint8_t count;                 // 0: none
    uint8_t mcu_width, mcu_height; // pixels
    uint16_t columns;              // MCUs in a line
    struct {
        uint32_t from, to;
    } mcus[KIN_JPEG_GAPS_MAX]; // ascending, apart from each other
};

// KIN_OK: *ret is a new buffer with one reference, of at most `max` bytes, a JPEG that ends with EOI and has all its
// intervals; *ret_gaps is filled. Else nothing can be told of it: KIN_EUNSUPPORTED (no restart markers, other than
// baseline coding of one scan, no interval whose place is known), KIN_EBAD (it contradicts itself), KIN_ELIMIT (more
// than `max` bytes, or a larger picture than KIN_JPEG_BLOCKS_FREE), KIN_ENOMEM.
int kin_jpeg_bands(const struct kin_jpeg_torn *torn, size_t max, struct kin_buf **ret, struct kin_jpeg_gaps *ret_gaps);

#endif
