// base/base64: the vectors of RFC 4648 section 10, every digit, and never a byte too far.
#include "base/base64.h"

#include "unit.h"

TEST(base64_encodes_as_the_rfc_does)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    uint8_t out[16];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        size_t n = strlen(pairs[i][0]);
        memset(out, '!', sizeof out);
        kin_base64_encode(unit_guarded(pairs[i][0], n), out);
        CHECK_SPAN(kin_span_make(out, kin_base64_length(n)), pairs[i][1]);
        CHECK_INT(out[kin_base64_length(n)], '!');
    }
out:
    return;
}

TEST(base64_has_sixty_four_digits)
{
    static const char want[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t in[48], out[64];
    for (unsigned i = 0; i < 64; i += 4) {
        uint32_t bits = i << 18 | (i + 1) << 12 | (i + 2) << 6 | (i + 3);
        for (unsigned k = 0; k < 3; k++)
            in[i / 4 * 3 + k] = (uint8_t)(bits >> (16 - 8 * k));
    }
    kin_base64_encode(kin_span_make(in, sizeof in), out);
    CHECK_SPAN(kin_span_make(out, sizeof out), want);
out:
    return;
}
