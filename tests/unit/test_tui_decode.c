// tui/decode: every kind of JPEG that a reel may hold comes out as RGB.
#include "picture/decode.h"

#include <stdlib.h>

#include "base/err.h"
#include "jpeg_make.h"
#include "unit.h"

static bool near_mean(const struct decode_result *r, const struct pixels *want, size_t channel, long by)
{
    size_t width = (size_t)r->width;
    long sum = 0;
    for (size_t y = 0; y < (size_t)r->height; y++)
        for (size_t x = 0; x < width; x++)
            sum += r->rgb[y * r->stride + x * 3 + channel] - want->p[(y * width + x) * 3 + channel];
    return labs(sum) <= by * r->width * r->height;
}

static void check_like_libjpeg(struct decoder *d, const struct make *make)
{
    struct decode_result r;
    struct pixels want = {0};
    struct kin_buf *jpeg = make_jpeg(make);
    CHECK(jpeg != NULL);
    CHECK(pixels_decode(kin_buf_span(jpeg), JCS_RGB, &want));
    CHECK_INT(decoder_decode(d, unit_guarded(jpeg->data, jpeg->len), make->width, make->height, &r, NULL), KIN_OK);
    CHECK(r.width == make->width && r.height == make->height && !r.damaged);
    for (size_t channel = 0; channel < 3; channel++)
        CHECK(near_mean(&r, &want, channel, 3));
out:
    free(want.p);
    kin_buf_unref(jpeg);
}

// Regression: samplings that turbojpeg has no name for were not shown.
TEST(takes_what_libjpeg_takes)
{
    static const struct make makes[] = {
        {.width = 50, .height = 30, .factors = {4, 2, 1, 1, 1, 1}},
        {.width = 50, .height = 30, .factors = {2, 2, 1, 2, 2, 1}},
        {.width = 50, .height = 30, .factors = {4, 1, 1, 1, 1, 1}, .progressive = true},
        {.width = 50, .height = 30, .factors = {1, 2, 1, 1, 1, 1}, .separate_scans = true},
        {.width = 50, .height = 30, .arithmetic = true},
    };
    struct decoder *d = NULL;
    CHECK_INT(decoder_new(&d), KIN_OK);
    for (size_t i = 0; i < sizeof makes / sizeof *makes && unit_failed() == 0; i++)
        check_like_libjpeg(d, &makes[i]);
out:
    decoder_free(d);
}

static void check_ink(struct decoder *d, J_COLOR_SPACE space, uint16_t width)
{
    struct make make = {.width = width, .height = 40, .space = space, .quality = 98};
    struct decode_result r;
    struct kin_buf *jpeg = make_jpeg(&make);
    CHECK(jpeg != NULL);
    CHECK_INT(decoder_decode(d, unit_guarded(jpeg->data, jpeg->len), width, 40, &r, NULL), KIN_OK);
    for (unsigned y = 0; y < 40; y += 13) {
        JSAMPLE px[4];
        make_pixel(&make, width / 2, y, px);
        for (unsigned k = 0; k < 3; k++)
            CHECK(abs(r.rgb[y * r.stride + width / 2 * 3 + k] - px[k] * px[3] / 255) < 16);
    }
out:
    kin_buf_unref(jpeg);
}

// Regression: pictures made for print were refused. libjpeg writes Adobe's mark, so that a sample is the light that
// the ink lets through.
TEST(turns_ink_into_light)
{
    struct decoder *d = NULL;
    CHECK_INT(decoder_new(&d), KIN_OK);
    check_ink(d, JCS_CMYK, 50);
    check_ink(d, JCS_CMYK, 5); // narrower than a line of RGB is aligned
    check_ink(d, JCS_YCCK, 50);
out:
    decoder_free(d);
}

TEST(names_what_it_cannot_decode)
{
    struct make make = {.width = 16, .height = 16};
    struct decoder *d = NULL;
    struct decode_result r;
    const char *why = NULL;
    struct kin_buf *jpeg = make_jpeg(&make);
    CHECK(jpeg != NULL);
    CHECK_INT(decoder_new(&d), KIN_OK);
    size_t sof = kin_span_find_str(kin_buf_span(jpeg), "\xff\xc0");
    CHECK(sof + 5 < jpeg->len);
    jpeg->data[sof + 1] = 0xc3;
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 16, 16, &r, &why), KIN_EUNSUPPORTED);
    CHECK_SPAN(kin_span_str(why), "A picture cannot be shown: its coding is lossless or hierarchical.");
    jpeg->data[sof + 1] = 0xc1;
    jpeg->data[sof + 4] = 12;
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 16, 16, &r, &why), KIN_EUNSUPPORTED);
    CHECK(strstr(why, "more than 8 bits") != NULL);
    jpeg->data[sof + 1] = 0xc0;
    jpeg->data[sof + 4] = 8;
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 16, 16, &r, &why), KIN_OK);
out:
    decoder_free(d);
    kin_buf_unref(jpeg);
}

// Regression: 18 169 empty scans in 200 kB kept the decoder busy for 25 s.
TEST(refuses_more_scans_than_anybody_means)
{
    static const uint8_t sos[] = {0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0};
    struct make make = {.width = 512, .height = 512, .progressive = true};
    struct decode_result r;
    struct decoder *d = NULL;
    const char *why = NULL;
    struct kin_buf *jpeg = make_jpeg(&make), *bomb = kin_buf_new(1 << 20);
    CHECK(jpeg != NULL && bomb != NULL);
    CHECK_INT(decoder_new(&d), KIN_OK);
    memcpy(bomb->data, jpeg->data, jpeg->len - 2);
    bomb->len = jpeg->len - 2;
    for (int i = 0; i < 18169; i++, bomb->len += sizeof sos)
        memcpy(bomb->data + bomb->len, sos, sizeof sos);
    CHECK_INT(decoder_decode(d, kin_buf_span(bomb), 100, 100, &r, &why), KIN_ELIMIT);
    CHECK_SPAN(kin_span_str(why), "A picture cannot be shown: it has more than 64 scans.");
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 100, 100, &r, &why), KIN_OK); // it is not spoiled
out:
    decoder_free(d);
    kin_buf_unref(bomb);
    kin_buf_unref(jpeg);
}

// Regression: libjpeg takes no second SOI, nor bytes before the first, as cameras write them.
TEST(shows_pictures_with_disorderly_headers)
{
    static const struct {
        const char *lead;
        size_t n;
    } leads[] = {{"\xff", 1}, {"\xff\xd8", 2}, {"\0\0", 2}};
    struct make make = {.width = 50, .height = 30};
    struct decode_result r;
    struct decoder *d = NULL;
    struct kin_buf *jpeg = make_jpeg(&make), *odd = kin_buf_new(1 << 16);
    CHECK(jpeg != NULL && odd != NULL);
    CHECK_INT(decoder_new(&d), KIN_OK);
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        memcpy(odd->data, leads[i].lead, leads[i].n);
        memcpy(odd->data + leads[i].n, jpeg->data, jpeg->len);
        odd->len = leads[i].n + jpeg->len;
        CHECK_INT(decoder_decode(d, kin_buf_span(odd), 50, 30, &r, NULL), KIN_OK);
        CHECK(r.width == 50 && r.height == 30 && !r.damaged);
    }
out:
    decoder_free(d);
    kin_buf_unref(odd);
    kin_buf_unref(jpeg);
}
