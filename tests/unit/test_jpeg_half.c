// jpeg/half: half the size, the same picture, in the words of RFC 2435; broken files are survived.
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "base/err.h"
#include "jpeg/fit.h"
#include "jpeg/half.h"
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
    CHECK(file != NULL);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(file), &info, NULL), KIN_OK);
    CHECK(kin_jpeg_half_can(&info));
    CHECK_INT(kin_jpeg_half(unit_guarded(file->data, file->len), &info, &half), KIN_OK);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(half), &halved, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_fit(&halved, &rtp), KIN_JPEG_FIT_OK);
    CHECK_INT(halved.width, KIN_JPEG_HALF_OF(info.width));
    CHECK_INT(halved.height, KIN_JPEG_HALF_OF(info.height));
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

TEST(limits_are_kept)
{
    struct kin_jpeg_info info = {
        .sof = KIN_JPEG_SOF0, .bits = 8, .width = 8192, .height = 8192, .component_count = 3, .scan_count = 1};
    struct kin_buf *half = NULL;
    CHECK(kin_jpeg_half_can(&info));
    info.width = 8193;
    CHECK(!kin_jpeg_half_can(&info));
    CHECK_INT(kin_jpeg_half(kin_span_str("no JPEG"), &info, &half), KIN_EUNSUPPORTED);
    info.width = 16;
    CHECK_INT(kin_jpeg_half(kin_span_str("no JPEG"), &info, &half), KIN_EBAD);
    info.component_count = 4;
    CHECK(!kin_jpeg_half_can(&info));
    info.component_count = 3, info.bits = 12;
    CHECK(!kin_jpeg_half_can(&info));
    info.bits = 8, info.scan_count = KIN_JPEG_HALF_SCANS_MAX + 1;
    CHECK(!kin_jpeg_half_can(&info));
    info.scan_count = 1, info.sof = 0xc3; // lossless coding
    CHECK(!kin_jpeg_half_can(&info));
out:;
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
            int err = kin_jpeg_half(unit_guarded(file->data, n), &info, &half);
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
