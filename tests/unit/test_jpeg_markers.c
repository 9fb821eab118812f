// jpeg/markers: the walk over a file in memory and the scanner over a stream, on good, cut and damaged pictures.
#include "base/err.h"
#include "base/wr.h"
#include "jpeg/markers.h"
#include "jpeg/segments.h"
#include "sample.h"
#include "unit.h"

static const char *const all_samples[] = {
    "420.jpg",    "422.jpg",   "422_2x2_1x2.jpg",    "444.jpg",       "440.jpg",
    "411.jpg",    "gray.jpg",  "progressive.jpg",    "optimized.jpg", "dri.jpg",
    "onedqt.jpg", "nodht.jpg", "exif_thumbnail.jpg",
};
#define SAMPLES (sizeof all_samples / sizeof all_samples[0])

TEST(walk_reads_the_headers)
{
    struct kin_jpeg_info info = {.sof = 0};
    struct kin_buf *file = sample_load("420.jpg");
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    CHECK_INT(info.sof, KIN_JPEG_SOF0);
    CHECK_INT(info.bits, 8);
    CHECK_INT(info.width, 64);
    CHECK_INT(info.height, 48);
    CHECK_INT(info.component_count, 3);
    CHECK_INT(info.components[0].h, 2);
    CHECK_INT(info.components[0].v, 2);
    CHECK_INT(info.components[1].tq, 1);
    CHECK_INT(info.components[2].td, 1);
    CHECK_INT(info.components[2].ta, 1);
    CHECK(info.dqt[0].present && info.dqt[1].present && !info.dqt[2].present);
    CHECK(info.has_dht && info.standard_huffman && !info.has_adobe && info.has_eoi);
    CHECK_INT(info.scan_count, 1);
    CHECK_INT(info.first_scan_components, 3);
    CHECK_INT(info.length, file->len);
    CHECK_INT(info.scan_offset + info.scan.n + 2, file->len);
    CHECK(info.scan.p == file->data + info.scan_offset);
out:
    kin_buf_unref(file);
}

TEST(walk_knows_every_kind)
{
    static const struct {
        const char *name;
        uint8_t sof, components, h, v;
        uint16_t restart;
        bool dht, standard, one_scan;
    } want[] = {
        {"422.jpg", KIN_JPEG_SOF0, 3, 2, 1, 0, true, true, true},
        {"422_2x2_1x2.jpg", KIN_JPEG_SOF0, 3, 2, 2, 0, true, true, true},
        {"444.jpg", KIN_JPEG_SOF0, 3, 1, 1, 0, true, true, true},
        {"gray.jpg", KIN_JPEG_SOF0, 1, 1, 1, 0, true, true, true},
        {"progressive.jpg", KIN_JPEG_SOF2, 3, 2, 2, 0, true, false, false},
        {"optimized.jpg", KIN_JPEG_SOF0, 3, 2, 2, 0, true, false, true},
        {"dri.jpg", KIN_JPEG_SOF0, 3, 2, 2, 3, true, true, true},
        {"nodht.jpg", KIN_JPEG_SOF0, 3, 2, 2, 0, false, true, true},
        {"exif_thumbnail.jpg", KIN_JPEG_SOF0, 3, 2, 2, 0, true, true, true},
    };
    struct kin_buf *file = NULL;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct kin_jpeg_info info;
        file = sample_load(want[i].name);
        CHECK(file != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
        CHECK_INT(info.sof, want[i].sof);
        CHECK_INT(info.component_count, want[i].components);
        CHECK_INT(info.components[0].h, want[i].h);
        CHECK_INT(info.components[0].v, want[i].v);
        CHECK_INT(info.restart_interval, want[i].restart);
        CHECK_INT(info.has_dht, want[i].dht);
        CHECK_INT(info.standard_huffman, want[i].standard);
        CHECK_INT(info.scan_count == 1, want[i].one_scan);
        CHECK_INT(info.length, file->len);
        kin_buf_unref(file);
        file = NULL;
    }
out:
    kin_buf_unref(file);
}

TEST(walk_stops_at_the_end_of_the_image)
{
    struct kin_jpeg_info info;
    struct kin_buf *a = sample_load("exif_thumbnail.jpg");
    struct kin_buf *two = kin_buf_new(2 * SAMPLE_MAX_BYTES);
    CHECK(a != NULL && two != NULL);
    memcpy(two->data, a->data, a->len);
    memcpy(two->data + a->len, a->data, a->len);
    two->len = 2 * a->len;
    CHECK_INT(kin_jpeg_walk(kin_buf_span(two), &info, NULL), KIN_OK);
    CHECK_INT(info.length, a->len);
    CHECK_INT(info.width, 64); // not the 40 of the thumbnail
out:
    kin_buf_unref(a);
    kin_buf_unref(two);
}

// A short file, field by field, that the cases below damage.
#define DQT_SEGMENT 0xff, 0xdb, 0, 67, 0, Q16, Q16, Q16, Q16
#define Q16 1, Q15
#define Q15 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#define SOF_SEGMENT 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0
#define SOS_SEGMENT 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0

TEST(walk_says_what_is_wrong)
{
    static const struct {
        const char *why;
        uint8_t bytes[40];
        size_t n;
    } cases[] = {
        {"no JPEG: it does not begin with FF D8", {0xff, 0xd9, 0, 0}, 4},
        {"the file ends before the picture", {0xff, 0xd8, 0xff, 0xff}, 4},
        {"the file ends before the picture", {0xff, 0xd8, 0xff, 0xd9}, 4},
        {"the file ends before the picture", {0xff, 0xd8, 0x00, 0xd9}, 4},
        {"the file ends before the picture", {0xff, 0xd8, 0xff, 0xd8}, 4},
        {"the image ends before the picture", {0xff, 0xd8, SOF_SEGMENT, 0xff, 0xd9}, 17},
        {"a second image begins inside this one", {0xff, 0xd8, SOF_SEGMENT, 0xff, 0xd8}, 17},
        {"an unknown marker", {0xff, 0xd8, 0xff, 0xc8, 0, 2}, 6},
        {"segment without a length", {0xff, 0xd8, 0xff, 0xdb, 0, 1}, 6},
        {"segment length past the end of the file", {0xff, 0xd8, 0xff, 0xe1, 0, 3}, 6},
        {"segment length past the end of the file", {0xff, 0xd8, 0xff, 0xe1, 0}, 5},
        {"quantization table number out of range", {0xff, 0xd8, 0xff, 0xdb, 0, 3, 4}, 7},
        {"quantization table number out of range", {0xff, 0xd8, 0xff, 0xdb, 0, 3, 0x20}, 7},
        {"quantization table too short", {0xff, 0xd8, 0xff, 0xdb, 0, 4, 0, 1}, 8},
        {"Huffman table number out of range", {0xff, 0xd8, 0xff, 0xc4, 0, 19, 0x20, Q16}, 23},
        {"Huffman table number out of range", {0xff, 0xd8, 0xff, 0xc4, 0, 19, 0x04, Q16}, 23},
        {"Huffman table too short", {0xff, 0xd8, 0xff, 0xc4, 0, 19, 0x00, Q16}, 23},
        {"more than 256 Huffman codes", {0xff, 0xd8, 0xff, 0xc4, 0, 19, 0, 255, 2, 0}, 23},
        {"restart interval of a wrong length", {0xff, 0xd8, 0xff, 0xdd, 0, 3, 0}, 7},
        {"a scan before the frame header", {0xff, 0xd8, SOS_SEGMENT}, 12},
        {"no width or height", {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 8, 1, 1, 0x11, 0}, 15},
        {"number of components out of range", {0xff, 0xd8, 0xff, 0xc0, 0, 8, 8, 0, 8, 0, 8, 0}, 12},
        {"number of components out of range", {0xff, 0xd8, 0xff, 0xc0, 0, 8, 8, 0, 8, 0, 8, 5}, 12},
        {"frame header too short", {0xff, 0xd8, 0xff, 0xc0, 0, 8, 8, 0, 8, 0, 8, 1}, 12},
        {"frame header too short", {0xff, 0xd8, 0xff, 0xc0, 0, 2}, 6},
        {"sampling factor out of range", {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x01, 0}, 15},
        {"sampling factor out of range", {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x15, 0}, 15},
        {"quantization table number out of range", {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 4}, 15},
        {"a second frame header", {0xff, 0xd8, SOF_SEGMENT, SOF_SEGMENT}, 28},
        {"a scan of a component that the frame does not have",
         {0xff, 0xd8, SOF_SEGMENT, 0xff, 0xda, 0, 8, 1, 2, 0, 0, 63, 0},
         25},
        {"Huffman table number out of range", {0xff, 0xd8, SOF_SEGMENT, 0xff, 0xda, 0, 8, 1, 1, 0x40, 0, 63, 0}, 25},
        {"scan header of a wrong length", {0xff, 0xd8, SOF_SEGMENT, 0xff, 0xda, 0, 8, 2, 1, 0, 0, 63, 0}, 25},
        {"scan header of a wrong length", {0xff, 0xd8, SOF_SEGMENT, 0xff, 0xda, 0, 7, 1, 1, 0, 0, 63}, 24},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kin_jpeg_info info = {.width = 7};
        const char *why = NULL;
        CHECK_INT(kin_jpeg_walk(unit_guarded(cases[i].bytes, cases[i].n), &info, &why), KIN_EBAD);
        CHECK_SPAN(kin_span_str(why), cases[i].why);
        CHECK_INT(info.width, 7); // untouched
    }
out:;
}

TEST(walk_keeps_stuffing_restarts_and_fill)
{
    struct kin_jpeg_info info;
    const uint8_t bytes[] = {0xff, 0xd8, DQT_SEGMENT, SOF_SEGMENT, 0xff, 0xff, SOS_SEGMENT,
                             0x12, 0xff, 0x00,        0x34,        0xff, 0xd0, 0x56, // stuffed FF, RST0
                             0xff, 0xff, 0xd9,        0x99};                         // fill before EOI, junk after it
    struct kin_span file = unit_guarded(bytes, sizeof bytes);
    CHECK_INT(kin_jpeg_walk(file, &info, NULL), KIN_OK);
    CHECK_INT(info.scan.n, 7);
    CHECK_INT(info.scan.p[6], 0x56);
    CHECK_INT(info.length, sizeof bytes - 1);
    CHECK(info.has_eoi && info.standard_huffman && !info.has_dht);
out:;
}

TEST(walk_accepts_a_missing_eoi)
{
    struct kin_jpeg_info info;
    const uint8_t bytes[] = {0xff, 0xd8, DQT_SEGMENT, SOF_SEGMENT, SOS_SEGMENT, 0x12, 0x34, 0xff};
    CHECK_INT(kin_jpeg_walk(unit_guarded(bytes, sizeof bytes), &info, NULL), KIN_OK);
    CHECK(!info.has_eoi);
    CHECK_INT(info.scan.n, 3);
    CHECK_INT(info.length, sizeof bytes);
out:;
}

TEST(walk_reads_adobe)
{
    struct kin_jpeg_info info;
    const uint8_t bytes[] = {0xff, 0xd8, 0xff, 0xee, 0, 14, 'A',         'd',         'o',  'b',  'e', 0,
                             100,  0,    0,    0,    0, 2,  SOF_SEGMENT, SOS_SEGMENT, 0x12, 0xff, 0xd9};
    CHECK_INT(kin_jpeg_walk(unit_guarded(bytes, sizeof bytes), &info, NULL), KIN_OK);
    CHECK(info.has_adobe);
    CHECK_INT(info.adobe_transform, 2);
out:;
}

TEST(walk_reads_jfif)
{
    struct kin_jpeg_info info;
    uint8_t bytes[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F',         'I',         'F',  0,    1,   2,
                       0,    0,    1,    0,    1, 0,  0,   SOF_SEGMENT, SOS_SEGMENT, 0x12, 0xff, 0xd9};
    CHECK_INT(kin_jpeg_walk(unit_guarded(bytes, sizeof bytes), &info, NULL), KIN_OK);
    CHECK(info.has_jfif);
    bytes[9] = 'X'; // JFXX
    CHECK_INT(kin_jpeg_walk(unit_guarded(bytes, sizeof bytes), &info, NULL), KIN_OK);
    CHECK(!info.has_jfif);
out:;
}

// Once a decoder has begun the scan, tables are for scans to come.
TEST(tables_behind_the_scan_do_not_count)
{
    struct kin_jpeg_info info;
    const uint8_t bytes[] = {0xff, 0xd8, DQT_SEGMENT, SOF_SEGMENT, SOS_SEGMENT, 0x12, 0xff, 0xdb, 0,
                             67,   0,    9,           Q16,         Q16,         Q16,  Q15,  0xff, 0xdb,
                             0,    67,   1,           Q16,         Q16,         Q16,  Q16,  0xff, 0xd9};
    CHECK_INT(kin_jpeg_walk(unit_guarded(bytes, sizeof bytes), &info, NULL), KIN_OK);
    CHECK_INT(info.dqt[0].data.p[0], 1);
    CHECK(info.dqt[1].present);
out:;
}

#define SOF_THREE(a, b, c) 0xff, 0xc0, 0, 17, 8, 0, 8, 0, 8, 3, a, 0x11, 0, b, 0x11, 0, c, 0x11, 0
#define SOS_THREE(a, y, b, cb, c, cr) 0xff, 0xda, 0, 12, 3, a, y, b, cb, c, cr, 0, 63, 0

// Without DHT the numbers 0 and 1 mean the standard tables for luma and for chroma, whoever uses them.
TEST(missing_tables_are_meant_by_number)
{
    static const struct {
        uint8_t y, cb, cr;
        bool standard;
    } cases[] = {{0x00, 0x11, 0x11, true},
                 {0x00, 0x00, 0x00, false},
                 {0x11, 0x00, 0x00, false},
                 {0x00, 0x11, 0x10, false},
                 {0x22, 0x33, 0x33, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kin_jpeg_info info;
        const uint8_t bytes[] = {
            0xff, 0xd8, SOF_THREE(1, 2, 3), SOS_THREE(1, cases[i].y, 2, cases[i].cb, 3, cases[i].cr), 0x12, 0xff, 0xd9};
        CHECK_INT(kin_jpeg_walk(unit_guarded(bytes, sizeof bytes), &info, NULL), KIN_OK);
        CHECK_INT(info.standard_huffman, cases[i].standard);
    }
out:;
}

// Players take the components of a scan for Y, Cb, Cr as they come, so another order would exchange the colours.
TEST(scans_keep_the_order_of_the_frame)
{
    static const struct {
        uint8_t frame[3], scan[3];
        int err;
    } cases[] = {{{0, 1, 2}, {0, 1, 2}, KIN_OK},   {{7, 3, 5}, {7, 3, 5}, KIN_OK},   {{0, 0, 0}, {0, 0, 0}, KIN_OK},
                 {{1, 2, 2}, {1, 2, 2}, KIN_OK},   {{1, 3, 2}, {1, 2, 3}, KIN_EBAD}, {{3, 1, 2}, {1, 2, 3}, KIN_EBAD},
                 {{1, 2, 3}, {1, 2, 2}, KIN_EBAD}, {{1, 2, 3}, {1, 1, 2}, KIN_EBAD}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint8_t *f = cases[i].frame, *s = cases[i].scan;
        const uint8_t bytes[] = {
            0xff, 0xd8, SOF_THREE(f[0], f[1], f[2]), SOS_THREE(s[0], 0, s[1], 0x11, s[2], 0x11), 0x12, 0xff, 0xd9};
        struct kin_jpeg_info info;
        const char *why = "";
        CHECK_INT(kin_jpeg_walk(unit_guarded(bytes, sizeof bytes), &info, &why), cases[i].err);
        if (cases[i].err != KIN_OK)
            CHECK_SPAN(kin_span_str(why), "a component twice in a scan, or out of the frame's order");
    }
out:;
}

// Every prefix of a file, each ending right before an unmapped page.
static void cut(const struct kin_buf *file)
{
    uint8_t *end = (uint8_t *)(uintptr_t)unit_guarded(file->data, file->len).p + file->len;
    for (size_t n = 0; n < file->len; n++) {
        struct kin_jpeg_info info = {.sof = 0};
        memcpy(end - n, file->data, n);
        int err = kin_jpeg_walk(kin_span_make(end - n, n), &info, NULL);
        CHECK(err == KIN_EBAD || (err == KIN_OK && info.length <= n && info.scan_count > 0));
    }
out:;
}

TEST(walk_survives_every_cut)
{
    struct kin_buf *file = NULL;
    for (size_t i = 0; i < SAMPLES; i++) {
        file = sample_load(all_samples[i]);
        CHECK(file != NULL);
        cut(file);
        kin_buf_unref(file);
        file = NULL;
    }
out:
    kin_buf_unref(file);
}

// Every byte of a file set to values that markers and lengths are made of.
static void damage(struct kin_buf *file)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xc0, 0xc4, 0xd0, 0xd8, 0xd9, 0xda, 0xff};
    for (size_t at = 0; at < file->len; at++) {
        uint8_t was = file->data[at];
        for (size_t k = 0; k < sizeof values; k++) {
            struct kin_jpeg_info info = {.sof = 0};
            struct kin_jpeg_scanner s = {.state = 0};
            size_t used = 0;
            file->data[at] = values[k];
            if (kin_jpeg_walk(kin_buf_span(file), &info, NULL) == KIN_OK)
                CHECK(info.length <= file->len && info.scan_offset + info.scan.n <= info.length);
            CHECK(kin_jpeg_scanner_feed(&s, kin_buf_span(file), &used) <= KIN_JPEG_SCAN_END);
            CHECK(used <= file->len && s.passed == used);
        }
        file->data[at] = was;
    }
out:;
}

TEST(walk_and_scanner_survive_every_damage)
{
    struct kin_buf *whole = NULL, *exact = NULL;
    for (size_t i = 0; i < SAMPLES; i++) {
        whole = sample_load(all_samples[i]);
        exact = whole != NULL ? kin_buf_copy(kin_buf_span(whole)) : NULL; // so that a sanitizer sees its end
        CHECK(exact != NULL);
        damage(exact);
        kin_buf_unref(whole);
        kin_buf_unref(exact);
        whole = exact = NULL;
    }
out:
    kin_buf_unref(whole);
    kin_buf_unref(exact);
}

// --- the scanner

// Feeds pieces of `step` bytes; the offset where it ended is returned, the result in *ret.
static size_t scan(struct kin_span in, size_t step, enum kin_jpeg_scan_result *ret, struct kin_jpeg_scanner *s)
{
    size_t at = 0;
    *s = (struct kin_jpeg_scanner){.state = 0};
    *ret = KIN_JPEG_SCAN_MORE;
    while (*ret == KIN_JPEG_SCAN_MORE && at < in.n) {
        size_t used = 0;
        *ret = kin_jpeg_scanner_feed(s, kin_span_first(kin_span_skip(in, at), step), &used);
        at += used;
    }
    return at;
}

TEST(scanner_finds_the_end_in_any_pieces)
{
    static const size_t steps[] = {1, 2, 3, 7, 100, SAMPLE_MAX_BYTES};
    struct kin_buf *file = NULL;
    for (size_t i = 0; i < SAMPLES; i++) {
        file = sample_load(all_samples[i]);
        CHECK(file != NULL);
        size_t end = file->len;
        memcpy(file->data + end, "junk", 4);
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
            enum kin_jpeg_scan_result result;
            struct kin_jpeg_scanner s;
            CHECK_INT(scan(kin_span_make(file->data, end + 4), steps[k], &result, &s), end);
            CHECK_INT(result, KIN_JPEG_SCAN_END);
            CHECK_INT(s.passed, end);
        }
        kin_buf_unref(file);
        file = NULL;
    }
out:
    kin_buf_unref(file);
}

// Stuffed bytes are passed over many at a time: the end is found wherever it stands among them.
TEST(scanner_finds_the_end_at_every_place)
{
    static uint8_t room[400];
    for (size_t n = 0; n < 200; n++) {
        enum kin_jpeg_scan_result result;
        struct kin_jpeg_scanner s;
        const uint8_t head[] = {0xff, 0xd8, SOF_SEGMENT, SOS_SEGMENT};
        memcpy(room, head, sizeof head);
        for (size_t i = 0; i < n; i++)
            room[sizeof head + i] = (uint8_t)(i % 5 == 3 ? 0xff : i % 5 == 4 ? 0 : 0x31);
        size_t end = sizeof head + n + (n % 5 == 4); // an FF is not left alone before the end
        room[end - 1] = n % 5 == 4 ? 0 : room[end - 1];
        memcpy(room + end, "\xff\xd9", 2);
        CHECK_INT(scan(unit_guarded(room, end + 2), sizeof room, &result, &s), end + 2);
        CHECK_INT(result, KIN_JPEG_SCAN_END);
        CHECK_INT(scan(unit_guarded(room, end + 1), sizeof room, &result, &s), end + 1);
        CHECK_INT(result, KIN_JPEG_SCAN_MORE);
    }
out:
    return;
}

TEST(scanner_stops_at_a_second_image)
{
    enum kin_jpeg_scan_result result;
    struct kin_jpeg_scanner s;
    const uint8_t bytes[] = {0xff, 0xd8, SOF_SEGMENT, SOS_SEGMENT, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd8, 0xff, 0xe0};
    struct kin_span in = unit_guarded(bytes, sizeof bytes);
    CHECK_INT(scan(in, 100, &result, &s), sizeof bytes - 4);
    CHECK_INT(result, KIN_JPEG_SCAN_BAD);
    scan(in, 1, &result, &s); // the FF came in the piece before
    CHECK_INT(result, KIN_JPEG_SCAN_BAD);
    CHECK_INT(s.passed, sizeof bytes - 4);
out:;
}

TEST(scanner_refuses_what_is_no_jpeg)
{
    static const struct {
        uint8_t bytes[20];
        size_t n, used;
    } cases[] = {
        {{0x00, 0xff}, 2, 0},
        {{0xff, 0xd9}, 2, 1},
        {{0xff, 0xd8, SOF_SEGMENT, 0xff, 0xd9}, 17, 16}, // no picture
        {{0xff, 0xd8, SOF_SEGMENT, 0xff, 0xd8}, 17, 15}, // the second SOI itself
        {{0xff, 0xd8, 0xff, 0xc8}, 4, 3},                // reserved
        {{0xff, 0xd8, 0xff, 0xdb, 0x00, 0x01}, 6, 5},    // length below 2
        {{0xff, 0xd8, 0xff, 0xda, 0x00, 0x08}, 6, 3},    // a scan before the frame header
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kin_jpeg_scanner s = {.state = 0};
        size_t used = 99;
        CHECK_INT(kin_jpeg_scanner_feed(&s, unit_guarded(cases[i].bytes, cases[i].n), &used), KIN_JPEG_SCAN_BAD);
        CHECK_INT(used, cases[i].used);
    }
out:;
}

// Headers that decoders play although something stands in them that belongs to no segment: cameras write a fill byte,
// a line of padding, a comment without a length, SOI twice.
TEST(what_decoders_pass_over_is_passed_over)
{
    static const struct {
        uint8_t bytes[16];
        size_t n;
    } odd[] = {
        {{0x00}, 1},
        {{0x11, 0x11, 0x11, 0x11, 0x11}, 5},
        {{0xff, 0x00, 0xff, 0x05, 0x7f}, 5}, // no markers of a header
        {{0xff, 0xd0, 0xff, 0x01}, 4},       // RST0, TEM
        {{0xff, 0xd8}, 2},
        {{0xff, 0xd9, 0xff, 0xd8}, 4},             // tables alone, then the picture
        {{0xff, 0xfe, 0x00, 0x00}, 4},             // a comment without a length
        {{0xff, 0xdd, 0, 4, 0, 9, 0xff, 0xd8}, 8}, // a restart interval that no longer counts
    };
    for (size_t i = 0; i < 2 * sizeof odd / sizeof odd[0]; i++) {
        uint8_t room[200];
        struct kin_wr w = kin_wr_init(room, sizeof room);
        const uint8_t dqt[] = {DQT_SEGMENT}, rest[] = {SOF_SEGMENT, SOS_SEGMENT, 0x12, 0x34, 0xff, 0xd9};
        bool before = i % 2 == 0; // before the tables or behind them
        kin_wr_be16(&w, 0xffd8);
        kin_wr_bytes(&w, odd[i / 2].bytes, before ? odd[i / 2].n : 0);
        kin_wr_bytes(&w, dqt, sizeof dqt);
        kin_wr_bytes(&w, odd[i / 2].bytes, before ? 0 : odd[i / 2].n);
        kin_wr_bytes(&w, rest, sizeof rest);
        struct kin_span file = unit_guarded(room, w.len);
        struct kin_jpeg_info info;
        CHECK_INT(kin_jpeg_walk(file, &info, NULL), KIN_OK);
        CHECK(!info.contiguous && info.dqt[0].present && info.has_eoi);
        CHECK_INT(info.restart_interval, 0);
        CHECK_INT(info.length, file.n);
        CHECK_INT(info.scan.n, 2);
        for (size_t step = 1; step < 4; step++) {
            enum kin_jpeg_scan_result result;
            struct kin_jpeg_scanner s;
            CHECK_INT(scan(file, step, &result, &s), file.n);
            CHECK_INT(result, KIN_JPEG_SCAN_END);
        }
    }
out:
    return;
}

TEST(stray_bytes_have_an_end)
{
    static uint8_t room[KIN_JPEG_STRAY_MAX + 100];
    struct kin_jpeg_info info;
    const char *why = NULL;
    memset(room, 0x11, sizeof room);
    memcpy(room, "\xff\xd8", 2);
    const uint8_t rest[] = {SOF_SEGMENT, SOS_SEGMENT, 0x12, 0xff, 0xd9};
    memcpy(room + 2 + KIN_JPEG_STRAY_MAX, rest, sizeof rest);
    CHECK_INT(kin_jpeg_walk(kin_span_make(room, 2 + KIN_JPEG_STRAY_MAX + sizeof rest), &info, &why), KIN_OK);
    memset(room + 2 + KIN_JPEG_STRAY_MAX, 0x11, 2);
    memcpy(room + 4 + KIN_JPEG_STRAY_MAX, rest, sizeof rest);
    CHECK_INT(kin_jpeg_walk(kin_span_make(room, sizeof room), &info, &why), KIN_EBAD);
    CHECK_SPAN(kin_span_str(why), "too many bytes that belong to no segment");
    struct kin_jpeg_scanner s = {.state = 0};
    size_t used;
    CHECK_INT(kin_jpeg_scanner_feed(&s, kin_span_make(room, sizeof room), &used), KIN_JPEG_SCAN_BAD);
out:
    return;
}
