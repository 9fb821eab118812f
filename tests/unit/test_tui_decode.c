// tui/decode: every kind of JPEG that a reel may hold comes out as RGB.
#include "picture/decode.h"

#include <stdlib.h>

#include "base/err.h"
#include "jpeg/markers.h"
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

// Regression: a picture without Huffman tables was decoded by those of the picture before.
TEST(a_picture_does_not_depend_on_the_one_before)
{
    static const struct make makes[] = {{.width = 64, .height = 48, .optimize = true, .phase = 3},
                                        {.width = 64, .height = 48, .drop_dht = true},
                                        {.width = 64, .height = 48, .progressive = true},
                                        {.width = 64, .height = 48, .drop_dht = true}};
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

// --- at one eighth

// The picture as libjpeg has it at an eighth: brightness is the same, but where a sample of colour stands for several
// blocks it knows more of it.
static bool is_near_libjpeg(const struct decode_result *r, struct kin_span jpeg)
{
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr errors;
    long sum = 0, n = 0;
    int most = 0;
    JSAMPLE line[3 * 512];
    JSAMPROW row = line;
    c.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&c);
    jpeg_mem_src(&c, jpeg.p, jpeg.n);
    jpeg_read_header(&c, TRUE);
    c.out_color_space = JCS_RGB;
    c.scale_denom = 8;
    jpeg_start_decompress(&c);
    bool sized = (int)c.output_width == r->width && (int)c.output_height == r->height;
    while (sized && c.output_scanline < c.output_height) {
        const uint8_t *ours = r->rgb + c.output_scanline * r->stride;
        jpeg_read_scanlines(&c, &row, 1);
        for (int i = 0; i < 3 * r->width; i++, n++) {
            int by = abs(ours[i] - line[i]);
            sum += by;
            most = by > most ? by : most;
        }
    }
    jpeg_destroy_decompress(&c);
    return sized && sum < n && most < 16;
}

TEST(an_eighth_is_as_libjpeg_has_it)
{
    static const struct make makes[] = {
        {.width = 1280, .height = 960},
        {.width = 635, .height = 475, .factors = {2, 1, 1, 1, 1, 1}, .optimize = true},
        {.width = 633, .height = 473, .factors = {1, 1, 1, 1, 1, 1}, .grain = 20},
        {.width = 640, .height = 480, .factors = {4, 1, 1, 1, 1, 1}, .restart = 9},
        {.width = 641, .height = 481, .factors = {1, 2, 1, 1, 1, 1}, .drop_dht = true},
        {.width = 640, .height = 480, .space = JCS_GRAYSCALE},
        {.width = 640, .height = 480, .space = JCS_RGB},
        {.width = 640, .height = 480, .progressive = true},
        {.width = 17, .height = 9, .factors = {1, 1, 1, 1, 1, 1}},
    };
    struct decoder *d = NULL;
    struct kin_buf *jpeg = NULL;
    struct decode_result r;
    CHECK_INT(decoder_new(&d), KIN_OK);
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        jpeg = make_jpeg(&makes[i]);
        CHECK(jpeg != NULL);
        CHECK_INT(decoder_decode(d, unit_guarded(jpeg->data, jpeg->len), 1, 1, &r, NULL), KIN_OK);
        CHECK(r.eighths == 1 && !r.damaged && is_near_libjpeg(&r, kin_buf_span(jpeg)));
        CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 1, 1, &r, NULL), KIN_OK);
        kin_buf_unref(jpeg);
        jpeg = NULL;
    }
out:
    kin_buf_unref(jpeg);
    decoder_free(d);
}

// What the means cannot be made of is decoded as any other picture, with its errors.
TEST(an_eighth_of_a_broken_picture_is_libjpegs)
{
    const struct make make = {.width = 160, .height = 160};
    struct decoder *d = NULL;
    struct decode_result r;
    const char *why = NULL;
    struct kin_buf *jpeg = make_jpeg(&make);
    CHECK(jpeg != NULL);
    CHECK_INT(decoder_new(&d), KIN_OK);
    size_t sof = kin_span_find_str(kin_buf_span(jpeg), "\xff\xc0");
    CHECK(sof + 12 < jpeg->len);
    jpeg->data[sof + 12] = 3; // a quantization table that is not there
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 20, 20, &r, &why), KIN_EBAD);
    CHECK(strstr(why, "uantization table") != NULL);
    jpeg->data[sof + 12] = 0;
    CHECK_INT(decoder_decode(d, kin_span_make(jpeg->data, jpeg->len * 2 / 3), 20, 20, &r, &why), KIN_OK);
    CHECK(r.damaged && r.rgb[19 * r.stride + 19 * 3] == 128);
out:
    decoder_free(d);
    kin_buf_unref(jpeg);
}

// --- brightness alone

static void check_luma(struct decoder *d, const struct make *make)
{
    struct decode_result r;
    struct pixels want = {0};
    struct kin_buf *jpeg = make_jpeg(make);
    CHECK(jpeg != NULL);
    CHECK(pixels_decode(kin_buf_span(jpeg), JCS_GRAYSCALE, &want));
    const struct decode_frame f = {.jpeg = unit_guarded(jpeg->data, jpeg->len), .luma = true};
    CHECK_INT(decoder_decode_frame(d, &f, make->width, make->height, &r, NULL), KIN_OK);
    CHECK(r.width == make->width && r.height == make->height && !r.damaged);
    for (size_t i = 0; i < (size_t)r.width * (size_t)r.height; i++) {
        const uint8_t *at = r.rgb + i / (size_t)r.width * r.stride + i % (size_t)r.width * 3;
        CHECK(abs(at[0] - want.p[i]) <= 1 && at[1] == at[0] && at[2] == at[0]);
    }
    CHECK_INT(decoder_decode_frame(d, &f, 1, 1, &r, NULL), KIN_OK); // an eighth
    for (int x = 0; x < r.width; x++)
        CHECK(r.rgb[3 * x] == r.rgb[3 * x + 1] && r.rgb[3 * x] == r.rgb[3 * x + 2]);
    CHECK_INT(decoder_decode(d, kin_buf_span(jpeg), 1, 1, &r, NULL), KIN_OK); // the next has its colours
    CHECK(make->space == JCS_GRAYSCALE || r.rgb[0] != r.rgb[1] || r.rgb[0] != r.rgb[2]);
out:
    free(want.p);
    kin_buf_unref(jpeg);
}

TEST(where_colours_are_not_wanted_it_is_gray)
{
    static const struct make makes[] = {
        {.width = 50, .height = 30},
        {.width = 49, .height = 31, .factors = {1, 1, 1, 1, 1, 1}, .progressive = true},
        {.width = 50, .height = 30, .factors = {4, 2, 1, 1, 1, 1}},
        {.width = 50, .height = 30, .space = JCS_GRAYSCALE},
        {.width = 50, .height = 30, .space = JCS_RGB},
    };
    struct decoder *d = NULL;
    CHECK_INT(decoder_new(&d), KIN_OK);
    for (size_t i = 0; i < sizeof makes / sizeof *makes && unit_failed() == 0; i++)
        check_luma(d, &makes[i]);
out:
    decoder_free(d);
}

// --- partial frames

// A frame without a third of its scan.
static struct kin_buf *make_partial(struct kin_span file, struct kin_jpeg_gaps *ret_gaps)
{
    struct kin_jpeg_info info;
    struct kin_buf *ret = NULL, *torn = kin_buf_copy(file);
    if (torn == NULL || kin_jpeg_walk(file, &info, NULL) != KIN_OK) {
        kin_buf_unref(torn);
        return NULL;
    }
    size_t at = info.scan_offset + info.scan.n / 3, missing = info.scan.n / 3;
    memmove(torn->data + at, torn->data + at + missing, file.n - at - missing);
    const struct kin_jpeg_torn t = {
        .bytes = kin_span_make(torn->data, file.n - missing), .count = 1, .holes = {{.at = at, .missing = missing}}};
    kin_jpeg_bands(&t, (size_t)1 << 20, &ret, ret_gaps);
    kin_buf_unref(torn);
    return ret;
}

static bool is_missing(const struct kin_jpeg_gaps *g, size_t mcu)
{
    return mcu >= g->mcus[0].from && mcu < g->mcus[0].to;
}

// Is each pixel that of `there` or, within the gap, that of `missing`? All are of one size, `eighths` of the full one.
static bool is_made_of(const struct decode_result *r, const uint8_t *there, const uint8_t *missing,
                       const struct kin_jpeg_gaps *g)
{
    size_t mcu_width = (size_t)g->mcu_width * (size_t)r->eighths / 8, n = 0;
    size_t mcu_height = (size_t)g->mcu_height * (size_t)r->eighths / 8;
    for (size_t y = 0; y < (size_t)r->height; y++) {
        for (size_t x = 0; x < (size_t)r->width; x++) {
            bool gap = is_missing(g, y / mcu_height * g->columns + x / mcu_width);
            size_t at = y * r->stride + 3 * x;
            n += gap;
            if (memcmp(r->rgb + at, (gap ? missing : there) + at, 3) != 0)
                return false;
        }
    }
    return n > 0;
}

static uint8_t *copy_pixels(const struct decode_result *r)
{
    uint8_t *p = malloc(r->stride * (size_t)r->height);
    if (p != NULL)
        memcpy(p, r->rgb, r->stride * (size_t)r->height);
    return p;
}

struct three { // two frames one behind the other, and what came of the second
    struct decoder *d;
    struct kin_buf *first, *second, *partial;
    struct kin_jpeg_gaps gaps;
    uint8_t *before, *whole; // decoded
};

static int begin_three(struct three *t, const struct make *make, int width, int height)
{
    struct decode_result r;
    struct make next = *make;
    next.phase = 3;
    t->first = make_jpeg(make);
    t->second = make_jpeg(&next);
    if (t->first == NULL || t->second == NULL || decoder_new(&t->d) != KIN_OK)
        return KIN_ENOMEM;
    t->partial = make_partial(kin_buf_span(t->second), &t->gaps);
    int err = t->partial == NULL ? KIN_ENOMEM : decoder_decode(t->d, kin_buf_span(t->second), width, height, &r, NULL);
    t->whole = err == KIN_OK ? copy_pixels(&r) : NULL;
    const struct decode_frame first = {.jpeg = kin_buf_span(t->first), .number = 100};
    if (err == KIN_OK)
        err = decoder_decode_frame(t->d, &first, width, height, &r, NULL);
    t->before = err == KIN_OK ? copy_pixels(&r) : NULL;
    return err == KIN_OK && (t->before == NULL || t->whole == NULL) ? KIN_ENOMEM : err;
}

static void end_three(struct three *t)
{
    decoder_free(t->d);
    kin_buf_unref(t->first);
    kin_buf_unref(t->second);
    kin_buf_unref(t->partial);
    free(t->before);
    free(t->whole);
}

TEST(missing_bands_are_those_of_the_frame_before)
{
    static const struct make makes[] = {
        {.width = 320, .height = 240, .restart = 20},
        {.width = 317, .height = 233, .restart = 7, .factors = {2, 1, 1, 1, 1, 1}},
        {.width = 150, .height = 90, .restart = 30, .factors = {1, 1, 1, 1, 1, 1}},
    };
    struct three t = {.d = NULL};
    struct decode_result r;
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        for (int divisor = 1; divisor <= 8; divisor *= 2) {
            int width = makes[i].width / divisor, height = makes[i].height / divisor;
            CHECK_INT(begin_three(&t, &makes[i], width, height), KIN_OK);
            CHECK_INT(t.gaps.count, 1);
            const struct decode_frame f = {.jpeg = kin_buf_span(t.partial), .number = 101, .gaps = &t.gaps};
            CHECK_INT(decoder_decode_frame(t.d, &f, width, height, &r, NULL), KIN_OK);
            CHECK(is_made_of(&r, t.whole, t.before, &t.gaps));
            CHECK(!r.damaged);
            CHECK_INT(decoder_decode_frame(t.d, &f, width, height, &r, NULL), KIN_OK); // again, as after a key
            CHECK(is_made_of(&r, t.whole, t.before, &t.gaps));
            end_three(&t);
            t = (struct three){.d = NULL};
        }
    }
out:
    end_three(&t);
}

// Another size of the screen, another picture, another scene: the gap is filled as well as it can be, or stays gray.
TEST(the_frame_before_may_be_another)
{
    const struct make make = {.width = 320, .height = 240, .restart = 20}, other = {.width = 300, .height = 240};
    struct three t = {.d = NULL};
    struct decode_result r;
    struct kin_buf *jpeg = NULL;
    CHECK_INT(begin_three(&t, &make, 320, 240), KIN_OK);
    size_t x = 100, y = t.gaps.mcus[0].from / t.gaps.columns * 16 + 24;
    struct decode_frame f = {.jpeg = kin_buf_span(t.partial), .number = 101, .gaps = &t.gaps};
    CHECK_INT(decoder_decode_frame(t.d, &f, 160, 120, &r, NULL), KIN_OK);
    CHECK(r.width == 160 && memcmp(r.rgb + y / 2 * r.stride + 3 * (x / 2), t.before + y * 960 + 3 * x, 3) == 0);
    f.number = 101 + DECODE_NEAR_FRAMES + 1;
    CHECK_INT(decoder_decode_frame(t.d, &f, 320, 240, &r, NULL), KIN_OK);
    CHECK(r.rgb[y * r.stride + 3 * x] == 128 && r.rgb[y * r.stride + 3 * x + 2] == 128);
    f.jpeg = kin_span_str("no JPEG"); // what was there stays there
    CHECK_INT(decoder_decode_frame(t.d, &f, 320, 240, &r, NULL), KIN_EBAD);
    jpeg = make_jpeg(&other);
    CHECK(jpeg != NULL);
    CHECK_INT(decoder_decode(t.d, kin_buf_span(jpeg), 300, 240, &r, NULL), KIN_OK);
    f.jpeg = kin_buf_span(t.partial);
    CHECK_INT(decoder_decode_frame(t.d, &f, 320, 240, &r, NULL), KIN_OK);
    CHECK_INT(r.rgb[y * r.stride + 3 * x], 128);
out:
    kin_buf_unref(jpeg);
    end_three(&t);
}
