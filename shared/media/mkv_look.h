// Tells elements of a Matroska file (RFC 9559) from damage, by the bytes at their beginning.
#ifndef KIN_MEDIA_MKV_LOOK_H
#define KIN_MEDIA_MKV_LOOK_H

#include "media/ebml.h"

#define KIN_MKV_LOOK 96u // bytes that kin_mkv_is_start() looks at, at most

// May the element stand in a segment from its first cluster on: beside clusters, in one, or in a group of blocks?
bool kin_mkv_is_known(const struct kin_ebml_element *e);

// Does a walk that met damage find its way again at offset `at` of a file of `size` bytes, where the bytes `s` stand?
// True for a cluster, for a block that begins with a JPEG of `track`, also in a group, and for a cluster's time in
// front of one.
bool kin_mkv_is_start(struct kin_span s, uint64_t at, uint64_t size, uint64_t track);

#endif
