// Base64 as RFC 4648 section 4 has it, encoding only.
#ifndef KIN_BASE_BASE64_H
#define KIN_BASE_BASE64_H

#include "base/span.h"

// Characters that n bytes take, padding included.
static inline size_t kin_base64_length(size_t n)
{
    return n / 3 * 4 + (n % 3 != 0 ? 4 : 0);
}

// Writes kin_base64_length(in.n) characters to dst, without a NUL.
void kin_base64_encode(struct kin_span in, uint8_t *dst);

#endif
