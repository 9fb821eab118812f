// The test picture: legible numbers at every size and quality, the same bytes each time, and its drawing tools.
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "base/err.h"
#include "drawing/font5x7.h"
#include "drawing/pattern.h"
#include "drawing/picture.h"
#include "drawing/trig.h"
#include "jpeg/compat.h"
#include "media/rate.h"
#include "unit.h"

// Decodes the luma of a JPEG that is known to be good. NULL when memory ran out.
static uint8_t *decode_luma(struct kin_span jpeg, size_t *ret_stride)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, jpeg.p, jpeg.n);
    jpeg_read_header(&d, TRUE);
    d.out_color_space = JCS_GRAYSCALE;
    jpeg_start_decompress(&d);
    uint8_t *luma = malloc((size_t)d.output_width * d.output_height);
    while (luma != NULL && d.output_scanline < d.output_height) {
        JSAMPROW row = luma + (size_t)d.output_scanline * d.output_width;
        jpeg_read_scanlines(&d, &row, 1);
    }
    *ret_stride = d.output_width;
    jpeg_destroy_decompress(&d);
    return luma;
}

static void check_number(uint16_t width, uint16_t height, unsigned quality, uint32_t n)
{
    struct kin_pattern_options options = {width, height, 25, 1, quality};
    struct kin_pattern *p = NULL;
    struct kin_buf *buf = NULL;
    uint8_t *luma = NULL;
    size_t stride;
    uint32_t got = ~n;
    CHECK_INT(kin_pattern_new(&options, &p), KIN_OK);
    CHECK_INT(kin_pattern_encode(p, n, &buf), KIN_OK);
    luma = decode_luma(kin_buf_span(buf), &stride);
    CHECK(luma != NULL);
    CHECK_INT(stride, width);
    CHECK(kin_pattern_read_number(luma, stride, width, height, &got));
    CHECK_INT(got, n);
out:
    free(luma);
    kin_buf_unref(buf);
    kin_pattern_free(p);
}

TEST(the_number_survives_at_every_size)
{
    static const uint16_t sizes[][2] = {{64, 64},   {65, 67},   {100, 80},  {160, 120}, {255, 64},   {256, 144},
                                        {287, 240}, {288, 352}, {640, 479}, {641, 480}, {360, 640},  {854, 480},
                                        {64, 2160}, {3840, 64}, {8192, 64}, {65, 8192}, {4097, 2161}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        check_number(sizes[i][0], sizes[i][1], 75, 0x5aa5f00f + (uint32_t)i);
}

// With a side below 64 there are no squares, but there is a picture, of this very size.
TEST(pictures_as_small_as_one_pixel)
{
    static const uint16_t sizes[][2] = {{1, 1}, {2, 3}, {1, 8192}, {8192, 1}, {29, 7}, {63, 64}, {64, 63}, {16, 16}};
    struct kin_pattern *p = NULL;
    struct kin_buf *a = NULL, *b = NULL;
    struct kin_jpeg_info info;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct kin_pattern_options options = {sizes[i][0], sizes[i][1], 25, 1, 75};
        CHECK_INT(kin_pattern_new(&options, &p), KIN_OK);
        CHECK_INT(kin_pattern_encode(p, 1, &a), KIN_OK);
        CHECK_INT(kin_pattern_encode(p, 100, &b), KIN_OK);
        CHECK_INT(kin_jpeg_walk(kin_buf_span(a), &info, NULL), KIN_OK);
        CHECK(info.width == sizes[i][0] && info.height == sizes[i][1]);
        CHECK(!kin_span_eq(kin_buf_span(a), kin_buf_span(b))); // it moves
        kin_buf_unref(a);
        kin_buf_unref(b);
        kin_pattern_free(p);
        a = b = NULL;
        p = NULL;
    }
out:
    kin_buf_unref(a);
    kin_buf_unref(b);
    kin_pattern_free(p);
}

TEST(the_number_survives_the_worst_quality)
{
    check_number(320, 240, 1, 0xdeadbeef);
    check_number(640, 480, 1, 0);
    check_number(640, 480, 100, UINT32_MAX);
    check_number(64, 64, 20, 0x12345678);
}

TEST(a_picture_without_squares_has_no_number)
{
    uint8_t *luma = calloc(320, 240);
    uint32_t got = 7;
    CHECK(luma != NULL);
    CHECK(!kin_pattern_read_number(luma, 320, 320, 240, &got)); // black
    for (size_t i = 0; i < (size_t)320 * 240; i++)
        luma[i] = (uint8_t)(i * 31 % 251);
    CHECK(!kin_pattern_read_number(luma, 320, 320, 240, &got)); // noise
    CHECK(!kin_pattern_read_number(luma, 320, 63, 240, &got));
    CHECK_INT(got, 7);
out:
    free(luma);
}

TEST(pictures_suit_rfc_2435)
{
    struct kin_pattern_options options = {641, 479, 30000, 1001, 10};
    struct kin_pattern *p = NULL;
    struct kin_buf *buf = NULL;
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    uint32_t num = 0, den = 0;
    CHECK_INT(kin_pattern_new(&options, &p), KIN_OK);
    CHECK_INT(kin_pattern_encode(p, 0, &buf), KIN_OK);
    CHECK_INT(kin_jpeg_walk(kin_buf_span(buf), &info, NULL), KIN_OK);
    CHECK_INT(kin_jpeg_compat(&info, &rtp), KIN_JPEG_COMPAT_OK);
    CHECK_INT(rtp.type, 1);
    CHECK_INT(info.width, 641);
    CHECK_INT(info.height, 479);
    CHECK_INT(info.length, buf->len);
    CHECK(kin_rate_find_comment(kin_buf_span(buf), &num, &den));
    CHECK(num == 30000 && den == 1001);
    kin_buf_unref(buf);
    buf = NULL;
    CHECK_INT(kin_pattern_encode(p, 1, &buf), KIN_OK);
    CHECK(!kin_rate_find_comment(kin_buf_span(buf), &num, &den));
out:
    kin_buf_unref(buf);
    kin_pattern_free(p);
}

TEST(vga_fits_the_lab_format)
{
    struct kin_pattern_options options = {640, 480, 25, 1, 75};
    struct kin_pattern *p = NULL;
    struct kin_buf *buf = NULL;
    CHECK_INT(kin_pattern_new(&options, &p), KIN_OK);
    for (uint32_t n = 0; n < 250; n += 31) {
        CHECK_INT(kin_pattern_encode(p, n, &buf), KIN_OK);
        CHECK(buf->len <= 99999);
        kin_buf_unref(buf);
        buf = NULL;
    }
out:
    kin_buf_unref(buf);
    kin_pattern_free(p);
}

TEST(frames_move_and_repeat_exactly)
{
    struct kin_pattern_options options = {320, 240, 24, 1, 75};
    struct kin_pattern *p = NULL, *q = NULL;
    struct kin_buf *a = NULL, *b = NULL, *c = NULL;
    CHECK_INT(kin_pattern_new(&options, &p), KIN_OK);
    CHECK_INT(kin_pattern_new(&options, &q), KIN_OK);
    CHECK_INT(kin_pattern_encode(p, 10, &a), KIN_OK);
    CHECK_INT(kin_pattern_encode(p, 11, &b), KIN_OK);
    CHECK_INT(kin_pattern_encode(q, 10, &c), KIN_OK); // another pattern, and after no other frame
    CHECK(kin_span_eq(kin_buf_span(a), kin_buf_span(c)));
    CHECK(!kin_span_eq(kin_buf_span(a), kin_buf_span(b)));
out:
    kin_buf_unref(a);
    kin_buf_unref(b);
    kin_buf_unref(c);
    kin_pattern_free(p);
    kin_pattern_free(q);
}

TEST(options_are_checked)
{
    static const struct kin_pattern_options bad[] = {
        {0, 64, 25, 1, 75},  {64, 0, 25, 1, 75}, {8193, 64, 25, 1, 75}, {64, 8193, 25, 1, 75}, {64, 64, 0, 1, 75},
        {64, 64, 25, 0, 75}, {64, 64, 25, 1, 0}, {64, 64, 25, 1, 101},  {64, 64, 2000, 1, 75},
    };
    struct kin_pattern *p = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(kin_pattern_new(&bad[i], &p), KIN_ERANGE);
    CHECK(p == NULL);
out:
    kin_pattern_free(p);
}

TEST(the_largest_picture_at_the_best_quality_is_drawn)
{
    struct kin_pattern_options options = {3840, 2160, 1, 3600, 100};
    struct kin_pattern *p = NULL;
    struct kin_buf *buf = NULL;
    CHECK_INT(kin_pattern_new(&options, &p), KIN_OK);
    CHECK_INT(kin_pattern_encode(p, UINT32_MAX, &buf), KIN_OK);
    CHECK(buf->len > 100000);
out:
    kin_buf_unref(buf);
    kin_pattern_free(p);
}

TEST(circles_are_round)
{
    static const struct {
        uint32_t angle;
        int32_t sine;
    } sines[] = {{0, 0},    {341, 512},    {512, 724}, {1024, 1024},
                 {2048, 0}, {3072, -1024}, {4096, 0},  {4096 + 1024, 1024}};
    for (size_t i = 0; i < sizeof sines / sizeof sines[0]; i++)
        CHECK(abs(kin_trig_sin(sines[i].angle) - sines[i].sine) <= 2);
    static const struct {
        int32_t dx, dy;
        uint32_t angle;
    } angles[] = {{0, -5, 0},
                  {5, -5, 512},
                  {5, 0, 1024},
                  {5, 5, 1536},
                  {0, 5, 2048},
                  {-5, 5, 2560},
                  {-5, 0, 3072},
                  {-5, -5, 3584},
                  {1000, -1732, 341},
                  {-1000, -1732, 4096 - 341},
                  {100000, 1, 1024},
                  {0, 0, 0},
                  {1732, 1000, 1024 + 341}};
    for (size_t i = 0; i < sizeof angles / sizeof angles[0]; i++)
        CHECK(abs((int)kin_trig_angle(angles[i].dx, angles[i].dy) - (int)angles[i].angle) <= 3);
    CHECK_INT(kin_trig_sqrt(0), 0);
    CHECK_INT(kin_trig_sqrt(99), 9);
    CHECK_INT(kin_trig_sqrt(100), 10);
    CHECK_INT(kin_trig_sqrt(UINT32_MAX), 65535);
out:
    return;
}

TEST(drawing_stays_inside)
{
    struct kin_picture p = {0};
    CHECK_INT(kin_picture_init(&p, 17, 30), KIN_OK);
    CHECK_INT(p.width, 32);
    CHECK_INT(p.height, 32);
    kin_picture_gradient(&p, 100);
    kin_picture_fill(&p, (struct kin_box){31, 31, 100, 100}, (struct kin_colour){1, 2, 3});
    CHECK(p.y[31 * 32 + 31] == 1 && p.cb[15 * 16 + 15] == 2 && p.cr[15 * 16 + 15] == 3);
    kin_picture_fill(&p, (struct kin_box){40, 40, 1, 1}, (struct kin_colour){9, 9, 9});
    kin_picture_fill(&p, (struct kin_box){0, 0, UINT32_MAX, UINT32_MAX}, (struct kin_colour){7, 8, 9});
    CHECK(p.y[0] == 7 && p.y[32 * 32 - 1] == 7 && p.cr[0] == 9);
    kin_picture_text(&p, 28, 28, 3, 200, "8: 8");
    CHECK(p.y[30 * 32 + 31] == 200);
out:
    kin_picture_deinit(&p);
}

TEST(pictures_have_a_largest_size)
{
    struct kin_picture p = {0};
    CHECK_INT(kin_picture_init(&p, KIN_PICTURE_MAX_SIDE + 1, 1), KIN_ERANGE);
    CHECK_INT(kin_picture_init(&p, 1, 0), KIN_ERANGE);
    kin_picture_deinit(&p);
out:
    return;
}

TEST(text_is_measured)
{
    CHECK_INT(kin_picture_text_width(""), 0);
    CHECK_INT(kin_picture_text_width("00000"), 29);
    CHECK_INT(kin_picture_text_fit("00000", 58, 100), 2);
    CHECK_INT(kin_picture_text_fit("00000", 1000, 21), 3);
    CHECK_INT(kin_picture_text_fit("00000", 28, 100), 0);
    CHECK(kin_font5x7_rows('a') == kin_font5x7_rows('A'));
    CHECK(kin_font5x7_rows(' ') == NULL && kin_font5x7_rows('\0') == NULL && kin_font5x7_rows('~') == NULL);
out:
    return;
}
