// engine/rtp/jpeg_assembler: why a frame cannot be used is counted and can be said; "brought no frame" was all there
// was.
#include "base/err.h"
#include "engine/rtp/jpeg_assembler.h"
#include "unit.h"

static int feed(struct kin_jpeg_assembler *a, unsigned i, struct kin_span payload, bool marker)
{
    struct kin_rtp_arrival arrival = {
        .packet = {.h = {.marker = marker, .payload_type = 26, .seq = (uint16_t)i, .ts = i * 3600}, .payload = payload},
        .at = i,
        .seq = i,
        .ts = i * UINT64_C(3600),
        .new_source = i == 0,
    };
    return kin_jpeg_assembler_feed(a, &arrival);
}

#define MAX_PAYLOAD 700
static const struct {
    enum kin_jpeg_trouble trouble;
    uint32_t detail;
    uint8_t head[12]; // type-specific, offset, type, Q, width, height, MBZ, precision, table bytes
    size_t n;         // of the payload
    bool rtp_only;    // where the kind of payload has to be found out first it is taken for the middle of a frame
} cases[] = {
    {KIN_JPEG_TROUBLE_Q, 100, {0, 0, 0, 0, 1, 100, 2, 2}, 40, false},
    {KIN_JPEG_TROUBLE_Q, 127, {0, 0, 0, 0, 65, 127, 2, 2}, 40, false},
    {KIN_JPEG_TROUBLE_Q, 0, {0, 0, 0, 0, 1, 0, 2, 2}, 40, false},
    {KIN_JPEG_TROUBLE_TYPE, 7, {0, 0, 0, 0, 7, 50, 2, 2}, 40, false},
    {KIN_JPEG_TROUBLE_TYPE, 200, {0, 0, 0, 0, 200, 50, 2, 2}, 40, false},
    {KIN_JPEG_TROUBLE_NO_TABLES, 200, {0, 0, 0, 0, 1, 200, 2, 2, 0, 0, 0, 0}, 40, false},
    {KIN_JPEG_TROUBLE_NO_TABLES, 255, {0, 0, 0, 0, 1, 255, 2, 2, 0, 0, 0, 0}, 40, false},
    {KIN_JPEG_TROUBLE_TABLES, 100, {0, 0, 0, 0, 1, 255, 2, 2, 0, 0, 0, 100}, 200, false},
    {KIN_JPEG_TROUBLE_TABLES, 320, {0, 0, 0, 0, 1, 255, 2, 2, 0, 0, 1, 64}, 400, false},
    {KIN_JPEG_TROUBLE_TABLES, 640, {0, 0, 0, 0, 1, 255, 2, 2, 0, 15, 2, 128}, 700, false},
    {KIN_JPEG_TROUBLE_TABLES, 64, {0, 0, 0, 0, 1, 255, 2, 2, 0, 1, 0, 64}, 200, false}, // half a wide one
    {KIN_JPEG_TROUBLE_SHORT, 5, {0, 0, 0, 0, 1, 50, 2, 2}, 5, false},
    {KIN_JPEG_TROUBLE_SHORT, 60, {0, 0, 0, 0, 1, 255, 2, 2, 0, 0, 0, 128}, 60, false},
    {KIN_JPEG_TROUBLE_EMPTY, 0, {0, 0, 0, 0, 1, 50, 2, 2}, 8, true},
    {KIN_JPEG_TROUBLE_NO_JPEG, 0, {9, 1, 2, 3, 77, 50, 2, 2}, 40, false},
};

static void check_trouble(size_t i, enum kin_payload_format format)
{
    static uint8_t payload[MAX_PAYLOAD];
    struct kin_jpeg_assembler *a = kin_jpeg_assembler_new(&(struct kin_jpeg_assembler_options){.format = format});
    struct kin_jpeg_assembler_stats stats;
    enum kin_jpeg_trouble trouble;
    CHECK(a != NULL);
    memset(payload, 0, sizeof payload);
    memcpy(payload, cases[i].head, sizeof cases[i].head);
    for (unsigned n = 0; n < 3; n++)
        CHECK_INT(feed(a, n, unit_guarded(payload, cases[i].n), true), KIN_OK);
    kin_jpeg_assembler_stats(a, &stats);
    CHECK(kin_jpeg_assembler_trouble(&stats, &trouble));
    CHECK_INT(trouble, cases[i].trouble);
    CHECK_INT(stats.troubles[trouble].frames, 3);
    CHECK_INT(stats.troubles[trouble].detail, cases[i].detail);
    CHECK_INT(stats.complete, 0);
out:
    kin_jpeg_assembler_free(a);
}

TEST(what_cannot_be_used_is_named)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] && !unit_failed(); i++) {
        if (cases[i].trouble != KIN_JPEG_TROUBLE_NO_JPEG)
            check_trouble(i, KIN_PAYLOAD_JPEG);
        if (!cases[i].rtp_only)
            check_trouble(i, KIN_PAYLOAD_UNKNOWN);
    }
}

// Frames of three packets each; the cause is counted once for each frame, and no other.
static void check_long_frames(enum kin_jpeg_trouble want, const uint8_t offsets[3], uint8_t q)
{
    struct kin_jpeg_assembler *a = kin_jpeg_assembler_new(
        &(struct kin_jpeg_assembler_options){.format = KIN_PAYLOAD_UNKNOWN});
    struct kin_jpeg_assembler_stats stats;
    uint64_t all = 0;
    CHECK(a != NULL);
    for (unsigned n = 1; n <= 4; n++)
        for (unsigned i = 0; i < 3; i++)
            CHECK_INT(feed(a, n, UNIT_BYTES(0, 0, 0, offsets[i], 1, q, 2, 2, 1, 2), i == 2), KIN_OK);
    kin_jpeg_assembler_stats(a, &stats);
    for (unsigned i = 0; i < KIN_JPEG_TROUBLE_COUNT; i++)
        all += stats.troubles[i].frames;
    CHECK_INT(stats.troubles[want].frames, 4);
    CHECK_INT(all, 4);
    CHECK_INT(stats.partial, 4);
out:
    kin_jpeg_assembler_free(a);
}

// Regression: the end of a frame that was refused counted as no JPEG, and every damaged packet as a frame.
TEST(a_frame_has_one_cause)
{
    check_long_frames(KIN_JPEG_TROUBLE_Q, (const uint8_t[]){0, 2, 4}, 100);
    check_long_frames(KIN_JPEG_TROUBLE_OFFSET, (const uint8_t[]){0, 2, 9}, 50);
    check_long_frames(KIN_JPEG_TROUBLE_OFFSET, (const uint8_t[]){0, 9, 11}, 50);
}

TEST(the_most_frequent_one_is_given)
{
    struct kin_jpeg_assembler_stats stats = {.complete = 0};
    enum kin_jpeg_trouble trouble;
    CHECK(!kin_jpeg_assembler_trouble(&stats, &trouble));
    stats.troubles[KIN_JPEG_TROUBLE_OTHER].frames = 3;
    stats.troubles[KIN_JPEG_TROUBLE_Q].frames = 3;
    stats.troubles[KIN_JPEG_TROUBLE_TYPE].frames = 4;
    CHECK(kin_jpeg_assembler_trouble(&stats, &trouble));
    CHECK_INT(trouble, KIN_JPEG_TROUBLE_TYPE);
out:;
}

// A reader that comes in the middle of a frame has no trouble yet.
TEST(the_middle_of_a_frame_is_no_trouble)
{
    struct kin_jpeg_assembler *a = kin_jpeg_assembler_new(
        &(struct kin_jpeg_assembler_options){.format = KIN_PAYLOAD_UNKNOWN});
    struct kin_jpeg_assembler_stats stats;
    enum kin_jpeg_trouble trouble;
    CHECK(a != NULL);
    for (unsigned n = 0; n < 3; n++)
        CHECK_INT(feed(a, 0, UNIT_BYTES(0, 0, 9, (uint8_t)n, 1, 50, 2, 2, 1, 2), false), KIN_OK);
    kin_jpeg_assembler_stats(a, &stats);
    CHECK(!kin_jpeg_assembler_trouble(&stats, &trouble));
out:
    kin_jpeg_assembler_free(a);
}
