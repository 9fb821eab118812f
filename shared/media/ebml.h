// Parses the head of an EBML element (RFC 8794 section 6).
#ifndef KIN_MEDIA_EBML_H
#define KIN_MEDIA_EBML_H

#include "base/span.h"

#define KIN_EBML_HEAD 12u // 4 bytes of ID and 8 of length at most

struct kin_ebml_element {
    uint32_t id;        // with its marker bits
    uint64_t body, end; // offsets in the file; end is at most the end of the file
    bool unknown;       // the length is unknown (end is then the end of the file)
    bool cut;           // the length reaches past the end of the file
};

// A variable-length integer without its marker bit. Returns the number of its bytes, or 0 when `s` is too short or its
// first byte is 0.
size_t kin_ebml_vint(struct kin_span s, uint64_t *ret);

// A big-endian unsigned integer of 0 to 8 bytes; 0 for longer ones.
uint64_t kin_ebml_uint(struct kin_span body);

// The element whose head begins `s`, at offset `at` of a file of `size` bytes. KIN_OK; KIN_EMORE when the file ends
// within the head; KIN_EBAD when it is not an element.
int kin_ebml_parse(struct kin_span s, uint64_t at, uint64_t size, struct kin_ebml_element *ret);

#endif
