// jpeg/work: pictures that ask for more work than their bytes are worth are refused; those that are meant are not.
#include "base/err.h"
#include "jpeg/rewrite.h"
#include "jpeg/work.h"
#include "media_data.h"
#include "sample.h"
#include "unit.h"

static uint8_t room[512 * 1024];

// A progressive picture with so many scans of no bytes at all.
static struct bytes scans(unsigned count, uint16_t side)
{
    static const uint8_t dqt[65] = {0, 1}, sos[] = {3, 1, 0, 2, 0x11, 3, 0x11, 0, 0, 0};
    const uint8_t high = (uint8_t)(side >> 8), low = (uint8_t)side;
    const uint8_t sof[] = {8, high, low, high, low, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0};
    struct bytes b = {room, 0, sizeof room};
    put(&b, tiny_head, sizeof tiny_head);
    put_segment(&b, 0xdb, dqt, sizeof dqt);
    put_segment(&b, 0xc2, sof, sizeof sof);
    for (unsigned i = 0; i < count; i++)
        put_segment(&b, 0xda, sos, sizeof sos);
    put(&b, "\xff\xd9", 2);
    return b;
}

static void check_refused(const struct bytes *b, const char *what)
{
    struct kin_jpeg_info info;
    struct kin_buf *buf = NULL;
    const char *why = NULL;
    struct kin_span file = unit_guarded(b->p, b->n);
    CHECK_INT(kin_jpeg_walk(file, &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_check_work(&info, file.n, &why), KIN_ELIMIT);
    CHECK_SPAN(kin_span_str(why), what);
    CHECK_INT(kin_jpeg_check_file_work(file, NULL), KIN_ELIMIT);
    CHECK_INT(kin_jpeg_rewrite(file, &info, NULL, &buf, &why), KIN_ELIMIT);
out:
    kin_buf_unref(buf);
}

// A 200 kB JPEG of 18 169 scans kept a decoder busy for 25 s.
TEST(many_scans_are_refused)
{
    struct bytes b = scans(18169, 64);
    check_refused(&b, "more than 64 scans");
    b = scans(65, 16);
    check_refused(&b, "more than 64 scans");
    b = scans(64, 16);
    CHECK_INT(kin_jpeg_check_file_work(bytes_span(&b), NULL), KIN_OK);
out:
    return;
}

TEST(many_scans_are_refused_also_where_the_structure_is_broken)
{
    struct bytes b = scans(100, 64);
    b.n -= 2;
    put(&b, "\xff\xc8\x00\x02", 4); // no marker that the walk knows
    struct kin_jpeg_info info;
    const char *why = NULL;
    CHECK_INT(kin_jpeg_walk(bytes_span(&b), &info, NULL), KIN_EBAD);
    CHECK_INT(kin_jpeg_check_file_work(bytes_span(&b), &why), KIN_ELIMIT);
    CHECK_SPAN(kin_span_str(why), "more than 64 scans");
    CHECK_INT(kin_jpeg_check_file_work(kin_span_make(NULL, 0), NULL), KIN_OK);
out:
    return;
}

TEST(empty_scans_of_large_pictures_are_refused)
{
    struct bytes b = scans(1, 8192); // 1.5 million blocks
    check_refused(&b, "too few bytes for a picture of this size");
    b = scans(60, 2048);
    check_refused(&b, "too few bytes for a picture of this size");
    b = scans(1, 4096);
    CHECK_INT(kin_jpeg_check_file_work(bytes_span(&b), NULL), KIN_OK);
out:
    return;
}

TEST(pictures_that_are_meant_pass)
{
    static const char *const names[] = {"420.jpg", "444.jpg", "gray.jpg", "progressive.jpg", "dri.jpg"};
    struct kin_buf *file = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        file = sample_load(names[i]);
        CHECK(file != NULL);
        CHECK_INT(kin_jpeg_check_file_work(kin_buf_span(file), NULL), KIN_OK);
        kin_buf_unref(file);
        file = NULL;
    }
    // One colour in 8192x8192, progressive: a bit a block in its ten scans.
    struct kin_jpeg_info flat = {.scan_count = 10, .blocks = 10 * UINT64_C(1572864)};
    CHECK_INT(kin_jpeg_check_work(&flat, 196608, NULL), KIN_OK);
out:
    kin_buf_unref(file);
}
