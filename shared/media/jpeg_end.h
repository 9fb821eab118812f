// Finds where a JPEG in a file begins and ends.
#ifndef KIN_MEDIA_JPEG_END_H
#define KIN_MEDIA_JPEG_END_H

#include "media/reader.h"

// Counts the bytes before the SOI in a chunk of `length` bytes at `at`: at most KIN_JPEG_LEAD_MAX, or `length` if there
// is no JPEG. KIN_OK or KIN_EIO.
int kin_jpeg_chunk_lead(struct kin_window *w, uint64_t at, uint64_t length, uint64_t *ret_lead);

struct kin_jpeg_walk {
    struct kin_window *window;
    struct kin_reel_builder *b; // for progress and reasons
    bool in_scan;               // kin_jpeg_walk_end() stopped in or after a scan
};

// Scans the JPEG at *at and moves *at to its end (END) or to where it is no longer a JPEG (BAD). MORE: the file ended
// first. KIN_OK; KIN_ELIMIT, with a reason, when it is longer than KIN_FRAME_MAX_BYTES; KIN_EIO; KIN_ECANCELED.
int kin_jpeg_walk_end(struct kin_jpeg_walk *w, uint64_t *at, enum kin_jpeg_scan_result *ret);

#endif
