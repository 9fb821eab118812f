// jpeg/half: half the size, the same picture, in the words of RFC 2435; broken files are survived.
#include "base/err.h"
#include "jpeg/compat.h"
#include "jpeg/half.h"
#include "jpeg_make.h"
#include "sample.h"
#include "unit.h"

struct picture { // luma
    unsigned width, height;
    uint8_t *y;
};

// Decodes a file that is known to be good; gray pictures and the Y of others are the same thing to libjpeg.
static bool decode(struct kin_span file, unsigned denominator, struct picture *ret)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, file.p, (unsigned long)file.n);
    jpeg_read_header(&d, TRUE);
    d.scale_num = 1;
    d.scale_denom = denominator;
    d.out_color_space = JCS_GRAYSCALE;
    jpeg_start_decompress(&d);
    *ret = (struct picture){d.output_width, d.output_height, malloc((size_t)d.output_width * d.output_height)};
    while (ret->y != NULL && d.output_scanline < d.output_height) {
        JSAMPROW row = ret->y + (size_t)d.output_scanline * d.output_width;
        jpeg_read_scanlines(&d, &row, 1);
    }
    jpeg_destroy_decompress(&d);
    return ret->y != NULL;
}

static double mean_square_error(const struct picture *a, const struct picture *b)
{
    double sum = 0;
    size_t n = (size_t)a->width * a->height;
    for (size_t i = 0; i < n; i++)
        sum += (a->y[i] - b->y[i]) * (double)(a->y[i] - b->y[i]);
    return sum / (double)n;
}

static void check_half(const char *name)
{
    struct kin_buf *file = sample_load(name), *half = NULL;
    struct picture want = {.y = NULL}, got = {.y = NULL};
    struct kin_jpeg_info info, halved;
    struct kin_jpeg_rtp rtp;
    const char *why = NULL;
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    CHECK(kin_jpeg_half_refusal(&info) == NULL);
    CHECK_INT(kin_jpeg_half(unit_guarded(file->data, file->len), &info, NULL, &half, &why), KIN_OK);
    CHECK(why == NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(half), &halved, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_compat(&halved, &rtp), KIN_JPEG_COMPAT_OK);
    CHECK_INT(halved.width, (info.width + 1) / 2);
    CHECK_INT(halved.height, (info.height + 1) / 2);
    CHECK(decode(kin_buf_span(file), 2, &want) && decode(kin_buf_span(half), 1, &got));
    CHECK(want.width == got.width && want.height == got.height);
    CHECK(mean_square_error(&want, &got) <
          100); // 28 dB: the samples are small and coarsely quantized, and so is their half
out:
    free(want.y);
    free(got.y);
    kin_buf_unref(half);
    kin_buf_unref(file);
}

TEST(every_shape_is_halved)
{
    static const char *const names[] = {"420.jpg",         "422.jpg",   "444.jpg",    "440.jpg",
                                        "411.jpg",         "gray.jpg",  "dri.jpg",    "optimized.jpg",
                                        "progressive.jpg", "nodht.jpg", "onedqt.jpg", "422_2x2_1x2.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_half(names[i]);
}

TEST(halving_goes_on_until_it_fits)
{
    static const struct {
        uint16_t width, height;
        struct kin_jpeg_half want;
    } table[] = {
        {1, 1, {2, 1, 1}},
        {4080, 2, {2, 2040, 1}},
        {4081, 2, {4, 1021, 1}},
        {7680, 4320, {4, 1920, 1080}},
        {8192, 8192, {8, 1024, 1024}},
        {3, 16320, {8, 1, 2040}},
    };
    struct kin_jpeg_half got = {.divisor = 0};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        CHECK_INT(kin_jpeg_half_size(table[i].width, table[i].height, &got), KIN_OK);
        CHECK_INT(got.divisor, table[i].want.divisor);
        CHECK(got.width == table[i].want.width && got.height == table[i].want.height);
    }
    CHECK_INT(kin_jpeg_half_size(16321, 1, &got), KIN_EUNSUPPORTED);
    CHECK_INT(got.height, 2040); // untouched
out:;
}

// As 8K is, but low, so that it is soon done: a quarter and an eighth.
TEST(wide_pictures_become_a_quarter_or_an_eighth)
{
    static const uint16_t widths[] = {7680, 8193};
    struct kin_buf *file = NULL, *half = NULL;
    struct picture want = {.y = NULL}, got = {.y = NULL};
    struct kin_jpeg_info info, halved;
    struct kin_jpeg_half size = {.divisor = 0};
    struct kin_jpeg_rtp rtp;
    for (size_t i = 0; i < 2; i++) {
        struct make make = {.width = widths[i], .height = 20, .optimize = i == 1};
        file = make_jpeg(&make);
        CHECK(file != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
        CHECK_INT(kin_jpeg_half(kin_buf_span(file), &info, NULL, &half, NULL), KIN_OK);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(half), &halved, NULL), KIN_OK);
        CHECK_INT(kin_jpeg_compat(&halved, &rtp), KIN_JPEG_COMPAT_OK);
        CHECK_INT(kin_jpeg_half_size(widths[i], 20, &size), KIN_OK);
        CHECK(rtp.width == size.width && rtp.height == size.height && rtp.width <= KIN_JPEG_HALF_SIDE_MAX);
        CHECK(decode(kin_buf_span(file), size.divisor, &want) && decode(kin_buf_span(half), 1, &got));
        CHECK(want.width == got.width && want.height == got.height);
        CHECK(mean_square_error(&want, &got) < 20); // 35 dB
        free(want.y);
        free(got.y);
        want.y = got.y = NULL;
        kin_buf_unref(file);
        kin_buf_unref(half);
        file = half = NULL;
    }
out:
    free(want.y);
    free(got.y);
    kin_buf_unref(half);
    kin_buf_unref(file);
}

static const struct kin_jpeg_info good = {
    .sof = KIN_JPEG_SOF0, .bits = 8, .width = 8192, .height = 8192, .component_count = 3, .scan_count = 1};

TEST(limits_are_kept)
{
    struct kin_jpeg_info table[] = {good, good, good, good, good, good, good};
    struct kin_buf *half = NULL;
    const char *why = NULL;
    CHECK(kin_jpeg_half_refusal(&good) == NULL);
    table[0].width = 8193;
    table[1].width = 16321, table[1].height = 16;
    table[2].component_count = 4;
    table[3].component_count = 2;
    table[4].bits = 12;
    table[5].scan_count = KIN_JPEG_HALF_SCANS_MAX + 1;
    table[6].sof = 0xc3; // lossless coding
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        CHECK(kin_jpeg_half_refusal(&table[i]) != NULL);
        CHECK_INT(kin_jpeg_half(kin_span_str("no JPEG"), &table[i], NULL, &half, &why), KIN_EUNSUPPORTED);
        CHECK(why != NULL && strcmp(why, kin_jpeg_half_refusal(&table[i])) == 0);
    }
    CHECK_SPAN(kin_span_str(kin_jpeg_half_refusal(&table[1])), "an eighth of its size is above 2040 pixels");
out:;
}

TEST(damage_is_told_from_want_of_memory)
{
    struct kin_buf *file = sample_load("420.jpg"), *half = NULL;
    struct kin_jpeg_info info;
    const char *why = NULL;
    CHECK_INT(kin_jpeg_half(kin_span_str("no JPEG"), &good, NULL, &half, &why), KIN_EBAD);
    CHECK_SPAN(kin_span_str(why), "the picture is damaged");
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    info.width++;
    CHECK_INT(kin_jpeg_half(kin_buf_span(file), &info, NULL, &half, &why), KIN_EBAD);
    CHECK_SPAN(kin_span_str(why), "its headers contradict each other");
out:
    kin_buf_unref(file);
    kin_buf_unref(half);
}

// What the markers of the whole promise and the bytes do not keep.
TEST(truncation_anywhere_is_survived)
{
    static const char *const names[] = {"420.jpg", "progressive.jpg"};
    struct kin_buf *file = NULL, *half = NULL;
    struct kin_jpeg_info info;
    for (size_t i = 0; i < 2; i++) {
        file = sample_load(names[i]);
        CHECK(file != NULL);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
        for (size_t n = 0; n < file->len; n += n < 700 ? 1 : 37) {
            int err = kin_jpeg_half(unit_guarded(file->data, n), &info, NULL, &half, NULL);
            CHECK(err == KIN_OK || err == KIN_EBAD);
            kin_buf_unref(half);
            half = NULL;
        }
        kin_buf_unref(file);
        file = NULL;
    }
out:
    kin_buf_unref(half);
    kin_buf_unref(file);
}

TEST(a_canceled_halving_ends_early)
{
    struct kin_jpeg_info info;
    struct kin_buf *file = sample_load("progressive.jpg"), *half = NULL;
    atomic_bool canceled = true;
    const char *why = NULL;
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_half(kin_buf_span(file), &info, &canceled, &half, &why), KIN_ECANCELED);
    CHECK(half == NULL && why != NULL);
    canceled = false;
    CHECK_INT(kin_jpeg_half(kin_buf_span(file), &info, &canceled, &half, &why), KIN_OK);
out:
    kin_buf_unref(half);
    kin_buf_unref(file);
}
