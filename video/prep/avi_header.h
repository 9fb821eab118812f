// The header of an AVI: everything before the first frame, always of the same length, so that it can be completed last.
#ifndef PREP_AVI_HEADER_H
#define PREP_AVI_HEADER_H

#include "avi.h"
#include "base/wr.h"

#define AVI_FRAME_CHUNK "00dc"
#define AVI_INDEX_CHUNK "ix00"
#define AVI_CHUNK_HEAD 8u // name, length
#define AVI_LIST_HEAD 12u // and the kind of list
#define AVI_SUPER_BYTES (24u + 16u * AVI_MAX_PARTS)
#define AVI_STRL_BYTES (4u + (8u + 56u) + (8u + 40u) + (8u + AVI_SUPER_BYTES))
#define AVI_HDRL_BYTES (4u + (8u + 56u) + (8u + AVI_STRL_BYTES) + (12u + 8u + 4u))
#define AVI_MOVI_AT (AVI_LIST_HEAD + 8u + AVI_HDRL_BYTES) // of the list with the frames in the first part
#define AVI_HEADER_BYTES (AVI_MOVI_AT + AVI_LIST_HEAD)

// The head of a list, such as "RIFF", length, "AVI ". `length` counts the kind and what follows it.
void avi_put_list(struct kin_wr *w, const char *list, uint64_t length, const char *kind);

// The whole header, once all parts are finished.
void avi_put_header(struct kin_wr *w, const struct avi *a);

#endif
