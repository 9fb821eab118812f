// Base64, three bytes at a time.
#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_group(uint32_t bits, uint8_t *dst)
{
    for (int i = 0; i < 4; i++)
        dst[i] = (uint8_t)digits[bits >> (18 - 6 * i) & 63];
}

void kin_base64_encode(struct kin_span in, uint8_t *dst)
{
    size_t whole = in.n / 3 * 3, rest = in.n - whole;
    for (size_t i = 0; i < whole; i += 3, dst += 4)
        encode_group((uint32_t)in.p[i] << 16 | (uint32_t)in.p[i + 1] << 8 | in.p[i + 2], dst);
    if (rest == 0)
        return;
    encode_group((uint32_t)in.p[whole] << 16 | (rest == 2 ? (uint32_t)in.p[whole + 1] << 8 : 0), dst);
    memset(dst + 1 + rest, '=', 3 - rest);
}
