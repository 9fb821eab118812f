// proto/rtp_rtx: the original packet out of its retransmission (RFC 4588 section 4).
#include "base/err.h"
#include "proto/rtp_rtx.h"
#include "unit.h"

static const struct kin_rtp_header media = {.payload_type = 26, .ssrc = 0x05060708};

static struct kin_span restored(struct kin_span rtx, size_t room)
{
    static uint8_t bytes[64];
    size_t n = kin_rtp_rtx_restore(rtx, &media, bytes, room < sizeof bytes ? room : sizeof bytes);
    return unit_guarded(bytes, n);
}
#define CHECK_RESTORED(rtx, ...)                                                                                       \
    do {                                                                                                               \
        struct kin_span unit_got = restored((rtx), 64), unit_want = UNIT_BYTES(__VA_ARGS__);                           \
        CHECK(kin_span_eq(unit_got, unit_want));                                                                       \
    } while (0)

TEST(the_original_has_its_own_number_source_and_type)
{
    struct kin_span rtx = UNIT_BYTES(0x80, 0xe1, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1, // marker, type 97, number 9, SSRC 1
                                     0xff, 0xfe, 'a', 'b', 'c');               // number 65534
    CHECK_RESTORED(rtx, 0x80, 0x9a, 0xff, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8, 'a', 'b', 'c');
    CHECK_INT(restored(rtx, rtx.n - 2).n, rtx.n - 2);
    CHECK_INT(restored(rtx, rtx.n - 3).n, 0); // no room
out:;
}

// The extension belongs to the packet, and the original number stands behind it.
TEST(extension_and_contributors_stay_in_front)
{
    struct kin_span rtx = UNIT_BYTES(0x91, 97, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1, 9, 9, 9, 9, // one contributor
                                     0xff, 0xd8, 0, 1, 4, 4, 4, 4,                       // a word of extension
                                     0, 7, 'x');
    CHECK_RESTORED(rtx, 0x91, 26, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 0xff, 0xd8, 0, 1, 4, 4, 4, 4, 'x');
out:;
}

TEST(padding_is_left_away)
{
    struct kin_span rtx = UNIT_BYTES(0xa0, 97, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1, 0, 7, 'x', 0, 0, 3);
    CHECK_RESTORED(rtx, 0x80, 26, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 'x');
out:;
}

TEST(without_an_original_payload_it_is_none)
{
    CHECK_INT(restored(UNIT_BYTES(0x80, 97, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1, 0, 7), 64).n, 0);
    CHECK_INT(restored(UNIT_BYTES(0x80, 97, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1, 0), 64).n, 0);
    CHECK_INT(restored(UNIT_BYTES(0x80, 97, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1), 64).n, 0);
    CHECK_INT(restored(UNIT_BYTES(0xa0, 97, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1, 0, 7, 0, 2), 64).n, 0); // all padding
    CHECK_INT(restored(UNIT_BYTES(0x40, 97, 0, 9, 1, 2, 3, 4, 0, 0, 0, 1, 0, 7, 'x'), 64).n, 0);  // version
    CHECK_INT(restored(UNIT_BYTES(0x80, 97, 0, 9), 64).n, 0);
    CHECK_INT(restored(kin_span_make(NULL, 0), 64).n, 0);
out:;
}
