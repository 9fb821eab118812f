// jpeg/bands: pictures with holes at every place. What came decodes to the pixels of the whole picture, the rest to
// gray, and the gaps say which is which.
#include "base/err.h"
#include "jpeg/bands.h"
#include "jpeg/markers.h"
#include "jpeg_make.h"
#include "unit.h"

#define BYTES_MAX ((size_t)4 << 20)

struct cut { // of the scan: [from, to), offsets in the file
    size_t from, to;
};

// The file without these parts.
static struct kin_buf *tear(struct kin_span file, const struct cut *cuts, unsigned count, struct kin_jpeg_torn *ret)
{
    struct kin_buf *buf = kin_buf_new(file.n);
    size_t at = 0, n = 0;
    *ret = (struct kin_jpeg_torn){.count = 0};
    for (unsigned i = 0; buf != NULL && i < count; i++) {
        memcpy(buf->data + n, file.p + at, cuts[i].from - at);
        n += cuts[i].from - at;
        at = cuts[i].to;
        ret->cut = at >= file.n;
        if (ret->cut)
            break;
        ret->holes[ret->count++] = (struct kin_jpeg_hole){.at = n, .missing = cuts[i].to - cuts[i].from};
    }
    if (buf == NULL)
        return NULL;
    if (at < file.n)
        memcpy(buf->data + n, file.p + at, file.n - at);
    n += at < file.n ? file.n - at : 0;
    ret->bytes = unit_guarded(buf->data, n);
    return buf;
}

static bool is_missing(const struct kin_jpeg_gaps *g, uint32_t mcu)
{
    for (unsigned i = 0; i < g->count; i++)
        if (mcu >= g->mcus[i].from && mcu < g->mcus[i].to)
            return true;
    return false;
}

// Of each MCU: is it as in the whole picture, or gray where it is missing? (What lies between the last
// of many gaps counts as missing with them.) *ret_missing: how many are.
static bool same_but_for_gaps(const struct make *m, const struct pixels *whole, const struct pixels *got,
                              const struct kin_jpeg_gaps *g, uint32_t *ret_missing)
{
    size_t samples = m->space == JCS_GRAYSCALE ? 1 : 3;
    *ret_missing = 0;
    for (size_t y = 0; y < m->height; y++) {
        for (size_t x = 0; x < m->width; x++) {
            bool missing = is_missing(g, (uint32_t)(y / g->mcu_height * g->columns + x / g->mcu_width));
            *ret_missing += missing && x % g->mcu_width == 0 && y % g->mcu_height == 0;
            for (size_t i = 0; i < samples; i++) {
                size_t k = (y * m->width + x) * samples + i;
                bool as_whole = got->p[k] == whole->p[k];
                if (missing ? got->p[k] != 128 && !(as_whole && g->count == KIN_JPEG_GAPS_MAX) : !as_whole)
                    return false;
            }
        }
    }
    return true;
}

// Completes the file without these parts, and compares. KIN_OK, the error of kin_jpeg_bands(), or KIN_EIO: other
// pixels.
static int check(const struct make *m, struct kin_span file, const struct cut *cuts, unsigned count,
                 uint32_t *ret_missing)
{
    struct kin_jpeg_torn torn;
    struct kin_jpeg_gaps gaps;
    struct kin_buf *completed = NULL, *buf = tear(file, cuts, count, &torn);
    struct pixels whole = {0}, got = {0};
    J_COLOR_SPACE space = m->space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_YCbCr;
    int err = buf == NULL ? KIN_ENOMEM : kin_jpeg_bands(&torn, BYTES_MAX, &completed, &gaps);
    if (err == KIN_OK && (!pixels_decode_as(file, space, false, &whole) ||
                          !pixels_decode_as(kin_buf_span(completed), space, false, &got) || whole.n != got.n ||
                          !same_but_for_gaps(m, &whole, &got, &gaps, ret_missing)))
        err = KIN_EIO;
    free(whole.p);
    free(got.p);
    kin_buf_unref(completed);
    kin_buf_unref(buf);
    return err;
}

static const struct make shapes[] = {
    {.width = 320, .height = 240, .restart = 20},                                // a line of MCUs each
    {.width = 320, .height = 240, .restart = 7},                                 // across lines
    {.width = 320, .height = 240, .restart = 60, .factors = {2, 1, 1, 1, 1, 1}}, // three lines
    {.width = 150, .height = 170, .restart = 3, .factors = {1, 1, 1, 1, 1, 1}},  // 4:4:4, odd edges
    {.width = 150, .height = 170, .restart = 19, .space = JCS_GRAYSCALE},        // one block each
    {.width = 320, .height = 240, .restart = 20, .optimize = true, .grain = 40}, // Huffman tables of its own
    {.width = 320, .height = 240, .restart = 20, .drop_dht = true},              // the implied ones
    {.width = 320, .height = 240, .restart = 20, .grain = 120, .quality = 97},   // long intervals
    {.width = 320, .height = 240, .restart = 1, .factors = {2, 2, 1, 1, 1, 1}},  // 300 intervals
};
#define SHAPES (sizeof shapes / sizeof shapes[0])

// The reference decoder says what is right for every hole: none may make other pixels.
TEST(one_hole_anywhere)
{
    struct kin_buf *jpeg = NULL;
    struct kin_jpeg_info info;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct make *m = &shapes[i];
        jpeg = make_jpeg(m);
        CHECK(jpeg != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
        size_t step = info.scan.n / (unit_plain() ? 61 : 3) + 1, hole = info.scan.n / 7;
        uint32_t mcus = ((m->width + 7u) / 8) * ((m->height + 7u) / 8); // at most
        for (size_t at = 0; at + hole < info.scan.n; at += step) {
            struct cut cut = {info.scan_offset + at, info.scan_offset + at + hole};
            uint32_t missing = 0;
            CHECK_INT(check(m, kin_buf_span(jpeg), &cut, 1, &missing), KIN_OK);
            CHECK(missing > 0 && missing < mcus * 2 / 3);
        }
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    kin_buf_unref(jpeg);
}

TEST(the_end_is_missing)
{
    const struct make m = {.width = 320, .height = 240, .restart = 20};
    struct kin_jpeg_info info;
    uint32_t missing = 0;
    struct kin_buf *jpeg = make_jpeg(&m);
    CHECK(jpeg != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
    struct cut cut = {info.scan_offset + info.scan.n / 2, jpeg->len};
    CHECK_INT(check(&m, kin_buf_span(jpeg), &cut, 1, &missing), KIN_OK);
    CHECK(missing >= 100 && missing < 200 && missing % 20 == 0);
    cut.from = info.scan_offset + 10; // within the first interval
    CHECK_INT(check(&m, kin_buf_span(jpeg), &cut, 1, &missing), KIN_EUNSUPPORTED);
out:
    kin_buf_unref(jpeg);
}

// Two holes: what is between them is shown where its place is beyond doubt, and never elsewhere.
TEST(two_holes_anywhere)
{
    struct kin_buf *jpeg = NULL;
    struct kin_jpeg_info info;
    for (size_t i = 0; i < SHAPES; i++) {
        const struct make *m = &shapes[i];
        jpeg = make_jpeg(m);
        CHECK(jpeg != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
        size_t step = info.scan.n / (unit_plain() ? 13 : 2) + 1, hole = info.scan.n / 12;
        for (size_t first = 0; first + 3 * hole < info.scan.n; first += step) {
            for (size_t second = first + 2 * hole; second + hole < info.scan.n; second += step) {
                struct cut cuts[] = {{info.scan_offset + first, info.scan_offset + first + hole},
                                     {info.scan_offset + second, info.scan_offset + second + hole}};
                uint32_t missing = 0;
                CHECK_INT(check(m, kin_buf_span(jpeg), cuts, 2, &missing), KIN_OK);
            }
        }
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    kin_buf_unref(jpeg);
}

// Offset of the nth restart marker, from 0, in a file.
static size_t restart_at(const struct kin_buf *jpeg, const struct kin_jpeg_info *info, unsigned n)
{
    for (size_t at = info->scan_offset; at + 1 < jpeg->len; at++)
        if (jpeg->data[at] == 0xff && (jpeg->data[at + 1] & 0xf8) == KIN_JPEG_RST0 && n-- == 0)
            return at;
    return jpeg->len;
}

// The sender says which interval begins behind the hole: then only those are missing that are.
TEST(holes_at_boundaries)
{
    const struct make m = {.width = 320, .height = 240, .restart = 20};
    struct kin_jpeg_torn torn;
    struct kin_jpeg_gaps gaps;
    struct kin_jpeg_info info;
    struct kin_buf *jpeg = make_jpeg(&m), *buf = NULL, *ret = NULL;
    CHECK(jpeg != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
    struct cut cuts[] = {{restart_at(jpeg, &info, 1), restart_at(jpeg, &info, 3)},
                         {restart_at(jpeg, &info, 4), restart_at(jpeg, &info, 13)}};
    buf = tear(kin_buf_span(jpeg), cuts, 2, &torn);
    CHECK(buf != NULL);
    for (unsigned i = 0; i < 2; i++)
        torn.holes[i].ends = torn.holes[i].begins = true;
    torn.holes[0].interval = 4;
    torn.holes[1].interval = 14;
    CHECK_INT(kin_jpeg_bands(&torn, BYTES_MAX, &ret, &gaps), KIN_OK);
    CHECK_INT(gaps.count, 2);
    CHECK(gaps.mcus[0].from == 40 && gaps.mcus[0].to == 80 && gaps.mcus[1].from == 100 && gaps.mcus[1].to == 280);
    CHECK(gaps.columns == 20 && gaps.mcu_width == 16 && gaps.mcu_height == 16);
    kin_buf_unref(ret);
    ret = NULL;
    torn.holes[1].interval = 13; // the marker in front of it has another number
    CHECK_INT(kin_jpeg_bands(&torn, BYTES_MAX, &ret, &gaps), KIN_EBAD);
out:
    kin_buf_unref(ret);
    kin_buf_unref(buf);
    kin_buf_unref(jpeg);
}

TEST(more_holes_than_gaps)
{
    const struct make m = {.width = 320, .height = 640, .restart = 20, .grain = 30};
    struct kin_jpeg_info info;
    struct cut cuts[KIN_JPEG_HOLES_MAX];
    uint32_t missing = 0;
    struct kin_buf *jpeg = make_jpeg(&m);
    CHECK(jpeg != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
    for (unsigned i = 0; i < KIN_JPEG_HOLES_MAX; i++) {
        size_t at = restart_at(jpeg, &info, 2 * i + 1);
        cuts[i] = (struct cut){at + 10, at + 20};
    }
    CHECK_INT(check(&m, kin_buf_span(jpeg), cuts, KIN_JPEG_HOLES_MAX, &missing), KIN_OK);
    CHECK(missing >= 16 * 20 && missing < 40 * 20);
out:
    kin_buf_unref(jpeg);
}

TEST(nothing_can_be_told)
{
    static const struct make refused[] = {
        {.width = 160, .height = 120}, // no restart markers
        {.width = 160, .height = 120, .restart = 10, .progressive = true},
        {.width = 160, .height = 120, .restart = 10, .separate_scans = true},
        {.width = 160, .height = 120, .restart = 10, .arithmetic = true},
    };
    struct kin_buf *jpeg = NULL;
    struct kin_jpeg_info info;
    uint32_t missing;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        jpeg = make_jpeg(&refused[i]);
        CHECK(jpeg != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
        struct cut cut = {info.scan_offset + 100, info.scan_offset + 150};
        int err = check(&refused[i], kin_buf_span(jpeg), &cut, 1, &missing);
        CHECK(err == KIN_EUNSUPPORTED || err == KIN_EBAD);
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    kin_buf_unref(jpeg);
}

// Numbers that do not follow each other: the bytes are not what they seem.
TEST(contradictions)
{
    const struct make m = {.width = 320, .height = 240, .restart = 20};
    struct kin_jpeg_info info;
    struct kin_buf *jpeg = make_jpeg(&m);
    uint32_t missing;
    CHECK(jpeg != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
    struct cut cut = {restart_at(jpeg, &info, 5) + 30, restart_at(jpeg, &info, 6) + 30};
    size_t at = restart_at(jpeg, &info, 10) + 1;
    jpeg->data[at] = KIN_JPEG_RST0 + 5;
    CHECK_INT(check(&m, kin_buf_span(jpeg), &cut, 1, &missing), KIN_EBAD);
    jpeg->data[at] = KIN_JPEG_SOS;
    CHECK_INT(check(&m, kin_buf_span(jpeg), &cut, 1, &missing), KIN_EBAD);
    jpeg->data[at] = 0; // one marker fewer: what is behind the hole does not reach back to it
    CHECK_INT(check(&m, kin_buf_span(jpeg), &cut, 1, &missing), KIN_EBAD);
out:
    kin_buf_unref(jpeg);
}

TEST(limits)
{
    const struct make m = {.width = 320, .height = 240, .restart = 20};
    struct kin_jpeg_torn torn;
    struct kin_jpeg_gaps gaps;
    struct kin_jpeg_info info;
    struct kin_buf *jpeg = make_jpeg(&m), *buf = NULL, *ret = NULL;
    CHECK(jpeg != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
    struct cut cut = {info.scan_offset + 1000, info.scan_offset + 2000};
    buf = tear(kin_buf_span(jpeg), &cut, 1, &torn);
    CHECK(buf != NULL);
    CHECK_INT(kin_jpeg_bands(&torn, 3000, &ret, &gaps), KIN_ELIMIT);
    size_t sof = kin_span_find_str(kin_buf_span(buf), "\xff\xc0");
    memset(buf->data + sof + 5, 0xff, 4); // 65535 x 65535 pixels
    torn.bytes = kin_span_make(buf->data, torn.bytes.n);
    CHECK_INT(kin_jpeg_bands(&torn, SIZE_MAX, &ret, &gaps), KIN_ELIMIT);
    torn.holes[0].at = 10; // within the header
    CHECK_INT(kin_jpeg_bands(&torn, BYTES_MAX, &ret, &gaps), KIN_EBAD);
out:
    kin_buf_unref(ret);
    kin_buf_unref(buf);
    kin_buf_unref(jpeg);
}
