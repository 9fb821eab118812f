// Parses the head of a Matroska block (RFC 9559 section 10): track, time, and the lengths of its frames.
#ifndef KIN_MEDIA_MKV_BLOCK_H
#define KIN_MEDIA_MKV_BLOCK_H

#include "base/span.h"

#define KIN_MKV_BLOCK_HEAD 65536u // bytes of a block in which its head must lie
#define KIN_MKV_LACE_MAX 256u     // frames in a block

struct kin_mkv_block {
    uint64_t track;
    int16_t relative;  // ticks from the cluster's time
    size_t head_bytes; // offset of the first frame; the frames adjoin
    unsigned count;    // 1..KIN_MKV_LACE_MAX
    uint32_t lengths[KIN_MKV_LACE_MAX];
};

// `head` is the beginning of a block of `length` bytes. KIN_OK, or KIN_EBAD when its sizes contradict.
int kin_mkv_block_parse(struct kin_span head, uint64_t length, struct kin_mkv_block *ret);

#endif
