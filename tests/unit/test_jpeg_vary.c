// jpeg/vary: restart markers leave all pixels as they are; coarser pictures are shorter, say so, and still come close.
#include "base/err.h"
#include "jpeg/compat.h"
#include "jpeg/mcu.h"
#include "jpeg/vary.h"
#include "jpeg_make.h"
#include "sample.h"
#include "unit.h"

struct outcome {
    struct kin_buf *jpeg;
    struct kin_jpeg_info before, after;
    double psnr; // in RGB, of one to the other
};

static void drop(struct outcome *o)
{
    kin_buf_unref(o->jpeg);
    o->jpeg = NULL;
}

static double compare(struct kin_span a, struct kin_span b)
{
    struct pixels x, y;
    bool both = pixels_decode(a, JCS_RGB, &x);
    both = pixels_decode(b, JCS_RGB, &y) && both;
    double psnr = both ? pixels_psnr(&x, &y) : -1;
    free(x.p);
    free(y.p);
    return psnr;
}

static int vary(struct kin_span jpeg, struct kin_jpeg_variant variant, struct outcome *o)
{
    struct kin_span in = unit_guarded(jpeg.p, jpeg.n);
    *o = (struct outcome){.jpeg = NULL};
    int err = kin_jpeg_walk(in, &o->before, NULL);
    if (err == KIN_OK)
        err = kin_jpeg_vary(in, &o->before, variant, NULL, &o->jpeg, NULL);
    if (err != KIN_OK)
        return err;
    o->psnr = compare(jpeg, kin_buf_span(o->jpeg));
    return kin_jpeg_walk(kin_buf_span(o->jpeg), &o->after, NULL);
}

static const struct kin_jpeg_variant bands = {.bands = true};

static const struct make shapes[] = {
    {.grain = 30},
    {.grain = 30, .factors = {2, 1, 1, 1, 1, 1}},
    {.grain = 30, .factors = {1, 1, 1, 1, 1, 1}},
    {.grain = 30, .factors = {4, 1, 1, 1, 1, 1}},
    {.grain = 30, .factors = {2, 2, 1, 2, 1, 2}},
    {.grain = 30, .optimize = true},
    {.grain = 30, .progressive = true},
    {.grain = 30, .separate_scans = true},
    {.grain = 30, .arithmetic = true},
    {.grain = 30, .drop_dht = true},
    {.grain = 30, .third_table = true},
    {.grain = 30, .step_add = 250},
    {.grain = 30, .space = JCS_GRAYSCALE},
    {.grain = 30, .space = JCS_RGB},
    {.grain = 30, .restart = 3},
};
#define SHAPES (sizeof shapes / sizeof shapes[0])

static struct kin_buf *make(size_t shape, uint16_t width, uint16_t height)
{
    struct make m = shapes[shape];
    m.width = width;
    m.height = height;
    return make_jpeg(&m);
}

TEST(restart_markers_leave_the_pixels_as_they_are)
{
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = NULL;
    for (size_t i = 0; i < SHAPES; i++) {
        jpeg = make(i, 131, 67);
        CHECK(jpeg != NULL);
        CHECK_INT(vary(kin_buf_span(jpeg), bands, &o), KIN_OK);
        CHECK(o.psnr == 99);
        CHECK(o.after.restart_interval > 0 && o.after.scan_count == 1 && o.after.sof <= KIN_JPEG_SOF1);
        CHECK(o.before.restart_interval == 0 || o.after.restart_interval == o.before.restart_interval);
        CHECK(o.after.standard_huffman == o.before.standard_huffman);
        CHECK_INT(kin_jpeg_quality_of(kin_buf_span(o.jpeg)), 0);
        drop(&o);
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    drop(&o);
    kin_buf_unref(jpeg);
}

// What RFC 2435 can express stays so, with types 64 and 65.
TEST(a_compatible_picture_stays_compatible)
{
    struct outcome o = {.jpeg = NULL};
    struct kin_jpeg_rtp rtp;
    for (uint8_t quality = 0; quality <= KIN_JPEG_QUALITY_STEPS; quality++) {
        for (size_t i = 0; i < 2; i++) {
            struct kin_buf *jpeg = make(i, 640, 360);
            int err = jpeg != NULL ? vary(kin_buf_span(jpeg), (struct kin_jpeg_variant){true, quality}, &o)
                                   : KIN_ENOMEM;
            kin_buf_unref(jpeg);
            CHECK_INT(err, KIN_OK);
            CHECK_INT(kin_jpeg_compat(&o.after, &rtp), KIN_JPEG_COMPAT_OK);
            CHECK_INT(rtp.type, i == 0 ? 65 : 64);
            drop(&o);
        }
    }
out:
    drop(&o);
}

TEST(a_few_intervals_fill_a_packet)
{
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = make(0, 640, 360);
    CHECK(jpeg != NULL);
    CHECK_INT(vary(kin_buf_span(jpeg), bands, &o), KIN_OK);
    size_t intervals = kin_jpeg_mcus(&o.after).count / o.after.restart_interval;
    size_t bytes = o.after.scan.n / intervals;
    CHECK(bytes > KIN_JPEG_VARY_INTERVAL_BYTES / 2 && bytes < KIN_JPEG_VARY_INTERVAL_BYTES * 3 / 2);
    CHECK(o.jpeg->len < jpeg->len * 103 / 100);
out:
    drop(&o);
    kin_buf_unref(jpeg);
}

// Of all frequencies from 5 on, in zigzag order.
static bool has_table(const struct kin_jpeg_info *before, const struct kin_jpeg_info *after, unsigned eighths)
{
    bool same = true;
    for (size_t i = 0; i < KIN_JPEG_MAX_TABLES; i++)
        for (size_t k = 15; k < 64 && before->dqt[i].present; k++) {
            unsigned want = (before->dqt[i].data.p[k] * eighths + 4) / 8;
            same = same && after->dqt[i].present && after->dqt[i].data.p[k] == (want < 255 ? want : 255);
        }
    return same;
}

TEST(each_step_is_coarser_and_shorter)
{
    static const unsigned eighths[] = {8, 16, 16, 32, 64};
    static const double least_db[] = {99, 31, 30, 26, 22}; // of a picture that is half noise
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = make(0, 640, 360);
    CHECK(jpeg != NULL);
    size_t last = jpeg->len;
    for (uint8_t quality = 1; quality <= KIN_JPEG_QUALITY_STEPS; quality++) {
        CHECK_INT(vary(kin_buf_span(jpeg), (struct kin_jpeg_variant){.quality = quality}, &o), KIN_OK);
        CHECK(has_table(&o.before, &o.after, eighths[quality]));
        CHECK(o.after.restart_interval == 0 && o.after.standard_huffman);
        CHECK(o.jpeg->len < last * 9 / 10);
        CHECK(o.psnr >= least_db[quality]);
        CHECK_INT(kin_jpeg_quality_of(kin_buf_span(o.jpeg)), quality);
        CHECK(kin_jpeg_quality_share(quality) < kin_jpeg_quality_share(quality - 1u));
        last = o.jpeg->len;
        drop(&o);
    }
out:
    drop(&o);
    kin_buf_unref(jpeg);
}

// Halfway between two steps it goes to the smaller value: rounding up would double what was 1.
TEST(what_lies_between_two_steps_becomes_smaller)
{
    struct outcome o = {.jpeg = NULL};
    struct make noise = {.width = 320, .height = 200, .grain = 6, .quality = 75}; // nearly all values are 1
    struct kin_buf *jpeg = make_jpeg(&noise);
    CHECK(jpeg != NULL);
    CHECK_INT(vary(kin_buf_span(jpeg), (struct kin_jpeg_variant){.quality = 2}, &o), KIN_OK);
    CHECK(o.jpeg->len < jpeg->len * 3 / 4);
out:
    drop(&o);
    kin_buf_unref(jpeg);
}

TEST(every_shape_becomes_coarser)
{
    struct outcome o = {.jpeg = NULL};
    struct kin_buf *jpeg = NULL;
    for (size_t i = 0; i < SHAPES; i++) {
        jpeg = make(i, 131, 67);
        CHECK(jpeg != NULL);
        CHECK_INT(vary(kin_buf_span(jpeg), (struct kin_jpeg_variant){.quality = 2}, &o), KIN_OK);
        CHECK(o.jpeg->len < jpeg->len);
        CHECK(o.psnr > 20 && o.psnr < 99);
        drop(&o);
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    drop(&o);
    kin_buf_unref(jpeg);
}

TEST(a_comment_of_somebody_else_names_no_step)
{
    static const char *const names[] = {"420.jpg", "exif_thumbnail.jpg", "gray.jpg"};
    struct kin_buf *jpeg = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        jpeg = sample_load(names[i]);
        CHECK(jpeg != NULL);
        CHECK_INT(kin_jpeg_quality_of(kin_buf_span(jpeg)), 0);
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
    CHECK_INT(kin_jpeg_quality_of(kin_span_str("\xff\xd8\xff\xfe\x00")), 0);
    CHECK_INT(kin_jpeg_quality_of(kin_span_make("\xff\xd8\xff\xfe\x00\x11quality step 9\xff\xda\x00\x02", 24)), 0);
    CHECK_INT(kin_jpeg_quality_of(kin_span_make("\xff\xd8\xff\xfe\x00\x10quality step 2\xff\xda\x00\x02", 24)), 2);
out:
    kin_buf_unref(jpeg);
}

TEST(limits_are_kept_and_it_can_be_canceled)
{
    struct kin_jpeg_info info;
    atomic_bool canceled = true;
    const char *why = NULL;
    struct kin_buf *jpeg = make(0, 131, 67), *none = NULL;
    CHECK(jpeg != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL), KIN_OK);
    CHECK(kin_jpeg_vary_memory(&info) >= 131u * 67u * 3);
    CHECK_INT(kin_jpeg_vary(kin_buf_span(jpeg), &info, bands, &canceled, &none, &why), KIN_ECANCELED);
    CHECK(none == NULL && why != NULL);
    info.width = info.height = 16000;
    CHECK_INT(kin_jpeg_vary(kin_buf_span(jpeg), &info, bands, NULL, &none, &why), KIN_ELIMIT);
out:
    kin_buf_unref(jpeg);
}
