// Tells elements of a Matroska file (RFC 9559) from damage by their first bytes.
#ifndef KIN_MEDIA_MKV_RESYNC_H
#define KIN_MEDIA_MKV_RESYNC_H

#include "media/ebml.h"

#define KIN_MKV_START_BYTES 96u // bytes that kin_mkv_is_start() needs at most

// Whether the element is one that a segment may contain from its first cluster on, at any level.
bool kin_mkv_is_known(const struct kin_ebml_element *e);

// Whether a walk can resume after damage with the bytes `s`, at offset `at` of a file of `size` bytes. True for a
// cluster, for a block (also in a group) of `track` that begins with a JPEG, and for a cluster's time directly before
// such a block.
bool kin_mkv_is_start(struct kin_span s, uint64_t at, uint64_t size, uint64_t track);

#endif
